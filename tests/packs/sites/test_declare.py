"""Site files: what is right, and what each error says."""

import re
from pathlib import Path

import pytest

from ironkeep.adapters.equipment.modbus.config import DEVICES_MAX as MODBUS_MAX
from ironkeep.adapters.equipment.nut.config import DEVICES_MAX as NUT_MAX
from ironkeep.adapters.equipment.passive.config import DEVICES_MAX as TAPS_MAX
from ironkeep.model.errors import Refused
from ironkeep.model.site import AssetKind, Purpose, Tls
from ironkeep.packs.sites.declare import declare, declare_text
from ironkeep.packs.sites.known import DEVICES_MAX

GOOD = """\
[site]
id = "small"
name = "A small site"

[[asset]]
id = "cab-a"
kind = "bank"
purpose = "backup"
feeds = ["ups-a"]
room = "room-a"
witnesses = ["ups-a"]
rated_power_w = 200_000

[[asset]]
id = "cab-a.s{1..2}"
kind = "string"

[[asset]]
id = "cab-a.s{1..2}.m{01..10}"
kind = "module"

[[asset]]
id = "ups-a"
kind = "ups"

[[asset]]
id = "room-a"
kind = "room"

[[device]]
id = "cab-a-bms"
asset = "cab-a"
protocol = "modbus"
host = "10.20.0.5"
port = 502
maps = ["sunspec", "twin-bms"]
children = { 803 = "cab-a.s{n}" }

[[device]]
id = "cab-a-s1"
asset = "cab-a.s1"
protocol = "modbus"
host = "10.20.0.5"
port = 502
unit = 11

[device.children]
805 = "cab-a.s1.m{n:02}"
"""


def told(text: str) -> str:
    with pytest.raises(Refused) as refused:
        declare_text(text)
    return str(refused.value)


