"""A standby generator: how long it takes to start, and what a load step does to it.

Rules. Randomness arrives as a Generator. A start is a number of crank attempts with rests between them, then a run-up
to rated speed and voltage. A set that does not fire in its last attempt has failed and needs a person.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class StartRules:
    """Numbers of a start, seconds and probabilities."""

    crank_s: float = 15.0  # one attempt; cycle cranking of NFPA 110
    rest_s: float = 15.0  # between attempts; NFPA 110
    attempts: int = 3  # NFPA 110
    fire_median_s: float = 2.0  # judgement
    fire_spread: float = 0.3  # log-normal, judgement
    run_up_s: float = 4.5  # judgement, so that most starts meet the 10 s of NFPA 110 Type 10
    fail_demand: float = 0.0094  # never starts; Marqusee & Jenket, Applied Energy 268 (2020) 114918
    fail_attempt: float = 0.02  # an attempt that would have fired does not, judgement


@dataclass(frozen=True)
class Start:
    """One drawn start: seconds from the call until it fires and until it is at speed; infinite when it never does."""

    fires_s: float
    ready_s: float
    attempts: int


def draw_start(rules: StartRules, draws: np.random.Generator) -> Start:
    """One start drawn from the rules. Always takes the same number of draws."""
    never = draws.random() < rules.fail_demand
    misses = draws.random(rules.attempts) < rules.fail_attempt
    fire = rules.fire_median_s * np.exp(rules.fire_spread * draws.standard_normal())
    if never or misses.all():
        return Start(np.inf, np.inf, rules.attempts)
    attempt = int(np.argmin(misses))
    fires = attempt * (rules.crank_s + rules.rest_s) + min(float(fire), rules.crank_s)
    return Start(fires, fires + rules.run_up_s, attempt + 1)


def start_with_misses(rules: StartRules, misses: int, fire_s: float) -> Start:
    """A scripted start: `misses` attempts fail, the next fires after `fire_s`."""
    if misses >= rules.attempts:
        return Start(np.inf, np.inf, rules.attempts)
    fires = misses * (rules.crank_s + rules.rest_s) + fire_s
    return Start(fires, fires + rules.run_up_s, misses + 1)


# ISO 8528-5 performance class G3: at most 7 % frequency dip and 15 % voltage dip on a load step, recovery 3 s and 4 s.
FREQUENCY_DIP_AT_RATED = 0.07
VOLTAGE_DIP_AT_RATED = 0.15
FREQUENCY_RECOVERY_S = 3.0
VOLTAGE_RECOVERY_S = 4.0


def block_load_dips(step_w: float, rated_w: float) -> tuple[float, float]:
    """Dip of frequency and of voltage as shares, when a load step (W) is applied; negative steps raise them."""
    share = step_w / rated_w
    return FREQUENCY_DIP_AT_RATED * share, VOLTAGE_DIP_AT_RATED * share
