"""A recording as equipment: at each time asked for, the newest row recorded until then.

Rules. Nothing is made up between rows: a row older than AGE_LIMIT_PERIODS median steps is lost, as it was when it
was recorded. A value that was absent is absent. Points whose sign nobody knows are left out. Time is the recording's
own and comes with each call; there is no connection, no clock and no way to write.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ironkeep.adapters.equipment.recording.config import AGE_LIMIT_PERIODS, PERIOD_MIN_S, PROTOCOL
from ironkeep.codecs.mapping import canonical_unit
from ironkeep.model.errors import Refused
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.ids import PointName
from ironkeep.model.link import Link, LinkState, Particulars
from ironkeep.model.point import PointClass, PointKind, PointSpec, Symbol
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.model.recording import Intake, Track
from ironkeep.model.site import Device

SECOND_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Deck:
    """One track on its way: the device it stands for, its layout, its values (N, A) and the row shown last."""

    device: Device
    track: Track
    layout: FrameLayout
    limit_us: int

    def row(self, at_us: int) -> int:
        """The newest row until then, -1 before the first."""
        return int(np.searchsorted(self.track.at_us, at_us, side="right")) - 1


class RecordingReader:
    """A Reader (ports/reader.py) of the devices whose protocol is "recording", one track each, in the same order.

    Raises Refused when devices and tracks are not one to one.
    """

    def __init__(self, devices: Sequence[Device], tracks: Sequence[Track], intake: Intake) -> None:
        mine = [device for device in devices if device.protocol == PROTOCOL]
        if len(mine) != len(tracks):
            raise Refused(f"{len(mine)} devices for {len(tracks)} tracks", remedy="one device a track")
        self._decks = [_deck(device, track) for device, track in zip(mine, tracks, strict=True)]
        self._intake = intake
        self._at_us = 0

    async def run(self) -> None:
        """Wait until cancelled: the rows are here already."""
        await asyncio.get_running_loop().create_future()

    def frames(self, at_us: int) -> tuple[Frame, ...]:
        """One frame a track, of the newest row until `at_us`."""
        self._at_us = at_us
        return tuple(_frame(deck, at_us) for deck in self._decks)

    def links(self) -> tuple[Link, ...]:
        """One a device: up while its rows come, as of the frames given last."""
        return tuple(_link(deck, self._at_us, self._intake.name) for deck in self._decks)

    def particulars(self) -> tuple[Particulars, ...]:
        """What the recording says of itself: file and digest."""
        return tuple(
            Particulars(
                device=deck.device.id,
                asset=deck.device.asset,
                manufacturer="RECORDED",
                model=self._intake.name,
                serial=self._intake.digest,
            )
            for deck in self._decks
        )


def _deck(device: Device, track: Track) -> Deck:
    steps = np.diff(track.at_us)
    period_s = max(float(np.median(steps)) / SECOND_US if steps.size else 1.0, PERIOD_MIN_S)
    points = [name for name in track.values if name not in track.unsigned and name not in track.states]
    layout = FrameLayout(
        group=f"recording-{device.asset}",
        assets=(device.asset,),
        devices=(device.id,),
        analog=tuple(_spec(name) for name in points),
        integer=tuple(_state(name, words) for name, words in track.states.items()),
        period_s=period_s,
        age_limit_s=AGE_LIMIT_PERIODS * period_s,
    )
    return Deck(device, track, layout, int(AGE_LIMIT_PERIODS * period_s * SECOND_US))


def _spec(point: str) -> PointSpec:
    return PointSpec(
        name=PointName(point),
        unit=canonical_unit(point),
        kind=PointKind.ANALOG,
        point_class=PointClass.MEASUREMENT,
        source="recording",
    )


def _state(point: str, words: tuple[str, str]) -> PointSpec:
    """A point of two positions, by the words of the file."""
    return PointSpec(
        name=PointName(point),
        unit="",
        kind=PointKind.ENUM,
        point_class=PointClass.MEASUREMENT,
        source="recording",
        symbols=tuple(Symbol(value, word) for value, word in enumerate(words)),
    )


def _frame(deck: Deck, at_us: int) -> Frame:
    row = deck.row(at_us)
    seen = row >= 0 and at_us - int(deck.track.at_us[row]) <= deck.limit_us
    analog, states = (
        np.array([[deck.track.values[spec.name][row] if seen else np.nan for spec in specs]]).reshape(1, len(specs))
        for specs in (deck.layout.analog, deck.layout.integer)
    )
    known = np.isfinite(np.hstack((analog, states)))
    stamp = int(deck.track.at_us[row]) if row >= 0 else 0
    arrays = (
        np.where(np.isfinite(analog), analog, np.nan).astype(np.float32),
        np.where(np.isfinite(states), states, ABSENT_INTEGER).astype(np.int64),
        np.where(known, 0, int(Quality.ABSENT if seen else Quality.LOST)).astype(np.uint16),
        np.array([stamp], np.int64),
        np.array([row + 1], np.int64),
    )
    for each in arrays:
        each.flags.writeable = False
    return Frame(deck.layout, at_us, *arrays)


def _link(deck: Deck, at_us: int, name: str) -> Link:
    row = deck.row(at_us)
    stamp = int(deck.track.at_us[row]) if row >= 0 else 0
    is_up = row >= 0 and at_us - stamp <= deck.limit_us
    return Link(
        device=deck.device.id,
        asset=deck.device.asset,
        state=LinkState.UP if is_up else LinkState.DOWN if row >= 0 else LinkState.NEVER,
        address=f"recording {name}",
        reply_us=stamp,
        since_us=stamp,
        requests=row + 1,
        replies=row + 1,
        detail="" if is_up else "the recording holds no row here",
    )
