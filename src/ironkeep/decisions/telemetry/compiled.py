"""Checks worked out against the columns that are really there, so that a turn is arithmetic alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ironkeep.decisions.telemetry.plan import Plan
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.model.check import Check, Relation
from ironkeep.model.gather import Gather, Rows
from ironkeep.model.ids import AssetId, parent


@dataclass(frozen=True, slots=True)
class Compiled:
    """A check over N assets. `point` and the others are gathers over slots; `group` maps the slots of `other` to the N
    assets where there are several a one (children, columns). `slot` gives the slots in which an asset is doubted.
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


def compile_checks(plan: Plan, policy: Policy) -> tuple[Compiled, ...]:
    """The checks of the policy that have columns to work on, in order."""
    made = (_compile(check, plan, policy) for check in policy.checks)
    return tuple(each for each in made if each is not None)


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
    return Compiled(check, assets, slot, against, plan.places.gather(check.point, where), others, second, third, group)


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