def line_of(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


def test_a_good_file_becomes_a_site_with_every_default_of_the_model() -> None:
    site = declare_text(GOOD)
    assert (site.id, site.name, site.time_zone, site.simulated) == ("small", "A small site", "UTC", False)
    assert len(site.assets) == 1 + 2 + 20 + 2
    bank = site.assets[0]
    assert (bank.kind, bank.purpose, bank.feeds, bank.rated_power_w) == (
        AssetKind.BANK,
        Purpose.BACKUP,
        ("ups-a",),
        200_000.0,
    )
    first, second = site.devices
    assert (first.period_s, first.in_flight, first.unit, first.maps) == (1.0, 1, 1, ("sunspec", "twin-bms"))
    assert second.children == {"805": "cab-a.s1.m{n:02}"}


def test_a_range_counts_with_the_width_of_its_first_number_and_the_last_range_runs_fastest() -> None:
    ids = [asset.id for asset in declare_text(GOOD).assets if asset.kind is AssetKind.MODULE]
    assert ids[:3] == ["cab-a.s1.m01", "cab-a.s1.m02", "cab-a.s1.m03"]
    assert ids[10] == "cab-a.s2.m01"


@pytest.mark.parametrize(
    ("old", "new", "at", "words"),
    [
        ('kind = "bank"', 'kind = "bnak"', "bnak", r"\[\[asset\]\] number 1, kind: 'bnak'.*did you mean 'bank'"),
        ('feeds = ["ups-a"]', 'feeds = ["ups-b"]', "feeds", r"feeds: the asset 'ups-b' is not declared.*'ups-a'"),
        ('feeds = ["ups-a"]', 'feeds = "ups-a"', "feeds", r"feeds: 'ups-a' is not a list"),
        ('feeds = ["ups-a"]', 'feeds = ["cab-a"]', "feeds", r"feeds: 'cab-a' names itself"),
        ('room = "room-a"', 'room = "ups-a"', 'room = "ups-a"', r"room: 'ups-a' is a ups, not a room"),
        ('witnesses = ["ups-a"]', 'witnes = ["ups-a"]', "witnes =", r"there is no key 'witnes'.*mean 'witnesses'"),
        ("port = 502\nmaps", "port = 70000\nmaps", "port = 70000", r"port: 70000 cannot stand here.*1 to 65535"),
        ("port = 502\nmaps", 'port = "502"\nmaps', 'port = "502"', r"port: '502' cannot stand here.*without quotes"),
        ("port = 502\nmaps", "port = true\nmaps", "port = true", r"port: true cannot stand here"),
        ('"twin-bms"]', '"twin-bmx"]', "maps", r"maps: there is no map 'twin-bmx'.*did you mean 'twin-bms'"),
        ('id = "ups-a"', 'id = "room-a"', 'id = "room-a"\nkind = "room"', r"id: 'room-a' is declared twice"),
        ('id = "cab-a-s1"', 'id = "cab-a-bms"', 'id = "cab-a-bms"\nasset = "cab-a.s1"', r"'cab-a-bms' is declared"),
        ('id = "cab-a.s{1..2}"', 'id = "cab-b.s{1..2}"', "cab-b", r"'cab-b.s1' has no parent: the asset 'cab-b'"),
        ("s{1..2}.m", "s{2..1}.m", "s{2..1}", r"the range 2..1 counts down"),
        ("m{01..10}", "m{01..99999}", "99999", r"more than 10000 ids"),
        ('asset = "cab-a"\n', 'asset = "cab-x"\n', 'asset = "cab-x"', r"asset: the asset 'cab-x' is not declared"),
        ("unit = 11\n", "", '[[device]]\nid = "cab-a-s1"', r"unit: 'cab-a-bms' has the same address and unit"),
        ("unit = 11\n", "unit = 11\nin_flight = 4\n", "in_flight", r"in_flight: 'cab-a-bms' shares the connection"),
        ("unit = 11\n", "unit = 300\n", "unit = 300", r"unit: 300 cannot stand here.*0 to 255"),
        ("unit = 11\n", "unit = 11\nperiod_s = 0\n", "period_s", r"period_s: 0 cannot stand here.*0.1 to 3600 s"),
        ("unit = 11\n", "unit = 11\nperiod_s = nan\n", "period_s", r"period_s: nan cannot stand here"),
        ("unit = 11\n", "unit = 11\npower_sign = 0\n", "power_sign", r"power_sign: 0 is not a sign"),
        ("unit = 11\n", "unit = 11\nsign_proven = 1\n", "sign_proven", r"sign_proven: 1 is neither true nor false"),
        ('805 = "cab-a.s1.m{n:02}"', '805 = "cab-a.s9.m{n:02}"', "[device.children]", r"the first of model 805"),
        ('805 = "cab-a.s1.m{n:02}"', '805 = "cab-a.{x}"', "[device.children]", r"children: 'cab-a.{x}' is not a pat"),
        ("803 =", "string =", "children = {", r"children: 'string' is not the number of a SunSpec model"),
        ('protocol = "modbus"\nhost = "10.20.0.5"\nport = 502\nunit', 'protocol = "snmp"\nhost = "h"\nport = 1\nunit',
         'protocol = "snmp"', r"protocol: there is no protocol 'snmp'"),
        ('host = "10.20.0.5"\nport = 502\nmaps', 'host = "10.20.0.5/x"\nport = 502\nmaps', "5/x", r"not a host"),
        ('id = "small"', 'id = "Small Site"', "Small Site", r"\[site\], id: 'Small Site' is not an id"),
        ('name = "A small site"\n', "", "[site]", r"\[site\]: the key 'name' is missing"),
        ('name = "A small site"', 'name = "a\\nb"', "name =", r"control characters"),
        ('name = "A small site"', 'name = "A"\ntime_zone = "Mars/Base"', "time_zone", r"'Mars/Base' is not a time"),
        ("[site]\n", "[sites]\n", "zzz", r"there is no table 'sites'.*did you mean 'site'"),
        ("[[device]]", "[[devices]]", "[[devices]]", r"there is no table 'devices'.*did you mean 'device'"),
    ],
)  # fmt: skip
def test_each_error_names_its_line_its_key_and_what_would_be_right(old: str, new: str, at: str, words: str) -> None:
    assert old in GOOD
    text = GOOD.replace(old, new, 1) if "device" not in new else GOOD.replace(old, new)
    said = told(text)
    assert re.search(words, said), said
    if at in text:
        lines = [int(n) for n in re.findall(r"^site\.toml:(\d+): ", said, re.MULTILINE)]
        assert line_of(text, at) in lines, said


def test_all_errors_are_told_at_once_in_the_order_of_their_lines() -> None:
    said = told(GOOD.replace('"bank"', '"bnak"').replace("502", "0").replace('"room"', '"rom"'))
    lines = [int(n) for n in re.findall(r"^site\.toml:(\d+): ", said, re.MULTILINE)]
    assert "4 errors" in said
    assert lines[1:] == sorted(lines[1:]) or lines == sorted(lines)


def test_an_asset_with_one_wrong_key_is_not_called_undeclared_by_those_who_name_it() -> None:
    assert "not declared" not in told(GOOD.replace('kind = "ups"', 'kind = "usp"'))


NUT = """
[[device]]
id = "ups-nut"
asset = "ups-a"
protocol = "nut"
host = "10.20.0.9"
ups = "ups-a"
"""


def test_a_device_behind_a_nut_server_has_the_usual_port_and_no_maps() -> None:
    device = declare_text(GOOD + NUT).devices[-1]
    assert (device.protocol, device.port, device.ups, device.maps) == ("nut", 3493, "ups-a", ())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('ups = "ups-a"\n', "", r"the key 'ups' is missing"),
        ('ups = "ups-a"', 'ups = "ups a"', r"ups: 'ups a' is not the name of a UPS"),
        ('ups = "ups-a"', 'ups = "ups-a"\nunit = 3', r"unit: 'unit' is a key of modbus, not of nut"),
        ('"10.20.0.9"', '"10.20.0.5"\nport = 502', r"protocol: 'cab-a-bms' speaks modbus at the same host and port"),
        ('protocol = "nut"', 'protocol = "modbus"\nport = 7', r"ups: 'ups' is a key of nut, not of modbus"),
        ('protocol = "nut"', 'protocol = "modbus"', r"the key 'port' is missing"),
        (NUT, NUT + NUT.replace("ups-nut", "other"), r"ups: 'ups-nut' has the same address and ups"),
    ],
)
def test_keys_that_do_not_fit_the_protocol_are_told(old: str, new: str, words: str) -> None:
    said = told(GOOD + NUT.replace(old, new, 1))
    assert re.search(words, said), said


