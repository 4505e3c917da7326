"""What the telemetry room remembers: its standing state, which is a fold of facts alone, and its columns and timers.

Standing state (trust, findings, passports, what devices said of themselves, which are lost) changes only by `absorb`.
Columns live from turn to turn and are built anew after a start; nothing on them may clear what stands.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np

from ironkeep.decisions.telemetry.calibration import Calibration
from ironkeep.decisions.telemetry.chatter import Chatter
from ironkeep.decisions.telemetry.compiled import Checks
from ironkeep.decisions.telemetry.copies import Copies
from ironkeep.decisions.telemetry.drifts import DriftPast, Pairs
from ironkeep.decisions.telemetry.plan import Plan
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.decisions.telemetry.qualities import Past
from ironkeep.decisions.telemetry.replays import ReplayPast, Streams
from ironkeep.decisions.telemetry.verdicts import CheckPast
from ironkeep.facts import alarm, device, engine, reading, telemetry
from ironkeep.facts.envelope import Body, Fact
from ironkeep.facts.fold import Fold, Folded
from ironkeep.model.finding import Finding, FindingKind
from ironkeep.model.ids import AssetId, DeviceId
from ironkeep.model.link import Particulars
from ironkeep.model.trust import AssetTrust, Trust, TrustReason

WRITER: Final = "room:telemetry"
DOUBTED_FIELDS: Final = ("firmware", "serial", "model", "chain")  # a change of one asks for a look at the device
TALKS_KEPT: Final = 4_096
RAISINGS_KEPT: Final = 8  # of one alarm; more are not needed to see it chatter
KINDS: Final = (
    "TrustChanged FindingOpened FindingClosed PassportTaken SettingChanged DeviceReached DeviceLost DeviceDescribed "
    "ParticularsChanged ReplyRefused WriteOverheard TalkOverheard EngineStarted AlarmRaised HandReadingTaken"
)


class Passport(msgspec.Struct, frozen=True):
    """The settings of an asset in force, and as last seen; they differ while a change is not approved."""

    digest: str
    settings: dict[str, str]
    seen: dict[str, str]
    fact: str

    @property
    def drifted(self) -> tuple[str, ...]:
        """The points whose value is no longer that of the passport."""
        return tuple(sorted(point for point, value in self.seen.items() if self.settings.get(point) != value))


class Counted(msgspec.Struct, frozen=True):
    """How many of one sort are on the spine since the engine started, and when the last of them came there."""

    count: int
    at_us: int


class Written(Counted, frozen=True):
    """What was overheard of one station that writes to a device; `what` was told first."""

    what: str = ""


class Lost(msgspec.Struct, frozen=True):
    """A device that is lost: since when, and the fact that says so."""

    since_us: int
    fact: str


class Hand(msgspec.Struct, frozen=True):
    """The newest hand reading of a point; fields as in the fact, `by` who read it, `at_us` when."""

    asset: str
    point: str
    value: str
    unit: str
    instrument: str
    shown: str
    allowed: str
    verdict: str
    until_us: int
    by: str
    at_us: int


class Standing(msgspec.Struct, frozen=True):
    """The fold. Refused replies are keyed by device and fault, joined by a bar, overheard writes by device and station;
    raisings by alarm rule and asset, hand readings by asset and point.
    """

    trust: dict[str, AssetTrust] = {}
    findings: dict[str, Finding] = {}
    passports: dict[str, Passport] = {}
    described: dict[str, Particulars] = {}
    doubted: dict[str, tuple[str, ...]] = {}  # asset -> particulars that changed and were not approved
    reached: dict[str, str] = {}  # device -> fact, since the engine started
    lost: dict[str, Lost] = {}
    refused: dict[str, Counted] = {}
    written: dict[str, Written] = {}
    talked: dict[str, Counted] = {}  # conversations that were told, with their writes
    raised: dict[str, tuple[int, ...]] = {}  # when the alarm was last raised, the newest last
    hands: dict[str, Hand] = {}


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat per row: last value, replies and time since it moved."""

    value: np.ndarray
    polls: np.ndarray
    still: np.ndarray
    moved_us: np.ndarray


