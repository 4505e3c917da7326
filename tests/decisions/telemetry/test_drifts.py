"""Pairs that are coupled: what drifts, stretches or lives a life of its own is found; honest noise is not."""

import msgspec
import numpy as np
import pytest

from ironkeep.model.check import Check, Drift, Relation
from ironkeep.model.ids import AssetId, PointName, SiteId
from ironkeep.model.quality import Quality
from ironkeep.model.site import Asset, AssetKind, Site
from ironkeep.model.trust import Trust
from tests.decisions.rooms import layout, point, site
from tests.decisions.telemetry.room import Room, named

CHECK = Check(
    "meter-current", Relation.WITNESS, PointName("current_a"), PointName("current_a"), 5.0, "the meter disagrees",
    asset_kinds=(AssetKind.BANK,), witness_kinds=(AssetKind.METER,), relative=0.05, skew=1.5,
    drift=Drift(noise=0.1, offset=0.5, share=0.005, excitation=10.0), attack="T0832",
)  # fmt: skip
pytestmark = pytest.mark.slow  # a quarter of an hour of samples for each
SECONDS = 900
LEARNED_S = 150


def metered() -> Site:
    base = site()
    bank = msgspec.structs.replace(base.assets[0], witnesses=(AssetId("meter"),))
    return Site(SiteId("s"), "S", (bank, Asset(AssetId("meter"), AssetKind.METER), base.assets[1]), base.devices)


def load(seconds: int, seed: int = 4) -> np.ndarray:
    """A current that swings, steps and trembles, as both instruments see it."""
    draws = np.random.default_rng(seed)
    t = np.arange(seconds)
    tremble = np.convolve(draws.normal(0.0, 1.0, seconds + 9), np.ones(10) / 4.0, "valid")
    return 120.0 * np.sin(t / 90.0) + 60.0 * (t // 200 % 2) + tremble


def told(bank: np.ndarray, meter: np.ndarray, seed: int = 5) -> tuple[Room, dict[str, int], list]:
    """The room after all of it, and the second in which each finding opened."""
    noise = np.random.default_rng(seed).normal(0.0, 0.07, (2, bank.size))
    room = Room(layout(("bank", "meter"), [point("current_a")]), where=metered(), checks=(CHECK,))
    opened, bodies = {}, []
    for second in range(bank.size):
        seen = room.see(np.round([[bank[second] + noise[0, second]], [meter[second] + noise[1, second]]], 1))
        bodies += seen
        for body in named(seen, "FindingOpened"):
            opened.setdefault(body.code, second)
    return room, opened, bodies


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_honest_pair_under_load_is_left_alone(seed: int) -> None:
    both = load(SECONDS, seed)
    _, opened, _ = told(both, both, seed)
    assert set(opened) == {"no-heartbeat"}


def test_readings_up_to_a_second_apart_are_left_alone() -> None:
    both = load(SECONDS)
    _, opened, _ = told(both[1:], both[:-1])
    assert set(opened) == {"no-heartbeat"}


def test_a_bias_that_creeps_is_found_below_the_coarse_allowance() -> None:
    both = load(SECONDS)
    ramp = np.clip((np.arange(SECONDS) - 300) * 0.02, 0.0, 3.0)
    room, opened, bodies = told(both + ramp, both)
    assert 300 < opened["verify:meter-current.drift"] < 480
    assert "verify:meter-current" not in opened
    assert named(bodies, "TrustChanged")[-1].after == Trust.VERIFY_LOCALLY
    assert room.bits("current_a") & Quality.WITNESS
    assert " A now" in next(b.what for b in named(bodies, "FindingOpened") if b.code.endswith(".drift"))


def test_a_gain_of_three_percent_is_found_under_a_load_that_swings() -> None:
    both = load(SECONDS)
    scaled = np.where(np.arange(SECONDS) < LEARNED_S, both, 1.03 * both)
    _, opened, _ = told(scaled, both)
    assert min(opened[code] for code in opened if code.startswith("verify:")) < LEARNED_S + 600


def test_a_current_that_does_not_tremble_with_the_load_is_found() -> None:
    both = load(SECONDS)
    swings = 60.0 * (np.arange(SECONDS) // 200 % 2) + 120.0 * np.sin(np.arange(SECONDS) / 90.0)
    trembling = 3.0 * (both - swings)
    _, opened, _ = told(np.where(np.arange(SECONDS) < LEARNED_S, trembling, 0.0), trembling)
    assert "verify:meter-current.noise" in opened


def test_what_was_wrong_from_the_beginning_is_not_learned_as_right() -> None:
    both = load(SECONDS)
    _, opened, _ = told(both + 3.0, both)
    assert "verify:meter-current.drift" in opened


def test_a_drift_that_is_over_ends_and_silence_ends_nothing() -> None:
    both = load(SECONDS)
    off = np.where((np.arange(SECONDS) > 200) & (np.arange(SECONDS) < 300), 2.0, 0.0)
    room, opened, bodies = told(both + off, both)
    assert 200 < opened["verify:meter-current.drift"] < 260
    assert named(bodies, "TrustChanged")[-1].after == Trust.DEGRADED
    held = room.see([[500.0], [0.0]], seconds=30)
    assert named(held, "TrustChanged")[-1].after == Trust.VERIFY_LOCALLY
    lost = int(Quality.LOST)
    assert named(room.see([[np.nan], [0.0]], quality=[[lost], [0]], seconds=300), "TrustChanged") == []
