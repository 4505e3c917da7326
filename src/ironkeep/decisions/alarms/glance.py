"""Which rules could be true this turn? One look at the extremes of every column, before any rule is judged.

A rule that could not be true, has no timer running and no alarm standing has nothing to say, and that is nearly every
rule on nearly every turn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ironkeep.decisions.alarms.watch import NO_VALUE, NOT_USABLE, Watch
from ironkeep.model.alarm import Comparison
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.gather import Floats, Mask, Rows

LOW, HIGH = np.float32(-np.inf), np.float32(np.inf)
BY_EXTREMES = (
    Comparison.ABOVE,
    Comparison.BELOW,
    Comparison.EQUALS,
    Comparison.SPREAD,
    Comparison.OUTSIDE,
    Comparison.BIT,
)


@dataclass(frozen=True, slots=True)
class Glance:
    """The columns of all W watches one after the other, counted over all frames, where each watch's begin, and what
    each looks for, (W,): `always` where only judging can tell, `doubtful` where a doubtful value may raise.
    """

    columns: Rows
    starts: Rows
    limit: Floats
    bit: Rows
    always: Mask
    doubtful: Mask
    compare: Mapping[Comparison, Mask]


@dataclass(frozen=True, slots=True)
class Seen:
    """Of all C columns: the highest and lowest usable value, infinite where there is none, whether a doubtful one
    stands, and the bits that do in integers. `usable` by frame, (R, c).
    """

    top: NDArray[np.float32]
    bottom: NDArray[np.float32]
    doubtful: Mask
    bits: Rows
    usable: tuple[Mask, ...]


def glance_of(watches: Sequence[Watch], layouts: Sequence[FrameLayout]) -> Glance:
    """What the watches look for."""
    widths = [len(layout.analog) + len(layout.integer) for layout in layouts]
    begin = np.concatenate([[0], np.cumsum(widths)]).astype(np.int64)
    sizes = [watch.columns.size for watch in watches]
    limits = np.array([watch.rule.limit for watch in watches], np.float64)
    compare = {kind: np.array([watch.rule.compare is kind for watch in watches], np.bool_) for kind in BY_EXTREMES}
    single = [w.columns.size == 1 and int(w.columns[0]) >= len(layouts[w.frame].analog) for w in watches]
    compare[Comparison.BIT] &= np.array(single, np.bool_)
    return Glance(
        columns=np.concatenate([begin[:0], *(watch.columns + begin[watch.frame] for watch in watches)]),
        starts=np.concatenate([begin[:1], np.cumsum(sizes)]).astype(np.int64)[: len(watches)],
        limit=limits,
        bit=np.where(compare[Comparison.BIT], limits, 0.0).astype(np.int64),
        always=np.array([w.limit is not None or w.rule.compare not in BY_EXTREMES for w in watches], np.bool_),
        doubtful=np.array([watch.rule.doubtful_raises for watch in watches], np.bool_),
        compare=compare,
    )


def look(frames: Sequence[Frame]) -> Seen:
    """What stands in the frames."""
    if not frames:
        none = np.zeros(0, np.float32)
        return Seen(none, none, none > 0, none.astype(np.int64), ())
    top, bottom, doubtful, bits, usable = zip(*map(_columns, frames), strict=True)
    return Seen(np.concatenate(top), np.concatenate(bottom), np.concatenate(doubtful), np.concatenate(bits), usable)


def _columns(frame: Frame) -> tuple[NDArray[np.float32], NDArray[np.float32], Mask, Rows, Mask]:
    analog, (_, width) = len(frame.layout.analog), frame.quality.shape
    usable: Mask = (frame.quality & NOT_USABLE) == 0
    doubtful, bits = np.zeros(width, np.bool_), np.zeros(width, np.int64)
    top, bottom = np.empty(width, np.float32), np.empty(width, np.float32)
    if not usable.all():
        doubtful = (((frame.quality & NO_VALUE) == 0) & ~usable).any(axis=0)
    for here, values in ((slice(0, analog), frame.analog), (slice(analog, None), frame.integer.astype(np.float32))):
        np.where(usable[:, here], values, LOW).max(axis=0, initial=LOW, out=top[here])
        np.where(usable[:, here], values, HIGH).min(axis=0, initial=HIGH, out=bottom[here])
    np.bitwise_or.reduce(np.where(usable[:, analog:], frame.integer, 0), axis=0, out=bits[analog:])
    return top, bottom, doubtful, bits, usable


def possible(glance: Glance, seen: Seen) -> Mask:
    """Could the condition be true for any row? (W,)"""
    top = np.maximum.reduceat(seen.top[glance.columns], glance.starts).astype(np.float64)
    bottom = np.minimum.reduceat(seen.bottom[glance.columns], glance.starts).astype(np.float64)
    doubtful = np.logical_or.reduceat(seen.doubtful[glance.columns], glance.starts)
    bits = seen.bits[glance.columns[glance.starts]]
    limit, compare = glance.limit, glance.compare
    with np.errstate(invalid="ignore"):
        could = {
            Comparison.ABOVE: top > limit,
            Comparison.BELOW: bottom < limit,
            Comparison.EQUALS: (bottom <= limit) & (limit <= top),
            Comparison.SPREAD: top - bottom > limit,
            Comparison.OUTSIDE: np.maximum(np.abs(top), np.abs(bottom)) > limit,
            Comparison.BIT: ((bits >> glance.bit) & 1) == 1,
        }
    found: Mask = glance.always | (glance.doubtful & doubtful)
    for kind, mask in compare.items():
        found |= mask & could[kind]
    return found
