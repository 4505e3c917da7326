"""What a unit is, found by reading it: its model chain, the layout of each model, its vendor maps.

Rules. A search yields the reads that it wants and is sent the registers, or None for an exception; who drives it waits
for replies. What is wrong with a unit is said in words and never stops what can be read.
"""

import struct
from collections.abc import Generator

import msgspec

from ironkeep.codecs.chain import BASES, Chain, search, survey
from ironkeep.codecs.definition import Knowledge
from ironkeep.codecs.modbus import Read
from ironkeep.codecs.unit import SUNSPEC, Found, UnitPlan, compose, placed, wants_rows
from ironkeep.model.site import Device

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
    charts, unplaced = placed(device.maps, knowledge, chain.after, "and that has no end")
    trouble += unplaced
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
