"""Modbus/TCP bytes: requests, strict judgement of replies, and a stream cut anywhere."""

import re
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironkeep.codecs import modbus
from ironkeep.codecs.modbus import Function, Read, Reply, Stream, judge, request, transaction_bytes
from ironkeep.model.link import ReplyFault

reads = st.builds(
    lambda function, address, count: Read(function, address, min(count, 65_536 - address)),
    st.sampled_from([3, 4]),
    st.integers(0, 65_535),
    st.integers(1, 125),
)
transactions = st.integers(0, 65_535)
units = st.integers(0, 255)


def reply_to(transaction: int, asked: modbus.Request, payload: bytes) -> bytes:
    body = bytes([asked.unit, asked.read.function, len(payload)]) + payload
    return struct.pack(">HHH", transaction, 0, len(body)) + body


@given(transactions, units, reads)
def test_a_request_is_the_twelve_bytes_of_the_standard(transaction, unit, read):
    wire = transaction_bytes(transaction) + request(unit, read).wire
    assert struct.unpack(">HHHBBHH", wire) == (transaction, 0, 6, unit, read.function, read.address, read.count)


@pytest.mark.safety("S01", "S02", "S04", "S09", "S28", "S29", "S36", "S37", "S38", "S51", "S52", "S53")
def test_no_code_of_the_product_can_form_a_write(root):
    """Function codes 5, 6, 15, 16, 21, 22 and 23 write; here are 3 and 4 alone, and nothing takes another."""
    assert {each.value for each in Function} == {3, 4}
    for code in (1, 2, 5, 6, 7, 8, 15, 16, 20, 21, 22, 23, 43):
        with pytest.raises(AssertionError):
            Read(code, 0, 1)
    for path in [*(root / "src/ironkeep/adapters/equipment/modbus").glob("*.py"), Path(modbus.__file__)]:
        source = path.read_text()
        assert not re.search(r"(?i)write_?(single|multiple|coil|register|mask)|0x0?(5|6|f|10|16|17)\b", source), path
    packs = [line for line in Path(modbus.__file__).read_text().splitlines() if ".pack(" in line]
    assert [line.strip().split("=")[0] for line in packs] == ["wire", "head"], "one place forms requests"


@given(transactions, units, reads, st.data())
def test_the_right_reply_gives_its_registers(transaction, unit, read, data):
    asked = request(unit, read)
    payload = data.draw(st.binary(min_size=2 * read.count, max_size=2 * read.count))
    wire = reply_to(transaction, asked, payload)
    assert wire.startswith(transaction_bytes(transaction) + asked.head)
    assert len(wire) == asked.size
    (reply,) = Stream().feed(wire)
    assert judge(asked, transaction, reply) == payload


@given(transactions, units, reads, st.integers(1, 255))
def test_an_exception_gives_its_code(transaction, unit, read, code):
    asked = request(unit, read)
    assert judge(asked, transaction, Reply(transaction, 0, unit, bytes([read.function | 0x80, code]))) == code


FAULTS = [
    ({"transaction": 8}, ReplyFault.TRANSACTION_ID),
    ({"transaction": 0}, ReplyFault.TRANSACTION_ID),
    ({"protocol": 5}, ReplyFault.PROTOCOL_ID),
    ({"unit": 2}, ReplyFault.UNIT),
    ({"pdu": bytes([4, 8]) + bytes(8)}, ReplyFault.FUNCTION),
    ({"pdu": bytes([0x84, 2])}, ReplyFault.FUNCTION),
    ({"pdu": bytes([3, 6]) + bytes(6)}, ReplyFault.BYTE_COUNT),
    ({"pdu": bytes([3, 10]) + bytes(10)}, ReplyFault.BYTE_COUNT),
    ({"pdu": bytes([3, 8]) + bytes(7)}, ReplyFault.LENGTH),
    ({"pdu": bytes([3, 8]) + bytes(9)}, ReplyFault.LENGTH),
    ({"pdu": bytes([0x83, 0])}, ReplyFault.LENGTH),
    ({"pdu": bytes([0x83, 2, 0])}, ReplyFault.LENGTH),
]


@pytest.mark.parametrize(("change", "fault"), FAULTS)
def test_each_difference_from_the_request_is_a_fault_with_its_name(change, fault):
    asked = request(1, Read(3, 100, 4))
    right = {"transaction": 7, "protocol": 0, "unit": 1, "pdu": bytes([3, 8]) + bytes(8)}
    assert judge(asked, 7, Reply(**right)) == bytes(8)
    assert judge(asked, 7, Reply(**{**right, **change})) is fault


@given(st.lists(st.tuples(transactions, units, st.binary(min_size=2, max_size=253)), max_size=8), st.data())
def test_replies_come_out_whole_however_the_stream_is_cut(messages, data):
    wire = b"".join(struct.pack(">HHHB", t, 0, len(pdu) + 1, unit) + pdu for t, unit, pdu in messages)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=12)))
    stream, found = Stream(), []
    for start, end in zip([0, *cuts], [*cuts, len(wire)], strict=True):
        found += stream.feed(wire[start:end])
    assert [(reply.transaction, reply.unit, reply.pdu) for reply in found] == messages
    assert stream.empty
    assert stream.broken is None


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_no_bytes_break_the_stream_or_make_it_hold_more_than_one_message(chunks):
    stream, asked = Stream(), request(1, Read(3, 0, 1))
    for chunk in chunks:
        for reply in stream.feed(chunk):
            verdict = judge(asked, 1, reply)
            assert isinstance(verdict, (bytes, int, ReplyFault))
            if isinstance(verdict, bytes):
                assert reply == Reply(1, 0, 1, bytes([3, 2]) + verdict)
        assert len(stream._held) < 7 + 254


@pytest.mark.parametrize("length", [0, 1, 2, 255, 256, 65_535])
def test_an_impossible_length_breaks_the_stream_for_good(length):
    stream = Stream()
    good = struct.pack(">HHHB", 1, 0, 5, 1) + bytes([3, 2, 0, 0])
    assert len(stream.feed(good + struct.pack(">HHHB", 2, 0, length, 1) + bytes(20))) == 1
    assert stream.broken is ReplyFault.LENGTH
    assert stream.feed(good) == []
