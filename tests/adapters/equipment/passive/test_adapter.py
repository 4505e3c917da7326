"""What somebody who only listens may say of a device, and what not."""

import struct

import numpy as np
import pytest

from ironkeep.adapters.equipment.modbus.adapter import ModbusReader
from ironkeep.adapters.equipment.passive.station import Station
from ironkeep.codecs.talkers import FLOWS_MAX, MASTERS_MAX, TALKS_MAX, Talkers
from ironkeep.model.link import LinkState
from ironkeep.model.quality import Quality
from ironkeep.model.time import SECOND_US
from ironkeep.packs.equipment.library import knowledge
from tests.adapters.equipment.modbus.plant import common, image
from tests.adapters.equipment.passive.traffic import (
    BMS,
    CHAIN,
    EMS,
    HEADING,
    OTHER,
    Wire,
    battery,
    device,
    record,
    site,
)
from tests.codecs.wire import ACK, PSH, Stream


def test_a_walk_that_is_heard_gives_the_layout_and_polls_give_values():
    wire = Wire()
    wire.walk()
    wire.poll()
    assert wire.shown("soc_pct") == (50.0, 0)
    assert wire.link.state is LinkState.UP
    said = wire.reader.particulars()[0]
    assert (said.manufacturer, said.serial, said.chain) == ("Maker", "S1", CHAIN)
    frame = wire.reader.frames(wire.now().at_us)[0]
    assert frame.layout.group == "sunspec-802@tap"
    assert not frame.analog.flags.writeable


def test_a_declared_chain_does_without_a_walk():
    wire = Wire(device(chain=CHAIN))
    wire.poll(blocks=((40_072, 62),))
    assert wire.shown("soc_pct") == (50.0, 0)


def test_without_walk_or_chain_nothing_is_shown_and_the_link_says_why():
    wire = Wire()
    wire.poll(blocks=((40_072, 62),))
    assert wire.reader.frames(wire.now().at_us) == ()
    assert "declare `chain`" in wire.link.detail
    assert wire.link.state is LinkState.UP, "the device answers; only its layout is not known"


def test_a_half_heard_walk_gives_the_models_before_the_hole():
    wire = Wire()
    for address, count in ((40_000, 2), (40_002, 2), (40_070, 2)):
        wire.ask(address, count)
    wire.poll()
    assert wire.shown("soc_pct") == (50.0, 0)
    assert "behind 802@40070+62" in wire.link.detail
    assert wire.reader.particulars() == (), "a chain whose end nobody read is not told as the device's"
    wire.ask(40_134, 2)
    wire.poll()
    assert wire.reader.particulars()[0].chain == CHAIN


def test_what_nobody_reads_is_absent_and_counted():
    wire = Wire(device(chain=CHAIN))
    wire.poll(3, blocks=((40_081, 1), (40_126, 1)))
    assert wire.shown("soc_pct") == (50.0, 0)
    assert wire.shown("soh_pct") == (None, Quality.ABSENT)
    assert "values that nobody reads" in wire.link.detail


def test_a_value_whose_scale_factor_was_not_heard_is_absent():
    wire = Wire(device(chain=CHAIN), registers=site(soc=505, scale=0xFFFF))
    wire.poll(3, blocks=((40_081, 1),))
    assert wire.shown("soc_pct") == (None, Quality.ABSENT)
    assert "1 whose scale factor was not heard" in wire.link.detail
    wire.poll(1, blocks=((40_081, 1), (40_126, 1)))
    assert wire.shown("soc_pct") == (50.5, 0)
    wire.poll(6, blocks=((40_081, 1),))
    assert wire.shown("soc_pct") == (50.5, 0), "a scale factor is configuration: once heard it holds"


def test_what_is_read_now_and_then_shows_no_live_value():
    wire = Wire(device(chain=CHAIN))
    for n in range(12):
        wire.poll(1, blocks=((40_081, 1), (40_126, 1), (40_072, 2)) if n % 6 == 0 else ((40_072, 2),))
        assert wire.shown("soc_pct")[0] is None
    assert "read less often than every 3 s" in wire.link.detail


