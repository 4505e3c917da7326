"""What a unit is worth, however it is written, and which unit a name ends with."""

from fractions import Fraction

import pytest

from ironkeep.codecs.units import unit_in_name, unit_of


def test_large_and_small_prefixes_are_told_apart_by_case() -> None:
    assert unit_of("mW").factor == Fraction(1, 1000)
    assert unit_of("MW").factor == 10**6
    assert not unit_of("mw").known
    assert unit_of("khz") == unit_of("kHz")


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("trip_cell_over_v", "v"),
        ("CellOVP_mV", "mV"),
        ("dead band [mHz]", "mHz"),
        ("slew_max_hz_s", "Hz/s"),
        ("rocof_hz_per_s", "Hz/s"),
        ("cell_voltage_min", ""),
        ("droop", ""),
        ("note (see table)", ""),
    ],
)
def test_a_name_may_end_with_its_unit(name: str, unit: str) -> None:
    assert unit_of(unit_in_name(name)) == unit_of(unit)
