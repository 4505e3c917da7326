"""`ironkeep passport diff` as a person uses it: two files, one finding, no secret, an exit code for scripts."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ironkeep.faces.cli.app import create_cli
from ironkeep.faces.cli.passport import page
from ironkeep.model.errors import Refused
from ironkeep.model.setting import Promise
from ironkeep.programs.main import Programs
from ironkeep.programs.passport import diff
from ironkeep.views.settingdiff import Effect, SettingDiff

BEFORE = "group,name,value,unit\n"


def command(*words: object):
    return CliRunner().invoke(create_cli(Programs()), ["passport", "diff", *map(str, words)])


@pytest.fixture
def compare(tmp_path: Path):
    def made(one: str, other: str, **how: str) -> SettingDiff:
        (tmp_path / "one.txt").write_text(one)
        (tmp_path / "two.txt").write_text(other)
        return diff(tmp_path / "one.txt", tmp_path / "two.txt", **how)

    return made


@pytest.fixture
def example(root: Path) -> tuple[Path, Path]:
    folder = root / "docs/how-to/example-settings"
    return folder / "before.csv", folder / "after.csv"


def test_hornsdale_one_droop_among_hundreds_is_the_whole_finding(example) -> None:
    found = diff(*example)
    (change,) = found.changes
    assert (change.key, change.promise, change.effect) == ("GridSupport.FreqDroop_Under", Promise.GRID, Effect.WEAKER)
    assert (change.before, change.after, change.difference) == ("3 %", "5 %", "+2 percentage points")
    assert "60 %" in change.consequence
    assert found.equal == 213
    assert found.rewritten == 62


def test_the_example_is_told_in_words_as_json_and_as_a_page(example, tmp_path: Path) -> None:
    told = command(*example, "--html", tmp_path / "page.html")
    assert told.exit_code == 1
    assert "1 of 214 settings differs." in told.stdout
    assert "Frequency droop: 3 % -> 5 %" in told.stdout
    said = json.loads(command(*example, "--json").stdout)
    assert said["changes"][0]["after"] == "5 %"
    text = (tmp_path / "page.html").read_text()
    assert "<script" not in text
    assert not re.findall(r"(?:src|href|url)\s*[=(]", text)
    assert text.count("<rect") == 214
    assert "prefers-color-scheme:dark" in text
    assert "@media print" in text


def test_equal_files_end_with_zero_and_files_not_understood_with_two(example, tmp_path: Path) -> None:
    assert command(example[0], example[0]).exit_code == 0
    (tmp_path / "no.txt").write_text("this is no setting file\nat all\n")
    refused = command(example[0], tmp_path / "no.txt")
    assert refused.exit_code == 2
    assert "no.txt" in refused.output
    assert command(example[0], tmp_path / "nowhere.csv").exit_code == 2
    assert command(*example, "--form", "yaml").exit_code == 2
    assert command(*example, "--map", "nobody's").exit_code == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("droop = 0.05 pu\n", "droop = 5 %\n"),
        ("ovp = 3650 mV\n", "ovp = 3.65 V\n"),
        ("limit_w = 1250000\n", "limit_w = 1.25e6\n"),
        ("anti_islanding = on\n", "anti_islanding = Enabled\n"),
        ("x = 3.6500000953674316\n", "x = 3.65\n"),
        ("host = a  b\n", "host = a b\n"),
        ('name,value,unit\ndroop,5,%\n', '{"droop": {"value": 0.05, "unit": "pu"}}'),
        ("[grid]\nfreq_droop = 5 %\n", "<c><grid><FreqDroop unit='%'>5.0</FreqDroop></grid></c>"),
        ("CellOVP_mV = 3650\nx = 1\n", "cell_over_voltage_protection_v = 3.65\nx = 1\n"),
    ],
)  # fmt: skip
def test_what_is_only_written_otherwise_is_equal(compare, one: str, other: str) -> None:
    assert compare(one, other).same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("droop = 5 %\n", "droop = 5 V\n"),
        ("x = 5 bananas\n", "x = 5\n"),
        ("x = 123456789\n", "x = 123456790\n"),
        ("27P1P = 40.00\n", "27P1P = OFF\n"),
        ("mode = Backup\n", "mode = backup-eco\n"),
        ("a = 1\n", "a = 1\nb = 1\n"),
        ("tr = A OR B\n", "tr = A\n"),
        ("name;value\nlimit;1,5\n", "name;value\nlimit;15\n"),
    ],
)
def test_what_differs_is_never_taken_for_equal(compare, one: str, other: str) -> None:
    assert not compare(one, other).same


def test_the_worst_comes_first_and_the_unknown_below_the_known(compare) -> None:
    names = ("mystery", "ntp_server", "soc_reserve_min_pct", "freq_droop_pct", "cell_ovp_mv", "alarm_delay_s")
    one, other = (
        "".join(f"{name} = {value}\n" for name, value in zip(names, values, strict=True))
        for values in ((1, "a", 20, 3, 3650, 5), (2, "b", 10, 5, 3800, 50))
    )
    found = compare(one, other)
    assert [change.promise.value for change in found.changes] == [
        "protection", "grid", "reserve", "alarm", "access", "other"
    ]  # fmt: skip
    assert [change.known for change in found.changes] == [True] * 5 + [False]
    assert found.changes[-1].title == "mystery"


def test_a_promise_made_weaker_comes_before_one_made_stricter(compare) -> None:
    found = compare("over_temp_trip_c = 60\ncell_ovp_v = 3.65\n", "over_temp_trip_c = 55\ncell_ovp_v = 3.8\n")
    assert [(change.title, change.effect.value) for change in found.changes] == [
        ("Cell overvoltage trip", "weaker"),
        ("Overtemperature trip", "stronger"),
    ]


def test_a_protection_that_is_switched_off_is_weaker_whatever_it_was(compare) -> None:
    (change,) = compare("insulation_trip_kohm = 100\n", "insulation_trip_kohm = OFF\n").changes
    assert change.effect is Effect.WEAKER


def test_a_limit_that_became_zero_is_not_called_stricter(compare) -> None:
    (change,) = compare("login_lockout_attempts = 5\n", "login_lockout_attempts = 0\n").changes
    assert (change.effect, "manual" in change.consequence) == (Effect.UNKNOWN, True)


def test_a_secret_that_we_have_no_meaning_for_stands_under_access(compare) -> None:
    (change,) = compare("local.1.password.cyphered = abc1\n", "local.1.password.cyphered = abc2\n").changes
    assert (change.promise.value, change.title, change.secret) == ("access", "A password or a key", True)


def test_attributes_that_speak_about_a_value_are_no_settings(compare) -> None:
    xml = '<c><reserve_soc type="f" min="0" max="100">{}</reserve_soc><modbus type="i" max="1">0</modbus></c>'
    found = compare(xml.format("30.0"), xml.format("10.0"))
    assert [(change.key, change.effect) for change in found.changes] == [("reserve_soc", Effect.WEAKER)]
    assert found.before.settings == 2


@pytest.mark.safety("S56", "S57")
def test_volatile_values_are_kept_out_counted_and_named(compare) -> None:
    found = compare("uptime_s = 5\nexported_at = a\nx = 1\n", "uptime_s = 9\nexported_at = b\nx = 1\n")
    assert found.same
    assert [(each.key, each.kind, each.differs) for each in found.apart] == [
        ("uptime_s", "volatile", True),
        ("exported_at", "volatile", True),
    ]


def test_another_serial_number_is_no_changed_setting_but_is_shown(compare) -> None:
    found = compare("serial_number = 1\nx = 1\n", "serial_number = 2\nx = 1\n")
    assert found.same
    assert (found.apart[0].before, found.apart[0].after) == ("1", "2")


def test_a_changed_secret_is_told_and_no_face_shows_it(compare, tmp_path: Path) -> None:
    one, other = "qz7Before", "qz7After"
    found = compare(
        f"admin_password = {one}\nsnmp.community = {one}\nurl = mqtt://a:{one}@h\n",
        f"admin_password = {other}\nsnmp.community = {other}\nurl = mqtt://a:{other}@h\n",
    )
    assert len(found.changes) == 3
    assert all(change.secret for change in found.changes)
    told = command(tmp_path / "one.txt", tmp_path / "two.txt", "--html", tmp_path / "page.html")
    everything = (
        told.output
        + command(tmp_path / "one.txt", tmp_path / "two.txt", "--json").output
        + (tmp_path / "page.html").read_text()
    )
    assert "qz7" not in everything


def test_what_stands_in_a_file_is_text_on_the_page_and_nothing_else(compare) -> None:
    found = compare("a<b>x</b>&2 = <script>1</script>\n", "a<b>x</b>&2 = <img onerror=1>\n")
    text = page(found, "2026-11-21T00:00:00Z")
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;img onerror=1&gt;" in text


def test_register_dumps_are_compared_by_their_map(compare) -> None:
    found = compare("45008,3650\n45002,0\n45003,1\n", "45008,3800\n45002,0\n45003,9\n", chart="twin-bms")
    (change,) = found.changes
    assert (change.key, change.before, change.after) == ("trip_cell_over_v", "3.65 V", "3.8 V")
    with pytest.raises(Refused, match="--map"):
        compare("8,3650\n", "8,3800\n")
    assert compare("8,3650\n", "8,3800\n", chart="twin-bms@0").changes[0].after == "3.8 V"


def test_a_map_of_the_visitor_s_own_is_read(compare, tmp_path: Path) -> None:
    text = (
        'name = "own"\ntitle = "Own"\nsource = "list 1"\nkind = "pcs"\nbase = 100\n'
        '[[point]]\nname = "droop_over"\nregister = 0\ntype = "u16"\nscale = "0.1"\nunit = "%"\nclass = "setting"\n'
    )
    (tmp_path / "own.toml").write_text(text)
    (change,) = compare("100,30\n", "100,50\n", chart=str(tmp_path / "own.toml")).changes
    assert (change.title, change.before, change.after) == ("Frequency droop", "3 %", "5 %")


def test_added_and_removed_settings_say_so(compare) -> None:
    found = compare("a = 1\ncell_ovp_v = 3.65\n", "a = 1\nremote_access_enable = 1\n")
    assert [(change.kind, change.key) for change in found.changes] == [
        ("removed", "cell_ovp_v"),
        ("added", "remote_access_enable"),
    ]


def test_the_page_of_the_documentation_shows_what_the_command_says(example, root: Path) -> None:
    text = (root / "docs/how-to/compare-two-setting-files.md").read_text()
    shown = re.search(r"```text\n(.*?)```", text, re.DOTALL)
    assert shown is not None
    assert shown[1] == command(*example).stdout


BEFORE = {
    "cell": {"CellOverVoltageTrip_mV": 3650, "CellOverVoltageAlarm_mV": 3600, "TempRiseRate_C_min": 3},
    "grid": {"droop_pct": 5.0, "trip_low_frequency_hz": 47.0, "ramp_rate_pct": 10},
    "ups": {"ups.test.interval": 1209600, "battery": {"charge": {"low": 30}}, "MaintenanceBypass": "off"},
    "hvac": {"CoolingSetpoint_C": 24, "ContactorWeldDetect": "on"},
    "net": {
        "mfa_required": True,
        "WebSessionTimeout_s": 300,
        "snmp": {"write_community": "abc123"},
        "PasswordMinLength": 12,
    },
    "syslog": {"host": "10.0.0.9", "severity": "info"},
}
AFTER = {
    "cell": {"CellOverVoltageTrip_mV": 3750, "CellOverVoltageAlarm_mV": 3600, "TempRiseRate_C_min": 3},
    "grid": {"droop_pct": 4.0, "trip_low_frequency_hz": 49.0, "ramp_rate_pct": 10},
    "ups": {"ups.test.interval": 1209600, "battery": {"charge": {"low": 10}}, "MaintenanceBypass": "on"},
    "hvac": {"CoolingSetpoint_C": 28, "ContactorWeldDetect": "off"},
    "net": {
        "mfa_required": False,
        "WebSessionTimeout_s": 86400,
        "snmp": {"write_community": "xyz789"},
        "PasswordMinLength": 14,
    },
    "syslog": {"host": "203.0.113.7", "severity": "info"},
}


def test_a_visit_that_touched_everything_is_told_worst_first_and_the_community_never(tmp_path: Path) -> None:
    for name, document in (("before.json", BEFORE), ("after.json", AFTER)):
        (tmp_path / name).write_text(json.dumps(document))
    found = diff(tmp_path / "before.json", tmp_path / "after.json")
    told = [(change.promise, change.key.rpartition(".")[2], change.effect) for change in found.changes]
    assert told == [
        ("protection", "ContactorWeldDetect", "weaker"),  # off weighs more than moved by a tenth of a volt
        ("protection", "CellOverVoltageTrip_mV", "weaker"),
        ("protection", "CoolingSetpoint_C", "unknown"),
        ("grid", "trip_low_frequency_hz", "weaker"),
        ("grid", "droop_pct", "stronger"),
        ("reserve", "low", "weaker"),
        ("reserve", "MaintenanceBypass", "unknown"),
        ("alarm", "host", "unknown"),
        ("access", "mfa_required", "weaker"),
        ("access", "WebSessionTimeout_s", "weaker"),
        ("access", "write_community", "unknown"),
        ("access", "PasswordMinLength", "stronger"),
    ]
    assert "xyz789" not in repr(found)
    assert all(change.means and change.source for change in found.changes)


@pytest.mark.parametrize(
    ("name", "one", "other", "effect"),
    [
        ("OVP_Enable", "1", "0", Effect.WEAKER),
        ("CellOVP_Disable", "0", "1", Effect.WEAKER),
        ("CellOVP_Disable", "1", "0", Effect.STRONGER),
        ("InsulationMonitoring_Disabled", "false", "true", Effect.WEAKER),
        ("AntiIslanding_Disable", "off", "on", Effect.WEAKER),
        ("Droop_Disable", "off", "on", Effect.WEAKER),
        ("LVRT_Enable", "1", "0", Effect.WEAKER),
        ("InterlockBypass", "0", "1", Effect.WEAKER),
        ("EPO_Bypass", "0", "1", Effect.WEAKER),
        ("ServiceMode", "off", "on", Effect.WEAKER),  # as at the Victorian Big Battery
        ("MaintenanceMode", "on", "off", Effect.STRONGER),
        ("CommLossIgnore", "0", "1", Effect.WEAKER),
        ("Alarm_Inhibit", "off", "on", Effect.WEAKER),
        ("AlarmMute", "on", "off", Effect.STRONGER),
        ("Alarm_Enable", "on", "off", Effect.WEAKER),
        ("Alarm_Inhibit_Disable", "off", "on", Effect.STRONGER),  # turned twice
        ("Discharge_Inhibit", "off", "on", Effect.WEAKER),
        ("Discharge_Enable", "on", "off", Effect.WEAKER),
        ("DepthOfDischarge", "80", "95", Effect.WEAKER),
        ("MinSoC", "20", "5", Effect.WEAKER),
        ("SuppressTrip", "0", "1", Effect.WEAKER),
        ("AllowAnonymous", "0", "1", Effect.WEAKER),
        ("AuthenticationRequired", "1", "0", Effect.WEAKER),
        ("IsoMonitorOff", "0", "1", Effect.UNKNOWN),  # a limit by its words, a switch by its values
        ("WatchdogTimeout", "5", "0", Effect.UNKNOWN),
        ("LVC", "2.5", "2.2", Effect.WEAKER),
        ("DischargeCutoffVoltage", "640", "600", Effect.WEAKER),
        ("HTTPS_Disable", "0", "1", Effect.WEAKER),
        ("HTTPS_Disable", "1", "0", Effect.UNKNOWN),
    ],
)
def test_a_name_that_says_the_opposite_turns_what_the_change_does(compare, name, one, other, effect) -> None:
    (change,) = compare(f"{name}={one}\nother=1\n", f"{name}={other}\nother=1\n").changes
    assert (change.key, change.effect) == (name, effect)


def test_enable_and_disable_of_one_thing_are_not_taken_for_one_setting(compare) -> None:
    found = compare("CellOVP_Enable=1\nother=1\n", "CellOVP_Disable=1\nother=1\n")
    assert [change.key for change in found.changes] == ["CellOVP_Disable", "CellOVP_Enable"]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Battery Shutdown Capacity", "Lowest charge in service"),
        ("HYB_EVU_CHARGEFROMGRID", "Charging from the grid"),
        ("NetworkTCP.BootMode", "NetworkTCP.BootMode"),
    ],
)
def test_a_word_in_common_makes_no_meaning(compare, name, title) -> None:
    (change,) = compare(f"{name}=20\nother=1\n", f"{name}=5\nother=1\n").changes
    assert change.title == title
