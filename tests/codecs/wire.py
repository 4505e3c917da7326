"""Frames and capture files made by hand, from the standards, for tests: what a mirror port would have written."""

import ipaddress
import struct

SYN, ACK, PSH, RST = 2, 16, 8, 4
START_US = 1_767_225_600_000_000


def ethernet(source: str, target: str, kind: int, body: bytes, vlan: tuple[int, ...] = ()) -> bytes:
    head = bytes.fromhex(target.replace(":", "")) + bytes.fromhex(source.replace(":", ""))
    tags = b"".join(struct.pack(">HH", 0x8100, tag) for tag in vlan)
    return head + tags + struct.pack(">H", kind) + body


def ip(source: str, target: str, protocol: int, body: bytes) -> bytes:
    here, there = ipaddress.ip_address(source).packed, ipaddress.ip_address(target).packed
    if len(here) == 16:
        return struct.pack(">IHBB", 6 << 28, len(body), protocol, 64) + here + there + body
    return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0) + here + there + body


def tcp(here: int, there: int, seq: int, flags: int, data: bytes = b"") -> bytes:
    return struct.pack(">HHIIBBHHH", here, there, seq, 0, 5 << 4, flags, 8192, 0, 0) + data


def udp(here: int, there: int, data: bytes) -> bytes:
    return struct.pack(">HHHH", here, there, 8 + len(data), 0) + data


def arp(mac: str, address: str) -> bytes:
    own = bytes.fromhex(mac.replace(":", "")) + ipaddress.ip_address(address).packed
    body = b"\x00\x01\x08\x00\x06\x04\x00\x02" + own + bytes(10)
    return ethernet(mac, "ff:ff:ff:ff:ff:ff", 0x0806, body)


class Stream:
    """One TCP conversation as frames: who sends what, in order."""

    def __init__(self, client: tuple[str, str, int], server: tuple[str, str, int], vlan: tuple[int, ...] = ()) -> None:
        self.ends, self.vlan = (client, server), vlan
        self.seq = [1000, 5000]
        self.frames: list[bytes] = []

    def send(self, side: int, data: bytes, flags: int = PSH | ACK) -> None:
        (mac, address, port), (their_mac, their_address, their_port) = self.ends[side], self.ends[1 - side]
        segment = tcp(port, their_port, self.seq[side], flags, data)
        kind = 0x86DD if ":" in address else 0x0800
        self.frames.append(ethernet(mac, their_mac, kind, ip(address, their_address, 6, segment), self.vlan))
        self.seq[side] = (self.seq[side] + len(data) + (1 if flags & SYN else 0)) & 0xFFFFFFFF

    def open(self) -> None:
        self.send(0, b"", SYN)
        self.send(1, b"", SYN | ACK)
        self.send(0, b"", ACK)


def pcap(frames: list[bytes], *, order: str = "<", nano: bool = False, link: int = 1, snap: int = 262_144) -> bytes:
    head = struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snap, link)
    made = [head]
    for n, frame in enumerate(frames):
        at_us = START_US + n * 1000
        rest = at_us % 1_000_000 * (1000 if nano else 1)
        kept = frame[:snap]
        made.append(struct.pack(order + "IIII", at_us // 1_000_000, rest, len(kept), len(frame)) + kept)
    return b"".join(made)


def block(order: str, kind: int, body: bytes) -> bytes:
    padded = body + bytes(-len(body) % 4)
    size = struct.pack(order + "I", 12 + len(padded))
    return struct.pack(order + "I", kind) + size + padded + size


def pcapng(frames: list[bytes], *, order: str = "<", resolution: int = 6) -> bytes:
    section = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
    option = struct.pack(order + "HHB3x", 9, 1, resolution) + struct.pack(order + "HH", 0, 0)
    made = [block(order, 0x0A0D0D0A, section), block(order, 1, struct.pack(order + "HHI", 1, 0, 0) + option)]
    made.append(block(order, 0x0BAD, b"a block of somebody else's"))
    for n, frame in enumerate(frames):
        stamp = (START_US + n * 1000) * 10**resolution // 10**6
        head = struct.pack(order + "IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(frame), len(frame))
        made.append(block(order, 6, head + frame))
    return b"".join(made)
