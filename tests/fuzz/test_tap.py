"""Whatever a capturer writes, and however it is cut: states and counts, never an exception, never a value of a lie."""

import struct
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ironkeep.codecs.pcapstream import HELD_BYTES_MAX, PcapStream
from tests.adapters.equipment.passive.traffic import CHAIN, HEADING, Wire, device, record
from tests.codecs import wire as frames
from tests.codecs.test_pcap import modbus_story


def packets(stream: PcapStream, pieces: list[bytes]) -> list[tuple[int, int, bytes]]:
    found = []
    for piece in pieces:
        found += list(stream.feed(piece))
        assert len(stream._held) <= HELD_BYTES_MAX
    return found


@given(st.lists(st.integers(0, 900), max_size=12), st.sampled_from("<>"), st.booleans())
def test_a_stream_gives_the_same_packets_however_it_is_cut(cuts: list[int], order: str, nano: bool) -> None:
    data = frames.pcap(modbus_story().frames, order=order, nano=nano)
    at = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[a:b] for a, b in pairwise(at)]
    found = packets(PcapStream(), pieces)
    assert [packet for *_, packet in found] == modbus_story().frames
    assert found == packets(PcapStream(), [data])


@given(st.lists(st.binary(max_size=80), max_size=10), st.booleans())
def test_any_bytes_are_packets_or_a_reason(pieces: list[bytes], headed: bool) -> None:
    stream = PcapStream()
    packets(stream, [HEADING, *pieces] if headed else pieces)
    assert stream.broken == "" or len(stream.broken) > 10


def test_another_format_is_named() -> None:
    for data, word in ((b"\x0a\x0d\x0d\x0a", "pcapng"), (b"hello", "no pcap"), (b"\x1f\x8b\x08\0", "no pcap")):
        stream = PcapStream()
        assert list(stream.feed(data)) == []
        assert word in stream.broken


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
