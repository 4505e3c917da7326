"""Does a reading close with what it must close with? Each check over all its assets at once.

A residual beyond its allowance for the check's hold time is a disagreement. Where one value may not be used the check
says nothing about that asset: neither that it disagrees nor that it agrees. The allowance grows with what both sides
moved since the last turn, because two devices are never read at the same instant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ironkeep.decisions.telemetry.plan import Plan
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.model.check import Check, Relation
from ironkeep.model.frame import Frame
from ironkeep.model.gather import Bits, Floats, Gather, Mask, Rows
from ironkeep.model.ids import AssetId, parent
from ironkeep.model.quality import DISQUALIFYING, Quality
from ironkeep.model.time import SECOND_US, Now

NOT_USABLE = np.uint16(DISQUALIFYING)
NO_VALUE = np.uint16(DISQUALIFYING & ~Quality.FROZEN & ~Quality.SETTLING)
NO_CURRENT_A = 1.0  # below this a string's current counts as none; a judgement for hundreds of ampere
FULL_PCT, EMPTY_PCT = 99.5, 0.5  # where a charge counter may be anchored
ANCHOR_REACH_PCT = 12.0  # how far from full or empty the count may have been for an anchoring to be honest
CAPACITY_DOUBT = 0.04  # share by which a capacity may differ from its nameplate
DRIFT_MAX_PCT = 8.0  # beyond this the growing band of a charge count is worth nothing
GAP_MAX_S = 30.0  # longer without values and an honest count is anchored anew
HOUR_US = 3600 * SECOND_US


@dataclass(frozen=True, slots=True)
class Compiled:
    """A check over N assets. `point` and the others are gathers over slots; `group` maps the slots of `other` to the N
    assets where there are several a one (children, columns). `share` divides a capacity taken from above.
    """

    check: Check
    assets: tuple[AssetId, ...]
    slot: Mapping[AssetId, tuple[int, ...]]
    against: tuple[AssetId, ...]  # who stands on the other side: the witness, the room; else the asset itself
    point: Gather
    others: tuple[Gather, ...]
    second: Gather | None = None
    third: Gather | None = None
    group: Rows | None = None


@dataclass(frozen=True, slots=True)
class CheckPast:
    """What a check remembers: since when each asset disagrees (monotonic, 0 = it does not), whether it has for long
    enough, the last values of both sides, and for counts the anchor and the integral.
    """

    since_us: Rows
    flagged: Mask
    point: Floats
    other: Floats
    anchor: Floats
    integral: Floats
    run: Rows
    seen_us: Rows


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome of a check this turn, all (N,): flagged, positively fine, and both sides for the words."""

    flagged: Mask
    fine: Mask
    value: Floats
    expected: Floats


def compile_checks(plan: Plan, policy: Policy) -> tuple[Compiled, ...]:
    """The checks of the policy that have columns to work on, in order."""
    made = (_compile(check, plan, policy) for check in policy.checks)
    return tuple(each for each in made if each is not None)


def _compile(check: Check, plan: Plan, policy: Policy) -> Compiled | None:
    assets = plan.places.offering(check.point, check.asset_kinds)
    against = assets
    if check.relation in (Relation.WITNESS, Relation.ROOM):
        pairs = _pairs(check, assets, plan, policy)
        assets, against = tuple(a for a, _ in pairs), tuple(w for _, w in pairs)
    elif check.relation is Relation.EXCITED:
        against = tuple(parent(a) or a for a in assets)
    if not assets:
        return None
    others: tuple[Gather, ...]
    group: Rows | None = None
    if check.relation is Relation.CHILDREN:
        offering = [a for a in plan.places.offering(check.other) if parent(a) is not None]
        place = {asset: i for i, asset in enumerate(assets)}
        children = [a for a in offering if parent(a) in place]
        group = np.array([place[AssetId(str(parent(a)))] for a in children], np.int64)
        others = (plan.places.gather(check.other, children),)
    elif check.relation is Relation.COLUMNS:
        others = tuple(plan.places.gather(name, assets) for name in plan.places.columns(check.other))
    elif check.relation is Relation.EVENT:
        others, group = _below(check, assets, plan)
    else:
        others = (plan.places.gather(check.other, against),)
    if not others or not any(each.parts for each in others):
        return None
    second = plan.places.gather(check.second, assets) if check.second else None
    third = plan.places.gather(check.third, assets) if check.third else None
    if (second is not None and not second.parts) or (third is not None and not third.parts):
        return None
    slot: dict[AssetId, tuple[int, ...]] = {}
    for i, asset in enumerate(assets):
        slot[asset] = (*slot.get(asset, ()), i)
    return Compiled(check, assets, slot, against, plan.places.gather(check.point, assets), others, second, third, group)


def _below(check: Check, assets: tuple[AssetId, ...], plan: Plan) -> tuple[tuple[Gather, ...], Rows]:
    """Gathers of every column that the pattern names over all assets at or below those checked, and whose they are."""
    columns = plan.places.columns(check.other)
    under: dict[AssetId, int] = {}
    place = {asset: i for i, asset in enumerate(assets)}
    for name in columns:
        for asset in plan.places.offering(name):
            above: AssetId | None = asset
            while above is not None and above not in place:
                above = parent(above)
            if above is not None:
                under[asset] = place[above]
    inside = sorted(under, key=lambda asset: under[asset])
    return tuple(plan.places.gather(name, inside) for name in columns), np.array([under[a] for a in inside], np.int64)


