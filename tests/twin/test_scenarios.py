"""The scripts of the twin: their vocabulary, and that each one shows what it says in the time it says."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from ironkeep.model.errors import Refused
from ironkeep.twin.codes import AtsPosition, BankState, Event, GeneratorState, Serving, UpsMode
from ironkeep.twin.plant import Plant
from ironkeep.twin.scenarios import VERBS, load, parse
from ironkeep.twin.sensing import NOISE
from ironkeep.twin.signals import SIGNALS, SITE
from tests.stories.copying import Copied

CATALOGUE = load()
NAMES = sorted(CATALOGUE)
REQUIRED = {
    "utility-loss-late-generator",
    "generator-accepted-by-ats-rejected-by-rectifier",
    "six-dips-transfer-lockout",
    "hvac-loss",
    "aux-loss",
    "cell-heating",
    "off-gas-without-heat",
    "coolant-leak",
    "string-contactor-fault",
    "welded-contactor",
    "low-string-reconnecting",
    "stuck-sensor",
    "gateway-frozen",
    "comms-loss",
    "limit-changed",
    "soc-forged",
    "quiet-soc-recalibration",
    "quiet-balancing",
    "quiet-generator-test",
    "quiet-capacity-test",
    "quiet-ntp-step",
    "quiet-card-reboot",
    "quiet-hvac-maintenance",
}
SEED = 7
SETTLE_S = 30.0
SOON_S, LATE_S = 30.0, 870.0  # after `clear`: most are sound at once, a generator hands back after minutes
GOOD = """
title = "t"
kind = "fault"
happens = "h"
shows = ["ups.mode"]
within_s = 5
duration_s = 60
[[step]]
at_s = 0
do = "utility"
level = 0.0
"""


@cache
def settled() -> Copied:
    """A plant that has settled; each call of what is returned gives another."""
    plant = Plant(SEED)
    plant.step(SETTLE_S)
    return Copied(plant, (SITE, plant.catalogue))


def run(name: str, seconds: float = 0.0, dt_s: float = 1.0) -> Plant:
    plant: Plant = settled()()
    plant.inject(name)
    for _ in range(round(seconds / dt_s)):
        plant.step(dt_s)
    return plant


@pytest.fixture(scope="module")
def undisturbed() -> list[dict[str, np.ndarray]]:
    """What the watched signals serve, second by second, when nothing is injected."""
    watched = {signal for scenario in CATALOGUE.values() for signal in scenario.shows}
    plant = Plant(SEED)
    plant.step(SETTLE_S)
    frames = []
    for _ in range(round(max(s.within_s for s in CATALOGUE.values()))):
        plant.step(1.0)
        frames.append({name: plant.signals[name].copy() for name in watched})
    return frames


def row(group: str, asset: str) -> int:
    return SITE.row[group, asset]


def test_every_scenario_the_issue_names_is_shipped() -> None:
    assert set(NAMES) >= REQUIRED


def test_every_verb_is_used_by_some_scenario() -> None:
    used = {step.verb for scenario in CATALOGUE.values() for step in scenario.steps}
    assert set(VERBS) - used == {"answer"}  # kept for a server's own tests of a link that comes back


def differs(signal: str, shown: np.ndarray, quiet: np.ndarray) -> bool:
    analog = SIGNALS[signal].dtype == "f8"
    band = 1.01 * SIGNALS[signal].resolution + 8.0 * NOISE.get(signal, 0.0) if analog else 0.0
    apart = np.abs(np.nan_to_num(shown) - np.nan_to_num(quiet)) > band
    return bool(apart.any() or (analog and (np.isnan(shown) != np.isnan(quiet)).any()))


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_shows_what_it_says_in_the_time_it_says(name: str, undisturbed: list[dict[str, np.ndarray]]) -> None:
    scenario, plant, waiting = CATALOGUE[name], run(name), set(CATALOGUE[name].shows)
    for second in range(round(scenario.within_s)):
        plant.step(1.0)
        for signal in list(waiting):
            ways = (plant.signals[signal], plant.carded[signal])
            if any(differs(signal, shown, undisturbed[second][signal]) for shown in ways):
                waiting.remove(signal)
        if not waiting:
            return
    assert not waiting


def test_a_late_generator_takes_over_and_the_site_goes_back_by_itself() -> None:
    plant = run("utility-loss-late-generator", 60.0)
    assert (plant.truth["ups.mode"] == UpsMode.BATTERY).all()
    assert plant.truth["ats.position"][0] == AtsPosition.UTILITY
    for _ in range(60):
        plant.step(1.0)
    assert plant.truth["gen.state"][0] == GeneratorState.RUNNING
    assert plant.truth["gen.start_attempts_count"][0] == 3
    assert plant.truth["ats.position"][0] == AtsPosition.GENERATOR
    assert (plant.truth["ups.mode"] == UpsMode.ONLINE).all()
    assert plant.truth["meter.power_w"][0] == 0.0
    plant.step(600.0)
    assert plant.truth["ats.position"][0] == AtsPosition.UTILITY
    assert plant.truth["it.served"][0] == 1


def test_a_hunting_generator_feeds_the_busbar_but_not_the_ups() -> None:
    plant = run("generator-accepted-by-ats-rejected-by-rectifier", 60.0)
    assert plant.truth["ats.position"][0] == AtsPosition.GENERATOR
    assert plant.truth["ups.input_voltage_v"].min() > 200.0
    assert not plant.truth["ups.input_ok"].any()
    assert (plant.truth["ups.mode"] == UpsMode.BATTERY).all()


def test_six_dips_leave_the_load_on_battery_under_a_good_utility_until_somebody_resets() -> None:
    plant = run("six-dips-transfer-lockout", 180.0)
    assert plant.truth["ats.utility_ok"][0] == 1
    assert plant.truth["ats.transfer_inhibited"][0] == 1
    assert (plant.truth["ups.mode"] == UpsMode.BATTERY).all()
    plant.clear()
    plant.step(30.0)
    assert (plant.truth["ups.mode"] == UpsMode.ONLINE).all()
    assert plant.truth["ats.transfer_inhibited"][0] == 0


def test_aux_loss_takes_cooling_and_gas_detection_together_and_shows_gas_as_absent() -> None:
    plant = run("aux-loss", 30.0)
    room = row("room", "room-a")
    assert plant.signals["hvac.fan_on"][row("hvac", "hvac-a")] == 0
    assert plant.signals["room.detector_ok"][room] == 0
    assert np.isnan(plant.signals["room.hydrogen_ppm"][room])
    assert plant.signals["room.gas_alarm"][room] == 0


def test_a_heating_cell_warms_its_copies_first_and_its_neighbours_later() -> None:
    plant = run("cell-heating", 600.0)
    hot = row("cell", "con-1.s03.m07.c05")
    copies = np.flatnonzero(SITE.witness_cell == SITE.witness_cell[hot])
    shown, true = plant.signals["cell.temperature_c"], plant.truth["cell.temperature_c"]
    assert len(set(shown[copies])) == 1
    assert shown[hot] > 35.0
    assert true[hot] > true[hot + 1] + 5.0 > true[hot + 20] + 6.0
    assert plant.signals["room.offgas_ppm"].max() < 5.0


def test_gas_without_heat_leaves_every_temperature_quiet() -> None:
    plant = run("off-gas-without-heat", 300.0)
    assert plant.signals["room.gas_alarm"][row("room", "room-b")] == 1
    assert plant.signals["cell.temperature_c"].max() < 26.0
    assert plant.signals["room.temperature_c"].max() < 24.0


def test_a_welded_contactor_is_reported_open_while_its_current_flows() -> None:
    plant = run("welded-contactor", 60.0)
    string = row("string", "con-1.s06")
    assert plant.signals["string.contactor_closed"][string] == 0
    assert plant.signals["string.contactor_aux"][string] == 1
    assert abs(plant.signals["string.pole_voltage_v"][string]) < 0.5
    assert abs(plant.truth["string.current_a"][string]) > 3.0


def test_a_dropped_contactor_shows_a_contactor_error_and_the_others_take_its_current() -> None:
    plant = run("string-contactor-fault", 60.0)
    string = row("string", "con-1.s05")
    assert plant.signals["string.contactor_command"][string] == 1
    assert plant.signals["string.contactor_aux"][string] == 0
    assert plant.signals["string.event_bits"][string] & Event.CONTACTOR_ERROR
    assert plant.truth["string.current_a"][string] == 0.0
    total = plant.truth["string.current_a"][SITE.string_slice("con-1")].sum()
    assert total == pytest.approx(plant.truth["bank.current_a"][row("bank", "con-1")])


def test_a_low_string_is_charged_by_its_neighbours_when_it_reconnects() -> None:
    plant = run("low-string-reconnecting", 45.0)
    currents = plant.truth["string.current_a"][SITE.string_slice("con-1")]
    assert currents[7] < -50.0
    assert np.delete(currents, 7).min() > 2.0


def test_a_frozen_gateway_answers_with_values_that_stand_still() -> None:
    plant = run("gateway-frozen", 5.0)
    before = {
        name: plant.signals[name].copy() for name in ("cell.voltage_v", "bank.current_a", "device.heartbeat_count")
    }
    plant.step(20.0)
    cells, device = SITE.cell_slice("con-1"), row("device", "con-1")
    assert plant.served["con-1"] == Serving.FREEZE
    assert (plant.signals["cell.voltage_v"][cells] == before["cell.voltage_v"][cells]).all()
    assert plant.signals["device.heartbeat_count"][device] == before["device.heartbeat_count"][device]
    assert abs(plant.truth["bank.current_a"][2] - plant.signals["bank.current_a"][2]) > 100.0
    others = np.delete(plant.signals["device.heartbeat_count"] - before["device.heartbeat_count"], device)
    assert (others == 20).all()


def test_lost_communications_drop_one_device_and_leave_the_cabinet_well() -> None:
    plant = run("comms-loss", 10.0)
    assert plant.served["cab-a"] == Serving.DROP
    assert [d for d, s in plant.served.items() if s != Serving.ANSWER] == ["cab-a"]
    assert plant.truth["bank.state"][0] == BankState.CONNECTED


def test_a_rebooting_card_comes_back_with_a_fresh_heartbeat() -> None:
    plant = run("quiet-card-reboot", 5.0)
    device = row("device", "hvac-b")
    assert plant.served["hvac-b"] == Serving.DROP
    boots = plant.truth["device.boot_count"][device]
    plant.step(10.0)
    assert plant.served["hvac-b"] == Serving.ANSWER
    assert plant.signals["device.boot_count"][device] == boots
    assert plant.signals["device.uptime_s"][device] < 15


def test_a_forged_charge_lies_on_the_wire_and_not_in_the_truth() -> None:
    plant = Plant(SEED)
    plant.step(SETTLE_S)
    before = plant.signals["bank.soc_pct"][2]
    plant.inject("soc-forged")
    plant.step(5.0)
    assert plant.signals["bank.soc_pct"][2] - before == pytest.approx(14.0, abs=0.2)
    assert plant.truth["bank.soc_pct"][2] == pytest.approx(55.0, abs=0.5)


def test_a_changed_limit_moves_two_settings_and_clear_puts_them_back() -> None:
    plant = run("limit-changed", 30.0)
    assert plant.signals["bank.trip_over_c"].tolist() == [60.0, 60.0, 75.0]
    assert plant.signals["pcs.droop_over"][0] == 0.025
    plant.clear()
    plant.step(1.0)
    assert plant.signals["bank.trip_over_c"].tolist() == [60.0, 60.0, 60.0]
    assert plant.signals["pcs.droop_over"][0] == 0.05


@pytest.mark.parametrize("name", NAMES)
def test_clear_brings_every_scenario_back_to_a_sound_site(name: str) -> None:
    plant = run(name, 100.0, 5.0)
    plant.clear()
    plant.step(SOON_S)
    if unsound(plant):
        plant.step(LATE_S)
    assert unsound(plant) == []


def unsound(plant: Plant) -> list[str]:
    """What is not as on a sound site."""
    truth = plant.truth
    sound = {
        "no scenario": not plant.active,
        "every card answers": all(serving == Serving.ANSWER for serving in plant.served.values()),
        "fed by the utility": truth["ats.position"][0] == AtsPosition.UTILITY,
        "every ups online": (truth["ups.mode"] == UpsMode.ONLINE).all(),
        "every string connected": truth["string.contactor_aux"].all(),
        "no event": not truth["bank.event_bits"].any(),
        "every detector well": truth["room.detector_ok"].all(),
        "every fan on": truth["hvac.fan_on"].all(),
    }
    return [what for what, holds in sound.items() if not holds]


def test_an_unknown_scenario_is_refused_with_the_known_names() -> None:
    with pytest.raises(Refused, match="comms-loss"):
        Plant(SEED).inject("nonsense")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("title", "tittle", "keys missing or unknown"),
        ('kind = "fault"', 'kind = "prank"', "kind 'prank'"),
        ('"ups.mode"', '"ups.mood"', "unknown signals"),
        ("at_s = 0", "at_s = -1", "at_s is -1"),
        ("at_s = 0", 'at_s = "soon"', "at_s is 'soon'"),
        ('do = "utility"', 'do = "explode"', "unknown verb 'explode'"),
        ("level = 0.0", "", "lacks"),
        ("level = 0.0", "level = true", "level is True"),
        ("level = 0.0", "level = nan", "level is nan"),
        ("level = 0.0", "level = 0.0\nextra = 1", "does not take"),
        ("[[step]]", "[[step]", "not TOML"),
        ('do = "utility"\nlevel = 0.0', 'do = "drop"\nasset = "cab-z"', "no device 'cab-z'"),
        ('do = "utility"\nlevel = 0.0', 'do = "hvac"\nasset = "hvac-a"\nstate = "tired"', "state is 'tired'"),
        (
            'do = "utility"\nlevel = 0.0',
            'do = "setting"\nsignal = "bank.soc_pct"\nasset = "con-1"\nvalue = 1',
            "is a measurement",
        ),
    ],
)
def test_a_bad_script_is_refused_and_says_what_would_be_right(old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(Refused) as caught:
        parse("bad", GOOD.replace(old, new, 1))
    assert says in str(caught.value)
    assert "scenario bad" in str(caught.value)
    assert caught.value.remedy
