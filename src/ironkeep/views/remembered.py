"""The site as it was read at a past moment: a scene drawn up from the history, for the same drawings as today's.

The drawings say themselves which points they need; those are looked up and no others. What was not read within the age
limit before the moment is not known, as it was then (S12).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ironkeep.model.frame import Frame
from ironkeep.model.ids import AssetId, PointName
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.model.trust import AssetTrust
from ironkeep.views.scene import Scene, Value

Key = tuple[AssetId, PointName]


@dataclass(frozen=True, slots=True)
class Sample:
    """One reading of the past: the number, NaN where there was none that could be used; its quality; when it came."""

    number: float
    quality: int
    at_us: int


@dataclass(frozen=True)
class Listening(Scene):
    """A scene that remembers which points it was asked for."""

    asked: set[Key] = field(default_factory=set)

    def value(self, asset: str, point: str, now_us: int) -> Value:
        """As every scene's."""
        self.asked.add((AssetId(asset), PointName(point)))
        return super().value(asset, point, now_us)


def asked_of(scene: Scene, draw: Callable[[Scene], object]) -> set[Key]:
    """The points that a drawing asks a scene for, of those that somebody reads."""
    told = {f.name: getattr(scene, f.name) for f in scene.__dataclass_fields__.values() if not f.name.startswith("_")}
    listening = Listening(**{name: value for name, value in told.items() if name != "asked"})
    draw(listening)
    read = {asset: {name for frame, _ in scene.rows_of(asset) for name in _names(frame)} for asset in scene.assets()}
    return {(asset, point) for asset, point in listening.asked if point in read.get(asset, ())}


def age_limit_s(scene: Scene, asset: AssetId) -> float:
    """How old a reading of the asset may be to count."""
    return max((frame.layout.age_limit_s for frame, _ in scene.rows_of(asset)), default=0.0)


def scene_of(today: Scene, at_us: int, trust: Iterable[AssetTrust], samples: Mapping[Key, Sample]) -> Scene:
    """The scene of a past moment: today's layouts, the samples of then, and the trust that stood."""
    frames = tuple(_frame(frame, at_us, samples) for frame in today.frames)
    return Scene(
        at_us=at_us,
        turn=0,
        frames=frames,
        trust={each.asset: each for each in trust},
        links=(),
        particulars=(),
        health=None,
        simulated=today.simulated,
        recorded=today.recorded,
    )


def _names(frame: Frame) -> list[PointName]:
    return [spec.name for spec in (*frame.layout.analog, *frame.layout.integer)]


def _frame(frame: Frame, at_us: int, samples: Mapping[Key, Sample]) -> Frame:
    """The frame without its values, and with those of then."""
    layout = frame.layout
    analog, integer = np.full_like(frame.analog, np.nan), np.full_like(frame.integer, ABSENT_INTEGER)
    quality = np.full_like(frame.quality, np.uint16(Quality.LOST))
    collected = np.zeros_like(frame.collected_us)
    for (asset, point), sample in samples.items():
        row = layout.row_index.get(asset)
        if row is None:
            continue
        if (col := layout.analog_index.get(point)) is not None:
            analog[row, col] = sample.number
        elif (col := layout.integer_index.get(point)) is not None:
            integer[row, col] = ABSENT_INTEGER if np.isnan(sample.number) else round(sample.number)
            col += len(layout.analog)
        else:
            continue
        quality[row, col] = sample.quality
        collected[row] = max(int(collected[row]), sample.at_us)
    return replace(frame, at_us=at_us, analog=analog, integer=integer, quality=quality, collected_us=collected)
