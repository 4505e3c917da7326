"""What the spine says beside alarms and incidents: findings, trust over time, passports, devices, the engine itself.

The OT queue is the list of open findings (safety S44). A passport is the settings of an asset as approved, or as first
read; a setting that moved since stands beside it with both values.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ironkeep.facts import alarm, device, engine, telemetry
from ironkeep.facts.envelope import Fact
from ironkeep.model.finding import Finding
from ironkeep.model.ids import AssetId, FindingId

KINDS = (
    *("TrustChanged", "PassportTaken", "SettingChanged", "FindingOpened", "FindingClosed"),
    *("ClockJumped", "EngineStarted", "EngineStopped", "ReplyRefused", "FloodBegan", "FloodEnded"),
)
TRUST_STEPS_MAX = 500
CLOCK_STEPS_MAX = 20


@dataclass(frozen=True, slots=True)
class TrustStep:
    """One change of trust, with the fact that says so."""

    seq: int
    at_us: int
    asset: AssetId
    before: str
    after: str
    reasons: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """One setting that is no longer what the passport says."""

    seq: int
    at_us: int
    point: str
    before: str
    after: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class Passport:
    """The settings of an asset in force, and what moved since."""

    seq: int
    at_us: int
    asset: AssetId
    digest: str
    settings: dict[str, str]
    approved_by: str
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True, slots=True)
class ClockStep:
    """The wall clock leapt by `step_ms`."""

    seq: int
    at_us: int
    step_ms: int


@dataclass(frozen=True, slots=True)
class Flood:
    """More alarms came than a person can take in: since when, with the fact that says so."""

    seq: int
    at_us: int
    count: int


@dataclass(frozen=True)
class Registers:
    """All of it as it stands."""

    findings: dict[FindingId, Finding] = field(default_factory=dict)
    trust: tuple[TrustStep, ...] = ()
    passports: dict[AssetId, Passport] = field(default_factory=dict)
    clock: tuple[ClockStep, ...] = ()
    refused: dict[str, dict[str, int]] = field(default_factory=dict)
    started: engine.EngineStarted | None = None
    flood: Flood | None = None

    @property
    def queue(self) -> tuple[Finding, ...]:
        """Open findings, newest first."""
        return tuple(sorted(self.findings.values(), key=lambda f: (-f.opened_us, f.id)))


EMPTY = Registers()


def fold(registers: Registers, facts: Iterable[Fact]) -> Registers:
    """The registers after the facts; facts of other kinds pass by."""
    wanted = [fact for fact in facts if fact.kind in KINDS]
    if not wanted:
        return registers
    now = replace(registers, findings=dict(registers.findings), passports=dict(registers.passports))
    for fact in wanted:
        now = _after(now, fact)
    return now


def _after(now: Registers, fact: Fact) -> Registers:
    body = fact.typed()
    at_us = fact.observed_at or fact.at
    match body:
        case telemetry.FindingOpened():
            now.findings[FindingId(body.finding)] = telemetry.finding_of(body, fact)
        case telemetry.FindingClosed():
            now.findings.pop(FindingId(body.finding), None)
        case telemetry.TrustChanged():
            step = TrustStep(fact.seq, at_us, AssetId(body.asset), body.before, body.after, body.reasons)
            return replace(now, trust=(*now.trust, step)[-TRUST_STEPS_MAX:])
        case telemetry.PassportTaken():
            taken = Passport(fact.seq, at_us, AssetId(body.asset), body.digest, body.settings, body.approved_by)
            now.passports[taken.asset] = taken
        case telemetry.SettingChanged():
            held = now.passports.get(AssetId(body.asset))
            if held is not None:
                moved = Moved(fact.seq, at_us, body.point, body.before, body.after, body.unit, body.meaning)
                others = tuple(each for each in held.moved if each.point != body.point)
                back = held.settings.get(body.point) in (body.after, f"{body.after} {body.unit}".strip())
                now.passports[held.asset] = replace(held, moved=others if back else (*others, moved))
        case engine.ClockJumped():
            return replace(now, clock=(*now.clock, ClockStep(fact.seq, at_us, body.step_ms))[-CLOCK_STEPS_MAX:])
        case alarm.FloodBegan():
            return replace(now, flood=Flood(fact.seq, at_us, body.count))
        case alarm.FloodEnded():
            return replace(now, flood=None)
        case engine.EngineStarted():
            return replace(now, started=body)
        case device.ReplyRefused():
            faults = dict(now.refused.get(body.device, {}))
            faults[body.fault] = faults.get(body.fault, 0) + body.count
            return replace(now, refused={**now.refused, body.device: faults})
    return now