TLS = '{ ca = "/c/ca.pem", certificate = "/c/us.pem", key = "/c/us.key", server_name = "bms" }'


def test_slots_their_holders_and_tls_are_declared_with_the_device() -> None:
    text = GOOD.replace("port = 502\nmaps", f'slots = 3\nslot_holders = ["EMS"]\ntls = {TLS}\nmaps', 1)
    first = declare_text(text.replace("port = 502\n", f"port = 802\ntls = {TLS}\n")).devices[0]
    assert (first.slots, first.slot_holders, first.port) == (3, ("EMS",), 802)
    assert first.tls == Tls("/c/ca.pem", "/c/us.pem", "/c/us.key", "bms")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("slots = 0", r"slots: 0 cannot stand here.*1 to 64 connections"),
        ('slots = "2"', r"slots: '2' cannot stand here"),
        ('slot_holders = ["EMS"]', r"slot_holders: of how many connections these are is not said.*add slots"),
        ('slots = 2\nslot_holders = "EMS"', r"slot_holders: 'EMS' is not a list"),
        ('slots = 2\nslot_holders = ["EMS", "EMS"]', r"slot_holders: the list names something twice"),
        ("tls = true", r"tls: true is not a table"),
        ("tls = {}", r"tls: tls without ca.*both sides"),
        (f"tls = {TLS.replace('/c/us.key', 'us.key')}", r"tls: 'us.key' is not the whole path of a file"),
        (f"tls = {TLS.replace('server_name', 'servername')}", r"no key 'servername' in tls.*mean 'server_name'"),
        (f"tls = {TLS}", r"tls: 'cab-a-bms' shares the connection and has another tls"),
    ],
)
def test_slots_and_tls_that_cannot_be_are_told(lines: str, words: str) -> None:
    said = told(GOOD.replace("unit = 11", f"unit = 11\n{lines}"))
    assert re.search(words, said), said


def test_devices_of_one_address_cannot_say_different_slots() -> None:
    text = GOOD.replace("port = 502\nmaps", "port = 502\nslots = 3\nmaps")
    assert declare_text(text).devices[1].slots is None
    said = told(text.replace("unit = 11", "unit = 11\nslots = 2"))
    assert re.search(r"slots: 'cab-a-bms' shares the connection and says otherwise", said), said


LISTEN = 'tap = "/run/t/span"\n'
CHAIN = 'chain = ["1@40002+66", "802@40070+62"]'


def listened(lines: str = CHAIN) -> str:
    """The good site, all its Modbus devices listened to; the first one says more."""
    return GOOD.replace("port = 502\n", f"port = 502\n{LISTEN}").replace(LISTEN, f"{LISTEN}{lines}\n", 1)


