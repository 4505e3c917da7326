"""Incidents and their stories: each line is one fact, with its number, so that its proof is one step away.

What a fact makes of a case is the room's own rule; here stand the lines beside it, and the cases that were closed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ironkeep.decisions.incidents import changed, opened
from ironkeep.facts import alarm as alarms
from ironkeep.facts import incident as incidents
from ironkeep.facts.envelope import Body, Fact
from ironkeep.facts.seal import seq_of
from ironkeep.model.ids import AlarmId, IncidentId
from ironkeep.model.incident import Incident, IncidentState
from ironkeep.model.time import rfc3339

LINES_MAX = 500  # lines kept of one story; older ones stay on the spine
UNCLAIMED_MAX = 20_000  # raisings that no case has claimed
CASES_MAX = 200  # cases kept in memory, the open ones always


@dataclass(frozen=True, slots=True)
class StoryLine:
    """One line: when, who, what in words, and the fact behind it."""

    seq: int
    at_us: int
    actor: str
    text: str
    kind: str
    why: bool = False  # a reason for the case: shown as "because"
    led: int | None = None  # the fact that led to this one, where a fact did
    alarm: str = ""  # of a raising: the alarm, and its title, by which later lines name it
    title: str = ""
    joined: int | None = None  # of a reason that came after the case was opened: the fact by which it joined


@dataclass(frozen=True)
class Case:
    """One incident with its story, oldest line first."""

    incident: Incident
    story: tuple[StoryLine, ...]

    @property
    def because(self) -> tuple[StoryLine, ...]:
        """The lines that led here, oldest first."""
        return tuple(line for line in self.story if line.why)


@dataclass(frozen=True)
class Stories:
    """Every case by id in order of opening; the raising of each alarm, kept until a case claims it."""

    cases: dict[IncidentId, Case]
    raised: dict[AlarmId, StoryLine]
    of_alarm: dict[AlarmId, IncidentId]

    @property
    def open(self) -> tuple[Case, ...]:
        """Cases not closed, worst first: the stage of gas and heat before all else (S06), then severity, then age."""
        found = [c for c in self.cases.values() if c.incident.state is not IncidentState.CLOSED]
        return tuple(sorted(found, key=lambda c: worst_first(c.incident)))

    @property
    def closed(self) -> tuple[Case, ...]:
        """Closed cases, newest first."""
        found = [c for c in self.cases.values() if c.incident.state is IncidentState.CLOSED]
        return tuple(sorted(found, key=lambda c: -c.incident.opened_us))

    def commanded(self, actor: str) -> tuple[IncidentId, ...]:
        """The open cases that the actor commands, worst first."""
        return tuple(c.incident.id for c in self.open if c.incident.commander == actor)


def worst_first(incident: Incident) -> tuple[int, int, int]:
    """The sort key of cases: the stage of gas and heat before all else (S06), then severity, then age."""
    return (-incident.stage, incident.severity, incident.opened_us)


EMPTY = Stories({}, {}, {})
KINDS: tuple[str, ...] = (
    *("AlarmRaised", "AlarmReturned", "AlarmAcknowledged", "AlarmShelved", "AlarmUnshelved", "AlarmReset"),
    *("IncidentOpened", "AlarmJoined", "StageRaised", "StageLowered", "CommandTaken", "IncidentNoted"),
    *("IncidentQuieted", "IncidentClosed"),
)


def fold(stories: Stories, facts: Iterable[Fact]) -> Stories:
    """The stories after the facts; facts of other kinds pass by."""
    cases, raised, of_alarm = dict(stories.cases), dict(stories.raised), dict(stories.of_alarm)
    for fact in facts:
        if fact.kind in KINDS:
            _apply(cases, raised, of_alarm, fact)
    closed = [key for key, case in cases.items() if case.incident.state is IncidentState.CLOSED]
    for key in closed[: max(len(cases) - CASES_MAX, 0)]:
        del cases[key]
    for alarm in list(raised)[: max(len(raised) - UNCLAIMED_MAX, 0)]:
        del raised[alarm]
    return Stories(cases, raised, of_alarm)


def person(actor: str) -> str:
    """An actor as people say it: "kim" of "person:kim", "alarms" of "room:alarms"."""
    return actor.partition(":")[2] or actor


def _apply(
    cases: dict[IncidentId, Case],
    raised: dict[AlarmId, StoryLine],
    of_alarm: dict[AlarmId, IncidentId],
    fact: Fact,
) -> None:
    body = fact.typed()
    line = StoryLine(fact.seq, fact.observed_at or fact.at, person(fact.actor), _words(body), fact.kind, led=_led(fact))
    if isinstance(body, incidents.IncidentOpened):
        key = IncidentId(body.incident)
        reasons = [_because(raised.pop(AlarmId(a))) for a in body.alarms if AlarmId(a) in raised]
        of_alarm.update({AlarmId(a): key for a in body.alarms})
        cases[key] = Case(opened(body, fact), (*reasons, line))
    elif isinstance(body, alarms.AlarmRaised):
        raised[AlarmId(body.alarm)] = replace(line, alarm=body.alarm, title=body.title)
    elif (alarm := getattr(body, "alarm", None)) is not None and not isinstance(body, incidents.AlarmJoined):
        ended = isinstance(body, alarms.AlarmReset | alarms.AlarmReturned)
        claimed = of_alarm.get(AlarmId(alarm))
        if claimed is not None and claimed in cases:
            title = next((each.title for each in cases[claimed].story if each.alarm == alarm), "")
            _add(cases, claimed, replace(line, text=_words(body, title or "the alarm")))
        elif ended and not isinstance(body, alarms.AlarmReturned):
            raised.pop(AlarmId(alarm), None)
    elif (found := getattr(body, "incident", None)) is not None and IncidentId(found) in cases:
        key = IncidentId(found)
        if isinstance(body, incidents.AlarmJoined):
            of_alarm[AlarmId(body.alarm)] = key
            reason = raised.pop(AlarmId(body.alarm), None)
            line = replace(_because(reason), joined=fact.seq) if reason is not None else line
        _add(cases, key, line)
        known = cases[key].incident
        if known.state is not IncidentState.CLOSED:
            cases[key] = Case(changed(known, fact, body), cases[key].story)


def _because(line: StoryLine) -> StoryLine:
    return replace(line, why=True)


def _led(fact: Fact) -> int | None:
    seq = seq_of(fact.cause or "")
    return seq if seq is not None and seq < fact.seq else None


def _add(cases: dict[IncidentId, Case], key: IncidentId, line: StoryLine) -> None:
    case = cases[key]
    story = tuple(sorted((*case.story, line), key=lambda each: each.seq))
    cases[key] = Case(case.incident, story[-LINES_MAX:])


def _words(body: Body, alarm: str = "the alarm") -> str:
    """What the fact says, in one sentence for people; `alarm` is what the alarm that it is about is called."""
    match body:
        case alarms.AlarmRaised():
            limit = f", limit {body.limit}" if body.limit else ""
            return f"{body.title} at {body.asset}: {body.value}{limit}"
        case alarms.AlarmReturned():
            return f"{alarm} at {body.asset}: the condition is gone, {body.value}"
        case alarms.AlarmAcknowledged():
            return f"{person(body.by)} acknowledged {alarm} at {body.asset}"
        case alarms.AlarmShelved():
            until = rfc3339(body.until, digits=0)
            return f"{person(body.by)} shelved {alarm} at {body.asset} until {until}: {body.reason}"
        case alarms.AlarmUnshelved():
            return f"{alarm} at {body.asset} is back on the list, by {person(body.by)}"
        case alarms.AlarmReset():
            return f"{person(body.by)} reset {alarm} at {body.asset}"
        case incidents.IncidentOpened():
            return f"case opened: {body.title}. Commander: {body.commander}. Next: {body.next_step}"
        case incidents.AlarmJoined():
            return f"an alarm at {body.asset} joined the case"
        case incidents.StageRaised():
            by = f" ({body.shown_by})" if body.shown_by else ""
            worse = f"stage raised to T{body.stage}" if body.stage else "the case is worse"
            return f"{worse}: {body.why}{by}. Next: {body.next_step}"
        case incidents.StageLowered():
            return f"{person(body.by)} lowered the stage to T{body.stage}: {body.why}"
        case incidents.CommandTaken():
            return f"{person(body.by)} took command"
        case incidents.IncidentNoted():
            return f"{person(body.by)}: {body.text}"
        case incidents.IncidentQuieted():
            return "every alarm of the case has returned; the case stays open until a person closes it"
        case incidents.IncidentClosed():
            return f"{person(body.by)} closed the case as {body.cause_class}: {body.reason}"
    return type(body).__name__
