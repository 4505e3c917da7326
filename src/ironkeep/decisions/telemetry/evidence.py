"""What is held against whom this turn, and what is positively gone: every source of doubt, one after the other."""

from collections.abc import Mapping

import numpy as np

from ironkeep.decisions.telemetry import drifts, hands, integrals, reasons
from ironkeep.decisions.telemetry import replays as streams
from ironkeep.decisions.telemetry.calibration import Calibration
from ironkeep.decisions.telemetry.columns import WITNESSED, Columns
from ironkeep.decisions.telemetry.compiled import Compiled
from ironkeep.decisions.telemetry.memory import Held, Memory
from ironkeep.decisions.telemetry.plan import Plan
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.decisions.telemetry.reasons import Key
from ironkeep.decisions.telemetry.verdicts import Found, part
from ironkeep.model.check import Check, Relation
from ironkeep.model.finding import FindingKind
from ironkeep.model.ids import AssetId, DeviceId
from ironkeep.model.point import number_said, unit_said
from ironkeep.model.reading import Verdict
from ironkeep.model.time import SECOND_US, Now, rfc3339
from ironkeep.model.trust import Trust

ATTACK_OF_DRIFT = "T0856"
KIND_OF_DRIFT = (FindingKind.DRIFTS, FindingKind.DRIFTS, FindingKind.REPLAYED)


def found(
    memory: Memory,
    plan: Plan,
    columns: Columns,
    lost: Mapping[DeviceId, int],
    dated: tuple[Calibration, ...],
    policy: Policy,
    now: Now,
) -> dict[Key, Held]:
    """The reasons that hold this turn, by asset and code."""
    held: dict[Key, Held] = {}
    assert memory.compiled is not None
    if columns.found.flagged.any():
        for compiled in memory.compiled.each:
            held |= _checked(compiled, part(columns.found, compiled.stretch))
    held |= _drifted(memory, columns)
    held |= _silent(plan, lost, policy)
    held |= _old_values(memory, plan, columns, policy)
    held |= _changed(memory)
    held |= _by_hand(memory)
    for each in dated:
        if each.over(now):
            words = f"the calibration of {each.instrument} ran out on {each.day}"
            reason = Held(words, Trust.DEGRADED, FindingKind.CALIBRATION_OVER, "exact")
            held |= {(asset, f"{reasons.CALIBRATION}{each.instrument}"): reason for asset in each.witnessed}
    return held


def _checked(compiled: Compiled, found: Found) -> dict[Key, Held]:
    frozen = compiled.check.relation is Relation.EXCITED
    code = (reasons.FROZEN if frozen else reasons.VERIFY) + compiled.check.id
    state = Trust.DEGRADED if frozen else Trust.VERIFY_LOCALLY
    held = {}
    for slot in np.flatnonzero(found.flagged):
        words = _words(compiled, float(found.value[slot]), float(found.expected[slot]), int(slot))
        reason = Held(words, state, _kind(compiled.check), "likely", compiled.check.attack)
        held[(str(compiled.assets[slot]), code)] = reason
        if compiled.check.relation is Relation.WAY:
            held[(str(compiled.against[slot]), code)] = reason
    return held


def _kind(check: Check) -> FindingKind:
    if check.relation is Relation.EXCITED:
        return FindingKind.FROZEN
    if check.relation is Relation.ENERGY:
        return FindingKind.ENERGY_OPEN
    return FindingKind.WITNESS_DISAGREES if check.relation in WITNESSED else FindingKind.PHYSICS_OPEN


def _words(compiled: Compiled, value: float, expected: float, slot: int) -> str:
    check, asset, against = compiled.check, compiled.assets[slot], compiled.against[slot]
    beside = f" at {against}" if against != asset else ""
    if check.relation is Relation.EXCITED:
        return f"{check.text}: {value:g} while {check.other}{beside} moves"
    if check.relation is Relation.CONTACTOR:
        return check.text
    if check.relation is Relation.ENERGY:
        return f"{check.text}: {value:.0f} Wh by its power, {expected:.0f} Wh by the counters{beside}, within the hour"
    if check.relation is Relation.ENCLOSED:
        return f"{check.text}: {expected:.1f} in the mean of the cells, {value:.1f}{beside}"
    if check.relation is Relation.WAY:
        both = f"{_said(value, check)} at {asset}, {_said(expected, check)} at {against}"
        return f"{check.text}: {both}; nobody knows which is so"
    return f"{check.text}: {_said(value, check)}, while {_said(expected, check)} follows from {check.other}{beside}"


