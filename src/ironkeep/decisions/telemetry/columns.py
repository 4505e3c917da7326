"""One turn of the columns: heartbeats, streams, a quality for every point, copies, checks and what drifts.

Whole blocks at a time; the outcome is what the rest of the room reasons about.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ironkeep.decisions.telemetry import beats, chatter, closures, copies, drifts, replays
from ironkeep.decisions.telemetry.chatter import Chatter
from ironkeep.decisions.telemetry.compiled import Compiled, compile_checks
from ironkeep.decisions.telemetry.copies import Copies
from ironkeep.decisions.telemetry.drifts import DriftPast
from ironkeep.decisions.telemetry.memory import Beat, Memory
from ironkeep.decisions.telemetry.plan import Plan, compile_plan
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.decisions.telemetry.qualities import Past, judge_frame
from ironkeep.decisions.telemetry.verdicts import NOT_USABLE, CheckPast, Found, carried, fresh_past
from ironkeep.model.check import Relation
from ironkeep.model.frame import Frame
from ironkeep.model.gather import Bits, Mask
from ironkeep.model.ids import AssetId
from ironkeep.model.picture import Picture
from ironkeep.model.quality import Quality
from ironkeep.model.time import Now

Flags = NDArray[np.bool_]

WITNESSED = (Relation.WITNESS, Relation.WAY, Relation.ROOM, Relation.CONTACTOR, Relation.ENERGY, Relation.ENCLOSED)
UNMARKED = (Relation.EXCITED, Relation.ENCLOSED)  # the first marks FROZEN a turn later; the second doubts no one point


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check found this turn."""

    compiled: Compiled
    found: Found


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns came to this turn: the judged frames, all memories of columns, and what the checks found."""

    frames: tuple[Frame, ...]
    quality: tuple[Bits, ...]
    pasts: dict[str, Past]
    copies: dict[str, Copies]
    chatter: dict[str, Chatter]
    checks: dict[str, CheckPast]
    outcomes: tuple[Outcome, ...]
    drifts: DriftPast
    level: Flags  # pairs that are positively fine, (N, 3) as in DriftPast.flagged
    pulse: beats.Pulse
    heartbeats: dict[str, Beat]
    replays: replays.ReplayPast

    def settled(self, asset: AssetId) -> bool:
        """Has any value of the asset left quarantine?"""
        for frame, bits in zip(self.frames, self.quality, strict=True):
            row = frame.layout.row_index.get(asset)
            if row is not None and bool(((bits[row] & NOT_USABLE) == 0).any()):
                return True
        return False


def compiled(memory: Memory, sight: Picture, policy: Policy) -> Memory:
    """The memory with a plan for the layouts in sight; what was remembered of the same assets is carried over."""
    digests = tuple(frame.layout.digest for frame in sight.frames)
    if memory.plan is not None and memory.plan.digests == digests:
        return memory
    plan = compile_plan([frame.layout for frame in sight.frames], policy)
    checks = compile_checks(plan, policy)
    searches = {s.layout.group: begun for s in plan.shapes if (begun := copies.begin(s, policy)) is not None}
    kept = {g: old for g, old in memory.copies.items() if g in searches and old.layout == searches[g].layout}
    watched = {s.layout.group: watch for s in plan.shapes if (watch := chatter.begin(s.layout)) is not None}
    going = {g: was for g, was in memory.chatter.items() if g in watched and was.layout == watched[g].layout}
    streams = replays.streams(plan)
    coupled = drifts.pairs(checks, policy)
    return replace(
        memory,
        plan=plan,
        compiled=checks,
        copies={**searches, **kept},
        chatter={**watched, **going},
        checks={each.check.id: _kept(memory, each) for each in checks},
        pairs=coupled,
        drifts=drifts.fresh_past(coupled, memory.pairs, memory.drifts),
        streams=streams,
        replays=replays.fresh_past(streams, memory.streams, memory.replays),
    )


def _kept(memory: Memory, new: Compiled) -> CheckPast:
    """What a check remembers of pairs that are still there under a new plan."""
    old = next((each for each in memory.compiled if each.check.id == new.check.id), None)
    past = memory.checks.get(new.check.id)
    fresh = fresh_past(new)
    if old is None or past is None:
        return fresh
    now, before = (tuple(zip(each.assets, each.against, strict=True)) for each in (new, old))
    return carried(fresh, now, past, before)


def take(memory: Memory, plan: Plan, sight: Picture, policy: Policy, now: Now) -> Columns:
    """Judge every frame, look for copies and chatter, and let every check speak about the judged values."""
    assert memory.streams is not None
    assert memory.replays is not None
    heartbeats, pulse = beats.feel(dict(memory.beats), plan, sight.frames, policy, now)
    streams = replays.listen(memory.streams, memory.replays, sight.frames, now)
    played = replays.endpoints(memory.streams, streams)
    stuck = _stuck(memory, sight.frames)
    pasts: dict[str, Past] = {}
    searches, watched = dict(memory.copies), dict(memory.chatter)
    quality: list[Bits] = []
    for number, (frame, shape) in enumerate(zip(sight.frames, plan.shapes, strict=True)):
        group = frame.layout.group
        search = searches.get(group)
        if search is not None:
            search = copies.hear(search, memory.standing.described, policy)
        found = _both(search.bits if search else None, stuck.get(number))
        rows = beats.bits_for(pulse, plan, number) | replays.bits_for(played, plan, number)
        bits, pasts[group] = judge_frame(frame, shape, memory.pasts.get(group), found, rows, policy, now)
        if search is not None:
            searches[group] = copies.look(search, frame, bits, sight.turn, policy)
        if group in watched:
            watched[group] = chatter.look(watched[group], frame, now)
        quality.append(bits)
    checks, outcomes = _checked(memory, sight.frames, quality, now)
    drift, level = _coupled(memory, outcomes, sight.frames, quality)
    frames = tuple(replace(frame, quality=bits) for frame, bits in zip(sight.frames, quality, strict=True))
    for bits in quality:
        bits.flags.writeable = False
    return Columns(
        frames, tuple(quality), pasts, searches, watched, checks, outcomes, drift, level, pulse, heartbeats, streams
    )


def _checked(
    memory: Memory, frames: Sequence[Frame], quality: list[Bits], now: Now
) -> tuple[dict[str, CheckPast], tuple[Outcome, ...]]:
    """Every check in order; what disagrees is marked in the quality blocks."""
    checks: dict[str, CheckPast] = {}
    outcomes = []
    for each in memory.compiled:
        checks[each.check.id], found = closures.evaluate(each, memory.checks[each.check.id], frames, quality, now)
        _mark(each, found.flagged, quality)
        outcomes.append(Outcome(each, found))
    return checks, tuple(outcomes)


def _coupled(
    memory: Memory, outcomes: Sequence[Outcome], frames: Sequence[Frame], quality: list[Bits]
) -> tuple[DriftPast, Flags]:
    """All coupled pairs in one pass; what drifts is marked in the quality blocks."""
    assert memory.pairs is not None
    assert memory.drifts is not None
    watched = [each for each in outcomes if each.compiled.check.id in memory.pairs.stretches]
    drift, level = drifts.watch(memory.pairs, memory.drifts, [each.found for each in watched], frames)
    if drift.flagged.any():
        doubted = np.asarray(drift.flagged.any(axis=1))
        for each in watched:
            _mark(each.compiled, doubted[memory.pairs.stretches[each.compiled.check.id]], quality)
    return drift, level


def _mark(compiled: Compiled, doubted: Mask, quality: list[Bits]) -> None:
    if compiled.check.relation not in UNMARKED and doubted.any():
        bit = Quality.WITNESS if compiled.check.relation in WITNESSED else Quality.PHYSICS
        compiled.point.mark(quality, doubted, int(bit))
        if compiled.check.relation is Relation.WAY:
            compiled.others[0].mark(quality, doubted, int(bit))


def _stuck(memory: Memory, frames: Sequence[Frame]) -> dict[int, Bits]:
    """FROZEN bits of points that the last turn found to stand still while what excites them moves; by frame."""
    blocks: dict[int, Bits] = {}
    for each in memory.compiled:
        past = memory.checks[each.check.id]
        if each.check.relation is Relation.EXCITED and past.flagged.any():
            for part in each.point.parts:
                blocks.setdefault(part.frame, np.zeros(frames[part.frame].quality.shape, np.uint16))
            none = np.zeros((0, 0), np.uint16)
            each.point.mark([blocks.get(i, none) for i in range(len(frames))], past.flagged, int(Quality.FROZEN))
    return blocks


def _both(one: Bits | None, other: Bits | None) -> Bits | None:
    if one is None or other is None:
        return other if one is None else one
    return one | other
