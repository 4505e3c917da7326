"""Values on the page: what is too old, absent or not to be believed is not known (safety S12)."""

import numpy as np
import pytest

from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.ids import AssetId, DeviceId, PointName
from ironkeep.model.point import PointClass, PointKind, PointSpec, Symbol
from ironkeep.model.quality import ABSENT_INTEGER, DISQUALIFYING, Quality
from ironkeep.views.scene import Scene, oldest_us, unknowns

NOW = 1_795_000_000_000_000
S = 1_000_000


def spec(name, kind=PointKind.ANALOG, symbols=()):
    return PointSpec(PointName(name), "A", kind, PointClass.MEASUREMENT, symbols=symbols)


def scene(number=12.5, quality=0, read_us=NOW, code=3):
    layout = FrameLayout(
        group="g",
        assets=(AssetId("cab-a"),),
        devices=(DeviceId("d"),),
        analog=(spec("current_a"),),
        integer=(spec("state", PointKind.ENUM, (Symbol(3, "CONNECTED"),)),),
        period_s=1.0,
        age_limit_s=5.0,
    )
    frame = Frame(
        layout,
        NOW,
        np.array([[number]], np.float32),
        np.array([[code]], np.int64),
        np.array([[quality, 0]], np.uint16),
        np.array([read_us], np.int64),
        np.array([1], np.int64),
    )
    return Scene(NOW, 1, (frame,), {}, (), (), None)


def test_a_fresh_value_is_known_with_its_age():
    value = scene().value("cab-a", "current_a", NOW + S)
    assert (value.number, value.age, value.known) == (12.5, "1.0 s", True)


@pytest.mark.parametrize("bit", [bit for bit in Quality if bit & DISQUALIFYING])
def test_a_disqualified_value_is_gone_and_says_why(bit):
    value = scene(quality=int(bit)).value("cab-a", "current_a", NOW)
    assert value.number is None
    assert value.why


@pytest.mark.parametrize("bit", [Quality.WITNESS, Quality.PHYSICS])
def test_a_doubted_value_is_shown_with_its_doubt(bit):
    value = scene(quality=int(bit)).value("cab-a", "current_a", NOW)
    assert value.known
    assert value.doubted


@pytest.mark.safety("S12")
def test_a_value_past_its_limit_is_not_known_however_good_it_was():
    value = scene().value("cab-a", "current_a", NOW + 5 * S + 1)
    assert value.number is None
    assert value.why == ("last read 5.0 s ago",)


@pytest.mark.safety("S12")
def test_nan_absent_integers_and_unread_rows_are_not_known():
    assert not scene(number=np.nan).value("cab-a", "current_a", NOW).known
    assert not scene(code=ABSENT_INTEGER).value("cab-a", "state", NOW).known
    assert scene(read_us=0).value("cab-a", "current_a", NOW).age == "never read"


def test_what_nobody_offers_is_said_so_and_a_code_has_its_word():
    assert scene().value("cab-a", "soc_pct", NOW).why == ("no device offers it",)
    assert scene().value("nobody", "soc_pct", NOW).number is None
    assert scene().value("cab-a", "state", NOW).symbol == "CONNECTED"


def test_a_row_is_as_old_as_the_oldest_value_that_it_shows():
    fresh, old = scene().value("cab-a", "current_a", NOW + S), scene(read_us=NOW - 8 * S).value("cab-a", "state", NOW)
    never = scene().value("cab-a", "soc_pct", NOW)
    assert oldest_us((fresh, old, never)) == 8 * S
    assert oldest_us((never,)) is None


def test_a_row_says_once_why_values_are_not_known_and_is_silent_on_what_was_never_offered():
    stale = scene(quality=int(Quality.STALE)).value("cab-a", "current_a", NOW)
    never = scene().value("cab-a", "soc_pct", NOW)
    assert unknowns((stale, stale, never, scene().value("cab-a", "state", NOW))) == ("too old",)


def test_a_point_is_called_by_its_label_and_in_words_where_devices_call_it_differently():
    def offers(label, group):
        point = PointSpec(PointName("temperature_c"), "C", PointKind.ANALOG, PointClass.MEASUREMENT, label)
        layout = FrameLayout(group, (AssetId(group),), (DeviceId(group),), (point,), (), 1.0, 5.0)
        none = np.zeros((1, 1))
        counts = np.array([1], np.int64)
        return Frame(
            layout, NOW, none.astype(np.float32), none[:, :0].astype(np.int64), none.astype(np.uint16), counts, counts
        )

    room, sink = offers("Room temperature", "room-a"), offers("Heat sink", "pcs-1")
    assert Scene(NOW, 1, (room,), {}, (), (), None).label("temperature_c") == "Room temperature"
    assert Scene(NOW, 1, (room, sink), {}, (), (), None).label("temperature_c") == "temperature"
    assert Scene(NOW, 1, (room,), {}, (), (), None).label("frame_x") == ""