def test_a_device_with_a_tap_says_its_chain_and_who_may_write() -> None:
    first, second = declare_text(listened(f'{CHAIN}\nwriters = ["10.20.4.10", "fd00::1"]')).devices[:2]
    assert (first.tap, first.chain) == ("/run/t/span", ("1@40002+66", "802@40070+62"))
    assert first.writers == ("10.20.4.10", "fd00::1")
    assert (second.tap, second.chain, second.writers) == ("/run/t/span", (), ())


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("chain = []", r"chain: a chain has 1 to 512 models.*ironkeep discover"),
        ('chain = ["802"]', r"chain: this is no chain"),
        ('chain = ["1@40002+66", "802@40071+62"]', r"chain: .*does not begin where 1@40002\+66 ends"),
        ('chain = ["802@40070+062"]', r"chain: this is no chain: 802@40070\+62 is written otherwise"),
        ('chain = ["802@65500+62"]', r"chain: 802@65500\+62 lies outside"),
        ('writers = ["ems"]', r"writers: traffic shows addresses, not names"),
        (
            'writers = ["10.20.4.10", "FD00::1"]',
            r"writers: 'FD00::1' is written otherwise in packets. Right: \"fd00::1",
        ),
        ("slots = 2", r"slots: nothing is asked of a device that is listened to.*leave slots out"),
        (f"tls = {TLS}", r"tls: encrypted traffic shows nothing"),
        (f'maps = ["twin-bms"]\n{CHAIN}', r"chain: the device is not read by SunSpec models"),
    ],
)
def test_what_makes_no_sense_of_a_tap_is_told(lines: str, words: str) -> None:
    text = listened(lines)
    said = told(text.replace('maps = ["sunspec", "twin-bms"]\n', "", 1) if "maps" in lines else text)
    assert re.search(words, said), said


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('tap = "/run/t/span"', 'tap = "span"', r"tap: 'span' is not the whole path of a FIFO or socket"),
        (f"{LISTEN}maps", "maps", r"tap: 'cab-a-bms' has the same host and port and is polled"),
        (LISTEN, "", r"chain: a device that is polled tells its chain itself"),
        (f"{LISTEN}{CHAIN}", 'writers = ["10.0.0.1"]', r"writers: who writes to a device that is polled is not heard"),
        ('host = "10.20.0.5"', 'host = "bms.local"', r"host: traffic shows addresses, not names"),
    ],
)
def test_a_tap_fits_the_device_and_its_neighbours(old: str, new: str, words: str) -> None:
    text = listened()
    assert old in text or old.startswith(f"{LISTEN}maps")
    said = told(
        text.replace(f"{LISTEN}{CHAIN}\n", "", 1) if old.startswith(f"{LISTEN}maps") else text.replace(old, new, 1)
    )
    assert re.search(words, said), said


@pytest.mark.parametrize(
    ("children", "right"),
    [
        ('{ "804#" = "cab-a.s{n}", "804.*" = "cab-a.s{m}.m{n:02}" }', True),
        ('{ "160.*" = "cab-a.s{n}" }', True),
        ('{ "804#" = "cab-a.s{n}x" }', False),
        ('{ "804##" = "cab-a.s{n}" }', False),
        ('{ "804.#" = "cab-a.s{n}" }', False),
        ('{ "*" = "cab-a.s{n}" }', False),
    ],
)
def test_children_may_name_instances_and_repeats_of_any_model(children: str, right: bool) -> None:
    text = GOOD.replace('{ 803 = "cab-a.s{n}" }', children)
    if right:
        assert declare_text(text).devices[0].children
    else:
        assert "children: " in told(text)


def test_text_that_is_not_toml_is_told_with_the_parser_s_line() -> None:
    assert re.search(r"not TOML: .*line 5", told('[site]\nid = "x"\nname = "y"\n\n[[asset]\n'))


def test_brackets_without_end_are_refused_and_do_not_crash() -> None:
    assert "nested too deeply" in told("x = " + "[" * 100_000)


def test_a_file_is_read_whole_and_its_name_stands_in_every_error(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(GOOD)
    site, data = declare(path)
    assert (site.id, data) == ("small", GOOD.encode())
    path.write_text(GOOD.replace('"bank"', '"bnak"'))
    with pytest.raises(Refused, match=r"mine\.toml:7: \[\[asset\]\] number 1, kind"):
        declare(path)


def test_a_file_that_is_not_there_or_not_text_is_refused_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="name one that exists"):
        declare(tmp_path / "none.toml")
    with pytest.raises(Refused, match="cannot be read"):
        declare(tmp_path)
    path = tmp_path / "latin.toml"
    path.write_bytes(b'[site]\nname = "\xe9"\n')
    with pytest.raises(Refused, match=r"latin\.toml:2.*not UTF-8"):
        declare(path)


