"""Register dumps: addresses with their raw 16-bit values, decoded by a vendor map or by the SunSpec models in them.

Rules. 1. A line is an address and a value, decimal or hexadecimal (0x); with a head the columns are told by it.
2. A dump means nothing without a map, or the SunSpec marker at 40000, 50000 or 0: without either it is refused.
3. A register that the dump lacks makes the point absent; a scale factor that is absent makes its points absent; the
count of what the dump lacks is told. 4. Registers that no map names become entries by address, for nothing is hidden.
Source: SunSpec Device Information Model specification 1.2, sections 6.2 to 6.4.
"""

import re
import struct
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from ironkeep.codecs.chain import BASES, MARKER, search
from ironkeep.codecs.chain import Entry as ChainEntry
from ironkeep.codecs.definition import ADDRESSES, Model, VendorMap
from ironkeep.codecs.layout import Field, name_of, spread, vendor
from ironkeep.codecs.settings.entries import Entry, EntryClass
from ironkeep.codecs.settings.quantity import decimal_text
from ironkeep.codecs.words import SCALE_ABSENT, SCALE_MAX, TYPES, Shape
from ironkeep.codecs.words import text as text_of_registers
from ironkeep.model.errors import Refused
from ironkeep.model.point import PointKind

LINE: Final = re.compile(r"(0[xX][0-9A-Fa-f]{1,4}|\d{1,6})\s*[:,;=\t ]\s*(0[xX][0-9A-Fa-f]{1,4}|-?\d{1,5})")
Registers = Mapping[int, int]


def is_dump(lines: Sequence[str]) -> bool:
    """Do the lines, without blanks and remarks and perhaps a head, all hold an address and a value?"""
    content = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith(("#", ";"))]
    body = content[1:] if content and not LINE.fullmatch(content[0]) else content
    return bool(body) and all(LINE.fullmatch(line) for line in body)


def registers_of(lines: Sequence[str], where: str) -> dict[int, int]:
    """The registers of a dump by address. Raises Refused naming the line that is none, or contradicts another."""
    found: dict[int, int] = {}
    first = True
    for number, line in enumerate(lines, 1):
        plain = line.strip()
        if not plain or plain.startswith(("#", ";")):
            continue
        match = LINE.fullmatch(plain)
        if match is None and first:
            first = False
            continue
        first = False
        place = f"{where}: line {number}"
        if match is None:
            raise Refused("not an address and a 16-bit value", where=place, remedy="one `address,value` a line")
        address, value = (int(part, 16 if part[:2].lower() == "0x" else 10) for part in match.groups())
        if not 0 <= address < ADDRESSES or not -0x8000 <= value <= 0xFFFF:
            raise Refused("beyond 16 bits", where=place, remedy="addresses 0 to 65535, values -32768 to 65535")
        value &= 0xFFFF
        if found.setdefault(address, value) != value:
            raise Refused(f"register {address} stands twice, with two values", where=place, remedy="dump it once")
    if not found:
        raise Refused("no register in it", where=where, remedy="one `address,value` a line")
    return found


def by_map(registers: Registers, chart: VendorMap, base: int) -> tuple[list[Entry], tuple[str, ...]]:
    """The points of a vendor map whose registers count from `base`, and remarks."""
    layout = vendor(chart)
    names = [(field, (field.point.name or field.point.particular,)) for field in layout.fields]
    entries, lacking, named = _decoded(registers, base, names)
    return _with_rest(registers, entries, lacking, named)


def by_models(registers: Registers, models: Callable[[int], Model | None], where: str) -> tuple[list[Entry], list[str]]:
    """The points of the SunSpec models in a dump, and remarks. Raises Refused when it holds no SunSpec marker."""
    base, chain = _chain(registers, where)
    entries: list[Entry] = []
    remarks: list[str] = []
    lacking, named = 0, {base, base + 1}
    times: dict[int, int] = {}
    for each in chain:
        times[each.model] = times.get(each.model, 0) + 1
        known = models(each.model)
        named |= {each.address, each.address + 1}
        if known is None:
            remarks.append(f"model {each.model} at {each.address} is not one that we know")
            continue
        word = lambda offset, at=each.address: registers.get(at + offset, 0)  # noqa: E731
        layout = spread(known, each.length, word, rows=False)
        outer = str(each.model) if times[each.model] == 1 else f"{each.model}#{times[each.model]}"
        names = [(field, (outer, _name(field, each.model))) for field in layout.fields]
        found, gone, here = _decoded(registers, each.address, names)
        entries += found
        lacking, named = lacking + gone, named | here
    done, more = _with_rest(registers, entries, lacking, named)
    return done, [*remarks, *more]


