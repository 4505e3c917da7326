"""What the lexicon says of SunSpec points: classes by the safety rules, names, signs."""

import pytest

from ironkeep.codecs.definition import Group, Point
from ironkeep.model.point import PointClass, PointKind
from ironkeep.packs.equipment.sunspec import model, numbers


def points(group: Group) -> list[Point]:
    return [*group.points, *(point for inner in group.groups for point in points(inner))]


def classed(number: int, wanted: PointClass) -> set[str]:
    return {point.key for point in points(model(number).group) if not point.hidden and point.point_class is wanted}


def writable(number: int) -> set[str]:
    import sunspec2.device as peer

    def walk(group):
        own = {point["name"] for point in group["points"] if point.get("access") == "RW"}
        return own.union(*(walk(inner) for inner in group.get("groups", ())))

    return walk(peer.get_model_def(number)["group"])


def test_every_model_file_is_understood():
    assert len(numbers()) == 112
    for number in numbers():
        assert model(number).number == number
    assert model(64_999) is None


@pytest.mark.safety("S55")
def test_s55_of_what_can_be_written_in_802_only_the_reserves_are_settings():
    assert writable(802) & classed(802, PointClass.SETTING) == {"SocRsvMax", "SoCRsvMin"}
    assert writable(802) & classed(802, PointClass.COMMAND) == {"CtrlHb", "AlmRst", "SetOp", "SetInvState"}


@pytest.mark.safety("S55")
@pytest.mark.parametrize(
    ("number", "commands"),
    [
        (803, {"StrSetEna", "StrSetCon"}),
        (804, {"SetEna", "SetCon"}),
        (715, {"ControllerHb", "AlarmReset", "OpCtl"}),
    ],
)
def test_s55_commands_are_no_settings(number, commands):
    assert commands <= classed(number, PointClass.COMMAND)
    assert not commands & classed(number, PointClass.SETTING)


@pytest.mark.safety("S57")
def test_s57_instantaneous_limits_are_volatile():
    assert {"AChaMax", "ADisChaMax", "VMax", "VMin", "Hb"} <= classed(802, PointClass.VOLATILE)


@pytest.mark.safety("S58")
def test_s58_there_is_no_trip_limit_in_the_80x_models():
    for number in (802, 803, 804, 805):
        assert not any("trip" in point.name for point in points(model(number).group))


def test_scale_factors_are_settings_everywhere():
    for number in numbers():
        for point in points(model(number).group):
            if point.key.endswith("_SF") and not point.hidden:
                assert point.point_class is PointClass.SETTING, (number, point.key)
                assert point.kind is PointKind.ENUM


@pytest.mark.safety("S40")
def test_currents_and_powers_of_the_battery_follow_the_sign_of_the_device():
    signed = {(n, p.key) for n in (802, 803, 804, 714) for p in points(model(n).group) if p.signed}
    assert {(802, "A"), (802, "W"), (803, "StrA"), (804, "A"), (714, "DCW"), (714, "DCA")} <= signed
    assert not {(802, "V"), (802, "SoC"), (802, "AChaMax")} & signed


def test_units_are_canonical():
    units = {point.unit for number in (701, 702, 802, 803, 804, 805, 713, 714) for point in points(model(number).group)}
    assert units <= {"", "V", "A", "W", "Wh", "Ah", "VA", "var", "varh", "%", "Hz", "°C", "S"}
