"""The charge that a voltage at rest allows: as wide as makes differ, and never told where a charger holds it."""

import numpy as np
import pytest

from ironkeep.model.recording import Bank, Track
from ironkeep.packs.checks import read as check_pack
from ironkeep.physics.chemistry import GRID
from ironkeep.physics.recorded import battery
from ironkeep.physics.rest import CURVES, charge_band

HOUR_S = 3600


def resting(chemistry: str, cell_v: float, soc_pct: float, hours: float = 10.0, warm_c: float | None = None) -> object:
    """An hour of discharge, then a rest at one voltage."""
    t_s = np.arange(0, (1 + hours) * HOUR_S, 60.0)
    busy = t_s < HOUR_S
    values = {
        "current_a": np.where(busy, 100.0 + np.arange(t_s.size) % 2, 0.0),
        "cell_voltage_avg_v": np.where(busy, cell_v - 0.05, cell_v),
        "soc_pct": np.where(busy, soc_pct + 10 * (1 - t_s / HOUR_S), soc_pct),
    }
    if warm_c is not None:
        values["cell_temperature_avg_c"] = np.full(t_s.size, warm_c)
    at_us = (t_s * 1e6).astype(np.int64)
    return battery(Track("b", at_us, values), Bank("b", chemistry), check_pack.shipped().bounds)


@pytest.mark.parametrize("name", CURVES)
def test_curves_rise_and_their_widths_are_positive(name: str) -> None:
    curve = CURVES[name]
    assert curve.middle_v.shape == curve.half_v.shape == (GRID + 1,)
    assert np.all(np.diff(curve.middle_v) >= 0)
    assert np.all(curve.half_v > 0)


@pytest.mark.parametrize("name", CURVES)
@pytest.mark.parametrize("charge", [5, 20, 50, 80, 95])
def test_the_band_holds_the_charge_that_the_curve_has_at_its_voltage(name: str, charge: int) -> None:
    curve = CURVES[name]
    low, high = charge_band(float(curve.middle_v[charge * GRID // 100]), curve)
    assert low <= charge <= high


@pytest.mark.parametrize(
    ("name", "volts", "charge"),
    [
        *(("nmc", volts, 50) for volts in (3.751, 3.716, 3.787)),  # each of the three cells behind the curve
        *(("nmc", volts, 20) for volts in (3.485, 3.585, 3.587)),
        *(("vrla", volts / 6, 50) for volts in (12.2, 12.3)),  # flooded, AGM
        *(("vrla", volts / 6, 100) for volts in (12.6, 12.8, 13.2)),
        *(("vrla", volts / 6, 75) for volts in (12.4, 12.6, 12.8)),
    ],
)
def test_the_band_holds_every_make_that_the_curve_was_made_of(name: str, volts: float, charge: int) -> None:
    low, high = charge_band(volts, CURVES[name])
    assert low <= charge <= high


@pytest.mark.parametrize(("name", "volts"), [("nmc", 4.0), ("nca", 3.9), ("vrla", 12.45 / 6), ("lfp", 3.1)])
def test_every_curve_speaks_somewhere(name: str, volts: float) -> None:
    low, high = charge_band(volts, CURVES[name])
    assert high - low <= CURVES[name].speaks_pct


def test_the_band_widens_away_from_room_temperature() -> None:
    at_25, at_0 = charge_band(3.7, CURVES["nmc"], 25.0), charge_band(3.7, CURVES["nmc"], 0.0)
    assert at_0[0] < at_25[0] <= at_25[1] < at_0[1]
    assert charge_band(3.7, CURVES["nmc"]) == at_25


@pytest.mark.parametrize(("chemistry", "cell_v"), [("nmc", 3.95), ("NCA", 3.95), ("vrla", 2.10), ("lfp", 3.10)])
def test_a_charge_that_the_voltage_does_not_allow_is_found_in_every_chemistry(chemistry: str, cell_v: float) -> None:
    honest, forged = CURVES[chemistry.lower()], resting(chemistry, cell_v, 40.0)
    assert (
        forged.rests[0].reported_pct < forged.rests[0].low_pct
        or forged.rests[0].reported_pct > forged.rests[0].high_pct
    )
    true_pct = 100.0 * float(np.argmin(np.abs(honest.middle_v - cell_v))) / GRID
    told = resting(chemistry, cell_v, true_pct).rests[0]
    assert told.low_pct <= told.reported_pct <= told.high_pct


def test_lead_acid_needs_eight_hours_and_a_float_voltage_is_no_rest() -> None:
    assert resting("vrla", 2.10, 75.0, hours=7).rests == ()
    floating = resting("vrla", 2.25, 100.0)
    assert floating.rests == ()
    told = next(each.missing for each in floating.asked if each.question.startswith("Rest voltage"))
    assert told == "a rest of 8 h without current; in 1 stretches without current a charger held the voltage up"


def test_a_chemistry_without_a_curve_is_said_with_those_that_have_one() -> None:
    told = next(each.missing for each in resting("lto", 2.3, 50.0).asked if each.question.startswith("Rest voltage"))
    assert told == "an open-circuit curve of lto (there are lfp, nmc, nca, vrla)"
