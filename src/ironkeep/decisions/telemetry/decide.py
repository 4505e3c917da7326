"""May this reading be believed? One turn of the telemetry room, in the order in which it thinks.

First the columns (heartbeats, then a quality for every point), then what must close with what, then reasons and trust,
then devices, passports and findings. Every draft is the difference between what should be known and what the facts say,
so a draft that was not committed comes again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ironkeep.decisions.telemetry import beats, closures, copies, devices, passports, reasons
from ironkeep.decisions.telemetry.closures import CheckPast, Compiled
from ironkeep.decisions.telemetry.copies import Copies
from ironkeep.decisions.telemetry.memory import Beat, Commissioned, Held, Memory
from ironkeep.decisions.telemetry.plan import Plan, compile_plan
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.decisions.telemetry.qualities import Past, judge_frame
from ironkeep.decisions.telemetry.reasons import Key, Suspicion
from ironkeep.facts.envelope import Draft
from ironkeep.model.check import Relation
from ironkeep.model.finding import FindingKind
from ironkeep.model.frame import Frame
from ironkeep.model.gather import Bits
from ironkeep.model.ids import AssetId, DeviceId, parent
from ironkeep.model.link import LinkState
from ironkeep.model.picture import Picture
from ironkeep.model.quality import Quality
from ironkeep.model.request import Request
from ironkeep.model.site import AssetKind
from ironkeep.model.time import SECOND_US, Now
from ironkeep.model.trust import Judged, Trust, TrustReason

WITNESSED = (Relation.WITNESS, Relation.ROOM, Relation.CONTACTOR)
TRIP = "trip_"


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns came to this turn: the judged frames, all memories of columns, and what the checks found."""

    frames: tuple[Frame, ...]
    quality: tuple[Bits, ...]
    pasts: dict[str, Past]
    copies: dict[str, Copies]
    checks: dict[str, CheckPast]
    found: tuple[tuple[Compiled, closures.Found], ...]
    pulse: beats.Pulse
    heartbeats: dict[str, Beat]


def decide(memory: Memory, sight: Picture, policy: Policy, now: Now) -> tuple[Memory, Judged, tuple[Draft, ...]]:
    """The judged frames with the trust that stands, and the drafts of all that changed."""
    memory = _compiled(memory, sight, policy)
    plan = memory.plan
    assert plan is not None
    silence = devices.listen(memory.silence, sight.links, now)
    lost = devices.silent(silence, plan, policy, now)
    columns = _columns(memory, plan, sight, policy, now)
    found = _found(memory, plan, columns, lost, policy, now)
    held = reasons.hold(memory, found, lambda key: _fine(key, memory, plan, columns, lost), policy, now)
    compared, unsettled = passports.compare(memory, plan, columns.frames, columns.quality)
    seen = passports.read(unsettled, plan, columns.frames, columns.quality)
    changed, again = passports.drafts(memory, seen, policy)
    restarts = _restarts(memory, columns.pulse, policy, now)
    known = _known(memory, plan, sight, columns.pulse, policy)
    standing = known.reasons
    wanted = _wanted(memory, plan, sight, held, restarts, columns, policy)
    drafts = (
        *devices.reach_drafts(memory, silence, sight, plan, lost),
        *devices.described_drafts(memory, sight.particulars),
        *devices.refused_drafts(memory, sight.links, policy, now),
        *changed,
        *reasons.trust_drafts(memory, held, standing, lambda asset: _settled(asset, columns), now),
        *reasons.finding_drafts(memory, wanted, now),
    )
    kept = replace(
        memory,
        pasts=columns.pasts,
        copies=columns.copies,
        checks=columns.checks,
        beats=columns.heartbeats,
        silence=silence,
        held=held,
        restarts=restarts,
        compared=compared,
        unsettled=again,
        known=known,
    )
    judged = Judged(sight.at_us, sight.turn, columns.frames, reasons.trust_of(memory))
    return kept, judged, drafts


def admit(memory: Memory, request: Request, policy: Policy, now: Now) -> tuple[Draft, ...]:
    """The drafts of a person's request. Raises Refused with reason and remedy."""
    assert policy.site.id
    assert now.at_us >= 0
    return passports.approve(memory, request)


def _compiled(memory: Memory, sight: Picture, policy: Policy) -> Memory:
    """The memory with a plan for the layouts in sight; checks start anew when the layouts are others."""
    digests = tuple(frame.layout.digest for frame in sight.frames)
    if memory.plan is not None and memory.plan.digests == digests:
        return memory
    plan = compile_plan([frame.layout for frame in sight.frames], policy)
    compiled = closures.compile_checks(plan, policy)
    searches = {s.layout.group: begun for s in plan.shapes if (begun := copies.begin(s, policy)) is not None}
    kept = {g: old for g, old in memory.copies.items() if g in searches and old.layout == searches[g].layout}
    checks = {each.check.id: _carried(memory, each) for each in compiled}
    return replace(memory, plan=plan, compiled=compiled, copies={**searches, **kept}, checks=checks)


