"""What a master asks, as it was overheard: unit, function, registers, and in words what a write would change.

Rules. 1. Any request can be told here and none can be made: the only one that we form is a read (codecs/modbus).
2. A request whose bytes contradict its function names no register.
Source: MODBUS Application Protocol Specification 1.1b3, section 6.
"""

import struct
from typing import Final

import msgspec

from ironkeep.codecs.conversations import WRITES
from ironkeep.codecs.modbus import REGISTERS_MAX, Read, Reply, Request, request

VALUES_TOLD_MAX: Final = 4  # of a write of many registers
_ADDRESSES: Final = 65_536
_PAIR: Final = struct.Struct(">HH")
_COIL_ON: Final = 0xFF00


class Asked(msgspec.Struct, frozen=True):
    """One request. `address` is -1 where it names no register; `words` say what a write would change, empty for others.

    `expected` is the read as our own transport would have sent it: replies are judged against it. `unsure`: another
    request with the same id was still open, so a reply to this id may belong to either.
    """

    unit: int
    function: int
    address: int
    count: int
    words: str
    at_us: int
    expected: Request | None = None
    unsure: bool = False

    @property
    def writes(self) -> bool:
        """Would it change something at the device?"""
        return self.function in WRITES

    def same(self, other: "Asked") -> bool:
        """Does it ask exactly what the other asks?"""
        mine = (self.unit, self.function, self.address, self.count, self.words)
        return mine == (other.unit, other.function, other.address, other.count, other.words)


def asked(message: Reply, at_us: int) -> Asked:
    """What a message of a master asks."""
    pdu, unit = message.pdu, message.unit
    function = pdu[0]
    if len(pdu) < 5:
        return Asked(unit, function, -1, 0, f"function {function}" if function in WRITES else "", at_us)
    address, second = _PAIR.unpack_from(pdu, 1)
    if function in (3, 4):
        if len(pdu) == 5 and 1 <= second <= REGISTERS_MAX and address + second <= _ADDRESSES:
            return Asked(unit, function, address, second, "", at_us, request(unit, Read(function, address, second)))
        return Asked(unit, function, -1, 0, "", at_us)
    if function not in WRITES:
        return Asked(unit, function, address, second, "", at_us)
    first, count, what = _written(function, pdu, address, second)
    return Asked(unit, function, first, count, f"function {function}, {what}", at_us)


def _written(function: int, pdu: bytes, address: int, second: int) -> tuple[int, int, str]:
    """First register or coil, how many, and the change in words."""
    if function == 5:
        return address, 1, f"coil {address} {'on' if second == _COIL_ON else 'off'}"
    if function == 6:
        return address, 1, f"register {address} = {second}"
    if function == 15:
        return address, second, f"{_span('coil', address, second)}"
    if function == 16:
        return address, second, f"{_span('register', address, second)} = {_values(pdu, 6)}"
    if function == 22 and len(pdu) >= 7:
        return address, 1, f"register {address} masked: and {second:#06x}, or {_PAIR.unpack_from(pdu, 3)[1]:#06x}"
    if function == 23 and len(pdu) >= 10:
        first, count = _PAIR.unpack_from(pdu, 5)
        return first, count, f"{_span('register', first, count)} = {_values(pdu, 10)}"
    return -1, 0, "file records" if function == 21 else "cut short"


def _span(what: str, first: int, count: int) -> str:
    return f"{what} {first}" if count == 1 else f"{what}s {first} to {first + max(count, 1) - 1}"


def _values(pdu: bytes, at: int) -> str:
    values = struct.unpack_from(f">{(len(pdu) - at) // 2}H", pdu, at) if len(pdu) > at else ()
    told = ", ".join(map(str, values[:VALUES_TOLD_MAX]))
    return f"{told}, ..." if len(values) > VALUES_TOLD_MAX else told
