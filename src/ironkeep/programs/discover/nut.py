"""What one server of Network UPS Tools shows of its UPSes, what each gives, and what is missing in it."""

import asyncio
from collections.abc import Iterator

import msgspec

from ironkeep.adapters.equipment.nut.config import Server
from ironkeep.adapters.equipment.nut.meet import MetServer, MetUps, meet
from ironkeep.codecs.lexicon import STATUS
from ironkeep.codecs.nut import number
from ironkeep.faces.cli.wiring import Discovery
from ironkeep.model.point import PointClass
from ironkeep.model.site import AssetKind
from ironkeep.packs.nut.read import shipped
from ironkeep.packs.sites.known import NUT
from ironkeep.programs.discover import entry
from ironkeep.programs.discover.target import Target


def ask(at: Target, requests_max: int, timeout_s: float, server: Server) -> Discovery:
    """One look at the server. Raises as `meet` does."""
    named = msgspec.structs.replace(server, name=server.name or at.host)
    met = asyncio.run(meet(at.address, at.port, requests_max, timeout_s, named))
    return Discovery(
        protocol=NUT,
        address=f"{at.host}:{at.port}",
        requests=met.requests,
        found=tuple(_found(met)),
        missing=tuple(_missing(met)),
        entry=_entry(at, met),
    )


def _found(met: MetServer) -> Iterator[str]:
    yield f"the server says of itself: {entry.clean(met.version)!r}"
    if met.encrypted:
        yield "it proved by its certificate who it is, and was asked encrypted: write the same into DATA/nut.toml"
    yield f"it speaks for {len(met.upses) + len(met.unasked)} UPS"
    known = {variable.name: variable for variable in shipped().variables}
    for ups in met.upses:
        if ups.trouble:
            yield f"{ups.name}: no values, {ups.trouble}"
            continue
        points = [known[name] for name in ups.values if name in known]
        settings = sum(each.spec.point_class is PointClass.SETTING for each in points)
        status = entry.clean(ups.values.get(STATUS, "")) or "no status"
        yield (
            f"{ups.name}: {status}; {len(points) - settings} values and {settings} settings that we know, "
            f"of {len(ups.values)} variables"
        )


def _missing(met: MetServer) -> Iterator[str]:
    if met.unasked:
        yield f"not asked, since the requests did not suffice: {', '.join(met.unasked)}; allow more with --requests"
    for ups in met.upses:
        yield from (f"{ups.name}: {gap}" for gap in _gaps(ups))
    if met.upses:
        yield "protective limits and the cells of the battery are not in NUT: they need the battery's own BMS (S58)"
        yield "NUT has no heartbeat: a server that repeats old values is seen by its witnesses alone (S59)"
        if not met.encrypted:
            yield "without encryption NUT proves neither who speaks nor that words are new (docs/explanation/nut.md)"


def _gaps(ups: MetUps) -> Iterator[str]:
    if ups.trouble:
        yield "not described; ask again when its driver answers"
        return
    if not ups.values.get(STATUS, "").strip():
        yield "no status: whether it is on battery is not known"
    for variable in shipped().variables:
        if variable.expected and number(ups.values.get(variable.name, "")) is None:
            yield f"no {variable.name} ({variable.spec.label.lower()}): it stays absent"
    if "battery.current" in ups.values:
        yield "the sign of battery.current is the driver's own: unproven until tested against a meter (S40)"


def _entry(at: Target, met: MetServer) -> str:
    parts = [entry.HEAD]
    taken: set[str] = set()
    for n, ups in enumerate(met.upses, 1):
        asset = entry.identifier(ups.name, f"ups-{n}")
        asset = f"ups-{n}" if asset in taken else asset
        taken.add(asset)
        said = [entry.clean(ups.values.get(name, "")) for name in ("device.mfr", "device.model", "device.serial")]
        remarks = ("What it says of itself: " + ", ".join(each for each in said if each),) if any(said) else ()
        parts.append(entry.table("asset", {"id": asset, "kind": AssetKind.UPS.value}, remarks))
        keys: dict[str, str | int | float] = {"id": f"{asset}-nut", "asset": asset, "protocol": NUT, "host": at.host}
        parts.append(entry.table("device", keys | {"port": at.port, "ups": ups.name}))
    return "\n".join(parts)
