"""Is the condition of a rule true, is it positively gone, or is neither known? For all rows of a frame at once.

A value that may not be used makes a condition neither true nor gone (S26). Where the rule says so, a doubtful value
(out of range, too fast, standing still, settling) may make it true: to the safe side only. Gone means that every column
that ever had a value has a usable one now and that all of them are beyond the hysteresis.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ironkeep.decisions.alarms.glance import HIGH, LOW, Seen
from ironkeep.decisions.alarms.memory import Again, Ring
from ironkeep.decisions.alarms.watch import NO_VALUE, NOT_USABLE, Also, Watch
from ironkeep.model.alarm import AlarmRule, Comparison
from ironkeep.model.frame import Frame
from ironkeep.model.gather import Bits, Floats, Mask, Rows
from ironkeep.model.quality import Quality
from ironkeep.model.time import SECOND_US, Now

SNAPSHOTS = 6  # of a window of a rate of rise
SIBLINGS_MIN = 3  # fewer have no median worth the name
MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Condition:
    """The outcome for the rows of a frame, all (R,): true, gone, and the value that decided (for the words)."""

    true: Mask
    gone: Mask
    value: Floats
    limit: Floats


@dataclass(slots=True)
class Turn:
    """Everything conditions need this turn: what stands in the frames, which values were ever usable (R, C) by frame,
    which must be before an alarm on their columns may clear, the rings before and after, and blocks of columns, cut
    once for all rules on them.
    """

    frames: Sequence[Frame]
    now: Now
    seen: Seen
    ever: Sequence[Mask]
    again: Mapping[str, Again]
    old_rings: Mapping[str, Ring]
    rings: dict[str, Ring]
    blocks: dict[str, "Block"]


@dataclass(frozen=True, slots=True)
class Block:
    """Columns of a frame: values f4 (R, k), which are usable and which have any value, whether each row is whole; and
    the highest and lowest usable value of each row, infinite where there is none (R,).
    """

    values: NDArray[np.float32]
    usable: Mask
    valued: Mask
    whole: Mask
    highest: NDArray[np.float32]
    lowest: NDArray[np.float32]


def judge(watch: Watch, turn: Turn) -> Condition:
    """The condition of one rule on one frame."""
    block = _block(watch, turn)
    limit = _limit(watch, turn)
    with np.errstate(invalid="ignore"):
        true, gone, value = _compare(watch, block, limit, turn)
    known = ~np.isnan(limit)
    true &= known & watch.rows
    gone &= known & watch.rows
    for also in watch.also:
        fulfilled, failed = _fulfilled(also, turn, len(true))
        true &= fulfilled
        gone |= failed & watch.rows
    gone &= ~true
    return Condition(true, gone, value, limit)


def _block(watch: Watch, turn: Turn) -> Block:
    found = turn.blocks.get(watch.block)
    if found is not None:
        return found
    frame = turn.frames[watch.frame]
    analog = len(frame.layout.analog)
    columns = watch.columns
    cut = _cut(columns)
    if columns[-1] < analog:
        values = frame.analog[:, cut]
    else:
        values = frame.integer[:, _cut(columns - analog)].astype(np.float32)
    usable = turn.seen.usable[watch.frame][:, cut]
    ever = turn.ever[watch.frame][:, cut]
    again = turn.again.get(watch.block)
    if again is not None:  # what a device never had is no missing reading
        ever = ever | again.named | (again.present & ((frame.quality[:, cut] & Quality.ABSENT) == 0))
    block = turn.blocks[watch.block] = Block(
        values=values,
        usable=usable,
        valued=(frame.quality[:, cut] & NO_VALUE) == 0,
        whole=np.asarray(~(ever & ~usable).any(axis=1) & usable.any(axis=1)),
        highest=np.where(usable, values, LOW).max(axis=1),
        lowest=np.where(usable, values, HIGH).min(axis=1),
    )
    return block


def _cut(columns: Rows) -> Rows | slice:
    """An index of columns: a slice, and so a view, where they stand side by side."""
    first, last = int(columns[0]), int(columns[-1])
    return slice(first, last + 1) if last - first + 1 == columns.size else columns


def _limit(watch: Watch, turn: Turn) -> Floats:
    """The limit of each row: the rule's, or the one read from the plant where it is usable."""
    rows = len(turn.frames[watch.frame].layout.assets)
    limit = np.full(rows, watch.rule.limit)
    if watch.limit is not None:
        read, bits = watch.limit.values(turn.frames, [frame.quality for frame in turn.frames])
        limit = np.where((bits & NOT_USABLE) == 0, read, limit)
    return limit


def _compare(watch: Watch, block: Block, limit: Floats, turn: Turn) -> tuple[Mask, Mask, Floats]:
    rule = watch.rule
    match rule.compare:
        case Comparison.ABOVE:
            value = _extreme(rule, block, highest=True)
            return value > limit, block.whole & (value <= limit - rule.hysteresis), value
        case Comparison.BELOW:
            value = _extreme(rule, block, highest=False)
            return value < limit, block.whole & (value >= limit + rule.hysteresis), value
        case Comparison.OUTSIDE:
            value = np.where(np.abs(block.highest) >= np.abs(block.lowest), block.highest, block.lowest)
            size = np.abs(value.astype(np.float64))
            usable = block.usable.any(axis=1)
            return usable & (size > limit), block.whole & (size <= limit - rule.hysteresis), value.astype(np.float64)
        case Comparison.EQUALS:
            equal = block.usable & (block.values == limit[:, None])
            value = np.where(equal.any(axis=1), limit, block.highest)
            return equal.any(axis=1), block.whole & ~equal.any(axis=1), value
        case Comparison.BIT:
            return _bit(watch, block, turn)
        case Comparison.SPREAD:
            value = np.where(block.usable.sum(axis=1) > 1, block.highest - block.lowest, np.nan).astype(np.float64)
            return value > limit, block.whole & (value <= limit - rule.hysteresis), value
        case Comparison.RISING:
            return _rising(watch, block, limit, turn)
        case Comparison.APART:
            return _apart(watch, block, limit)
        case _:
            return _differs(watch, block, limit, turn)


