"""Runtimes: what may never lengthen them, and how far they lie from PyBaMM."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.runtime import Bounds, EndCause, Runtime, Unit, discharge
from bench.twin import runtime_errors_pct
from ironkeep.physics.chemistry import LFP_POWER

CAPACITY_AH = 80.0
WATT_HOURS = CAPACITY_AH * 3.2
TOLERANCE = 1.0 + 1e-9


def unit(n: int = 1, charge: float = 1.0) -> Unit:
    return Unit(np.full(n, CAPACITY_AH), np.full(n, charge), np.full(n, 25.0), np.ones(n))


def last(one: Unit, power_w: float, dt_s: float) -> float:
    run = discharge(LFP_POWER, one, [(20_000.0, np.full(1, power_w))], Bounds(), dt_s)
    return float(run.seconds[0])


@settings(max_examples=12, deadline=None)
@given(
    rate=st.floats(0.4, 2.5),
    more=st.floats(1.05, 1.6),
    colder=st.floats(1.0, 30.0),
    age=st.floats(1.05, 2.0),
    health=st.floats(0.6, 0.98),
)
def test_more_load_colder_cells_more_age_and_less_health_never_lengthen_a_runtime(
    rate: float, more: float, colder: float, age: float, health: float
) -> None:
    power = rate * WATT_HOURS
    five = Unit(
        capacity_ah=CAPACITY_AH * np.array([1.0, 1.0, 1.0, health, 1.0]),
        charge=np.ones(5),
        temperature_c=np.array([25.0, 25.0, 25.0, 25.0, 25.0 - colder]),
        resistance_factor=np.array([1.0, 1.0, age, 1.0, 1.0]),
    )
    powers = power * np.array([1.0, more, 1.0, 1.0, 1.0])
    run = discharge(LFP_POWER, five, [(20_000.0, powers)], Bounds(temperature_max_c=math.inf), 20.0)
    base, loaded, aged, unwell, cold = run.seconds
    assert max(loaded, aged, unwell) <= base * TOLERANCE
    assert cold <= base * 1.005  # self-heating may hide a kelvin


def test_splitting_a_profile_into_pieces_changes_nothing() -> None:
    power = np.full(1, 1.2 * WATT_HOURS)
    whole = discharge(LFP_POWER, unit(), [(6000.0, power)], Bounds(), 10.0)
    parts = discharge(LFP_POWER, unit(), [(500.0, power)] * 12, Bounds(), 10.0)
    assert parts.seconds[0] == pytest.approx(whole.seconds[0], rel=1e-6)


def test_a_finer_step_moves_the_answer_by_less_than_half_a_percent() -> None:
    powers = np.array([0.5, 1.0, 2.0]) * WATT_HOURS
    coarse, fine = (discharge(LFP_POWER, unit(3), [(20_000.0, powers)], Bounds(), dt_s) for dt_s in (10.0, 1.0))
    assert coarse.seconds == pytest.approx(fine.seconds, rel=0.005)


def one(power_w: float, bounds: Bounds, charge: float = 1.0) -> Runtime:
    return discharge(LFP_POWER, unit(charge=charge), [(20_000.0, np.full(1, power_w))], bounds, 10.0)


def test_each_bound_can_end_a_runtime_and_is_named() -> None:
    wide = Bounds(voltage_min_v=0.5, temperature_max_c=math.inf)
    assert one(WATT_HOURS, Bounds(charge_min=0.3)).cause[0] == EndCause.CHARGE_FLOOR
    assert one(WATT_HOURS, Bounds(voltage_min_v=3.0)).cause[0] == EndCause.CELL_VOLTAGE
    assert one(2.5 * WATT_HOURS, Bounds(temperature_max_c=32.0)).cause[0] == EndCause.TEMPERATURE
    assert one(2.0 * WATT_HOURS, Bounds(current_max_a=120.0)).cause[0] == EndCause.CURRENT_LIMIT
    assert one(60.0 * WATT_HOURS, wide).cause[0] == EndCause.VOLTAGE_COLLAPSE
    assert one(0.01 * WATT_HOURS, Bounds()).cause[0] == EndCause.NONE


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_power_or_state_that_is_not_a_number_never_yields_a_runtime(bad: float) -> None:
    assert one(bad, Bounds()).seconds[0] == 0.0
    assert one(bad, Bounds()).cause[0] == EndCause.NOT_A_NUMBER
    assert one(WATT_HOURS, Bounds(), charge=math.nan).seconds[0] == 0.0


def test_many_cells_answer_as_each_alone() -> None:
    powers = np.array([0.5, 1.0, 2.0]) * WATT_HOURS
    together = discharge(LFP_POWER, unit(3), [(20_000.0, powers)], Bounds(), 10.0)
    alone = [last(unit(), float(power), 10.0) for power in powers]
    np.testing.assert_allclose(together.seconds, alone, rtol=1e-9)


@pytest.mark.slow
@pytest.mark.timeout(300)  # nine discharges of PyBaMM and a fit
def test_after_a_fit_to_three_runtimes_other_powers_and_a_step_profile_lie_within_two_percent_of_pybamm() -> None:
    errors = runtime_errors_pct()
    assert len(errors) == 6
    assert any(name.startswith("predicted step") for name in errors)
    assert max(abs(error) for error in errors.values()) <= 2.0, errors