def _name(field: Field, number: int) -> str:
    return field.point.particular or name_of(field, number)


def _chain(registers: Registers, where: str) -> tuple[int, tuple[ChainEntry, ...]]:
    base = next((at for at in BASES if (registers.get(at), registers.get(at + 1)) == MARKER), None)
    if base is None:
        raise Refused(
            "a register dump without a map",
            where=where,
            remedy="name the map with --map (docs/reference/maps.md); SunSpec needs none when its marker is dumped",
        )
    walk = search((base,))
    want = next(walk)
    while True:
        words = tuple(registers.get(want.address + n, -1) for n in range(want.count))
        try:
            want = walk.send(None if -1 in words else words)
        except StopIteration as done:
            return base, done.value.entries


def _decoded(
    registers: Registers, at: int, fields: Sequence[tuple[Field, tuple[str, ...]]]
) -> tuple[list[Entry], int, set[int]]:
    """Entries, how many points the dump lacks, and the addresses that the points took."""
    entries: list[Entry] = []
    lacking, named = 0, set()
    for field, path in fields:
        first = at + field.offset
        own = range(first, first + field.point.registers)
        named |= set(own)
        if field.point.hidden and not field.point.particular:
            continue
        if not all(address in registers for address in own):
            lacking += 1
            continue
        words = tuple(registers[address] for address in own)
        scale = _scale(registers, at, field)
        text = None if scale is None else _value(field, words, scale)
        if text is None:
            continue  # not implemented: absent, never zero
        entries.append(
            Entry(
                path,
                text,
                f"register {first}",
                unit=field.point.unit,
                title=field.point.label,
                entry_class=EntryClass.SETTING if field.point.particular else EntryClass(field.point.point_class.value),
            )
        )
    return entries, lacking, named


def _scale(registers: Registers, at: int, field: Field) -> int | None:
    """The power of ten that a register gives; 0 where none does, None where it is absent or impossible."""
    if field.scale is None:
        return 0
    raw = registers.get(at + field.scale, SCALE_ABSENT) if field.scale >= 0 else SCALE_ABSENT
    power = raw - 0x10000 if raw >= 0x8000 else raw
    return power if abs(power) <= SCALE_MAX else None


def _value(field: Field, words: tuple[int, ...], scale: int) -> str | None:
    """The value in the point's unit as decimal text, or None for "not implemented"."""
    point, kind = field.point, TYPES[field.point.type]
    ordered = words[::-1] if point.little else words
    if kind.shape is Shape.TEXT:
        return text_of_registers(b"".join(word.to_bytes(2, "big") for word in words))
    raw = int.from_bytes(b"".join(word.to_bytes(2, "big") for word in ordered), "big")
    if point.absent is not None and raw == point.absent:
        return None
    if kind.shape in (Shape.FLOAT, Shape.DOUBLE):
        real = struct.unpack(">f" if len(words) == 2 else ">d", raw.to_bytes(2 * len(words), "big"))[0]
        if real != real or real in (float("inf"), float("-inf")):
            return None
        number = Fraction(repr(float(f"{real:.7g}")) if len(words) == 2 else repr(real))
    else:
        number = Fraction(raw - (1 << 16 * len(words)) if kind.signed and raw >> (16 * len(words) - 1) else raw)
    if point.kind is PointKind.ENUM and (word := next((s.name for s in point.symbols if s.value == number), "")):
        return word
    if point.kind is PointKind.BITFIELD:
        return _bits(field, int(number))
    return decimal_text(number * Fraction(10) ** (point.exponent + scale) * Fraction(point.factor), 20)


def _bits(field: Field, number: int) -> str:
    names = {symbol.value: symbol.name for symbol in field.point.symbols}
    return " ".join(names.get(bit, f"bit {bit}") for bit in range(number.bit_length()) if number >> bit & 1) or "none"


def _with_rest(
    registers: Registers, entries: list[Entry], lacking: int, named: set[int]
) -> tuple[list[Entry], tuple[str, ...]]:
    """The entries and, by address, the registers that no map names."""
    rest = sorted(registers.keys() - named)
    entries = [*entries, *(Entry((str(each),), str(registers[each]), f"register {each}") for each in rest)]
    remarks = [f"{len(rest)} registers that no map names stand by their address"] if rest else []
    if lacking:
        remarks.append(f"{lacking} points are not in the dump whole")
    return entries, tuple(remarks)
