"""A Modbus reader under watch, that waits for nothing long. For tests alone."""

from contextlib import AbstractAsyncContextManager

import numpy as np

from ironkeep.adapters.equipment.modbus.adapter import ModbusReader
from ironkeep.adapters.equipment.modbus.config import Config
from ironkeep.model.site import Device
from ironkeep.packs.equipment.library import knowledge
from ironkeep.programs.clock import now
from tests.adapters.equipment.modbus.plant import Plant
from tests.adapters.equipment.watch import Watch, watched

QUICK = Config(
    connect_timeout_s=1.0,
    reconnect_min_s=0.02,
    reconnect_max_s=0.2,
    retry_max_s=0.1,
    describe_again_s=0.2,
    start_spread_s=0.0,
)


def device(plant: Plant, name: str = "bms", **given: object) -> Device:
    """A device of the plant, polled quickly."""
    usual = {"asset": name, "protocol": "modbus", "host": "127.0.0.1", "port": plant.port, "period_s": 0.05}
    return Device(**{"id": name, **usual, **given})  # type: ignore[arg-type]


def watching(*devices: Device, config: Config = QUICK, known=None) -> AbstractAsyncContextManager[Watch]:
    """Run a reader of these devices."""
    return watched(ModbusReader(devices, known or knowledge(), now, np.random.default_rng(7), config))


def soc(watch: Watch, asset: str = "bms") -> float | None:
    """The state of charge shown for an asset."""
    return watch.value(asset, "soc_pct")
