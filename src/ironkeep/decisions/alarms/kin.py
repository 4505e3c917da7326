"""Which assets are the same equipment: where a stronger alarm stands, a weaker one says nothing new.

Rules. 1. An asset reaches itself, what it is inside of, the room it stands in, and the gateways among its declared
witnesses: a second way to the same equipment. 2. Two assets are related when one reaches the other; two that merely
share a room are not. 3. Asked of ten thousand alarms, an answer costs each of them a few look-ups.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from ironkeep.decisions.alarms.watch import room_of
from ironkeep.model.alarm import AlarmRule
from ironkeep.model.ids import AssetId, parent
from ironkeep.model.site import AssetKind, Site


class Kin:
    """What each asset of a site reaches; worked out once an asset."""

    def __init__(self, site: Site) -> None:
        self._declared = {asset.id: asset for asset in site.assets}
        self._roots = {site.id, *self._declared, *(device.asset for device in site.devices)}
        self._reach: dict[str, frozenset[str]] = {}

    def reach(self, asset: str) -> frozenset[str]:
        """The asset and all that it reaches."""
        found = self._reach.get(asset)
        if found is None:
            found = self._reach[asset] = frozenset(self._reached(AssetId(asset)))
        return found

    def declares(self, asset: str) -> bool:
        """Is the asset, or what it is inside of, part of the site as declared now?"""
        return not self._roots.isdisjoint(self.reach(asset))

    def _reached(self, asset: AssetId) -> Iterable[str]:
        at: AssetId | None = asset
        while at is not None:
            yield at
            at = parent(at)
        room = room_of(asset, self._declared)
        if room is not None:
            yield room
        declared = self._declared.get(asset)
        for witness in declared.witnesses if declared is not None else ():
            known = self._declared.get(witness)
            if known is not None and known.kind is AssetKind.GATEWAY:
                yield witness


@dataclass(slots=True)
class Stood:
    """The assets on which alarms of one rule stand, and all that these reach."""

    at: set[str] = field(default_factory=set)
    reached: set[str] = field(default_factory=set)


class Stronger:
    """Where the rules that suppress others stand."""

    def __init__(self, rules: Iterable[AlarmRule], kin: Kin) -> None:
        self._kin = kin
        self._stood = {name: Stood() for rule in rules for name in rule.suppressed_by}

    def stands(self, rule: str, asset: str) -> None:
        """An alarm of the rule stands on the asset; of a rule that suppresses none it is no news."""
        stood = self._stood.get(rule)
        if stood is not None:
            stood.at.add(asset)
            stood.reached |= self._kin.reach(asset)

    def over(self, rule: AlarmRule, asset: str) -> bool:
        """Does a stronger alarm than the rule's stand on the same equipment?"""
        stronger = [stood for name in rule.suppressed_by if (stood := self._stood[name]).at]
        if not stronger:
            return False
        reach = self._kin.reach(asset)
        return any(asset in stood.reached or not reach.isdisjoint(stood.at) for stood in stronger)
