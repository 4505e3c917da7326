"""What happened to one asset: alike facts of one moment are one line, and a line keeps all that it stands for."""

from ironkeep.facts.telemetry import FindingClosed, PassportTaken
from ironkeep.views.chronicle import lines
from tests.decisions.rooms import facts


def taken(asset):
    return PassportTaken(asset, "d", {"trip_c": "60 C"}, approved_by="")


def test_what_many_parts_said_at_one_moment_is_one_line_and_another_moment_or_kind_is_another():
    told = (
        *facts(0, 1, taken("b")),
        *facts(1, 2, *(taken(f"b.s{n}") for n in range(30)), taken("b.s0")),
        *facts(32, 2, FindingClosed("finding_1", "b", "gone")),
    )
    one, many, oldest = lines(reversed(told), 20)
    assert (one.first.kind, len(many.facts), oldest.assets) == ("FindingClosed", 31, ("b",))
    assert many.assets[0] == "b.s0"
    assert sorted(many.assets) == sorted(f"b.s{n}" for n in range(30))
    assert many.first.seq == 31


def test_no_more_lines_than_asked_for():
    assert len(lines(reversed([*facts(0, 1, taken("a")), *facts(1, 2, taken("a")), *facts(2, 3, taken("a"))]), 2)) == 2
