"""Cases in the order in which people must see them."""

import pytest

from ironkeep.facts.alarm import AlarmAcknowledged, AlarmRaised
from ironkeep.facts.incident import AlarmJoined, IncidentOpened, StageLowered, StageRaised
from ironkeep.model.alarm import IncidentClass
from ironkeep.views import story
from tests.decisions.rooms import facts


def opened(name: str, severity: int, stage: int = 0) -> IncidentOpened:
    kind = IncidentClass.THERMAL if stage else IncidentClass.COMMUNICATIONS
    return IncidentOpened(name, kind, severity, stage, name, "look", "bank", ("bank",), (), "shift lead")


@pytest.mark.safety("S06")
def test_the_stage_of_gas_and_heat_goes_before_any_severity_and_then_age():
    found = story.EMPTY
    cases = (opened("down", 1), opened("warm", 3, 1), opened("down too", 1), opened("gas", 2, 2))
    for seq, case in enumerate(cases):
        found = story.fold(found, facts(seq, seq, case))
    assert [case.incident.id for case in found.open] == ["gas", "warm", "down", "down too"]
    found = story.fold(found, facts(4, 5, StageRaised("warm", "bank", 3, 1, "smoke", "leave", "a", "Panel at r")))
    assert found.open[0].story[-1].text == "stage raised to T3: smoke (Panel at r). Next: leave"
    spread = story.fold(found, facts(9, 9, StageRaised("down", "bank", 0, 1, "on several banks", "hold")))
    assert spread.cases["down"].story[-1].text == "the case is worse: on several banks. Next: hold"
    assert [case.incident.id for case in found.open][:2] == ["warm", "gas"]
    found = story.fold(found, facts(5, 6, StageLowered("warm", "bank", 0, "kim", "cold again", "watch")))
    assert [case.incident.id for case in found.open] == ["gas", "down", "warm", "down too"]


def test_an_alarm_that_joins_a_case_is_one_line_with_both_facts():
    said = ("heat", "bank", 2, "Hot", "56 C", "55 C", "c", "q", "a", 60, "BMS", "thermal alarm", False, False, (), "")
    raised = AlarmRaised("a2", *said)
    told = (opened("warm", 3, 1), raised, AlarmJoined("warm", "bank", "a2"), AlarmJoined("warm", "bank", "other"))
    found = story.fold(story.EMPTY, [each for seq, body in enumerate(told) for each in facts(seq, seq, body)])
    lines = found.open[0].story
    assert [(line.seq, line.joined, line.why) for line in lines] == [(0, None, False), (1, 2, True), (3, None, False)]
    found = story.fold(found, facts(4, 4, AlarmAcknowledged("a2", "bank", "person:kim")))
    assert found.open[0].story[-1].text == "kim acknowledged Hot at bank"