def test_silence_takes_every_value_away_within_three_periods_and_the_first_answer_brings_them_back():
    wire = Wire()
    wire.walk()
    wire.poll()
    wire.turn(1.5)
    assert wire.shown("soc_pct") == (50.0, 0)
    wire.turn(1.0)
    assert wire.shown("soc_pct") == (None, Quality.LOST)
    assert wire.link.state is LinkState.DOWN
    assert "no believable answer" in wire.link.detail
    wire.poll(1)
    assert wire.shown("soc_pct") == (50.0, 0)


def test_a_value_that_came_in_two_pieces_is_absent():
    wire = Wire(device(chain=CHAIN))
    wire.poll(2)
    assert wire.shown("cycles_count") == (7.0, 0)
    wire.poll(1, blocks=((40_072, 13), (40_085, 49)))
    assert wire.shown("cycles_count") == (None, Quality.ABSENT)
    assert wire.shown("soc_pct") == (50.0, 0)


def test_after_the_tap_was_interrupted_everything_is_heard_anew():
    wire = Wire(registers=site(soc=505, scale=0xFFFF))
    wire.walk()
    wire.poll()
    assert wire.shown("soc_pct") == (50.5, 0)
    for station in wire.tap.stations:
        station.interrupted()
    wire.poll(3, blocks=((40_081, 1),))
    assert wire.shown("soc_pct") == (None, Quality.ABSENT), "id, length and scale factor may have changed meanwhile"
    wire.poll(2)
    assert wire.shown("soc_pct") == (50.5, 0)


def test_no_scale_factor_of_before_an_interruption_counts_wherever_it_stands():
    filler = (64_001, 78, *[0] * 78)  # so that value and scale factor stand 45 registers apart, over a border of pages
    chain = ("1@40002+66", "64001@40070+78", "802@40150+62")
    registers = image(common(), filler, battery(505, 0xFFFF))
    wire = Wire(device(chain=chain), registers=registers)
    wire.poll(blocks=((40_150, 64),))
    assert wire.shown("soc_pct") == (50.5, 0)
    for station in wire.tap.stations:
        station.interrupted()
    wire.poll(3, blocks=((40_150, 12),))
    assert wire.shown("soc_pct") == (None, Quality.ABSENT)


@pytest.mark.safety("S50")
def test_the_reader_that_polls_takes_no_device_with_a_tap():
    poller = ModbusReader([device()], knowledge(), Wire().now, np.random.default_rng(1))
    assert poller.links() == ()


def test_another_model_than_declared_is_never_read_as_the_declared_one():
    registers = site()
    registers[40_070] = 803
    wire = Wire(device(chain=CHAIN), registers=registers)
    wire.poll(3)
    assert wire.shown("soc_pct") == (None, Quality.ABSENT)
    assert "register 40070 reads 803 and should read 802" in wire.link.detail


def test_an_exception_is_told_as_one():
    wire = Wire(device(chain=CHAIN))
    for address in range(40_072, 40_134):
        del wire.registers[address]
    wire.poll(2, blocks=((40_002, 2), (40_072, 62)))
    assert wire.shown("soc_pct") == (None, Quality.EXCEPTION)
    assert wire.link.exceptions == 2


def test_two_masters_fill_one_sheet():
    wire = Wire(device(chain=CHAIN))
    for _ in range(3):
        wire.ask(40_072, 30)
        wire.ask(40_102, 32, OTHER)
        wire.turn()
    assert wire.shown("soc_pct") == (50.0, 0)
    assert wire.link.requests == 6


def test_packets_that_are_not_of_now_show_nothing():
    wire = Wire(device(chain=CHAIN))
    story = Stream(EMS, BMS)
    story.open()
    hour_ago_us = wire.now().at_us - 3600 * SECOND_US
    wire.hear(b"".join(record(frame, hour_ago_us) for frame in story.frames))
    wire.turn()
    assert "3600 s ago" in wire.tap.trouble
    assert wire.link.requests == 0
    assert wire.link.state is LinkState.NEVER


def test_a_stream_heard_from_its_middle_counts_from_its_first_whole_message():
    wire = Wire(device(chain=CHAIN))
    story = wire.talks[EMS] = Stream(EMS, BMS)  # without its SYN
    story.send(1, b"\x01\x02\x03" + bytes(60))
    wire.flush()
    wire.poll(3)
    assert wire.shown("soc_pct") == (50.0, 0)
    assert wire.link.faults == {}