def _said(value: float, check: Check) -> str:
    return f"{number_said(value)} {unit_said(check.point)}".strip()


def _drifted(memory: Memory, columns: Columns) -> dict[Key, Held]:
    made, past = memory.pairs, columns.drifts
    if made is None or not past.flagged.any():
        return {}
    held = {}
    for pair, kind in zip(*np.nonzero(past.flagged), strict=True):
        check, asset, _ = made.keys[pair]
        words = drifts.words(made, past, int(pair), int(kind))
        reason = Held(words, Trust.VERIFY_LOCALLY, KIND_OF_DRIFT[kind], "likely", ATTACK_OF_DRIFT)
        held[(str(asset), f"{reasons.VERIFY}{check}.{drifts.KINDS[kind]}")] = reason
    return held


def _silent(plan: Plan, lost: Mapping[DeviceId, int], policy: Policy) -> dict[Key, Held]:
    """Silence is an alarm and a trust state, no work for the OT queue."""
    held: dict[Key, Held] = {}
    for device, quiet_us in lost.items():
        for asset in tops(plan, device, policy):
            held[(asset, reasons.LOST)] = Held(f"no believable reply from {device}", Trust.UNTRUSTED)
            if quiet_us >= policy.blind_after_s * SECOND_US:
                words = f"blind for longer than {policy.blind_after_s:.0f} s: somebody must look on site"
                held[(asset, reasons.BLIND)] = Held(words, Trust.UNTRUSTED)
    return held


def _old_values(memory: Memory, plan: Plan, columns: Columns, policy: Policy) -> dict[Key, Held]:
    """Addresses that answer with what was so once: a heartbeat that stands still, a sequence delivered before."""
    held: dict[Key, Held] = {}
    for number in columns.pulse.frozen:
        for asset in tops(plan, plan.endpoints[number][0], policy):
            words = "it answers, and its heartbeat stands still: what it says is old"
            held[(asset, reasons.FROZEN_GATEWAY)] = Held(words, Trust.UNTRUSTED, FindingKind.FROZEN, "exact", "T0856")
    assert memory.streams is not None
    for number, minutes in streams.endpoints(memory.streams, columns.replays).items():
        for asset in tops(plan, plan.endpoints[number][0], policy):
            when = f"{minutes} min ago" if minutes else "less than a minute ago"
            words = f"it plays back what it said {when}, to the last digit: what it says is old"
            held[(asset, reasons.REPLAYED)] = Held(words, Trust.UNTRUSTED, FindingKind.REPLAYED, "exact", "T0856")
    return held


def _changed(memory: Memory) -> dict[Key, Held]:
    held: dict[Key, Held] = {}
    for name, passport in memory.standing.passports.items():
        if passport.drifted:
            words = f"settings differ from the passport: {', '.join(passport.drifted)}"
            reason = Held(words, Trust.VERIFY_LOCALLY, FindingKind.SETTING_CHANGED, "exact", "T0836")
            held[(name, reasons.CHANGED_SETTING)] = reason
    for name, fields in memory.standing.doubted.items():
        words = f"what the device says about itself changed: {', '.join(fields)}"
        reason = Held(words, Trust.VERIFY_LOCALLY, FindingKind.PARTICULARS_CHANGED, "exact", "T0857")
        held[(name, reasons.CHANGED_DEVICE)] = reason
    return held


