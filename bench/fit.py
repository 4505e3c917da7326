"""The five free numbers of a cell, found from a few measured runtimes.

Rules. Free are: ohmic resistance, ratio and time constant of the RC pair, share and time constant of the near tank. The
open-circuit table and the capacity are given. With fewer runtimes than numbers the answer leans weakly on the starting
values (`PRIOR_WEIGHT` per e-fold), so that it stays unique. The result predicts other powers and steps; it says nothing
about another temperature.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from bench.runtime import Bounds, Unit, discharge
from ironkeep.physics.chemistry import Chemistry, Floats

PRIOR_WEIGHT = 0.003  # relative runtime error that an e-fold away from the start costs
FIT_STEPS = 500  # steps in the longest runtime while fitting
HORIZON = 1.3  # of the longest measured runtime


@dataclass(frozen=True)
class Fit:
    """A chemistry that fits and the relative error of each given runtime."""

    chemistry: Chemistry
    residuals: Floats


def _with(base: Chemistry, logs: Floats) -> Chemistry:
    ohmic, ratio, tau, odds, tank = np.exp(logs)
    return base.with_values(
        ohmic_ohm_ah=float(ohmic),
        rc_ratio=float(ratio),
        rc_tau_s=float(tau),
        tank_c=float(odds / (1.0 + odds)),
        tank_tau_s=float(tank),
    )


def _logs(base: Chemistry) -> Floats:
    odds = base.tank_c / (1.0 - base.tank_c)
    return np.log([base.ohmic_ohm_ah, base.rc_ratio, base.rc_tau_s, odds, base.tank_tau_s])


def fit_runtimes(base: Chemistry, capacity_ah: float, powers_w: Floats, runtimes_s: Floats, bounds: Bounds) -> Fit:
    """Fit to full discharges at constant powers (W a cell, > 0) that lasted `runtimes_s` (s); same shapes.

    `base` gives the tables and the starting values. All discharges begin full at 25 C.
    """
    n = powers_w.size
    unit = Unit(np.full(n, capacity_ah), np.ones(n), np.full(n, 25.0), np.ones(n))
    horizon_s = HORIZON * float(runtimes_s.max())
    start = _logs(base)

    def errors(logs: Floats) -> Floats:
        run = discharge(_with(base, logs), unit, [(horizon_s, powers_w)], bounds, horizon_s / FIT_STEPS)
        return run.seconds / runtimes_s - 1.0

    def cost(logs: Floats) -> Floats:
        return np.concatenate([errors(logs), PRIOR_WEIGHT * (logs - start)])

    best = least_squares(
        cost, start, bounds=(start - 3.0, start + 3.0), diff_step=1e-3, xtol=1e-3, ftol=1e-4, max_nfev=12
    )
    return Fit(_with(base, best.x), errors(best.x))
