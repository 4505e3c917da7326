"""Finding the SunSpec models of a unit: the marker, then one header after another to the end marker. Pure.

Rules. A search is a generator: it yields what it wants read and is sent the registers, or None when the device refuses
that read. Nothing that a device says makes it loop, run past the last register or grow without end: a model always lies
after the one before it, and there are at most `MODELS_MAX`. A chain that stops before its end marker keeps what was
found and says why it stopped. Models that we do not know are stepped over and named.
Source: SunSpec Device Information Model specification 1.2, sections 6.2 (marker, base addresses) and 6.3 (chain).
"""

from collections.abc import Callable, Generator
from typing import Final

import msgspec

from ironkeep.codecs.definition import ADDRESSES, Group, Model
from ironkeep.codecs.layout import HEADER_REGISTERS, Layout, spread
from ironkeep.codecs.modbus import Function, Read
from ironkeep.codecs.reads import cut

MARKER: Final = (0x5375, 0x6E53)  # "SunS"
BASES: Final = (40_000, 50_000, 0)
END: Final = 0xFFFF
MODELS_MAX: Final = 512  # of one unit: a container's 400 modules behind one address, and room

Search = Generator[Read, tuple[int, ...] | None, "Chain"]


class Entry(msgspec.Struct, frozen=True):
    """One model of a chain: its ID, its first register (that of the ID) and its length as L says it."""

    model: int
    address: int
    length: int

    def __str__(self) -> str:
        return f"{self.model}@{self.address}+{self.length}"


class Chain(msgspec.Struct, frozen=True):
    """What a search found. `base` None: no marker. `after` is the first register behind the end marker, None when the
    chain has none; `trouble` says in words what is wrong with it.
    """

    base: int | None
    entries: tuple[Entry, ...] = ()
    after: int | None = None
    trouble: str = ""

    def texts(self) -> tuple[str, ...]:
        """The chain as particulars show it: `802@40070+62`, and what is wrong with it at the end."""
        return (*(str(entry) for entry in self.entries), *((f"({self.trouble})",) if self.trouble else ()))


def search(bases: tuple[int, ...] = BASES) -> Search:
    """Look for the marker at each base in turn, then walk the chain."""
    for base in bases:
        words = yield Read(Function.HOLDING, base, len(MARKER))
        if words == MARKER:
            return (yield from _walk(base))
    return Chain(None, trouble=f"no SunSpec marker at {', '.join(str(base) for base in bases)}")


def _walk(base: int) -> Search:
    entries: list[Entry] = []
    at = base + len(MARKER)
    while True:
        if at + HEADER_REGISTERS > ADDRESSES:
            return Chain(base, tuple(entries), trouble=f"chain runs past register {ADDRESSES - 1}")
        if len(entries) == MODELS_MAX:
            return Chain(base, tuple(entries), trouble=f"more than {MODELS_MAX} models")
        words = yield Read(Function.HOLDING, at, HEADER_REGISTERS)
        if words is None:
            return Chain(base, tuple(entries), trouble=f"chain ends at {at} without its end marker")
        number, length = words
        if number == END:
            return Chain(base, tuple(entries), after=at + HEADER_REGISTERS)
        if number == 0:
            return Chain(base, tuple(entries), trouble=f"no model at {at}: the id is 0")
        if at + HEADER_REGISTERS + length > ADDRESSES:
            return Chain(base, tuple(entries), trouble=f"model {number}@{at}+{length} runs past the last register")
        entries.append(Entry(number, at, length))
        at += HEADER_REGISTERS + length


def counted(group: Group) -> bool:
    """Does any inner group repeat as often as a register says?"""
    return any(isinstance(inner.count, str) or counted(inner) for inner in group.groups)


def survey(
    entry: Entry, model: Model, registers_max: int, *, rows: bool
) -> Generator[Read, tuple[int, ...] | None, Layout | None]:
    """Lay a model out, reading first the fixed points that count its repeats; None when the device refuses that."""
    known: dict[int, int] = {0: entry.model, 1: entry.length}
    word: Callable[[int], int] = lambda offset: known.get(offset, 0)  # noqa: E731
    layout = spread(model, entry.length, word, rows=rows)
    if not counted(model.group):
        return layout
    fixed = [field for field in layout.fields if not field.path]
    end = max(field.offset + field.point.registers for field in fixed)
    for start, count in cut(layout.borders, end, registers_max):
        words = yield Read(Function.HOLDING, entry.address + start, count)
        if words is None:
            return None
        known.update(enumerate(words, start))
    return spread(model, entry.length, word, rows=rows)
