"""Points that change to and fro: contacts, states and bits that chatter (telemetry.md section 6).

Each change counts one and fades within a minute. Cells and other columns of which there are many are left out:
balancing goes on and off by its nature. What several devices do together has one cause outside of them, such as dips of
the utility; what one does alone is its own contact or limit.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.gather import Rows
from ironkeep.model.point import PointClass, PointKind, PointSpec
from ironkeep.model.quality import ABSENT_INTEGER
from ironkeep.model.time import SECOND_US, Now

FADE_S: Final = 60.0
CHATTERS: Final = 5.0  # faded changes: five a minute on end, or six at once; ISA-18.2 calls three alarms a minute so
QUIET: Final = 0.5  # faded changes below which it is over: about two and a half minutes without one
NOTHING: Final = 0.01  # faded changes below which none are left
BEGUN_US: Final = 40 * SECOND_US  # begun within this: together; a poll a second misses dips of a second
LAST_US: Final = 20 * SECOND_US  # last moved within this: still together
AS_OFTEN: Final = 0.4  # of two that move together the slower moved at least so often as the other
EVENT_DEVICES: Final = 3  # moving together share an event; two may be one UPS told two ways
CROWD: Final = 200  # beyond so many points that move at once nobody looks for a worn contact
MANY = re.compile(r".*_\d{2,3}(_.*)?")


class Mover(NamedTuple):
    """One point that moved of late: since when (monotonic), whose, how often in about a minute, and when last."""

    began_us: int
    asset: str
    point: str
    device: str
    changes: float
    last_us: int
    chatters: bool

    def beside(self, other: "Mover") -> bool:
        """Did the other move together with this one?"""
        near = abs(self.began_us - other.began_us) <= BEGUN_US and abs(self.last_us - other.last_us) <= LAST_US
        less, more = sorted((self.changes, other.changes))
        return near and less >= AS_OFTEN * more


@dataclass(frozen=True, slots=True)
class Chatter:
    """What is watched of one frame, (R, C) each: last values, faded changes, when they began and when the last was
    (monotonic), and what chatters now.
    """

    layout: FrameLayout
    columns: Rows
    value: NDArray[np.int64]
    changes: NDArray[np.float32]
    began_us: NDArray[np.int64]
    last_us: NDArray[np.int64]
    active: NDArray[np.bool_]
    seen_us: int

    def movers(self, least: float, after_us: int) -> list[Mover]:
        """Every point with at least so many changes that are not faded yet, the last of them after a moment."""
        found = []
        for row, column in zip(*np.nonzero((self.changes >= least) & (self.last_us >= after_us)), strict=True):
            at = (row, column)
            spec = self.layout.integer[self.columns[column]]
            found.append(
                Mover(
                    int(self.began_us[at]),
                    str(self.layout.assets[row]),
                    str(spec.name),
                    str(self.layout.devices[row]),
                    float(self.changes[at]),
                    int(self.last_us[at]),
                    bool(self.active[at]),
                )
            )
        return found


def apart(watches: Iterable[Chatter]) -> tuple[list[Mover], list[Mover]]:
    """What chatters alone; and what moves together with what chatters, on several devices, first mover first."""
    watched = list(watches)
    busy = [watch for watch in watched if watch.active.any()]
    if not busy:
        return [], []
    least = AS_OFTEN * min(float(watch.changes[watch.active].min()) for watch in busy)
    after_us = min(int(watch.last_us[watch.active].min()) for watch in busy) - LAST_US
    movers = sorted(mover for watch in watched for mover in watch.movers(least, after_us))
    if len(movers) > CROWD:
        return [], movers
    alone: list[Mover] = []
    together: set[Mover] = set()
    for mover in movers:
        if mover.chatters:
            beside = [other for other in movers if mover.beside(other)]
            if len({other.device for other in beside}) >= EVENT_DEVICES:
                together.update(beside)
            else:
                alone.append(mover)
    return alone, sorted(together)


def begin(layout: FrameLayout) -> Chatter | None:
    """A new watch over a layout; None where it has nothing that could chatter."""
    columns = np.array([i for i, spec in enumerate(layout.integer) if _chatters(spec)])
    if not columns.size:
        return None
    shape = (len(layout.assets), columns.size)
    nothing, never = np.full(shape, ABSENT_INTEGER, np.int64), np.zeros(shape, np.int64)
    changes, active = np.zeros(shape, np.float32), np.zeros(shape, np.bool_)
    return Chatter(layout, columns, nothing, changes, never, never, active, 0)


def _chatters(spec: PointSpec) -> bool:
    """Is the point a state or a set of bits? An enum without named states is a number of something, such as of the
    hottest cell, and may wander.
    """
    if spec.point_class is not PointClass.MEASUREMENT or MANY.fullmatch(spec.name):
        return False
    return spec.kind is PointKind.BITFIELD or (spec.kind is PointKind.ENUM and bool(spec.symbols))


def look(watch: Chatter, frame: Frame, now: Now) -> Chatter:
    """The watch after this turn."""
    value = frame.integer[:, watch.columns]
    there = value != ABSENT_INTEGER
    changed = there & (value != watch.value) & (watch.value != ABSENT_INTEGER)
    kept = np.where(there, value, watch.value)
    if not changed.any() and not watch.changes.any():
        return watch if np.array_equal(kept, watch.value) else replace(watch, value=kept, seen_us=now.mono_us)
    fade = np.float32(np.exp(-(now.mono_us - watch.seen_us) / (FADE_S * SECOND_US)))
    faded = watch.changes * fade
    changes = np.where(faded + changed < NOTHING, np.float32(0.0), faded + changed)
    return replace(
        watch,
        value=kept,
        changes=changes,
        began_us=np.where(changed & (faded < QUIET), now.mono_us, watch.began_us),
        last_us=np.where(changed, now.mono_us, watch.last_us),
        active=(changes >= CHATTERS) | (watch.active & (changes >= QUIET)),
        seen_us=now.mono_us,
    )
