"""A reader under watch: runs it beside a test's own story and waits for what it shows. For tests alone."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np

from ironkeep.adapters.equipment.nut.adapter import NutReader
from ironkeep.adapters.equipment.nut.config import Config, Servers
from ironkeep.model.link import Link
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.model.site import Device
from ironkeep.packs.nut.read import shipped
from ironkeep.programs.clock import now

QUICK = Config(
    period_min_s=0.02,
    connect_timeout_s=1.0,
    reconnect_min_s=0.02,
    reconnect_max_s=0.2,
    retry_max_s=0.1,
    unknown_again_s=0.1,
    steady_s=0.1,
    start_spread_s=0.0,
    close_s=0.2,
)
HANG_S = 20.0  # a story that has not come true by then never will


def device(port: int, name: str = "ups-1", **given: object) -> Device:
    """A UPS behind a server, polled quickly."""
    usual = {"asset": name, "protocol": "nut", "host": "127.0.0.1", "port": port, "ups": name, "period_s": 0.05}
    return Device(**{"id": name, **usual, **given})  # type: ignore[arg-type]


class Watch:
    """The reader and what it shows."""

    def __init__(self, reader: NutReader) -> None:
        self.reader = reader
        self.task: asyncio.Task[None] | None = None

    def link(self, n: int = 0) -> Link:
        return self.reader.links()[n]

    def frames(self):
        return self.reader.frames(now().at_us)

    def shown(self, asset: str, point: str) -> tuple[float | None, Quality] | None:
        """Value (None where it is missing) and quality of a point; None when there is no such point."""
        for frame in self.frames():
            row, column = frame.layout.row_index.get(asset), frame.column(point)
            if row is not None and column is not None:
                value = None if math.isnan(column[row]) else float(column[row])
                bits = frame.quality_of(point)
                assert bits is not None
                return value, Quality(int(bits[row]))
        return None

    def value(self, asset: str, point: str) -> float | None:
        shown = self.shown(asset, point)
        return None if shown is None else shown[0]

    def whole(self) -> bool:
        """Does every missing value have a reason, and no other value one?"""
        for frame in self.frames():
            missing = np.concatenate([np.isnan(frame.analog), frame.integer == ABSENT_INTEGER], axis=1)
            if not np.array_equal(missing, frame.quality != 0):
                return False
        return True

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is so; a test that waits in vain fails by name."""
        async with asyncio.timeout(HANG_S):
            while not true():
                assert self.task is not None
                if self.task.done():
                    self.task.result()
                await asyncio.sleep(0.005)


@asynccontextmanager
async def watching(*devices: Device, config: Config = QUICK, servers: Servers | None = None) -> AsyncIterator[Watch]:
    """Run a reader of these devices; it is cancelled at the end, and must then have closed everything."""
    watch = Watch(NutReader(devices, shipped(), servers or {}, now, np.random.default_rng(7), config))
    watch.task = asyncio.create_task(watch.reader.run())
    try:
        yield watch
    finally:
        watch.task.cancel()
        await asyncio.gather(watch.task, return_exceptions=True)