def _carried(memory: Memory, new: Compiled) -> CheckPast:
    """What a check remembers of pairs that are still there under a new plan."""
    fresh = closures.fresh_past(new)
    old = next((each for each in memory.compiled if each.check.id == new.check.id), None)
    past = memory.checks.get(new.check.id)
    if old is None or past is None:
        return fresh
    place = {pair: i for i, pair in enumerate(zip(old.assets, old.against, strict=True))}
    pairs = [(to, place[p]) for to, p in enumerate(zip(new.assets, new.against, strict=True)) if p in place]
    if not pairs:
        return fresh
    to, at = (np.array(side) for side in zip(*pairs, strict=True))
    moved = {}
    for name in CheckPast.__dataclass_fields__:
        column = getattr(fresh, name).copy()
        column[to] = getattr(past, name)[at]
        moved[name] = column
    return CheckPast(**moved)


def _columns(memory: Memory, plan: Plan, sight: Picture, policy: Policy, now: Now) -> Columns:
    """Judge every frame, look for copies, and let every check speak about the judged values."""
    kept_beats, pulse = beats.feel(dict(memory.beats), plan, sight.frames, policy, now)
    stuck = _stuck(memory, plan, sight.frames)
    pasts: dict[str, Past] = {}
    searches = dict(memory.copies)
    quality: list[Bits] = []
    for number, (frame, shape) in enumerate(zip(sight.frames, plan.shapes, strict=True)):
        group = frame.layout.group
        search = searches.get(group)
        found = _both(search.bits if search else None, stuck.get(number))
        rows = beats.bits_for(pulse, plan, number)
        bits, pasts[group] = judge_frame(frame, shape, memory.pasts.get(group), found, rows, policy, now)
        if search is not None:
            searches[group] = copies.look(search, frame, bits, sight.turn, policy)
        quality.append(bits)
    checks: dict[str, CheckPast] = {}
    outcomes = []
    for each in memory.compiled:
        checks[each.check.id], outcome = closures.evaluate(
            each, memory.checks[each.check.id], sight.frames, quality, now
        )
        if outcome.flagged.any() and each.check.relation is not Relation.EXCITED:
            bit = Quality.WITNESS if each.check.relation in WITNESSED else Quality.PHYSICS
            each.point.mark(quality, outcome.flagged, int(bit))
        outcomes.append((each, outcome))
    frames = tuple(replace(frame, quality=bits) for frame, bits in zip(sight.frames, quality, strict=True))
    for bits in quality:
        bits.flags.writeable = False
    return Columns(frames, tuple(quality), pasts, searches, checks, tuple(outcomes), pulse, kept_beats)


def _stuck(memory: Memory, plan: Plan, frames: Sequence[Frame]) -> dict[int, Bits]:
    """FROZEN bits of points that the last turn found to stand still while what excites them moves; by frame."""
    blocks: dict[int, Bits] = {}
    for each in memory.compiled:
        past = memory.checks[each.check.id]
        if each.check.relation is Relation.EXCITED and past.flagged.any():
            for part in each.point.parts:
                blocks.setdefault(part.frame, np.zeros(frames[part.frame].quality.shape, np.uint16))
            each.point.mark([blocks.get(i, np.zeros((0, 0), np.uint16)) for i in range(len(frames))], past.flagged, 128)
    return blocks


def _both(one: Bits | None, other: Bits | None) -> Bits | None:
    if one is None or other is None:
        return other if one is None else one
    return one | other


def _found(
    memory: Memory, plan: Plan, columns: Columns, lost: Mapping[DeviceId, int], policy: Policy, now: Now
) -> dict[Key, Held]:
    """The reasons that hold this turn, by asset and code."""
    found: dict[Key, Held] = {}
    for compiled, outcome in columns.found:
        check = compiled.check
        frozen = check.relation is Relation.EXCITED
        code = (reasons.FROZEN if frozen else reasons.VERIFY) + check.id
        state = Trust.DEGRADED if frozen else Trust.VERIFY_LOCALLY
        for slot in np.flatnonzero(outcome.flagged):
            asset, against = compiled.assets[slot], compiled.against[slot]
            words = _words(compiled, float(outcome.value[slot]), float(outcome.expected[slot]), asset, against)
            found[(asset, code)] = Held(words, state)
    for device, quiet_us in lost.items():
        for asset in _tops(plan, device, policy):
            found[(asset, reasons.LOST)] = Held(f"no believable reply from {device}", Trust.UNTRUSTED)
            if quiet_us >= policy.blind_after_s * SECOND_US:
                words = f"blind for longer than {policy.blind_after_s:.0f} s: somebody must look on site"
                found[(asset, reasons.BLIND)] = Held(words, Trust.UNTRUSTED)
    for number in columns.pulse.frozen:
        for asset in _tops(plan, plan.endpoints[number][0], policy):
            words = "it answers, and its heartbeat stands still: what it says is old"
            found[(asset, reasons.FROZEN_GATEWAY)] = Held(words, Trust.UNTRUSTED)
    for name, passport in memory.standing.passports.items():
        if passport.drifted:
            words = f"settings differ from the passport: {', '.join(passport.drifted)}"
            found[(name, reasons.CHANGED_SETTING)] = Held(words, Trust.VERIFY_LOCALLY)
    for name, fields in memory.standing.doubted.items():
        words = f"what the device says about itself changed: {', '.join(fields)}"
        found[(name, reasons.CHANGED_DEVICE)] = Held(words, Trust.VERIFY_LOCALLY)
    assert now.mono_us >= 0
    return found


