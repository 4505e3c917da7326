"""Why an asset is not fully trusted, and what that makes of it (telemetry.md section 5; TEL-07).

A reason is held until it is positively disproved for the clear time: missing data never ends one. Standing reasons
(no authentication, no witness, no heartbeat, unproven sign) were known at commissioning: they keep an asset at
DEGRADED, carry the code prefix `standing:` and open no finding but the one that names an unavailable detector.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from ironkeep.decisions.telemetry.devices import ACTOR
from ironkeep.decisions.telemetry.memory import Held, Memory
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.facts.envelope import Draft
from ironkeep.facts.telemetry import FindingClosed, FindingOpened, TrustChanged
from ironkeep.model.finding import Finding, FindingKind
from ironkeep.model.ids import AssetId, derive, parent
from ironkeep.model.time import SECOND_US, Now
from ironkeep.model.trust import STANDING, AssetTrust, Trust, TrustReason

Key = tuple[str, str]  # asset, code

LOST = "lost"
BLIND = "blind"
FROZEN_GATEWAY = "frozen:gateway"
FROZEN = "frozen:"
REPLAYED = "replayed"
CALIBRATION = "calibration:"
VERIFY = "verify:"
BY_HAND = VERIFY + "hand."
CHANGED = "changed:"  # what it says grows with what changes, and is told each time
CHANGED_SETTING = CHANGED + "setting"
CHANGED_DEVICE = CHANGED + "device"
PART = "part"
PARTS_NAMED_MAX = 50  # parts that a fact names as reasons for what is above them; the others are counted
UNAUTHENTICATED = STANDING + "unauthenticated"
NO_WITNESS = STANDING + "no-witness"
NO_HEARTBEAT = STANDING + "no-heartbeat"
SIGN_UNPROVEN = STANDING + "sign-unproven"
NO_LIMITS = STANDING + "limits-not-readable"
NO_CALIBRATION = STANDING + "calibration-unknown"
HAND_WITNESS = STANDING + "hand-witness"

NEXT_STEPS = {
    FindingKind.FROZEN: "OT engineer: read the asset's own panel and compare; then restart the gateway with its owner",
    FindingKind.PHYSICS_OPEN: "battery engineer: compare the named readings at the panel with a meter of your own",
    FindingKind.WITNESS_DISAGREES: "battery engineer: read both instruments on site; find out which one is wrong",
    FindingKind.SETTING_CHANGED: "OT engineer: find who changed it; approve it by name or set it back",
    FindingKind.PARTICULARS_CHANGED: "OT engineer: find the work order for this change; approve it by name",
    FindingKind.DETECTOR_UNAVAILABLE: "OT engineer: ask the maker for a heartbeat; without one nobody sees it freeze",
    FindingKind.DEVICE_RESTARTED: "OT engineer: find out why it restarted; nothing else is known to be wrong",
    FindingKind.CONNECTION_REFUSED: "OT engineer: count who holds the connection slots of the device (S49)",
    FindingKind.REPLAYED: "OT security: believe nothing behind this address; capture the traffic; read the panel",
    FindingKind.DRIFTS: "battery engineer: compare both sensors with a meter of your own, under load; recalibrate one",
    FindingKind.ENERGY_OPEN: "battery engineer: read both counters an hour apart; find which one is wrong",
    FindingKind.CHATTERING: "maintenance: find the worn contact or the limit that is too tight; then widen its delay",
    FindingKind.CALIBRATION_OVER: "maintenance: have the instrument calibrated; then write the new date into the site",
    FindingKind.HAND_READING: "nobody: it witnesses the value for some hours",
    FindingKind.WRITE_OVERHEARD: "OT security: find out who sends from there; declare it a writer, or stop it",
    FindingKind.PASSPORT_TOO_LARGE: "OT engineer: read fewer of its blocks as settings; until then compare files",
    FindingKind.REPLY_REFUSED: "OT security: capture the traffic; a reply that answers no request is no noise",
}


def hold(
    memory: Memory,
    found: Mapping[Key, Held],
    fine: Callable[[Key], bool],
    policy: Policy,
    now: Now,
) -> dict[Key, Held]:
    """The reasons held after this turn: those found, and those of before that are not yet positively gone."""
    before = memory.held if memory.held is not None else inherited(memory)
    held: dict[Key, Held] = {}
    for key, old in before.items():
        if key in found:
            continue
        if not fine(key):
            held[key] = replace(old, fine_since_us=None) if old.fine_since_us is not None else old
            continue
        since = old.fine_since_us if old.fine_since_us is not None else now.mono_us
        if now.mono_us - since < policy.clear_s * SECOND_US:
            held[key] = replace(old, fine_since_us=since)
    for key, new in found.items():
        kept = before.get(key)
        if kept is not None and not key[1].startswith(CHANGED):
            new = replace(kept, fine_since_us=None, state=new.state)
        held[key] = new
    return held


def inherited(memory: Memory) -> dict[Key, Held]:
    """What the facts hold against assets, taken over at start; with the findings that stand for it."""
    open_now = {(str(f.asset), f.code): f for f in memory.standing.findings.values()}
    return {
        key: Held(reason.text, trust.state, *_finding(open_now.get(key)), inherited=True)
        for asset, trust in memory.standing.trust.items()
        for reason in trust.news
        if not reason.code.startswith(PART)
        for key in [(str(asset), reason.code)]
    }


def _finding(found: Finding | None) -> tuple[FindingKind | None, str, str]:
    return (found.kind, found.sure, found.attack) if found is not None else (None, "likely", "")


def trust_drafts(
    memory: Memory,
    held: Mapping[Key, Held],
    standing: Mapping[AssetId, tuple[TrustReason, ...]],
    settled: Callable[[AssetId], bool],
    now: Now,
) -> Iterator[Draft]:
    """TrustChanged for each asset whose state or reason codes are not what the facts say. `standing` lists every asset
    that has a state of its own; an asset below one has a state only while something is held against it.
    """
    against: dict[AssetId, list[tuple[TrustReason, Trust]]] = {}
    for (asset, code), reason in held.items():
        against.setdefault(AssetId(asset), []).append((TrustReason(code, reason.text), reason.state))
    parts: dict[AssetId, list[AssetId]] = {}
    for asset in against:
        above = _owner(asset, standing)
        if above is not None and above != asset:
            parts.setdefault(above, []).append(asset)
    for above, below in parts.items():
        against.setdefault(above, []).extend((reason, Trust.DEGRADED) for reason in _by_parts(below))
    known = memory.standing.trust
    for asset in sorted({*standing, *against, *(AssetId(a) for a in known)}):
        old = known.get(asset)
        if old is None and asset not in against and not settled(asset):
            continue  # nothing is known yet, for good or ill
        always = standing[asset] if asset in standing else _unproven(asset, standing)
        said = tuple(reason for reason in old.reasons if reason.standing) if old is not None else ()
        if said and _told(said) != _told(always) and not settled(asset):
            always = said  # until it is read again nobody knows better, as after a restart
        mine = sorted(against.get(asset, []))
        if not always and not mine and old is None:
            continue
        state = max((s for _, s in mine), key=lambda s: s.rank, default=Trust.TRUSTED)
        if always and state is Trust.TRUSTED:
            state = Trust.DEGRADED
        reasons = (*(reason for reason, _ in mine), *always)
        if old is not None and old.state is state and _told(old.reasons) == _told(reasons):
            continue
        body = TrustChanged(
            asset,
            str(old.state if old else Trust.UNTRUSTED),
            str(state),
            tuple((reason.code, reason.text) for reason in reasons),
        )
        yield Draft(body, ACTOR, cause=_cause(memory, asset, reasons), observed_us=now.at_us)


def _by_parts(below: list[AssetId]) -> Iterator[TrustReason]:
    named = sorted(below)[:PARTS_NAMED_MAX]
    yield from (TrustReason(f"{PART}:{asset}", f"see {asset}") for asset in named)
    if len(below) > len(named):
        yield TrustReason(f"{PART}s", f"and {len(below) - len(named)} more parts below it")


def _told(reasons: Iterable[TrustReason]) -> frozenset[tuple[str, str]]:
    """What must be told anew where it differs: the codes, and of what changed the words."""
    return frozenset((reason.code, reason.text if reason.code.startswith(CHANGED) else "") for reason in reasons)


def _owner(asset: AssetId, standing: Mapping[AssetId, tuple[TrustReason, ...]]) -> AssetId | None:
    at: AssetId | None = asset
    while at is not None and at not in standing:
        at = parent(at)
    return at


def _unproven(part: AssetId, standing: Mapping[AssetId, tuple[TrustReason, ...]]) -> tuple[TrustReason, ...]:
    """A part that has a state is no more proven than what it belongs to."""
    owner = _owner(part, standing)
    return tuple(r for r in standing[owner] if r.code == UNAUTHENTICATED) if owner is not None else ()


def _cause(memory: Memory, asset: AssetId, reasons: Iterable[TrustReason]) -> str | None:
    """The fact behind a lost device, where that is a reason."""
    if not any(reason.code == LOST for reason in reasons):
        return None
    return next((lost.fact for device, lost in memory.standing.lost.items() if device == asset), None)


class Suspicion:
    """One finding that should stand: what it says, how sure it is, and who should do what."""

    __slots__ = ("attack", "kind", "next_step", "sure", "what")

    def __init__(self, kind: FindingKind, what: str, sure: str, attack: str = "", next_step: str = "") -> None:
        self.kind, self.what, self.sure, self.attack = kind, what, sure, attack
        self.next_step = next_step or NEXT_STEPS[kind]


def finding_drafts(memory: Memory, wanted: Mapping[Key, Suspicion], now: Now) -> Iterator[Draft]:
    """FindingOpened for what is not open yet, FindingClosed for what is no longer wanted."""
    open_now = {(str(f.asset), f.code): f for f in memory.standing.findings.values()}
    for (asset, code), suspicion in sorted(wanted.items(), key=lambda item: item[0]):
        told = open_now.get((asset, code))
        if told is not None and (told.what == suspicion.what or not code.startswith(CHANGED)):
            continue
        if told is not None:
            yield Draft(FindingClosed(told.id, told.asset, "told anew: more has changed, or less, since"), ACTOR)
        body = FindingOpened(
            finding=derive("finding", now.at_us, asset, code),
            finding_kind=str(suspicion.kind),
            asset=asset,
            what=suspicion.what,
            sure=suspicion.sure,
            next_step=suspicion.next_step,
            attack=suspicion.attack,
            code=code,
        )
        yield Draft(body, ACTOR, observed_us=now.at_us)
    for key, finding in sorted(open_now.items()):
        if key not in wanted:
            yield Draft(FindingClosed(finding.id, finding.asset, "no longer so, on fresh readings"), ACTOR)


def trust_of(memory: Memory) -> dict[AssetId, AssetTrust]:
    """The trust states as the facts have them."""
    return {AssetId(asset): trust for asset, trust in memory.standing.trust.items()}
