"""Values that cannot be, and values that stand still while something coupled to them moves.

Rules. A value that stands still is no fault by itself: a battery at rest repeats itself for days. It counts only where
a coupled signal moved so far that this one was due to move by several of its own steps. How far it is due is learned
from the same recording; where that cannot be learned, nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ironkeep.model.analysis import Frozen, Impossible
from ironkeep.model.check import Bound
from ironkeep.model.gather import fits
from ironkeep.physics.series import Floats, Mask, Rows, ranges, resolution, still

RUN_MIN_ROWS = 10
RUN_MIN_S = 60.0
DUE_STEPS = 6.0  # of its own resolution by which a value was due to move
DUE_SHARE = 0.5  # of the coupled signal's whole range that it must move, at least
SPIKE_SHARE = 0.1  # of the usual size of the value: one row that far from both neighbours
SPIKE_PCT = 5.0  # of charge
SPIKE_C = 10.0
STEPS_MIN = 4  # steps from which a coupling is learned
STEP_SHARE = 0.2  # of the usual range of the coupled signal: a step from which something is learned


@dataclass(frozen=True, slots=True)
class Still:
    """Rows of runs of one value that cannot be, and how much was due."""

    first: Rows
    last: Rows
    moved: Floats
    expected: Floats


def coupling(x: Floats, y: Floats) -> float:
    """How much x moves for one of y, from large steps of y in which both move; 0 where too few are."""
    dx, dy = np.diff(x), np.diff(y)
    good = np.isfinite(dx) & (dx != 0) & (np.abs(dy) >= max(STEP_SHARE * usual_range(y), 1e-12))
    if int(good.sum()) < STEPS_MIN:
        return 0.0
    return float(np.median(np.abs(dx[good] / dy[good])))


def usual_range(y: Floats) -> float:
    """What a signal spans without its farthest hundredths; 0 where there is nothing of it."""
    known = y[np.isfinite(y)]
    if not known.size:
        return 0.0
    low, high = np.quantile(known, (0.01, 0.99))
    return float(high - low)


def stuck(t_s: Floats, x: Floats, y: Floats, factor: float, gap_s: float) -> Still:
    """The runs in which x stands still while y moves by DUE_SHARE of its usual range and x was due to move by
    DUE_STEPS of its resolution.
    """
    first, last = still(x, t_s, gap_s)
    long = (last - first + 1 >= RUN_MIN_ROWS) & (t_s[last] - t_s[first] >= RUN_MIN_S)
    first, last = first[long], last[long]
    moved = ranges(y, first, last)
    usual = usual_range(y)
    due = moved * factor
    hit = (due > DUE_STEPS * resolution(x)) & (moved > DUE_SHARE * usual) & (factor > 0) & (usual > 0)
    return Still(first[hit], last[hit], moved[hit], due[hit])


def frozen(point: str, other: str, x: Floats, at_us: Rows, found: Still) -> list[Frozen]:
    """The runs as words of the model."""
    return [
        Frozen(point, other, int(at_us[a]), int(at_us[b]), float(x[a]), float(moved), float(due))
        for a, b, moved, due in zip(found.first, found.last, found.moved, found.expected, strict=True)
    ]


def impossible(
    point: str, t_s: Floats, x: Floats, at_us: Rows, bounds: tuple[Bound, ...], gap_s: float
) -> list[Impossible]:
    """Values out of what physics allows, too fast, or alone far from both neighbours."""
    found = []
    low, high = _limits(point, bounds)
    for limit, hit in ((low, x < low), (high, x > high)):
        if hit.any():
            worst = x[hit][np.argmax(np.abs(x[hit] - limit))]
            found.append(Impossible(point, "range", int(hit.sum()), int(at_us[np.argmax(hit)]), float(worst), limit))
    bound = next((each for each in bounds if fits(point, each.pattern)), None)
    if bound is not None and bound.rate_per_s is not None:
        rate = np.abs(np.diff(x)) / np.maximum(np.diff(t_s), 1e-6)
        hit = np.isfinite(rate) & (rate > bound.rate_per_s)
        if hit.any():
            worst = float(rate[hit].max())
            found.append(
                Impossible(point, "rate", int(hit.sum()), int(at_us[1:][np.argmax(hit)]), worst, bound.rate_per_s)
            )
    hit = lone(point, t_s, x, gap_s)
    if hit.any():
        row = int(np.argmax(np.where(hit, np.abs(x - np.nanmedian(x)), 0.0)))
        size = _spike_size(point, x) or 0.0
        found.append(Impossible(point, "spike", int(hit.sum()), int(at_us[np.argmax(hit)]), float(x[row]), size))
    return found


def credible(point: str, t_s: Floats, x: Floats, bounds: tuple[Bound, ...], gap_s: float) -> Floats:
    """x without lone values and without what is out of bounds, those made absent: what is fit to be computed with."""
    bad = lone(point, t_s, x, gap_s)
    low, high = _limits(point, bounds)
    bad |= (x < low) | (x > high)
    return np.where(bad, np.nan, x) if bad.any() else x


def lone(point: str, t_s: Floats, x: Floats, gap_s: float) -> Mask:
    """Single rows that jump away and come straight back, (N,): an error read as a value looks like this."""
    hit = np.zeros(x.size, np.bool_)
    least = _spike_size(point, x)
    if least is None or x.size < 3:
        return hit
    step, near = np.diff(x), np.diff(t_s) <= gap_s
    there, back = step[:-1], step[1:]
    away = near[:-1] & near[1:] & (np.abs(there) > least) & (np.abs(back) > least) & (there * back < 0)
    hit[1:-1] = away & (np.abs(x[2:] - x[:-2]) < 0.5 * least)
    return hit


def _spike_size(point: str, x: Floats) -> float | None:
    if point.endswith("_pct"):
        return SPIKE_PCT
    if point.endswith("_c"):
        return SPIKE_C
    known = x[np.isfinite(x)]
    if point.endswith("_v") and known.size:
        return SPIKE_SHARE * abs(float(np.median(known)))
    return None


def _limits(point: str, bounds: tuple[Bound, ...]) -> tuple[float, float]:
    """What physics allows for a point; infinite where nothing is known."""
    bound = next((each for each in bounds if fits(point, each.pattern)), None)
    low = 0.0 if point == "voltage_v" else -np.inf
    if bound is None:
        return low, np.inf
    return (low if bound.low is None else bound.low), (np.inf if bound.high is None else bound.high)
