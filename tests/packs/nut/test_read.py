"""The variables of Network UPS Tools as data: complete, of the product's own words, and refused where they are odd."""

import pytest

from ironkeep.codecs.lexicon import OTHER_BIT, STATUS
from ironkeep.model.errors import Refused
from ironkeep.model.point import PointClass, PointKind
from ironkeep.packs.equipment.maps import shipped as maps
from ironkeep.packs.nut.read import parse, shipped

TEXT = """
[status]
variable = "ups.status"
point = "ups_status_bits"
label = "Status"
flags = { OL = 0, OB = 1 }
[mode]
point = "mode"
label = "Mode"
symbols = { online = 1, battery = 2 }
order = ["OB battery", "OL online"]
[particulars]
serial = ["ups.serial"]
[battery]
variable = [{ name = "battery.charge", point = "battery_charge_pct", unit = "%", low = 0, high = 100, label = "x" }]
[ups]
variable = []
[input]
variable = [{ name = "input.L{n}-N.voltage", point = "input_voltage_l{n}_v", unit = "V", label = "Phase {n}" }]
[output]
variable = []
"""


def test_every_status_word_of_the_protocol_has_a_bit():
    words = "OL OB LB HB RB CHRG DISCHRG BYPASS CAL OFF OVER TRIM BOOST ALARM FSD"
    assert set(words.split()) <= set(shipped().flags)
    assert len(set(shipped().flags.values())) == len(shipped().flags)
    assert OTHER_BIT not in shipped().flags.values()


@pytest.mark.parametrize(
    ("status", "mode"),
    [
        ("OL", "online"),
        ("OL CHRG", "online"),
        ("OB DISCHRG", "battery"),
        ("OB LB", "battery"),
        ("OL BYPASS", "static_bypass"),
        ("OFF", "off"),
        ("OL OFF", "off"),
        ("OL CAL", "online"),
        ("ALARM", None),
        ("", None),
    ],
)
def test_the_words_of_a_status_say_where_the_load_is_fed_from(status, mode):
    lexicon = shipped()
    row = lexicon.columns(()).row({STATUS: status})
    symbols = {symbol.value: symbol.name for symbol in lexicon.mode.symbols}
    assert symbols.get(int(row.integer[1])) == mode


def test_points_that_a_make_over_modbus_has_too_have_the_same_unit_and_codes():
    ours = {v.spec.name: v.spec for v in shipped().variables} | {"mode": shipped().mode}
    theirs = {each.point.name: each.point for each in maps()["twin-ups"].points if not each.point.hidden}
    both = ours.keys() & theirs.keys()
    assert {"battery_charge_pct", "load_pct", "input_voltage_l1_v", "mode", "rated_power_w"} <= both
    for name in both:
        assert ours[name].unit == theirs[name].unit, name
    assert {(s.value, s.name) for s in ours["mode"].symbols} == {(s.value, s.name) for s in theirs["mode"].symbols}


def test_every_variable_has_a_label_a_source_and_a_class():
    for variable in shipped().variables:
        assert variable.spec.label
        assert variable.spec.source == f"nut {variable.name}"
        if variable.spec.kind is PointKind.ANALOG:
            assert variable.spec.low is not None
            assert variable.spec.high is not None
    settings = {v.name for v in shipped().variables if v.spec.point_class is PointClass.SETTING}
    assert {"input.transfer.low", "battery.charge.low", "ups.delay.shutdown"} <= settings


def test_phases_become_a_variable_each():
    assert [v.name for v in parse(TEXT).variables] == [
        "battery.charge",
        *(f"input.L{n}-N.voltage" for n in (1, 2, 3)),
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('unit = "%"', 'units = "%"'),
        ("OB battery", "XX battery"),
        ("OB battery", "OB bypass"),
        ('"battery.charge"', '"battery charge"'),
        ('"battery_charge_pct"', '"Charge"'),
        ('"input_voltage_l{n}_v"', '"input_voltage_v"'),
        ("low = 0, high = 100", "low = 100, high = 0"),
        ("OL = 0", "OL = 62"),
        ('variable = "ups.status"', 'variable = "ups.state"'),
        ('serial = ["ups.serial"]', 'colour = ["ups.serial"]'),
        ("[status]", "[status"),
    ],
)
def test_anything_odd_is_refused_with_its_place(before, after):
    assert before in TEXT
    with pytest.raises(Refused) as told:
        parse(TEXT.replace(before, after, 1))
    assert "variables.toml" in str(told.value)
