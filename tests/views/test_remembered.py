"""A scene of a past moment: samples of then in the layouts of today, and never more than was read."""

import numpy as np

from ironkeep.model.ids import AssetId, PointName
from ironkeep.model.point import PointKind, Symbol
from ironkeep.model.quality import Quality
from ironkeep.model.trust import AssetTrust, Trust
from ironkeep.views.remembered import Sample, asked_of, scene_of
from ironkeep.views.scene import Scene
from tests.decisions.rooms import SECOND, WALL, frame, layout, point

BANK, THEN = AssetId("bank"), WALL - 3_600 * SECOND
SHAPE = layout(
    ("bank", "room"), [point("soc_pct"), point("power_w")], [point("state", PointKind.ENUM, symbols=(Symbol(3, "on"),))]
)
TODAY = Scene(WALL, 9, (frame(SHAPE, 0, [[50.0, 7.0], [1.0, 1.0]], [[3], [3]]),), {}, (), (), None)


def past(**samples: Sample) -> Scene:
    return scene_of(TODAY, THEN, (), {(BANK, PointName(name)): sample for name, sample in samples.items()})


def test_a_sample_is_known_within_the_age_limit_before_the_moment_and_not_beyond():
    assert past(soc_pct=Sample(81.5, 0, THEN - 2 * SECOND)).value("bank", "soc_pct", THEN).number == 81.5
    late = past(soc_pct=Sample(81.5, 0, THEN - 9 * SECOND)).value("bank", "soc_pct", THEN)
    assert (late.number, late.why) == (None, ("last read 9.0 s ago",))


def test_what_was_not_read_then_is_not_known_and_nothing_of_today_is_left():
    scene = past(soc_pct=Sample(81.5, 0, THEN))
    for asset, name in (("bank", "power_w"), ("room", "soc_pct"), ("bank", "state")):
        assert scene.value(asset, name, THEN).number is None
    assert TODAY.value("bank", "soc_pct", WALL).number == 50.0


def test_quality_and_states_are_those_of_then():
    doubted = past(soc_pct=Sample(81.5, int(Quality.WITNESS), THEN), state=Sample(3.0, 0, THEN))
    assert doubted.value("bank", "soc_pct", THEN).doubted
    assert doubted.value("bank", "state", THEN).symbol == "on"
    useless = past(soc_pct=Sample(np.nan, int(Quality.RANGE), THEN)).value("bank", "soc_pct", THEN)
    assert (useless.number, useless.why) == (None, ("outside what is possible",))


def test_trust_is_what_stood_then():
    stood = AssetTrust(BANK, Trust.UNTRUSTED, (), THEN)
    assert scene_of(TODAY, THEN, (stood,), {}).trust_of(BANK) is stood


def test_a_drawing_says_which_points_it_needs_of_those_that_are_read():
    def draw(scene: Scene) -> None:
        for asset, name in (("bank", "soc_pct"), ("bank", "nothing"), ("nobody", "soc_pct")):
            scene.value(asset, name, WALL)

    assert asked_of(TODAY, draw) == {(BANK, PointName("soc_pct"))}
