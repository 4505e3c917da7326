"""A witness that is read seldom: what it says is old between two reads, and convicts nobody meanwhile."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from ironkeep.decisions import telemetry
from ironkeep.model.check import Check, Drift, Relation
from ironkeep.model.ids import AssetId, DeviceId, PointName
from ironkeep.model.site import Asset, AssetKind, Device
from tests.decisions.rooms import SECOND, WALL, facts, frame, layout, link, now, picture, point, site

METER = AssetId("meter")
PERIOD_S = 60
CHECK = Check(
    "dc-current",
    Relation.WITNESS,
    PointName("current_a"),
    PointName("current_a"),
    5.0,
    "the meter differs",
    asset_kinds=(AssetKind.BANK,),
    witness_kinds=(AssetKind.METER,),
    skew=1.0,
    drift=Drift(noise=0.12, offset=1.0, share=0.005, excitation=10.0),
)


ENERGY = Check(
    "meter-energy", Relation.ENERGY, PointName("power_w"), PointName("energy_out_wh"), 50.0, "the hour does not close",
    second=PointName("energy_in_wh"), asset_kinds=(AssetKind.BANK,), relative=0.02, source="test",
)  # fmt: skip
Said = Callable[[int], list[float]]


def found_of(check: Check, names: tuple[tuple[str, ...], tuple[str, ...]], seconds: int, ours: Said, theirs: Said):
    """The codes of what was found of a bank that says `ours` of its points every second, beside a meter that is read
    once a minute and then says `theirs`.
    """
    declared = site("bank")
    bank = msgspec.structs.replace(declared.assets[0], witnesses=(METER,))
    meter = Device(DeviceId("meter-dev"), METER, "modbus", "h", 200, period_s=PERIOD_S)
    where = msgspec.structs.replace(
        declared,
        assets=(bank, *declared.assets[1:], Asset(METER, AssetKind.METER)),
        devices=(*declared.devices, meter),
    )
    policy = telemetry.Policy(where, checks=(check,))
    often = layout(("bank",), [point(name) for name in names[0]], group="often")
    seldom = layout(("meter",), [point(name) for name in names[1]], group="seldom")
    seldom = msgspec.structs.replace(seldom, period_s=PERIOD_S, age_limit_s=3.0 * PERIOD_S)
    memory, size = telemetry.empty(policy), 0
    metered, read = [np.nan] * len(names[1]), 1
    for second in range(1, seconds):
        said = ours(second)
        if second % PERIOD_S == 1:
            metered, read = theirs(second), second
        polls = 1 + read // PERIOD_S
        late = replace(frame(seldom, second, metered, polls=polls), collected_us=np.full(1, WALL + read * SECOND))
        sight = picture(second, frame(often, second, said), late, links=(link("bank", second), link("meter", polls)))
        memory, _, drafts = telemetry.decide(memory, sight, policy, now(second))
        made = facts(size, second, *drafts)
        size += len(made)
        memory = telemetry.absorb(memory, made)
    return {f.code for f in telemetry.findings(memory)} - {"no-heartbeat"}


@pytest.mark.parametrize(("off_a", "found"), [(0.0, set()), (20.0, {"verify:dc-current"})])
def test_a_meter_read_once_a_minute_doubts_a_bank_only_where_it_differs_when_it_is_read(off_a, found) -> None:
    draws = np.random.default_rng(1)
    current_a = [100.0]

    def ours(second: int) -> list[float]:
        if second % 97 == 0:
            current_a[0] = float(draws.uniform(-200.0, 200.0))
        return [current_a[0] + draws.normal(0.0, 0.05)]

    def theirs(_: int) -> list[float]:
        return [current_a[0] + off_a + draws.normal(0.0, 0.05)]

    assert found_of(CHECK, (("current_a",), ("current_a",)), 3_000, ours, theirs) == found


@pytest.mark.parametrize(("share", "found"), [(1.0, set()), (0.8, {"verify:meter-energy"})])
def test_counters_of_energy_read_once_a_minute_close_with_the_power_between_their_reads(share, found) -> None:
    names = ("power_w",), ("energy_out_wh", "energy_in_wh")
    told = found_of(ENERGY, names, 8_000, lambda _: [360_000.0], lambda second: [share * 100.0 * second, 0.0])
    assert told == found
