"""What should stand in the OT queue: every reason held that is a finding, and what asks for a look without doubt."""

from collections.abc import Mapping

from ironkeep.decisions.telemetry import chatter, events, hands
from ironkeep.decisions.telemetry.columns import Columns
from ironkeep.decisions.telemetry.memory import Held, Memory
from ironkeep.decisions.telemetry.plan import Plan
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.decisions.telemetry.reasons import Key, Suspicion
from ironkeep.model.finding import FindingKind
from ironkeep.model.ids import AssetId
from ironkeep.model.link import LinkState
from ironkeep.model.picture import Picture
from ironkeep.model.reading import Verdict
from ironkeep.model.time import SECOND_US, Now

NO_HEARTBEAT = "no-heartbeat"
EVENT = "chatter-event"


def wanted(
    memory: Memory,
    plan: Plan,
    sight: Picture,
    held: Mapping[Key, Held],
    restarts: Mapping[str, int],
    columns: Columns,
    policy: Policy,
    now: Now,
) -> dict[Key, Suspicion]:
    """The findings that should stand now, by asset and code."""
    found = {
        key: Suspicion(reason.kind, reason.text, reason.sure, reason.attack)
        for key, reason in held.items()
        if reason.kind is not None
    }
    for name in restarts:
        words = "its heartbeat began anew: the card or the device restarted"
        found[(name, "restarted")] = Suspicion(FindingKind.DEVICE_RESTARTED, words, "exact", "T0816")
    return {
        **found,
        **_links(memory, plan, sight, columns),
        **_refused(memory, sight),
        **_written(memory, sight),
        **_oversized(memory),
        **_chattering(memory, columns, policy, now),
        **_by_hand(memory, now),
    }


def _links(memory: Memory, plan: Plan, sight: Picture, columns: Columns) -> dict[Key, Suspicion]:
    """What links lack. A heartbeat that was missing goes on missing until one is heard: silence ends nothing."""
    found: dict[Key, Suspicion] = {}
    lacking = {str(each.asset) for each in memory.standing.findings.values() if each.code == NO_HEARTBEAT}
    for link in sight.links:
        heard = plan.endpoint_of.get(link.device) in columns.pulse.having
        if not heard and (link.asset in lacking or (link.replies and columns.settled(link.asset))):
            words = "the frozen-gateway detector is unavailable: no heartbeat is read from this device"
            found[(link.asset, NO_HEARTBEAT)] = Suspicion(FindingKind.DETECTOR_UNAVAILABLE, words, "exact")
        if link.state is LinkState.BACKING_OFF:
            words = f"the device refuses our connection: {link.detail or 'no reason given'}"
            found[(link.asset, "connection-refused")] = Suspicion(FindingKind.CONNECTION_REFUSED, words, "exact")
    return found


def _oversized(memory: Memory) -> dict[Key, Suspicion]:
    """Settings that no fact can hold. What was told stays so until that asset has a passport."""
    kind = FindingKind.PASSPORT_TOO_LARGE
    told = {f.asset: f.what for f in memory.standing.findings.values() if f.kind is kind}
    words = {str(asset): what for asset, what in told.items() if asset not in memory.standing.passports}
    for asset, count in memory.oversized.items():
        words[asset] = f"{count} settings are more than one fact holds: they have no passport and are not compared"
    return {(asset, str(kind)): Suspicion(kind, what, "exact") for asset, what in words.items()}


def _refused(memory: Memory, sight: Picture) -> dict[Key, Suspicion]:
    found: dict[Key, Suspicion] = {}
    for pair in memory.standing.refused:
        device, _, fault = pair.partition("|")
        asset = next((link.asset for link in sight.links if link.device == device), AssetId(device))
        words = f"replies of {device} were refused: {fault}"
        found[(asset, f"refused:{fault}")] = Suspicion(FindingKind.REPLY_REFUSED, words, "exact", "T0830")
    return found


def _written(memory: Memory, sight: Picture) -> dict[Key, Suspicion]:
    found: dict[Key, Suspicion] = {}
    for pair, written in memory.standing.written.items():
        device, _, writer = pair.partition("|")
        asset = next((link.asset for link in sight.links if link.device == device), AssetId(device))
        first = written.what.partition("; ")[0]
        words = f"{writer}, not among its declared writers, was overheard writing to {device}: {first}"
        found[(asset, f"write:{device}:{writer}")] = Suspicion(FindingKind.WRITE_OVERHEARD, words, "exact", "T0855")
    return found


def _chattering(memory: Memory, columns: Columns, policy: Policy, now: Now) -> dict[Key, Suspicion]:
    """Points that change to and fro, alone or together, and alarms that are raised again and again."""
    found: dict[Key, Suspicion] = {}
    alone, together = chatter.apart(columns.chatter.values())
    for mover in alone:
        words = f"{mover.point} changes to and fro, about {mover.changes:.0f} times in the last minute"
        found[(mover.asset, f"chatter:{mover.point}")] = Suspicion(FindingKind.CHATTERING, words, "exact")
    if together:
        begun = events.first(together, policy.site)
        standing = (str(each.asset) for each in memory.standing.findings.values() if each.code == EVENT)
        found[(next(standing, begun.asset), EVENT)] = events.suspicion(together, begun)
    window_us, quiet_us = policy.chatter_window_s * SECOND_US, policy.chatter_quiet_s * SECOND_US
    for key, times_us in memory.standing.raised.items():
        burst = policy.chatter_alarms - 1
        close = any(0 <= late - early <= window_us for early, late in zip(times_us, times_us[burst:], strict=False))
        if close and abs(now.at_us - times_us[-1]) <= quiet_us:
            rule, _, name = key.partition("|")
            words = f"the alarm {rule} was raised {policy.chatter_alarms} times and more within a minute"
            found[(name, f"chatter-alarm:{rule}")] = Suspicion(FindingKind.CHATTERING, words, "exact")
    return found


def _by_hand(memory: Memory, now: Now) -> dict[Key, Suspicion]:
    """Hand readings that agree, or could not be compared, for as long as they count; differences are reasons held."""
    found: dict[Key, Suspicion] = {}
    for hand in memory.standing.hands.values():
        if hand.verdict != Verdict.DIFFERS and now.at_us <= hand.until_us:
            words = f"hand reading {hand.verdict}: {hands.words(hand)}"
            found[(hand.asset, f"hand:{hand.point}")] = Suspicion(FindingKind.HAND_READING, words, "exact")
    return found
