"""What must fit together between the tables of a site file.

Rules. Every id is declared once, every id that is named is declared, a parent stands above its child, a room is a room,
and nothing is part of itself by way of others. No protocol has more devices than its reader reads.
Devices behind one address share one connection with one limit of requests in flight (safety S48), so they must agree on
it; an address with its unit, or with the name of its UPS, is one device.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from ironkeep.model.ids import AssetId, parent
from ironkeep.model.site import Asset, AssetKind, Device
from ironkeep.packs.sites.known import DEVICES_MAX
from ironkeep.packs.sites.lines import Lines
from ironkeep.packs.sites.mistake import Mistake
from ironkeep.packs.sites.values import child, nearest

T = TypeVar("T")
RING_SHOWN_MAX: Final = 8  # assets of a ring that are named
Kinds = Mapping[AssetId, AssetKind]


@dataclass(frozen=True)
class Declared(Generic[T]):
    """A struct and the index of the table that declares it."""

    index: int
    item: T


def crossed(
    assets: Sequence[Declared[Asset]], devices: Sequence[Declared[Device]], named: Set[AssetId], lines: Lines
) -> list[Mistake]:
    """Every mistake between the tables. `named` are all ids that have a table, also those whose table is wrong."""
    known = dict.fromkeys(named, AssetKind.ROOM) | {each.item.id: each.item.kind for each in assets}
    found = [*_twice("asset", assets), *_twice("device", devices), *_named(assets, known)]
    found += [*_rings(assets), *_placed(devices, known), *_addressed(devices)]
    found += _too_many(devices)
    return [Mistake(lines.of(*place), place, what, remedy) for place, what, remedy in found]


_Found = Iterator[tuple[tuple[str, int, str], str, str]]


def _twice(table: str, rows: Iterable[Declared[Asset]] | Iterable[Declared[Device]]) -> _Found:
    seen: set[str] = set()
    for row in rows:
        if row.item.id in seen:
            yield (table, row.index, "id"), f"{row.item.id!r} is declared twice", "give each an id of its own"
        seen.add(row.item.id)


def _unknown(asset: str, known: Iterable[str]) -> tuple[str, str]:
    return f"the asset {asset!r} is not declared", f"declare it with [[asset]]{nearest(asset, known)}"


def _named(assets: Sequence[Declared[Asset]], known: Kinds) -> _Found:
    """Assets that name others: parent, feeds, room, witnesses. A range that is wrong is told once."""
    told: set[tuple[int, str, str]] = set()
    for row in assets:
        asset = row.item
        above = asset.parent or parent(asset.id)
        named = [("feeds", each) for each in asset.feeds] + [("witnesses", each) for each in asset.witnesses]
        named += [("room", asset.room)] if asset.room else []
        named += [("parent" if asset.parent else "id", above)] if above else []
        for key, other in named:
            if (row.index, key, other) in told:
                continue
            told.add((row.index, key, other))
            place = ("asset", row.index, key)
            if other == asset.id:
                yield place, f"{asset.id!r} names itself", "name another asset"
            elif other not in known:
                what, remedy = _unknown(other, known)
                yield place, what if key != "id" else f"{asset.id!r} has no parent: {what}", remedy
            elif key == "room" and known[other] is not AssetKind.ROOM:
                yield place, f"{other!r} is a {known[other]}, not a room", "name an asset of kind room"


def _rings(assets: Sequence[Declared[Asset]]) -> _Found:
    """Assets that are part of each other in a ring, each ring told once."""
    rows = {row.item.id: row for row in assets}
    done: set[AssetId] = set()
    for start in rows:
        path: dict[AssetId, None] = {}
        here: AssetId | None = start
        while here in rows and here not in done and here not in path:
            path[here] = None
            asset = rows[here].item
            here = asset.parent or parent(asset.id) or asset.room
        ring = list(path)[list(path).index(here) :] if here in path else []
        if len(ring) > 1:  # what names itself is told above
            row = rows[ring[0]]
            key = "parent" if row.item.parent else "id" if parent(row.item.id) else "room"
            others = ", which is part of ".join(
                [*ring[1:RING_SHOWN_MAX], *(["..."] if len(ring) > RING_SHOWN_MAX else [])]
            )
            what = f"{ring[0]!r} is part of {others}, and so of itself"
            yield ("asset", row.index, key), what, "name what it stands in"
        done.update(path)


def _placed(devices: Sequence[Declared[Device]], known: Kinds) -> _Found:
    for row in devices:
        device = row.item
        if device.asset not in known:
            yield (("device", row.index, "asset"), *_unknown(device.asset, known))
        for model, pattern in device.children.items():
            first = child(pattern, 1)
            if first not in known:
                what, remedy = _unknown(first, known)
                yield ("device", row.index, "children"), f"the first of model {model}: {what}", remedy


def _too_many(devices: Sequence[Declared[Device]]) -> _Found:
    counted: Counter[str] = Counter()
    for row in devices:
        way = "tap" if row.item.tap else row.item.protocol
        counted[way] += 1
        if counted[way] == DEVICES_MAX[way] + 1:
            how = "listened to" if row.item.tap else f"read by {way}"
            yield ("device", row.index, ""), f"more than {DEVICES_MAX[way]} devices are {how}", "run a second site"


def _addressed(devices: Sequence[Declared[Device]]) -> _Found:
    units: dict[tuple[str, int, int, str], str] = {}
    shared: dict[tuple[str, int], Device] = {}
    slots: dict[tuple[str, int, str], Device] = {}
    for row in devices:
        device = row.item
        address = (device.host, device.port)
        other = units.setdefault((*address, device.unit, device.ups), device.id)
        if other != device.id:
            key = "ups" if device.ups else "unit"
            what = f"{other!r} has the same address and {key}"
            yield ("device", row.index, key), what, f"give each device its own host, port or {key}"
        first = shared.setdefault(address, device)
        if first.protocol != device.protocol:
            what = f"{first.id!r} speaks {first.protocol} at the same host and port"
            yield ("device", row.index, "protocol"), what, "one address speaks one protocol: correct one of them"
        if first.tap != device.tap:
            how = f"listened to at {first.tap}" if first.tap else "polled"
            what = f"{first.id!r} has the same host and port and is {how}"
            remedy = "listen to all devices of one host and port at one tap, or poll them all"
            yield ("device", row.index, "tap"), what, remedy
        for key in ("slots", "slot_holders"):
            ours = getattr(device, key)
            told = slots.setdefault((*address, key), device) if ours else device
            if getattr(told, key) != ours:
                what = f"{told.id!r} shares the connection and says otherwise"
                yield ("device", row.index, key), what, f"say {key} once for a host and port, or each time alike"
        if first.tls != device.tls:
            what = f"{first.id!r} shares the connection and has another tls"
            yield ("device", row.index, "tls"), what, "give all devices of one host and port the same tls"
        if first.in_flight != device.in_flight:
            what = f"{first.id!r} shares the connection and has in_flight = {first.in_flight}"
            yield ("device", row.index, "in_flight"), what, "give all devices of one host and port the same in_flight"
