"""A Reader on a plant in the same process. Time is what `tick` was given; nothing here waits or connects.

It behaves as the wire does: a device that drops keeps its last row until the link counts as down, then its values are
LOST; a frozen device answers with values that no longer move.
"""

import asyncio

import numpy as np
from numpy.typing import NDArray

from ironkeep.model.frame import Frame
from ironkeep.model.ids import AssetId, DeviceId
from ironkeep.model.link import Link, LinkState, Particulars
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.twin.codes import Serving
from ironkeep.twin.plant import Plant
from tests.worlds.simulated import config
from tests.worlds.simulated.columns import Group, groups


class SimulatedReader:
    """Reads a plant each time it is told that a poll is due."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._groups = groups(plant.site)
        self._frames = [_blank(group) for group in self._groups]
        count = len(plant.site.devices)
        self._reply_us = np.zeros(count, np.int64)
        self._since_us = np.zeros(count, np.int64)
        self._missed = np.full(count, config.LOST_AFTER_POLLS, np.int64)
        self._replies = np.zeros(count, np.int64)
        self._asked = 0

    async def run(self) -> None:
        """Nothing to connect: a world calls `tick`. Waits until cancelled."""
        await asyncio.Event().wait()

    def tick(self, at_us: int) -> None:
        """Poll every device once at the wall time given."""
        self._asked += 1
        names = [device.id for device in self._plant.site.devices]
        answering = np.array([self._plant.served[name] != Serving.DROP for name in names])
        was_up = self._missed < config.LOST_AFTER_POLLS
        self._missed = np.where(answering, 0, self._missed + 1)
        up = self._missed < config.LOST_AFTER_POLLS
        self._since_us = np.where(was_up != up, at_us, self._since_us)
        self._reply_us = np.where(answering, at_us, self._reply_us)
        self._replies += answering
        self._frames = [
            _read(self._plant, group, old, at_us, answering, up)
            for group, old in zip(self._groups, self._frames, strict=True)
        ]

    def frames(self, at_us: int) -> tuple[Frame, ...]:
        """See ports/reader.py."""
        if not self._replies.any():
            return ()
        return tuple(
            Frame(f.layout, at_us, f.analog, f.integer, f.quality.copy(), f.collected_us, f.polls) for f in self._frames
        )

    def links(self) -> tuple[Link, ...]:
        """See ports/reader.py."""
        return tuple(
            Link(
                device=DeviceId(device.id),
                asset=AssetId(device.id),
                state=self._state(row),
                address=f"simulated:{device.id}",
                reply_us=int(self._reply_us[row]),
                since_us=int(self._since_us[row]),
                requests=self._asked,
                replies=int(self._replies[row]),
                timeouts=self._asked - int(self._replies[row]),
                detail="" if self._missed[row] == 0 else "no reply",
            )
            for row, device in enumerate(self._plant.site.devices)
        )

    def particulars(self) -> tuple[Particulars, ...]:
        """See ports/reader.py."""
        return tuple(
            Particulars(
                device=DeviceId(d.id),
                asset=AssetId(d.id),
                manufacturer=d.particulars.maker,
                model=d.particulars.model,
                version=d.particulars.firmware,
                serial=d.particulars.serial,
                chain=("simulated",),
            )
            for row, d in enumerate(self._plant.site.devices)
            if self._replies[row]
        )

    def _state(self, row: int) -> LinkState:
        if not self._replies[row]:
            return LinkState.NEVER
        return LinkState.UP if self._missed[row] < config.LOST_AFTER_POLLS else LinkState.DOWN


def _blank(group: Group) -> Frame:
    rows, analog, integer = len(group.layout.assets), len(group.analog), len(group.integer)
    return Frame(
        layout=group.layout,
        at_us=0,
        analog=np.full((rows, analog), np.nan, np.float32),
        integer=np.full((rows, integer), ABSENT_INTEGER, np.int64),
        quality=np.full((rows, analog + integer), Quality.LOST, np.uint16),
        collected_us=np.zeros(rows, np.int64),
        polls=np.zeros(rows, np.int64),
    )


def _read(
    plant: Plant, group: Group, old: Frame, at_us: int, answering: NDArray[np.bool_], up: NDArray[np.bool_]
) -> Frame:
    """The group's frame after one poll: rows of answering devices anew, the others as they were."""
    now, alive = answering[group.cards], up[group.cards]
    analog, integer = old.analog.copy(), old.integer.copy()
    for block, columns in ((analog, group.analog), (integer, group.integer)):
        for place, column in enumerate(columns):
            values = plant.signals[column.signal]
            taken = values[column.rows] if column.place < 0 else values[column.rows, column.place]
            block[now, place] = taken[now]
    quality = np.zeros_like(old.quality)
    quality[:, : analog.shape[1]][np.isnan(analog)] = np.uint16(Quality.ABSENT)
    quality[~alive] |= np.uint16(Quality.LOST)
    return Frame(
        layout=old.layout,
        at_us=at_us,
        analog=analog,
        integer=integer,
        quality=quality,
        collected_us=np.where(now, at_us, old.collected_us),
        polls=old.polls + now,
    )
