"""Checks worked out against the columns that are really there, side by side, so that a turn is arithmetic alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ironkeep.decisions.telemetry.plan import Plan
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.model.check import Check, Relation
from ironkeep.model.gather import Floats, Gather, Mask, Rows, joined
from ironkeep.model.ids import AssetId, parent

NOWHERE = slice(0, 0)  # until all checks stand side by side

MANY = (Relation.CHILDREN, Relation.COLUMNS, Relation.EVENT, Relation.ENCLOSED)  # several others a point
SIDES = 4  # what a check reads of each slot: point, other, second, third


@dataclass(frozen=True, slots=True)
class Compiled:
    """A check over N assets. `point` and the others are gathers over slots; `group` maps the slots of `other` to the N
    assets where there are several a one (children, columns). `slot` gives the slots in which an asset is doubted.
    `stretch` is where its assets stand among those of all checks, `below` where its several others do in what is read.
    """

    check: Check
    assets: tuple[AssetId, ...]
    slot: Mapping[AssetId, tuple[int, ...]]
    against: tuple[AssetId, ...]  # who stands on the other side: the witness, the room; else the asset itself
    point: Gather
    others: tuple[Gather, ...]
    stretch: slice
    below: slice
    second: Gather | None = None
    third: Gather | None = None
    group: Rows | None = None
    apart_s: Floats | float = 0.0  # by how much more than a second the sides of a slot are read apart, (N,)
    seldom: Mask | bool = False  # another side is read less often than the point, (N,)


@dataclass(frozen=True, slots=True)
class Checks:
    """All checks in order, side by side: the numbers of each of their S slots (S,), and one gather for all that they
    read: four sides of S slots each, then what lies below.
    """

    each: tuple[Compiled, ...]
    reads: Gather
    points: Gather  # their first side alone, to tell a sample from the one before
    tolerance: Floats
    relative: Floats
    skew: Floats
    hold_s: Floats
    apart_s: Floats
    paired: Mask  # the other side is true only with the second: a product, a range
    product: Mask
    ordered: Mask

    @property
    def size(self) -> int:
        """S."""
        return len(self.tolerance)

    def named(self, name: str) -> Compiled | None:
        """The check of that id, if it has columns to work on."""
        return next((each for each in self.each if each.check.id == name), None)


def slots_of(made: Sequence[Compiled], of: Callable[[Compiled], Any]) -> Any:
    """What each check says of its slots, side by side."""
    return np.concatenate([np.zeros(0), *(np.broadcast_to(of(one), len(one.assets)) for one in made)])


def compile_checks(plan: Plan, policy: Policy) -> Checks:
    """The checks of the policy that have columns to work on, in order."""
    return beside([made for check in policy.checks if (made := _compile(check, plan, policy)) is not None])


def beside(made: Sequence[Compiled]) -> Checks:
    """The checks side by side."""
    size = sum(len(one.assets) for one in made)
    each, sides = [], []
    below: list[Gather] = []
    begin, deep = 0, SIDES * size
    for one in made:
        many = one.check.relation in MANY
        several = one.others if many else ()
        depth = sum(gather.size for gather in several)
        end = begin + len(one.assets)
        each.append(replace(one, stretch=slice(begin, end), below=slice(deep, deep + depth)))
        sides.append((one.point, None if many else one.others[0], one.second, one.third))
        below += several
        begin, deep = end, deep + depth

    def spread(of: Callable[[Compiled], float]) -> Floats:
        return np.array([of(one) for one in made for _ in one.assets], np.float64)

    columns = [
        side or Gather(len(one.assets), ())
        for side_by_side in zip(*sides, strict=True)
        for one, side in zip(made, side_by_side, strict=True)
    ]
    apart_s = slots_of(made, lambda one: one.apart_s)
    return Checks(
        each=tuple(each),
        reads=joined([*columns, *below]),
        points=joined([one.point for one in made]),
        tolerance=spread(lambda one: one.check.tolerance),
        relative=spread(lambda one: one.check.relative),
        skew=spread(lambda one: one.check.skew),
        hold_s=spread(lambda one: one.check.hold_s) + apart_s,
        apart_s=apart_s,
        paired=spread(lambda one: one.second is not None) > 0.0,
        product=spread(lambda one: one.check.relation is Relation.PRODUCT) > 0.0,
        ordered=spread(lambda one: one.check.relation is Relation.ORDERED) > 0.0,
    )


def _compile(check: Check, plan: Plan, policy: Policy) -> Compiled | None:
    assets = plan.places.offering(check.point, check.asset_kinds)
    against = assets
    if check.relation in (Relation.WITNESS, Relation.WAY, Relation.ROOM, Relation.ENERGY):
        pairs = _pairs(check, assets, plan, policy)
        assets, against = tuple(a for a, _ in pairs), tuple(w for _, w in pairs)
    elif check.relation is Relation.ENCLOSED:
        assets, against = _rooms(check, plan, policy)
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
    elif check.relation in (Relation.EVENT, Relation.ENCLOSED):
        others, group = _below(check, assets, plan)
    else:
        others = (plan.places.gather(check.other, against),)
    if not others or not any(each.parts for each in others):
        return None
    beside = against if check.relation is Relation.ENERGY else assets
    second = plan.places.gather(check.second, beside) if check.second else None
    third = plan.places.gather(check.third, assets) if check.third else None
    if (second is not None and not second.parts) or (third is not None and not third.parts):
        return None
    slot: dict[AssetId, tuple[int, ...]] = {}
    for i, pair in enumerate(zip(assets, against, strict=True)):
        for asset in pair if check.relation is Relation.WAY else pair[:1]:
            slot[asset] = (*slot.get(asset, ()), i)
    where = against if check.relation is Relation.ENCLOSED else assets
    point = plan.places.gather(check.point, where)
    own_s = _period_s(point, plan)
    slowest_s = own_s
    for gather, whose in ((second, None), (third, None), *((each, group) for each in others)):
        if gather is not None:
            period_s = _period_s(gather, plan)
            if whose is not None:
                below, period_s = period_s, np.zeros(len(assets))
                np.maximum.at(period_s, whose, below)
            slowest_s = np.maximum(slowest_s, period_s)
    return Compiled(
        check,
        assets,
        slot,
        against,
        point,
        others,
        NOWHERE,
        NOWHERE,
        second,
        third,
        group,
        np.maximum(slowest_s - 1.0, 0.0),
        slowest_s > own_s,
    )


def _period_s(gather: Gather, plan: Plan) -> Floats:
    """How often the device of each slot is read, one sweep in so many seconds, (N,)."""
    out = np.zeros(gather.size)
    for part in gather.parts:
        out[part.slots] = plan.places.layouts[part.frame].period_s
    return out


def _rooms(check: Check, plan: Plan, policy: Policy) -> tuple[tuple[AssetId, ...], tuple[AssetId, ...]]:
    """The declared assets of the check's kinds that stand in a room which offers the point, and those rooms."""
    offering = set(plan.places.offering(check.point))
    pairs = [(a.id, a.room) for a in policy.site.assets if a.kind in check.asset_kinds and a.room in offering]
    return tuple(asset for asset, _ in pairs), tuple(room for _, room in pairs if room is not None)


def _below(check: Check, assets: tuple[AssetId, ...], plan: Plan) -> tuple[tuple[Gather, ...], Rows]:
    """Gathers of every column that the pattern names over all assets at or below those checked, and whose they are."""
    columns = plan.places.columns(check.other)
    under: dict[AssetId, int] = {}
    place = {asset: i for i, asset in enumerate(assets)}
    for name in columns:
        for asset in plan.places.offering(name):
            if asset in under:
                continue
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


def policy_checks(policy: Policy) -> dict[str, Check]:
    """Checks by id."""
    return {check.id: check for check in policy.checks}