def test_a_key_inside_a_long_string_is_not_taken_for_a_key() -> None:
    text = GOOD.replace(
        'name = "A small site"', "fire_service = '''one'''\nname = \"\"\"\nA\nid = 3\"\"\"\nshift_lead = 4"
    )
    said = told(text)
    assert f"site.toml:{line_of(text, 'shift_lead')}: [site], shift_lead" in said


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("::1", "::1"),
        ("FD00:0::5", "fd00::5"),
        ("::ffff:10.20.0.5", "10.20.0.5"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("BMS-1.Plant_a.example", "bms-1.plant_a.example"),
    ],
)
def test_a_host_is_compared_in_one_writing_so_that_a_device_has_one_connection(written: str, means: str) -> None:
    text = GOOD.replace('host = "10.20.0.5"', f'host = "{means}"', 1).replace(
        'host = "10.20.0.5"', f'host = "{written}"'
    )
    assert [device.host for device in declare_text(text).devices] == [means, means]
    assert "has the same address and unit" in told(text.replace("unit = 11\n", ""))


@pytest.mark.parametrize(
    "word",
    [
        "bms..local",
        "fd00:::5",
        "a:502",
        "300.1.1.1",
        "010.1.2.3",
        "0x7f000001",
        "224.0.0.1",
        "0.0.0.0",
        "10.20.5",
        "10.20.0.5:502",
    ],
)
def test_what_a_resolver_would_take_for_something_else_is_no_host(word: str) -> None:
    assert re.search(
        r"site\.toml:\d+: \[\[device\]\] number 1, host: .* is not ", told(GOOD.replace("10.20.0.5", word))
    )


def test_nothing_is_part_of_itself_by_way_of_others() -> None:
    ring = GOOD.replace('kind = "ups"', 'kind = "ups"\nparent = "room-a"')
    assert declare_text(ring)
    ring = ring.replace('kind = "room"', 'kind = "room"\nparent = "cab-a"')
    said = told(ring.replace('room = "room-a"', 'parent = "ups-a"'))
    assert "1 error " in said
    assert re.search(r"parent: 'cab-a' is part of ups-a, which is part of room-a, and so of itself", said)
    assert "room: 'cab-a' is part of room-a, and so of itself" in told(ring)


def test_a_mark_before_the_text_and_other_ends_of_lines_are_no_errors(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert declare(path)[0] == declare_text(GOOD)


def test_lines_are_counted_as_toml_counts_them() -> None:
    text = GOOD.replace("[site]", "# one\u2028two\x85three\n[site]").replace('"bank"', '"bnak"')
    assert f"site.toml:{line_of(text, 'bnak')}: " in told(text)


def test_what_a_file_says_does_not_reach_a_terminal_as_control_characters() -> None:
    said = told(GOOD.replace("[site]", '[site]\n"\\u001b[2Jx" = 1') + '["\\u001b[2J"]\n')
    assert "\x1b" not in said
    assert "'\\x1b[2Jx'" in said


def test_a_number_without_end_is_told_in_words_for_people() -> None:
    said = told(GOOD.replace("200_000", "9" * 5_000))
    assert "out of range" in said
    assert "sys." not in said


def test_a_site_with_more_devices_than_are_read_is_refused_before_it_starts() -> None:
    assert {"modbus": MODBUS_MAX, "nut": NUT_MAX, "tap": TAPS_MAX} == DEVICES_MAX
    head = GOOD[: GOOD.index("[[device]]")]
    one = '[[device]]\nid = "d{0}"\nasset = "cab-a"\nprotocol = "modbus"\nhost = "10.0.0.1"\n'
    one += 'port = {1}\nunit = {2}\ntap = "/t"\n'
    text = head + "".join(one.format(n, 1 + n // 256, n % 256) for n in range(TAPS_MAX))
    assert declare_text(text)
    said = told(text + one.format(TAPS_MAX, 1 + TAPS_MAX // 256, TAPS_MAX % 256))
    assert f"[[device]] number {TAPS_MAX + 1}: more than {TAPS_MAX} devices are listened to" in said
