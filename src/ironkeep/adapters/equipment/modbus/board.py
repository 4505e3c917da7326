"""The newest values of all devices, in groups of equal columns: rows of different devices stand in one frame.

Rules. 1. A group is named by model and shape (and by its period where that is not one second); rows stand in the order
in which devices are declared. 2. When a device is described anew its rows move, and the rows of the others keep their
values. 3. A row that was not read for its age limit, or never, is lost: its values are gone, not kept. 4. A row that
two devices claim stays with the first; that of the second is called `<asset>@<device>`, a
third of the same device `<asset>@<device>@2`.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ironkeep.adapters.equipment.modbus.config import AGE_LIMIT_PERIODS
from ironkeep.codecs.unit import Seat
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.ids import AssetId, DeviceId
from ironkeep.model.point import PointSpec
from ironkeep.model.quality import ABSENT_INTEGER, Quality

SECOND_US = 1_000_000


class Place:
    """The rows of one part of one device, once the board is settled: rows `start` to `stop` of `group`.

    `analog`, `integer` and `quality` are those rows of the group's arrays: what is written there stands in the group.
    """

    __slots__ = (
        *("analog", "at_us", "device", "fresh", "group", "integer", "mono_us"),
        *("order", "quality", "seat", "start", "stop"),
    )

    def __init__(self, order: int, device: DeviceId, seat: Seat, group: "Group") -> None:
        self.order, self.device, self.seat, self.group = order, device, seat, group
        self.start = self.stop = 0
        self.look()
        self.fresh = self.at_us = self.mono_us = 0  # whole polls not yet noted in the rows, and the time of the last

    def look(self) -> None:
        """Take hold of the rows, which the group has laid out."""
        rows, group = slice(self.start, self.stop), self.group
        self.analog, self.integer, self.quality = group.analog[rows], group.integer[rows], group.quality[rows]

    def note(self) -> None:
        """Write into the rows when they were read and how often."""
        if self.fresh:
            rows, group = slice(self.start, self.stop), self.group
            group.collected_us[rows] = self.at_us
            group.read_us[rows] = self.mono_us
            group.polls[rows] += self.fresh
            self.fresh = 0


class Group:
    """One group of rows with equal columns and period."""

    def __init__(
        self, name: str, analog: tuple[PointSpec, ...], integer: tuple[PointSpec, ...], period_s: float
    ) -> None:
        self.name, self.analog_specs, self.integer_specs, self.period_s = name, analog, integer, period_s
        self.places: list[Place] = []
        self.stale = False  # the places changed since the rows were laid out
        self._allocate((), ())

    def _allocate(self, assets: tuple[AssetId, ...], devices: tuple[DeviceId, ...]) -> None:
        rows, analog, integer = len(assets), len(self.analog_specs), len(self.integer_specs)
        self.layout = FrameLayout(
            group=self.name,
            assets=assets,
            devices=devices,
            analog=self.analog_specs,
            integer=self.integer_specs,
            period_s=self.period_s,
            age_limit_s=AGE_LIMIT_PERIODS * self.period_s,
        )
        self.analog = np.full((rows, analog), np.nan, np.float32)
        self.integer = np.full((rows, integer), ABSENT_INTEGER, np.int64)
        self.quality = np.full((rows, analog + integer), int(Quality.LOST), np.uint16)
        self.collected_us = np.zeros(rows, np.int64)
        self.read_us = np.zeros(rows, np.int64)  # monotonic
        self.polls = np.zeros(rows, np.int64)

    def _arrays(self) -> tuple[NDArray[Any], ...]:
        return self.analog, self.integer, self.quality, self.collected_us, self.read_us, self.polls

    def settle(self) -> None:
        """Lay the rows out anew; a row keeps its values when device and asset are the same."""
        self.stale = False
        for place in self.places:
            place.note()
        before = {key: row for row, key in enumerate(zip(self.layout.assets, self.layout.devices, strict=True))}
        old = self._arrays()
        self.places.sort(key=lambda place: place.order)
        assets: dict[AssetId, DeviceId] = {}
        claims: Counter[AssetId] = Counter()
        for place in self.places:
            place.start = len(assets)
            for asset in place.seat.assets:
                name = asset
                if name in assets:
                    name = AssetId(f"{asset}@{place.device}")
                    claims[name] += 1
                    if claims[name] > 1:
                        name = AssetId(f"{name}@{claims[name]}")
                assets[name] = place.device
            place.stop = len(assets)
        self._allocate(tuple(assets), tuple(assets.values()))
        kept = [(row, before[key]) for row, key in enumerate(assets.items()) if key in before]
        if kept:
            to, of = np.array(kept, np.intp).T
            new = self._arrays()
            for into, source in zip(new, old, strict=True):
                into[to] = source[of]
        for place in self.places:
            place.look()

    def frame(self, at_us: int, mono_us: int) -> Frame:
        """A copy, with what was not read in time lost."""
        for place in self.places:
            place.note()
        limit_us = int(self.layout.age_limit_s * SECOND_US)
        analog, integer, quality = self.analog.copy(), self.integer.copy(), self.quality.copy()
        lost = (mono_us - self.read_us > limit_us) | (self.polls == 0)
        if lost.any():
            analog[lost] = np.nan
            integer[lost] = ABSENT_INTEGER
            quality[lost] = int(Quality.LOST)
        collected_us, polls = self.collected_us.copy(), self.polls.copy()
        arrays: tuple[NDArray[Any], ...] = (analog, integer, quality, collected_us, polls)
        for each in arrays:
            each.flags.writeable = False
        return Frame(self.layout, at_us, analog, integer, quality, collected_us, polls)


class Board:
    """All groups of one reader."""

    def __init__(self) -> None:
        self._groups: dict[str, Group] = {}
        self._stale = False

    def seat(self, order: int, device: DeviceId, seats: Sequence[Seat], period_s: float) -> list[Place]:
        """Give a device its rows; they replace those that it had. Places hold after `settle`."""
        self.remove(device)
        found = []
        for seat in seats:
            group = self._group(seat, period_s)
            place = Place(order, device, seat, group)
            group.places.append(place)
            group.stale = self._stale = True
            found.append(place)
        return found

    def _group(self, seat: Seat, period_s: float) -> Group:
        name = seat.group if period_s == 1.0 else f"{seat.group}@{period_s:g}s"
        wanted, n = name, 1
        while name in self._groups:
            group = self._groups[name]
            if group.analog_specs == seat.analog and group.integer_specs == seat.integer:
                return group
            n += 1
            name = f"{wanted}-{n}"  # same model and shape, other columns: a map of the same name changed
        group = self._groups[name] = Group(name, seat.analog, seat.integer, period_s)
        return group

    def remove(self, device: DeviceId) -> None:
        """Take all rows of a device away."""
        for group in self._groups.values():
            kept = [place for place in group.places if place.device != device]
            if len(kept) != len(group.places):
                group.places = kept
                group.stale = self._stale = True

    def settle(self) -> None:
        """Lay out every group whose places changed."""
        if not self._stale:
            return
        self._stale = False
        for name, group in list(self._groups.items()):
            if group.stale:
                group.settle()
                if not group.places:
                    del self._groups[name]

    def frames(self, at_us: int, mono_us: int) -> tuple[Frame, ...]:
        """A copy of every group, by name."""
        self.settle()
        return tuple(group.frame(at_us, mono_us) for _, group in sorted(self._groups.items()))
