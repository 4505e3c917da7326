"""Captures: stations, conversations, who reads and who writes; and captures that lie."""

import struct
from collections.abc import Iterator

import pytest

from ironkeep.codecs import pcap
from ironkeep.codecs.modbus import Read, request, transaction_bytes
from ironkeep.codecs.taken import Taken
from ironkeep.model.errors import Refused
from ironkeep.model.register import Talk
from tests.codecs import wire
from tests.codecs.wire import ACK, RST, START_US, SYN, Stream

EMS = ("02:00:00:00:00:01", "10.20.4.10", 49152)
BMS = ("02:00:00:00:00:02", "10.20.4.31", 502)


def told(data: bytes) -> Taken:
    return pcap.parse([data], "cap")


def read_message(unit: int = 1, count: int = 2, transaction: int = 7) -> bytes:
    return transaction_bytes(transaction) + request(unit, Read(3, 40_000, count)).wire


def reply_message(unit: int = 1, count: int = 2, transaction: int = 7) -> bytes:
    return struct.pack(">HHHBBB", transaction, 0, 3 + 2 * count, unit, 3, 2 * count) + bytes(2 * count)


def write_message(unit: int = 1) -> bytes:
    return struct.pack(">HHHBBHH", 9, 0, 6, unit, 6, 40_100, 1)


def modbus_story(client=EMS, server=BMS, vlan: tuple[int, ...] = ()) -> Stream:
    story = Stream(client, server, vlan)
    story.open()
    for unit in (1, 10):
        story.send(0, read_message(unit))
        story.send(1, reply_message(unit))
    story.send(0, write_message())
    story.send(1, write_message())
    return story


WANTED = Talk("10.20.4.10", "10.20.4.31", "modbus", 502, 9, 2, 1, 0, START_US, START_US + 8000)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("form", ["micro", "nano", "ng", "ng-nano"])
def test_every_form_of_capture_shows_the_same_conversation(form: str, order: str) -> None:
    frames = modbus_story().frames
    if form.startswith("ng"):
        data = wire.pcapng(frames, order=order, resolution=9 if form == "ng-nano" else 6)
    else:
        data = wire.pcap(frames, order=order, nano=form == "nano")
    assert told(data).talks == (WANTED,)


def test_stations_are_known_by_address_hardware_protocol_and_unit() -> None:
    records = {record.fields["address"]: record for record in told(wire.pcap(modbus_story().frames)).records}
    assert records["10.20.4.31"].fields == {"address": "10.20.4.31", "mac": BMS[0], "protocol": "modbus"}
    assert records["10.20.4.31"].place == "packet 2 (Modbus units 1 10)"
    assert records["10.20.4.10"].fields == {"address": "10.20.4.10", "mac": EMS[0]}


def test_tags_of_vlans_and_ipv6_are_seen_through() -> None:
    tagged = told(wire.pcap(modbus_story(vlan=(100, 7)).frames))
    assert tagged.talks == (WANTED,)
    six = told(wire.pcap(modbus_story((EMS[0], "fd00::10", 49152), (BMS[0], "fd00::31", 502)).frames))
    assert [(talk.answerer, talk.reads, talk.writes) for talk in six.talks] == [("fd00::31", 2, 1)]


def test_the_bytes_count_however_they_are_cut_into_pieces() -> None:
    data = wire.pcap(modbus_story().frames)

    def drops() -> Iterator[bytes]:
        for n in range(0, len(data), 7):
            yield data[n : n + 7]

    assert pcap.parse(drops(), "cap") == told(data)


def test_a_request_cut_over_two_packets_counts_once_and_a_retransmission_not_at_all() -> None:
    story = Stream(EMS, BMS)
    story.open()
    message = read_message()
    story.send(0, message[:5])
    story.send(0, message[5:])
    story.frames.append(story.frames[-1])
    story.send(1, reply_message())
    assert [(talk.reads, talk.writes, talk.packets) for talk in told(wire.pcap(story.frames)).talks] == [(1, 0, 7)]


def test_two_requests_in_one_packet_count_twice() -> None:
    story = Stream(EMS, BMS)
    story.open()
    story.send(0, read_message() + write_message())
    assert [(talk.reads, talk.writes) for talk in told(wire.pcap(story.frames)).talks] == [(1, 1)]


def test_modbus_on_an_odd_port_is_told_by_its_messages_also_without_the_opening() -> None:
    story = modbus_story(server=(BMS[0], BMS[1], 15_020))
    assert [(t.protocol, t.port, t.reads, t.writes) for t in told(wire.pcap(story.frames)).talks] == [
        ("modbus", 15_020, 2, 1)
    ]
    late = told(wire.pcap(story.frames[3:])).talks
    assert [(t.asker, t.protocol, t.reads, t.writes) for t in late] == [("10.20.4.10", "modbus", 2, 1)]


def dnp3(function: int, *, user: bytes = b"") -> bytes:
    body = b"\xc0\xc1" + bytes([function]) + user
    blocks = b"".join(body[n : n + 16] + b"\x00\x00" for n in range(0, len(body), 16))
    return b"\x05\x64" + bytes([5 + len(body), 0xC4, 10, 0, 1, 0]) + b"\x00\x00" + blocks


def test_dnp3_requests_are_told_apart_and_responses_are_none() -> None:
    story = Stream(EMS, (BMS[0], BMS[1], 20_000))
    story.open()
    story.send(0, dnp3(1))
    story.send(1, dnp3(129, user=bytes(40)))
    story.send(0, dnp3(5) + dnp3(2))
    story.send(0, dnp3(23))
    assert [(t.protocol, t.reads, t.writes, t.others) for t in told(wire.pcap(story.frames)).talks] == [
        ("dnp3", 1, 2, 1)
    ]