def _by_hand(memory: Memory) -> dict[Key, Held]:
    held: dict[Key, Held] = {}
    for hand in memory.standing.hands.values():
        if hand.verdict == Verdict.DIFFERS:
            words = f"a hand reading differs, {rfc3339(hand.at_us, digits=0)}: {hands.words(hand)}"
            reason = Held(words, Trust.VERIFY_LOCALLY, FindingKind.WITNESS_DISAGREES, "likely")
            held[(hand.asset, f"{reasons.BY_HAND}{hand.point}")] = reason
    return held


def tops(plan: Plan, device: DeviceId, policy: Policy) -> tuple[AssetId, ...]:
    """The assets that the devices of an endpoint stand for, uppermost only."""
    members = plan.endpoints[plan.endpoint_of[device]] if device in plan.endpoint_of else (device,)
    assets = [d.asset for d in policy.site.devices if d.id in members] or [AssetId(device)]
    return tuple(a for a in dict.fromkeys(assets) if not any(a.startswith(f"{b}.") for b in assets))


def fine(
    key: Key,
    memory: Memory,
    plan: Plan,
    columns: Columns,
    lost: Mapping[DeviceId, int],
    dated: tuple[Calibration, ...],
    now: Now,
) -> bool:
    """Is the reason positively gone this turn? False also where that is not known."""
    asset, code = key
    if code in (reasons.LOST, reasons.BLIND, reasons.FROZEN_GATEWAY, reasons.REPLAYED):
        return _speaks_again(AssetId(asset), code, memory, plan, columns, lost)
    if code == reasons.CHANGED_SETTING:
        passport = memory.standing.passports.get(asset)
        return passport is not None and not passport.drifted
    if code == reasons.CHANGED_DEVICE:
        return asset not in memory.standing.doubted
    if code.startswith(reasons.BY_HAND):
        hand = memory.standing.hands.get(f"{asset}|{code.removeprefix(reasons.BY_HAND)}")
        return hand is None or hand.verdict != Verdict.DIFFERS
    if code.startswith(reasons.CALIBRATION):
        return not any(code == f"{reasons.CALIBRATION}{each.instrument}" and each.over(now) for each in dated)
    return _closes_again(key, memory, columns)


def _speaks_again(
    asset: AssetId, code: str, memory: Memory, plan: Plan, columns: Columns, lost: Mapping[DeviceId, int]
) -> bool:
    """Does every address behind the asset say something new?"""
    numbers = {int(s.endpoint[r]) for s in plan.shapes if (r := s.layout.row_index.get(asset)) is not None}
    if code == reasons.FROZEN_GATEWAY:
        return bool(numbers) and numbers <= columns.pulse.beating
    if code == reasons.REPLAYED:
        assert memory.streams is not None
        return bool(numbers) and numbers <= streams.living(memory.streams, columns.replays)
    return not any(plan.endpoint_of.get(device) in numbers for device in lost) and columns.settled(asset)


def _closes_again(key: Key, memory: Memory, columns: Columns) -> bool:
    """Does the check of the code find all its pairs of the asset in order? A charge only at its next anchor."""
    asset, code = key
    name, _, kind = code.partition(":")[2].partition(".")
    if kind:
        return _level_again(AssetId(asset), name, kind, memory, columns)
    compiled = memory.compiled.named(name) if memory.compiled is not None else None
    slots = compiled.slot.get(AssetId(asset), ()) if compiled is not None else ()
    if compiled is None or not slots:
        return False
    found = part(columns.found, compiled.stretch)
    if compiled.check.relation is Relation.COUNT and _inherited(memory, key):
        return any(integrals.anchored(float(found.value[s])) and found.fine[s] for s in slots)
    return all(found.fine[s] for s in slots)


def _level_again(asset: AssetId, name: str, kind: str, memory: Memory, columns: Columns) -> bool:
    """Are all pairs of the asset in that check positively fine in that respect?"""
    assert memory.pairs is not None
    of = [i for i, (check, whose, _) in enumerate(memory.pairs.keys) if check == name and whose == asset]
    return bool(of) and kind in drifts.KINDS and all(columns.level[i, drifts.KINDS.index(kind)] for i in of)


def _inherited(memory: Memory, key: Key) -> bool:
    held = (memory.held or {}).get(key)
    return memory.held is None or (held is not None and held.inherited)
