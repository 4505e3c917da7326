"""Does a reading close with what it must close with? All checks over all their assets at once.

The allowance of a comparison grows with what both sides moved since the last turn, because two devices are never read
at the same instant. What closes over time keeps an account of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from ironkeep.decisions.telemetry import integrals
from ironkeep.decisions.telemetry.compiled import SIDES, Checks, Compiled
from ironkeep.decisions.telemetry.verdicts import (
    NO_VALUE,
    NOT_USABLE,
    CheckPast,
    Found,
    Sides,
    or_zero,
    own,
    part,
    put,
    replies,
    timed,
)
from ironkeep.model.check import Check, Relation
from ironkeep.model.frame import Frame
from ironkeep.model.gather import Bits, Floats, Mask
from ironkeep.model.time import Now

NO_CURRENT_A = 1.0  # below this a string's current counts as none; a judgement for hundreds of ampere
LIVELY_SAMPLES = 12  # equal ones on end, below which a value counts as moving


@dataclass(frozen=True, slots=True)
class Expected:
    """What points should be, where that is known, and where they are wrong beyond arithmetic; all (N,)."""

    value: Floats
    known: Mask
    certain: Mask


@dataclass(frozen=True, slots=True)
class Below:
    """The several others of a check, a row each: values and where they may be used, (K, M)."""

    values: Floats
    usable: Mask


def evaluate(
    checks: Checks, past: CheckPast, frames: Sequence[Frame], quality: Sequence[Bits], now: Now
) -> tuple[CheckPast, Found]:
    """One turn of all checks."""
    values, bits = checks.reads.values(frames, quality)
    wide = SIDES * checks.size
    polls = replies(checks.points, frames)
    sides = Sides(values[:wide].reshape(SIDES, -1), bits[:wide].reshape(SIDES, -1), polls, checks.apart_s)
    value = sides.values[0]
    with np.errstate(invalid="ignore"):
        expected = _expected(checks, sides, values, bits)
        residual = _residual(checks, sides, expected.value)
        allowed = checks.tolerance + checks.relative * np.maximum(np.abs(value), np.abs(expected.value))
        moved = np.abs(value - past.point) + np.abs(expected.value - past.other)
        allowed = np.where(checks.skew > 0.0, allowed + checks.skew * or_zero(moved), allowed)
        bad = (expected.known & (residual > allowed)) | expected.certain
    known = expected.known | expected.certain
    kept, found = timed(checks.hold_s, past, bad, known, value, expected.value, now)
    kept, found = own(replace(kept, polls=polls)), own(found)
    for each in checks.each:
        closes = OVER_TIME.get(each.check.relation)
        if closes is not None:
            mine, told = closes(each.check, part(past, each.stretch), part(sides, each.stretch), now)
            put(kept, each.stretch, mine)
            put(found, each.stretch, told)
    return kept, found


def _residual(checks: Checks, sides: Sides, expected: Floats) -> Floats:
    value, _, high, _ = sides.values
    residual: Floats = np.where(checks.ordered, np.maximum(expected - value, value - high), np.abs(value - expected))
    for each in checks.each:
        if each.check.alike:
            here, alike = each.stretch, each.check.alike
            residual[here][np.isin(value[here], alike) & np.isin(expected[here], alike)] = 0.0
    return residual


def _expected(checks: Checks, sides: Sides, values: Floats, bits: Bits) -> Expected:
    """Of all points: the other side or its product with the second, then of those where more must be looked at."""
    usable = (sides.bits & NOT_USABLE) == 0
    expected = Expected(
        np.where(checks.product, sides.values[1] * sides.values[2], sides.values[1]),
        usable[1] & (usable[2] | ~checks.paired),
        np.zeros(checks.size, np.bool_),
    )
    for each in checks.each:
        follows = FOLLOWS.get(each.check.relation)
        if follows is not None:
            rows = (len(each.others), -1)
            below = Below(values[each.below].reshape(rows), ((bits[each.below] & NOT_USABLE) == 0).reshape(rows))
            put(expected, each.stretch, follows(each, part(sides, each.stretch), below))
    np.logical_and(expected.known, usable[0], out=expected.known)
    return expected


def _children(compiled: Compiled, sides: Sides, below: Below) -> Expected:
    """The sum over the assets directly below, where all of them may be used."""
    assert compiled.group is not None
    n = len(compiled.assets)
    summed = np.bincount(compiled.group, np.where(below.usable[0], below.values[0], 0.0), n).astype(np.float64)
    lacking = np.bincount(compiled.group, ~below.usable[0], n)
    whole: Mask = (lacking == 0) & (np.bincount(compiled.group, minlength=n) > 0)
    return Expected(summed, whole, np.zeros(n, np.bool_))


def _columns(compiled: Compiled, sides: Sides, below: Below) -> Expected:
    """The sum of the columns, where all of them may be used."""
    total = np.zeros(len(compiled.assets))
    for each in below.values:  # one after the other, so that the sum of any number of columns rounds the same
        total += or_zero(each)
    return Expected(total, np.asarray(below.usable.all(axis=0)), np.zeros(len(total), np.bool_))


def _enclosed(compiled: Compiled, sides: Sides, below: Below) -> Expected:
    """The mean of a column over all that lies below, where at least half of it may be used."""
    assert compiled.group is not None
    n = len(compiled.assets)
    usable = below.usable[0]
    heard = np.bincount(compiled.group, usable, n).astype(np.float64)
    summed: Floats = np.bincount(compiled.group, np.where(usable, below.values[0], 0.0), n).astype(np.float64)
    known: Mask = (heard > 0) & (2.0 * heard >= np.bincount(compiled.group, minlength=n))
    return Expected(summed / np.maximum(heard, 1.0), known, np.zeros(n, np.bool_))


def _event(compiled: Compiled, sides: Sides, below: Below) -> Expected:
    """The bit must stand once the highest value is over the limit. Expected = the limit itself unless it must and does
    not: then the highest value.
    """
    assert compiled.group is not None
    limit, _, events, _ = sides.values
    top = np.where(below.usable, below.values, -np.inf).max(axis=0, initial=-np.inf)
    highest = np.full(len(limit), -np.inf)
    whose, starts = np.unique(compiled.group, return_index=True)  # sorted when compiled
    highest[whose] = np.maximum.reduceat(top, starts)
    known = sides.usable(2) & np.isfinite(highest)
    stands = (np.nan_to_num(events).astype(np.int64) >> compiled.check.bit) & 1
    must = np.where(known & (stands == 0) & (highest > limit), highest, limit)
    return Expected(must, known, np.zeros(len(limit), np.bool_))


def _contactor(compiled: Compiled, sides: Sides, below: Below) -> Expected:
    """S20: open is aux open and voltage across the pole and no current. Certain contradictions: a current through an
    open aux, a voltage across a closed one, a pole believed open whose aux says closed.
    """
    believed, aux, pole, current = sides.values
    known = sides.usable(1, 2, 3)
    flows = np.abs(current) > NO_CURRENT_A
    across = np.abs(pole) > compiled.check.tolerance
    wrong = known & (((aux == 0) & flows) | ((aux == 1) & across) | ((believed == 0) & (aux == 1)))
    return Expected(believed, known, wrong)


def _excited(check: Check, past: CheckPast, sides: Sides, now: Now) -> tuple[CheckPast, Found]:
    """A run of equal samples while the coupled point above travelled more than the tolerance (row 2 of the catalogue).
    An idle value may repeat for ever: without excitation the test says nothing, and what excites counts once a sample
    has been read after it, or the first step after a long rest would convict. It is fine again once no value repeats
    for long; a rounded one that lives repeats now and then.
    """
    value, exciter, closed, _ = sides.values
    idle = sides.usable(2) & (closed == 0)
    known = ((sides.bits[0] & NO_VALUE) == 0) & sides.usable(1) & ~idle
    new = known & (sides.polls != past.polls)
    same = new & (value == past.point)
    run = np.where(same, past.run + 1, np.where(new | idle, 0, past.run))
    begun = same & (past.run > 0)  # the run's first sample may be younger than the exciter's
    start = np.where(begun | ~new, past.anchor, exciter)  # where the exciter stood when the run began
    start = np.where(np.isnan(start), exciter, start)
    with np.errstate(invalid="ignore"):
        travelled = np.maximum(past.integral, or_zero(np.abs(past.other - start)))
    travelled = np.where(begun, travelled, np.where(new, 0.0, past.integral))
    bad = known & (run >= check.samples) & (travelled > check.tolerance)
    fine = (known & (run < min(check.samples, LIVELY_SAMPLES)) & ~np.isnan(past.point)) | idle
    kept = replace(past, anchor=start, integral=travelled, run=run, polls=np.where(known, sides.polls, past.polls))
    last, seen = np.where(new, value, past.point), np.where(new, exciter, past.other)
    kept, found = timed(check.hold_s, kept, bad, known | idle, last, seen, now)
    return kept, replace(found, fine=fine & ~found.flagged)


FOLLOWS: Final[Mapping[Relation, Callable[[Compiled, Sides, Below], Expected]]] = {
    Relation.CHILDREN: _children,
    Relation.COLUMNS: _columns,
    Relation.ENCLOSED: _enclosed,
    Relation.EVENT: _event,
    Relation.CONTACTOR: _contactor,
}
OVER_TIME: Final[Mapping[Relation, Callable[[Check, CheckPast, Sides, Now], tuple[CheckPast, Found]]]] = {
    Relation.COUNT: integrals.count,
    Relation.ENERGY: integrals.energy,
    Relation.EXCITED: _excited,
}
