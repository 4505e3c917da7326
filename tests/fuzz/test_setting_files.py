"""Whatever stands in a setting file, it is entries or it is refused; nothing else ever comes out, and no secret."""

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ironkeep.codecs.settings.entries import SettingsFile, SettingsForm
from ironkeep.codecs.settings.quantity import number_of, quantity_of, reading
from ironkeep.codecs.settings.read import Chart, read
from ironkeep.codecs.units import unit_of
from ironkeep.model.errors import Refused
from ironkeep.packs.equipment.maps import shipped
from ironkeep.packs.equipment.sunspec import model

CHART = Chart(model, shipped()["twin-bms"])
XML = (
    b"<?xml version='1.0'?><cfg><grid droop='3'><p name='db' unit='mHz'>15</p></grid>"
    b"<p><name>x</name><value>1</value></p></cfg>"
)
JSON = b'{"grid":{"droop":{"value":3.5,"unit":"%"}},"list":[{"name":"a","value":1},[1,2],null]}'
SUNSPEC = b'{"models":[{"ID":802,"L":62,"SoCMax":1000,"SoC_SF":-1},{"ID":711,"Ctl":[{"KOf":5}]}]}'
DUMP = b"address,value\n45008,3650\n45009,0x09C4\n45010 600\n45014:1\n45015,34464\n"
GOOD = {
    "csv": (SettingsForm.CSV, b"group;name;value;unit\ngrid;droop;3,5;%\nbms;ovp;3650;mV\n"),
    "bare csv": (SettingsForm.CSV, b"droop,3.5,%\novp,3650,mV\n"),
    "json": (SettingsForm.JSON, JSON),
    "sunspec": (SettingsForm.SUNSPEC_JSON, SUNSPEC),
    "ini": (SettingsForm.INI, b"; export\n[grid]\ndroop = 3.5 ; per cent\n[bms.cells]\novp: 3650\n"),
    "xml": (SettingsForm.XML, XML),
    "key-value": (SettingsForm.KEY_VALUE, b"# relay\n27P1P := 40.00\nTR := 59P1T OR 27P1T\n"),
    "registers": (SettingsForm.REGISTERS, DUMP),
    "drawn": (SettingsForm.CSV, b"| Label | Value |\n|---|---|\n| Cell OVP | 3.65V |\n| Cell UVP | 2.6V |\n"),
    "titled": (
        SettingsForm.CSV,
        b"sep=;\nList;Device;now\nGruppe;Bezeichnung;Wert;Min\nNetz;f>;51,5;50\nNetz;U<;0,8;0\n",
    ),
    "relay": (SettingsForm.INI, b'[INFO]\nFID=X\n[1]\n50P1P,"15.00"\n27P1P,"40.0"\nTR,"51P1T+OC"\n'),
    "spaced": (SettingsForm.KEY_VALUE, b"CellOVP    3650\nCellUVP\t2500\nRate   0.20%\n"),
    "upsrw": (
        SettingsForm.KEY_VALUE,
        b'[a.low]\nLeft\nType: STRING\nValue: 20\n\n[b.high]\nHigh\nType: ENUM\nOption: "1" SELECTED\nOption: "2"\n',
    ),
    "arrows": (
        SettingsForm.KEY_VALUE,
        b"(68_0A)(8)Grid->(1)Freq->(2)Upper: 60.5\n(68_0B)(8)Grid->(1)Freq->(3)Lower: 59\n",
    ),
    "named within": (
        SettingsForm.XML,
        b"<r><b Id='1'><NAME>f&gt;</NAME><p Id='2'><NAME>Up</NAME><VALUE>5</VALUE></p></b><c type='f'>3</c></r>",
    ),
}
PIECES = st.sampled_from(
    [
        *(
            b"",
            b"\0",
            b"\xff\xfe",
            b"\n",
            b'"',
            b"'",
            b",",
            b";",
            b"=",
            b":",
            b"[",
            b"]",
            b"{",
            b"}",
            b"<",
            b">",
            b"/>",
        ),
        *(b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"]]>", b"<![CDATA[", b"\\u0000", b"1e99999", b"NaN", b"0x", b"-"),
        *(b"1,234", b"1.234,5", b"\xc2\xb5V", b"65536", b"99999999999999999999999999999999999999999", b"null", b"SunS"),
    ]
)


def outcome(data: bytes, form: SettingsForm | None = None) -> SettingsFile | Refused:
    try:
        return read(data, "file", CHART, form)
    except Refused as refused:
        return refused


