"""Settings that are more than one fact holds: told, not compared, and never a passport cut short."""

from ironkeep.model.point import PointClass
from ironkeep.model.quality import Quality
from tests.decisions.rooms import layout, point
from tests.decisions.telemetry.room import Room, named

MANY = 2_000


def crowded(count: int) -> Room:
    names = (f"block_{n}_limit_of_the_maker_in_words_c" for n in range(count))
    return Room(layout(("bank",), [point("voltage_v"), *(point(name, cls=PointClass.SETTING) for name in names)]))


def test_settings_that_no_fact_can_hold_are_a_finding_of_their_own_told_once_and_no_passport() -> None:
    room = crowded(MANY)
    bodies = room.see([1.0, *(60.0,) * MANY], seconds=14)
    (told,) = [body for body in named(bodies, "FindingOpened") if body.finding_kind == "passport too large"]
    assert (told.asset, told.sure) == ("bank", "exact")
    assert told.what.startswith(f"{MANY} settings are more than one fact holds")
    assert named(bodies, "PassportTaken") == []
    moved = room.see([1.0, *(61.0,) * MANY], seconds=3)
    assert [named(moved, kind) for kind in ("FindingOpened", "FindingClosed", "PassportTaken")] == [[], [], []]


def test_after_a_restart_the_finding_stays_until_the_asset_has_a_passport() -> None:
    room = crowded(MANY)
    room.see([1.0, *(60.0,) * MANY], seconds=14)
    again = crowded(20)  # of the blocks that are read as settings, some were taken out
    again.memory = again.memory.__class__(room.memory.standing)
    again.size, again.second = room.size, room.second
    lost = [[int(Quality.LOST)] * 21]
    assert named(again.see([1.0, *(60.0,) * 20], quality=lost, seconds=5), "FindingClosed") == []
    bodies = again.see([1.0, *(60.0,) * 20], seconds=14)
    assert len(named(bodies, "PassportTaken")) == 1
    assert "bank" in [body.asset for body in named(bodies, "FindingClosed")]
