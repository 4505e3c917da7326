"""NetBox, ARP and neighbour tables, leases, Zeek and upsc: each in the spellings that are met."""

import json

import pytest

from ironkeep.codecs import leases, netbox, upsc, zeek
from ironkeep.codecs.taken import Taken
from ironkeep.model.errors import Refused

DEVICE = {
    "id": 7,
    "name": "bms-a",
    "device_type": {"manufacturer": {"name": "Helion"}, "model": "B1"},
    "role": {"name": "Bank"},
    "tenant": {"name": "Facilities"},
    "site": {"name": "Harbor"},
    "location": {"name": "Hall 1"},
    "rack": {"name": "R1"},
    "position": 12.0,
    "status": {"value": "active", "label": "Active"},
    "serial": "417",
    "primary_ip4": {"address": "10.0.0.5/24"},
    "custom_fields": {"support_until": "2031-01-01", "colour": "blue"},
}
INTERFACES = [
    {"device": {"id": 7, "name": "bms-a"}, "name": "eth1", "mac_address": "02:00:00:00:00:99"},
    {"device": {"id": 7, "name": "bms-a"}, "name": "mgmt", "mgmt_only": True, "mac_address": "02:00:00:00:00:05"},
]
WANTED = {
    "name": "bms-a",
    "owner": "Facilities",
    "location": "Harbor, Hall 1, R1, unit 12.0",
    "state": "active",
    "kind": "bank",
    "parent": "R1",
    "maker": "Helion",
    "model": "B1",
    "serial": "417",
    "address": "10.0.0.5",
    "support_until": "2031-01-01",
}


def from_netbox(value: object) -> Taken:
    return netbox.parse(json.dumps(value).encode(), "nb")


def test_devices_come_from_lists_of_the_api_from_exports_and_from_dumps() -> None:
    dump = [{"model": "dcim.device", "pk": 7, "fields": DEVICE}]
    for form in (
        {"count": 1, "results": [DEVICE]},
        [DEVICE],
        {"dcim.devices": [DEVICE]},
        {"devices": {"results": [DEVICE]}},
        dump,
    ):
        assert [record.fields for record in from_netbox(form).records] == [WANTED], form


def test_flat_and_nested_exports_are_the_same() -> None:
    flat = {"name": "bms-a", "device_type.manufacturer": "Helion", "device_type.model": "B1", "status": "planned"}
    assert from_netbox({"devices": [flat]}).records[0].fields == {
        "name": "bms-a", "maker": "Helion", "model": "B1", "state": "planned"
    }  # fmt: skip


def test_interfaces_racks_and_feeds_are_joined_or_stand_for_themselves() -> None:
    feed = {"name": "F1", "power_panel": {"name": "P1"}, "status": {"value": "active"}}
    value = {
        "devices": [DEVICE],
        "interfaces": INTERFACES,
        "racks": [{"name": "R1"}],
        "power_feeds": [feed],
        "vlans": [1],
    }
    taken = from_netbox(value)
    assert taken.records[0].fields == {**WANTED, "mac": "02:00:00:00:00:05"}
    assert [record.fields["name"] for record in taken.records[1:]] == ["rack R1", "power feed F1"]
    assert taken.records[2].fields["parent"] == "P1"
    assert "list vlans" in taken.left_out


def test_secrets_and_odd_dates_in_custom_fields_refuse_the_file() -> None:
    for custom, word in (({"admin_password": "hunter2"}, "secrets"), ({"support_until": "soon"}, "date")):
        with pytest.raises(Refused, match=word) as refused:
            from_netbox({"devices": [{**DEVICE, "custom_fields": custom}]})
        assert "hunter2" not in str(refused.value)


