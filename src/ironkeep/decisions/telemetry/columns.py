"""One turn of the columns: heartbeats, streams, a quality for every point, copies, checks and what drifts.

Whole blocks at a time; the outcome is what the rest of the room reasons about.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ironkeep.decisions.telemetry import beats, chatter, closures, copies, drifts, replays
from ironkeep.decisions.telemetry.chatter import Chatter
from ironkeep.decisions.telemetry.compiled import Checks, Compiled, compile_checks
from ironkeep.decisions.telemetry.copies import Copies
from ironkeep.decisions.telemetry.drifts import DriftPast
from ironkeep.decisions.telemetry.memory import Beat, Memory
from ironkeep.decisions.telemetry.plan import Plan, compile_plan
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.decisions.telemetry.qualities import Past, judge_frame
from ironkeep.decisions.telemetry.verdicts import NOT_USABLE, CheckPast, Found, carried, fresh_past, part
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
class Columns:
    """What the columns came to this turn: the judged frames, all memories of columns, and what the checks found."""

    frames: tuple[Frame, ...]
    quality: tuple[Bits, ...]
    pasts: dict[str, Past]
    copies: dict[str, Copies]
    chatter: dict[str, Chatter]
    checks: CheckPast
    found: Found  # what the checks found, slots as theirs
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
    coupled = drifts.pairs(checks.each, policy)
    return replace(
        memory,
        plan=plan,
        compiled=checks,
        copies={**searches, **kept},
        chatter={**watched, **going},
        checks=_kept(memory, checks),
        pairs=coupled,
        drifts=drifts.fresh_past(coupled, memory.pairs, memory.drifts),
        streams=streams,
        replays=replays.fresh_past(streams, memory.streams, memory.replays),
    )


def _kept(memory: Memory, new: Checks) -> CheckPast:
    """What the checks remember of pairs that are still there under a new plan."""
    fresh = fresh_past(new.size)
    if memory.compiled is None or memory.checks is None:
        return fresh
    return carried(fresh, _pairs(new), memory.checks, _pairs(memory.compiled))


def _pairs(checks: Checks) -> list[tuple[str, AssetId, AssetId]]:
    return [(c.check.id, a, w) for c in checks.each for a, w in zip(c.assets, c.against, strict=True)]


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
    checks, told = _checked(memory, sight.frames, quality, now)
    drift, level = _coupled(memory, told, sight.frames, quality)
    frames = tuple(replace(frame, quality=bits) for frame, bits in zip(sight.frames, quality, strict=True))
    for bits in quality:
        bits.flags.writeable = False
    return Columns(
        frames, tuple(quality), pasts, searches, watched, checks, told, drift, level, pulse, heartbeats, streams
    )


def _checked(memory: Memory, frames: Sequence[Frame], quality: list[Bits], now: Now) -> tuple[CheckPast, Found]:
    """All checks; what disagrees is marked in the quality blocks, which makes no value less usable to another."""
    assert memory.compiled is not None
    assert memory.checks is not None
    checks, found = closures.evaluate(memory.compiled, memory.checks, frames, quality, now)
    if found.flagged.any():
        for each in memory.compiled.each:
            _mark(each, found.flagged[each.stretch], quality)
    return checks, found


def _coupled(memory: Memory, found: Found, frames: Sequence[Frame], quality: list[Bits]) -> tuple[DriftPast, Flags]:
    """All coupled pairs in one pass; what drifts is marked in the quality blocks."""
    assert memory.compiled is not None
    assert memory.pairs is not None
    assert memory.drifts is not None
    drift, level = drifts.watch(memory.pairs, memory.drifts, part(found, memory.pairs.slots), frames)
    if drift.flagged.any():
        doubted = np.asarray(drift.flagged.any(axis=1))
        for each in memory.compiled.each:
            if each.check.id in memory.pairs.stretches:
                _mark(each, doubted[memory.pairs.stretches[each.check.id]], quality)
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
    assert memory.compiled is not None
    assert memory.checks is not None
    for each in memory.compiled.each:
        if each.check.relation is Relation.EXCITED and (stuck := memory.checks.flagged[each.stretch]).any():
            for stretch in each.point.parts:
                blocks.setdefault(stretch.frame, np.zeros(frames[stretch.frame].quality.shape, np.uint16))
            none = np.zeros((0, 0), np.uint16)
            each.point.mark([blocks.get(i, none) for i in range(len(frames))], stuck, int(Quality.FROZEN))
    return blocks


def _both(one: Bits | None, other: Bits | None) -> Bits | None:
    if one is None or other is None:
        return other if one is None else one
    return one | other
