"""The form of a pcap file: its heading, and the records that follow, each a packet with its time.

Rules. 1. A packet longer than `PACKET_BYTES_MAX` or than its own record is a lie; whoever reads says what becomes of
it. 2. A record that is not whole is left for later. 3. A link layer that we do not read is refused.
Source: draft-ietf-opsawg-pcap.
"""

import struct
from array import array
from collections.abc import Callable
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ironkeep.codecs.packets import LINKS
from ironkeep.model.errors import Refused

HEADING_BYTES: Final = 24
RECORD_BYTES: Final = 16
PACKET_BYTES_MAX: Final = 262_144  # MAXIMUM_SNAPLEN of libpcap
MAGICS: Final = {  # byte order, and how many of the fraction's units make a microsecond
    b"\xd4\xc3\xb2\xa1": ("<", 1),
    b"\xa1\xb2\xc3\xd4": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1000),
}

Ints = NDArray[np.int64]
Lie = Callable[[str, int], Refused]
"""The refusal of a lie: what it is, and how many packets of this piece came up to it."""


class Heading(msgspec.Struct, frozen=True):
    """What a capture says of all its packets: byte order, units of the fraction in a microsecond, link layer."""

    order: str
    fraction: int
    link: int


def heading(data: bytes, where: str) -> Heading:
    """The heading in `HEADING_BYTES` bytes. Raises Refused for another format and for a link layer that we do not
    read.
    """
    if data[:4] not in MAGICS:
        raise Refused("neither pcap nor pcapng", where=where, remedy="save it as pcap or pcapng, not compressed")
    order, fraction = MAGICS[data[:4]]
    link = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF  # above stand lengths of frame checks
    check_link(link, where)
    return Heading(order, fraction, link)


def check_link(link: int, where: str) -> None:
    """Raises Refused for a link layer that we do not read."""
    if link not in LINKS:
        raise Refused(f"link layer {link} is not one that we read", where=where, remedy="capture on Ethernet")


def records(data: bytes, form: Heading, lie: Lie) -> tuple[Ints, Ints, Ints, int]:
    """Where the packet of each whole record begins, its size, its time in microseconds, and where what is left of
    `data` begins. Raises what `lie` makes of a packet that cannot be.
    """
    found, at, unpack = array("q"), 0, struct.Struct(form.order + "I").unpack_from
    end = len(data) - RECORD_BYTES
    while at <= end:
        kept = unpack(data, at + 8)[0]
        if kept > PACKET_BYTES_MAX:
            raise lie(f"a packet of {kept} bytes kept of {unpack(data, at + 12)[0]}", len(found) + 1)
        if at + kept > end:
            break
        found.append(at)
        at += RECORD_BYTES + kept
    heads = np.frombuffer(found, np.int64) if found else np.zeros(0, np.int64)
    octets = np.frombuffer(data, np.uint8)
    read = octets[heads[:, None] + np.arange(RECORD_BYTES)].view(form.order + "u4").astype(np.int64)
    lies = (read[:, 2] > read[:, 3]) & (read[:, 3] > 0)
    if lies.any():
        kept, length = read[int(np.argmax(lies)), 2:]
        raise lie(f"a packet of {kept} bytes kept of {length}", int(np.argmax(lies)) + 1)
    at_us = read[:, 0] * 1_000_000 + read[:, 1] // form.fraction
    return heads + RECORD_BYTES, read[:, 2].copy(), at_us, at
