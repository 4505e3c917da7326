"""Curves: gaps stay gaps, scales hold what they must."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ironkeep.views.curves import curve, level, ticks

NAN = np.nan


def drawn(values, **more):
    held = np.array(values, float)
    return curve(np.arange(held.size, dtype=np.int64) * 60_000_000, held, 100.0, 20.0, **more)


def test_a_gap_breaks_the_line_and_is_named():
    found = drawn([1.0, 2.0, NAN, NAN, 3.0, 4.0])
    assert found.line.count("M") == 2
    assert len(found.gaps) == 1


def test_nothing_known_draws_nothing():
    found = drawn([NAN, NAN])
    assert found.line == ""
    assert found.last_x is None


def test_noise_does_not_fill_the_box():
    found = drawn([20.0, 20.1], span_min=4.0)
    assert found.high - found.low == 4.0


def test_limits_lie_inside_the_scale():
    found = drawn([20.0, 30.0], also=(55.0,))
    assert 0 <= level(found, 55.0, 20.0) <= 20


def test_what_differs_by_next_to_nothing_is_level():
    assert "nan" not in drawn([0.0, 1.1125369292536007e-308]).line


@given(st.lists(st.one_of(st.just(NAN), st.floats(-1e6, 1e6)), min_size=1, max_size=60))
def test_every_point_lies_in_the_box(values):
    found = drawn(values)
    numbers = [float(part.lstrip("ML")) for part in found.line.split()]
    assert all(-0.1 <= x <= 100.1 for x in numbers[::2])
    assert all(-0.1 <= y <= 20.1 for y in numbers[1::2])


@given(st.floats(-1e5, 1e5), st.floats(1e-3, 1e5))
def test_ticks_are_few_and_inside(low, span):
    found = ticks(low, low + span)
    assert len(found) <= 5
    assert all(low - 1e-6 <= v <= low + span + span * 1e-3 for v in found)


def test_a_full_and_an_empty_battery_get_no_axis_beyond_what_a_percentage_can_be():
    for value, low, high in ((99.5, 96.0, 100.0), (0.5, 0.0, 4.0), (50.0, 48.0, 52.0), (104.0, 102.0, 106.0)):
        found = drawn([value, value], span_min=4.0, within=(0.0, 100.0))
        assert (found.low, found.high) == (low, high)
