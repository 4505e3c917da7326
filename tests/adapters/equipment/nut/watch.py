"""A NUT reader under watch, that waits for nothing long. For tests alone."""

from contextlib import AbstractAsyncContextManager

import numpy as np

from ironkeep.adapters.equipment.nut.adapter import NutReader
from ironkeep.adapters.equipment.nut.config import Config, Servers
from ironkeep.model.site import Device
from ironkeep.packs.nut.read import shipped
from ironkeep.programs.clock import now
from tests.adapters.equipment.watch import Watch, watched

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


def device(port: int, name: str = "ups-1", **given: object) -> Device:
    """A UPS behind a server, polled quickly."""
    usual = {"asset": name, "protocol": "nut", "host": "127.0.0.1", "port": port, "ups": name, "period_s": 0.05}
    return Device(**{"id": name, **usual, **given})  # type: ignore[arg-type]


def watching(
    *devices: Device, config: Config = QUICK, servers: Servers | None = None
) -> AbstractAsyncContextManager[Watch]:
    """Run a reader of these devices."""
    return watched(NutReader(devices, shipped(), servers or {}, now, np.random.default_rng(7), config))
