"""Does a reading close with what it must close with? Each check over all its assets at once.

The allowance of a comparison grows with what both sides moved since the last turn, because two devices are never read
at the same instant.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ironkeep.decisions.telemetry import integrals
from ironkeep.decisions.telemetry.compiled import Compiled
from ironkeep.decisions.telemetry.verdicts import NO_VALUE, NOT_USABLE, CheckPast, Found, or_zero, timed
from ironkeep.model.check import Relation
from ironkeep.model.frame import Frame
from ironkeep.model.gather import Bits, Floats, Mask
from ironkeep.model.time import Now

NO_CURRENT_A = 1.0  # below this a string's current counts as none; a judgement for hundreds of ampere


def evaluate(
    compiled: Compiled, past: CheckPast, frames: Sequence[Frame], quality: Sequence[Bits], now: Now
) -> tuple[CheckPast, Found]:
    """One turn of one check."""
    if compiled.check.relation is Relation.COUNT:
        return integrals.count(compiled, past, frames, quality, now)
    if compiled.check.relation is Relation.ENERGY:
        return integrals.energy(compiled, past, frames, quality, now)
    if compiled.check.relation is Relation.EXCITED:
        return _excited(compiled, past, frames, quality, now)
    value, bits = compiled.point.values(frames, quality)
    expected, known, certain = _expected(compiled, value, frames, quality)
    known &= (bits & NOT_USABLE) == 0
    check = compiled.check
    with np.errstate(invalid="ignore"):
        residual = _residual(compiled, value, expected, frames, quality)
        allowed = check.tolerance + check.relative * np.maximum(np.abs(value), np.abs(expected))
        if check.skew:
            moved = np.abs(value - past.point) + np.abs(expected - past.other)
            allowed = allowed + check.skew * or_zero(moved)
        bad = known & (residual > allowed)
    bad |= certain
    return timed(compiled, past, bad, known | certain, value, expected, now)


def _residual(
    compiled: Compiled, value: Floats, expected: Floats, frames: Sequence[Frame], quality: Sequence[Bits]
) -> Floats:
    if compiled.check.relation is Relation.ORDERED:
        assert compiled.second is not None
        high, _ = compiled.second.values(frames, quality)
        return np.maximum(expected - value, value - high)
    if compiled.check.alike:
        both = np.isin(value, compiled.check.alike) & np.isin(expected, compiled.check.alike)
        return np.where(both, 0.0, np.abs(value - expected))
    return np.abs(value - expected)


def _expected(
    compiled: Compiled, value: Floats, frames: Sequence[Frame], quality: Sequence[Bits]
) -> tuple[Floats, Mask, Mask]:
    """What the point should be, where that is known, and where it is wrong beyond arithmetic; all (N,)."""
    n = len(compiled.assets)
    never = np.zeros(n, np.bool_)
    relation = compiled.check.relation
    if relation is Relation.CHILDREN:
        each, bits = compiled.others[0].values(frames, quality)
        assert compiled.group is not None
        usable = (bits & NOT_USABLE) == 0
        summed: Floats = np.bincount(compiled.group, np.where(usable, each, 0.0), n).astype(np.float64)
        lacking = np.bincount(compiled.group, ~usable, n)
        whole: Mask = (lacking == 0) & (np.bincount(compiled.group, minlength=n) > 0)
        return summed, whole, never
    if relation is Relation.COLUMNS:
        total, known = np.zeros(n), np.ones(n, np.bool_)
        for gather in compiled.others:
            each, bits = gather.values(frames, quality)
            known &= (bits & NOT_USABLE) == 0
            total += or_zero(each)
        return total, known, never
    if relation is Relation.ENCLOSED:
        return _enclosed(compiled, frames, quality)
    if relation is Relation.EVENT:
        return _event(compiled, value, frames, quality)
    if relation is Relation.CONTACTOR:
        return _contactor(compiled, value, frames, quality)
    expected, bits = compiled.others[0].values(frames, quality)
    known = (bits & NOT_USABLE) == 0
    if compiled.second is not None:
        second, more = compiled.second.values(frames, quality)
        known &= (more & NOT_USABLE) == 0
        if relation is Relation.PRODUCT:
            with np.errstate(invalid="ignore"):
                expected = expected * second
    return expected, known, never


def _enclosed(compiled: Compiled, frames: Sequence[Frame], quality: Sequence[Bits]) -> tuple[Floats, Mask, Mask]:
    """The mean of a column over all that lies below, where at least half of it may be used."""
    assert compiled.group is not None
    n = len(compiled.assets)
    each, bits = compiled.others[0].values(frames, quality)
    usable = (bits & NOT_USABLE) == 0
    heard = np.bincount(compiled.group, usable, n).astype(np.float64)
    summed: Floats = np.bincount(compiled.group, np.where(usable, each, 0.0), n).astype(np.float64)
    known: Mask = (heard > 0) & (2.0 * heard >= np.bincount(compiled.group, minlength=n))
    return summed / np.maximum(heard, 1.0), known, np.zeros(n, np.bool_)


def _event(
    compiled: Compiled, limit: Floats, frames: Sequence[Frame], quality: Sequence[Bits]
) -> tuple[Floats, Mask, Mask]:
    """The bit must stand once the highest value is over the limit. Expected = the limit itself unless it must and does
    not: then the highest value.
    """
    assert compiled.second is not None
    assert compiled.group is not None
    n = len(compiled.assets)
    top = np.full(len(compiled.group), -np.inf)
    for gather in compiled.others:
        each, bits = gather.values(frames, quality)
        np.maximum(top, np.where((bits & NOT_USABLE) == 0, each, -np.inf), out=top)
    highest = np.full(n, -np.inf)
    whose, starts = np.unique(compiled.group, return_index=True)  # sorted when compiled
    highest[whose] = np.maximum.reduceat(top, starts)
    events, more = compiled.second.values(frames, quality)
    known = ((more & NOT_USABLE) == 0) & np.isfinite(highest)
    stands = (np.nan_to_num(events).astype(np.int64) >> compiled.check.bit) & 1
    return np.where(known & (stands == 0) & (highest > limit), highest, limit), known, np.zeros(n, np.bool_)


def _contactor(
    compiled: Compiled, believed: Floats, frames: Sequence[Frame], quality: Sequence[Bits]
) -> tuple[Floats, Mask, Mask]:
    """S20: open is aux open and voltage across the pole and no current. Certain contradictions: a current through an
    open aux, a voltage across a closed one, a pole believed open whose aux says closed.
    """
    assert compiled.second is not None
    assert compiled.third is not None
    aux, aux_bits = compiled.others[0].values(frames, quality)
    pole, pole_bits = compiled.second.values(frames, quality)
    current, current_bits = compiled.third.values(frames, quality)
    known = ((aux_bits | pole_bits | current_bits) & NOT_USABLE) == 0
    with np.errstate(invalid="ignore"):
        flows = np.abs(current) > NO_CURRENT_A
        across = np.abs(pole) > compiled.check.tolerance
        wrong = known & (((aux == 0) & flows) | ((aux == 1) & across) | ((believed == 0) & (aux == 1)))
    return believed, known, wrong


def _excited(
    compiled: Compiled, past: CheckPast, frames: Sequence[Frame], quality: Sequence[Bits], now: Now
) -> tuple[CheckPast, Found]:
    """A run of equal values while the coupled point above travelled more than the tolerance (row 2 of the catalogue).
    An idle value may repeat for ever: without excitation the test says nothing.
    """
    check = compiled.check
    value, bits = compiled.point.values(frames, quality)
    exciter, more = compiled.others[0].values(frames, quality)
    known = ((bits & NO_VALUE) == 0) & ((more & NOT_USABLE) == 0)
    idle = np.zeros(len(known), np.bool_)
    if compiled.second is not None:
        closed, most = compiled.second.values(frames, quality)
        idle = ((most & NOT_USABLE) == 0) & (closed == 0)
        known &= ~idle
    same = known & (value == past.point)
    run = np.where(same, past.run + 1, np.where(known | idle, 0, past.run))
    start = np.where(same | ~known, past.anchor, exciter)  # where the exciter stood when the run began
    start = np.where(np.isnan(start), exciter, start)
    with np.errstate(invalid="ignore"):
        travelled = np.maximum(np.where(same, past.integral, 0.0), or_zero(np.abs(exciter - start)))
    travelled = np.where(known, travelled, past.integral)
    bad = known & (run >= check.samples) & (travelled > check.tolerance)
    fine = (known & (run == 0) & ~np.isnan(past.point)) | idle
    kept = replace(past, anchor=start, integral=travelled, run=run)
    last = np.where(known, value, past.point)
    kept, found = timed(compiled, kept, bad, known | idle, last, exciter, now)
    return kept, replace(found, fine=fine & ~found.flagged)
