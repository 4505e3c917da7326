"""Whatever a capturer writes, and however it is cut: states and counts, never an exception, never a value of a lie."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ironkeep.codecs.pcapstream import HELD_BYTES_MAX, PcapStream
from ironkeep.model.time import SECOND_US
from tests.adapters.equipment.passive.traffic import CHAIN, HEADING, Wire, device, record
from tests.codecs import wire as frames
from tests.codecs.test_pcap import modbus_story


def packets(stream: PcapStream, pieces: list[bytes]) -> list[tuple[int, int, bytes]]:
    found = []
    for piece in pieces:
        found += list(stream.feed(piece))
        assert len(stream._held) <= HELD_BYTES_MAX
    return found


PCAP, PCAPNG = frames.pcap(modbus_story().frames), frames.pcapng(modbus_story().frames)
SECTION = PCAPNG[: len(frames.pcapng([]))]  # the section, its interface, and a block to step over


@given(st.lists(st.integers(0, 1500), max_size=12), st.sampled_from("<>"), st.booleans(), st.booleans())
def test_a_stream_gives_the_same_packets_however_it_is_cut(
    cuts: list[int], order: str, nano: bool, classic: bool
) -> None:
    story = modbus_story().frames
    data = (
        frames.pcap(story, order=order, nano=nano)
        if classic
        else frames.pcapng(story, order=order, resolution=9 if nano else 6)
    )
    at = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[a:b] for a, b in pairwise(at)]
    found = packets(PcapStream(), pieces)
    assert [packet for *_, packet in found] == story
    assert found == packets(PcapStream(), [data])


@given(st.lists(st.binary(max_size=80), max_size=10), st.sampled_from((b"", HEADING, SECTION)))
def test_any_bytes_are_packets_or_a_reason(pieces: list[bytes], start: bytes) -> None:
    stream = PcapStream()
    packets(stream, [start, *pieces])
    assert stream.broken == "" or len(stream.broken) > 10


@given(st.data(), st.sampled_from((PCAP, PCAPNG)))
def test_a_stream_with_any_bytes_changed_is_packets_or_a_reason(data: st.DataObject, whole: bytes) -> None:
    changed = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(changed)))
    stream = PcapStream()
    found = packets(stream, [bytes(changed[:cut]), bytes(changed[cut:])])
    assert len(found) <= len(modbus_story().frames) + 1
    assert all(len(packet) <= len(changed) for *_, packet in found)


def simple(packet: bytes) -> bytes:
    return frames.block("<", 3, struct.pack("<I", len(packet)) + packet)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"hello", "no capture"),
        (b"\x1f\x8b\x08\0", "no capture"),
        (SECTION + simple(b"a packet"), "packets without their time"),
        (SECTION + frames.block("<", 6, struct.pack("<5I", 3, 0, 0, 0, 0)), "interface 3, which is not described"),
        (SECTION + frames.block("<", 6, struct.pack("<5I", 0, 0, 0, 90, 90)), "a packet of 90 bytes in a block of 20"),
        (SECTION + struct.pack("<II4x", 6, 1 << 30), "a block of 1073741824 bytes"),
        (SECTION + frames.block("<", 1, struct.pack("<HHI", 147, 0, 0)), "link layer 147"),
        (SECTION + frames.block("<", 5, b"1234")[:-1] + b"!", "two lengths differ"),
        (SECTION[:8] + bytes(4), "without its byte order"),
    ],
)
def test_what_cannot_be_is_named_and_ends_the_stream(data: bytes, words: str) -> None:
    stream = PcapStream()
    assert packets(stream, [data, PCAPNG[len(SECTION) :]]) == []
    assert words in stream.broken


def test_a_capturer_that_begins_again_in_the_same_stream_describes_its_interfaces_anew() -> None:
    again = frames.pcapng(modbus_story().frames, order=">", resolution=9)
    assert packets(PcapStream(), [PCAPNG + again]) == 2 * packets(PcapStream(), [PCAPNG])


def test_a_clock_that_begins_behind_the_epoch_is_put_right() -> None:
    offset = struct.pack("<HHq", 14, 8, -3600) + struct.pack("<HH", 0, 0)
    interface = frames.block("<", 1, struct.pack("<HHI", 1, 0, 0) + offset)
    section = frames.block("<", 0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    late, on_time = packets(PcapStream(), [section + interface + PCAPNG[len(SECTION) :]]), packets(PcapStream(), [PCAP])
    assert {there[1] - here[1] for here, there in zip(late, on_time, strict=True)} == {3600 * SECOND_US}


@settings(max_examples=60)
@given(st.data())
def test_a_conversation_with_any_bytes_changed_lost_or_repeated_never_shows_another_device(data: st.DataObject) -> None:
    """Whatever is done to packets, nothing is raised, and the values of good polls afterwards are right again."""
    wire = Wire(device(chain=CHAIN))
    wire.poll(1)
    talk = wire.stream()
    message = struct.pack(">HHHBBHH", 77, 0, 6, 1, 3, 40_081, 1)
    for _ in range(data.draw(st.integers(1, 6))):
        talk.send(data.draw(st.integers(0, 1)), data.draw(st.one_of(st.binary(max_size=30), st.just(message))))
    made = talk.frames
    talk.frames = []
    for frame in data.draw(st.permutations(made)):
        changed = bytearray(frame)
        for _ in range(data.draw(st.integers(0, 3))):
            changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(0, 255))
        kept = bytes(changed)[: data.draw(st.integers(0, len(changed)))]
        wire.hear(record(kept, wire.now().at_us))
    wire.turn(7.0)
    wire.poll(4)
    value, quality = wire.shown("soc_pct")
    assert (value, quality) == (50.0, 0) or value is None
    assert len(wire.link.writers) <= 17
