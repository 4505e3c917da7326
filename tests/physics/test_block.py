"""Blocks: how cells are cut, what is renewed late, and what that costs in accuracy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ironkeep.physics.block import SLOW_CHARGE, SLOW_S
from ironkeep.physics.cells import BLOCK, Cells
from ironkeep.physics.chemistry import LFP_POWER, Floats

CAPACITY_AH = 80.0


def cells_at(charge: Floats) -> Cells:
    return Cells(LFP_POWER, np.full(charge.size, CAPACITY_AH), charge, np.full(charge.size, 25.0))


def test_cells_of_several_blocks_answer_as_the_same_cells_alone() -> None:
    n = BLOCK + 3
    charge = np.linspace(0.2, 0.9, n)
    current = np.linspace(-160.0, 240.0, n)
    together, alone = cells_at(charge), cells_at(charge[[0, n // 2, n - 1]])
    for _ in range(30):
        together.step(current, 20.0, 2.5, 1.0)
        alone.step(current[[0, n // 2, n - 1]], 20.0, 2.5, 1.0)
    for name in ("charge", "hysteresis", "tank_gap"):
        np.testing.assert_allclose(getattr(together, name)[[0, n // 2, n - 1]], getattr(alone, name), rtol=1e-12)
    np.testing.assert_allclose(together.temperature_c[[0, n // 2, n - 1]], alone.temperature_c, atol=2e-3)
    np.testing.assert_allclose(together.voltage_v[[0, n // 2, n - 1]], alone.voltage_v, atol=1e-3)


def test_a_step_at_a_power_is_the_step_at_its_currents() -> None:
    charge = np.linspace(0.2, 0.9, 7)
    by_power, by_current = cells_at(charge), cells_at(charge)
    powers = np.linspace(-300.0, 900.0, 7)
    for _ in range(5):
        by_power.step_power(powers, 20.0, 2.5, 1.0)
        by_current.step(by_current.currents(powers), 20.0, 2.5, 1.0)
    np.testing.assert_array_equal(by_power.voltage_v, by_current.voltage_v)
    np.testing.assert_array_equal(by_power.temperature_c, by_current.temperature_c)


@settings(max_examples=25, deadline=None)
@given(
    rates=st.lists(st.floats(-2.0, 3.0), min_size=5, max_size=40),
    charge=st.floats(0.1, 0.9),
    warm=st.floats(0.0, 45.0),
)
def test_late_renewal_moves_a_voltage_by_less_than_two_millivolts(
    rates: list[float], charge: float, warm: float
) -> None:
    late, fresh = cells_at(np.array([charge])), cells_at(np.array([charge]))
    late.temperature_c[:] = fresh.temperature_c[:] = warm
    late.prepare()
    for rate in rates:
        fresh.prepare()  # renews all in the next step
        late.step(np.array([rate * CAPACITY_AH]), warm, 2.5, 1.0)
        fresh.step(np.array([rate * CAPACITY_AH]), warm, 2.5, 1.0)
        assert late.voltage_v[0] == pytest.approx(fresh.voltage_v[0], abs=2e-3)
        assert late.temperature_c[0] == pytest.approx(fresh.temperature_c[0], abs=0.01)
        assert late.charge[0] == fresh.charge[0]


@pytest.mark.parametrize("rate", [3.0, 0.05])
def test_resistance_follows_charge_and_warmth_within_the_stated_window(rate: float) -> None:
    cells = cells_at(np.array([0.2]))
    cells.step(np.array([rate * CAPACITY_AH]), 25.0, 2.5, 1.0)
    cells.temperature_c[:] = 10.0
    before = float(cells.ohmic_ohm[0])
    for _ in range(int(SLOW_S) + 1):
        cells.step(np.array([rate * CAPACITY_AH]), 10.0, 2.5, 1.0)
    assert cells.ohmic_ohm[0] > 1.3 * before
    assert SLOW_CHARGE <= 0.001


def test_cells_that_stand_full_or_empty_stay_within_zero_and_one_in_every_step() -> None:
    cells = cells_at(np.array([0.0, 1.0, 0.9999, 0.0001]))
    current = np.array([80.0, -80.0, -80.0, 80.0])
    for part in (slice(0, 4), slice(0, 4)):
        for sign in (1.0, -1.0):
            for _ in range(15):
                cells.step((sign * np.abs(current))[part], 25.0, 2.5, 1.0)
                assert cells.charge.min() >= 0.0
                assert cells.charge.max() <= 1.0


def test_a_negative_zero_current_is_a_rest_like_any_other() -> None:
    minus, plus = cells_at(np.array([0.5, 0.5])), cells_at(np.array([0.5, 0.5]))
    minus.step(np.array([-0.0, -20.0]), 25.0, 2.5, 1.0)
    plus.step(np.array([0.0, -20.0]), 25.0, 2.5, 1.0)
    np.testing.assert_array_equal(minus.voltage_v, plus.voltage_v)
    assert minus.ohmic_ohm[0] != minus.ohmic_ohm[1]
