"""The form of pcapng: sections, each a row of blocks; a block is a packet with its time, an interface, or stepped over.

Rules. 1. A length beyond its bound is a lie, and so is a packet of an interface that was not described before it, one
longer than its block, `PACKET_BYTES_MAX` or itself; whoever reads says what becomes of a lie. 2. Blocks that hold no
packet are stepped over, their contents unread: nothing of a capture's comments, names or secrets is kept. 3. A link
layer that we do not read is refused.
Source: draft-ietf-opsawg-pcapng.
"""

import struct
from typing import Final

import msgspec

from ironkeep.codecs.pcaprecords import PACKET_BYTES_MAX, Lie, check_link

SECTION: Final = b"\x0a\x0d\x0d\x0a"  # how every section, and so every pcapng, begins
HEAD_BYTES, TAIL_BYTES = 8, 4  # kind and length of a block; its length again
START_BYTES: Final = 12  # kind, length and byte order of a section
BLOCK_BYTES_MAX: Final = 1 << 20  # of a block that is looked into
SKIPPED_BYTES_MAX: Final = 64 << 20  # of a block that is stepped over
INTERFACES_MAX: Final = 1_024
SIMPLE: Final = 3  # a packet without its time
_INTERFACE, _PACKET, _OLD = 1, 6, 2
_HELD: Final = (_INTERFACE, _PACKET, SIMPLE, _OLD)
_ORDER: Final = 0x1A2B3C4D
_TIME_UNITS, _TIME_OFFSET = 9, 14  # options if_tsresol and if_tsoffset
_SECOND_US: Final = 1_000_000


class Interface(msgspec.Struct, frozen=True):
    """What an interface says of its packets: link layer, snap length, units of its clock in a second, and the seconds
    that its clock begins behind the epoch.
    """

    link: int
    snap: int
    units: int
    offset_s: int


class Section:
    """One section of a pcapng, from its first START_BYTES. Raises what `lie` makes of a section that cannot be."""

    def __init__(self, start: bytes, lie: Lie, where: str = "") -> None:
        self._lie, self._where = lie, where
        self.order = next((each for each in "<>" if struct.unpack(each + "I", start[8:12])[0] == _ORDER), "")
        if not self.order:
            raise lie("a section without its byte order", 0)
        self.size: int = struct.unpack(self.order + "I", start[4:8])[0]
        if self.size < 28 or self.size % 4 or self.size > BLOCK_BYTES_MAX:
            raise lie(f"a section header of {self.size} bytes", 0)
        self._interfaces: list[Interface] = []

    def measure(self, head: bytes) -> tuple[int, int, bool]:
        """Kind and size of the block that begins with these HEAD_BYTES, and whether it is one to look into. Raises
        what becomes of a lie.
        """
        kind, size = struct.unpack(self.order + "II", head)
        held = kind in _HELD
        if size < HEAD_BYTES + TAIL_BYTES or size % 4 or size > (BLOCK_BYTES_MAX if held else SKIPPED_BYTES_MAX):
            raise self._lie(f"a block of {size} bytes", 1)
        return kind, size, held

    def take(self, kind: int, body: bytes) -> tuple[int, int, bytes] | None:
        """Link layer, time in microseconds (0 for none) and bytes of the packet in a block that is to be looked into;
        None for an interface. Raises what becomes of a lie, and Refused for a link layer that we do not read.
        """
        if kind == _INTERFACE:
            self._interfaces.append(self._interface(body))
            if len(self._interfaces) > INTERFACES_MAX:
                raise self._lie(f"more than {INTERFACES_MAX} interfaces", 0)
            return None
        if kind == SIMPLE:
            return self._simple(body)
        return self._packet(kind, body)

    def _interface(self, body: bytes) -> Interface:
        if len(body) < 8:
            raise self._lie("an interface without its link layer", 0)
        link, _, snap = struct.unpack_from(self.order + "HHI", body)
        check_link(link, self._where)
        units, offset_s, at = _SECOND_US, 0, 8
        while at + 4 <= len(body):
            code, length = struct.unpack_from(self.order + "HH", body, at)
            value = body[at + 4 : at + 4 + length]
            if not code:
                break
            if code == _TIME_UNITS and len(value) == 1:
                units = 1 << min(value[0] & 0x7F, 62) if value[0] & 0x80 else 10 ** min(value[0], 18)
            elif code == _TIME_OFFSET and len(value) == 8:
                offset_s = struct.unpack(self.order + "q", value)[0]
            at += 4 + length + -length % 4
        return Interface(link, snap, units, offset_s)

    def _simple(self, body: bytes) -> tuple[int, int, bytes]:
        if len(body) < 4 or not self._interfaces:
            raise self._lie("a packet without its interface", 1)
        own = self._interfaces[0]
        length = struct.unpack_from(self.order + "I", body)[0]
        return own.link, 0, body[4 : 4 + min(length, own.snap or length, PACKET_BYTES_MAX)]

    def _packet(self, kind: int, body: bytes) -> tuple[int, int, bytes]:
        if len(body) < 20:
            raise self._lie("a packet without its header", 1)
        if kind == _OLD:
            number, _, high, low, kept, length = struct.unpack_from(self.order + "HHIIII", body)
        else:
            number, high, low, kept, length = struct.unpack_from(self.order + "IIIII", body)
        if number >= len(self._interfaces):
            raise self._lie(f"a packet of interface {number}, which is not described", 1)
        if kept > len(body) - 20 or kept > PACKET_BYTES_MAX:
            raise self._lie(f"a packet of {kept} bytes in a block of {len(body)}", 1)
        if 0 < length < kept:
            raise self._lie(f"a packet of {kept} bytes kept of {length}", 1)
        own = self._interfaces[number]
        at_us = ((high << 32) | low) * _SECOND_US // own.units + own.offset_s * _SECOND_US
        return own.link, max(at_us, 0), body[20 : 20 + kept]
