"""What two positions tell: a switch in the way of the current, held against what flows.

Rules. A state is 1 on, 0 off, NaN unknown; a closed contactor is on. Instruments are not read at one moment, so a few
rows around a change prove nothing. A read-back is what the device claims: no isolation follows from it (safety S17).
"""

from __future__ import annotations

import numpy as np

from ironkeep.model.analysis import State, Through
from ironkeep.model.recording import Track
from ironkeep.physics import doubt, series
from ironkeep.physics.series import Floats

IN_THE_WAY = tuple(
    f"{which}{kind}_state" for kind in ("contactor", "breaker") for which in ("", "positive_", "negative_")
)
OPEN_MIN_ROWS = 3  # on end, before a current through an open switch is one
FLOW_SHARE = 0.05  # of the usual size of a current, from which on it flows
THROUGH_TOLD = 20


def states(track: Track) -> tuple[State, ...]:
    """What each column of two positions holds."""
    found = []
    for point, (off, on) in track.states.items():
        x = track.values[point]
        known = x[np.isfinite(x)]
        share = float(known.mean()) if known.size else float("nan")
        found.append(State(point, off, on, share, int(np.count_nonzero(np.diff(known)))))
    return tuple(found)


def through(
    switch: str, point: str, state: Floats, x: Floats, t_s: Floats, at_us: series.Rows, gap_s: float
) -> list[Through]:
    """The stretches in which x flows although the switch reads open, the longest first."""
    first, last = series.stretches((state == 0.0) & (np.abs(x) > _flows(x)), t_s, gap_s)
    found = []
    for a, b in zip(first.tolist(), last.tolist(), strict=True):
        if b - a + 1 >= OPEN_MIN_ROWS:
            worst = float(x[a : b + 1][np.argmax(np.abs(x[a : b + 1]))])
            found.append(Through(switch, point, int(at_us[a]), int(at_us[b]), worst, _still(x, a, b)))
    return sorted(found, key=lambda each: each.first_us - each.last_us)[:THROUGH_TOLD]


def _still(x: Floats, first: int, last: int) -> bool:
    """Does x keep one value over the rows, and over a change of the switch at one end of them?"""
    one = last - first + 1 >= doubt.RUN_MIN_ROWS and bool((x[first : last + 1] == x[first]).all())
    before, after = first > 0 and x[first - 1] == x[first], last + 1 < x.size and x[last + 1] == x[last]
    return one and bool(before or after)


def _flows(x: Floats) -> float:
    """From where on x is no zero of its instrument."""
    known = np.abs(x[np.isfinite(x)])
    usual = float(np.quantile(known, 0.99)) if known.size else 0.0
    return max(FLOW_SHARE * usual, 2.0 * series.resolution(x))