def _extreme(rule: AlarmRule, block: Block, *, highest: bool) -> Floats:
    """The deciding value of each row; with doubtful values where the rule lets them raise. NaN where there is none."""
    value = block.highest if highest else block.lowest
    if rule.doubtful_raises and (block.valued & ~block.usable).any():
        far = np.float32(-np.inf if highest else np.inf)
        shown = np.where(block.valued & ~np.isnan(block.values), block.values, far)
        value = shown.max(axis=1) if highest else shown.min(axis=1)
    return np.where(np.isfinite(value), value, np.nan).astype(np.float64)


def _bit(watch: Watch, block: Block, turn: Turn) -> tuple[Mask, Mask, Floats]:
    frame = turn.frames[watch.frame]
    column = int(watch.columns[0]) - len(frame.layout.analog)
    stands = ((frame.integer[:, column] >> int(watch.rule.limit)) & 1) == 1
    usable = block.usable[:, 0]
    return usable & stands, usable & ~stands, stands.astype(np.float64)


def _rising(watch: Watch, block: Block, limit: Floats, turn: Turn) -> tuple[Mask, Mask, Floats]:
    """Units a minute over the window, per column, the fastest of each row. Nothing is known before half a window."""
    rule = watch.rule
    name = watch.key
    ring = turn.old_rings.get(name, ())
    shown = np.where(block.usable, block.values, np.float32(np.nan))
    if ring and ring[0][1].shape != shown.shape:
        ring = ()
    gap_us = int(rule.window_s * SECOND_US / SNAPSHOTS)
    rows = len(shown)
    none = np.zeros(rows, np.bool_)
    true, gone, value = none, none, np.full(rows, np.nan)
    age_us = turn.now.mono_us - ring[0][0] if ring else 0
    if age_us * 2 >= rule.window_s * SECOND_US:
        change = shown - ring[0][1]
        steepest = np.where(np.isnan(change), np.float32(-np.inf), change).max(axis=1)
        value = np.where(np.isfinite(steepest), steepest, np.nan) * (MINUTE_S * SECOND_US / age_us)
        true = value > limit
        gone = block.whole & (value <= limit - rule.hysteresis)
    if not ring or turn.now.mono_us - ring[-1][0] >= gap_us:
        ring = (*ring, (turn.now.mono_us, shown))
    while len(ring) > 1 and turn.now.mono_us - ring[1][0] >= rule.window_s * SECOND_US:
        ring = ring[1:]
    turn.rings[name] = ring
    return true, gone, value


def _apart(watch: Watch, block: Block, limit: Floats) -> tuple[Mask, Mask, Floats]:
    """How far each row is from the median of its siblings."""
    assert watch.beside is not None
    usable = block.usable[:, 0]
    away = np.full(len(usable), np.nan)
    for group in range(int(watch.beside.max(initial=-1)) + 1):
        mine = np.flatnonzero((watch.beside == group) & usable)
        if mine.size >= SIBLINGS_MIN:
            values = block.values[mine, 0].astype(np.float64)
            away[mine] = np.abs(values - np.median(values))
    return away > limit, away <= limit - watch.rule.hysteresis, away


def _differs(watch: Watch, block: Block, limit: Floats, turn: Turn) -> tuple[Mask, Mask, Floats]:
    if watch.other is None:
        none = np.zeros(len(limit), np.bool_)
        return none, none, np.full(len(limit), np.nan)
    other, bits = watch.other.values(turn.frames, [frame.quality for frame in turn.frames])
    usable = block.usable[:, 0] & ((bits & NOT_USABLE) == 0)
    away = np.where(usable, np.abs(block.values[:, 0] - other), np.nan)
    return away > limit, away <= limit - watch.rule.hysteresis, away


def _fulfilled(also: Also, turn: Turn, rows: int) -> tuple[Mask, Mask]:
    """Where the further condition is fulfilled by any of its assets, and where it positively fails at all of them."""
    fulfilled = np.zeros(rows, np.bool_)
    failed = np.ones(rows, np.bool_)
    quality: list[Bits] = [frame.quality for frame in turn.frames]
    for gather in also.gathers:
        value, bits = gather.values(turn.frames, quality)
        usable = (bits & NOT_USABLE) == 0
        with np.errstate(invalid="ignore"):
            met = usable & _met(also, value)
        fulfilled |= met
        failed &= (usable & ~met) | ~gather.filled
    return fulfilled, failed & ~fulfilled


def _met(also: Also, value: Floats) -> Mask:
    limit = also.when.limit
    met: Mask
    match also.when.compare:
        case Comparison.ABOVE:
            met = value > limit
        case Comparison.BELOW:
            met = value < limit
        case Comparison.OUTSIDE:
            met = np.abs(value) > limit
        case Comparison.BIT:
            met = ((np.nan_to_num(value).astype(np.int64) >> int(limit)) & 1) == 1
        case _:
            met = value == limit
    return met