def test_other_protocols_are_told_by_their_port_and_doors_are_named() -> None:
    frames = []
    for port in (3493, 161, 2404, 4840, 443, 1883, 22):
        story = Stream((EMS[0], EMS[1], 50_000 + port), (BMS[0], BMS[1], port))
        story.open()
        frames += story.frames
    taken = told(wire.pcap(frames))
    assert {talk.protocol for talk in taken.talks} == {"nut", "snmp", "iec104", "opcua", "https", "mqtt", "ssh"}
    fields = next(record.fields for record in taken.records if record.fields["address"] == BMS[1])
    assert fields["interfaces"] == "web page, shell"


def test_what_nobody_answers_is_no_conversation_and_is_counted() -> None:
    story = Stream(EMS, BMS)
    story.send(0, b"", SYN)
    story.send(1, b"", RST | ACK)
    other = Stream((EMS[0], EMS[1], 50_001), (BMS[0], "10.20.4.99", 80))
    other.send(0, b"", SYN)
    taken = told(wire.pcap(story.frames + other.frames))
    assert taken.talks == ()
    assert "2 conversations that nobody answered" in taken.left_out


def test_a_router_lends_its_hardware_address_to_nobody_and_arp_says_whose_it_is() -> None:
    router = "02:00:00:00:00:fe"
    frames = []
    for n in range(3):
        story = Stream((router, f"10.99.0.{n + 1}", 50_000), BMS)
        story.open()
        frames += story.frames
    frames.append(wire.arp(router, "10.20.4.1"))
    macs = {record.fields["address"]: record.fields.get("mac") for record in told(wire.pcap(frames)).records}
    assert macs == {"10.99.0.1": None, "10.99.0.2": None, "10.99.0.3": None, "10.20.4.31": BMS[0], "10.20.4.1": router}


def test_a_short_snap_length_costs_payloads_and_nothing_else() -> None:
    taken = told(wire.pcap(modbus_story().frames, snap=54))
    assert [(talk.protocol, talk.packets, talk.reads) for talk in taken.talks] == [("modbus", 9, 0)]


def test_a_file_that_ends_within_a_packet_keeps_what_came_before_and_says_so() -> None:
    taken = told(wire.pcap(modbus_story().frames)[:-3])
    assert taken.talks[0].packets == 8
    assert "ends within a packet" in taken.mended[0]


@pytest.mark.parametrize("kept", [262_145, 0xFFFFFFFF, 2**31])
def test_a_packet_that_lies_about_its_length_is_refused_with_its_number(kept: int) -> None:
    data = bytearray(wire.pcap(modbus_story().frames))
    first = 24
    length = struct.unpack_from("<I", data, first + 8)[0]
    struct.pack_into("<I", data, first + 16 + length + 8, kept)
    with pytest.raises(Refused, match="cap: packet 2"):
        told(bytes(data))


@pytest.mark.parametrize("size", [0, 8, 13, 0xFFFFFFF0])
def test_a_block_that_lies_about_its_length_is_refused(size: int) -> None:
    data = bytearray(wire.pcapng(modbus_story().frames))
    second = struct.unpack_from("<I", data, 4)[0]
    third = second + struct.unpack_from("<I", data, second + 4)[0]
    struct.pack_into("<I", data, third + 4, size)
    with pytest.raises(Refused, match="cap: packet"):
        told(bytes(data))


def test_a_packet_larger_than_its_block_is_refused() -> None:
    data = wire.pcapng([wire.arp(BMS[0], BMS[1])])
    lied = data.replace(struct.pack("<II", 42, 42), struct.pack("<II", 4200, 42))
    assert lied != data
    with pytest.raises(Refused, match="4200 bytes"):
        told(lied)


def test_ethernet_padding_is_not_payload() -> None:
    story = Stream(EMS, BMS)
    story.open()
    padded = [frame + bytes(60 - len(frame)) if len(frame) < 60 else frame for frame in story.frames]
    assert told(wire.pcap(padded)).talks[0].others == 0


@pytest.mark.parametrize("link", [0, 12, 101, 113, 228, 229, 276])
def test_link_layers_without_ethernet_are_read(link: int) -> None:
    bare = [frame[14:] for frame in modbus_story().frames]
    cooked = struct.pack(">HHH", 0, 1, 6) + bytes(8) + b"\x08\x00"
    heads = {0: b"\x02\x00\x00\x00", 113: cooked, 276: b"\x08\x00" + bytes(18)}
    taken = told(wire.pcap([heads.get(link, b"") + packet for packet in bare], link=link))
    assert [(talk.reads, talk.writes) for talk in taken.talks] == [(2, 1)]


def test_what_is_no_capture_or_of_an_unread_link_layer_is_refused() -> None:
    for data in (b"", b"\x1f\x8b\x08\x00 compressed", wire.pcap([])):
        with pytest.raises(Refused):
            told(data)
    with pytest.raises(Refused, match="link layer 127"):
        told(wire.pcap([b"x" * 60], link=127))


def test_fragments_and_broken_headers_are_counted_not_guessed() -> None:
    whole = modbus_story().frames[3]
    fragment = whole[:20] + b"\x00\x10" + whole[22:]
    broken = whole[:14] + b"\x41" + whole[15:]
    left = told(wire.pcap([whole, fragment, broken, whole[:10]])).left_out
    assert "1 later fragments" in left
    assert "1 broken packets" in left
    assert "1 packets that are cut before their addresses" in left
