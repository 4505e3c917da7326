"""The shipped alarm list keeps its own rules, and a list that does not is refused with its place."""

from collections import Counter

import pytest

from ironkeep.model.alarm import Comparison
from ironkeep.model.annunciation import Priority
from ironkeep.model.errors import Refused
from ironkeep.packs.alarms.read import parse, shipped, whole
from ironkeep.packs.checks import read as checks
from ironkeep.packs.nut import read as nut_pack

GOOD = """
[[rule]]
id = "a"
title = "T"
point = "p"
compare = "above"
limit = 1.0
priority = 3
incident = "thermal alarm"
cause = "c"
consequence = "q"
action = "a"
respond_s = 60
annunciator = "BMS"
"""


def test_a_whole_rule_is_read() -> None:
    assert parse(GOOD)[0].compare is Comparison.ABOVE


@pytest.mark.safety("S43")
@pytest.mark.parametrize(
    "word", ["title", "cause", "consequence", "action", "respond_s", "annunciator", "priority", "incident", "limit"]
)
def test_a_rule_that_lacks_what_an_alarm_must_say_is_refused_by_name(word: str) -> None:
    lines = [line for line in GOOD.splitlines() if not line.startswith(f"{word} ")]
    with pytest.raises(Refused, match="a"):
        parse("\n".join(lines), "mine.toml")


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('cause = "c"', 'cause = " "'),
        ("respond_s = 60", "respond_s = 0"),
        ('compare = "above"', 'compare = "over"'),
        ("priority = 3", "priority = 4"),
        ('annunciator = "BMS"', 'annunciator = "somebody"'),
        ('id = "a"', 'id = "a"\ncolour = "red"'),
        ('id = "a"', 'id = "a"\nrole = "cook"'),
        ('id = "a"', 'id = "a"\nasset_kinds = ["boat"]'),
        ('id = "a"', 'id = "a"\nlife_safety = true'),
        ('id = "a"', 'id = "a"\nlife_safety = true\nshelvable = false\nsuppressed_by = ["a"]'),
        ('id = "a"', 'id = "a"\noff_delay_s = -1.0'),
        ('id = "a"', "id = a"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(was: str, becomes: str) -> None:
    with pytest.raises(Refused) as caught:
        parse(GOOD.replace(was, becomes), "mine.toml")
    assert "mine.toml" in str(caught.value)
    assert caught.value.remedy


def test_two_rules_of_one_id_and_an_unknown_suppressor_are_refused() -> None:
    rules = parse(GOOD + GOOD)
    with pytest.raises(Refused, match="one id"):
        whole(rules)
    with pytest.raises(Refused, match="unknown rules"):
        whole(parse(GOOD.replace('id = "a"', 'id = "a"\nsuppressed_by = ["b"]')))


@pytest.mark.safety("S45")
def test_every_shipped_rule_has_a_source_and_few_are_urgent() -> None:
    rules = shipped()
    assert [rule.id for rule in rules if not rule.source] == []
    share = Counter(rule.priority for rule in rules)
    assert share[Priority.HIGH] / len(rules) <= 0.10
    assert share[Priority.LOW] / len(rules) >= 0.60


def test_every_event_bit_of_sunspec_has_a_rule() -> None:
    bits = sorted(
        int(rule.limit) for rule in shipped() if rule.compare is Comparison.BIT and rule.point == "event_bits"
    )
    assert bits == list(range(27))


def test_every_status_word_of_a_ups_that_asks_for_a_person_has_a_rule() -> None:
    of = nut_pack.shipped().flags
    bits = {int(rule.limit) for rule in shipped() if rule.point == "ups_status_bits"}
    asking = ("OB", "LB", "RB", "OVER", "FSD", "BYPASS", "ALARM", "TRIM", "BOOST", "OFF")
    assert bits == {of[word] for word in asking}


@pytest.mark.safety("S43")
def test_gas_and_fire_are_life_safety_with_the_fire_panel_first() -> None:
    for rule in shipped():
        if rule.role in ("gas", "smoke"):
            assert rule.life_safety
            assert rule.priority is Priority.HIGH
            assert rule.annunciator == "fire panel"
            assert not rule.shelvable


@pytest.mark.safety("S42")
def test_alarms_about_trust_links_and_settings_are_never_shelved() -> None:
    kinds = (Comparison.TRUST, Comparison.LOST, Comparison.CHANGED)
    assert [rule.id for rule in shipped() if rule.compare in kinds and rule.shelvable] == []


def test_a_suppressing_rule_stands_before_what_it_suppresses() -> None:
    order = {rule.id: i for i, rule in enumerate(shipped())}
    late = [(r.id, s) for r in shipped() for s in r.suppressed_by if order[s] > order[r.id]]
    assert late == []


def test_the_shipped_checks_are_read_and_a_wrong_one_is_refused() -> None:
    knowledge = checks.shipped()
    assert len({check.id for check in knowledge.checks}) == len(knowledge.checks) > 20
    with pytest.raises(Refused, match="mine"):
        checks.parse('[[check]]\nid = "x"\n', "mine")
    with pytest.raises(Refused, match="not TOML"):
        checks.parse("[[check", "mine")
