"""What one unit behind a Modbus address shows, what each model gives, and what is missing in it.

Rules. A gap is told with the rule that makes it matter. Nothing is called good because it could not be looked at.
"""

import asyncio
import json
from collections.abc import Iterator
from typing import Final

import msgspec
import numpy as np

from ironkeep.adapters.equipment.modbus.meet import Met, Sent, meet
from ironkeep.codecs.chain import Chain
from ironkeep.codecs.definition import Knowledge
from ironkeep.faces.cli.wiring import Discovery
from ironkeep.model.frame import Frame
from ironkeep.model.ids import AssetId, DeviceId
from ironkeep.model.quality import Quality
from ironkeep.model.site import AssetKind, Device, Tls
from ironkeep.packs.equipment.library import knowledge
from ironkeep.packs.sites.known import MODBUS
from ironkeep.programs import clock
from ironkeep.programs.discover import entry
from ironkeep.programs.discover.children import family, is_string
from ironkeep.programs.discover.target import Target

BATTERY: Final = frozenset(range(801, 810))  # SunSpec energy storage models
CONVERTER: Final = frozenset((*range(101, 104), *range(111, 114), *range(701, 716)))
METER: Final = frozenset((*range(201, 205), *range(211, 215)))
KINDS: Final = ((BATTERY, AssetKind.BANK), (CONVERTER, AssetKind.PCS), (METER, AssetKind.METER))
NAMES: Final = {
    AssetKind.BANK: "bank-1",
    AssetKind.STRING: "string-1",
    AssetKind.PCS: "pcs-1",
    AssetKind.METER: "meter-1",
}
HEARTBEATS: Final = ("sunspec 802.Hb", "sunspec 715.DERHb")


def ask(
    at: Target, unit: int, requests_max: int, timeout_s: float, tls: Tls | None = None, sent: Sent | None = None
) -> Discovery:
    """One look at the unit, with `tls` over TLS or not at all. Raises as `meet` does."""
    known = knowledge()
    device = Device(
        id=DeviceId("asked"),
        asset=AssetId("asked"),
        protocol=MODBUS,
        host=at.address,
        port=at.port,
        unit=unit,
        timeout_s=timeout_s,
        tls=tls and msgspec.structs.replace(tls, server_name=tls.server_name or at.host),
    )
    met = asyncio.run(meet(device, known, clock.now, requests_max, sent))
    chain = met.described.chain
    kind = _kind(chain)
    return Discovery(
        protocol=MODBUS,
        address=f"{at.host}:{at.port} unit {unit}",
        requests=met.requests,
        found=(*(["over TLS: both sides showed a certificate"] if tls else []), *_found(met, known)),
        missing=tuple(_missing(met, known, tls)),
        entry=_entry(at, unit, met, kind) + (_secured(tls) if tls else ""),
    )


def _kind(chain: Chain) -> AssetKind:
    if is_string(chain):
        return AssetKind.STRING
    models = {each.model for each in chain.entries}
    return next((kind for those, kind in KINDS if models & those), AssetKind.OTHER)


def _found(met: Met, known: Knowledge) -> Iterator[str]:
    chain = met.described.chain
    for name, text in met.texts.items():
        if text.strip():
            yield f"it says of itself: {name} {entry.clean(text)!r}"
    if chain.base is not None:
        yield f"SunSpec marker at register {chain.base}, {len(chain.entries)} models"
    seen: dict[int, int] = {}
    for each in chain.entries:
        seen[each.model] = seen.get(each.model, 0) + 1
    for model, count in seen.items():
        times = f", {count} times" if count > 1 else ""
        yield f"model {model}{times}: {'known' if known.model(model) else 'not known, stepped over'}"
    for frame in met.frames:
        yield _gives(frame)


def _gives(frame: Frame) -> str:
    """How much one group gives."""
    there = int((frame.quality == 0).sum())
    refused = int((frame.quality & np.uint16(Quality.EXCEPTION) > 0).sum())
    rest = frame.quality.size - there - refused
    extra = f", {refused} refused by the device" if refused else ""
    return f"{frame.layout.group}: {there} values read, {rest} not implemented or not read{extra}"


def _missing(met: Met, known: Knowledge, tls: Tls | None) -> Iterator[str]:
    chain, trouble = met.described.chain, met.described.trouble
    models = {each.model for each in chain.entries}
    if trouble:
        yield trouble
    if met.unread:
        yield f"{met.unread} reads were left out: the requests did not suffice; allow more with --requests"
    if unknown := sorted(model for model in models if known.model(model) is None):
        yield f"models {', '.join(map(str, unknown))} are not known: their points need a map (docs/reference/maps.md)"
    if chain.base is not None and not met.texts.get("serial", "").strip():
        yield "no serial number: an exchange of the device would go unseen"
    if models & (BATTERY | CONVERTER) and not _reads(met, HEARTBEATS):
        yield "no heartbeat (802 Hb): a frozen gateway cannot be told from a quiet plant; that detector stays off (S59)"
    if models & BATTERY:
        yield "trip limits are not in SunSpec 80x: protective limits are not readable without the maker's map (S58)"
        yield "cell temperatures may be copies of a few thermistors: count the sensors in the papers (S60)"
    if remark := family(chain, "").remark:
        yield remark
    if models & (BATTERY | CONVERTER | METER):
        yield "the sign of current and power is unproven until it is tested against a meter (S40)"
    if met.described.plan is not None and tls is None:
        yield "Modbus proves neither who speaks nor that words are new: name a witness that measures the same"


def _reads(met: Met, sources: tuple[str, ...]) -> bool:
    """Does the unit give a value from one of these sources?"""
    for frame in met.frames:
        for spec in (*frame.layout.analog, *frame.layout.integer):
            if spec.source in sources:
                bits = frame.quality_of(spec.name)
                if bits is not None and bool((bits == 0).any()):
                    return True
    return False


def _secured(tls: Tls) -> str:
    """The line of the device, which is the last table, that says how it is spoken to."""
    told = {name: getattr(tls, name) for name in tls.__struct_fields__ if getattr(tls, name)}
    return f"tls = {{ {', '.join(f'{name} = {json.dumps(text)}' for name, text in told.items())} }}\n"


def _entry(at: Target, unit: int, met: Met, kind: AssetKind) -> str:
    said = [entry.clean(met.texts.get(name, "")) for name in ("manufacturer", "model", "serial")]
    asset = NAMES.get(kind, "device-1")
    remarks = ["What it says of itself: " + ", ".join(each for each in said if each)] if any(said) else []
    if kind is AssetKind.BANK:
        remarks.append('Say what the bank is for (purpose = "backup", ...): unknown counts as backing load.')
    parts = [entry.HEAD, entry.table("asset", {"id": asset, "kind": kind.value}, tuple(remarks))]
    keys: dict[str, str | int | float] = {
        "id": f"{asset}-modbus",
        "asset": asset,
        "protocol": MODBUS,
        "host": at.host,
        "port": at.port,
        "unit": unit,
    }
    chain = met.described.chain
    if chain.base is None:
        nothing = 'Nothing of SunSpec stands here: add maps = ["..."], the map that describes its registers.'
        return "\n".join([*parts, entry.table("device", keys, (nothing,))])
    device = entry.table("device", keys) + f"base = {chain.base}\n"
    below = family(chain, asset)
    return "\n".join([*parts, *below.tables(), device + below.line()])