ARP_TABLES = {
    "ip neigh": """10.0.0.5 dev eth0 lladdr 02:00:00:00:00:05 REACHABLE
fe80::5 dev eth0 lladdr 02:00:00:00:00:05 router STALE
10.0.0.9 dev eth0 FAILED
""",
    "arp -an": "? (10.0.0.5) at 02:00:00:00:00:05 [ether] on eth0\n? (10.0.0.9) at <incomplete> on eth0\n",
    "arp -n": "Address  HWtype  HWaddress  Flags Mask  Iface\n10.0.0.5  ether  02:00:00:00:00:05  C  eth0\n",
    "bsd": "? (10.0.0.5) at 2:0:0:0:0:5 on en0 ifscope [ethernet]\n",
    "windows": """
Interface: 10.0.0.2 --- 0xb
  Internet Address  Physical Address  Type
  10.0.0.5   02-00-00-00-00-05   dynamic
  10.0.0.255   ff-ff-ff-ff-ff-ff   static
  224.0.0.22  01-00-5e-00-00-16  static
""",
    "cisco": """Protocol  Address          Age (min)  Hardware Addr   Type   Interface
Internet  10.0.0.5                5   0200.0000.0005  ARPA   Vlan20
Internet  10.0.0.9                0   Incomplete      ARPA
""",
    "comware": "IP address  MAC address  VLAN/VSI  Interface  Type\n10.0.0.5  0200-0000-0005  20  GE1/0/1  D\n",
    "proc": "IP address  HW type  Flags  HW address  Mask  Device\n10.0.0.5  0x1  0x2  02:00:00:00:00:05  *  eth0\n",
}


@pytest.mark.parametrize("name", ARP_TABLES)
def test_every_system_s_table_shows_the_same_neighbour(name: str) -> None:
    taken = leases.arp(ARP_TABLES[name].encode(), "arp")
    assert taken.records[0].fields == {"address": "10.0.0.5", "mac": "02:00:00:00:00:05"}
    assert all(record.fields["address"] in ("10.0.0.5", "fe80::5") for record in taken.records)


def test_of_an_isc_lease_file_the_last_block_counts_and_what_ended_is_left_out() -> None:
    text = (
        "# The format of this file is documented\nserver-duid \"x\";\n"
        "lease 10.0.0.5 {\n  starts 4 2026/11/19 08:00:00;\n  binding state active;\n"
        "  hardware ethernet 02:00:00:00:00:01;\n}\n"
        "lease 10.0.0.5 {\n  binding state active;\n"
        "  hardware ethernet 02:00:00:00:00:05;\n  client-hostname \"bms\";\n}\n"
        "lease 10.0.0.6 {\n  binding state free;\n  hardware ethernet 02:00:00:00:00:06;\n}\n"
    )  # fmt: skip
    taken = leases.dhcp(text.encode(), "dhcp")
    assert [record.fields for record in taken.records] == [
        {"address": "10.0.0.5", "mac": "02:00:00:00:00:05", "name": "bms"}
    ]
    assert taken.records[0].place == "line 8"
    assert "10.0.0.6" in taken.left_out[0]


def test_leases_of_dnsmasq_and_kea_are_read() -> None:
    dnsmasq = "1700000000 02:00:00:00:00:05 10.0.0.5 bms 01:02\n1700000000 02:00:00:00:00:06 10.0.0.6 * *\n"
    assert [r.fields.get("name") for r in leases.dhcp(dnsmasq.encode(), "d").records] == ["bms", None]
    kea = (
        "address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state\n"
        "10.0.0.5,02:00:00:00:00:05,,4000,1,1,0,0,bms.example.,0\n10.0.0.6,02:00:00:00:00:06,,0,1,1,0,0,,2\n"
    )
    taken = leases.dhcp(kea.encode(), "k")
    assert [record.fields["name"] for record in taken.records] == ["bms.example"]
    assert len(taken.left_out) == 1


def test_names_that_servers_escape_are_read_as_they_are() -> None:
    isc = 'lease 10.0.0.5 {\n  hardware ethernet 02:00:00:00:00:05;\n  client-hostname "a \\"b\\"";\n}\n'
    assert leases.dhcp(isc.encode(), "d").records[0].fields["name"] == 'a "b"'
    kea = "address,hwaddr,hostname,state\n10.0.0.5,02:00:00:00:00:05,cam&#x2c1,0\n"
    assert leases.dhcp(kea.encode(), "k").records[0].fields["name"] == "cam,1"


