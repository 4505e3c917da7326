"""The reader of everything that is listened to.

Rules. 1. Nothing here can open a connection to a device: it is given packets that a capturer saw (safety S50).
2. Devices with the same tap share its stream. 3. Trouble of a tap or a device is a link state or a quality, never an
exception.
"""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ironkeep.adapters.equipment.passive.config import AGE_LIMIT_PERIODS, DEVICES_MAX, Config
from ironkeep.adapters.equipment.passive.station import Station
from ironkeep.adapters.equipment.passive.tap import Tap
from ironkeep.codecs.definition import Knowledge
from ironkeep.codecs.overheardunit import Rows
from ironkeep.codecs.unit import SUNSPEC, Seat
from ironkeep.model.errors import Refused
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.ids import AssetId
from ironkeep.model.link import Link, Particulars
from ironkeep.model.site import Device
from ironkeep.model.time import Clock

_Key = tuple[str, Any, Any]
_Part = tuple[Station, Seat, Rows, NDArray[np.int64]]


class PassiveReader:
    """A Reader (ports/reader.py) of the devices that have a tap; others are left alone.

    `knowledge` is what is known of equipment (packs/equipment/library.py), `clock` reads wall and monotonic time.
    Raises Refused when a device names a map that is not known, or there are too many.
    """

    def __init__(
        self, devices: Sequence[Device], knowledge: Knowledge, clock: Clock, config: Config | None = None
    ) -> None:
        mine = [device for device in devices if device.tap]
        if len(mine) > DEVICES_MAX:
            raise Refused(f"{len(mine)} devices with a tap", remedy=f"at most {DEVICES_MAX}: run a second site")
        for device in mine:
            for name in device.maps:
                if name != SUNSPEC and name not in knowledge.maps:
                    there = ", ".join([SUNSPEC, *sorted(knowledge.maps)])
                    raise Refused(f"no map {name!r}", where=f"device {device.id}", remedy=f"one of {there}")
        self._clock = clock
        self._stations = [Station(device, knowledge) for device in mine]
        paths: dict[str, list[Station]] = {}
        for station in self._stations:
            paths.setdefault(station.device.tap, []).append(station)
        self.taps = {path: Tap(path, there, config or Config(), clock) for path, there in paths.items()}
        self._layouts: dict[object, FrameLayout] = {}

    async def run(self) -> None:
        """Listen until cancelled; then every tap is closed before this returns."""
        tasks = [asyncio.create_task(tap.run()) for tap in self.taps.values()]
        try:
            await asyncio.gather(*tasks, asyncio.get_running_loop().create_future())
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def frames(self, at_us: int) -> tuple[Frame, ...]:
        """What may be said now, stamped `at_us`, one frame for all rows with the same columns and period; empty until
        the layout of a device is known.
        """
        now = self._clock()
        for tap in self.taps.values():
            tap.settle(now)
        groups: dict[_Key, list[_Part]] = {}
        for station in self._stations:
            station.look(now)
            for key, part in _parts(station):
                groups.setdefault(key, []).append(part)
        return tuple(
            self._frame(key, parts, at_us) for key, parts in sorted(groups.items(), key=lambda each: each[0][0])
        )

    def _frame(self, key: _Key, parts: list[_Part], at_us: int) -> Frame:
        arrays: tuple[NDArray[Any], ...] = (
            np.concatenate([rows.analog for _, _, rows, _ in parts]),
            np.concatenate([rows.integer for _, _, rows, _ in parts]),
            np.concatenate([rows.quality for _, _, rows, _ in parts]),
            np.concatenate([rows.at_us for _, _, rows, _ in parts]),
            np.concatenate([polls for *_, polls in parts]),
        )
        for each in arrays:
            each.flags.writeable = False
        return Frame(self._layout(key, parts), at_us, *arrays)

    def _layout(self, key: _Key, parts: list[_Part]) -> FrameLayout:
        """The layout of a group; the same object as long as its rows are the same."""
        known = (key, tuple((station.device.id, seat.assets) for station, seat, *_ in parts))
        if known not in self._layouts:
            rows = [(asset, station.device.id) for station, seat, *_ in parts for asset in seat.assets]
            taken: set[AssetId] = set()
            assets = []
            for asset, device in rows:
                assets.append(AssetId(f"{asset}@{device}") if asset in taken else asset)
                taken.add(asset)
            name, analog, integer = key
            period_s = parts[0][0].period_s
            self._layouts[known] = FrameLayout(
                group=name,
                assets=tuple(assets),
                devices=tuple(device for _, device in rows),
                analog=analog,
                integer=integer,
                period_s=period_s,
                age_limit_s=AGE_LIMIT_PERIODS * period_s,
            )
        return self._layouts[known]

    def links(self) -> tuple[Link, ...]:
        """One a device, declared order."""
        taps = [(station, self.taps[station.device.tap]) for station in self._stations]
        return tuple(
            station.link(tap.trouble, tap.gaps, tap.talks(station), crowded=tap.crowded) for station, tap in taps
        )

    def particulars(self) -> tuple[Particulars, ...]:
        """One a device of which all was heard that it says of itself, declared order."""
        return tuple(station.particulars for station in self._stations if station.particulars is not None)


def _parts(station: Station) -> Iterator[tuple[_Key, _Part]]:
    """The parts of a station's layout, each with what it may share a frame with."""
    if station.layout is None:
        return
    for seat, rows, polls in zip(station.layout.plan.seats, station.rows, station.polls, strict=True):
        pace = "" if station.period_s == 1.0 else f"{station.period_s:g}s-"
        yield (f"{seat.group}@{pace}tap", seat.analog, seat.integer), (station, seat, rows, polls)
