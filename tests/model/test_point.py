"""A number is said with the unit of its point, in no more digits than mean something."""

import pytest

from ironkeep.model.point import number_said, unit_said


@pytest.mark.parametrize(
    ("point", "unit"),
    [("soc_pct", "%"), ("on_battery_seconds", "s"), ("trip_over_c", "°C"), ("heartbeat_count", ""), ("state", "")],
)
def test_the_unit_of_a_point_is_what_its_name_ends_with(point: str, unit: str) -> None:
    assert unit_said(point) == unit


def test_a_number_has_four_digits_and_no_exponent() -> None:
    assert [number_said(v) for v in (53.7783, 67.8, 0.0, 130_000.0)] == ["53.78", "67.8", "0", "130000"]
