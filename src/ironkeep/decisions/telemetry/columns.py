"""One turn of the columns: heartbeats, streams, a quality for every point, copies, checks and what drifts.

Whole blocks at a time; the outcome is what the rest of the room reasons about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from ironkeep.decisions.telemetry import beats, chatter, closures, copies, drifts, replays
from ironkeep.decisions.telemetry.chatter import Chatter
from ironkeep.decisions.telemetry.compiled import Compiled, compile_checks
from ironkeep.decisions.telemetry.copies import Copies
from ironkeep.decisions.telemetry.drifts import DriftPast
from ironkeep.decisions.telemetry.memory import Beat, Memory
from ironkeep.decisions.telemetry.plan import Plan, compile_plan
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.decisions.telemetry.qualities import Past, judge_frame
from ironkeep.decisions.telemetry.verdicts import NOT_USABLE, CheckPast, Found, fresh_past
from ironkeep.model.check import Relation
from ironkeep.model.frame import Frame
from ironkeep.model.gather import Bits
from ironkeep.model.ids import AssetId
from ironkeep.model.picture import Picture
from ironkeep.model.quality import Quality
from ironkeep.model.time import Now

WITNESSED = (Relation.WITNESS, Relation.ROOM, Relation.CONTACTOR, Relation.ENERGY, Relation.ENCLOSED)
UNMARKED = (Relation.EXCITED, Relation.ENCLOSED)  # the first marks FROZEN a turn later; the second doubts no one point


T = TypeVar("T", CheckPast, DriftPast)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check found this turn, and where it watches for drift: what is remembered, and what is fine."""

    compiled: Compiled
    found: Found
    drift: DriftPast | None = None
    settled: np.ndarray | None = None


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

    @property
    def drifts(self) -> dict[str, DriftPast]:
        """What is remembered of coupled pairs, by check."""
        return {each.compiled.check.id: each.drift for each in self.outcomes if each.drift is not None}


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
    return replace(
        memory,
        plan=plan,
        compiled=checks,
        copies={**searches, **kept},
        chatter={**watched, **going},
        checks={each.check.id: _carried(memory, each, memory.checks, fresh_past(each)) for each in checks},
        drifts={
            each.check.id: _carried(memory, each, memory.drifts, drifts.fresh_past(each))
            for each in checks
            if each.check.drift is not None
        },
        streams=streams,
        replays=replays.fresh_past(streams, memory.streams, memory.replays),
    )


def _carried(memory: Memory, new: Compiled, pasts: Mapping[str, T], fresh: T) -> T:
    """What a check remembers of pairs that are still there under a new plan."""
    old = next((each for each in memory.compiled if each.check.id == new.check.id), None)
    past = pasts.get(new.check.id)
    if old is None or past is None:
        return fresh
    place = {pair: i for i, pair in enumerate(zip(old.assets, old.against, strict=True))}
    pairs = [(to, place[p]) for to, p in enumerate(zip(new.assets, new.against, strict=True)) if p in place]
    if not pairs:
        return fresh
    to, at = (np.array(side) for side in zip(*pairs, strict=True))
    moved = {}
    for name in fresh.__dataclass_fields__:
        column = getattr(fresh, name).copy()
        column[to] = getattr(past, name)[at]
        moved[name] = column
    return type(fresh)(**moved)


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
        found = _both(search.bits if search else None, stuck.get(number))
        rows = beats.bits_for(pulse, plan, number) | replays.bits_for(played, plan, number)
        bits, pasts[group] = judge_frame(frame, shape, memory.pasts.get(group), found, rows, policy, now)
        if search is not None:
            searches[group] = copies.look(search, frame, bits, sight.turn, memory.standing.described, policy)
        if group in watched:
            watched[group] = chatter.look(watched[group], frame, now)
        quality.append(bits)
    checks, outcomes = _checked(memory, sight.frames, quality, policy, now)
    frames = tuple(replace(frame, quality=bits) for frame, bits in zip(sight.frames, quality, strict=True))
    for bits in quality:
        bits.flags.writeable = False
    return Columns(frames, tuple(quality), pasts, searches, watched, checks, outcomes, pulse, heartbeats, streams)


def _checked(
    memory: Memory, frames: Sequence[Frame], quality: list[Bits], policy: Policy, now: Now
) -> tuple[dict[str, CheckPast], tuple[Outcome, ...]]:
    """Every check in order, those that watch for drift as well; what disagrees is marked in the quality blocks."""
    checks: dict[str, CheckPast] = {}
    outcomes = []
    height = drifts.threshold(memory.compiled, policy)
    for each in memory.compiled:
        check = each.check
        checks[check.id], found = closures.evaluate(each, memory.checks[check.id], frames, quality, now)
        drift, settled, doubted = None, None, found.flagged
        if check.drift is not None:
            drift, settled = drifts.watch(each, memory.drifts[check.id], found, frames, height)
            doubted = doubted | drift.flagged.any(axis=1)
        if check.relation not in UNMARKED and doubted.any():
            bit = Quality.WITNESS if check.relation in WITNESSED else Quality.PHYSICS
            each.point.mark(quality, doubted, int(bit))
        outcomes.append(Outcome(each, found, drift, settled))
    return checks, tuple(outcomes)


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