def _words(compiled: Compiled, value: float, expected: float, asset: AssetId, against: AssetId) -> str:
    beside = f" at {against}" if against != asset else ""
    if compiled.check.relation is Relation.EXCITED:
        return f"{compiled.check.text}: {value:g} while {compiled.check.other}{beside} moves"
    if compiled.check.relation is Relation.CONTACTOR:
        return compiled.check.text
    return f"{compiled.check.text}: {value:.6g}, while {expected:.6g} follows from {compiled.check.other}{beside}"


def _tops(plan: Plan, device: DeviceId, policy: Policy) -> tuple[AssetId, ...]:
    """The assets that the devices of an endpoint stand for, uppermost only."""
    members = plan.endpoints[plan.endpoint_of[device]] if device in plan.endpoint_of else (device,)
    assets = [d.asset for d in policy.site.devices if d.id in members] or [AssetId(device)]
    return tuple(a for a in dict.fromkeys(assets) if not any(a.startswith(f"{b}.") for b in assets))


def _fine(key: Key, memory: Memory, plan: Plan, columns: Columns, lost: Mapping[DeviceId, int]) -> bool:
    """Is the reason positively gone this turn? False also where that is not known."""
    asset, code = key
    if code in (reasons.LOST, reasons.BLIND, reasons.FROZEN_GATEWAY):
        numbers = {int(s.endpoint[r]) for s in plan.shapes if (r := s.layout.row_index.get(AssetId(asset))) is not None}
        if code == reasons.FROZEN_GATEWAY:
            return bool(numbers) and numbers <= columns.pulse.beating
        return not any(plan.endpoint_of.get(device) in numbers for device in lost) and _settled(AssetId(asset), columns)
    if code == reasons.CHANGED_SETTING:
        passport = memory.standing.passports.get(asset)
        return passport is not None and not passport.drifted
    if code == reasons.CHANGED_DEVICE:
        return asset not in memory.standing.doubted
    for compiled, outcome in columns.found:
        if code.endswith(f":{compiled.check.id}"):
            slots = compiled.slot.get(AssetId(asset), ())
            if compiled.check.relation is Relation.COUNT and (memory.held is None or _is_inherited(memory, key)):
                return any(_anchored(float(outcome.value[s])) and outcome.fine[s] for s in slots)
            return bool(slots) and all(outcome.fine[s] for s in slots)
    return False


def _is_inherited(memory: Memory, key: Key) -> bool:
    held = (memory.held or {}).get(key)
    return held is not None and held.inherited


def _anchored(charge: float) -> bool:
    return charge >= closures.FULL_PCT or charge <= closures.EMPTY_PCT


def _settled(asset: AssetId, columns: Columns) -> bool:
    """Has any value of the asset left quarantine?"""
    for frame, bits in zip(columns.frames, columns.quality, strict=True):
        row = frame.layout.row_index.get(asset)
        if row is not None and bool(((bits[row] & closures.NOT_USABLE) == 0).any()):
            return True
    return False


def _restarts(memory: Memory, pulse: beats.Pulse, policy: Policy, now: Now) -> dict[str, int]:
    """Assets whose heartbeat began anew, and when (monotonic), as long as the finding stays open."""
    kept_us = policy.restart_finding_s * SECOND_US
    old = {asset: at for asset, at in memory.restarts.items() if now.mono_us - at < kept_us}
    return {**old, **{str(asset): now.mono_us for asset in pulse.restarted}}


def _known(memory: Memory, plan: Plan, sight: Picture, pulse: beats.Pulse, policy: Policy) -> Commissioned:
    """What was known at commissioning, worked out again only when devices, plan or heartbeats are others."""
    key = (plan.digests, tuple((link.device, link.authenticated) for link in sight.links), pulse.having)
    if memory.known is not None and memory.known.key == key:
        return memory.known
    return Commissioned(key, _standing(plan, sight, pulse, policy))


