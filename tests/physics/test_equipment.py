"""Strings, converters, limits, rooms and generators."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ironkeep.physics.converter import Converter, efficiencies
from ironkeep.physics.generator import StartRules, block_load_dips, draw_start, start_with_misses
from ironkeep.physics.heat import Cooling, Room
from ironkeep.physics.limits import charge_share, discharge_share
from ironkeep.physics.strings import power_current, share_power, share_voltage

CONVERTER = Converter(100_000.0, p0=0.005, k=0.02)
CLOSED = np.ones(3, np.bool_)


@settings(max_examples=50, deadline=None)
@given(power=st.floats(-80_000.0, 80_000.0), low=st.floats(0.0, 20.0))
def test_strings_share_a_power_and_their_currents_deliver_it(power: float, low: float) -> None:
    emf, ohm = np.array([520.0, 520.0, 520.0 - low]), np.full(3, 0.1)
    flow = share_power(power, emf, ohm, CLOSED)
    assert not flow.collapsed
    assert float(flow.currents_a.sum()) * flow.voltage_v == pytest.approx(power, abs=1e-3)
    assert flow.currents_a[2] <= flow.currents_a[0] + 1e-9


def test_an_open_string_carries_nothing_and_a_low_one_is_charged_by_the_others() -> None:
    emf, ohm = np.array([520.0, 520.0, 500.0]), np.full(3, 0.1)
    assert share_power(10_000.0, emf, ohm, np.array([True, True, False])).currents_a[2] == 0.0
    flow = share_power(0.0, emf, ohm, CLOSED)
    assert flow.currents_a[2] < -50.0
    assert flow.currents_a.sum() == pytest.approx(0.0, abs=1e-9)


def test_a_power_beyond_reach_collapses_by_name_at_the_current_of_most_power() -> None:
    flow = share_power(1e9, np.full(3, 520.0), np.full(3, 0.1), CLOSED)
    assert flow.collapsed
    assert flow.voltage_v == pytest.approx(260.0)
    current, collapsed = power_current(np.array([1.0, 1e9]), np.full(2, 3.2), np.full(2, 1e-3))
    assert collapsed.tolist() == [False, True]
    assert current[0] == pytest.approx(0.3125, rel=1e-3)


def test_a_charger_never_takes_and_never_gives_more_than_its_limit() -> None:
    emf, ohm = np.full(3, 520.0), np.full(3, 0.1)
    assert share_voltage(510.0, emf, ohm, CLOSED, 50.0).currents_a.sum() == 0.0
    assert share_voltage(600.0, emf, ohm, CLOSED, 50.0).currents_a.sum() == pytest.approx(-50.0)
    assert share_voltage(520.5, emf, ohm, CLOSED, 50.0).voltage_v == pytest.approx(520.5)


@settings(max_examples=50, deadline=None)
@given(output=st.floats(0.0, 110_000.0))
def test_input_and_output_of_a_converter_are_inverse_and_lose_something(output: float) -> None:
    taken = CONVERTER.input_for(output)
    assert taken > output
    assert CONVERTER.output_for(taken) == pytest.approx(output, abs=1e-6)
    assert 0.0 <= CONVERTER.efficiency(output) < 1.0


def test_efficiency_rises_from_nothing_to_a_crest_and_falls() -> None:
    curve = efficiencies(CONVERTER, np.linspace(100.0, 100_000.0, 400))
    crest = int(curve.argmax())
    assert 0 < crest < 399
    assert CONVERTER.output_for(10.0) == 0.0


def test_limits_forbid_charge_in_the_cold_and_everything_when_hot() -> None:
    cold, hot, mild, half = np.array(-1.0), np.array(61.0), np.array(25.0), np.array(0.5)
    assert charge_share(cold, mild, half) == 0.0
    assert charge_share(mild, hot, half) == 0.0
    assert discharge_share(mild, hot, half) == 0.0
    assert discharge_share(mild, mild, np.array(0.0)) == 0.0
    assert charge_share(mild, mild, half) == discharge_share(mild, mild, half) == 1.0


def test_a_room_rises_exponentially_and_in_one_step_as_in_many() -> None:
    room = Room(700_000.0, 0.02)
    one = room.step(22.0, 14.0, 4_000.0, 3_600.0)
    many = 22.0
    for _ in range(360):
        many = room.step(many, 14.0, 4_000.0, 10.0)
    assert one == pytest.approx(many)
    assert room.step(22.0, 14.0, 4_000.0, 1e9) == pytest.approx(94.0)


def test_cooling_is_bounded_and_costs_power() -> None:
    unit = Cooling(12_000.0, 2.0, 3.0, 400.0)
    assert unit.removed_w(10.0, 22.0) == 0.0
    assert unit.removed_w(40.0, 22.0) == 12_000.0
    assert unit.power_w(6_000.0) == 2_400.0


def test_starts_are_drawn_from_the_rules_and_fail_as_often_as_they_say() -> None:
    draws = np.random.Generator(np.random.PCG64(1))
    starts = [draw_start(StartRules(), draws) for _ in range(4_000)]
    ready = np.array([start.ready_s for start in starts])
    failed = np.isinf(ready).mean()
    assert 0.004 < failed < 0.018
    assert np.quantile(ready[np.isfinite(ready)], 0.95) < 10.0
    assert {start.attempts for start in starts} >= {1, 2}


def test_a_scripted_start_misses_as_told_and_too_many_misses_are_a_failure() -> None:
    rules = StartRules()
    late = start_with_misses(rules, 2, 4.0)
    assert late.fires_s == pytest.approx(64.0)
    assert late.attempts == 3
    assert math.isinf(start_with_misses(rules, 3, 1.0).ready_s)


def test_a_load_step_dips_in_proportion() -> None:
    assert block_load_dips(400_000.0, 800_000.0) == pytest.approx((0.035, 0.075))
    assert block_load_dips(-400_000.0, 800_000.0) == pytest.approx((-0.035, -0.075))
