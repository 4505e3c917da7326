"""`ironkeep site check`: a site file in plain words."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ironkeep.faces.cli.app import create_cli
from ironkeep.faces.cli.site_words import NAMED_MAX, Explained, explained, named
from ironkeep.packs.sites.declare import declare_text
from ironkeep.programs.main import Programs

SITE = """\
[site]
id = "small"
name = "A small site"

[[asset]]
id = "cab-a"
kind = "bank"

[[asset]]
id = "cab-a.s{1..2}"
kind = "string"

[[asset]]
id = "meter-a"
kind = "meter"
contact = "Power desk, ext. 1"
isolation = ["F1"]
calibrated_until = 2031-06-30

[[asset]]
id = "room-a"
kind = "room"

[[device]]
id = "cab-a-bms"
asset = "cab-a"
protocol = "modbus"
host = "10.0.0.5"
port = 502
maps = ["sunspec", "twin-bms"]
children = { 803 = "cab-a.s{n}" }
slots = 2
slot_holders = ["EMS"]

[[device]]
id = "cab-a-s1"
asset = "cab-a.s1"
protocol = "modbus"
host = "10.0.0.5"
port = 502
unit = 11
period_s = 5

[[device]]
id = "meter-a"
asset = "meter-a"
protocol = "modbus"
host = "10.0.0.6"
port = 502
sign_proven = true
"""


def words(text: str = SITE) -> Explained:
    return explained(declare_text(text))


def test_each_connection_is_named_once_with_its_devices_their_maps_and_how_often_they_are_read() -> None:
    said = words()
    assert said.head == "small: A small site, a real site, 5 assets, 3 devices over 2 connections"
    assert said.connections == (
        "10.0.0.5:502 by modbus: one connection (of 2, EMS holds 1), 1 request at a time, no proof of who answers",
        "  cab-a-bms: cab-a, unit 1 by its SunSpec models and map twin-bms, once a second; 803 is cab-a.s{n}",
        "  cab-a-s1: cab-a.s1, unit 11 by its SunSpec models, every 5 s",
        "10.0.0.6:502 by modbus: one connection (of an unknown number), 1 request at a time, no proof of who answers",
        "  meter-a: meter-a, unit 1 by its SunSpec models, once a second",
    )


def test_what_nobody_said_is_named_with_the_rule_that_makes_it_matter() -> None:
    gaps = words().gaps
    assert "read by no device: room-a" in gaps
    assert "sign of power and current unproven, test it against a meter (safety S40): cab-a-bms, cab-a-s1" in gaps
    assert "number of connections unknown, ask who else connects there (safety S49): 10.0.0.6:502" in gaps
    assert "nobody to call: cab-a, room-a" in gaps
    assert "no isolation point: cab-a" in gaps  # a room has none
    assert "chemistry not said: cab-a" in gaps
    assert any(gap.startswith("calibration not dated") and gap.endswith(": room-a") for gap in gaps)


def test_what_a_room_says_is_said_for_what_stands_in_it_as_the_register_has_it() -> None:
    told = SITE.replace('kind = "room"', 'kind = "room"\ncontact = "desk, 555"')
    told = told.replace('kind = "bank"', 'kind = "bank"\nroom = "room-a"')
    assert not any(gap.startswith("nobody to call") for gap in words(told).gaps)


def test_a_device_that_is_listened_to_costs_no_connection_and_says_whom_to_believe() -> None:
    said = words(SITE.replace('host = "10.0.0.6"', 'host = "10.0.0.6"\ntap = "/run/t/span"'))
    assert "over 1 connection" in said.head
    line = "10.0.0.6:502 is listened to at /run/t/span: no connection, and whoever can send there can forge it"
    assert line in said.connections
    assert "shown only once a master is heard finding its models: give `chain` of it: meter-a" in said.gaps
    assert not any("number of connections unknown" in gap for gap in said.gaps)


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        (
            '["EMS"]',
            '["EMS", "gateway"]',
            "10.0.0.5:502 is not polled: EMS, gateway hold all 2 connections and we must",
        ),
        ("period_s = 5", "period_s = 0.2", "cab-a-s1 is asked every 0.2 s, 1 request at a time: more than the default"),
        ("sign_proven = true", "in_flight = 4", "meter-a is asked once a second, 4 requests at a time"),
        ("[site]", "[site]", "purpose of cab-a is unknown, which counts as backing load (safety S02)"),
    ],
)
def test_what_keeps_a_device_from_being_read_or_may_harm_is_a_warning(old: str, new: str, warning: str) -> None:
    assert any(said.startswith(warning) for said in words(SITE.replace(old, new)).warnings)


def test_a_site_that_says_its_purpose_and_keeps_to_the_defaults_has_no_warning() -> None:
    assert words(SITE.replace('kind = "bank"', 'kind = "bank"\npurpose = "backup"')).warnings == ()


def test_a_long_list_is_cut_and_counted() -> None:
    ids = [f"a{n}" for n in range(NAMED_MAX + 3)]
    assert named(ids[:NAMED_MAX]).count(",") == NAMED_MAX - 1
    assert named(ids).endswith("a5 and 3 more")


def test_the_command_prints_it_and_says_the_same_as_json(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(SITE.replace('["EMS"]', '["EMS", "gateway"]'))
    shown = CliRunner().invoke(create_cli(Programs()), ["site", "check", str(path)])
    assert shown.exit_code == 0
    for word in ("What will be read:", "Warnings:", "is not polled", "What nobody has said yet:"):
        assert word in shown.stdout
    told = json.loads(CliRunner().invoke(create_cli(Programs()), ["site", "check", str(path), "--json"]).stdout)
    assert told["site"]["id"] == "small"
    assert any("is not polled" in warning for warning in told["warnings"])
    assert told["gaps"]