@pytest.mark.parametrize(
    ("parser", "text"),
    [
        (leases.arp, "10.0.0.5 is a nice machine\n"),
        (leases.arp, "nothing at all\n"),
        (leases.dhcp, "lease 10.0.0.5 {\n"),
        (leases.dhcp, "a b c d\n"),
        (leases.dhcp, "address,hwaddress\n10.0.0.5,02:00:00:00:00:05\n"),
        (upsc.parse, "battery.charge: 100\nthis is no variable\n"),
        (upsc.parse, "battery.charge: 100\nups.status: OL\n"),
        (zeek.parse, "#separator \\x09\n#path\tweird\n#fields\tts\n1\n"),
        (zeek.parse, '{"_path":"conn","ts":"yesterday","id.orig_h":"10.0.0.1","id.resp_h":"10.0.0.2"}\n'),
        (zeek.parse, '{"_path":"conn"}\n{"a":\n'),
    ],
)
def test_what_is_no_entry_refuses_the_file(parser, text: str) -> None:
    with pytest.raises(Refused) as refused:
        parser(text.encode(), "file")
    assert refused.value.remedy


def table(path: str, fields: str, *rows: str) -> bytes:
    head = f"#separator \\x09\n#set_separator\t,\n#path\t{path}\n#fields\t" + fields.replace(" ", "\t")
    return "\n".join([head, *(row.replace(" ", "\t") for row in rows), "#close\t2026"]).encode()


def test_zeek_tells_connections_requests_and_leases() -> None:
    conn = table(
        "conn",
        "ts id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_pkts resp_pkts conn_state resp_l2_addr",
        "1700000000.5 10.0.0.1 4000 10.0.0.5 502 tcp modbus 2.0 5 4 SF 02:00:00:00:00:05",
        "1700000001.5 10.0.0.1 4001 10.0.0.6 80 tcp - - 1 0 S0 -",
    )
    taken = zeek.parse(conn, "z")
    (talk,) = taken.talks
    assert (talk.asker, talk.answerer, talk.protocol, talk.packets) == ("10.0.0.1", "10.0.0.5", "modbus", 9)
    assert talk.last_us - talk.first_us == 2_000_000
    assert {"address": "10.0.0.5", "mac": "02:00:00:00:00:05", "protocol": "modbus"} in [
        r.fields for r in taken.records
    ]
    assert taken.left_out == ("1 connections that nobody answered",)
    modbus = table(
        "modbus",
        "ts id.orig_h id.resp_h id.resp_p func",
        *(f"1 10.0.0.1 10.0.0.5 502 {name}" for name in ("READ_COILS", "WRITE_SINGLE_REGISTER", "DIAGNOSTICS")),
    )
    assert [(t.reads, t.writes, t.others) for t in zeek.parse(modbus, "z").talks] == [(1, 1, 1)]
    dnp3 = (
        b'{"_path":"dnp3","ts":1.0,"id.orig_h":"10.0.0.1","id.resp_h":"10.0.0.5","id.resp_p":20000,"fc_request":"%s"}'
    )
    both = dnp3 % b"READ" + b"\n" + dnp3 % b"DIRECT_OPERATE" + b"\n"
    assert [(t.protocol, t.reads, t.writes) for t in zeek.parse(both, "z").talks] == [("dnp3", 1, 1)]
    dhcp = table("dhcp", "ts mac host_name assigned_addr", "1 02:00:00:00:00:05 bms 10.0.0.5")
    assert zeek.parse(dhcp, "z").records[0].fields == {"address": "10.0.0.5", "mac": "02:00:00:00:00:05", "name": "bms"}


@pytest.mark.parametrize("ts", ["1795168800.25", '"2026-11-20T10:00:00.250000Z"', "1795168800250"])
def test_every_way_in_which_zeek_writes_a_time_is_the_same_moment(ts: str) -> None:
    line = (
        f'{{"ts":{ts},"id.orig_h":"10.0.0.1","id.orig_p":4,"id.resp_h":"10.0.0.5","id.resp_p":502,"func":"READ_COILS"}}'
    )
    assert [talk.first_us for talk in zeek.parse(line.encode(), "z").talks] == [1_795_168_800_250_000]


def test_a_ups_says_who_it_is_and_its_readings_are_left_out() -> None:
    text = "battery.charge: 100\nbattery.type: PbAc\ndevice.mfr: Helion\ndevice.model: U9\n"
    text += "device.serial: 417\nups.firmware: 3.9\nups.status: OL\n"
    taken = upsc.parse(text.encode(), "ups")
    assert taken.records[0].fields == {
        "kind": "ups", "protocol": "nut", "maker": "Helion", "model": "U9", "serial": "417", "firmware": "3.9",
        "chemistry": "vrla",
    }  # fmt: skip
    assert taken.left_out == ("2 variables that are measured or no field of the register",)
