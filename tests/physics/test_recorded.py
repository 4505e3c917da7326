"""What is found in a recording is the truth of the battery behind it, within the error told."""

from dataclasses import replace

import numpy as np
import pytest

from ironkeep.model.analysis import Battery
from ironkeep.model.check import Bound
from ironkeep.model.recording import Bank, Track
from ironkeep.physics.recorded import battery, directions
from tests.recorded import CAPACITY_AH, SERIES, START, Truth, cycled

BOUNDS = (
    Bound("*soc_pct", 0.0, 100.0, None, "by definition"),
    Bound("cell_temperature_*", -60.0, 1000.0, 60.0, "thermal runaway"),
)
LFP = Bank("b", "lfp", None, SERIES)


def track(truth: Truth, every: int = 1, **changed: np.ndarray) -> Track:
    at_us = (int(START.timestamp() * 1e6) + truth.t_s * 1e6).astype(np.int64)[::every]
    values = {
        "voltage_v": np.round(truth.voltage_v, 1),
        "current_a": np.round(truth.current_a, 1),
        "soc_pct": np.round(100 * truth.charge, 1),
        "cell_temperature_max_c": np.round(truth.temperature_c, 1),
    } | changed
    return Track("b", at_us, {name: x[::every].copy() for name, x in values.items()})


def found(given: Track, bank: Bank = LFP) -> Battery:
    return battery(given, bank, BOUNDS)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("every", [1, 3, 6])
def test_efficiency_capacity_and_energy_are_the_truth_within_their_error(seed: int, every: int) -> None:
    truth = cycled(seed=seed)
    told = found(track(truth, every))
    assert told.efficiency is not None
    assert told.balance is not None
    assert told.energy is not None
    assert abs(told.efficiency.share - truth.efficiency) < told.efficiency.error + 0.001
    assert told.efficiency.error < 0.01
    assert abs(told.balance.capacity_ah - CAPACITY_AH) < told.balance.error_ah + 0.001 * CAPACITY_AH
    assert told.balance.error_ah < 0.01 * CAPACITY_AH
    assert told.energy.out_wh == pytest.approx(truth.energy_out_wh, rel=0.02)
    assert told.energy.in_wh == pytest.approx(truth.energy_in_wh, rel=0.02)


def test_an_offset_of_the_current_is_found_with_its_size() -> None:
    truth = cycled()
    told = found(track(truth, current_a=truth.current_a + 2.0)).balance
    assert told is not None
    assert abs(told.offset_a - 2.0) < told.offset_error_a + 0.05
    assert told.offset_a > told.offset_error_a
    assert abs(told.capacity_ah - CAPACITY_AH) < 0.01 * CAPACITY_AH


def test_a_sign_the_wrong_way_round_is_seen_by_charge_and_by_voltage() -> None:
    truth = cycled()
    right, wrong = (directions(track(truth, current_a=sign * truth.current_a), BOUNDS)[0][0] for sign in (1, -1))
    assert (right.by_charge, right.by_voltage) == (1, 1)
    assert (wrong.by_charge, wrong.by_voltage) == (-1, -1)
    assert right.ohm == pytest.approx(-wrong.ohm)


def test_nothing_is_wrong_with_a_sound_recording() -> None:
    told = found(track(cycled()))
    assert told.impossible == ()
    assert told.frozen == ()
    assert told.balance is not None
    assert told.balance.jumps == 0
    assert all(rest.low_pct <= rest.reported_pct <= rest.high_pct for rest in told.rests)


def test_a_value_that_repeats_at_rest_is_not_called_frozen() -> None:
    truth = cycled()
    resting = truth.current_a == 0
    voltage = np.where(resting, 735.0, np.round(truth.voltage_v, 1))
    assert [each for each in found(track(truth, voltage_v=voltage)).frozen if each.point == "voltage_v"] == []


@pytest.mark.parametrize("point", ["voltage_v", "soc_pct"])
def test_a_value_that_stands_still_while_the_battery_works_is_found(point: str) -> None:
    truth = cycled()
    given = track(truth)
    switch = int(np.flatnonzero(np.abs(np.diff(truth.current_a)) > 50)[2])
    x = given.values[point].copy()
    x[switch - 60 : switch + 200] = x[switch - 60]
    stuck = Track(given.asset, given.at_us, {**given.values, point: x})
    hits = [each for each in found(stuck).frozen if each.point == point]
    assert len(hits) == 1
    assert hits[0].first_us <= int(given.at_us[switch]) <= hits[0].last_us


def test_a_jump_of_the_charge_is_found_and_spoils_nothing_else() -> None:
    truth = cycled()
    shifted = np.round(100 * truth.charge, 1)
    shifted[4000:] -= 6.0
    told = found(track(truth, soc_pct=shifted))
    assert told.balance is not None
    assert told.efficiency is not None
    assert (told.balance.jumps, round(told.balance.worst_jump_pct)) == (1, -6)
    assert abs(told.balance.capacity_ah - CAPACITY_AH) < 0.01 * CAPACITY_AH
    assert abs(told.efficiency.share - truth.efficiency) < 0.01


