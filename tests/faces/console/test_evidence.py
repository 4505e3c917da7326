"""The list of facts: what happened stands out from what an engine does again and again."""

from ironkeep.faces.console.pages.evidence import FOLDED_FROM, lines
from ironkeep.faces.console.render import telling
from ironkeep.facts.alarm import AlarmReturned
from ironkeep.facts.engine import EngineStopped
from ironkeep.facts.envelope import Draft
from ironkeep.facts.telemetry import PassportTaken
from tests.decisions.rooms import facts

AGAIN = EngineStopped("asked", 1)


def listed(*bodies):
    return [each for seq, body in enumerate(bodies) for each in facts(seq, seq, body)][::-1]


def test_a_run_of_one_kind_about_no_asset_is_one_line_and_all_else_keeps_its_own():
    gone = [AlarmReturned(name, "bank", "1 V") for name in "abcde"]
    found = lines(listed(*[AGAIN] * FOLDED_FROM, *gone, AGAIN))
    assert [(line.fact.kind, line.more) for line in found] == [
        ("EngineStopped", 0),
        *[("AlarmReturned", 0)] * 5,
        ("EngineStopped", FOLDED_FROM - 1),
    ]
    assert [line.last for line in found][-1] == 0, "the oldest that a line stands for"
    assert sum(line.more + 1 for line in found) == FOLDED_FROM + 6


def test_what_is_said_alike_of_several_assets_is_one_line_and_what_a_person_did_is_not():
    alike = [AlarmReturned("a", f"cab-{i}", "1 V") for i in range(FOLDED_FROM)]
    assert [line.more for line in lines(listed(*alike))] == [FOLDED_FROM - 1]
    assert [line.more for line in lines(listed(*alike[1:]))] == [0] * (FOLDED_FROM - 1)
    passports = [PassportTaken(f"cab-{i}", f"digest {i}", {"trip": str(i)}, "") for i in range(FOLDED_FROM)]
    assert [line.more for line in lines(listed(*passports))] == [FOLDED_FROM - 1], "what no line shows parts no lines"
    by_hand = [Draft(each, "person:kim") for each in alike]
    assert [line.more for line in lines(listed(*by_hand))] == [0] * FOLDED_FROM


def test_a_fact_says_first_what_happened():
    body = {"action": "look", "alarm": "a1", "annunciator": "BMS", "title": "Hot", "value": "56 C", "limit": "55 C"}
    assert [key for key, _ in telling(body, 4)] == ["title", "value", "limit", "alarm"]
    assert telling({"account": "kim", "until_us": 0}, 4) == [("account", "kim")]
    assert [key for key, _ in telling({"after": "B", "before": "A", "asset": "x"}, 4)] == ["before", "after"]
