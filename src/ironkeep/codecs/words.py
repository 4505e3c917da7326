"""How numbers stand in 16-bit registers: each type's registers, sign and the raw number that means "not implemented".

Rules. The most significant word comes first unless a map says otherwise. What is not implemented is absent, never zero.
Source: SunSpec Device Information Model specification 1.2, section 6.4 (types and their unimplemented values).
"""

from enum import Enum
from typing import Final

import msgspec

SCALE_MAX: Final = 10  # powers of ten either way; a scale factor beyond it is no scale factor (SunSpec, sunssf)
SCALE_ABSENT: Final = 0x8000
COUNTER_BITS: Final = 63  # what the i8 block holds of an unsigned number


class Shape(Enum):
    """How the registers of one value are put together."""

    WORD = 1  # one register
    PAIR = 2  # two
    QUAD = 4  # four
    FLOAT = 5  # IEEE 754, two registers
    DOUBLE = 6  # IEEE 754, four registers
    TEXT = 7  # two characters a register


class WordType(msgspec.Struct, frozen=True):
    """One type: registers it takes (0: as many as the point says), its shape, its sign, its "not implemented"."""

    registers: int
    shape: Shape
    signed: bool = False
    absent: int | None = None


def _whole(registers: int, *, signed: bool = False, zero: bool = False) -> WordType:
    bits = 16 * registers
    absent = 0 if zero else 1 << (bits - 1) if signed else (1 << bits) - 1
    return WordType(registers, Shape(registers), signed, absent)


TYPES: Final[dict[str, WordType]] = {
    "u16": _whole(1),
    "u32": _whole(2),
    "u64": _whole(4),
    "s16": _whole(1, signed=True),
    "s32": _whole(2, signed=True),
    "s64": _whole(4, signed=True),
    "acc16": _whole(1, zero=True),
    "acc32": _whole(2, zero=True),
    "acc64": _whole(4, zero=True),
    "bits16": _whole(1),
    "bits32": _whole(2),
    "bits64": _whole(4),
    "enum": _whole(1),
    "enum32": _whole(2),
    "f32": WordType(2, Shape.FLOAT, signed=True),
    "f64": WordType(4, Shape.DOUBLE, signed=True),
    "string": WordType(0, Shape.TEXT),
}
"""Every type by the name that maps use."""


def text(raw: bytes) -> str:
    """The text of a string point: up to the first NUL, without the blanks around it; bad bytes become "?"."""
    kept = raw.split(b"\0", 1)[0].decode("utf-8", errors="replace").strip()
    return "".join(each if each.isprintable() and each != "\ufffd" else "?" for each in kept)
