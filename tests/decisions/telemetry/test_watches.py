"""Copies known at once, chatter, calibration that ran out, energy that does not close, cells against their room."""

import msgspec
import numpy as np
import pytest

from ironkeep.facts.alarm import AlarmRaised
from ironkeep.model.check import Check, Relation, Thermistors
from ironkeep.model.ids import AssetId, DeviceId, PointName
from ironkeep.model.link import Particulars
from ironkeep.model.point import PointKind, Symbol
from ironkeep.model.quality import Quality
from ironkeep.model.site import AssetKind, Paper
from ironkeep.model.trust import Trust
from tests.decisions.rooms import layout, point, site
from tests.decisions.telemetry.room import Room, named

CELLS = [point(f"cell_temperature_{i:02}_c") for i in range(1, 5)]
DOOR = (Symbol(0, "closed"), Symbol(1, "open"))
MODULES = tuple(f"bank.s1.m{i}" for i in range(1, 7))


@pytest.mark.safety("S60")
def test_declared_copies_are_marked_as_soon_as_the_device_has_said_what_it_is() -> None:
    make = Thermistors("Maker", "M1", 2, "data sheet")
    room = Room(layout(MODULES, CELLS), thermistors=(make,))
    said = Particulars(DeviceId("bank-dev"), AssetId("bank"), "Maker", "M1")
    room.see(np.full((6, 4), 22.0), seconds=2, particulars=(said,))
    marked = [bool(room.bits(f"cell_temperature_{i:02}_c") & Quality.INFERRED) for i in (1, 2, 3, 4)]
    assert marked == [False, True, False, True]


def test_a_declared_copy_that_differs_once_is_a_witness_of_its_own() -> None:
    room = Room(layout(MODULES, CELLS), thermistors=(Thermistors("Maker", "M1", 2, "data sheet"),))
    said = Particulars(DeviceId("bank-dev"), AssetId("bank"), "Maker", "M1")
    warm = np.full((6, 4), 22.0)
    room.see(warm, seconds=14, particulars=(said,))
    warm[:, 1] = 23.0
    room.see(warm, seconds=20, particulars=(said,))
    assert not room.bits("cell_temperature_02_c") & Quality.INFERRED
    assert room.bits("cell_temperature_04_c") & Quality.INFERRED


def test_a_pattern_of_copies_over_all_modules_is_seen_within_five_polls_and_chance_is_not() -> None:
    room = Room(layout(MODULES, CELLS))
    draws = np.random.default_rng(1)
    for _ in range(5):
        real = np.round(22.0 + draws.normal(0.0, 0.1, (6, 2)), 1)
        alike = np.column_stack((real[:, 0], real[:, 0], real[:, 1], np.round(22.0 + draws.normal(0.0, 0.1, 6), 1)))
        room.see(alike)
    marked = [bool(room.bits(f"cell_temperature_{i:02}_c") & Quality.INFERRED) for i in (1, 2, 3, 4)]
    assert marked == [False, True, False, False]