@dataclass(frozen=True, slots=True)
class Held:
    """A reason against an asset that has not been positively disproved for long enough; `inherited` from the facts at
    start, without a memory of what led to it. `kind` is the finding that it is as well, None where it is none.
    """

    text: str
    state: Trust
    kind: FindingKind | None = None
    sure: str = "likely"
    attack: str = ""
    fine_since_us: int | None = None
    inherited: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """When each device last replied, by its counter of replies and on the monotonic clock, as of `listened_us`. Time in
    which nobody listened is taken out.
    """

    replies: Mapping[str, int] = field(default_factory=dict)
    heard_us: Mapping[str, int] = field(default_factory=dict)
    listened_us: int = 0


@dataclass(frozen=True, slots=True)
class Commissioned:
    """What was known against each asset at commissioning, for which devices, plan, heartbeats and hand readings this
    holds, and how long each instrument is calibrated.
    """

    key: object
    reasons: Mapping[AssetId, tuple[TrustReason, ...]]
    calibrations: tuple[Calibration, ...]


@dataclass(frozen=True, slots=True)
class Memory(Folded[Standing]):
    """Standing state and columns."""

    plan: Plan | None = None
    compiled: Checks | None = None
    pasts: Mapping[str, Past] = field(default_factory=dict)
    copies: Mapping[str, Copies] = field(default_factory=dict)
    checks: CheckPast | None = None
    pairs: Pairs | None = None
    drifts: DriftPast | None = None
    chatter: Mapping[str, Chatter] = field(default_factory=dict)
    streams: Streams | None = None
    replays: ReplayPast | None = None
    beats: Mapping[str, Beat] = field(default_factory=dict)
    silence: Silence = field(default_factory=Silence)
    held: Mapping[tuple[str, str], Held] | None = None
    restarts: Mapping[str, int] = field(default_factory=dict)
    compared: Mapping[str, np.ndarray] = field(default_factory=dict)
    unsettled: frozenset[str] = frozenset()
    oversized: Mapping[str, int] = field(default_factory=dict)  # settings of assets for which no fact has room
    known: Commissioned | None = None


def empty(policy: Policy) -> Memory:
    """A room that remembers nothing."""
    assert policy.site.id
    return Memory(Standing())


def _apply(new: Standing, fact: Fact, body: Body) -> None:
    match body:
        case telemetry.TrustChanged():
            reasons = tuple(TrustReason(code, text) for code, text in body.reasons)
            asset = AssetId(body.asset)
            new.trust[body.asset] = AssetTrust(asset, Trust(body.after), reasons, fact.observed_at or fact.at)
        case telemetry.FindingOpened() if fact.actor == WRITER:  # findings of other rooms are theirs to close
            new.findings[body.finding] = telemetry.finding_of(body, fact)
        case telemetry.FindingClosed():
            new.findings.pop(body.finding, None)
        case telemetry.PassportTaken():
            new.passports[body.asset] = Passport(body.digest, body.settings, dict(body.settings), fact.id)
            if body.approved_by:
                new.doubted.pop(body.asset, None)
        case telemetry.SettingChanged():
            known = new.passports.get(body.asset)
            if known is not None:
                seen = {**known.seen, body.point: f"{body.after} {body.unit}".strip()}
                new.passports[body.asset] = msgspec.structs.replace(known, seen=seen)
        case alarm.AlarmRaised():
            key = f"{body.rule}|{body.asset}"
            new.raised[key] = (*new.raised.get(key, ()), fact.at)[-RAISINGS_KEPT:]
        case reading.HandReadingTaken():
            new.hands[f"{body.asset}|{body.point}"] = Hand(
                asset=body.asset,
                point=body.point,
                value=body.value,
                unit=body.unit,
                instrument=body.instrument,
                shown=body.shown,
                allowed=body.allowed,
                verdict=body.verdict,
                until_us=body.until_us,
                by=fact.actor,
                at_us=fact.observed_at or fact.at,
            )
        case engine.EngineStarted():
            new.reached.clear()
            new.refused.clear()
            new.written.clear()
        case _:
            _apply_device(new, fact, body)