def _pairs(check: Check, assets: Sequence[AssetId], plan: Plan, policy: Policy) -> list[tuple[AssetId, AssetId]]:
    offering = set(plan.places.offering(check.other, check.witness_kinds))
    pairs = []
    for asset in assets:
        declared = policy.site.asset(asset)
        if declared is None:
            continue
        towards = (declared.room,) if check.relation is Relation.ROOM else declared.witnesses
        pairs += [(asset, w) for w in towards if w is not None and w in offering and w != asset]
    return pairs


def fresh_past(compiled: Compiled) -> CheckPast:
    """A check that has seen nothing yet."""
    n = len(compiled.assets)
    none, zero = np.full(n, np.nan), np.zeros(n, np.int64)
    return CheckPast(zero, np.zeros(n, np.bool_), none, none, none, np.zeros(n), zero, zero)


def evaluate(
    compiled: Compiled, past: CheckPast, frames: Sequence[Frame], quality: Sequence[Bits], now: Now
) -> tuple[CheckPast, Found]:
    """One turn of one check."""
    if compiled.check.relation is Relation.COUNT:
        return _count(compiled, past, frames, quality, now)
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
            allowed = allowed + check.skew * _or_zero(moved)
        bad = known & (residual > allowed)
    bad |= certain
    return _timed(compiled, past, bad, known | certain, value, expected, now)


def _or_zero(values: Floats) -> Floats:
    """The values, 0 where there is none."""
    return np.where(np.isnan(values), 0.0, values)


def _residual(
    compiled: Compiled, value: Floats, expected: Floats, frames: Sequence[Frame], quality: Sequence[Bits]
) -> Floats:
    if compiled.check.relation is Relation.ORDERED:
        assert compiled.second is not None
        high, _ = compiled.second.values(frames, quality)
        return np.maximum(expected - value, value - high)
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
            total += _or_zero(each)
        return total, known, never
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
            expected = expected * second
    return expected, known, never


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


def _count(
    compiled: Compiled, past: CheckPast, frames: Sequence[Frame], quality: Sequence[Bits], now: Now
) -> tuple[CheckPast, Found]:
    """Charge against its own integral of current since the last anchor (telemetry.md 7.3, rows 7 and 8)."""
    assert compiled.second is not None
    check = compiled.check
    charge, bits = compiled.point.values(frames, quality)
    current, more = compiled.others[0].values(frames, quality)
    capacity, most = compiled.second.values(frames, quality)
    with np.errstate(invalid="ignore"):
        known = (((bits | more | most) & NOT_USABLE) == 0) & (capacity > 0)
    gap_us = now.mono_us - past.seen_us
    stale = known & ~past.flagged & (gap_us > GAP_MAX_S * SECOND_US)
    hours = np.where(past.seen_us > 0, gap_us, 0) / HOUR_US
    integral = past.integral + np.where(known, _or_zero(current) * hours, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        moved = 100.0 * integral / capacity
        expected = past.anchor - moved
        band = check.tolerance + check.relative * np.maximum(now.mono_us - past.run, 0) / HOUR_US
        allowed = np.minimum(band, DRIFT_MAX_PCT) + CAPACITY_DOUBT * np.abs(moved)
        full = (charge >= FULL_PCT) & (expected >= 100.0 - ANCHOR_REACH_PCT)
        empty = (charge <= EMPTY_PCT) & (expected <= ANCHOR_REACH_PCT)
        fits = np.abs(charge - expected) <= allowed
    anew = known & (np.isnan(past.anchor) | stale | full | empty | (fits & (band >= DRIFT_MAX_PCT)))
    anchor = np.where(anew, charge, past.anchor)
    integral = np.where(anew, 0.0, integral)
    began = np.where(anew, now.mono_us, past.run)
    bad = known & ~anew & ~fits
    seen = np.where(known, now.mono_us, past.seen_us)
    kept = replace(past, anchor=anchor, integral=integral, run=began, seen_us=seen)
    return _timed(compiled, kept, bad, known, charge, np.where(anew, charge, expected), now)


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
        travelled = np.maximum(np.where(same, past.integral, 0.0), _or_zero(np.abs(exciter - start)))
    travelled = np.where(known, travelled, past.integral)
    bad = known & (run >= check.samples) & (travelled > check.tolerance)
    fine = (known & (run == 0) & ~np.isnan(past.point)) | idle
    kept = replace(past, anchor=start, integral=travelled, run=run)
    last = np.where(known, value, past.point)
    kept, found = _timed(compiled, kept, bad, known | idle, last, exciter, now)
    return kept, replace(found, fine=fine & ~found.flagged)


def _timed(
    compiled: Compiled, past: CheckPast, bad: Mask, known: Mask, value: Floats, expected: Floats, now: Now
) -> tuple[CheckPast, Found]:
    """Disagreement counts after the hold time; a turn without knowledge neither starts, ends nor forgets it."""
    since = np.where(bad, np.where(past.since_us > 0, past.since_us, now.mono_us), np.where(known, 0, past.since_us))
    held = bad & (now.mono_us - since >= compiled.check.hold_s * SECOND_US)
    flagged = held | (past.flagged & (bad | ~known))
    kept = replace(past, since_us=since, flagged=flagged, point=value, other=expected)
    return kept, Found(flagged, known & ~bad, value, expected)


def policy_checks(policy: Policy) -> dict[str, Check]:
    """Checks by id."""
    return {check.id: check for check in policy.checks}
