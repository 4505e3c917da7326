"""Packets taken in by columns give what they give one by one, whatever they are and however they are cut."""

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ironkeep.codecs import pcap
from ironkeep.codecs.conversations import Gathering
from ironkeep.codecs.packetcolumns import Batch, gather
from ironkeep.codecs.packets import LINKS
from ironkeep.codecs.taken import Taken
from tests.codecs import wire
from tests.codecs.test_pcap import BMS, EMS, dnp3, modbus_story, read_message, reply_message, write_message
from tests.codecs.wire import ACK, PSH, RST, SYN, Stream


def one_by_one(frames: list[bytes], link: int = 1) -> Taken:
    to = Gathering("cap")
    for frame in frames:
        to.packet += 1
        LINKS[link](frame, wire.START_US + (to.packet - 1) * 1000, to)
    return to.taken([])


def in_batches(frames: list[bytes], cuts: list[int], link: int = 1) -> Taken:
    to = Gathering("cap")
    edges = sorted({0, len(frames), *(cut % (len(frames) + 1) for cut in cuts)})
    for first, last in pairwise(edges):
        part = frames[first:last]
        size = np.array([len(frame) for frame in part])
        at_us = wire.START_US + 1000 * np.arange(first, last)
        gather(Batch(link, b"".join(part), np.cumsum(size) - size, size, at_us, np.arange(first, last) + 1), to)
    return to.taken([])


def test_a_long_quiet_poll_is_counted_in_columns_and_alike() -> None:
    story = Stream(EMS, BMS)
    story.open()
    for n in range(400):
        story.send(0, read_message(unit=1 + n % 3) if n % 50 else write_message())
        story.send(1, reply_message(unit=1 + n % 3))
    wanted = one_by_one(story.frames)
    assert in_batches(story.frames, [100, 333]) == wanted
    assert (wanted.talks[0].reads, wanted.talks[0].writes) == (392, 8)


MESSAGES = [
    read_message(),
    read_message(17),
    reply_message(),
    write_message(),
    dnp3(1),
    dnp3(5),
    dnp3(129, user=bytes(20)),
]
MESSAGES += [
    b"",
    b"GET / HTTP/1.1",
    read_message()[:5],
    read_message() + write_message(),
    b"\x05\x64\x00\x00\x00\x04\x01\x05\x01\x00",
]
PORTS = [502, 20_000, 443, 15_020, 50_001, 161]
FLAGS = [PSH | ACK, PSH | ACK, PSH | ACK, SYN, SYN | ACK, RST, 0]


@st.composite
def captures(draw: st.DrawFn) -> list[bytes]:
    """Streams mixed together; packets repeated, left out, damaged, cut; other protocols between."""
    streams = []
    for n in range(draw(st.integers(1, 4))):
        ends = (
            (EMS[0], EMS[1], draw(st.sampled_from([49_152, 502, 50_001]))),
            (BMS[0], f"10.20.4.{31 + n % 2}", draw(st.sampled_from(PORTS))),
        )
        if draw(st.booleans()):
            ends = ends[::-1]
        stream = Stream(*ends, vlan=draw(st.sampled_from([(), (), (7,), (7, 8), (1, 2, 3)])))
        if draw(st.booleans()):
            stream.open()
        for _ in range(draw(st.integers(0, 12))):
            stream.send(draw(st.integers(0, 1)), draw(st.sampled_from(MESSAGES)), draw(st.sampled_from(FLAGS)))
        streams.append(stream.frames)
    frames = [frame for frames in streams for frame in frames]
    if draw(st.booleans()):
        frames = draw(st.permutations(frames))
    six = modbus_story((EMS[0], "fd00::10", 49152), (BMS[0], "fd00::31", 502)).frames
    udp = wire.ethernet(
        EMS[0],
        BMS[0],
        0x0800,
        wire.ip(EMS[1], BMS[1], 17, wire.udp(5000, draw(st.sampled_from(PORTS)), draw(st.sampled_from(MESSAGES)))),
    )
    for odd in (wire.arp(BMS[0], BMS[1]), wire.arp(EMS[0], "10.20.4.77"), *six[:2], udp):
        if draw(st.booleans()):
            frames.insert(draw(st.integers(0, len(frames))), odd)
    for _ in range(draw(st.integers(0, 4))):
        if frames:
            at = draw(st.integers(0, len(frames) - 1))
            frame = bytearray(frames[at])
            kind = draw(st.sampled_from(["cut", "byte", "twice", "gone"]))
            if kind == "cut":
                frames[at] = bytes(frame[: draw(st.integers(0, len(frame)))])
            elif kind == "byte" and frame:
                frame[draw(st.integers(0, len(frame) - 1))] = draw(st.integers(0, 255))
                frames[at] = bytes(frame)
            elif kind == "twice":
                frames.insert(at, frames[at])
            else:
                del frames[at]
    return frames


@settings(max_examples=150, deadline=None)
@given(captures(), st.lists(st.integers(0, 60), max_size=3))
def test_any_capture_gives_the_same_in_columns_and_one_by_one(frames: list[bytes], cuts: list[int]) -> None:
    if frames:
        assert in_batches(frames, cuts) == one_by_one(frames)


@settings(max_examples=50, deadline=None)
@given(captures(), st.lists(st.integers(0, 60), max_size=2), st.sampled_from([113, 276, 101]), st.integers(0, 7))
def test_other_link_layers_give_the_same_in_columns_and_one_by_one(
    frames: list[bytes], cuts: list[int], link: int, kind: int
) -> None:
    bodies = [frame[14:] for frame in frames if len(frame) > 14]
    head = {
        101: b"",
        113: struct.pack(">HHH", 0, 1, kind) + b"\x02\0\0\0\0\x09\0\0" + b"\x08\x00",
        276: b"\x08\x00" + bytes(9) + bytes([kind]) + b"\x02\0\0\0\0\x09\0\0",
    }
    whole = [head[link] + body for body in bodies]
    if whole:
        assert in_batches(whole, cuts, link) == one_by_one(whole, link)


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_a_refusal_names_the_packet_however_many_came_before(form: str) -> None:
    frames = modbus_story().frames
    if form == "pcap":
        data = wire.pcap(frames) + struct.pack("<IIII", 0, 0, 300_000, 300_000)
    else:
        data = wire.pcapng(frames) + wire.block("<", 6, struct.pack("<IIIII", 9, 0, 0, 4, 4) + b"abcd")
    with pytest.raises(Exception, match=f"packet {len(frames) + 1}"):
        pcap.parse([data], "cap")
