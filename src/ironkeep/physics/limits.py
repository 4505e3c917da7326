"""What a BMS lets a string carry at a temperature and a charge.

Rules. A limit is a share of the rated current between 0 and 1, the smallest of its tapers. No charge below 0 C and
nothing above 60 C: Lishen LP54173207 sheet (charge 0..60 C, discharge -35..60 C). Where the tapers start is judgement.
"""

from __future__ import annotations

import numpy as np

from ironkeep.physics.chemistry import Floats

CHARGE_COLD_C = (0.0, 10.0)
CHARGE_HOT_C = (45.0, 55.0)
DISCHARGE_COLD_C = (-30.0, -10.0)
DISCHARGE_HOT_C = (50.0, 60.0)
CHARGE_FULL = (0.95, 1.0)
CHARGE_FULL_FLOOR = 0.05
DISCHARGE_EMPTY = (0.02, 0.10)


def charge_share(coldest_c: Floats, hottest_c: Floats, charge: Floats) -> Floats:
    """Share of the rated charge current that is allowed, 0..1; arguments broadcast."""
    cold = np.interp(coldest_c, CHARGE_COLD_C, (0.0, 1.0))
    hot = np.interp(hottest_c, CHARGE_HOT_C, (1.0, 0.0))
    full = np.interp(charge, CHARGE_FULL, (1.0, CHARGE_FULL_FLOOR))
    return np.minimum(np.minimum(cold, hot), full)


def discharge_share(coldest_c: Floats, hottest_c: Floats, charge: Floats) -> Floats:
    """Share of the rated discharge current that is allowed, 0..1; arguments broadcast."""
    cold = np.interp(coldest_c, DISCHARGE_COLD_C, (0.2, 1.0))
    hot = np.interp(hottest_c, DISCHARGE_HOT_C, (1.0, 0.0))
    empty = np.interp(charge, DISCHARGE_EMPTY, (0.0, 1.0))
    return np.minimum(np.minimum(cold, hot), empty)
