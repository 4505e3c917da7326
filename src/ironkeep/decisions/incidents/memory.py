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
    """The fold: cases not closed, and lines by alarm; `waiting` says which line of a rule on an asset ("rule@asset")
    has no case yet. `changed_us` is when a case last moved.
    """

    cases: dict[str, Incident] = {}
    lines: dict[str, Line] = {}
    changed_us: dict[str, int] = {}
    waiting: dict[str, str] = {}
    settled: dict[str, tuple[str, ...]] = {}  # case -> alarms that had returned when a person lowered its stage


@dataclass(frozen=True, slots=True)
class Memory(Folded[Standing]):
    """The fold, which assets could not be believed at the last turn (None before the first), and at which version of
    the fold nothing followed from it: until facts change it, nothing will.
    """

    untrusted: frozenset[str] | None = None
    calm_at: int = -1


def empty(policy: Policy) -> Memory:
    """A room that remembers nothing."""
    assert policy.site.id
    return Memory(Standing())


def _apply(new: Standing, fact: Fact, body: Body) -> None:
    match body:
        case facts_alarm.AlarmRaised():
            _forget(new, new.lines.get(body.alarm))
            _supersede(new, body.rule, body.asset)
            new.waiting[_place(body.rule, body.asset)] = body.alarm
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
                _forget(new, line)  # it waited for a case that never came
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


def _place(rule: str, asset: str) -> str:
    return f"{rule}@{asset}"


def _supersede(new: Standing, rule: str, asset: str) -> None:
    """An alarm raised again without a case takes the place of its older raising."""
    _forget(new, new.lines.get(new.waiting.get(_place(rule, asset), "")))


def _forget(new: Standing, line: Line | None) -> None:
    """Out with a line that waits for a case; one that has a case stays."""
    if line is not None and not line.incident:
        del new.lines[line.alarm]
        del new.waiting[_place(line.rule, line.asset)]


def _join(new: Standing, alarm: str, incident: str) -> None:
    line = new.lines.get(alarm)
    if line is None:
        return
    if not line.incident:
        del new.waiting[_place(line.rule, line.asset)]
    new.lines[alarm] = msgspec.structs.replace(line, incident=incident)


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
            alarm, asset = AlarmId(body.alarm), AssetId(body.asset)
            alarms = known.alarms if alarm in known.alarms else (*known.alarms, alarm)
            assets = known.assets if asset in known.assets else (*known.assets, asset)
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


FOLD: Final = Fold("incidents", 2, Standing, Memory, KINDS, _apply)
absorb, freeze, thaw = FOLD.absorb, FOLD.freeze, FOLD.thaw


def lines_of(standing_now: Standing) -> dict[str, list[Line]]:
    """The alarms of each case, oldest first."""
    found: dict[str, list[Line]] = {case: [] for case in standing_now.cases}
    for line in sorted(standing_now.lines.values(), key=lambda line: line.seq):
        if line.incident:
            found[line.incident].append(line)
    return found


def standing(memory: Memory) -> tuple[Incident, ...]:
    """The cases not closed: worst first, then oldest."""
    return tuple(sorted(memory.standing.cases.values(), key=lambda case: (case.severity, case.opened_seq)))