def test_lost_packets_cost_their_own_values_alone():
    wire = Wire()
    wire.walk()
    wire.poll(3)
    wire.deaf = True
    wire.ask(40_070, 64)
    wire.deaf = False
    wire.poll(3)
    assert wire.shown("soc_pct") == (50.0, 0)
    assert wire.link.faults == {}, "what was not heard is no lie"
    assert "bytes were missed at the tap 2 times" in wire.link.detail


@pytest.mark.parametrize(
    ("fault", "pdu", "changed"),
    [
        ("function code", bytes([4, 4, 0, 1, 0, 2]), {}),
        ("byte count", bytes([3, 2, 0, 1]), {}),
        ("unit id", bytes([3, 4, 0, 1, 0, 2]), {"unit": 7}),
        ("unasked", bytes([3, 4, 0, 1, 0, 2]), {"transaction": 999}),
    ],
)
def test_a_reply_that_does_not_answer_is_refused_and_counted(fault, pdu, changed):
    wire = Wire(device(chain=CHAIN))
    wire.poll(2)
    wire.transaction += 1
    wire.send(0, struct.pack(">HHHBBHH", wire.transaction, 0, 6, 1, 3, 40_081, 2))
    if "transaction" in changed:
        wire.reply(pdu, unit=1, transaction=changed["transaction"])
    else:
        wire.reply(pdu, **changed)
    wire.turn()
    assert wire.link.faults == {fault: 1}
    assert wire.shown("soc_pct") == (50.0, 0)


def test_a_reply_comes_once_and_in_time():
    wire = Wire(device(chain=CHAIN))
    wire.poll(2)
    right = bytes([3, 2, 0, 77])
    wire.transaction += 1
    wire.send(0, struct.pack(">HHHBBHH", wire.transaction, 0, 6, 1, 3, 40_081, 1))
    wire.turn(1.5)
    wire.reply(right)
    assert wire.link.faults == {"late": 1}
    assert wire.shown("soc_pct") == (50.0, 0)
    wire.ask(40_081, 1)
    wire.reply(right)
    assert wire.link.faults == {"late": 1, "duplicate": 1}


def test_one_id_for_two_open_requests_makes_the_reply_anybodys():
    wire = Wire(device(chain=CHAIN))
    wire.poll(2)
    for address in (40_090, 40_081):
        wire.send(0, struct.pack(">HHHBBHH", 9, 0, 6, 1, 3, address, 1))
    wire.reply(bytes([3, 2, 0, 99]), transaction=9)
    wire.turn(0.5)
    assert wire.shown("soc_pct") == (50.0, 0)
    assert wire.link.faults == {"transaction id": 1}


def test_garbage_ends_the_stream_with_its_reason():
    wire = Wire()
    wire.hear(struct.pack("<IIII", 1, 0, 1 << 30, 1 << 30) + bytes(100))
    assert "makes no sense" in wire.tap._stream.broken


def test_writes_are_told_by_who_and_what_and_what_came_of_it():
    wire = Wire(device(chain=CHAIN))
    wire.poll(1)
    wire.write(struct.pack(">BHH", 6, 40_100, 17), OTHER)
    wire.write(struct.pack(">BHHB4s", 16, 40_100, 2, 4, b"\0\1\0\2"), OTHER)
    wire.write(struct.pack(">BHH", 5, 3, 0xFF00), OTHER, answer=bytes([0x85, 1]))
    wire.write(struct.pack(">BHHH", 22, 5, 0xF, 0x10), OTHER, answer=None)
    wire.write(struct.pack(">BHHHHB2s", 23, 1, 1, 40_200, 1, 2, b"\0\5"), unit=0, answer=bytes([23, 2, 0, 1]))
    wire.turn(10.0)
    told = {writer.address: writer for writer in wire.link.writers}
    assert told[OTHER[1]].count == 4
    assert told[OTHER[1]].newest == (
        "unit 1, function 6, register 40100 = 17: done",
        "unit 1, function 16, registers 40100 to 40101 = 1, 2: done",
        "unit 1, function 5, coil 3 on: refused by the device (exception 1)",
        "unit 1, function 22, register 5 masked: and 0x000f, or 0x0010: no answer was heard",
    )
    assert told[EMS[1]].newest == ("unit 0, function 23, register 40200 = 5: done",)


