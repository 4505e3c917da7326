"""Heartbeats: one that stands still while replies come is a frozen gateway; one that falls back to near zero is a
restart; one that goes back a little is a reading out of order. Without a heartbeat the detector is unavailable (S59).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ironkeep.decisions.telemetry.memory import Beat
from ironkeep.decisions.telemetry.plan import HEARTBEAT, Plan
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.model.frame import Frame
from ironkeep.model.gather import Bits
from ironkeep.model.ids import AssetId
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.model.time import SECOND_US, Now

RESTART_BELOW = 600  # a counter of seconds that fell back to less than ten minutes counts from a restart
HEARTBEAT_WRAP = 65_535  # SunSpec 802 Hb is a uint16, of which 65535 means "not implemented"
NO_VALUE = Quality.ABSENT | Quality.EXCEPTION | Quality.LOST


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the heartbeats say: endpoints frozen, endpoints that have one at all and whose is moving, assets restarted,
    endpoints whose heartbeat went back.
    """

    frozen: frozenset[int]
    beating: frozenset[int]
    having: frozenset[int]
    restarted: tuple[AssetId, ...]
    backwards: frozenset[int]


def feel(
    beats: dict[str, Beat], plan: Plan, frames: Sequence[Frame], policy: Policy, now: Now
) -> tuple[dict[str, Beat], Pulse]:
    """The heartbeats after this turn, by group, and what they say."""
    kept: dict[str, Beat] = {}
    frozen: set[int] = set()
    beating: set[int] = set()
    having: set[int] = set()
    backwards: set[int] = set()
    restarted: list[AssetId] = []
    for number, column in plan.places.where.get(HEARTBEAT, ()):
        frame, endpoint = frames[number], plan.shapes[number].endpoint
        at = column - len(frame.layout.analog)
        if at < 0:
            continue
        value = frame.integer[:, at]
        present = (value != ABSENT_INTEGER) & ((frame.quality[:, column] & np.uint16(NO_VALUE)) == 0)
        key = f"{frame.layout.group}/{frame.layout.digest}"
        old = beats.get(key)
        kept[key], still = _advance(old, frame, value, present, now)
        having.update(endpoint[kept[key].value != ABSENT_INTEGER].tolist())
        if old is None:
            continue
        back = present & (old.value != ABSENT_INTEGER) & (value < old.value)
        if back.any():
            wrapped = back & (value + HEARTBEAT_WRAP - old.value < RESTART_BELOW)
            again = back & ~wrapped & (value < RESTART_BELOW)
            backwards.update(endpoint[back & ~wrapped & ~again].tolist())
            restarted += [frame.layout.assets[row] for row in np.flatnonzero(again)]
        if still.any():
            long = now.mono_us - kept[key].moved_us >= policy.heartbeat_still_s * SECOND_US
            stuck = still & long & (kept[key].still >= policy.heartbeat_still_samples)
            frozen.update(endpoint[stuck].tolist())
        beating.update(endpoint[present & (kept[key].still == 0)].tolist())
    return kept, Pulse(
        frozenset(frozen), frozenset(beating - frozen), frozenset(having), tuple(restarted), frozenset(backwards)
    )


def _advance(
    old: Beat | None, frame: Frame, value: np.ndarray, present: np.ndarray, now: Now
) -> tuple[Beat, np.ndarray]:
    """The heartbeat columns after this turn, and which rows answered without a beat."""
    if old is None:
        moved = np.full(value.shape, now.mono_us, np.int64)
        return Beat(value, frame.polls, np.zeros(value.shape, np.int64), moved), np.zeros(value.shape, np.bool_)
    answered = present & (frame.polls != old.polls)
    same = answered & (value == old.value)
    moved = answered & ~same
    still = np.where(same, old.still + 1, np.where(moved, 0, old.still))
    last = np.where(answered, value, old.value)
    when = np.where(moved, now.mono_us, old.moved_us)
    return Beat(last, frame.polls, still, when), still > 0


def bits_for(pulse: Pulse, plan: Plan, frame: int) -> Bits:
    """Row bits u2 (R,) of a frame: FROZEN behind a frozen gateway, ORDER where the heartbeat went back."""
    endpoint = plan.shapes[frame].endpoint
    bits = np.zeros(endpoint.shape, np.uint16)
    if pulse.frozen:
        bits[np.isin(endpoint, list(pulse.frozen))] |= np.uint16(Quality.FROZEN)
    if pulse.backwards:
        bits[np.isin(endpoint, list(pulse.backwards))] |= np.uint16(Quality.ORDER)
    return bits
