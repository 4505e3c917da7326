"""A site file in plain words: what will be read, over which connections, and what it does not say.

Rules. Nothing is asked of any equipment: all of this stands in the file. A warning is something that keeps a device
from being read or may harm somebody; a gap is something that only people know and nobody wrote down. Long lists are
cut.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from ironkeep.model.ids import AssetId, DeviceId, parent
from ironkeep.model.register import GapKind, Lore
from ironkeep.model.site import AssetKind, Device, Purpose, Site
from ironkeep.views.register import Register, Wish, select

SUNSPEC = "sunspec"  # among a device's maps: the chain of models that it declares itself
NAMED_MAX = 6  # ids named in one line; the rest is a number
_PARTS = (AssetKind.STRING, AssetKind.MODULE)  # which are read with their bank
_SIGNED = (AssetKind.BANK, AssetKind.STRING, AssetKind.UPS, AssetKind.PCS, AssetKind.METER)
_UNSAID = {
    "nobody to call": GapKind.NO_CONTACT,
    "no isolation point": GapKind.NO_ISOLATION,
    "chemistry not said": GapKind.CHEMISTRY_UNKNOWN,
    "calibration not dated, which caps the trust of all that it witnesses (safety S35)": GapKind.CALIBRATION_UNKNOWN,
}


class Explained(msgspec.Struct, frozen=True):
    """A site file in words. `connections` are lines, those of its devices indented."""

    head: str
    kinds: str
    connections: tuple[str, ...]
    warnings: tuple[str, ...]
    gaps: tuple[str, ...]


def explained(site: Site) -> Explained:
    """What the site file says, what is wrong with it, and what it leaves open."""
    counts = Counter(asset.kind for asset in site.assets)
    shared = _by_address(site.devices)
    what = "a demo that does not exist" if site.simulated else "a real site"
    return Explained(
        head=f"{site.id}: {site.name}, {what}, {_many(len(site.assets), 'asset')}, {_many(len(site.devices), 'device')}"
        f" over {_many(sum(not devices[0].tap for devices in shared), 'connection')}",
        kinds=", ".join(f"{count} {kind}" for kind, count in counts.items()),
        connections=tuple(line for devices in shared for line in _connection(devices)),
        warnings=tuple(_warnings(site, shared)),
        gaps=tuple(_gaps(site, shared)),
    )


def _by_address(devices: Iterable[Device]) -> list[list[Device]]:
    found: dict[tuple[str, int], list[Device]] = {}
    for device in devices:
        found.setdefault((device.host, device.port), []).append(device)
    return list(found.values())


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def named(ids: Sequence[str]) -> str:
    """The ids, or the first of them and how many more."""
    rest = len(ids) - NAMED_MAX
    return ", ".join(ids[:NAMED_MAX]) + (f" and {rest} more" if rest > 0 else "")


def _where(device: Device) -> str:
    return f"{device.host}:{device.port}"


def _held(devices: Sequence[Device]) -> tuple[int | None, tuple[str, ...]]:
    """How many connections an address accepts, and who else holds one."""
    slots = min((device.slots for device in devices if device.slots is not None), default=None)
    return slots, tuple(dict.fromkeys(holder for device in devices for holder in device.slot_holders))


def _connection(devices: Sequence[Device]) -> Iterator[str]:
    first = devices[0]
    slots, holders = _held(devices)
    over = "TLS, a certificate on both sides" if first.tls else "no proof of who answers"
    if first.tap:
        yield f"{_where(first)} is listened to at {first.tap}: no connection, and whoever can send there can forge it"
    elif first.protocol == "modbus":
        others = f", {', '.join(holders)} hold{'s' if len(holders) == 1 else ''} {len(holders)}" if holders else ""
        room = "of an unknown number" if slots is None else f"of {slots}{others}"
        turns = f"{_many(first.in_flight, 'request')} at a time"
        yield f"{_where(first)} by {first.protocol}: one connection ({room}), {turns}, {over}"
    else:
        yield f"{_where(first)} by {first.protocol}: one connection, one request at a time"
    for device in devices:
        yield f"  {device.id}: {device.asset}, {_by(device)}, {_often(device.period_s)}{_parts(device)}"


def _by(device: Device) -> str:
    if device.protocol != "modbus":
        return f"UPS {device.ups}"
    maps = [name for name in device.maps if name != SUNSPEC]
    by = ["its SunSpec models"] if SUNSPEC in device.maps else []
    by += [f"{'map' if len(maps) == 1 else 'maps'} {', '.join(maps)}"] if maps else []
    return f"unit {device.unit} by {' and '.join(by)}"


def _often(period_s: float) -> str:
    return "once a second" if period_s == 1.0 else f"every {period_s:g} s"


def _parts(device: Device) -> str:
    told = [f"{model} is {pattern}" for model, pattern in device.children.items()]
    return f"; {', '.join(told)}" if told else ""


def _warnings(site: Site, shared: Iterable[Sequence[Device]]) -> Iterator[str]:
    for devices in shared:
        slots, holders = _held(devices)
        if slots is not None and len(holders) >= slots:
            ids = named([device.id for device in devices])
            yield (
                f"{_where(devices[0])} is not polled: {', '.join(holders)} hold all {_many(slots, 'connection')} and we"
                f" must not take one away (safety S49). Nothing is read of {ids}"
            )
        for device in devices:
            if not device.tap and (device.period_s < 1.0 or device.in_flight > 1):
                yield (
                    f"{device.id} is asked {_often(device.period_s)}, {_many(device.in_flight, 'request')} at a time:"
                    " more than the default of safety S48. Only where its maker allows it"
                )
    unknown = [asset.id for asset in site.assets if asset.kind is AssetKind.BANK and asset.purpose is Purpose.UNKNOWN]
    if unknown:
        yield f"purpose of {named(unknown)} is unknown, which counts as backing load (safety S02)"


def _gaps(site: Site, shared: Iterable[Sequence[Device]]) -> Iterator[str]:
    whole = [asset for asset in site.assets if asset.kind not in _PARTS]
    read = _read(site)
    kinds = {asset.id: asset.kind for asset in site.assets}
    unproven = [each.id for each in site.devices if not each.sign_proven and kinds.get(each.asset) in _SIGNED]
    asked = [each for each in shared if each[0].protocol == "modbus" and not each[0].tap]
    slots = [_where(each[0]) for each in asked if _held(each)[0] is None]
    walked = [each.id for each in site.devices if each.tap and SUNSPEC in each.maps and not each.chain]
    lines: list[tuple[str, list[AssetId] | list[DeviceId] | list[str]]] = [
        ("read by no device", [asset.id for asset in whole if asset.id not in read]),
        ("sign of power and current unproven, test it against a meter (safety S40)", unproven),
        ("number of connections unknown, ask who else connects there (safety S49)", slots),
        ("shown only once a master is heard finding its models: give `chain` of it", walked),
        *_unsaid(site),
    ]
    for what, ids in lines:
        if ids:
            yield f"{what}: {named(ids)}"


def _read(site: Site) -> set[AssetId]:
    """Assets of devices, and what they are part of."""
    found: set[AssetId] = set()
    for device in site.devices:
        above: AssetId | None = device.asset
        while above:
            found.add(above)
            above = parent(above)
    return found


def _unsaid(site: Site) -> Iterator[tuple[str, list[AssetId]]]:
    """What the papers leave out, with the assets of which they do: as the register tells it, a part with its whole."""
    book = Register(site).book({}, Lore(), 0)
    for words, gap in _UNSAID.items():
        yield words, [row.id for row in select(book, Wish(gap=gap, whole=True))]
    banks = [asset for asset in site.assets if asset.kind is AssetKind.BANK]
    yield "rating not said", [bank.id for bank in banks if None in (bank.rated_power_w, bank.rated_energy_wh)]