def told(result: SettingsFile | Refused) -> bool:
    """Entries with their places, or a refusal that says where and what to do."""
    if isinstance(result, Refused):
        return bool(result.what and result.where.startswith("file") and result.remedy)
    return all(entry.path and entry.place for entry in result.entries)


@pytest.mark.parametrize("name", GOOD)
def test_the_files_that_are_changed_are_good_and_recognised_to_begin_with(name: str) -> None:
    form, data = GOOD[name]
    result = outcome(data)
    assert isinstance(result, SettingsFile), result
    assert result.form is form


@pytest.mark.parametrize("form", [None, *SettingsForm])
@given(data=st.binary(max_size=300))
@settings(max_examples=60)
def test_any_bytes_are_entries_or_refused(form: SettingsForm | None, data: bytes) -> None:
    assert told(outcome(data, form))


@pytest.mark.parametrize("name", GOOD)
@given(changes=st.data())
@settings(max_examples=80)
def test_a_good_file_with_pieces_cut_moved_and_changed_is_entries_or_refused(name: str, changes: st.DataObject) -> None:
    form, data = GOOD[name]
    for _ in range(changes.draw(st.integers(1, 4))):
        start = changes.draw(st.integers(0, len(data)))
        end = changes.draw(st.integers(start, min(len(data), start + 30)))
        data = data[:start] + changes.draw(st.one_of(PIECES, st.binary(max_size=6))) + data[end:]
    assert told(outcome(data, changes.draw(st.sampled_from([None, form]))))


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)),
    max_leaves=20,
)


@given(VALUES)
def test_any_json_is_entries_or_refused(value: object) -> None:
    assert told(outcome(json.dumps(value).encode()))


@given(st.text(max_size=60))
def test_any_text_is_a_number_with_a_unit_or_none(text: str) -> None:
    for comma in (None, True, False):
        number_of(text, comma)
        quantity = quantity_of(text, comma)
        if quantity.number is not None:
            unit = unit_of(quantity.unit)
            assert reading(unit.canonical(quantity.number), unit.name)


LAUGH = b"<!ENTITY a%d '&a%d;&a%d;'>"
LAUGHS = b"<!DOCTYPE a [<!ENTITY a0 'ha'>" + b"".join(LAUGH % (n + 1, n, n) for n in range(30)) + b"]><a>&a30;</a>"
BOMBS = {
    "a billion laughs": LAUGHS,
    "a file from outside": b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><a>&x;</a>",
    "a document type from outside": b"<!DOCTYPE a SYSTEM 'a.dtd'><a>1</a>",
    "parameter entities": b"<!DOCTYPE a [<!ENTITY % x '1'> %x;]><a>1</a>",
    "elements within elements": b"<a>" * 200_000,
    "half a million elements": b"<a>" + b"<b/>" * 500_000 + b"</a>",
    "objects within objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "lists within lists": b"[" * 100_000 + b"]" * 100_000,
    "a million columns": b"name,value" + b"," * 1_000_000 + b"\n",
    "a name without end": b"a" * 2_000_000 + b"=1\n",
    "blanks without end": b"a" + b" " * 900_000 + b"b = 1\n",
    "a number of a million digits": b"a=" + b"9" * 8_000 + b"\nb=1e" + b"9" * 1_000 + b"\n",
    "sections without end": b"[" + b"a." * 100_000 + b"]\na=1\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_or_read_as_the_few_entries_that_it_holds(name: str) -> None:
    result = outcome(BOMBS[name])
    assert told(result)
    assert isinstance(result, Refused) or len(result.entries) <= 2


@pytest.mark.parametrize(
    "name", ["a billion laughs", "a file from outside", "a document type from outside", "parameter entities"]
)
def test_xml_with_a_document_type_is_refused_for_that(name: str) -> None:
    result = outcome(BOMBS[name])
    assert isinstance(result, Refused)
    assert "document type" in result.what


def test_a_file_beyond_its_size_is_refused_before_it_is_looked_at() -> None:
    result = outcome(b"a=1\n" * (9 << 20))
    assert isinstance(result, Refused)
    assert "limit" in result.what


@pytest.mark.parametrize("form", list(SettingsForm))
def test_no_refusal_shows_what_stands_in_the_file(form: SettingsForm) -> None:
    word = os.urandom(8).hex()
    for data in (f"password {word}\nx\n[", f"<password>{word}", f'{{"password":"{word}"', f"a,b,c\npassword,{word}\n"):
        result = outcome(data.encode(), form)
        assert isinstance(result, SettingsFile) or word not in str(result)
