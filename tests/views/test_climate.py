"""Rooms against what stands in them: the limit that counts, the reading with its age, and what is not known."""

import msgspec
import pytest

from ironkeep.model.quality import Quality
from ironkeep.model.site import AssetKind
from ironkeep.programs.inventory import lore
from ironkeep.views import climate, scene
from ironkeep.views.register import Register
from tests.decisions.inventory.registers import asset, site
from tests.decisions.rooms import SECOND, WALL, frame, layout, now, point

NOW_US = WALL + 10 * SECOND


def seen(value: float | None, quality: int = 0):
    """A scene in which the room reads a temperature, or nothing."""
    if value is None:
        return scene.EMPTY
    shape = layout(("room",), (point("temperature_c"),))
    made = frame(shape, 10, [[value]], quality=[[quality]])
    return scene.Scene(NOW_US, 1, (made,), {}, (), (), None)


def one(scene_, *, room="room", **paper):
    bank = msgspec.structs.replace(asset("b", **paper), room=room)
    declared = site(bank, asset("room", AssetKind.ROOM))
    book = Register(declared).book({}, lore(), now(10).at_us)
    return next(each for each in climate.climates(book, scene_, NOW_US) if each.asset == "b")


def test_banks_without_a_reading_of_which_the_same_is_said_stand_together_and_one_that_is_measured_alone():
    measured = msgspec.structs.replace(asset("b", room_temperature_c="10 to 35"), room="room")
    book = Register(site(asset("a"), measured, asset("c"), asset("room", AssetKind.ROOM))).book({}, lore(), NOW_US)
    found = climate.together(climate.climates(book, seen(22.0), NOW_US))
    assert [tuple(each.asset for each in group) for group in found] == [("a", "c"), ("b",)]


@pytest.mark.parametrize(
    ("value", "state", "why"),
    [
        (22.0, climate.WITHIN, ""),
        (15.0, climate.WITHIN, ""),
        (30.0, climate.WITHIN, ""),
        (30.6, climate.OUT, "0.6 °C too warm"),
        (12.0, climate.OUT, "3.0 °C too cold"),
        (None, climate.NOT_KNOWN, "no device offers it"),
    ],
)
def test_a_room_is_within_or_out_of_the_limit_of_what_stands_in_it(value, state, why):
    found = one(seen(value), room_temperature_c="15 to 30")
    assert (found.state, found.why) == (state, why)
    assert found.limit == "15 to 30 °C"
    assert found.says == "its papers"


def test_a_reading_that_may_not_be_believed_is_never_within():
    found = one(seen(22.0, int(Quality.STALE)), room_temperature_c="15 to 30")
    assert found.state == climate.NOT_KNOWN
    assert found.measured == ""


def test_where_papers_are_silent_the_sheet_of_the_chemistry_counts_and_where_both_are_it_is_not_known():
    flow = one(seen(45.0), chemistry="flow")
    assert flow.state == climate.OUT
    assert "sheet of" in flow.says
    none = one(seen(45.0), chemistry="lfp")
    assert (none.state, none.limit) == (climate.NOT_KNOWN, "not known")
    assert none.why == "no limit is known"
    own = one(seen(45.0), chemistry="flow", room_temperature_c="5 to 50")
    assert own.state == climate.WITHIN


def test_without_a_room_that_has_a_sensor_it_is_not_known():
    assert one(seen(22.0), room=None, room_temperature_c="15 to 30").state == climate.NOT_KNOWN
