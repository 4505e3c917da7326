"""A reader under watch: runs it beside a test's own story and waits for what it shows. For tests alone."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import numpy as np

from ironkeep.adapters.equipment.modbus.adapter import ModbusReader
from ironkeep.adapters.equipment.modbus.config import Config
from ironkeep.model.link import Link
from ironkeep.model.site import Device
from ironkeep.packs.equipment.library import knowledge
from ironkeep.programs.clock import now
from tests.adapters.equipment.modbus.plant import Plant

QUICK = Config(
    connect_timeout_s=1.0,
    reconnect_min_s=0.02,
    reconnect_max_s=0.2,
    retry_max_s=0.1,
    describe_again_s=0.2,
    start_spread_s=0.0,
)
HANG_S = 20.0  # a story that has not come true by then never will


def device(plant: Plant, name: str = "bms", **given: object) -> Device:
    """A device of the plant, polled quickly."""
    usual = {"asset": name, "protocol": "modbus", "host": "127.0.0.1", "port": plant.port, "period_s": 0.05}
    return Device(**{"id": name, **usual, **given})  # type: ignore[arg-type]


class Watch:
    """The reader and what it shows."""

    def __init__(self, reader: ModbusReader) -> None:
        self.reader = reader
        self.task: asyncio.Task[None] | None = None

    @property
    def ended(self) -> bool:
        return self.task is None or self.task.done()

    def link(self, n: int = 0) -> Link:
        return self.reader.links()[n]

    def frame(self, group: str):
        return next((frame for frame in self.frames() if frame.layout.group.split("@")[0] == group), None)

    def frames(self):
        return self.reader.frames(now().at_us)

    def value(self, asset: str, point: str) -> float | None:
        for frame in self.frames():
            row = frame.layout.row_index.get(asset)
            column = frame.column(point)
            if row is not None and column is not None:
                return None if math.isnan(column[row]) else float(column[row])
        return None

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is so; a test that waits in vain fails by name."""
        async with asyncio.timeout(HANG_S):
            while not true():
                if self.ended:
                    assert self.task is not None
                    self.task.result()
                await asyncio.sleep(0.005)


@asynccontextmanager
async def watching(*devices: Device, config: Config = QUICK, known=None) -> AsyncIterator[Watch]:
    """Run a reader of these devices; it is cancelled at the end, and must then have closed everything."""
    watch = Watch(ModbusReader(devices, known or knowledge(), now, np.random.default_rng(7), config))
    watch.task = asyncio.create_task(watch.reader.run())
    try:
        yield watch
    finally:
        watch.task.cancel()
        await asyncio.gather(watch.task, return_exceptions=True)


def soc(watch: Watch, asset: str = "bms") -> float | None:
    """The state of charge shown for an asset."""
    return watch.value(asset, "soc_pct")
