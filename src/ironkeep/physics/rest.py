"""What the voltage of a battery at rest says of its charge.

Rules. A rest is REST_MIN_S or more at next to no current. The voltage of the mean cell is compared with the open-
circuit curve, widened by the hysteresis, since nobody knows from which side the rest was reached. On the plateau of
lithium iron phosphate the curve is flat and the voltage cannot speak: the band is wide, and nothing follows from it.
"""

from __future__ import annotations

import numpy as np

from ironkeep.physics.chemistry import GRID, LFP_POWER, Chemistry
from ironkeep.physics.series import Floats, Rows, stretches

REST_MIN_S = 1800.0
REST_SHARE = 0.01  # of the largest current that still counts as none
SPEAKS_PCT = 25.0  # a band narrower than this tells something
INSTRUMENT_V = 0.003  # of a cell: class of instrument and what is left of the relaxation after half an hour
CURVES: dict[str, Chemistry] = {"lfp": LFP_POWER}


def rests(t_s: Floats, current_a: Floats, gap_s: float) -> tuple[Rows, Rows]:
    """First and last row of every rest."""
    size = np.abs(current_a[np.isfinite(current_a)])
    if not size.size:
        none = np.zeros(0, np.int64)
        return none, none
    least = REST_SHARE * float(np.quantile(size, 0.999))
    first, last = stretches(np.abs(current_a) <= least, t_s, gap_s)
    long = (t_s[last] - t_s[first]) >= REST_MIN_S
    return first[long], last[long]


def charge_band(cell_v: float, chemistry: Chemistry) -> tuple[float, float]:
    """Lowest and highest charge, in %, that a voltage of a cell at rest allows."""
    high_v = chemistry.ocv_v + chemistry.hysteresis_v + INSTRUMENT_V
    low_v = chemistry.ocv_v - chemistry.hysteresis_v - INSTRUMENT_V
    reached, passed = np.flatnonzero(high_v >= cell_v), np.flatnonzero(low_v <= cell_v)
    low = float(reached[0]) if reached.size else float(GRID)
    high = float(passed[-1]) if passed.size else 0.0
    return 100.0 * min(low, high) / GRID, 100.0 * max(low, high) / GRID
