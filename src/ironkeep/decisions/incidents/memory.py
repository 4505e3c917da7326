"""What the incidents room remembers: open cases and the alarms that belong to them or wait for one; a fold of facts.

A case is kept until a named person closes it. An alarm's line is kept while it waits or its case is open.
"""

from dataclasses import dataclass
from typing import Final

import msgspec

from ironkeep.decisions.incidents.policy import Policy
from ironkeep.facts import alarm as facts_alarm
from ironkeep.facts import incident as facts_incident
from ironkeep.facts.envelope import Body, Fact
from ironkeep.facts.fold import Fold, Folded
from ironkeep.model.alarm import IncidentClass
from ironkeep.model.ids import AlarmId, AssetId, IncidentId
from ironkeep.model.incident import Incident, IncidentState, ThermalStage

KINDS: Final = (
    "AlarmRaised AlarmReturned IncidentOpened AlarmJoined StageRaised StageLowered CommandTaken IncidentNoted "
    "IncidentQuieted IncidentClosed"
)


class Line(msgspec.Struct, frozen=True):
    """One raising of an alarm, as a case needs it. `incident` is empty while it waits for one."""

    alarm: str
    rule: str
    asset: str
    incident_class: str
    title: str
    value: str
    fact: str
    seq: int
    at_us: int
    incident: str = ""
    returned: bool = False


class Standing(msgspec.Struct, frozen=True):
    """The fold: cases not closed, and lines by alarm. `changed_us` is when a case last moved; `lowered` the stage to
    which a person lowered a case, which alarms that had returned by then no longer raise.
    """

    cases: dict[str, Incident] = {}
    lines: dict[str, Line] = {}
    changed_us: dict[str, int] = {}
    settled: dict[str, tuple[str, ...]] = {}  # case -> alarms that had returned when a person lowered its stage


@dataclass(frozen=True, slots=True)
class Memory(Folded[Standing]):
    """The fold, and which assets could not be believed at the last turn (None before the first)."""

    untrusted: frozenset[str] | None = None


def empty(policy: Policy) -> Memory:
    """A room that remembers nothing."""
    assert policy.site.id
    return Memory(Standing())


def _apply(new: Standing, fact: Fact, body: Body) -> None:
    match body:
        case facts_alarm.AlarmRaised():
            _supersede(new, body)
            new.lines[body.alarm] = Line(
                alarm=body.alarm,
                rule=body.rule,
                asset=body.asset,
                incident_class=body.incident_class,
                title=body.title,
                value=body.value,
                fact=fact.id,
                seq=fact.seq,
                at_us=fact.observed_at or fact.at,
            )
        case facts_alarm.AlarmReturned():
            line = new.lines.get(body.alarm)
            if line is not None and not line.incident:
                del new.lines[body.alarm]  # it waited for a case that never came
            elif line is not None:
                new.lines[body.alarm] = msgspec.structs.replace(line, returned=True)
        case facts_incident.IncidentOpened():
            new.cases[body.incident] = opened(body, fact)
            new.changed_us[body.incident] = fact.at
            for name in body.alarms:
                _join(new, name, body.incident)
        case _:
            known = new.cases.get(str(fact.body.get("incident", "")))
            if known is not None:
                _change(new, known, fact, body)


def _supersede(new: Standing, body: facts_alarm.AlarmRaised) -> None:
    """An alarm raised again without a case takes the place of its older raising."""
    same = [
        line for line in new.lines.values() if (line.rule, line.asset, line.incident) == (body.rule, body.asset, "")
    ]
    for line in same:
        del new.lines[line.alarm]


def _join(new: Standing, alarm: str, incident: str) -> None:
    if alarm in new.lines:
        new.lines[alarm] = msgspec.structs.replace(new.lines[alarm], incident=incident)


def opened(body: facts_incident.IncidentOpened, fact: Fact) -> Incident:
    """The case as it stands when its opening is a fact."""
    return Incident(
        id=IncidentId(body.incident),
        incident_class=IncidentClass(body.incident_class),
        state=IncidentState.OPEN,
        severity=body.severity,
        stage=ThermalStage(body.stage),
        title=body.title,
        next_step=body.next_step,
        assets=tuple(AssetId(a) for a in body.assets),
        alarms=tuple(AlarmId(a) for a in body.alarms),
        opened_us=fact.observed_at or fact.at,
        opened_seq=fact.seq,
        commander=body.commander,
        commander_since_us=fact.at,
    )


def _change(new: Standing, known: Incident, fact: Fact, body: Body) -> None:
    new.changed_us[known.id] = fact.at
    match body:
        case facts_incident.AlarmJoined():
            _join(new, body.alarm, known.id)
        case facts_incident.StageLowered():
            gone = (a for a, line in new.lines.items() if line.incident == known.id and line.returned)
            new.settled[known.id] = tuple(sorted(gone))
        case facts_incident.IncidentClosed():
            del new.cases[known.id]
            new.changed_us.pop(known.id, None)
            new.settled.pop(known.id, None)
            for alarm in [a for a, line in new.lines.items() if line.incident == known.id]:
                del new.lines[alarm]
            return
    new.cases[known.id] = changed(known, fact, body)


def changed(known: Incident, fact: Fact, body: Body) -> Incident:
    """The case after a fact about it; a note changes nothing of it."""
    change = msgspec.structs.replace
    match body:
        case facts_incident.AlarmJoined():
            alarms = tuple(dict.fromkeys((*known.alarms, AlarmId(body.alarm))))
            assets = tuple(dict.fromkeys((*known.assets, AssetId(body.asset))))
            return change(known, alarms=alarms, assets=assets, state=IncidentState.OPEN)
        case facts_incident.StageRaised():
            stage = ThermalStage(body.stage)
            return change(known, stage=stage, severity=body.severity, next_step=body.next_step)
        case facts_incident.StageLowered():
            return change(known, stage=ThermalStage(body.stage), next_step=body.next_step)
        case facts_incident.CommandTaken():
            return change(known, commander=body.by, commander_since_us=fact.at)
        case facts_incident.IncidentQuieted():
            return change(known, state=IncidentState.QUIET)
        case facts_incident.IncidentClosed():
            return change(known, state=IncidentState.CLOSED, closed_us=fact.at)
    return known


FOLD: Final = Fold("incidents", 1, Standing, Memory, KINDS, _apply)
absorb, freeze, thaw = FOLD.absorb, FOLD.freeze, FOLD.thaw


def lines_of(standing_now: Standing, incident: str) -> tuple[Line, ...]:
    """The alarms of a case, oldest first."""
    mine = [line for line in standing_now.lines.values() if line.incident == incident]
    return tuple(sorted(mine, key=lambda line: line.seq))


def standing(memory: Memory) -> tuple[Incident, ...]:
    """The cases not closed: worst first, then oldest."""
    return tuple(sorted(memory.standing.cases.values(), key=lambda case: (case.severity, case.opened_seq)))
