"""Signals that somebody else sampled: their steps and gaps, integrals, stretches of rest, runs of one value.

Rules. Arrays are (N,); times in seconds, rising; NaN is absent. An integral never bridges a gap. Nothing is filled in
over more than the gap. Sampled values are taken as joined by straight lines.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]

GAP_STEPS = 5.0  # a step of more than so many median steps is a gap
GAP_MIN_S = 1.0
RESOLUTION_SHARE = 0.01  # quantile of the moves of a signal that is taken as its resolution


def gap_limit_s(t_s: Floats) -> tuple[float, float]:
    """The median step of times and the step from which on it is a gap, both in seconds; 0 where there is no step."""
    if t_s.size < 2:
        return 0.0, GAP_MIN_S
    cadence = float(np.median(np.diff(t_s)))
    return cadence, max(GAP_STEPS * cadence, GAP_MIN_S)


def resolution(x: Floats) -> float:
    """The smallest step in which a signal moves; 0 where it never does."""
    moves = np.abs(np.diff(x[np.isfinite(x)]))
    moves = moves[moves > 0]
    return float(np.quantile(moves, RESOLUTION_SHARE)) if moves.size else 0.0


def filled(t_s: Floats, x: Floats, gap_s: float) -> Floats:
    """x with NaN bridged by straight lines where its neighbours stand at most `gap_s` apart."""
    known = np.isfinite(x)
    if known.all() or known.sum() < 2:
        return x
    at = np.flatnonzero(known)
    after = np.searchsorted(at, np.arange(x.size))
    inside = (after > 0) & (after < at.size)
    near = np.zeros(x.size, np.bool_)
    right, left = at[np.minimum(after, at.size - 1)], at[np.maximum(after - 1, 0)]
    near[inside] = (t_s[right] - t_s[left])[inside] <= gap_s
    return np.where(known, x, np.where(near, np.interp(t_s, t_s[known], x[known]), np.nan))


def running(t_s: Floats, x: Floats, gap_s: float) -> tuple[Floats, Floats, float]:
    """Running integrals of the positive and of the negative part of x, both >= 0, (N,), in x times seconds; and the
    seconds that they cover. A step over `gap_s`, or to an absent value, adds nothing.
    """
    dt = np.diff(t_s)
    a, b = x[:-1], x[1:]
    good = np.isfinite(a) & np.isfinite(b) & (dt <= gap_s)
    dt = np.where(good, dt, 0.0)
    a, b = np.where(good, a, 0.0), np.where(good, b, 0.0)
    whole = 0.5 * (a + b) * dt
    cross = a * b < 0
    positive = np.maximum(whole, 0.0)
    if cross.any():
        up = np.maximum(a[cross], b[cross])
        positive[cross] = 0.5 * up * up / (np.abs(a[cross]) + np.abs(b[cross])) * dt[cross]
    out = np.concatenate(([0.0], np.cumsum(positive)))
    into = np.concatenate(([0.0], np.cumsum(positive - whole)))
    return out, into, float(dt.sum())


def unseen(t_s: Floats, x: Floats, gap_s: float) -> Floats:
    """Running variance of the integral of x for want of samples, (N,): between two samples x may have changed at any
    moment.
    """
    dt, dx = np.diff(t_s), np.diff(x)
    good = np.isfinite(dx) & (dt <= gap_s)
    return np.concatenate(([0.0], np.cumsum(np.where(good, dx * dt, 0.0) ** 2 / 12.0)))


def segments(t_s: Floats, gap_s: float, cuts: Rows | None = None) -> list[slice]:
    """The stretches between gaps, and between `cuts` (rows that begin anew), in order; together they hold every row."""
    begins = np.flatnonzero(np.diff(t_s) > gap_s) + 1
    if cuts is not None and cuts.size:
        begins = np.union1d(begins, cuts)
    return [slice(a, b) for a, b in pairwise((0, *begins.tolist(), t_s.size)) if b > a]


def stretches(wanted: Mask, t_s: Floats, gap_s: float) -> tuple[Rows, Rows]:
    """First and last row (included) of every unbroken run of wanted rows without a gap inside."""
    if not wanted.any():
        none = np.zeros(0, np.int64)
        return none, none
    joined = wanted[1:] & wanted[:-1] & (np.diff(t_s) <= gap_s)
    starts = np.flatnonzero(wanted & ~np.concatenate(([False], joined)))
    ends = np.flatnonzero(wanted & ~np.concatenate((joined, [False])))
    return starts, ends


def still(x: Floats, t_s: Floats, gap_s: float) -> tuple[Rows, Rows]:
    """First and last row of every run of two or more equal values without a gap inside."""
    same = np.concatenate(((x[1:] == x[:-1]) & (np.diff(t_s) <= gap_s), [False]))
    begins = np.flatnonzero(same & ~np.concatenate(([False], same[:-1])))
    ends = np.flatnonzero(~same & np.concatenate(([False], same[:-1])))
    return begins, ends


def ranges(x: Floats, first: Rows, last: Rows) -> Floats:
    """Highest less lowest of x from each first to last row; absent values count for nothing."""
    if not first.size:
        return np.zeros(0)
    edges = np.column_stack((first, last + 1)).ravel()
    padded_high = np.concatenate((np.where(np.isfinite(x), x, -np.inf), [-np.inf]))
    padded_low = np.concatenate((np.where(np.isfinite(x), x, np.inf), [np.inf]))
    spread = np.maximum.reduceat(padded_high, edges)[::2] - np.minimum.reduceat(padded_low, edges)[::2]
    return np.where(np.isfinite(spread), spread, 0.0)


def buckets(t_s: Floats, x: Floats, count: int) -> tuple[Floats, Floats]:
    """Lowest and highest of x in `count` equal stretches of time, (count,); NaN where nothing is."""
    low, high = np.full(count, np.nan), np.full(count, np.nan)
    known = np.isfinite(x)
    if not known.any() or t_s[-1] <= t_s[0]:
        return low, high
    place = np.minimum(((t_s - t_s[0]) / (t_s[-1] - t_s[0]) * count).astype(np.int64), count - 1)[known]
    starts = np.flatnonzero(np.concatenate(([True], np.diff(place) > 0)))
    low[place[starts]] = np.minimum.reduceat(x[known], starts)
    high[place[starts]] = np.maximum.reduceat(x[known], starts)
    return low, high


def turns(x: Floats, least: float) -> list[int]:
    """Rows at which x turns after moving by `least` or more, the first and the last row with them; x holds no NaN."""
    if x.size < 2:
        return list(range(x.size))
    found = [0]
    low = high = 0
    heading = 0
    values = x.tolist()
    for row, value in enumerate(values):
        if value > values[high]:
            high = row
        if value < values[low]:
            low = row
        if heading >= 0 and values[high] - value >= least:
            if high > found[-1]:
                found.append(high)
            heading, low = -1, row
            high = row
        elif heading <= 0 and value - values[low] >= least:
            if low > found[-1]:
                found.append(low)
            heading, high = 1, row
            low = row
    tail = high if heading > 0 else low if heading < 0 else x.size - 1
    for row in (tail, x.size - 1):
        if row > found[-1]:
            found.append(row)
    return found
