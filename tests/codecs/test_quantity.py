"""Units in the heads and cells of recordings: what is not one of a battery's own is none, never another."""

import pytest

from ironkeep.codecs.quantity import CANONICAL, UNITS, spellings, unit
from ironkeep.codecs.units import unit_of


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *(("kWh", "kWh"), ("KWH", "kWh"), ("MWH", "MWh"), ("mwh", "MWh"), ("volts", "V"), ("VDC", "V")),
        *(
            ("MV", "mV"),
            ("mA", "mA"),
            ("MΩ", "Mohm"),
            ("kΩ", "kohm"),
            ("kOhm", "kohm"),
            ("pu", "fraction"),
            ("c", "°C"),
        ),
        *(("deg f", "°F"), ("k", "K"), ("percent", "%"), (" A ", "A"), ("1", "1"), ("pu", "fraction"), ("mhz", "mHz")),
    ],
)
def test_a_unit_is_understood_as_batteries_have_it(text: str, name: str) -> None:
    found = unit(text)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("text", ["mΩ", "MHz", "mWh", "mW", "mw", "GWh", "s", "rpm", "", "-", "count", "n/a", "cell"])
def test_a_unit_that_no_recording_may_mean_is_none_rather_than_its_neighbour(text: str) -> None:
    assert unit(text) is None


def test_every_unit_is_worth_what_it_is_worth_anywhere_else() -> None:
    for name, each in UNITS.items():
        worth = unit_of("pu" if name == "fraction" else name)
        assert (CANONICAL[each.quantity], each.factor, each.offset) == (
            worth.name,
            float(worth.factor),
            float(worth.added),
        )


def test_spellings_are_of_one_quantity_and_each_is_understood() -> None:
    for quantity in CANONICAL:
        for text, each in spellings(quantity).items():
            assert unit(text) == each
            assert each.quantity == quantity
    assert {"Ω", "ohm", "kΩ"} <= spellings("resistance").keys()
