"""What a turn of telemetry and alarms costs on frames in memory: 100,000 and 1,000,000 points, one core.

Frames are modules of 16 cells (voltage, temperature, balancing and four points more): values move a little each
turn, all is well, as on almost every day. The shipped rules and checks are all in force.
"""

import gc
import time
from typing import Any

import numpy as np

from ironkeep.decisions import alarms, telemetry
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.ids import AssetId, DeviceId, PointName, SiteId
from ironkeep.model.link import Link, LinkState
from ironkeep.model.picture import Picture
from ironkeep.model.point import PointClass, PointKind, PointSpec
from ironkeep.model.site import Asset, AssetKind, Device, Site
from ironkeep.model.time import Now
from ironkeep.packs import alarms as alarm_pack
from ironkeep.packs import checks as check_pack

CELLS = 16
MODULES_PER_BANK = 200
POINTS_PER_ROW = 3 * CELLS + 4
SIZES = ((100_000, "100 ms", 100.0, 60), (1_000_000, "700 ms", 700.0, 40))
SEED = 5


def _site(banks: int) -> Site:
    names = [f"b{i:04}" for i in range(banks)]
    return Site(
        id=SiteId("bench"),
        name="Bench",
        assets=tuple(Asset(AssetId(n), AssetKind.BANK) for n in names),
        devices=tuple(
            Device(DeviceId(f"{n}-bms"), AssetId(n), "modbus", "host", 1000 + i) for i, n in enumerate(names)
        ),
    )


def _spec(name: str, unit: str, kind: PointKind = PointKind.ANALOG) -> PointSpec:
    return PointSpec(PointName(name), unit, kind, PointClass.MEASUREMENT)


def _layout(banks: int) -> FrameLayout:
    rows = [(f"b{b:04}", m) for b in range(banks) for m in range(MODULES_PER_BANK)]
    analog = [_spec(f"cell_voltage_{i + 1:02}_v", "V") for i in range(CELLS)]
    analog += [_spec(f"cell_temperature_{i + 1:02}_c", "C") for i in range(CELLS)]
    analog += [_spec("voltage_v", "V"), _spec("soc_pct", "%"), _spec("soh_pct", "%")]
    integer = [_spec(f"cell_balancing_{i + 1:02}", "", PointKind.ENUM) for i in range(CELLS)]
    integer.append(_spec("balancing_count", "", PointKind.ENUM))
    return FrameLayout(
        group="bench-module",
        assets=tuple(AssetId(f"{b}.s1.m{m:03}") for b, m in rows),
        devices=tuple(DeviceId(f"{b}-bms") for b, _ in rows),
        analog=tuple(analog),
        integer=tuple(integer),
        period_s=1.0,
        age_limit_s=3.0,
    )


def _frames(layout: FrameLayout, draws: np.random.Generator, turns: int) -> list[Frame]:
    rows = len(layout.assets)
    cells = 3.3 + 0.001 * draws.standard_normal((rows, CELLS))
    warm = 25.0 + 0.2 * draws.standard_normal((rows, CELLS))
    made = []
    for turn in range(1, turns + 1):
        analog = np.empty((rows, len(layout.analog)), np.float32)
        analog[:, :CELLS] = np.round(cells + 0.0003 * draws.standard_normal((rows, CELLS)), 3)
        analog[:, CELLS : 2 * CELLS] = np.round(warm + 0.03 * draws.standard_normal((rows, CELLS)), 1)
        analog[:, 2 * CELLS] = analog[:, :CELLS].sum(axis=1)
        analog[:, 2 * CELLS + 1 :] = (60.0, 99.0)
        at = turn * 1_000_000
        made.append(
            Frame(
                layout,
                at,
                analog,
                np.zeros((rows, len(layout.integer)), np.int64),
                np.zeros((rows, len(layout.analog) + len(layout.integer)), np.uint16),
                np.full(rows, at),
                np.full(rows, turn),
            )
        )
    return made


def _turns(points: int, turns: int) -> tuple[int, list[float]]:
    banks = max(1, round(points / POINTS_PER_ROW / MODULES_PER_BANK))
    site, layout = _site(banks), _layout(banks)
    draws = np.random.default_rng(SEED)
    policy_t = telemetry.Policy(site, *check_pack.shipped())
    policy_a = alarms.Policy(site, alarm_pack.shipped())
    mine, theirs = telemetry.empty(policy_t), alarms.empty(policy_a)
    spent: list[float] = []
    frames = _frames(layout, draws, 8)
    rows = len(layout.assets)
    for turn in range(1, turns + 25):
        was = frames[turn % len(frames)]
        at = turn * 1_000_000
        frame = Frame(layout, at, was.analog, was.integer, was.quality, np.full(rows, at), np.full(rows, turn))
        links = tuple(
            Link(d.id, d.asset, LinkState.UP, f"{d.host}:{d.port}", reply_us=at, replies=turn) for d in site.devices
        )
        picture, now = Picture(at, turn, (frame,), links, ()), Now(at, at)
        begun = time.perf_counter()
        mine, judged, _ = telemetry.decide(mine, picture, policy_t, now)
        theirs, _, _ = alarms.decide(theirs, (judged, links), policy_a, now)
        if turn >= 25:  # compiled and settled
            spent.append((time.perf_counter() - begun) * 1000.0)
    return layout.points, spent


def rows() -> list[dict[str, Any]]:
    """Return p50 and p99 of a turn of telemetry and alarms for each size, in ms, with the target for p99."""
    found: list[dict[str, Any]] = []
    for points, words, limit_ms, turns in SIZES:
        gc.collect()
        held, spent = _turns(points, turns)
        p50, p99 = (float(np.percentile(spent, q)) for q in (50, 99))
        name = f"telemetry and alarms, one turn of {held:,} points"
        found.append({"name": f"{name}, p50", "ours": p50, "unit": "ms"})
        found.append(
            {
                "name": f"{name}, p99 of {turns}",
                "ours": p99,
                "unit": "ms",
                "target": f"< {words}",
                "met": p99 < limit_ms,
            }
        )
    return found
