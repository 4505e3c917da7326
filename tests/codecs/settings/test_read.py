"""Setting files of every form: the same settings come out, each with its place."""

import pytest

from ironkeep.codecs.settings.entries import EntryClass, SettingsFile, SettingsForm
from ironkeep.codecs.settings.read import Chart, read
from ironkeep.codecs.settings.secrecy import secret
from ironkeep.model.errors import Refused
from ironkeep.packs.equipment.maps import shipped
from ironkeep.packs.equipment.sunspec import model

PLAIN = Chart(model)


def entries(text: str | bytes, chart: Chart = PLAIN) -> dict[str, tuple[str, str]]:
    return {entry.key: (entry.text, entry.unit) for entry in told(text, chart).entries}


def told(text: str | bytes, chart: Chart = PLAIN) -> SettingsFile:
    return read(text.encode() if isinstance(text, str) else text, "file", chart)


WANTED = {"grid.droop": ("3.5", "%"), "bms.ovp": ("3650", "mV")}
FORMS = {
    "csv": "group,name,value,unit\ngrid,droop,3.5,%\nbms,ovp,3650,mV\n",
    "csv of another order": "Unit;Wert;Parameter;Gruppe;note\n%;3.5;droop;grid;x\nmV;3650;ovp;bms;y\n",
    "csv with tabs": "Parameter\tValue\tUnits\ngrid.droop\t3.5\t%\nbms.ovp\t3650\tmV\n",
    "json": '{"grid":{"droop":{"value":3.5,"unit":"%"}},"bms":{"ovp":{"unit":"mV","value":3650}}}',
    "json list": '[{"name":"grid","droop":{"value":3.5,"unit":"%"}},{"name":"bms","ovp":{"value":3650,"unit":"mV"}}]',
    "xml": '<c><grid><droop unit="%">3.5</droop></grid><bms><p name="ovp" value="3650" unit="mV"/></bms></c>',
    "xml with names within": "<c><grid><p><name>droop</name><value>3.5</value><unit>%</unit></p></grid>"
    "<bms><p><id>ovp</id><value>3650</value><unit>mV</unit></p></bms></c>",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_entries(form: str) -> None:
    assert entries(FORMS[form]) == WANTED


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-8"])
def test_marks_and_line_ends_of_other_systems_are_taken_off(encoding: str) -> None:
    assert entries(FORMS["csv"].replace("\n", "\r\n").encode(encoding)) == WANTED


def test_a_file_in_an_old_code_page_is_read_and_that_is_said() -> None:
    file = told("name;value\nKühlung;5\n".encode("cp1252"))
    assert file.entries[0].key == "Kühlung"
    assert any("Windows-1252" in remark for remark in file.remarks)


def test_ini_has_sections_remarks_and_quotes() -> None:
    text = '; made today\n[grid.frequency]\ndroop = "3.5" ; per cent\n# x\nlogic = TRIP # not = now\n[bms]\novp: 3650\n'
    assert entries(text) == {
        "grid.frequency.droop": ("3.5", ""),
        "grid.frequency.logic": ("TRIP", ""),
        "bms.ovp": ("3650", ""),
    }


def test_a_relay_writes_names_with_a_colon_and_an_equals_sign() -> None:
    assert entries("27P1P := 40.00\nTR := 59P1T OR 27P1T\n") == {"27P1P": ("40.00", ""), "TR": ("59P1T OR 27P1T", "")}


def test_one_setting_a_column_and_one_device_a_row() -> None:
    found = entries("rack,droop (%),ovp [mV]\nr1,3.5,3650\nr2,4,3600\n")
    assert found["r1.droop"] == ("3.5", "%")
    assert found["r2.ovp"] == ("3600", "mV")


def test_a_name_that_stands_twice_is_kept_twice_and_told() -> None:
    file = told("a=1\na=2\n")
    assert [entry.key for entry in file.entries] == ["a", "a[2]"]
    assert any("second time" in remark for remark in file.remarks)


def test_the_order_of_a_list_of_named_things_does_not_matter() -> None:
    one = '{"p":[{"name":"a","value":1},{"name":"b","value":2}]}'
    other = '{"p":[{"name":"b","value":2},{"name":"a","value":1}]}'
    assert entries(one) == entries(other)


def test_numbers_keep_the_digits_they_are_written_with() -> None:
    assert entries('{"a":0.050,"b":12345678901234567890,"c":1e3}') == {
        "a": ("0.050", ""),
        "b": ("12345678901234567890", ""),
        "c": ("1e3", ""),
    }


def test_a_register_dump_is_decoded_by_its_map_and_what_no_map_names_stays() -> None:
    chart = Chart(model, shipped()["twin-bms"])
    words = {45008: 3650, 45009: 2500, 45010: 600, 45011: 65336, 45014: 1, 45015: 34464, 45002: 0, 45003: 9, 47000: 7}
    file = told("\n".join(f"{address},{value}" for address, value in words.items()), chart)
    found = {entry.key: entry for entry in file.entries}
    assert (found["trip_cell_over_v"].text, found["trip_cell_over_v"].unit) == ("3.65", "V")
    assert found["trip_under_c"].text == "-20"
    assert found["trip_insulation_ohm"].text == "100000"
    assert found["uptime_s"].entry_class is EntryClass.VOLATILE
    assert found["47000"].text == "7"
    assert any("not in the dump" in remark for remark in file.remarks)


def test_a_map_may_start_elsewhere_in_the_dump() -> None:
    chart = Chart(model, shipped()["twin-bms"], 0)
    assert entries("8=3600\n9=2500\n", chart)["trip_cell_over_v"] == ("3.6", "V")


def sunspec_words() -> list[int]:
    """Model 1, then model 711 with one stored control set, as a device has them behind its marker."""
    common = [1, 66, *([0x4865] * 16), *([0] * 50)]
    scales = [0x10000 - 3, 0x10000 - 3, 0]
    droop = [1, 0, 0, 1, 0, 0, 0, 0, 0, *scales]
    control = [0, 15, 0, 15, 50, 30, 0, 5, 0, 1]
    block = [711, len(droop) + len(control), *droop, *control]
    return [0x5375, 0x6E53, *common, *block, 0xFFFF, 0]


def test_a_sunspec_dump_needs_no_map() -> None:
    file = told("\n".join(f"{40_000 + n}: 0x{word:04X}" for n, word in enumerate(sunspec_words())))
    found = {entry.key: entry.text for entry in file.entries}
    assert found["711.droop_over"] == "0.05"
    assert found["711.droop_under"] == "0.03"
    assert found["711.droop_deadband_over_hz"] == "0.015"


def test_sunspec_models_as_json_are_scaled_by_their_own_factors() -> None:
    text = '{"models":[{"ID":711,"L":22,"Ena":1,"Db_SF":-3,"K_SF":-3,"RspTms_SF":0,"Ctl":[{"DbOf":15,"KOf":50}]}]}'
    assert {each.key: each.text for each in told(text).entries}["711.Ctl[1].droop_over"] == "0.05"
    scaled = text.replace('"KOf":50', '"KOf":0.05').replace('"DbOf":15', '"DbOf":0.015')
    assert {each.key: each.text for each in told(scaled).entries}["711.Ctl[1].droop_deadband_over_hz"] == "0.015"


def test_a_dump_without_a_map_is_refused_with_the_way_out() -> None:
    with pytest.raises(Refused, match="--map"):
        told("100,1\n101,2\n")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a":1,\n"b":}', "line 2, column"),
        ("<a>\n<b></a>", "line 2"),
        ("a=1\nb=2\nc=3\nd=4\ne=5\nthis is nothing\n", "line 6"),
        ("name,value\na,1\nb,2,3\n", "line 3"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(text: str, place: str) -> None:
    with pytest.raises(Refused, match=place):
        told(text)


def test_the_form_that_is_named_counts() -> None:
    assert read(b"a,b=1\n", "file", PLAIN, SettingsForm.KEY_VALUE).entries[0].key == "a,b"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("Network", "SNMP_Community"), "x"),
        (("AdminPassword",), "x"),
        (("wifi", "wpaPsk"), "x"),
        (("api", "key"), "x"),
        (("users", "password", "hash"), "x"),
        (("url",), "mqtt://kim:word@broker.example:1883"),
        (("cert",), "-----BEGIN EC PRIVATE" + " KEY-----"),
    ],
)
def test_a_secret_is_known_by_its_name_or_its_value(path: tuple[str, ...], value: str) -> None:
    assert secret(path, value)


@pytest.mark.parametrize(
    "path", [("grid", "droop"), ("keypad_lock",), ("tokenizer",)[:0] or ("setpoint",), ("compass",)]
)
def test_what_is_no_secret_is_none(path: tuple[str, ...]) -> None:
    assert not secret(path, "3.5")
