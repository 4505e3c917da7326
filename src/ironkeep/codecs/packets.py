"""One captured packet taken apart: Ethernet with VLAN tags, ARP, IPv4, IPv6, TCP, UDP. Every length is checked.

Rules. 1. A packet that is cut short (snap length) gives what it holds. 2. A header whose length contradicts itself ends
the packet, which is counted as broken; nothing is read beyond what was captured. 3. Of fragments only the first carries
ports; the others are counted.
Source: IEEE 802.3, 802.1Q; RFC 826, 791, 8200, 9293, 768; LINKTYPE values of the pcap specification.
"""

import ipaddress
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Final, Protocol

TAGS_MAX: Final = 2  # VLAN tags of one packet
EXTENSIONS_MAX: Final = 8  # IPv6 extension headers of one packet
TAGS: Final = (0x8100, 0x88A8, 0x9100)
_EXTENSIONS: Final = (0, 43, 60)
_FRAGMENT: Final = 44
_ETHER: Final = struct.Struct(">6s6sH")
_PORTS: Final = struct.Struct(">HH")
_TCP: Final = struct.Struct(">HHIIBB")


class Hearer(Protocol):
    """Who is told what packets hold: a register's gathering, or somebody who follows conversations."""

    def count(self, what: str, times: int = 1) -> None:
        """One more, or several, of what is left out."""
        ...

    def seen(self, address: str, mac: str, *, sure: bool = False) -> None:
        """A station spoke. `sure`: ARP itself ties the two addresses together."""
        ...

    def talk(
        self,
        source: tuple[str, int],
        target: tuple[str, int],
        carrier: str,
        at_us: int,
        flags: int,
        seq: int,
        data: bytes,
    ) -> None:
        """A packet from `source` to `target` (address, port) over `carrier` (tcp, udp) with its payload."""
        ...


@lru_cache(maxsize=65_536)
def _ip(raw: bytes) -> str:
    return str(ipaddress.ip_address(raw))


@lru_cache(maxsize=65_536)
def _mac(raw: bytes) -> str:
    return "" if raw[0] & 1 or not any(raw) else raw.hex(":")


def ethernet(data: bytes, at_us: int, to: Hearer) -> None:
    """An Ethernet frame."""
    if len(data) < 14:
        return to.count("packets that are cut before their addresses")
    _, source, kind = _ETHER.unpack_from(data)
    at = 14
    for _ in range(TAGS_MAX):
        if kind not in TAGS or len(data) < at + 4:
            break
        kind = int.from_bytes(data[at + 2 : at + 4], "big")
        at += 4
    return _network(kind, data[at:], _mac(source), at_us, to)


def _network(kind: int, data: bytes, mac: str, at_us: int, to: Hearer) -> None:
    if kind == 0x0800:
        _ipv4(data, mac, at_us, to)
    elif kind == 0x86DD:
        _ipv6(data, mac, at_us, to)
    elif kind == 0x0806:
        _arp(data, to)
    else:
        to.count("packets that are neither IP nor ARP")


def _arp(data: bytes, to: Hearer) -> None:
    if len(data) >= 28 and data[:6] == b"\x00\x01\x08\x00\x06\x04":
        to.seen(_ip(data[14:18]), _mac(data[8:14]), sure=True)
    else:
        to.count("broken packets")


def _ipv4(data: bytes, mac: str, at_us: int, to: Hearer) -> None:
    head = (data[0] & 15) * 4 if data else 0
    if len(data) < 20 or data[0] >> 4 != 4 or head < 20:
        return to.count("broken packets")
    size = int.from_bytes(data[2:4], "big")
    if size and size < head:
        return to.count("broken packets")
    source, target = _ip(data[12:16]), _ip(data[16:20])
    to.seen(source, mac)
    if int.from_bytes(data[6:8], "big") & 0x1FFF:
        return to.count("later fragments")
    body = data[head : size or len(data)]  # what follows the packet's own length is padding; 0: offloaded, all of it
    return _transport(data[9], body, source, target, at_us, to)


def _ipv6(data: bytes, mac: str, at_us: int, to: Hearer) -> None:
    if len(data) < 40 or data[0] >> 4 != 6:
        return to.count("broken packets")
    size = int.from_bytes(data[4:6], "big")
    source, target, kind = _ip(data[8:24]), _ip(data[24:40]), data[6]
    to.seen(source, mac)
    body = data[40 : 40 + size] if size else data[40:]
    for _ in range(EXTENSIONS_MAX):
        if kind in _EXTENSIONS and len(body) >= 8:
            kind, body = body[0], body[8 + 8 * body[1] :]
        elif kind == _FRAGMENT and len(body) >= 8:
            if int.from_bytes(body[2:4], "big") >> 3:
                return to.count("later fragments")
            kind, body = body[0], body[8:]
        else:
            break
    return _transport(kind, body, source, target, at_us, to)


def _transport(kind: int, data: bytes, source: str, target: str, at_us: int, to: Hearer) -> None:
    if kind == 6 and len(data) >= 14:
        here, there, seq, _, offset, flags = _TCP.unpack_from(data)
        head = (offset >> 4) * 4
        if head < 20:
            return to.count("broken packets")
        return to.talk((source, here), (target, there), "tcp", at_us, flags, seq, data[head:])
    if kind == 17 and len(data) >= 8:
        here, there = _PORTS.unpack_from(data)
        size = int.from_bytes(data[4:6], "big")
        return to.talk((source, here), (target, there), "udp", at_us, 0, 0, data[8 : max(size, 8)])
    return to.count("packets without ports, or cut before them")


def raw(data: bytes, at_us: int, to: Hearer) -> None:
    """A packet that begins with its IP header."""
    _network(0x86DD if data[:1] and data[0] >> 4 == 6 else 0x0800, data, "", at_us, to)


def loopback(data: bytes, at_us: int, to: Hearer) -> None:
    """A packet of BSD's loopback: a family in four bytes, then IP."""
    raw(data[4:], at_us, to)


def cooked(data: bytes, at_us: int, to: Hearer) -> None:
    """A packet of Linux's cooked capture (SLL)."""
    if len(data) < 16:
        return to.count("packets that are cut before their addresses")
    mac = _mac(data[6:12]) if data[4:6] == b"\x00\x06" else ""
    return _network(int.from_bytes(data[14:16], "big"), data[16:], mac, at_us, to)


def cooked2(data: bytes, at_us: int, to: Hearer) -> None:
    """A packet of Linux's cooked capture, second version (SLL2)."""
    if len(data) < 20:
        return to.count("packets that are cut before their addresses")
    mac = _mac(data[12:18]) if data[11] == 6 else ""
    return _network(int.from_bytes(data[:2], "big"), data[20:], mac, at_us, to)


LINKS: Final[dict[int, Callable[[bytes, int, Hearer], None]]] = {
    0: loopback,
    1: ethernet,
    12: raw,
    14: raw,
    101: raw,
    113: cooked,
    228: raw,
    229: raw,
    276: cooked2,
}
"""How to read a packet, by the LINKTYPE of its capture."""
