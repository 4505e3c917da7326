"""Numbers as people read them."""

import pytest

from ironkeep.views.numbers import MINUS, NARROW, figure, quantity, scaled_text


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (-210_000.0, "W", f"{MINUS}210{NARROW}kW"),
        (1_310_000.0, "W", f"+1{NARROW}310{NARROW}kW"),
        (0.0, "W", f"0{NARROW}kW"),
        (-0.2, "W", f"0{NARROW}kW"),
        (83.4, "%", f"83{NARROW}%"),
        (2_100_000.0, "ohm", f"2.1{NARROW}MΩ"),
        (26.14, "C", f"26.1{NARROW}°C"),
        (None, "V", "not known"),
        (float("nan"), "V", "not known"),
        (float("inf"), "V", "not known"),
    ],
)
def test_a_quantity_has_its_unit_and_its_sign(number, unit, text):
    assert quantity(number, unit) == text


def test_the_sign_may_be_left_out_where_it_means_nothing():
    assert figure(5_000.0, "W", signed=False) == "5.0"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("200000 W", f"200{NARROW}kW"),
        ("12345 W", f"12.345{NARROW}kW"),
        ("264.5 V", "264.5 V"),
        ("4", "4"),
        ("a lot of W", "a lot of W"),
    ],
)
def test_a_setting_is_shown_in_the_unit_of_the_values_beside_it_and_loses_no_digit(text, shown):
    assert scaled_text(text) == shown
