"""The alarm list: its states, its order, its folding of floods."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironkeep.decisions import alarms as decided
from ironkeep.facts import alarm
from ironkeep.facts.envelope import Draft
from ironkeep.facts.seal import seal
from ironkeep.model.annunciation import AlarmState
from ironkeep.model.ids import SiteId
from ironkeep.model.site import Site
from ironkeep.model.time import Now
from ironkeep.views import board

S = 1_000_000


def raised(name, rule="", priority=2, life=False, latched=False, asset="cab-a"):
    rule = rule or f"rule-{name}"
    return alarm.AlarmRaised(
        alarm=name,
        rule=rule,
        asset=asset,
        priority=priority,
        title=rule,
        value="41 °C",
        limit="40 °C",
        cause="c",
        consequence="q",
        action="a",
        respond_s=60,
        annunciator="BMS",
        incident_class="thermal alarm",
        life_safety=life,
        latched=latched,
        members=(),
        attack="",
    )


def facts(*bodies):
    return [seal(Draft(b, "room:alarms"), i, SiteId("s"), Now(i * S + S, 0))[0] for i, b in enumerate(bodies)]


def state(*bodies):
    found = board.fold(board.EMPTY, facts(raised("a1"), *bodies))
    return found.standing["a1"].state if "a1" in found.standing else None


def ack(name="a1"):
    return alarm.AlarmAcknowledged(name, "cab-a", "person:kim")


def back(name="a1"):
    return alarm.AlarmReturned(name, "cab-a", "35 °C")


def test_an_alarm_walks_through_the_states_of_isa_18_2():
    assert state() is AlarmState.UNACKNOWLEDGED
    assert state(ack()) is AlarmState.ACKNOWLEDGED
    assert state(back()) is AlarmState.RETURNED_UNACKNOWLEDGED
    assert state(back(), ack()) is None
    assert state(ack(), back()) is None


def test_a_latched_alarm_stands_until_it_is_reset():
    told = [raised("a1", latched=True), ack(), back()]
    found = board.fold(board.EMPTY, facts(*told))
    assert found.standing["a1"].state is AlarmState.LATCHED
    after = board.fold(board.EMPTY, facts(*told, alarm.AlarmReset("a1", "cab-a", "person:kim")))
    assert not after.standing
    assert [a.id for a in after.ended] == ["a1"]


def test_a_shelved_alarm_leaves_the_list_and_comes_back_as_it_was():
    shelve = alarm.AlarmShelved("a1", "cab-a", "person:kim", 99 * S, "part ordered")
    found = board.fold(board.EMPTY, facts(raised("a1"), shelve))
    assert not found.rows
    assert [a.id for a in found.shelved] == ["a1"]
    came = board.fold(board.EMPTY, facts(raised("a1"), shelve, alarm.AlarmUnshelved("a1", "cab-a", "engine")))
    assert [a.state for a in came.rows] == [AlarmState.UNACKNOWLEDGED]


def test_what_waits_stands_before_what_was_seen_then_by_priority_then_life_safety_then_what_stands_then_age():
    told = [raised("low", "r1", 3), raised("seen", "r2", 1), raised("gone", "r0"), raised("mid", "r3")]
    told += [raised("gas", "r4", 2, life=True), raised("new", "r5")]
    found = board.fold(board.EMPTY, facts(*told, ack("seen"), back("gone")))
    assert [a.id for a in found.rows] == ["gas", "mid", "new", "gone", "low", "seen"]


@pytest.mark.safety("S42")
def test_a_flood_of_one_rule_is_one_line_and_life_safety_never_is():
    told = [raised(f"h{i}", "hot", asset=f"m{i}") for i in range(500)]
    told += [raised(f"g{i}", "gas", 1, life=True, asset=f"room-{i}") for i in range(6)]
    lines = board.lines(board.fold(board.EMPTY, facts(*told)).rows)
    assert [line.more for line in lines] == [0] * 6 + [499]


def test_a_few_of_one_rule_stay_apart():
    lines = board.lines(
        board.fold(
            board.EMPTY, facts(*(raised(f"h{i}", "hot", asset=f"m{i}") for i in range(board.GROUP_FROM - 1)))
        ).rows
    )
    assert len(lines) == board.GROUP_FROM - 1


def test_folding_in_pieces_is_folding_at_once():
    told = facts(raised("a1"), raised("a2"), ack(), back("a2"), back(), ack("a2"), raised("a3"))
    once = board.fold(board.EMPTY, told)
    pieces = board.EMPTY
    for fact in told:
        pieces = board.fold(pieces, [fact])
    assert pieces == once


def test_an_alarm_told_anew_of_another_rule_is_not_ended_by_a_raising_of_its_former_rule():
    told = facts(raised("a1", "hot"), raised("a1", "cold"), raised("a2", "hot"))
    assert {a.id: a.rule for a in board.fold(board.EMPTY, told).standing.values()} == {"a1": "cold", "a2": "hot"}


NAMES = st.sampled_from(["a1", "a2", "a3"])
WALK = st.lists(
    st.one_of(
        st.builds(lambda n, k, r: raised(n, r, latched=k), NAMES, st.booleans(), st.sampled_from(["", "hot"])),
        st.builds(ack, NAMES),
        st.builds(back, NAMES),
        st.builds(lambda n: alarm.AlarmShelved(n, "cab-a", "person:kim", 10**15, "why"), NAMES),
        st.builds(lambda n: alarm.AlarmUnshelved(n, "cab-a", "engine"), NAMES),
        st.builds(lambda n: alarm.AlarmReset(n, "cab-a", "person:kim"), NAMES),
    ),
    max_size=14,
)


@given(WALK)
def test_the_page_and_the_engine_fold_the_same_facts_to_the_same_list(bodies):
    told = facts(*bodies)
    site = Site(id=SiteId("s"), name="", assets=(), devices=())
    engine = decided.standing(decided.absorb(decided.empty(decided.Policy(site=site)), told))
    page = board.fold(board.EMPTY, told)
    assert {a.id: a.state for a in page.standing.values()} == {
        a.id: a.state for a in engine if a.state is not AlarmState.NORMAL
    }
