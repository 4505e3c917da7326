"""The reader of everything that speaks Modbus/TCP.

Rules. Devices with the same host and port share one connection. Trouble of a device is a link state, a count or a
quality, never an exception. Nothing here can write: there is no code for it.
"""

import asyncio
from collections.abc import Sequence

import numpy as np

from ironkeep.adapters.equipment.modbus.board import Board
from ironkeep.adapters.equipment.modbus.config import DEVICES_MAX, Config
from ironkeep.adapters.equipment.modbus.line import Line
from ironkeep.adapters.equipment.modbus.station import Station
from ironkeep.codecs.definition import Knowledge
from ironkeep.codecs.unit import SUNSPEC
from ironkeep.model.errors import Refused
from ironkeep.model.frame import Frame
from ironkeep.model.link import Link, Particulars
from ironkeep.model.site import Device
from ironkeep.model.time import Clock

PROTOCOL = "modbus"


class ModbusReader:
    """A Reader (ports/reader.py) of the devices whose protocol is "modbus"; others are left alone, and so is every
    device that has a tap: it is listened to (safety S50).

    `knowledge` is what is known of equipment (packs/equipment/library.py), `clock` reads wall and monotonic time,
    `rng` spreads waits. Raises Refused when a device names a map that is not known or has an impossible number.
    """

    def __init__(
        self,
        devices: Sequence[Device],
        knowledge: Knowledge,
        clock: Clock,
        rng: np.random.Generator,
        config: Config | None = None,
    ) -> None:
        mine = [device for device in devices if device.protocol == PROTOCOL and not device.tap]
        if len(mine) > DEVICES_MAX:
            raise Refused(f"{len(mine)} devices", remedy=f"at most {DEVICES_MAX}: run a second site")
        for device in mine:
            _check(device, knowledge)
        wait = config or Config()
        self._clock = clock
        self._board = Board()
        self._stations = [Station(n, device, knowledge, self._board, wait, rng) for n, device in enumerate(mine)]
        addresses: dict[tuple[str, int], list[Station]] = {}
        for station in self._stations:
            addresses.setdefault((station.device.host, station.device.port), []).append(station)
        for (host, port), there in addresses.items():
            if any(station.device.tls != there[0].device.tls for station in there):
                raise Refused("devices with different tls share a connection", where=f"{host}:{port}")
        self._lines = [Line(stations, wait, clock, rng) for stations in addresses.values()]

    async def run(self) -> None:
        """Read until cancelled; then every connection is closed before this returns."""
        loop = asyncio.get_running_loop()
        for line in self._lines:
            line.start(loop)
        try:
            await loop.create_future()
        finally:
            await asyncio.gather(*(line.stop() for line in self._lines))

    def frames(self, at_us: int) -> tuple[Frame, ...]:
        """Copies of the newest frame of each group, stamped `at_us`; empty until a device has been described."""
        return self._board.frames(at_us, self._clock().mono_us)

    def links(self) -> tuple[Link, ...]:
        """One a device, declared order."""
        return tuple(station.link() for station in self._stations)

    def particulars(self) -> tuple[Particulars, ...]:
        """One a device described so far, declared order."""
        return tuple(station.particulars for station in self._stations if station.particulars is not None)


def _check(device: Device, knowledge: Knowledge) -> None:
    where = f"device {device.id}"
    for name in device.maps:
        if name != SUNSPEC and name not in knowledge.maps:
            there = ", ".join([SUNSPEC, *sorted(knowledge.maps)])
            raise Refused(f"no map {name!r}", where=where, remedy=f"one of {there}")
    if not 0 <= device.unit <= 255:
        raise Refused(f"unit {device.unit}", where=where, remedy="0 to 255")
    if not 1 <= device.port <= 65_535:
        raise Refused(f"port {device.port}", where=where, remedy="1 to 65535")
    if device.base is not None and not 0 <= device.base < 65_535:
        raise Refused(f"base {device.base}", where=where, remedy="0 to 65534")
    if device.power_sign not in (1, -1):
        raise Refused(f"power_sign {device.power_sign}", where=where, remedy="1 or -1")
    if not (device.period_s > 0 and device.timeout_s > 0 and device.reads_registers_max > 0):
        raise Refused("a period, timeout or number of registers of nothing", where=where, remedy="more than 0")
