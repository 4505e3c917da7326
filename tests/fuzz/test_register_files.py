"""Whatever stands in a file about the register, it is understood whole or refused; nothing else ever comes out."""

import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ironkeep.codecs import intake, inventory
from ironkeep.codecs.taken import Taken
from ironkeep.model.errors import Refused
from ironkeep.model.register import FIELDS, Form
from ironkeep.packs.equipment.sunspec import model
from tests.codecs import wire
from tests.codecs.test_pcap import dnp3, modbus_story

NETBOX = json.dumps(
    {
        "devices": [
            {
                "id": 1,
                "name": "bms-a",
                "device_type": {"manufacturer": {"name": "Helion"}, "model": "B1"},
                "status": {"value": "active"},
                "primary_ip4": {"address": "10.0.0.5/24"},
                "custom_fields": {"support_until": "2030-01-01"},
            }
        ],
        "interfaces": [{"device": {"name": "bms-a"}, "mac_address": "02:00:00:00:00:05"}],
        "racks": [{"name": "R1", "site": {"name": "harbor"}}],
    }
).encode()
ZEEK = (
    b"#separator \\x09\n#path\tconn\n"
    b"#fields\tts\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\torig_pkts\tresp_pkts\tconn_state\n"
    b"1700000000.5\t10.0.0.1\t4000\t10.0.0.2\t502\ttcp\t5\t4\tSF\n"
)
ZEEK_JSON = (
    b'{"_path":"modbus","ts":1.5,"id.orig_h":"10.0.0.1","id.resp_h":"10.0.0.2","id.resp_p":502,"func":"READ_COILS"}\n'
)
ISC = (
    b'lease 10.0.0.9 {\n  binding state active;\n  hardware ethernet 02:00:00:00:00:09;\n  client-hostname "ups";\n}\n'
)
KEA = b"address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state\n"
KEA += b"10.0.0.9,02:00:00:00:00:09,,4000,1700000000,1,0,0,ups,0\n"
UPSC = b"battery.charge: 100\ndevice.mfr: Helion\ndevice.serial: 417\nups.status: OL\n"
REGISTERS = b"40000,0x5375\n40001,0x6e53\n" + b"".join(
    b"%d,%d\n" % (40_002 + n, word) for n, word in enumerate([1, 66, *([0x4865] * 66), 0xFFFF, 0])
)
DNP3 = wire.ethernet(
    "02:00:00:00:00:01",
    "02:00:00:00:00:02",
    0x0800,
    wire.ip("10.0.0.1", "10.0.0.2", 17, wire.udp(20_000, 20_000, dnp3(1))),
)
GOOD = {
    "csv": (Form.CSV, b"asset,maker,installed_on,mac\ncab-a,Helion,2024-05-01,02-00-00-00-00-05\n"),
    "template": (Form.CSV, (inventory.template() + "cab-a" + "," * (len(FIELDS) - 1) + "\n").encode()),
    "netbox": (Form.NETBOX, NETBOX),
    "nut": (Form.NUT, UPSC),
    "sunspec json": (Form.SUNSPEC, b'{"models":[{"ID":1,"L":66,"Mn":"Helion","Md":"B1","SN":"417","Vr":"3.9"}]}'),
    "sunspec registers": (Form.SUNSPEC, REGISTERS),
    "ip neigh": (Form.ARP, b"10.0.0.1 dev eth0 lladdr 02:00:00:00:00:01 REACHABLE\n10.0.0.2 dev eth0 FAILED\n"),
    "windows arp": (Form.ARP, b"\r\nSchnittstelle: 10.0.0.5 --- 0xb\r\n  10.0.0.1   02-00-00-00-00-01   dynamisch\r\n"),
    "isc": (Form.DHCP, ISC),
    "dnsmasq": (Form.DHCP, b"1700000000 02:00:00:00:00:09 10.0.0.9 ups *\n"),
    "kea": (Form.DHCP, KEA),
    "zeek": (Form.ZEEK, ZEEK),
    "zeek json": (Form.ZEEK, ZEEK_JSON),
    "pcap": (Form.PCAP, wire.pcap(modbus_story().frames)),
    "pcapng": (Form.PCAP, wire.pcapng(modbus_story(vlan=(5,)).frames)),
    "dnp3": (Form.PCAP, wire.pcap([*modbus_story().frames, DNP3])),
}
PIECES = st.sampled_from(
    [
        *(
            b"",
            b"\0",
            b"\xff" * 4,
            b"\xff" * 8,
            b"\n",
            b"\r",
            b'"',
            b"'",
            b",",
            b";",
            b"\t",
            b"{",
            b"}",
            b"[",
            b"]",
            b"#",
        ),
        *(
            b"#fields\t",
            b"null",
            b"1e999",
            b"-1",
            b"99999999999999999999",
            b"NaN",
            b"lease ",
            b"10.0.0.9",
            b"::1",
            b"\x05\x64",
        ),
        *(struct.pack("<I", 0x80000000), struct.pack(">H", 502), b"\x81\x00", b"\xef\xbb\xbf", b"\xff\xfe", b"unknown"),
    ]
)


