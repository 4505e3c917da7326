"""What a unit is, found by reading it: its model chain, the layout of each model, its vendor maps.

Rules. A search yields the reads that it wants and is sent the registers, or None for an exception; who drives it waits
for replies. What is wrong with a unit is said in words and never stops what can be read. `discover` drives a search
over a connection of its own, for people who ask what stands at an address.
"""

import asyncio
import struct
from collections.abc import Generator

import msgspec

from ironkeep.codecs.chain import BASES, Chain, search, survey
from ironkeep.codecs.definition import Knowledge, VendorMap
from ironkeep.codecs.modbus import Read, Stream, judge, request, transaction_bytes
from ironkeep.codecs.unit import Found, UnitPlan, compose, wants_rows
from ironkeep.model.errors import Unavailable, Untrusted
from ironkeep.model.link import ReplyFault
from ironkeep.model.site import Device

SUNSPEC = "sunspec"

Answer = tuple[int, ...] | None
Description = Generator[Read, Answer, "Described"]


class Described(msgspec.Struct, frozen=True):
    """What was found: the plan to poll by (None when there is nothing to read), the chain, and what is wrong."""

    plan: UnitPlan | None
    chain: Chain
    trouble: str = ""


def describe(device: Device, knowledge: Knowledge) -> Description:
    """Search a unit and make the plan to poll it by."""
    chain = Chain(None)
    found: list[Found] = []
    trouble: list[str] = []
    if SUNSPEC in device.maps:
        bases = BASES if device.base is None else (device.base, *(base for base in BASES if base != device.base))
        chain = yield from search(bases)
        if chain.trouble:
            trouble.append(chain.trouble)
        for entry in chain.entries:
            if (model := knowledge.model(entry.model)) is None:
                continue
            rows = wants_rows(model, device.children)
            layout = yield from survey(entry, model, device.reads_registers_max, rows=rows)
            if layout is None:
                trouble.append(f"model {entry} refuses to be read")
                continue
            found.append(Found(entry, model, layout))
    charts: list[tuple[VendorMap, int]] = []
    for name in device.maps:
        if name == SUNSPEC:
            continue
        chart = knowledge.maps[name]
        base = chain.after if chart.base is None else chart.base
        if base is None:
            trouble.append(f"map {name} starts after the SunSpec chain, and that has no end")
        else:
            charts.append((chart, base))
    if not found and not charts:
        return Described(None, chain, "; ".join(trouble) or "no model that we know")
    plan = compose(
        device.asset,
        found,
        charts,
        children=device.children,
        registers_max=device.reads_registers_max,
        sign=device.power_sign,
    )
    return Described(plan if plan.slots else None, chain, "; ".join(trouble))


def registers(payload: bytes) -> tuple[int, ...]:
    """The registers of a reply's bytes."""
    return struct.unpack(f">{len(payload) // 2}H", payload)


async def discover(host: str, port: int, unit: int = 1, base: int | None = None, timeout_s: float = 2.0) -> Chain:
    """The model chain of a unit, over a connection of its own that is closed again.

    Raises Unavailable when nobody answers in time, Untrusted when a reply does not answer its request.
    """
    where = f"{host}:{port} unit {unit}"
    bases = BASES if base is None else (base,)
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError) as exc:
        raise Unavailable("no connection", where=where, remedy="check the address, the port and the network") from exc
    try:
        walk = search(bases)
        wanted, transaction = next(walk), 0
        while True:
            transaction = transaction % 0xFFFF + 1
            answer = await _ask(reader, writer, (transaction, unit, wanted), where, timeout_s)
            try:
                wanted = walk.send(answer)
            except StopIteration as end:
                found: Chain = end.value
                return found
    finally:
        writer.close()


async def _ask(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    what: tuple[int, int, Read],
    where: str,
    timeout_s: float,
) -> Answer:
    transaction, unit, wanted = what
    expected = request(unit, wanted)
    stream = Stream()
    try:
        async with asyncio.timeout(timeout_s):
            writer.write(transaction_bytes(transaction) + expected.wire)
            await writer.drain()
            while True:
                data = await reader.read(4096)
                if not data:
                    raise Unavailable("the device closed the connection", where=where, remedy="it may allow only one")
                replies = stream.feed(data)
                if stream.broken:
                    raise Untrusted("bytes that are no Modbus reply", where=where, remedy="check what answers there")
                if replies:
                    break
    except TimeoutError as exc:
        raise Unavailable(f"no answer within {timeout_s:g} s", where=where, remedy="check the unit number") from exc
    except OSError as exc:
        raise Unavailable(str(exc), where=where, remedy="try again") from exc
    verdict = judge(expected, transaction, replies[0])
    if isinstance(verdict, ReplyFault):
        raise Untrusted(f"a reply with the wrong {verdict.value}", where=where, remedy="check what answers there")
    return None if isinstance(verdict, int) else registers(verdict)
