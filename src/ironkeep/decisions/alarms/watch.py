"""Which rule looks at which columns: compiled once for the layouts in sight.

A watch is one rule on one frame. Its other values (a limit that is read, a second point, more conditions) are gathers
over the rows of that frame, looked up on the row's own asset and then on the assets above it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ironkeep.decisions.alarms.policy import Policy
from ironkeep.model.alarm import AlarmRule, Comparison, When
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.gather import Bits, Floats, Gather, Mask, Places, Rows, places
from ironkeep.model.ids import AssetId, PointName, parent
from ironkeep.model.quality import DISQUALIFYING, Quality
from ironkeep.model.site import Asset

NOT_USABLE = np.uint16(DISQUALIFYING)
DOUBTFUL = Quality.RANGE | Quality.RATE | Quality.FROZEN | Quality.SETTLING
NO_VALUE = np.uint16(DISQUALIFYING & ~DOUBTFUL)
BY_EVENT = (Comparison.TRUST, Comparison.LOST, Comparison.CHANGED)


@dataclass(frozen=True, slots=True)
class Upward:
    """One value for each of `size` rows: of its own asset, or of the nearest asset above that has a usable one."""

    size: int
    levels: tuple[Gather, ...]

    def values(self, frames: Sequence[Frame], quality: Sequence[Bits]) -> tuple[Floats, Bits]:
        """Values f8 (N,), NaN where absent, and their quality bits u2 (N,)."""
        out = np.full(self.size, np.nan)
        bits = np.full(self.size, int(Quality.ABSENT), np.uint16)
        for level in self.levels:
            open_ = (bits & NOT_USABLE) != 0
            value, more = level.values(frames, quality)
            better = open_ & (((more & NOT_USABLE) == 0) | (bits == int(Quality.ABSENT)))
            out = np.where(better, value, out)
            bits = np.where(better, more, bits)
        return out, bits

    @property
    def filled(self) -> Mask:
        """Which rows have a column on any level, (N,)."""
        out = np.zeros(self.size, np.bool_)
        for level in self.levels:
            out |= level.filled
        return out


@dataclass(frozen=True, slots=True)
class Also:
    """One more condition: its gathers over the rows (several where any asset of a kind may fulfil it)."""

    when: When
    gathers: tuple[Gather | Upward, ...]


@dataclass(frozen=True, slots=True)
class Watch:
    """A rule on a frame. `columns` in quality numbering; `rows` those of the rule's kinds (R,); `beside` the group of
    each row among its siblings, -1 for none (APART only).
    """

    rule: AlarmRule
    frame: int
    columns: Rows
    rows: Mask
    limit: Upward | None
    other: Upward | None
    also: tuple[Also, ...]
    beside: Rows | None
    key: str  # what its timers are kept under, within the layouts
    block: str  # names its columns: rules with equal ones share the work


@dataclass(frozen=True, slots=True)
class Watches:
    """All watches for a set of layouts, and the places they were made from."""

    digests: tuple[str, ...]
    places: Places
    each: tuple[Watch, ...]


def watches(layouts: Sequence[FrameLayout], policy: Policy) -> Watches:
    """The watches of every rule whose point is offered by an asset of its kinds."""
    where = places(layouts, policy.site)
    made = []
    for rule in policy.rules:
        if rule.compare in BY_EVENT:
            continue
        frames: dict[int, list[int]] = {}
        for point in where.columns(rule.point):
            for frame, column in where.where[point]:
                frames.setdefault(frame, []).append(column)
        for frame, columns in frames.items():
            watch = _watch(rule, frame, columns, where, policy)
            if watch is not None:
                made.append(watch)
    return Watches(tuple(layout.digest for layout in layouts), where, tuple(made))


def _watch(rule: AlarmRule, frame: int, columns: list[int], where: Places, policy: Policy) -> Watch | None:
    assets = where.layouts[frame].assets
    rows = np.array([not rule.asset_kinds or where.kinds[a] in rule.asset_kinds for a in assets], np.bool_)
    if not rows.any():
        return None
    also = tuple(_also(when, assets, where, policy) for when in rule.when)
    if any(not any(gather.filled.any() for gather in each.gathers) for each in also):
        return None  # a condition that nobody can read is never fulfilled
    return Watch(
        rule=rule,
        frame=frame,
        columns=np.array(sorted(columns), np.int64),
        rows=rows,
        limit=lookup(rule.limit_point, assets, where) if rule.limit_point else None,
        other=lookup(rule.other_point, assets, where) if rule.other_point else None,
        also=also,
        beside=_beside(assets, rows) if rule.compare is Comparison.APART else None,
        key=f"{rule.id}|{frame}",
        block=f"{where.layouts[frame].group}|{','.join(str(c) for c in sorted(columns))}",
    )


def lookup(point: PointName, assets: Sequence[AssetId], where: Places) -> Upward:
    """Where a point is looked up for assets: on each itself, then on what is above it, nearest first."""
    levels = []
    at: list[AssetId | None] = list(assets)
    while any(each is not None for each in at):
        gather = where.gather(point, [each or AssetId("") for each in at])
        if gather.parts:
            levels.append(gather)
        at = [parent(each) if each is not None else None for each in at]
    return Upward(len(assets), tuple(levels))


def _also(when: When, assets: Sequence[AssetId], where: Places, policy: Policy) -> Also:
    if not when.kind:
        return Also(when, (lookup(when.point, assets, where),))
    offering = [a for a in where.offering(when.point) if where.kinds[a] == when.kind]
    declared = {asset.id: asset for asset in policy.site.assets}
    columns: list[list[AssetId]] = []
    for asset in assets:
        room = room_of(asset, declared)
        near = [a for a in offering if room is not None and room_of(a, declared) == room] or offering
        columns.append(near)
    width = max((len(each) for each in columns), default=0)
    missing = AssetId("")
    return Also(
        when,
        tuple(
            where.gather(when.point, [each[i] if i < len(each) else missing for each in columns]) for i in range(width)
        ),
    )


def room_of(asset: AssetId, declared: Mapping[AssetId, Asset]) -> AssetId | None:
    """The room an asset stands in, by what is declared; a room stands in itself."""
    at: AssetId | None = asset
    while at is not None:
        known = declared.get(at)
        if known is not None:
            return known.id if known.kind == "room" else known.room
        at = parent(at)
    return None


def _beside(assets: Sequence[AssetId], rows: Mask) -> Rows:
    groups: dict[AssetId, int] = {}
    out = np.full(len(assets), -1, np.int64)
    for row, asset in enumerate(assets):
        above = parent(asset)
        if rows[row] and above is not None:
            out[row] = groups.setdefault(above, len(groups))
    return out
