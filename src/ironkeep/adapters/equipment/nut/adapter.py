"""The reader of everything that an upsd speaks for.

Rules. Devices with the same host and port share one connection. Trouble of a device is a link state, a count or a
quality, never an exception. UPSes with the same columns and period stand in one frame. Nothing here can change
anything at a UPS: there is no code for it.
"""

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ironkeep.adapters.equipment.nut.config import AGE_LIMIT_PERIODS, DEVICES_MAX, Config, Servers
from ironkeep.adapters.equipment.nut.line import Line
from ironkeep.adapters.equipment.nut.station import Station
from ironkeep.codecs.lexicon import Columns, Lexicon
from ironkeep.codecs.nut import is_name
from ironkeep.model.errors import Refused
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.ids import AssetId
from ironkeep.model.link import Link, Particulars
from ironkeep.model.site import Device
from ironkeep.model.time import SECOND_US, Clock

PROTOCOL = "nut"


class NutReader:
    """A Reader (ports/reader.py) of the devices whose protocol is "nut"; others are left alone.

    `lexicon` is what is known of variables (packs/nut), `servers` how servers want to be spoken to (config.py), `clock`
    reads wall and monotonic time, `rng` spreads waits. Raises Refused for a device that names no UPS or an impossible
    number.
    """

    def __init__(
        self,
        devices: Sequence[Device],
        lexicon: Lexicon,
        servers: Servers,
        clock: Clock,
        rng: np.random.Generator,
        config: Config | None = None,
    ) -> None:
        mine = [device for device in devices if device.protocol == PROTOCOL]
        if len(mine) > DEVICES_MAX:
            raise Refused(f"{len(mine)} devices", remedy=f"at most {DEVICES_MAX}: run a second site")
        for device in mine:
            _check(device)
        waits = config or Config()
        self._clock = clock
        self._stations = [Station(device, lexicon, waits, rng) for device in mine]
        lines: dict[tuple[str, int], list[Station]] = {}
        for station in self._stations:
            lines.setdefault((station.device.host, station.device.port), []).append(station)
        self._lines = [
            Line(stations, servers.get(f"{host}:{port}"), waits, clock, rng) for (host, port), stations in lines.items()
        ]
        self._layouts: dict[tuple[object, ...], FrameLayout] = {}

    async def run(self) -> None:
        """Read until cancelled; then every connection is closed before this returns."""
        tasks = [asyncio.create_task(line.run()) for line in self._lines]
        try:
            await asyncio.gather(*tasks, asyncio.get_running_loop().create_future())
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def frames(self, at_us: int) -> tuple[Frame, ...]:
        """Copies of the newest rows, stamped `at_us`, one frame for all UPSes with the same columns and period; empty
        until one has answered.
        """
        groups: dict[tuple[object, ...], list[Station]] = {}
        for station in self._stations:
            if station.columns is not None:
                groups.setdefault((station.columns.names, station.period_us), []).append(station)
        mono_us = self._clock().mono_us
        return tuple(self._frame(stations, at_us, mono_us) for stations in groups.values())

    def _frame(self, stations: list[Station], at_us: int, mono_us: int) -> Frame:
        columns = stations[0].columns
        assert columns is not None
        layout = self._layout(stations, columns)
        limit_us = int(layout.age_limit_s * SECOND_US)
        lost = columns.lost()
        rows = [lost if mono_us - each.read_us > limit_us else each.values for each in stations]
        arrays: tuple[NDArray[Any], ...] = (
            np.stack([row.analog for row in rows]),
            np.stack([row.integer for row in rows]),
            np.stack([row.quality for row in rows]),
            np.array([station.reply_us for station in stations], np.int64),
            np.array([station.polls for station in stations], np.int64),
        )
        for each in arrays:
            each.flags.writeable = False
        return Frame(layout, at_us, *arrays)

    def _layout(self, stations: list[Station], columns: Columns) -> FrameLayout:
        """The layout of a group; the same object as long as group and rows are the same."""
        period_s = stations[0].period_us / SECOND_US
        key = (columns.names, period_s, tuple(station.device.id for station in stations))
        if key not in self._layouts:
            taken: set[AssetId] = set()
            assets = []
            for station in stations:
                asset, device = station.device.asset, station.device.id
                assets.append(AssetId(f"{asset}@{device}") if asset in taken else asset)
                taken.add(asset)
            shape = hashlib.sha256(" ".join(sorted(columns.names)).encode()).hexdigest()[:6]
            name = f"nut-{shape}" if period_s == 1.0 else f"nut-{shape}@{period_s:g}s"
            self._layouts[key] = FrameLayout(
                group=name,
                assets=tuple(assets),
                devices=tuple(station.device.id for station in stations),
                analog=columns.analog,
                integer=columns.integer,
                period_s=period_s,
                age_limit_s=AGE_LIMIT_PERIODS * period_s,
            )
        return self._layouts[key]

    def links(self) -> tuple[Link, ...]:
        """One a device, declared order."""
        return tuple(station.link() for station in self._stations)

    def particulars(self) -> tuple[Particulars, ...]:
        """One a device that has answered, declared order."""
        return tuple(station.particulars for station in self._stations if station.particulars is not None)


def _check(device: Device) -> None:
    where = f"device {device.id}"
    if not is_name(device.ups):
        raise Refused(f"ups {device.ups!r}", where=where, remedy="the name that upsd gives it: see `ironkeep discover`")
    if not 1 <= device.port <= 65_535:
        raise Refused(f"port {device.port}", where=where, remedy="1 to 65535; 3493 as a rule")
    if device.power_sign not in (1, -1):
        raise Refused(f"power_sign {device.power_sign}", where=where, remedy="1 or -1")
    if not (device.period_s > 0 and device.timeout_s > 0):
        raise Refused("a period or timeout of nothing", where=where, remedy="more than 0")
