"""May this reading be believed? One turn of the telemetry room, in the order in which it thinks.

First the columns (a quality for every point, and what must close with what), then reasons and trust, then devices,
passports and findings. Every draft is the difference between what should be known and what the facts say, so a draft
that was not committed comes again.
"""

from dataclasses import replace

from ironkeep.decisions.telemetry import (
    beats,
    columns,
    commissioned,
    devices,
    evidence,
    hands,
    passports,
    queue,
    reasons,
)
from ironkeep.decisions.telemetry.memory import Memory
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.facts.envelope import Draft
from ironkeep.model.picture import Picture
from ironkeep.model.request import Request, RequestKind
from ironkeep.model.time import SECOND_US, Now
from ironkeep.model.trust import Judged


def decide(memory: Memory, sight: Picture, policy: Policy, now: Now) -> tuple[Memory, Judged, tuple[Draft, ...]]:
    """The judged frames with the trust that stands, and the drafts of all that changed."""
    memory = columns.compiled(memory, sight, policy)
    plan = memory.plan
    assert plan is not None

    silence = devices.listen(memory.silence, sight.links, now)
    lost = devices.silent(silence, plan, policy, now)
    seen = columns.take(memory, plan, sight, policy, now)
    known = commissioned.known(memory, plan, sight, seen.pulse, policy, now)

    found = evidence.found(memory, plan, seen, lost, known.calibrations, policy, now)
    held = reasons.hold(
        memory,
        found,
        lambda key: evidence.fine(key, memory, plan, seen, lost, known.calibrations, now),
        policy,
        now,
    )

    compared, unsettled = passports.compare(memory, plan, seen.frames, seen.quality)
    read = passports.read(unsettled, plan, seen.frames, seen.quality)
    changed, again, oversized = passports.drafts(memory, read, policy)
    restarts = _restarts(memory, seen.pulse, policy, now)
    wanted = queue.wanted(replace(memory, oversized=oversized), plan, sight, held, restarts, seen, policy, now)

    drafts = (
        *devices.reach_drafts(memory, silence, sight, plan, lost),
        *devices.described_drafts(memory, sight.particulars),
        *devices.refused_drafts(memory, sight.links, policy, now),
        *devices.written_drafts(memory, sight.links, policy, now),
        *devices.talked_drafts(memory, sight.links, now),
        *changed,
        *reasons.trust_drafts(memory, held, known.reasons, seen.settled, now),
        *reasons.finding_drafts(memory, wanted, now),
    )
    kept = replace(
        memory,
        pasts=seen.pasts,
        copies=seen.copies,
        chatter=seen.chatter,
        checks=seen.checks,
        drifts=seen.drifts,
        replays=seen.replays,
        beats=seen.heartbeats,
        silence=silence,
        held=held,
        restarts=restarts,
        compared=compared,
        unsettled=again,
        oversized=oversized,
        known=known,
    )
    return kept, Judged(sight.at_us, sight.turn, seen.frames, reasons.trust_of(memory)), drafts


def admit(memory: Memory, request: Request, policy: Policy, now: Now) -> tuple[Draft, ...]:
    """The drafts of a person's request. Raises Refused with reason and remedy."""
    if request.kind is RequestKind.RECORD_READING:
        return hands.take(memory, request, policy, now)
    return passports.approve(memory, request)


def _restarts(memory: Memory, pulse: beats.Pulse, policy: Policy, now: Now) -> dict[str, int]:
    """Assets whose heartbeat began anew, and when (monotonic), as long as the finding stays open."""
    kept_us = policy.restart_finding_s * SECOND_US
    old = {asset: at for asset, at in memory.restarts.items() if now.mono_us - at < kept_us}
    return {**old, **{str(asset): now.mono_us for asset in pulse.restarted}}
