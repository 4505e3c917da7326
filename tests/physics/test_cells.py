"""The cell step: energy, splitting, ranges and signs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ironkeep.physics.cells import SECONDS_PER_HOUR, Cells
from ironkeep.physics.chemistry import GRID, LFP_ENERGY, LFP_POWER, capacity_factor, resistance_factor

CAPACITY_AH = 80.0
RATES = st.floats(-2.0, 3.0)


def cells_at(charge: float, n: int = 1, temperature_c: float = 25.0) -> Cells:
    return Cells(LFP_POWER, np.full(n, CAPACITY_AH), np.full(n, charge), np.full(n, temperature_c))


def run(cells: Cells, current_a: float, seconds: float, dt_s: float) -> tuple[float, float]:
    """Electric work and heat of a constant current, Wh, by the middle of each step."""
    work = heat = 0.0
    current = np.full(cells.charge.size, current_a)
    for _ in range(round(seconds / dt_s)):
        before = float(cells.emf_v[0] - current_a * cells.ohmic_ohm[0])
        cells.step(current, 25.0, 2.5, dt_s)
        work += 0.5 * (before + float(cells.voltage_v[0])) * current_a * dt_s / SECONDS_PER_HOUR
        reversible = current_a * (cells.temperature_c[0] + 273.15) * cells.entropy_v_k[0]
        heat += float(cells.heat_w[0] + reversible) * dt_s / SECONDS_PER_HOUR
    return work, heat


def chemical_wh(high: float, low: float) -> float:
    """Energy between two charges along the open-circuit curve at 25 C."""
    axis = np.linspace(0.0, 1.0, GRID + 1)
    inside = np.linspace(low, high, 4001)
    return CAPACITY_AH * float(np.trapezoid(np.interp(inside, axis, LFP_POWER.ocv_v), inside))


@pytest.mark.parametrize("rate", [0.2, 0.5, 1.0])
def test_work_and_irreversible_heat_add_up_to_the_chemical_energy(rate: float) -> None:
    cells = cells_at(0.95)
    work, heat = run(cells, rate * CAPACITY_AH, 0.8 * SECONDS_PER_HOUR / rate, 5.0)
    assert cells.charge[0] == pytest.approx(0.15, abs=1e-6)
    assert heat > 0.0
    assert work + heat == pytest.approx(chemical_wh(0.95, 0.15), rel=0.005)


def test_a_round_trip_gives_back_less_than_it_took() -> None:
    cells = cells_at(0.4)
    took, _ = run(cells, -40.0, 1800.0, 5.0)
    gave, _ = run(cells, 40.0, 1800.0, 5.0)
    assert cells.charge[0] == pytest.approx(0.4, abs=1e-9)
    assert 0.90 < gave / -took < 0.995


@settings(max_examples=25, deadline=None)
@given(rate=RATES, charge=st.floats(0.3, 0.7), parts=st.integers(2, 12))
def test_splitting_a_step_changes_nothing_beyond_tolerance(rate: float, charge: float, parts: int) -> None:
    whole, split = cells_at(charge), cells_at(charge)
    current = np.full(1, rate * CAPACITY_AH)
    whole.step(current, 25.0, 2.5, 10.0)
    for _ in range(parts):
        split.step(current, 25.0, 2.5, 10.0 / parts)
    assert split.charge[0] == pytest.approx(whole.charge[0], abs=1e-12)
    assert split.tank_gap[0] == pytest.approx(whole.tank_gap[0], abs=1e-12)
    assert split.hysteresis[0] == pytest.approx(whole.hysteresis[0], abs=1e-9)
    assert split.voltage_v[0] == pytest.approx(whole.voltage_v[0], abs=5e-4)
    assert split.temperature_c[0] == pytest.approx(whole.temperature_c[0], abs=0.02)


@settings(max_examples=20, deadline=None)
@given(rates=st.lists(RATES, min_size=1, max_size=20), charge=st.floats(0.0, 1.0), warm=st.floats(-20.0, 55.0))
def test_state_stays_in_range_and_never_becomes_not_a_number(rates: list[float], charge: float, warm: float) -> None:
    cells = cells_at(charge, 3, warm)
    for rate in rates:
        cells.step(np.full(3, rate * CAPACITY_AH), warm, 2.5, 60.0)
        for values in (cells.charge, cells.voltage_v, cells.temperature_c, cells.hysteresis, cells.heat_w):
            assert np.isfinite(values).all()
        assert (cells.charge >= 0.0).all()
        assert (cells.charge <= 1.0).all()
        assert (np.abs(cells.hysteresis) <= 1.0 + 1e-12).all()
        assert (cells.ohmic_ohm > 0.0).all()


@pytest.mark.parametrize("charge", [0.2, 0.5, 0.8])
def test_discharge_lies_below_and_charge_above_the_open_circuit_and_hysteresis_keeps_its_sign(charge: float) -> None:
    out, into = cells_at(charge), cells_at(charge)
    for _ in range(600):
        out.step(np.full(1, 20.0), 25.0, 2.5, 1.0)
        into.step(np.full(1, -20.0), 25.0, 2.5, 1.0)
        out.charge[:], into.charge[:] = charge, charge
    assert out.hysteresis[0] < -0.5
    assert into.hysteresis[0] > 0.5
    assert out.emf_v[0] < cells_at(charge).emf_v[0] < into.emf_v[0]
    assert out.voltage_v[0] < out.emf_v[0]
    assert into.voltage_v[0] > into.emf_v[0]


def test_the_near_tank_empties_first_and_recovers_at_rest() -> None:
    cells = cells_at(0.6)
    run(cells, 160.0, 600.0, 5.0)
    strained = float(cells.tank_gap[0])
    assert strained > 0.01
    run(cells, 0.0, 3600.0, 10.0)
    assert 0.0 <= cells.tank_gap[0] < 0.01 * strained


def test_reversible_heat_cools_a_discharge_where_the_entropy_coefficient_is_positive() -> None:
    high, low = cells_at(0.7), cells_at(0.1)
    for cells in (high, low):
        cells.step(np.full(1, 8.0), 25.0, 2.5, 1.0)
    assert high.heat_w[0] < 0.0 < low.heat_w[0]


@settings(max_examples=25, deadline=None)
@given(power=st.floats(-250.0, 2_000.0), charge=st.floats(0.05, 0.95))
def test_the_current_for_a_power_delivers_it_keeps_its_sign_and_is_bounded(power: float, charge: float) -> None:
    cells = cells_at(charge)
    current = float(cells.currents(power)[0])
    most = float(cells.emf_v[0] ** 2 / (4.0 * cells.ohmic_ohm[0]))
    given_w = current * (float(cells.emf_v[0]) - current * float(cells.ohmic_ohm[0]))
    assert given_w == pytest.approx(min(power, most), rel=1e-6, abs=1e-6)
    assert current * power >= 0.0


def test_cold_raises_resistance_and_shrinks_capacity_monotonically() -> None:
    grid = np.linspace(-20.0, 45.0, 60)
    assert (np.diff(resistance_factor(grid, LFP_ENERGY.activation_j_mol)) < 0.0).all()
    assert (np.diff(capacity_factor(grid)) >= 0.0).all()
    assert capacity_factor(np.array(25.0)) == pytest.approx(1.0)
    assert resistance_factor(np.array(25.0), LFP_ENERGY.activation_j_mol) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("soc_pct", "slope_mv"), [(30, 2.2), (40, 0.27), (50, 0.36), (60, 0.65), (70, 4.3), (80, 0.45)]
)
def test_the_open_circuit_slopes_are_those_of_the_source(soc_pct: int, slope_mv: float) -> None:
    step = GRID // 100
    centre = soc_pct * step
    slope = (LFP_POWER.ocv_v[centre + step] - LFP_POWER.ocv_v[centre - step]) / 2.0 * 1000.0
    assert slope == pytest.approx(slope_mv, abs=0.35)
    assert (np.diff(LFP_POWER.ocv_v) > 0.0).all()
