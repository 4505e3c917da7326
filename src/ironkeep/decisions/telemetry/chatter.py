"""Points that change to and fro: contacts, states and bits that chatter (telemetry.md section 6).

Each change counts one and fades within a minute. Cells and other columns of which there are many are left out:
balancing goes on and off by its nature.
"""

import re
from dataclasses import dataclass
from typing import Final

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
MANY = re.compile(r".*_\d{2,3}(_.*)?")


@dataclass(frozen=True, slots=True)
class Chatter:
    """What is watched of one frame, (R, C) each: last values, faded changes, and what chatters now."""

    layout: FrameLayout
    columns: Rows
    value: NDArray[np.int64]
    changes: NDArray[np.float32]
    active: NDArray[np.bool_]
    seen_us: int

    def names(self) -> list[tuple[str, str, int]]:
        """Asset, point and changes in about a minute, of all that chatters."""
        found = []
        for row, column in zip(*np.nonzero(self.active), strict=True):
            spec = self.layout.integer[self.columns[column]]
            found.append((str(self.layout.assets[row]), str(spec.name), round(float(self.changes[row, column]))))
        return found


def begin(layout: FrameLayout) -> Chatter | None:
    """A new watch over a layout; None where it has nothing that could chatter."""
    columns = np.array([i for i, spec in enumerate(layout.integer) if _chatters(spec)])
    if not columns.size:
        return None
    shape = (len(layout.assets), columns.size)
    nothing = np.full(shape, ABSENT_INTEGER, np.int64)
    return Chatter(layout, columns, nothing, np.zeros(shape, np.float32), np.zeros(shape, np.bool_), 0)


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
    any_changed = bool(changed.any())
    if not any_changed and not watch.changes.any():
        return watch if watch.seen_us else _kept(watch, np.where(there, value, watch.value), watch.changes, now)
    fade = np.float32(np.exp(-(now.mono_us - watch.seen_us) / (FADE_S * SECOND_US)))
    return _kept(watch, np.where(there, value, watch.value), watch.changes * fade + changed, now)


def _kept(watch: Chatter, value: NDArray[np.int64], changes: NDArray[np.float32], now: Now) -> Chatter:
    changes = np.where(changes < 0.01, np.float32(0.0), changes)
    active = (changes >= CHATTERS) | (watch.active & (changes >= QUIET))
    return Chatter(watch.layout, watch.columns, value, changes, active, now.mono_us)
