"""Which alarms are one story. One turn of the incidents room, in the order in which it thinks.

Alarms that wait find their case or open one, at once, under the shift lead (S10). Then each case is looked at again:
does what it holds show a worse stage, does the same cause show on several banks (S05), has all of it returned?
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import replace

from ironkeep.decisions.incidents.memory import Line, Memory, Standing, lines_of, standing
from ironkeep.decisions.incidents.places import banks_of, place_of
from ironkeep.decisions.incidents.policy import Policy
from ironkeep.decisions.incidents.stages import BLIND, CONTACTOR, stage_of
from ironkeep.decisions.incidents.steps import CONTACTOR as AS_LIVE
from ironkeep.decisions.incidents.steps import GAS_UNKNOWN, SAME_CAUSE, next_step
from ironkeep.facts.envelope import Draft
from ironkeep.facts.incident import AlarmJoined, IncidentOpened, IncidentQuieted, StageRaised
from ironkeep.model.alarm import Alarm, AlarmRule, IncidentClass
from ironkeep.model.finding import Finding
from ironkeep.model.ids import derive
from ironkeep.model.incident import Incident, IncidentState, ThermalStage
from ironkeep.model.time import SECOND_US, Now
from ironkeep.model.trust import Judged, Trust

ACTOR = "room:incidents"
SEVERITY_WORST, SEVERITY_DEFAULT = 1, 3
OPENING_MAX = 300  # alarms that an opening names: a fact has 64 KiB; the others join in the next turns
PLACED_MAX = 1_000  # alarms that join their cases in one turn
WARNINGS = {  # role -> what the next step must say as soon as the case holds it, and why
    BLIND: (GAS_UNKNOWN, "gas detection is blind"),
    CONTACTOR: (AS_LIVE, "the state of a contactor is in doubt"),
}
SHARED = SAME_CAUSE.partition("(")[0]

Sight = tuple[Judged, tuple[Alarm, ...], tuple[Finding, ...]]


def decide(
    memory: Memory, sight: Sight, policy: Policy, now: Now
) -> tuple[Memory, tuple[Incident, ...], tuple[Draft, ...]]:
    """The cases as they stand (from facts before this turn), and the drafts of what changed."""
    judged, _, _ = sight
    doubted = frozenset(str(a) for a, t in judged.trust.items() if t.state is Trust.UNTRUSTED)
    memory = replace(memory, untrusted=doubted)
    if memory.calm_at == memory.version:
        return memory, standing(memory), ()
    rules = {rule.id: rule for rule in policy.rules}
    lines = lines_of(memory.standing)
    drafts = (
        *_placed(memory.standing, rules, policy, now),
        *_worsened(memory.standing, lines, rules, policy, now),
        *_quieted(memory.standing, lines),
    )
    calm_at = -1 if drafts else memory.version
    return replace(memory, calm_at=calm_at), standing(memory), drafts


def _placed(now_standing: Standing, rules: Mapping[str, AlarmRule], policy: Policy, now: Now) -> Iterator[Draft]:
    """Waiting alarms join the open case of their class and place, or open one together: life safety first, then what
    shows a stage, then the oldest. In a flood a turn takes PLACED_MAX of them; the others wait for the next.
    """
    waiting = (now_standing.lines[alarm] for alarm in now_standing.waiting.values())
    first = sorted(waiting, key=lambda line: (*_behind(rules.get(line.rule)), line.seq))
    open_cases = _open_cases(now_standing, policy, now)
    fresh: dict[tuple[IncidentClass, str], list[Line]] = {}
    taken = 0
    for line in first:
        kind = IncidentClass(line.incident_class)
        place = place_of(policy.site, kind, line.asset)
        case = open_cases.get((kind, place))
        if case is None:
            fresh.setdefault((kind, place), []).append(line)
        elif taken < PLACED_MAX:
            taken += 1
            yield Draft(AlarmJoined(case.id, line.asset, line.alarm), ACTOR, cause=line.fact, observed_us=line.at_us)
    for (kind, place), lines in fresh.items():
        if any(_opens(rules.get(line.rule)) for line in lines):
            yield _opening(now_standing, kind, place, lines[:OPENING_MAX], rules, policy, now)


def _behind(rule: AlarmRule | None) -> tuple[bool, bool]:
    return rule is None or not rule.life_safety, rule is None or not rule.role


def _opens(rule: AlarmRule | None) -> bool:
    return rule is None or rule.opens_case


def _open_cases(now_standing: Standing, policy: Policy, now: Now) -> dict[tuple[IncidentClass, str], Incident]:
    """The case that takes an alarm, by class and place; a case long quiet is another story."""
    found: dict[tuple[IncidentClass, str], Incident] = {}
    for case in now_standing.cases.values():
        moved_us = now_standing.changed_us.get(case.id, case.opened_us)
        if case.state is IncidentState.OPEN or now.at_us - moved_us < policy.quiet_join_s * SECOND_US:
            found.setdefault((case.incident_class, place_of(policy.site, case.incident_class, case.assets[0])), case)
    return found


def _opening(
    now_standing: Standing,
    kind: IncidentClass,
    place: str,
    lines: list[Line],
    rules: Mapping[str, AlarmRule],
    policy: Policy,
    now: Now,
) -> Draft:
    first = lines[0]
    stage, _ = _stage(kind, lines, rules)
    assets = tuple(dict.fromkeys(line.asset for line in lines))
    banks = _sharing(now_standing, kind, assets, policy, now)
    body = IncidentOpened(
        incident=derive("incident", now.at_us, kind, place, first.alarm),
        incident_class=str(kind),
        severity=_severity(kind, lines, rules, banks),
        stage=int(stage),
        title=f"{first.title} at {first.asset}",
        next_step=_step(kind, stage, lines, rules, banks),
        asset=assets[0],
        assets=assets,
        alarms=tuple(line.alarm for line in lines),
        commander=policy.site.shift_lead,
    )
    return Draft(body, ACTOR, cause=first.fact, observed_us=first.at_us)


def _roles(lines: list[Line], rules: Mapping[str, AlarmRule]) -> list[tuple[str, str]]:
    return [(rules[line.rule].role, line.asset) for line in lines if line.rule in rules]


def _stage(kind: IncidentClass, lines: list[Line], rules: Mapping[str, AlarmRule]) -> tuple[ThermalStage, str]:
    if kind is not IncidentClass.THERMAL:
        return ThermalStage.NONE, ""
    stage, why = stage_of(_roles(lines, rules))
    return max(stage, ThermalStage.T1), why or "a thermal alarm"


def _severity(kind: IncidentClass, lines: list[Line], rules: Mapping[str, AlarmRule], banks: tuple[str, ...]) -> int:
    if kind is IncidentClass.THERMAL or (kind is IncidentClass.COMMUNICATIONS and len(banks) > 1):
        return SEVERITY_WORST
    return min((rules[line.rule].severity for line in lines if line.rule in rules), default=SEVERITY_DEFAULT)


def _step(
    kind: IncidentClass,
    stage: ThermalStage,
    lines: list[Line],
    rules: Mapping[str, AlarmRule],
    banks: tuple[str, ...],
) -> str:
    roles = {role for role, _ in _roles(lines, rules)}
    return next_step(kind, stage, banks, blind=BLIND in roles, contactor=CONTACTOR in roles)


def _sharing(
    now_standing: Standing, kind: IncidentClass, assets: tuple[str, ...], policy: Policy, now: Now
) -> tuple[str, ...]:
    """The banks on which this class stands within the time in which one cause is assumed."""
    others = [
        str(asset)
        for case in now_standing.cases.values()
        if case.incident_class is kind and now.at_us - case.opened_us < policy.same_cause_s * SECOND_US
        for asset in case.assets
    ]
    return banks_of(policy.site, (*assets, *others))


def _worsened(
    now_standing: Standing,
    lines_by_case: Mapping[str, list[Line]],
    rules: Mapping[str, AlarmRule],
    policy: Policy,
    now: Now,
) -> Iterator[Draft]:
    """StageRaised where a case holds more than it says: a worse stage or severity, a shared cause, or a warning that
    its next step lacks.
    """
    for case in now_standing.cases.values():
        settled = frozenset(now_standing.settled.get(case.id, ()))
        lines = [line for line in lines_by_case[case.id] if line.alarm not in settled]
        if not lines:
            continue
        shown, why = _stage(case.incident_class, lines, rules)
        stage = max(shown, case.stage) if not settled or shown > case.stage else case.stage
        recent_us = now.at_us - int(policy.same_cause_s * SECOND_US)
        assets = tuple(line.asset for line in lines if not line.returned or line.at_us > recent_us)
        banks = _sharing(now_standing, case.incident_class, assets, policy, now)
        severity = min(case.severity, _severity(case.incident_class, lines, rules, banks))
        shared = len(banks) > 1 and SHARED not in case.next_step
        step = _step(case.incident_class, stage, lines, rules, banks)
        unsaid = [role for role, (text, _) in WARNINGS.items() if text in step and text not in case.next_step]
        worse = stage > case.stage or severity < case.severity
        if worse or shared or unsaid:
            if stage > case.stage:
                words = why
            elif shared:
                words = "the same cause shows on several banks"
            else:
                words = "it got worse" if worse else WARNINGS[unsaid[0]][1]
            if shared and stage == case.stage:
                by = lines[-1]
            elif worse:
                by = _tipped(case.incident_class, stage, severity, lines, rules)
            else:
                by = next(line for line in lines if line.rule in rules and rules[line.rule].role == unsaid[0])
            body = StageRaised(
                incident=case.id,
                asset=str(case.assets[0]),
                stage=int(stage),
                severity=severity,
                why=words,
                next_step=step,
                raised_by=by.alarm,
                shown_by=f"{by.title} at {by.asset}",
            )
            yield Draft(body, ACTOR, cause=by.fact, observed_us=now.at_us)


def _tipped(
    kind: IncidentClass,
    stage: ThermalStage,
    severity: int,
    lines: list[Line],
    rules: Mapping[str, AlarmRule],
) -> Line:
    """The alarm with which a case came to its stage and severity: the last of the fewest, oldest first, that show both.

    More alarms never show less, so that halving finds it.
    """

    def shown(count: int) -> bool:
        few = lines[:count]
        return _stage(kind, few, rules)[0] >= stage and _severity(kind, few, rules, ()) <= severity

    return lines[bisect_left(range(1, len(lines)), True, key=shown)]


def _quieted(now_standing: Standing, lines_by_case: Mapping[str, list[Line]]) -> Iterator[Draft]:
    """IncidentQuieted where every alarm of an open case has returned."""
    for case in now_standing.cases.values():
        lines = lines_by_case[case.id]
        if case.state is IncidentState.OPEN and lines and all(line.returned for line in lines):
            yield Draft(IncidentQuieted(case.id, case.assets[0]), ACTOR, cause=None)