def _standing(plan: Plan, sight: Picture, pulse: beats.Pulse, policy: Policy) -> dict[AssetId, tuple[TrustReason, ...]]:
    """Every asset with a device of its own, and what was known against it at commissioning."""
    tops = {link.asset for link in sight.links}
    found: dict[AssetId, tuple[TrustReason, ...]] = {}
    proven = {device.id: device.sign_proven for device in policy.site.devices}
    for link in sight.links:
        if _inside(link.asset, tops):
            continue
        codes = dict.fromkeys(found.get(link.asset, ()))
        if not link.authenticated:
            codes[
                TrustReason(reasons.UNAUTHENTICATED, "its protocol proves neither who speaks nor that words are new")
            ] = None
        if plan.endpoint_of.get(link.device) not in pulse.having:
            codes[TrustReason(reasons.NO_HEARTBEAT, "no heartbeat: a frozen gateway would not be seen")] = None
        if plan.places.kinds.get(link.asset) is AssetKind.BANK:
            codes |= dict.fromkeys(_bank(link.asset, plan, policy, proven.get(link.device, False)))
        found[link.asset] = tuple(codes)
    return found


def _inside(asset: AssetId, tops: set[AssetId]) -> bool:
    """Does the asset lie below one of the others?"""
    at = parent(asset)
    while at is not None and at not in tops:
        at = parent(at)
    return at is not None


def _bank(asset: AssetId, plan: Plan, policy: Policy, sign_proven: bool) -> list[TrustReason]:
    declared = policy.site.asset(asset)
    out = []
    if declared is None or (not declared.witnesses and declared.room is None):
        out.append(TrustReason(reasons.NO_WITNESS, "nothing independent measures what it reports"))
    if not sign_proven:
        out.append(TrustReason(reasons.SIGN_UNPROVEN, "the direction of current was never tested against a meter"))
    if not any(name.startswith(TRIP) and asset in plan.places.offering(name) for name in plan.places.where):
        out.append(TrustReason(reasons.NO_LIMITS, "protective limits not readable"))
    return out


def _wanted(
    memory: Memory,
    plan: Plan,
    sight: Picture,
    held: Mapping[Key, Held],
    restarts: Mapping[str, int],
    columns: Columns,
    policy: Policy,
) -> dict[Key, Suspicion]:
    """The findings that should stand now, by asset and code."""
    by_id = closures.policy_checks(policy)
    wanted: dict[Key, Suspicion] = {}
    for key, reason in held.items():
        _, code = key
        if code in (reasons.LOST, reasons.BLIND):
            continue  # an alarm and a trust state, no work for the OT queue
        if code == reasons.FROZEN_GATEWAY:
            wanted[key] = Suspicion(FindingKind.FROZEN, reason.text, "exact", "T0856")
        elif code == reasons.CHANGED_SETTING:
            wanted[key] = Suspicion(FindingKind.SETTING_CHANGED, reason.text, "exact", "T0836")
        elif code == reasons.CHANGED_DEVICE:
            wanted[key] = Suspicion(FindingKind.PARTICULARS_CHANGED, reason.text, "exact", "T0857")
        else:
            check = by_id.get(code.partition(":")[2])
            relation = check.relation if check else Relation.WITNESS
            kind = FindingKind.WITNESS_DISAGREES if relation in WITNESSED else FindingKind.PHYSICS_OPEN
            kind = FindingKind.FROZEN if relation is Relation.EXCITED else kind
            wanted[key] = Suspicion(kind, reason.text, "likely", check.attack if check else "")
    for name in restarts:
        words = "its heartbeat began anew: the card or the device restarted"
        wanted[(name, "restarted")] = Suspicion(FindingKind.DEVICE_RESTARTED, words, "exact", "T0816")
    for link in sight.links:
        if (
            link.replies
            and plan.endpoint_of.get(link.device) not in columns.pulse.having
            and _settled(link.asset, columns)
        ):
            words = "the frozen-gateway detector is unavailable: no heartbeat is read from this device"
            wanted[(link.asset, "no-heartbeat")] = Suspicion(FindingKind.DETECTOR_UNAVAILABLE, words, "exact")
        if link.state is LinkState.BACKING_OFF:
            words = f"the device refuses our connection: {link.detail or 'no reason given'}"
            wanted[(link.asset, "connection-refused")] = Suspicion(FindingKind.CONNECTION_REFUSED, words, "exact")
    for pair in memory.standing.refused:
        device, _, fault = pair.partition("|")
        asset = next((link.asset for link in sight.links if link.device == device), AssetId(device))
        words = f"replies of {device} were refused for their {fault}"
        wanted[(asset, f"refused:{fault}")] = Suspicion(FindingKind.REPLY_REFUSED, words, "exact", "T0830")
    return wanted
