"""The quiet site: reproducible, closed in its sums, within its limits, with noise like a real one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from ironkeep.model.errors import Refused
from ironkeep.twin.codes import BankState, UpsMode
from ironkeep.twin.plant import Plant
from ironkeep.twin.signals import SIGNALS, SITE, device_of, point_count

HOUR_S = 3600.0


@pytest.fixture(scope="module")
def hours() -> list[dict[str, np.ndarray]]:
    """Served signals once a minute through two hours of quiet operation."""
    plant, frames = Plant(3), []
    for _ in range(120):
        plant.step(60.0)
        frames.append({name: array.copy() for name, array in plant.signals.items()})
    return frames


def served(frames: list[dict[str, np.ndarray]], name: str) -> np.ndarray:
    return np.array([frame[name] for frame in frames])


def test_the_site_offers_more_than_five_thousand_points_in_the_shapes_of_the_contract() -> None:
    plant = Plant(0)
    assert point_count() > 5_000
    assert set(plant.signals) == set(plant.truth) == set(SIGNALS)
    for name, signal in SIGNALS.items():
        assert plant.signals[name].shape == signal.shape()
        assert plant.signals[name].dtype == np.dtype(signal.dtype)


def test_the_same_seed_and_calls_give_the_same_values_and_another_seed_others() -> None:
    first, second, other = Plant(11), Plant(11), Plant(12)
    for plant in (first, second, other):
        plant.step(7.0)
        plant.inject("cell-heating")
        plant.step(33.0)
    for name in SIGNALS:
        np.testing.assert_array_equal(first.signals[name], second.signals[name])
    assert (first.signals["cell.voltage_v"] != other.signals["cell.voltage_v"]).any()


def test_arrays_are_updated_in_place() -> None:
    plant = Plant(0)
    reference = plant.signals["device.heartbeat_count"]
    before = reference.copy()
    plant.step(5.0)
    assert plant.signals["device.heartbeat_count"] is reference
    assert (reference - before == 5).all()


def test_a_quiet_site_raises_no_event_and_stays_within_its_limits(hours: list[dict[str, np.ndarray]]) -> None:
    assert not served(hours, "bank.event_bits").any()
    assert (served(hours, "bank.state") == BankState.CONNECTED).all()
    assert (served(hours, "ups.mode") == UpsMode.ONLINE).all()
    assert served(hours, "it.served").all()
    assert 20.0 < served(hours, "room.temperature_c").min() <= served(hours, "room.temperature_c").max() < 24.0
    assert 18.0 < served(hours, "cell.temperature_c").min() <= served(hours, "cell.temperature_c").max() < 26.0
    assert np.ptp(served(hours, "bank.soc_pct")[:, 2]) > 1.0
    assert served(hours, "bank.soc_pct")[:, 2].min() > 40.0
    assert np.abs(served(hours, "pcs.power_w")).max() < 500_000.0
    assert not served(hours, "room.gas_alarm").any()


def test_cabinets_float_full_with_little_current_and_share_the_load(hours: list[dict[str, np.ndarray]]) -> None:
    assert np.abs(served(hours, "bank.current_a")[:, :2]).max() < 2.0
    output = served(hours, "ups.output_power_w")
    np.testing.assert_allclose(output[:, 0], output[:, 1], rtol=0.01)


def test_string_currents_sum_to_the_bank_within_rounding(hours: list[dict[str, np.ndarray]]) -> None:
    strings, banks = served(hours, "string.current_a"), served(hours, "bank.current_a")
    for row, bank in enumerate(SITE.banks):
        gap = strings[:, SITE.string_slice(bank.id)].sum(axis=1) - banks[:, row]
        assert np.abs(gap).max() < 6.0 * math.sqrt(bank.strings + 1) * math.sqrt(0.1**2 / 12.0 + 0.03**2)


def test_cell_voltages_sum_to_module_and_string_within_rounding(hours: list[dict[str, np.ndarray]]) -> None:
    for frame in hours[::20]:
        cells = frame["cell.voltage_v"].reshape(-1, 16).sum(axis=1)
        assert np.abs(cells - frame["module.voltage_v"]).max() < 0.03
        strings = np.bincount(SITE.string_of_module, weights=cells)
        assert np.abs(strings - frame["string.voltage_v"]).max() < 0.3


def test_power_is_voltage_times_current_within_rounding(hours: list[dict[str, np.ndarray]]) -> None:
    volts, amps = served(hours, "bank.voltage_v"), served(hours, "bank.current_a")
    slack = 0.05 * np.abs(amps) + 0.05 * volts + 5.1
    assert (np.abs(volts * amps - served(hours, "bank.power_w")) <= slack).all()


def test_the_revenue_meter_closes_with_what_the_site_takes(hours: list[dict[str, np.ndarray]]) -> None:
    meter, feeder = served(hours, "meter.power_w").T
    known = served(hours, "ups.input_power_w").sum(axis=1) + served(hours, "hvac.power_w").sum(axis=1) - feeder
    rest = meter - known
    assert 20_000.0 < rest.min() <= rest.max() < 70_000.0  # cooling of the hall and the house
    np.testing.assert_allclose(feeder, served(hours, "pcs.power_w")[:, 0], atol=1_000.0)


def test_the_container_feeder_closes_with_its_battery_within_the_efficiency() -> None:
    plant = Plant(5)
    start = {name: plant.truth[name].copy() for name in ("meter.energy_import_wh", "meter.energy_export_wh")}
    ac_in = ac_out = dc_in = dc_out = 0.0
    before = {n: plant.signals[n].copy() for n in ("pcs.dc_energy_injected_wh", "pcs.dc_energy_absorbed_wh")}
    plant.step(2.0 * HOUR_S)
    ac_out = float(plant.signals["meter.energy_import_wh"][1] - start["meter.energy_import_wh"][1])
    ac_in = float(plant.signals["meter.energy_export_wh"][1] - start["meter.energy_export_wh"][1])
    dc_out = float(plant.signals["pcs.dc_energy_injected_wh"][0] - before["pcs.dc_energy_injected_wh"][0])
    dc_in = float(plant.signals["pcs.dc_energy_absorbed_wh"][0] - before["pcs.dc_energy_absorbed_wh"][0])
    assert 0.96 < ac_out / dc_out < 0.99
    assert 0.96 < dc_in / ac_in < 0.99


def test_copied_thermistors_are_equal_and_real_ones_are_four_to_eight_a_module() -> None:
    plant = Plant(2)
    shown = plant.signals["cell.temperature_c"]
    np.testing.assert_array_equal(shown, shown[SITE.witness_cell])
    real = np.bincount(SITE.module_of_cell, weights=SITE.has_thermistor)
    assert set(real.tolist()) == {4.0, 8.0}


def test_every_served_value_is_a_multiple_of_its_step() -> None:
    plant = Plant(2)
    plant.step(5.0)
    for name, signal in SIGNALS.items():
        if signal.resolution and signal.dtype == "f8":
            steps = plant.signals[name][~np.isnan(plant.signals[name])] / signal.resolution
            np.testing.assert_allclose(steps, np.rint(steps), atol=1e-6, err_msg=name)


def test_big_steps_and_small_steps_tell_the_same_story() -> None:
    coarse, fine = Plant(9), Plant(9)
    coarse.step(600.0)
    for _ in range(600):
        fine.step(1.0)
    np.testing.assert_allclose(coarse.truth["bank.soc_pct"], fine.truth["bank.soc_pct"], atol=0.02)
    np.testing.assert_allclose(coarse.truth["cell.voltage_v"], fine.truth["cell.voltage_v"], atol=0.003)
    np.testing.assert_allclose(coarse.truth["cell.temperature_c"], fine.truth["cell.temperature_c"], atol=0.05)


def test_a_battery_that_gives_out_ends_on_bypass_or_dark_and_never_in_nonsense() -> None:
    plant = Plant(4)
    plant.inject("generator-accepted-by-ats-rejected-by-rectifier")
    for battery in plant.batteries[:2]:
        for string in range(battery.bank.strings):
            battery.set_string_charge(string, 0.12)
    for _ in range(15):
        plant.step(60.0)
    assert not (plant.truth["ups.mode"] == UpsMode.ONLINE).any()
    for name, array in plant.truth.items():
        if name.startswith(("cell.", "string.", "bank.")):
            assert np.isfinite(array).all(), name
    assert plant.truth["bank.soc_pct"].min() >= 0.0


def test_no_signal_but_those_of_a_missing_source_is_ever_absent() -> None:
    plant = Plant(6)
    plant.step(30.0)
    for name, array in plant.signals.items():
        assert np.isfinite(array).all(), name


def test_each_row_is_served_by_the_device_it_belongs_to() -> None:
    assert device_of("cell.voltage_v", SITE.row["cell", "con-1.s01.m01.c01"]) == "con-1"
    assert device_of("string.current_a", SITE.row["string", "cab-b.s2"]) == "cab-b"
    assert device_of("meter.power_w", 1) == "meter-c"
    assert device_of("device.uptime_s", SITE.row["device", "ups-a"]) == "ups-a"


@pytest.mark.parametrize("dt_s", [0.0, -1.0, math.nan, math.inf, 1e9])
def test_a_step_that_is_no_time_is_refused(dt_s: float) -> None:
    with pytest.raises(Refused):
        Plant(0).step(dt_s)
