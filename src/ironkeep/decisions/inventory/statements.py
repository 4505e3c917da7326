"""Who says what: every source brought to one form, and none mixed with another.

A statement is what one source says about one thing, with the place where it says so. The site file's own statements are
the assets that it declares; what comes from elsewhere is matched to them later, or to nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from ironkeep.decisions.inventory.memory import Seen, Taken
from ironkeep.decisions.inventory.study import Steps
from ironkeep.model.ids import AssetId, parent
from ironkeep.model.register import NOT_ANNOUNCED, SIGHTINGS, UNKNOWN, Form, Import, Source
from ironkeep.model.site import Asset, AssetKind, Purpose, Site

POLLED = "our own poll"


@dataclass(frozen=True, slots=True)
class Statement:
    """What one source says about one thing. `origin` names the file or the poll, `seq` the fact that brought it."""

    source: Source
    origin: str
    place: str
    at_us: int
    seq: int
    fields: Mapping[str, str]
    asset: str = ""  # set where the source itself knows: a device that the site file ties to an asset


Declared = Mapping[AssetId, Mapping[str, str]]  # the site file's fields by asset


def declared(site: Site) -> Steps[Declared]:
    """What the site file says of each asset, in the register's fields; its devices lend address and protocol."""
    devices: dict[str, list[tuple[str, str]]] = {}
    for device in site.devices:
        yield
        devices.setdefault(device.asset, []).append((f"{device.host}:{device.port}", device.protocol))
    found: dict[AssetId, dict[str, str]] = {}
    for asset in site.assets:
        yield
        fields = _fields(asset)
        for address, protocol in devices.get(asset.id, ()):
            fields["address"] = _joined(fields.get("address", ""), address)
            fields["protocol"] = _joined(fields.get("protocol", ""), protocol)
        found[asset.id] = fields
    return found


def _fields(asset: Asset) -> dict[str, str]:
    """The fields that the declaration holds for one asset; what it does not mention is not there."""
    fields = {"asset": str(asset.id), "kind": str(asset.kind), **asset.paper.fields()}
    for name in ("name", "location"):
        if text := getattr(asset, name):
            fields[name] = text
    if asset.kind is AssetKind.BANK and asset.purpose is not Purpose.UNKNOWN:
        fields["purpose"] = str(asset.purpose)
    above = asset.parent or parent(asset.id) or asset.room
    if above is not None:
        fields["parent"] = str(above)
    return fields


def _joined(known: str, more: str) -> str:
    parts = [part.strip() for part in known.split(",") if part.strip()]
    return ", ".join(parts if more in parts else [*parts, more])


def observed(devices: Iterable[Seen]) -> Iterator[Statement]:
    """What devices said of themselves when we asked them."""
    for seen in devices:
        if not (seen.reached_us or seen.said_us):
            continue
        fields = dict(seen.fields)
        if seen.address:
            fields["address"] = seen.address
        at_us = max(seen.reached_us, seen.said_us)
        yield Statement(Source.OBSERVED, POLLED, seen.device, at_us, seen.seq, fields, seen.asset)


def imported(taken: Iterable[Taken], shelf: Mapping[str, Import], source: Source) -> Iterator[Statement]:
    """What the imports of one source say that stand and whose text is at hand; sightings count as observed."""
    for each in taken:
        held = shelf.get(each.digest)
        if held is None or (Form(each.form) in SIGHTINGS) is not (source is Source.OBSERVED):
            continue
        for record in held.records:
            fields = {name: text for name, text in record.fields.items() if text}
            yield Statement(source, each.name, record.place, each.at_us, each.seq, fields)


def is_known(text: str) -> bool:
    """Does a value say something? "unknown" is an answer, but not one to work with."""
    return bool(text) and (len(text) != len(UNKNOWN) or text.casefold() != UNKNOWN)


def day(text: str) -> date | None:
    """The date that a field holds; None for none, for unknown, for "not announced", and for what is no date."""
    if not text or text.casefold() in (UNKNOWN, NOT_ANNOUNCED):
        return None
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def parts(text: str) -> tuple[str, ...]:
    """The parts of a field that lists several, in order."""
    return tuple(part for each in text.split(",") if (part := each.strip()))


def host(address: str) -> str:
    """The host of an address without its port; IPv6 in brackets or bare is left whole."""
    text = address.strip().casefold()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
