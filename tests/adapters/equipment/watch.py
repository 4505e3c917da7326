"""A reader under watch: runs it beside a test's own story and waits for what it shows. For tests alone."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np

from ironkeep.model.frame import Frame
from ironkeep.model.link import Link
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.ports.reader import Reader
from ironkeep.programs.clock import now

HANG_S = 60.0  # a story that has not come true by then never will, however busy the machine


class Watch:
    """The reader and what it shows."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.task: asyncio.Task[None] | None = None

    @property
    def ended(self) -> bool:
        return self.task is None or self.task.done()

    def link(self, n: int = 0) -> Link:
        return self.reader.links()[n]

    def frames(self) -> tuple[Frame, ...]:
        return self.reader.frames(now().at_us)

    def frame(self, group: str) -> Frame | None:
        return next((frame for frame in self.frames() if frame.layout.group.split("@")[0] == group), None)

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
                if self.ended:
                    assert self.task is not None
                    self.task.result()
                await asyncio.sleep(0.005)


@asynccontextmanager
async def watched(reader: Reader) -> AsyncIterator[Watch]:
    """Run a reader; it is cancelled at the end, and must then have closed everything."""
    watch = Watch(reader)
    watch.task = asyncio.create_task(reader.run())
    try:
        yield watch
    finally:
        watch.task.cancel()
        await asyncio.gather(watch.task, return_exceptions=True)