def _apply_device(new: Standing, fact: Fact, body: Body) -> None:
    match body:
        case device.DeviceReached():
            new.reached[body.device] = fact.id
            new.lost.pop(body.device, None)
        case device.DeviceLost():
            new.lost[body.device] = Lost(fact.observed_at or fact.at, fact.id)
        case device.DeviceDescribed():
            new.described[body.device] = Particulars(
                device=DeviceId(body.device),
                asset=AssetId(body.asset),
                manufacturer=body.manufacturer,
                model=body.model,
                options=body.options,
                version=body.firmware,
                serial=body.serial,
                chain=body.chain,
            )
        case device.ParticularsChanged():
            known = new.described.get(body.device)
            if known is not None:
                name = {"firmware": "version"}.get(body.field, body.field)
                value = tuple(body.after.split()) if name == "chain" else body.after
                new.described[body.device] = msgspec.structs.replace(known, **{name: value})
            if body.field in DOUBTED_FIELDS:
                new.doubted[body.asset] = tuple(sorted({*new.doubted.get(body.asset, ()), body.field}))
        case device.ReplyRefused():
            key = f"{body.device}|{body.fault}"
            before = new.refused.get(key, Counted(0, 0))
            new.refused[key] = Counted(before.count + body.count, fact.at)
        case device.WriteOverheard():
            key = f"{body.device}|{body.writer}"
            heard = new.written.get(key, Written(0, 0, body.what))
            new.written[key] = Written(heard.count + body.count, fact.at, heard.what)
        case device.TalkOverheard():
            key = talk_key(body.asker, body.answerer, body.protocol, body.port)
            new.talked[key] = Counted(body.writes, fact.at)
            if len(new.talked) > TALKS_KEPT:
                del new.talked[min(new.talked, key=lambda each: (new.talked[each].at_us, each))]


def talk_key(asker: str, answerer: str, protocol: str, port: int) -> str:
    """What a conversation is told by."""
    return f"{asker}|{answerer}|{protocol}|{port}"


FOLD: Final = Fold("telemetry", 4, Standing, Memory, KINDS, _apply)
absorb, freeze, thaw = FOLD.absorb, FOLD.freeze, FOLD.thaw


def findings(memory: Memory) -> tuple[Finding, ...]:
    """The findings that stand, oldest first."""
    return tuple(sorted(memory.standing.findings.values(), key=lambda finding: (finding.opened_seq, finding.id)))


def digest(memory: Memory) -> str:
    """Hex SHA-256 over the standing state and the columns that decide what is held against whom."""
    found = hashlib.sha256(freeze(memory))
    for group in sorted(memory.pasts):
        judged = memory.pasts[group]
        found.update(group.encode())
        found.update(judged.layout.digest.encode())
        for block in (judged.good, judged.polls, judged.fresh_mono_us):
            found.update(np.ascontiguousarray(block).tobytes())
    if memory.compiled is not None and memory.checks is not None:
        past = memory.checks
        for each in sorted(memory.compiled.each, key=lambda each: each.check.id):
            found.update(each.check.id.encode())
            for column in (past.since_us, past.flagged, past.anchor, past.integral, past.run):
                found.update(np.ascontiguousarray(column[each.stretch]).tobytes())
    if memory.drifts is not None:
        drift = memory.drifts
        for sums in (drift.up, drift.down, drift.both, drift.moves_both, drift.flagged):
            found.update(np.ascontiguousarray(sums).tobytes())
    if memory.replays is not None:
        found.update(np.ascontiguousarray(memory.replays.last).tobytes())
        found.update(np.ascontiguousarray(memory.replays.replayed).tobytes())
    for key in sorted(memory.held or {}):
        held = (memory.held or {})[key]
        found.update(f"{key}|{held.state}|{held.fine_since_us}".encode())
    return found.hexdigest()
