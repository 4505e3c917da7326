"""What the history's tests record: cells with known values, a clock that they set, a spine in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from ironkeep.facts.envelope import Body, Draft, Fact
from ironkeep.facts.seal import seal
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.ids import AssetId, DeviceId, PointName, SiteId
from ironkeep.model.point import PointClass, PointKind, PointSpec
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.model.time import SECOND_US, Now
from ironkeep.ports.facts import FactQuery

START_US = 1_795_132_800 * SECOND_US  # 2026-11-20T00:00:00Z
DAY_S = 86_400


def spec(name: str, kind: PointKind, unit: str = "") -> PointSpec:
    return PointSpec(name=PointName(name), unit=unit, kind=kind, point_class=PointClass.MEASUREMENT)


def layout(group: str = "cells", assets: int = 3, extra: int = 0) -> FrameLayout:
    """A group of `assets` rows with two analog columns (and `extra` more) and one integer column."""
    more = tuple(spec(f"voltage_{i:02d}_v", PointKind.ANALOG, "V") for i in range(extra))
    return FrameLayout(
        group=group,
        assets=tuple(AssetId(f"cab-a.s1.m{i:02d}") for i in range(assets)),
        devices=tuple(DeviceId("cab-a-bms") for _ in range(assets)),
        analog=(
            spec("cell_voltage_01_v", PointKind.ANALOG, "V"),
            spec("temperature_c", PointKind.ANALOG, "°C"),
            *more,
        ),
        integer=(spec("cycles", PointKind.COUNTER),),
        period_s=1.0,
        age_limit_s=5.0,
    )


def frame(
    shape: FrameLayout, turn: int, at_us: int, fresh: Sequence[bool] | None = None, polls: int | None = None
) -> Frame:
    """Frame number `turn`: every value tells its asset, point and turn. Of asset 1, turn 7 is stale and turn 11 NaN."""
    rows, analog = len(shape.assets), len(shape.analog)
    values = (
        np.float32(3.0)
        + np.arange(rows, dtype=np.float32)[:, None] * np.float32(0.25)
        + np.arange(analog, dtype=np.float32)[None, :]
        + np.float32(turn % 1000) * np.float32(0.001)
    ).astype(np.float32)
    integer = np.full((rows, len(shape.integer)), turn, np.int64)
    quality = np.zeros((rows, analog + len(shape.integer)), np.uint16)
    if turn == 7:
        quality[1, 0] = Quality.STALE
        integer[1, 0] = ABSENT_INTEGER
        quality[1, analog] = Quality.ABSENT
    if turn == 11:
        values[1, 0] = np.nan
        quality[1, 0] = Quality.ABSENT
    return Frame(
        layout=shape,
        at_us=at_us,
        analog=values,
        integer=integer,
        quality=quality,
        collected_us=np.full(rows, at_us - 20_000, np.int64) + np.arange(rows),
        polls=np.full(rows, turn if polls is None else polls, np.int64),
    )


@dataclass
class Clock:
    """A clock that the test moves. Monotonic time starts at an hour."""

    at_us: int = START_US
    mono_us: int = 3_600 * SECOND_US

    def __call__(self) -> Now:
        return Now(self.at_us, self.mono_us)

    def pass_s(self, seconds: float) -> None:
        self.at_us += int(seconds * SECOND_US)
        self.mono_us += int(seconds * SECOND_US)


@dataclass
class Spine:
    """Port: FactReader, in memory, with a way to put facts on it."""

    facts: list[Fact] = field(default_factory=list)

    def keep(self, bodies: Sequence[Body]) -> None:
        for body in bodies:
            _, data = seal(Draft(body, actor="engine"), len(self.facts), SiteId("site"), Now(START_US, 0))
            self.facts.append(msgspec.json.decode(data, type=Fact))

    def bodies(self) -> list[Body]:
        return [fact.typed() for fact in self.facts]

    def size(self) -> int:
        return len(self.facts)

    def checkpoint(self) -> bytes:
        return b""

    def read(self, first: int = 0, last: int | None = None) -> Iterator[Fact]:
        return iter(self.facts[first:last])

    def find(self, query: FactQuery) -> Sequence[Fact]:
        found = [fact for fact in self.facts if not query.kinds or fact.kind in query.kinds]
        return (found[::-1] if query.newest_first else found)[: query.limit]

    def inclusion(self, seq: int, size: int | None = None) -> tuple[bytes, ...]:
        return ()

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        return ()
