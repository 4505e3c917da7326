"""Charge and energy through a battery against the state of charge that it reports.

Rules. Current and power are positive on discharge, in A and W; times in s; charge in %. Every result carries a 95 %
half width that holds the resolution of the reported charge; what the instruments themselves are off by is not in it and
cannot be seen from a recording. Nothing is computed over a gap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ironkeep.physics.series import Floats, Rows, segments, turns

HOUR_S = 3600.0
POINTS_MAX = 20_000  # rows among which turns of the charge are looked for
LEG_MIN_PCT = 10.0  # a move of the charge that counts
SWING_MIN_PCT = 20.0  # moved altogether, before a capacity or an efficiency is told
JUMP_MIN_PCT = 2.0  # a move in one step that no current explains
STEP_MIN_SHARE = 0.2  # of the largest current: a step by which the resistance shows
STEPS_MIN = 5
OFFSET_LEGS_MIN = 4
TWO_SIDED_95 = 1.96


@dataclass(frozen=True, slots=True)
class Legs:
    """Moves of the charge in one direction: rows, change of charge (%), counted discharge (Ah), duration (h), and the
    variance of what was counted (Ah²) for want of samples.
    """

    first: Rows
    last: Rows
    moved_pct: Floats
    counted_ah: Floats
    hours: Floats
    variance_ah2: Floats


@dataclass(frozen=True, slots=True)
class Capacity:
    """The capacity, and the offset of the current where legs are enough, that fit all legs; 95 % half widths."""

    ah: float
    error_ah: float
    offset_a: float
    offset_error_a: float
    legs: int
    swing_pct: float


@dataclass(frozen=True, slots=True)
class Cycle:
    """Energy out over energy in between equal charges."""

    share: float
    error: float
    charge_share: float | None
    windows: int
    first: int
    last: int
    swing_pct: float
    rest_pct: float


def legs(
    t_s: Floats, soc_pct: Floats, counted_ah: Floats, gap_s: float, skip: Rows, variance_ah2: Floats | None = None
) -> Legs:
    """The moves of LEG_MIN_PCT or more between turns of the charge, (K,). `counted_ah` is the running discharge,
    `variance_ah2` its running variance; legs over a row of `skip` (rows of jumps) are left out.
    """
    rows: list[tuple[int, int]] = []
    for part in segments(t_s, gap_s):
        at = np.flatnonzero(np.isfinite(soc_pct[part])) + part.start
        if at.size < 2:
            continue
        at = at[:: max(1, at.size // POINTS_MAX)]
        corners = at[turns(soc_pct[at], LEG_MIN_PCT)]
        rows += list(zip(corners[:-1].tolist(), corners[1:].tolist(), strict=True))
    found = [
        (a, b) for a, b in rows if abs(soc_pct[b] - soc_pct[a]) >= LEG_MIN_PCT and not ((skip > a) & (skip <= b)).any()
    ]
    first, last = (
        (np.array(side, np.int64) for side in zip(*found, strict=True)) if found else (np.zeros(0, np.int64),) * 2
    )
    return Legs(
        first,
        last,
        soc_pct[last] - soc_pct[first],
        counted_ah[last] - counted_ah[first],
        (t_s[last] - t_s[first]) / HOUR_S,
        np.zeros(first.size) if variance_ah2 is None else variance_ah2[last] - variance_ah2[first],
    )


def capacity(found: Legs, soc_step_pct: float) -> Capacity | None:
    """The capacity that makes counted and reported charge agree, None below SWING_MIN_PCT of moves.

    Least squares of counted = -capacity x moved / 100 + offset x hours; the offset only with OFFSET_LEGS_MIN legs in
    both directions. The error is the larger of what the legs scatter and of what the resolution of the charge
    and the want of samples allow, and one step of the reported charge a leg, which no number of legs takes away.
    """
    swing = float(np.abs(found.moved_pct).sum())
    if swing < SWING_MIN_PCT or not found.moved_pct.size:
        return None
    both = (found.moved_pct > 0).any() and (found.moved_pct < 0).any()
    free = both and found.moved_pct.size >= OFFSET_LEGS_MIN
    columns = [-found.moved_pct / 100.0] + ([found.hours] if free else [])
    design = np.column_stack(columns)
    answer, *_ = np.linalg.lstsq(design, found.counted_ah, rcond=None)
    residual = found.counted_ah - design @ answer
    spare = residual.size - answer.size
    scatter = float(residual @ residual) / spare if spare > 0 else 0.0
    grain = 2.0 * (abs(answer[0]) / 100.0 * soc_step_pct) ** 2 / 12.0  # two ends, each uniform over one step
    grain += float(found.variance_ah2.mean())
    try:
        spread = np.linalg.inv(design.T @ design) * max(scatter, grain)
    except np.linalg.LinAlgError:
        return None
    errors = TWO_SIDED_95 * np.sqrt(np.diag(spread))
    ah = float(answer[0])
    errors[0] += abs(ah) * soc_step_pct / float(np.abs(found.moved_pct).mean())  # rounding acts alike at every end
    offset = (float(answer[1]), float(errors[1])) if free else (0.0, 0.0)
    return Capacity(ah, float(errors[0]), *offset, int(found.moved_pct.size), swing)


def jumps(t_s: Floats, soc_pct: Floats, counted_ah: Floats, ah: float, gap_s: float, soc_step_pct: float) -> Rows:
    """Rows at which the charge moves by JUMP_MIN_PCT more than the current explains since the row before."""
    at = np.flatnonzero(np.isfinite(soc_pct))
    if at.size < 2 or ah <= 0:
        return np.zeros(0, np.int64)
    moved = np.diff(soc_pct[at])
    explained = -100.0 * np.diff(counted_ah[at]) / ah
    near = np.diff(t_s[at]) <= gap_s
    return at[1:][near & (np.abs(moved - explained) > JUMP_MIN_PCT + soc_step_pct)]


def unexplained_pct(
    t_s: Floats, soc_pct: Floats, counted_ah: Floats, found: Capacity, gap_s: float, cuts: Rows
) -> float:
    """The most by which the reported charge strays from the counted one, in %, in stretches without gaps and `cuts`."""
    worst = 0.0
    for part in segments(t_s, gap_s, cuts):
        soc = soc_pct[part]
        known = np.isfinite(soc)
        if known.sum() < 2:
            continue
        hours = (t_s[part] - t_s[part][0]) / HOUR_S
        counted = counted_ah[part] - found.offset_a * hours
        stray = (soc + 100.0 * (counted - counted[0]) / found.ah)[known]
        worst = max(worst, float(np.abs(stray - np.median(stray)).max()))
    return worst


def cycle(
    t_s: Floats,
    soc_pct: Floats,
    energy: tuple[Floats, Floats],
    variance: Floats,
    charge: tuple[Floats, Floats] | None,
    gap_s: float,
    step_pct: float,
    cuts: Rows,
) -> Cycle | None:
    """Round-trip efficiency: in each stretch without gaps and `cuts` the longest throughput between equal charges, all
    stretches summed; what is left of the difference in charge is corrected by the energy of a percent.

    `energy` and `charge` run, out and in; `variance` is that of the energy for want of samples. The error holds both
    ends and the want of samples. None below SWING_MIN_PCT.
    """
    out, into = energy
    grain = max(step_pct, 0.1)
    total_out = total_in = rest = swing = charge_out = charge_in = 0.0
    windows: list[tuple[int, int]] = []
    for part in segments(t_s, gap_s, cuts):
        at = np.flatnonzero(np.isfinite(soc_pct[part])) + part.start
        if at.size < 3:
            continue
        at = at[:: max(1, at.size // POINTS_MAX)]
        a, b = _widest(np.round(soc_pct[at] / grain).astype(np.int64), into[at])
        first, last = int(at[a]), int(at[b])
        between = soc_pct[first : last + 1]
        corners = between[np.isfinite(between)]
        corners = corners[:: max(1, corners.size // POINTS_MAX)]
        corners = corners[turns(corners, LEG_MIN_PCT)]
        up = float(np.maximum(np.diff(corners), 0.0).sum()) if corners.size > 1 else 0.0
        if up < LEG_MIN_PCT:
            continue
        windows.append((first, last))
        total_out += float(out[last] - out[first])
        total_in += float(into[last] - into[first])
        rest += float(soc_pct[last] - soc_pct[first])
        swing += up
        if charge is not None:
            charge_out += float(charge[0][last] - charge[0][first])
            charge_in += float(charge[1][last] - charge[1][first])
    if swing < SWING_MIN_PCT or total_in <= 0:
        return None
    percent_wh = total_out / swing
    share = (total_out + rest * percent_wh) / total_in
    ends = 2.0 * len(windows) / 12.0 * (grain * percent_wh) ** 2  # each end uniform over one step of the charge
    edges = sum(float(variance[last] - variance[first]) for first, last in windows)
    error = TWO_SIDED_95 * float(np.sqrt(ends + edges)) / total_in
    told = charge_out / charge_in if charge_in > 0 else None
    return Cycle(share, error, told, len(windows), windows[0][0], windows[-1][1], swing, rest)


def _widest(level: Rows, into: Floats) -> tuple[int, int]:
    """The two rows of one level with the most energy in between them."""
    order = np.argsort(level, kind="stable")
    starts = np.flatnonzero(np.concatenate(([True], np.diff(level[order]) > 0)))
    first = order[starts]
    last = order[np.concatenate((starts[1:], [order.size])) - 1]
    best = int(np.argmax(into[last] - into[first]))
    return int(first[best]), int(last[best])


def sign_by_charge(found: Legs) -> tuple[int, int, int]:
    """+1 where positive current lowers the charge, -1 where it raises it, 0 where nothing is clear; and how many legs
    are for and against.
    """
    moved = np.sign(-found.moved_pct * found.counted_ah)
    down, up = int((moved > 0).sum()), int((moved < 0).sum())
    if not down + up or max(down, up) < 4 * min(down, up):
        return 0, max(down, up), min(down, up)
    return (1, down, up) if down > up else (-1, up, down)


def resistance(t_s: Floats, voltage_v: Floats, current_a: Floats, gap_s: float) -> tuple[float, int, float]:
    """What steps of the current do to the voltage: resistance in ohm (positive where positive current lowers it),
    number of steps, and the share of steps that agree in direction.
    """
    dv, di, dt = np.diff(voltage_v), np.diff(current_a), np.diff(t_s)
    good = np.isfinite(dv) & np.isfinite(di) & (dt <= gap_s)
    if not good.any():
        return 0.0, 0, 0.0
    size = np.abs(current_a[np.isfinite(current_a)])
    least = STEP_MIN_SHARE * float(np.quantile(size, 0.999)) if size.size else 0.0
    good &= np.abs(di) > max(least, 1e-9)
    if int(good.sum()) < STEPS_MIN:
        return 0.0, int(good.sum()), 0.0
    slopes = -dv[good] / di[good]
    ohm = float(np.median(slopes))
    return ohm, int(good.sum()), float((np.sign(slopes) == np.sign(ohm)).mean()) if ohm else 0.0