def test_a_contact_that_chatters_is_a_finding_and_one_that_changes_now_and_then_is_not() -> None:
    room = Room(
        layout(
            ("bank",),
            [point("voltage_v")],
            [point("door_open", PointKind.ENUM, symbols=DOOR), point("hottest_cell", PointKind.ENUM)],
        )
    )
    opened = []
    for second in range(200):
        opened += named(room.see([1.0], [[second // 40 % 2, second % 16]]), "FindingOpened")
    assert [b.code for b in opened] == ["no-heartbeat"]
    for second in range(14):
        opened += named(room.see([1.0], [[second // 2 % 2, second % 16]]), "FindingOpened")
    assert opened[-1].code == "chatter:door_open"
    assert room.judged.trust[AssetId("bank")].state is Trust.DEGRADED  # a worn contact is no reason for doubt
    assert len(named(room.see([1.0], [[0, 0]], seconds=200), "FindingClosed")) == 1


def dips(room: Room, seconds: int, period: int = 8, alone: int = 0) -> list:
    """Four devices dip together for a second of each period; a fifth goes to and fro within `alone` seconds."""
    bodies = []
    for second in range(seconds):
        low = int(second % period == 0)
        own = second // alone % 2 if alone else 0
        bodies += room.see([[1.0]] * 5, [[low], [low], [low], [low], [own]])
    return [b for b in bodies if type(b).__name__.startswith("Finding") and b.asset != "bank"]


def test_what_several_devices_do_together_is_one_event_on_the_one_that_supplies_the_others() -> None:
    names = ("ups-a", "ups-b", "ats", "relay", "door")
    where = site("bank", *names)
    feeding = {"ats": ("panel",), "panel": ("ups-a", "ups-b")}
    assets = [msgspec.structs.replace(a, feeds=feeding.get(a.id, ())) for a in where.assets]
    panel = msgspec.structs.replace(assets[0], id=AssetId("panel"), feeds=("ups-a", "ups-b"))
    where = msgspec.structs.replace(where, assets=(*assets, panel))
    room = Room(layout(names, [point("voltage_v")], [point("input_ok", PointKind.ENUM, symbols=DOOR)]), where=where)
    room.see([[1.0]] * 5, [[0]] * 5, seconds=14)
    opened = [b for b in dips(room, 60) if getattr(b, "code", "").startswith("chatter")]
    assert [(b.asset, b.code, b.sure) for b in opened] == [("ats", "chatter-event", "likely")]
    assert "4 statuses of 4 devices" in opened[0].what
    assert "ats input_ok first" in opened[0].what
    assert "worn" not in opened[0].next_step
    closed = dips(room, 200, period=1000)
    assert [type(b).__name__ for b in closed if b.finding == opened[0].finding] == ["FindingClosed"]


def test_a_contact_that_goes_on_faster_than_an_event_keeps_its_advice() -> None:
    names = ("ups-a", "ups-b", "ats", "relay", "door")
    room = Room(
        layout(names, [point("voltage_v")], [point("input_ok", PointKind.ENUM, symbols=DOOR)]),
        where=site("bank", *names),
    )
    room.see([[1.0]] * 5, [[0]] * 5, seconds=14)
    told = dips(room, 20) + dips(room, 60, alone=1)
    opened = [b for b in told if getattr(b, "code", "").startswith("chatter")]
    assert {b.code for b in opened if b.asset == "door"} == {"chatter:input_ok"}
    assert "worn contact" in next(b.next_step for b in opened if b.asset == "door")
    assert sum(b.code == "chatter-event" for b in opened) == 1


def test_an_alarm_raised_three_times_within_a_minute_chatters_until_it_is_quiet_for_ten() -> None:
    room = Room(layout(("bank",), [point("voltage_v")]))
    room.see([1.0], seconds=12)
    for _ in range(3):
        raised = AlarmRaised(**{f.name: _any(f) for f in msgspec.structs.fields(AlarmRaised)})
        room.commit(msgspec.structs.replace(raised, rule="hot", asset="bank"))
        bodies = room.see([1.0], seconds=10)
    assert [b.code for b in named(bodies, "FindingOpened")] == ["chatter-alarm:hot"]
    room.second += 600
    assert len(named(room.see([1.0]), "FindingClosed")) == 1


def _any(field) -> object:
    """Some value of a field's type; what is raised matters, not what it says."""
    return (
        field.default if field.default is not msgspec.NODEFAULT else {str: "x", int: 1, bool: False}.get(field.type, ())
    )


def dated(day: str | None, kind: AssetKind = AssetKind.ROOM):
    where = site()
    assets = tuple(
        msgspec.structs.replace(a, kind=kind, paper=Paper(calibrated_until=day)) if a.kind is AssetKind.ROOM else a
        for a in where.assets
    )
    return msgspec.structs.replace(where, assets=assets)


@pytest.mark.safety("S35")
@pytest.mark.parametrize("kind", [AssetKind.ROOM, AssetKind.METER, AssetKind.GAS_DETECTION])
def test_an_instrument_whose_calibration_ran_out_takes_trust_from_what_it_witnesses(kind: AssetKind) -> None:
    room = Room(layout(("bank",), [point("voltage_v")]), where=dated("2026-01-31", kind))
    bodies = room.see([1.0], seconds=14)
    assert "calibration:room" in [b.code for b in named(bodies, "FindingOpened")]
    trust = room.judged.trust[AssetId("bank")]
    assert trust.state is Trust.DEGRADED
    assert [r.code for r in trust.news] == ["calibration:room"]


@pytest.mark.safety("S35")
def test_a_date_that_is_not_known_is_a_standing_reason_and_one_ahead_is_none() -> None:
    room = Room(layout(("bank",), [point("voltage_v")]), where=dated(None))
    room.see([1.0], seconds=14)
    assert "standing:calibration-unknown" in [r.code for r in room.judged.trust[AssetId("bank")].reasons]
    ahead = Room(layout(("bank",), [point("voltage_v")]), where=dated("2099-12-31"))
    ahead.see([1.0], seconds=14)
    assert not any("calibration" in r.code for r in ahead.judged.trust[AssetId("bank")].reasons)


ENERGY = Check(
    "meter-energy", Relation.ENERGY, PointName("power_w"), PointName("energy_out_wh"), 50.0, "the hour does not close",
    second=PointName("energy_in_wh"), asset_kinds=(AssetKind.BANK,), relative=0.02, source="test",
)  # fmt: skip


def hour(factor: float) -> tuple[Room, list]:
    where = site()
    bank = msgspec.structs.replace(where.assets[0], witnesses=(AssetId("bank2"),))
    other = msgspec.structs.replace(where.assets[0], id=AssetId("bank2"), kind=AssetKind.METER)
    where = msgspec.structs.replace(where, assets=(bank, other, where.assets[1]))
    columns = [point(name) for name in ("power_w", "energy_out_wh", "energy_in_wh")]
    room = Room(layout(("bank", "bank2"), columns), where=where, checks=(ENERGY,))
    bodies, counted = [], 0.0
    for _ in range(1500):
        room.second += 4  # a turn every five seconds
        counted += factor * 36_000.0 * 5.0 / 3600.0
        bodies += room.see([[36_000.0, 0.0, 0.0], [0.0, counted, 0.0]])
    return room, bodies


def test_an_hour_that_closes_with_the_counters_is_left_alone_and_one_short_by_five_percent_is_told() -> None:
    _, bodies = hour(1.0)
    assert "verify:meter-energy" not in [b.code for b in named(bodies, "FindingOpened")]
    _, bodies = hour(0.95)
    (found,) = [b for b in named(bodies, "FindingOpened") if b.code == "verify:meter-energy"]
    assert "by the counters at bank2" in found.what


def test_cells_far_from_their_room_for_a_minute_are_told() -> None:
    check = Check("cells-and-room", Relation.ENCLOSED, PointName("temperature_c"), PointName("cell_temperature_01_c"),
                  12.0, "too far apart", asset_kinds=(AssetKind.BANK,), hold_s=60.0)  # fmt: skip
    shape = layout(("bank.s1.m1", "bank.s1.m2", "room"), [point("cell_temperature_01_c"), point("temperature_c")])
    room = Room(shape, checks=(check,))
    absent = [[0, int(Quality.ABSENT)], [0, int(Quality.ABSENT)], [int(Quality.ABSENT), 0]]
    near = [[25.0, np.nan], [26.0, np.nan], [np.nan, 33.0]]
    assert "verify:cells-and-room" not in [
        b.code for b in named(room.see(near, quality=absent, seconds=90), "FindingOpened")
    ]
    far = [[22.0, np.nan], [22.0, np.nan], [np.nan, 41.0]]
    bodies = room.see(far, quality=absent, seconds=70)
    assert ("bank", "verify:cells-and-room") in [(b.asset, b.code) for b in named(bodies, "FindingOpened")]
