"""A witness that is read seldom: what it says is old between two reads, and convicts nobody meanwhile."""

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


def codes_of(seconds: int, off_a: float) -> set[str]:
    """What was found of a bank whose current steps every 97 s and whose meter, `off_a` away, is read once a minute."""
    declared = site("bank")
    bank = msgspec.structs.replace(declared.assets[0], witnesses=(METER,))
    meter = Device(DeviceId("meter-dev"), METER, "modbus", "h", 200, period_s=PERIOD_S)
    where = msgspec.structs.replace(
        declared,
        assets=(bank, *declared.assets[1:], Asset(METER, AssetKind.METER)),
        devices=(*declared.devices, meter),
    )
    policy = telemetry.Policy(where, checks=(CHECK,))
    often = layout(("bank",), [point("current_a")], group="often")
    seldom = layout(("meter",), [point("current_a")], group="seldom")
    seldom = msgspec.structs.replace(seldom, period_s=PERIOD_S, age_limit_s=3.0 * PERIOD_S)
    memory, draws, size = telemetry.empty(policy), np.random.default_rng(1), 0
    current_a = metered_a = 100.0
    read = 1
    for second in range(1, seconds):
        if second % 97 == 0:
            current_a = float(draws.uniform(-200.0, 200.0))
        if second % PERIOD_S == 1:
            metered_a, read = current_a + off_a + draws.normal(0.0, 0.05), second
        polls = 1 + read // PERIOD_S
        ours = frame(often, second, [current_a + draws.normal(0.0, 0.05)])
        theirs = replace(frame(seldom, second, [metered_a], polls=polls), collected_us=np.full(1, WALL + read * SECOND))
        sight = picture(second, ours, theirs, links=(link("bank", second), link("meter", polls)))
        memory, _, drafts = telemetry.decide(memory, sight, policy, now(second))
        made = facts(size, second, *drafts)
        size += len(made)
        memory = telemetry.absorb(memory, made)
    return {f.code for f in telemetry.findings(memory)} - {"no-heartbeat"}


@pytest.mark.parametrize(("off_a", "found"), [(0.0, set()), (20.0, {"verify:dc-current"})])
def test_a_meter_read_once_a_minute_doubts_a_bank_only_where_it_differs_when_it_is_read(off_a, found) -> None:
    assert codes_of(3_000, off_a) == found
