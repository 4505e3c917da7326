"""Bytes as they come off the wire, in any pieces and with anything wrong in them: only right values are shown."""

import asyncio
import struct

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ironkeep.adapters.equipment.modbus.adapter import ModbusReader
from ironkeep.adapters.equipment.modbus.connection import Wire
from ironkeep.model.link import ReplyFault
from ironkeep.model.site import Device
from ironkeep.model.time import ClockQuality, Now
from ironkeep.packs.equipment.library import knowledge
from tests.adapters.equipment.modbus.plant import common, image
from tests.adapters.equipment.modbus.test_adapter import battery, module, strings
from tests.adapters.equipment.modbus.watch import QUICK

REGISTERS = image(common(), battery(50), strings(16), module(1), module(2))
ASKED_MAX = 30


class Far:
    """The other end: holds what was asked last, and answers as the registers say."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False

    def is_closing(self) -> bool:
        return self.closed

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def abort(self) -> None:
        self.closed = True

    def reply(self) -> bytes:
        transaction, _, _, unit, function, address, count = struct.unpack(">HHHBBHH", self.sent[-1])
        wanted = range(address, address + count)
        if not all(each in REGISTERS for each in wanted):
            return struct.pack(">HHHBBB", transaction, 0, 3, unit, function | 0x80, 2)
        words = struct.pack(f">{count}H", *(REGISTERS[each] for each in wanted))
        return struct.pack(">HHHBBB", transaction, 0, 3 + 2 * count, unit, function, 2 * count) + words


class Bench:
    """One device on a line whose clock goes a millisecond with every look at it, and whose wire is in our hands."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.us = 1_000_000
        device = Device("bms", "bms", "modbus", "127.0.0.1", 502, period_s=0.02, timeout_s=60.0)
        self.reader = ModbusReader([device], knowledge(), self.now, np.random.default_rng(1), QUICK)
        self.line = self.reader._lines[0]
        self.line.start(self.loop)
        self.wire, self.far = Wire(self.line._connection, self.line), Far()
        self.wire.connection_made(self.far)

    def now(self) -> Now:
        self.us += 1_000
        return Now(at_us=self.us, mono_us=self.us, clock=ClockQuality.UNKNOWN)

    def take(self, data: bytes) -> None:
        self.wire.get_buffer(-1)[: len(data)] = data
        self.wire.buffer_updated(len(data))

    def wait(self) -> None:
        """Let time pass until something is asked: the timer of the line, by hand."""
        asked = len(self.far.sent)
        for _ in range(200):
            if len(self.far.sent) > asked or self.far.closed:
                return
            self.us += 10_000
            self.line._awake()

    def soc(self) -> set[float]:
        """Every state of charge that is shown."""
        return {
            float(value)
            for frame in self.reader.frames(self.us)
            if frame.layout.group.startswith("sunspec-802")
            for value in frame.column("soc_pct")
            if value == value
        }

    def __enter__(self) -> "Bench":
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.close()


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({cut % len(data) for cut in cuts} - {0})
    return [data[a:b] for a, b in zip([0, *places], [*places, len(data)], strict=True)]


@settings(max_examples=12, deadline=None)
@given(st.lists(st.lists(st.integers(0, 300), max_size=3), min_size=ASKED_MAX, max_size=ASKED_MAX))
def test_replies_in_any_pieces_are_each_counted_once_and_show_the_same_values(cuts: list[list[int]]) -> None:
    with Bench() as bench:
        for each in cuts:
            asked = len(bench.far.sent)
            for piece in pieces(bench.far.reply(), each):
                assert len(bench.far.sent) == asked, "nothing more is asked before the reply is whole"
                bench.take(piece)
            if len(bench.far.sent) == asked:
                bench.wait()
            assert len(bench.far.sent) == asked + 1, "one request in flight"
        link = bench.reader.links()[0]
        assert (link.requests, link.replies, link.faults, link.timeouts) == (ASKED_MAX + 1, ASKED_MAX, {}, 0)
        assert bench.soc() == {50.0}
        transactions = [data[:2] for data in bench.far.sent]
        assert len(set(transactions)) == len(transactions)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, ASKED_MAX),
    st.sampled_from(["flip", "twice", "cut", "old", "noise"]),
    st.integers(0, 8),
    st.integers(1, 255),
    st.binary(min_size=1, max_size=40),
)
def test_a_reply_with_anything_wrong_in_its_head_shows_no_value_and_is_counted(
    when: int, how: str, byte: int, flip: int, noise: bytes
) -> None:
    with Bench() as bench:
        first = b""
        for n in range(ASKED_MAX):
            right = bench.far.reply()
            first = first or right
            if n == when:
                changed = bytearray(right)
                changed[byte] ^= flip
                wrong = {
                    "flip": bytes(changed),
                    "twice": right + right,
                    "cut": right[:-1] + noise,
                    "old": first + right,
                    "noise": noise + right,
                }[how]
                bench.take(wrong[:4096])
            else:
                bench.take(right)
            if bench.far.closed:
                break
            bench.wait()
        assert bench.soc() <= {50.0} or how == "cut", "no value that the device did not send"
        faults = bench.reader.links()[0].faults
        assert set(faults) <= {fault.value for fault in ReplyFault}
        if how == "twice" and when < ASKED_MAX:
            assert faults == {ReplyFault.DUPLICATE.value: 1}
