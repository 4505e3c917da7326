"""What people may do with a case: take command, note, lower a thermal stage, close. Each by name, on the record.

A stage is lowered by a named person alone, on fresh readings that positively show it (S26): every alarm that shows the
higher stage must have returned, and what is read of the case's assets must be believable now. A case closes once all of
its alarms have returned, with a cause and a reason.
"""

from ironkeep.decisions.incidents.memory import Memory, lines_of
from ironkeep.decisions.incidents.policy import Policy
from ironkeep.decisions.incidents.stages import BLIND, CONTACTOR, stage_of
from ironkeep.decisions.incidents.steps import next_step
from ironkeep.facts.envelope import Body, Draft
from ironkeep.facts.incident import CommandTaken, IncidentClosed, IncidentNoted, StageLowered
from ironkeep.model.alarm import IncidentClass
from ironkeep.model.errors import Refused
from ironkeep.model.incident import Incident, ThermalStage
from ironkeep.model.request import Request, RequestKind
from ironkeep.model.time import Now

TEXT_MAX = 2_000  # characters of a note, a cause or a reason


def admit(memory: Memory, request: Request, policy: Policy, now: Now) -> tuple[Draft, ...]:
    """The drafts of a person's request. Raises Refused with reason and remedy."""
    assert now.at_us >= 0
    if not request.actor.startswith("person:") or len(request.actor) > TEXT_MAX:
        raise Refused("only a named person acts on a case", where=request.actor, remedy="log in by name")
    case = memory.standing.cases.get(request.subject)
    if case is None:
        raise Refused(f"no open case {request.subject!r}", where=request.subject, remedy="name a case that is open")
    asset = str(case.assets[0])
    body: Body
    match request.kind:
        case RequestKind.TAKE_COMMAND:
            if case.commander == request.actor:
                raise Refused("you are in command already", where=case.id, remedy="nothing to do")
            body = CommandTaken(case.id, asset, request.actor)
        case RequestKind.NOTE_INCIDENT:
            body = IncidentNoted(case.id, asset, request.actor, _text(request, "text"))
        case RequestKind.LOWER_STAGE:
            body = _lowered(memory, case, request, policy)
        case RequestKind.CLOSE_INCIDENT:
            body = _closed(memory, case, request)
        case _:
            raise Refused(
                f"the incidents room does not know {request.kind!r}", remedy="take command, note, lower, close"
            )
    return (Draft(body, request.actor, cause=request.id),)


def _text(request: Request, name: str) -> str:
    value = request.body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > TEXT_MAX:
        raise Refused(f"{name} is missing or too long", where=name, remedy=f"1 to {TEXT_MAX} characters")
    return value.strip()


def _lowered(memory: Memory, case: Incident, request: Request, policy: Policy) -> Body:
    if case.incident_class is not IncidentClass.THERMAL:
        raise Refused("only a thermal case has a stage", where=case.id, remedy="close it when its alarms have returned")
    stage = request.body.get("stage")
    if isinstance(stage, bool) or not isinstance(stage, int) or not 0 <= stage < case.stage:
        raise Refused(f"stage must be below T{int(case.stage)}", where="stage", remedy=f"0 to {int(case.stage) - 1}")
    why = _text(request, "why")
    rules = {rule.id: rule for rule in policy.rules}
    lines = [line for line in lines_of(memory.standing)[case.id] if not line.returned]
    shown, words = stage_of([(rules[line.rule].role, line.asset) for line in lines if line.rule in rules])
    if shown > stage or (lines and stage == ThermalStage.NONE):
        raise Refused(
            f"alarms that have not returned still show T{int(max(shown, ThermalStage.T1))}: {words or lines[0].title}",
            where=case.id,
            remedy="wait until fresh readings positively show that they are gone",
        )
    doubted = _doubted(memory, case)
    if doubted:
        raise Refused(
            f"no fresh readings that can be believed of {', '.join(doubted)}",
            where=case.id,
            remedy="restore its readings first; missing data never lowers a stage",
        )
    roles = {rules[line.rule].role for line in lines if line.rule in rules}
    step = next_step(case.incident_class, ThermalStage(stage), blind=BLIND in roles, contactor=CONTACTOR in roles)
    return StageLowered(case.id, str(case.assets[0]), stage, request.actor, why, step)


def _doubted(memory: Memory, case: Incident) -> tuple[str, ...]:
    """Assets of a case whose readings cannot be believed now; all of them before the first turn."""
    if memory.untrusted is None:
        return tuple(str(asset) for asset in case.assets)
    return tuple(
        str(asset)
        for asset in case.assets
        if any(asset == bad or asset.startswith(f"{bad}.") for bad in memory.untrusted)
    )


def _closed(memory: Memory, case: Incident, request: Request) -> Body:
    active = [line for line in lines_of(memory.standing)[case.id] if not line.returned]
    if active:
        raise Refused(
            f"{len(active)} of its alarms have not returned, first {active[0].title} at {active[0].asset}",
            where=case.id,
            remedy="close it when all of its alarms have returned",
        )
    cause = _text(request, "cause_class")
    return IncidentClosed(case.id, str(case.assets[0]), request.actor, cause, _text(request, "reason"))