def test_lone_values_are_told_and_left_out() -> None:
    truth = cycled()
    spoilt = np.round(100 * truth.charge, 1)
    spoilt[[1500, 3000]] = 0.0
    told = found(track(truth, soc_pct=spoilt))
    assert [(each.kind, each.count, each.worst) for each in told.impossible] == [("spike", 2, 0.0)]
    assert told.balance is not None
    assert told.balance.jumps == 0


def test_values_out_of_bounds_are_told_with_their_worst() -> None:
    truth = cycled()
    spoilt = np.round(100 * truth.charge, 1)
    spoilt[1000:1010] = 143.0
    told = found(track(truth, soc_pct=spoilt)).impossible
    assert ("range", 10, 143.0) in [(each.kind, each.count, each.worst) for each in told]


def test_a_gap_is_never_computed_over() -> None:
    truth = cycled()
    kept = np.ones(truth.t_s.size, np.bool_)
    kept[2000:2600] = False
    given = track(truth)
    cut = Track("b", given.at_us[kept], {name: x[kept] for name, x in given.values.items()})
    whole, told = found(given), found(cut)
    assert whole.energy is not None
    assert told.energy is not None
    missing = truth.power_w[2000:2601] * 10 / 3600
    lost = (missing[missing > 0].sum(), -missing[missing < 0].sum())
    assert whole.energy.out_wh - told.energy.out_wh == pytest.approx(lost[0], rel=0.01, abs=5)
    assert whole.energy.in_wh - told.energy.in_wh == pytest.approx(lost[1], rel=0.01, abs=5)
    assert (told.coverage.gaps, round(told.coverage.gaps_s)) == (1, 6000)


def test_voltage_at_rest_contradicts_a_forged_charge_only_where_it_can_speak() -> None:
    truth = cycled()
    forged = np.round(np.clip(100 * truth.charge + 25.0, 0, 100), 1)
    told = found(track(truth, soc_pct=forged)).rests
    speaking = [each for each in told if each.speaks]
    silent = [each for each in told if not each.speaks]
    assert speaking
    assert silent
    assert all(each.reported_pct > each.high_pct for each in speaking if each.cell_v < 3.26)


def test_without_chemistry_or_cells_the_voltage_is_not_judged_and_it_is_said_why() -> None:
    told = found(track(cycled()), Bank("b"))
    why = next(each.missing for each in told.asked if each.question == "Rest voltage against state of charge")
    assert "chemistry" in why
    assert "cells in series" in why
    assert told.rests == ()


@pytest.mark.parametrize(
    ("left_out", "questions"),
    [
        ("soc_pct", {"Round-trip efficiency", "Charge counted against charge reported"}),
        ("current_a", {"Energy in and out", "Round-trip efficiency", "Direction of the current"}),
        ("voltage_v", {"Energy in and out", "Round-trip efficiency"}),
    ],
)
def test_what_a_missing_signal_keeps_from_being_judged_is_said(left_out: str, questions: set[str]) -> None:
    given = track(cycled())
    told = found(replace(given, values={k: v for k, v in given.values.items() if k != left_out}))
    assert questions <= {each.question for each in told.asked}
    assert told.efficiency is None


@pytest.mark.safety("S40")
def test_a_sign_that_nobody_knows_computes_no_energy() -> None:
    told = found(replace(track(cycled()), unsigned=frozenset({"current_a"})))
    assert told.energy is None
    assert told.efficiency is None
    assert told.balance is None
    assert any("sign" in each.missing for each in told.asked)


@pytest.mark.parametrize(("factor", "shown"), [(1.0, 1.0), (-1.0, -1.0), (1e-3, 1e-3)])
def test_the_factor_between_power_and_volts_times_amperes_is_found(factor: float, shown: float) -> None:
    truth = cycled()
    told = found(track(truth, power_w=factor * truth.power_w)).product
    assert told is not None
    assert told.factor == pytest.approx(shown, rel=0.01)
    assert told.share > 0.95


def test_one_row_alone_is_analysed_without_a_stumble() -> None:
    given = track(cycled())
    told = found(Track("b", given.at_us[:1], {name: x[:1] for name, x in given.values.items()}))
    assert told.coverage.rows == 1
    assert told.efficiency is None


def test_a_recording_of_nothing_but_absent_values_is_not_judged() -> None:
    given = track(cycled())
    told = found(Track("b", given.at_us, {name: np.full(x.size, np.nan) for name, x in given.values.items()}))
    assert told.energy is None
    assert told.frozen == ()
    assert len(told.asked) >= 4


@pytest.mark.parametrize("rows", [2, 40, 240, 900])
def test_a_short_recording_without_gaps_is_drawn_without_gaps(rows: int) -> None:
    truth = cycled()
    at_us = (int(START.timestamp() * 1e6) + np.arange(rows) * 60_000_000).astype(np.int64)
    told = found(Track("b", at_us, {"soc_pct": np.round(100 * truth.charge[:rows], 1)}))
    assert all(None not in curve.low for curve in told.curves)
