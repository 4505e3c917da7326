"""What an alarm's point reads now beside what it read when it was raised (safety S12)."""

import pytest

from ironkeep.model.alarm import Comparison
from ironkeep.model.quality import Quality
from ironkeep.packs.alarms import read as alarm_pack
from ironkeep.views.alarm_now import Look, looks, now_text
from ironkeep.views.numbers import NARROW
from ironkeep.views.scene import Scene
from tests.decisions.rooms import SECOND, WALL, frame, layout, point
from tests.views.test_board import board, facts, raised

CELLS = tuple(point(f"cell_temperature_{i}_c") for i in range(3))


def read(rule: str, where: dict[str, Look], second: float = 1, quality=None) -> str | None:
    shape = layout(["room"], [point("offgas_pct"), *CELLS])
    made = frame(shape, 1, [[40.0, 21.0, 56.8, 22.0]], quality=quality)
    scene = Scene(WALL, 1, (made,), {}, (), (), None)
    alarm = board.fold(board.EMPTY, facts(raised("a1", rule, asset="room"))).standing["a1"]
    return now_text(where, scene, alarm, WALL + int(second * SECOND))


WHERE = {"gas": Look("offgas_pct", False), "hot": Look("cell_temperature_*_c", False)}
COLD = WHERE | {"hot": Look("cell_temperature_*_c", True)}


def test_one_value_and_the_worst_of_many_columns_are_told_with_their_unit():
    assert read("gas", WHERE) == f"40{NARROW}%"
    assert read("hot", WHERE) == f"56.8{NARROW}°C"
    assert read("hot", COLD) == f"21.0{NARROW}°C"


@pytest.mark.safety("S12")
def test_what_is_too_old_or_disqualified_is_not_known():
    assert read("gas", WHERE, second=30) == read("hot", WHERE, second=30) == "not known"
    assert read("gas", WHERE, quality=[[int(Quality.LOST), 0, 0, 0]]) == "not known"
    assert read("hot", WHERE, quality=[[0, 0, int(Quality.LOST), 0]]) == f"22.0{NARROW}°C"


def test_a_rule_that_holds_no_value_against_a_limit_says_nothing():
    assert read("link", WHERE) is None
    shipped = {rule.id: rule for rule in alarm_pack.shipped()}
    found = looks(shipped.values())
    assert found["off-gas"].point == "offgas_ppm"
    assert all(shipped[rule].compare in (Comparison.ABOVE, Comparison.BELOW) for rule in found)
    assert {look.low for look in found.values()} == {False, True}
