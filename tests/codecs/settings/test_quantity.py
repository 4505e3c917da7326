"""Numbers and units, exact, however they are written."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironkeep.codecs.settings.quantity import (
    alike,
    decimal_text,
    number_of,
    quantity_of,
    reading,
    writes_decimal_comma,
)
from ironkeep.codecs.units import unit_of


def canonical(text: str, comma: bool | None = None) -> tuple[Fraction, str]:
    quantity = quantity_of(text, comma)
    assert quantity.number is not None, text
    unit = unit_of(quantity.unit)
    return unit.canonical(quantity.number), unit.name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.05 pu", "5 %"),
        ("1200 mV", "1.2 V"),
        ("15 mHz", "0.015 Hz"),
        ("100 kΩ", "100000 Ohm"),
        ("1.25 MW", "1250 kW"),
        ("77 °F", "25 °C"),
        ("333.15 K", "60 °C"),
        ("5 min", "300 s"),
        ("1200 kW/min", "20 kW/s"),
        ("0x1F4", "500"),
        ("5e3", "5000"),
        ("-0", "0"),
        ("5 %WMax", "5 %"),
        ("1'200.5", "1200.5"),
        ("1 200", "1200"),
        ("1.200,5", "1,200.5"),
        ("‰", "‰"),
    ],
)
def test_what_is_written_otherwise_is_the_same_quantity(one: str, other: str) -> None:
    if one == other:
        assert unit_of(one) == unit_of(other)
    else:
        assert canonical(one) == canonical(other)


@pytest.mark.parametrize("text", ["1,200", "1.2.3", "12,34,56", "0x", "1e999", "12 mw", "9" * 60, "", "five", "1-2"])
def test_what_can_be_read_in_two_ways_or_in_none_is_no_number(text: str) -> None:
    assert quantity_of(text).number is None


def test_a_comma_is_read_as_the_file_writes_its_commas() -> None:
    assert number_of("1,200", True) == Fraction("1.2")
    assert number_of("1,200", False) == 1200
    assert number_of("1.200", True) == 1200
    assert writes_decimal_comma(["3,5 %", "1,200", "x"]) is True
    assert writes_decimal_comma(["3.5", "1,200"]) is False
    assert writes_decimal_comma(["1,200", "7"]) is None


def test_digits_that_a_short_float_made_up_are_no_difference() -> None:
    assert alike(Fraction("3.65"), Fraction("3.6500000953674316"))
    assert not alike(Fraction("3.65"), Fraction("3.651"))
    assert not alike(Fraction(123456789), Fraction(123456790))
    assert not alike(Fraction("0.1"), Fraction("0.1000001"))


@pytest.mark.parametrize(
    ("number", "unit", "shown"),
    [("1250000", "W", "1250 kW"), ("0.015", "Hz", "15 mHz"), ("31536000", "s", "365 d"), ("3.65", "V", "3.65 V"),
     ("100000", "ohm", "100 kohm"), ("0", "V", "0 V"), ("-20", "°C", "-20 °C"), ("5", "", "5")],
)  # fmt: skip
def test_people_read_short_numbers(number: str, unit: str, shown: str) -> None:
    assert reading(Fraction(number), unit) == shown


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_a_decimal_comes_back_as_it_was_written(value) -> None:
    assert number_of(decimal_text(Fraction(value), 20)) == Fraction(value)
