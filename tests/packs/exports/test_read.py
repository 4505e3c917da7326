"""What a collector is told: every kind of alarm, case, finding, log-in and engine notice, in words of the fact."""

import pytest

from ironkeep.codecs.syslog import Place, Severity
from ironkeep.facts import access, alarm, engine, export, incident
from ironkeep.facts.envelope import Body, Draft
from ironkeep.facts.seal import seal
from ironkeep.model.errors import Refused
from ironkeep.model.ids import SiteId
from ironkeep.model.time import Now
from ironkeep.packs.exports.read import parse, shipped, told

GOOD = '[ClockJumped]\nseverity = "warning"\ntext = "by {step_ms} ms"\nfields = ["step_ms"]\n'
UNTOLD = {"AlarmJoined", "IncidentNoted"}  # an alarm is told as such; notes of people may hold what is not for a SIEM


def fact(body: Body):
    return seal(Draft(body, actor="engine"), 3, SiteId("harbor"), Now(1, 1))[0]


def test_every_fact_of_access_alarms_cases_exports_and_the_engine_is_told() -> None:
    kinds = {
        name
        for subject in (access, alarm, engine, export, incident)
        for name, found in vars(subject).items()
        if isinstance(found, type) and issubclass(found, Body) and found is not Body
    }
    assert kinds - UNTOLD <= set(shipped())
    assert UNTOLD.isdisjoint(shipped())


def test_a_fact_becomes_a_line_in_its_own_words_and_another_one_none() -> None:
    place = Place("harbor", 3, "ab" * 32)
    raw = told(fact(engine.ClockJumped(1500)), place, "keep-1")
    assert raw is not None
    assert raw.endswith(b"the clock jumped by 1500 ms")
    assert b'actor="engine"' in raw
    assert told(fact(incident.IncidentNoted("incident_1", "cab-a", "person:kim", "x")), place, "keep-1") is None


@pytest.mark.parametrize(("priority", "severity"), [(1, Severity.ALERT), (2, Severity.ERROR), (3, Severity.WARNING)])
def test_an_alarm_is_as_loud_as_its_priority(priority: int, severity: Severity) -> None:
    assert shipped()["AlarmRaised"].loud({"priority": priority}) is severity
    assert shipped()["AlarmRaised"].loud({}) is Severity.ERROR


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("[ClockJumped]", "[ClockStood]"),
        ("{step_ms}", "{stop_ms}"),
        ('fields = ["step_ms"]', 'fields = ["colour"]'),
        ('severity = "warning"\n', ""),
        ('"warning"', '"loud"'),
        ("text", "words"),
        ("[Clock", "[[Clock"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place(was: str, becomes: str) -> None:
    assert parse(GOOD)
    with pytest.raises(Refused, match="mine"):
        parse(GOOD.replace(was, becomes), "mine")