def outcome(form: Form, data: bytes) -> Taken | Refused:
    try:
        return intake.of_bytes(form, data, "file", model)
    except Refused as refused:
        return refused


def told(result: Taken | Refused) -> bool:
    """What a file says, which can be kept, or a refusal that says where and what to do."""
    if isinstance(result, Refused):
        return bool(result.what and result.where.startswith("file") and result.remedy)
    held = intake.made(Form.CSV, "file", "0" * 64, result)
    return bool(intake.canonical(held)) and all(key in FIELDS for record in result.records for key in record.fields)


@pytest.mark.parametrize("name", GOOD)
def test_the_files_that_are_changed_are_good_and_recognised_to_begin_with(name: str) -> None:
    form, data = GOOD[name]
    assert isinstance(outcome(form, data), Taken), outcome(form, data)
    if name != "sunspec registers":
        assert intake.recognised(data, "file") is form


@pytest.mark.parametrize("form", list(Form))
@given(data=st.binary(max_size=400))
@settings(max_examples=60)
def test_any_bytes_are_understood_or_refused(form: Form, data: bytes) -> None:
    assert told(outcome(form, data))


@given(data=st.binary(max_size=300))
def test_any_bytes_have_a_form_or_are_refused(data: bytes) -> None:
    try:
        form = intake.recognised(data, "file")
    except Refused as refused:
        form, found = None, refused
    assert told(outcome(form, data)) if form else found.remedy


@pytest.mark.parametrize("name", GOOD)
@given(changes=st.data())
@settings(max_examples=80)
def test_a_good_file_with_pieces_cut_moved_and_changed_is_understood_or_refused(
    name: str, changes: st.DataObject
) -> None:
    form, data = GOOD[name]
    for _ in range(changes.draw(st.integers(1, 4))):
        start = changes.draw(st.integers(0, len(data)))
        end = changes.draw(st.integers(start, min(len(data), start + 40)))
        data = data[:start] + changes.draw(st.one_of(PIECES, st.binary(max_size=8))) + data[end:]
    assert told(outcome(form, data))


BOMBS = {
    "a million columns": (Form.CSV, b"asset" + b"," * 1_000_000 + b"\n"),
    "a million columns in the second row": (Form.CSV, b"asset,maker\na" + b"," * 1_000_000 + b"\n"),
    "a quote that never closes": (Form.CSV, b'asset,maker\n"' + b"a,b\n" * 200_000),
    "one line of many megabytes": (Form.ARP, b"10.0.0.1 " * 300_000),
    "lists within lists": (Form.NETBOX, b"[" * 1_000_000),
    "objects within objects": (Form.NETBOX, b'{"a":' * 200_000 + b"1" + b"}" * 200_000),
    "more values than a site has": (Form.NETBOX, b'{"results":[' + b"{}," * 3_000_001 + b"{}]}"),
    "models within models": (Form.SUNSPEC, b'{"models":[{"ID":1,"g":' + b"[" * 100_000 + b"]" * 100_000 + b"}]}"),
    "leases within leases": (Form.DHCP, b"lease 10.0.0.9 {\n" + b"{\n" * 200_000),
    "a line of a log without end": (Form.ZEEK, b"#separator \\x09\n#path\tconn\n#fields\t" + b"a\t" * 500_000),
    "a packet of four gigabytes": (Form.PCAP, wire.pcap([])[:24] + struct.pack("<IIII", 0, 0, 0xFFFFFFFF, 0xFFFFFFFF)),
    "headers within headers": (Form.PCAP, wire.pcap([bytes(12) + b"\x81\x00\x00\x01" * 60_000])),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_or_found_empty_and_nothing_grows(name: str) -> None:
    form, data = BOMBS[name]
    result = outcome(form, data)
    assert told(result)
    assert isinstance(result, Refused) or not result.records