def test_a_flood_of_writers_is_counted_and_told_within_bounds():
    wire = Wire(device(chain=CHAIN))
    for n in range(200):
        master = ("02:00:00:00:00:09", f"10.20.9.{n}", 40_000)
        for value in range(3):
            wire.write(struct.pack(">BHH", 6, 40_100 + n, value), master)
    assert len(wire.link.writers) == 17
    assert sum(writer.count for writer in wire.link.writers) == 600
    assert all(len(writer.newest) <= 8 for writer in wire.link.writers)


def test_who_talks_at_the_tap_is_told_with_it_and_beside_it():
    wire = Wire(device(chain=CHAIN))
    wire.poll(3)
    wire.write(struct.pack(">BHH", 6, 40_100, 17), OTHER)
    beside = Stream(("02:00:00:00:00:09", "10.20.9.9", 49_000), ("02:00:00:00:00:08", "10.20.4.44", 502))
    beside.open()
    beside.send(0, struct.pack(">HHHBBHH", 1, 0, 6, 1, 3, 0, 2))
    unheard = Stream(("02:00:00:00:00:09", "10.20.9.9", 49_001), ("02:00:00:00:00:08", "10.20.4.45", 502))
    unheard.send(0, b"", 2)
    wire.capture([*beside.frames, *unheard.frames])
    wire.turn(20.0)
    told = {
        (talk.asker, talk.answerer, talk.port): (talk.protocol, talk.reads, talk.writes) for talk in wire.link.talks
    }
    assert told == {
        (EMS[1], BMS[1], 502): ("modbus", 6, 0),
        (OTHER[1], BMS[1], 502): ("modbus", 0, 1),
        ("10.20.9.9", "10.20.4.44", 502): ("modbus", 1, 0),
    }, "nobody answered the last one: that is no conversation"


def test_a_flood_of_talkers_stays_within_bounds_and_who_was_there_first_stays():
    wire = Wire(device(chain=CHAIN))
    wire.poll(1)
    talkers = Talkers()
    for n in range(FLOWS_MAX + 300):
        source, target = (f"10.{n >> 8}.{n & 255}.1", 40_000), ("10.20.4.44", 502)
        talkers.talk(target, source, "tcp", n, ACK, 1, b"")
        talkers.ask((BMS[1], 502), source[0], n, writes=False)
    talkers.settle(60 * SECOND_US)
    assert len(talkers.beside) == TALKS_MAX
    assert len(talkers.with_((BMS[1], 502))) == MASTERS_MAX
    assert talkers.beside[0].asker == "10.0.0.1"
    assert talkers.crowded
    station = Station(device(chain=CHAIN), knowledge())
    assert "more stations talk at the tap than are kept" in station.link("", 0, talkers.beside, crowded=True).detail
    assert "more stations" not in station.link("", 0, talkers.beside, crowded=False).detail


def test_segments_that_overtake_each_other_or_come_twice_change_nothing():
    wire = Wire(device(chain=CHAIN))
    wire.poll(2)
    talk = wire.stream()
    wire.transaction += 1
    talk.send(0, struct.pack(">HHHBBHH", wire.transaction, 0, 6, 1, 3, 40_081, 1))
    whole = struct.pack(">HHHB", wire.transaction, 0, 5, 1) + bytes([3, 2, 0, 61])
    talk.send(1, whole[:6], PSH | ACK)
    talk.send(1, whole[6:], PSH | ACK)
    frames, talk.frames = talk.frames, []
    wire.capture([frames[0], frames[2], frames[1], frames[2], frames[1]])
    wire.turn(0.1)
    assert wire.shown("soc_pct") == (61.0, 0)
    assert wire.link.faults == {}


def test_the_heading_alone_is_no_device():
    wire = Wire()
    wire.hear(HEADING[:0])
    wire.turn()
    assert wire.link.state is LinkState.NEVER
