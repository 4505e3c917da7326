"""Modbus/TCP as bytes: requests to read registers, and replies that must answer them exactly.

Rules. 1. Registers can be read (function codes 3 and 4) and nothing else: no code here can form any other request.
2. A reply answers its request when transaction id, protocol id, unit, function, byte count and length all agree; one
that does not is a fault with a name, and no value of it is used. 3. A stream whose length field is impossible is
broken: nothing after it can be trusted to start where a reply starts.
Source: MODBUS Messaging on TCP/IP Implementation Guide 1.0b, section 3.1.3 (MBAP header); MODBUS Application Protocol
Specification 1.1b3, sections 6.3, 6.4 and 7.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import msgspec

from ironkeep.model.link import ReplyFault

HEADER_BYTES: Final = 7  # transaction 2, protocol 2, length 2, unit 1
PDU_BYTES_MAX: Final = 253
LENGTH_MIN: Final = 3  # unit, function, one byte more: the shortest reply there is
LENGTH_MAX: Final = 1 + PDU_BYTES_MAX
REGISTERS_MAX: Final = 125  # in one read
TRANSACTIONS: Final = 65_536  # transaction ids before they come round again
BUFFER_BYTES_MAX: Final = 64 * 1024  # of bytes that await the rest of their reply
EXCEPTION_BIT: Final = 0x80
_PROTOCOL: Final = 0

_REQUEST: Final = struct.Struct(">HHBBHH")
_REPLY_HEAD: Final = struct.Struct(">HHBBB")
_MBAP: Final = struct.Struct(">HHHB")


class Function(IntEnum):
    """The function codes there are: both only read."""

    HOLDING = 3
    INPUT = 4


class ExceptionCode(IntEnum):
    """Why a device refuses a read, as far as it says."""

    ILLEGAL_FUNCTION = 1
    ILLEGAL_ADDRESS = 2
    ILLEGAL_VALUE = 3
    DEVICE_FAILURE = 4
    ACKNOWLEDGE = 5
    BUSY = 6
    MEMORY_PARITY = 8
    GATEWAY_PATH = 10
    GATEWAY_TARGET = 11


GATEWAY_SILENT: Final = frozenset({ExceptionCode.GATEWAY_PATH, ExceptionCode.GATEWAY_TARGET})
"""Exceptions of a gateway that say: the unit itself did not answer."""
PASSING: Final = frozenset({ExceptionCode.BUSY, ExceptionCode.ACKNOWLEDGE})
"""Exceptions that say: ask later."""


@dataclass(frozen=True, slots=True)
class Read:
    """Registers to read: `count` from `address`, 0 to 65535."""

    function: int
    address: int
    count: int

    def __post_init__(self) -> None:
        assert self.function in (3, 4)
        assert 1 <= self.count <= REGISTERS_MAX
        assert 0 <= self.address <= 65_536 - self.count


class Request(msgspec.Struct, frozen=True):
    """A read of a unit, ready to be sent: all bytes but the transaction id, which comes before them.

    `wire` follows the id in the request, `head` in the only right reply, whose whole size is `size` bytes.
    """

    unit: int
    read: Read
    wire: bytes
    head: bytes
    size: int


def request(unit: int, read: Read) -> Request:
    """The request for a read of `unit` 0..255. Source: MBAP, section 3.1.3; read requests, sections 6.3 and 6.4."""
    assert 0 <= unit <= 255
    size = 2 * read.count
    return Request(
        unit=unit,
        read=read,
        wire=_REQUEST.pack(_PROTOCOL, 6, unit, read.function, read.address, read.count),
        head=_REPLY_HEAD.pack(_PROTOCOL, 3 + size, unit, read.function, size),
        size=9 + size,
    )


def transaction_bytes(transaction: int) -> bytes:
    """The two bytes of a transaction id, 0..65535, with which request and reply start."""
    return transaction.to_bytes(2, "big")


class Reply(msgspec.Struct, frozen=True):
    """One message as the stream cut it: header fields and the bytes after the unit."""

    transaction: int
    protocol: int
    unit: int
    pdu: bytes


def judge(expected: Request, transaction: int, reply: Reply) -> bytes | int | ReplyFault:
    """What a reply is to a request sent with that id: the registers' bytes, an exception's code, or a fault.

    A reply with a fault is refused. Faults are looked for in the order of the bytes, so that one reply has one fault.
    """
    if reply.transaction != transaction:
        return ReplyFault.TRANSACTION_ID
    if reply.protocol != _PROTOCOL:
        return ReplyFault.PROTOCOL_ID
    if reply.unit != expected.unit:
        return ReplyFault.UNIT
    pdu, size = reply.pdu, 2 * expected.read.count
    if pdu[0] == expected.read.function | EXCEPTION_BIT:
        return pdu[1] if len(pdu) == 2 and pdu[1] else ReplyFault.LENGTH
    if pdu[0] != expected.read.function:
        return ReplyFault.FUNCTION
    if pdu[1] != size:
        return ReplyFault.BYTE_COUNT
    if len(pdu) != 2 + size:
        return ReplyFault.LENGTH
    return pdu[2:]


class Stream:
    """Cuts a stream of bytes into replies, however it is chunked; never holds more than `BUFFER_BYTES_MAX`. `least` is
    the shortest length field that there can be.
    """

    __slots__ = ("_held", "_least", "broken")

    def __init__(self, least: int = LENGTH_MIN) -> None:
        self._held, self._least = b"", least
        self.broken: ReplyFault | None = None

    @property
    def empty(self) -> bool:
        """True when no bytes await their rest."""
        return not self._held

    def feed(self, data: bytes) -> list[Reply]:
        """The replies that are whole now, in order. Sets `broken` when the bytes cannot be replies: then reopen."""
        if self.broken:
            return []
        held = self._held + data if self._held else bytes(data)
        found: list[Reply] = []
        at = 0
        while len(held) - at >= HEADER_BYTES:
            transaction, protocol, length, unit = _MBAP.unpack_from(held, at)
            if not self._least <= length <= LENGTH_MAX:
                self.broken = ReplyFault.LENGTH
                break
            end = at + 6 + length
            if end > len(held):
                break
            found.append(Reply(transaction, protocol, unit, held[at + HEADER_BYTES : end]))
            at = end
        self._held = b"" if self.broken else held[at:]
        assert len(self._held) <= BUFFER_BYTES_MAX
        return found
