"""A quality for every point of a frame, from the frame itself and the one before: whole blocks, never single points.

The adapter says ABSENT, EXCEPTION and LOST. Here are added RANGE, RATE, STALE, ORDER, DUPLICATE and SETTLING; FROZEN,
INFERRED and UNPROVEN_SIGN come in as bits found elsewhere. Age is measured on the monotonic clock from the moment a
reply arrived, so that a jumping wall clock makes nothing old or young.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ironkeep.decisions.telemetry.plan import Shape
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.gather import Bits
from ironkeep.model.quality import ABSENT_INTEGER, DISQUALIFYING, Quality
from ironkeep.model.time import SECOND_US, Now

BAD = np.uint16(DISQUALIFYING & ~Quality.SETTLING)
COUNTER_WRAP = 2**31  # a fall by more than this is a counter that wrapped, not one that went back
BACKLOG_MAX_US = 3600 * SECOND_US  # a reply older than this when first seen counts as this old


@dataclass(frozen=True, slots=True)
class Past:
    """What a frame leaves behind for the next: its own blocks (never changed after), when each row was last fresh on
    the monotonic clock, and how many good samples each point has had on end (u1, at most `good_samples`).
    """

    layout: FrameLayout
    analog: NDArray[np.float32]
    integer: NDArray[np.int64]
    collected_us: NDArray[np.int64]
    polls: NDArray[np.int64]
    fresh_mono_us: NDArray[np.int64]
    good: NDArray[np.uint8]


def judge_frame(
    frame: Frame, shape: Shape, past: Past | None, found: Bits | None, rows: Bits, policy: Policy, now: Now
) -> tuple[Bits, Past]:
    """The quality block of a frame, u2 (R, A + I), and what to remember.

    `found` are bits found for single points (R, A + I) or None; `rows` bits found for whole rows (R,).
    """
    quality = frame.quality.copy()
    analog = len(frame.layout.analog)
    if past is not None and past.layout is not frame.layout and past.layout != frame.layout:
        past = carried(past, frame)
    fresh, fresh_mono = _freshness(frame, past, now)
    limit_us = int((frame.layout.age_limit_s + frame.layout.period_s) * SECOND_US)  # MAXAGE+1: a limit alone flaps
    row_bits = rows.copy()
    row_bits[now.mono_us - fresh_mono > limit_us] |= np.uint16(Quality.STALE)
    if past is not None:
        seen = fresh & (past.collected_us > 0) & (frame.collected_us <= past.collected_us)
        if seen.any():
            row_bits[seen & (frame.collected_us < past.collected_us)] |= np.uint16(Quality.ORDER)
            row_bits[seen & (frame.collected_us == past.collected_us)] |= np.uint16(Quality.DUPLICATE)
    if row_bits.any():
        quality |= row_bits[:, None]
    if found is not None:
        quality |= found
    if shape.bounded:
        outside = (frame.analog < shape.low) | (frame.analog > shape.high)
        if outside.any():
            quality[:, :analog][outside] |= np.uint16(Quality.RANGE)
    if past is not None:
        _moved(frame, shape, past, fresh, quality)
    good = _settle(frame, shape, past, fresh, quality, policy)
    if shape.always is not None:
        quality |= shape.always
    return quality, Past(frame.layout, frame.analog, frame.integer, frame.collected_us, frame.polls, fresh_mono, good)


def _freshness(frame: Frame, past: Past | None, now: Now) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which rows were read since the last turn (R,), and when each was last read on the monotonic clock (R,)."""
    if past is None:
        waited = np.clip(now.at_us - frame.collected_us, 0, BACKLOG_MAX_US)
        return frame.polls > 0, np.where(frame.collected_us > 0, now.mono_us - waited, now.mono_us)
    fresh = frame.polls != past.polls
    return fresh, np.where(fresh, now.mono_us, past.fresh_mono_us)


def _moved(frame: Frame, shape: Shape, past: Past, fresh: NDArray[np.bool_], quality: Bits) -> None:
    """Mark analog points that moved faster than they can, and counters that went back."""
    analog = len(frame.layout.analog)
    if shape.rated.size and fresh.any():
        gap_s = np.maximum(frame.collected_us - past.collected_us, SECOND_US // 2) / SECOND_US
        reach = gap_s.astype(np.float32)[:, None] * shape.rate[shape.rated]
        jumped = np.abs(frame.analog[:, shape.rated] - past.analog[:, shape.rated]) > reach
        jumped &= fresh[:, None]
        if jumped.any():
            row, col = np.nonzero(jumped)
            quality[row, shape.rated[col]] |= np.uint16(Quality.RATE)
    if shape.counters.size and fresh.any():
        new, old = frame.integer[:, shape.counters], past.integer[:, shape.counters]
        back = (new < old) & (old != ABSENT_INTEGER) & (new != ABSENT_INTEGER) & fresh[:, None]
        if back.any():
            back &= old - new < COUNTER_WRAP
            row, col = np.nonzero(back)
            quality[row, analog + shape.counters[col]] |= np.uint16(Quality.ORDER)


def _settle(
    frame: Frame, shape: Shape, past: Past | None, fresh: NDArray[np.bool_], quality: Bits, policy: Policy
) -> NDArray[np.uint8]:
    """Count good samples on end and mark what has too few of them, or a row too few polls. Returns the counts."""
    bad = (quality & BAD) != 0
    if past is None:
        good = np.ones(quality.shape, np.uint8)
        good[~fresh] = 0
    else:
        good = past.good
        short = good < policy.good_samples
        if short.any():
            good = good + (short & fresh[:, None])
    if bad.any():
        good = np.where(bad, np.uint8(0), good)
    unsettled = good < policy.good_samples
    young = frame.polls < shape.settle_polls
    if young.any():
        unsettled = unsettled | young[:, None]
    if unsettled.any():
        unsettled &= ~bad
        quality[unsettled] |= np.uint16(Quality.SETTLING)
    return good.astype(np.uint8, copy=False)


def carried(past: Past, frame: Frame) -> Past:
    """What was remembered of the same assets under another layout; rows or columns that are new start as never read."""
    old, new = past.layout, frame.layout
    row_of = old.row_index
    rows = [(to, row_of[asset]) for to, asset in enumerate(new.assets) if asset in row_of]
    to_row = np.array([to for to, _ in rows], np.int64)
    from_row = np.array([at for _, at in rows], np.int64)
    analog = np.full(frame.analog.shape, np.nan, np.float32)
    integer = np.full(frame.integer.shape, ABSENT_INTEGER, np.int64)
    good = np.zeros(frame.quality.shape, np.uint8)
    for to, spec in enumerate(new.analog):
        at = old.analog_index.get(spec.name)
        if at is not None and rows:
            analog[to_row, to] = past.analog[from_row, at]
            good[to_row, to] = past.good[from_row, at]
    for to, spec in enumerate(new.integer):
        at = old.integer_index.get(spec.name)
        if at is not None and rows:
            integer[to_row, to] = past.integer[from_row, at]
            good[to_row, len(new.analog) + to] = past.good[from_row, len(old.analog) + at]
    collected = np.zeros(len(new.assets), np.int64)
    polls = np.full(len(new.assets), -1, np.int64)
    mono = frame.collected_us * 0
    if rows:
        collected[to_row] = past.collected_us[from_row]
        polls[to_row] = past.polls[from_row]
        mono[to_row] = past.fresh_mono_us[from_row]
    return Past(new, analog, integer, collected, polls, mono, good)
