"""Values that cannot be, and values that stand still while something coupled to them moves.

Rules. A value that stands still is no fault by itself: a battery at rest repeats itself for days. It counts only where
a coupled signal moved so far that this one was due to move by several of its own steps. How far it is due is learned
from the same recording; where that cannot be learned, nothing is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np

from ironkeep.model.analysis import Frozen, Impossible
from ironkeep.model.check import Bound
from ironkeep.physics.series import Floats, Rows, ranges, resolution, still

RUN_MIN_ROWS = 10
RUN_MIN_S = 60.0
DUE_STEPS = 6.0  # of its own resolution by which a value was due to move
DUE_SHARE = 0.5  # of the coupled signal's whole range that it must move, at least
SPIKE_SHARE = 0.1  # of the usual size of the value: one row that far from both neighbours
SPIKE_PCT = 5.0  # of charge
SPIKE_C = 10.0
PAIRS_MIN = 20  # moves from which a coupling is learned


@dataclass(frozen=True, slots=True)
class Still:
    """Rows of runs of one value that cannot be, and how much was due."""

    first: Rows
    last: Rows
    moved: Floats
    expected: Floats


def coupling(x: Floats, y: Floats) -> float:
    """How much x moves for one of y, from steps in which both move; 0 where too few do."""
    dx, dy = np.diff(x), np.diff(y)
    good = np.isfinite(dx) & np.isfinite(dy) & (dx != 0) & (dy != 0)
    if int(good.sum()) < PAIRS_MIN:
        return 0.0
    large = good & (np.abs(dy) >= np.quantile(np.abs(dy[good]), 0.5))
    return float(np.median(np.abs(dx[large] / dy[large])))


def stuck(t_s: Floats, x: Floats, y: Floats, factor: float, gap_s: float) -> Still:
    """The runs in which x stands still while y moves by DUE_SHARE of its usual range and x was due to move by
    DUE_STEPS of its resolution.
    """
    first, last = still(x, t_s, gap_s)
    long = (last - first + 1 >= RUN_MIN_ROWS) & (t_s[last] - t_s[first] >= RUN_MIN_S)
    first, last = first[long], last[long]
    moved = ranges(y, first, last)
    known = y[np.isfinite(y)]
    usual = float(np.quantile(known, 0.99) - np.quantile(known, 0.01)) if known.size else 0.0
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
    bound = next((each for each in bounds if fnmatchcase(point, each.pattern)), None)
    low = bound.low if bound and bound.low is not None else 0.0 if point == "voltage_v" else None
    for limit, hit in (
        (low, x < low if low is not None else None),
        (bound.high if bound else None, x > bound.high if bound and bound.high is not None else None),
    ):
        if limit is not None and hit is not None and hit.any():
            worst = x[hit][np.argmax(np.abs(x[hit] - limit))]
            found.append(Impossible(point, "range", int(hit.sum()), int(at_us[np.argmax(hit)]), float(worst), limit))
    if bound is not None and bound.rate_per_s is not None:
        rate = np.abs(np.diff(x)) / np.maximum(np.diff(t_s), 1e-6)
        hit = np.isfinite(rate) & (rate > bound.rate_per_s)
        if hit.any():
            worst = float(rate[hit].max())
            found.append(
                Impossible(point, "rate", int(hit.sum()), int(at_us[1:][np.argmax(hit)]), worst, bound.rate_per_s)
            )
    found += _spikes(point, t_s, x, at_us, gap_s)
    return found


def _spikes(point: str, t_s: Floats, x: Floats, at_us: Rows, gap_s: float) -> list[Impossible]:
    """Single rows that jump away and come straight back: an error read as a value looks like this."""
    least = _spike_size(point, x)
    if least is None or x.size < 3:
        return []
    there, back = np.diff(x)[:-1], np.diff(x)[1:]
    near = (np.diff(t_s)[:-1] <= gap_s) & (np.diff(t_s)[1:] <= gap_s)
    hit = near & (np.abs(there) > least) & (np.abs(back) > least) & (there * back < 0)
    hit &= np.abs(x[2:] - x[:-2]) < 0.5 * least
    if not hit.any():
        return []
    row = int(np.argmax(np.where(hit, np.abs(there), 0.0)))
    return [Impossible(point, "spike", int(hit.sum()), int(at_us[1:-1][np.argmax(hit)]), float(x[row + 1]), least)]


def _spike_size(point: str, x: Floats) -> float | None:
    if point.endswith("_pct"):
        return SPIKE_PCT
    if point.endswith("_c"):
        return SPIKE_C
    known = x[np.isfinite(x)]
    if point.endswith("_v") and known.size:
        return SPIKE_SHARE * abs(float(np.median(known)))
    return None
