"""What a unit is, found by reading it: its model chain, the layout of each model, its vendor maps.

Rules. A search yields the reads that it wants and is sent the registers, or None for an exception; who drives it waits
for replies. What is wrong with a unit is said in words and never stops what can be read.
"""

import struct
from collections.abc import Generator, Sequence

import msgspec

from ironkeep.codecs.chain import BASES, Chain, search, survey
from ironkeep.codecs.definition import Knowledge
from ironkeep.codecs.modbus import Read
from ironkeep.codecs.unit import SUNSPEC, Chart, Found, UnitPlan, compose, placed, wants_rows
from ironkeep.model.site import Device

Answer = tuple[int, ...] | None
Description = Generator[Read, Answer, "Described"]


class Described(msgspec.Struct, frozen=True):
    """What was found: the plan to poll by (None when there is nothing to read), the chain, and what is wrong; and what
    the plan was made of.
    """

    plan: UnitPlan | None
    chain: Chain
    trouble: str = ""
    found: tuple[Found, ...] = ()
    charts: tuple[Chart, ...] = ()


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
    plan = _plan(device, found, charts, apart=False)
    return Described(plan if plan.slots else None, chain, "; ".join(trouble), tuple(found), tuple(charts))


def parted(device: Device, described: Described) -> Described:
    """The same, to be read model by model: for a unit that refuses a read across two."""
    plan = _plan(device, described.found, described.charts, apart=True)
    return msgspec.structs.replace(described, plan=plan)


def _plan(device: Device, found: Sequence[Found], charts: Sequence[Chart], *, apart: bool) -> UnitPlan:
    return compose(
        device.asset,
        found,
        charts,
        children=device.children,
        registers_max=device.reads_registers_max,
        sign=device.power_sign,
        apart=apart,
    )


def registers(payload: bytes) -> tuple[int, ...]:
    """The registers of a reply's bytes."""
    return struct.unpack(f">{len(payload) // 2}H", payload)
