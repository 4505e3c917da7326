"""Telemetry in columns: a frame is one poll of a group of like assets, one row an asset, one column a point.

Three blocks: f4 analog values, i8 counters, bitfields and enums, u2 quality bits (analog columns first, then integer
columns). No Python object per reading anywhere between the wire and the history.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from ironkeep.model.ids import AssetId, DeviceId, PointName
from ironkeep.model.point import PointSpec


class FrameLayout(msgspec.Struct, frozen=True, dict=True):
    """The shape of a frame: who its rows are and what its columns are. Equal layouts have equal `digest`.

    `group` names what is alike ("sunspec-805x16"); `assets` and `devices` have one entry a row; `period_s` is how
    often a row is polled; a row older than `age_limit_s` is stale.
    """

    group: str
    assets: tuple[AssetId, ...]
    devices: tuple[DeviceId, ...]
    analog: tuple[PointSpec, ...]
    integer: tuple[PointSpec, ...]
    period_s: float
    age_limit_s: float

    @cached_property
    def digest(self) -> str:
        """Hex SHA-256 of the layout's own sorted JSON; the layout's id wherever bytes refer to it."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()

    @cached_property
    def analog_index(self) -> dict[PointName, int]:
        """Column in the analog block by point name."""
        return {spec.name: i for i, spec in enumerate(self.analog)}

    @cached_property
    def integer_index(self) -> dict[PointName, int]:
        """Column in the integer block by point name."""
        return {spec.name: i for i, spec in enumerate(self.integer)}

    @cached_property
    def row_index(self) -> dict[AssetId, int]:
        """Row by asset."""
        return {asset: i for i, asset in enumerate(self.assets)}

    @property
    def points(self) -> int:
        """Rows times columns: how many points one frame carries."""
        return len(self.assets) * (len(self.analog) + len(self.integer))


@dataclass(frozen=True, slots=True)
class Frame:
    """One frozen frame. R rows, A analog and I integer columns. Arrays are read-only once inside a picture.

    `analog` f4 (R, A), NaN where absent. `integer` i8 (R, I), ABSENT_INTEGER where absent. `quality` u2 (R, A + I).
    `collected_us` i8 (R,): wall time of the reply that filled the row, 0 if never. `polls` i8 (R,): replies so far
    for the row, so that a row that did not change since the last picture is told from one that was read again with
    equal values.
    """

    layout: FrameLayout
    at_us: int
    analog: NDArray[np.float32]
    integer: NDArray[np.int64]
    quality: NDArray[np.uint16]
    collected_us: NDArray[np.int64]
    polls: NDArray[np.int64]

    def column(self, point: str) -> NDArray[np.float64] | None:
        """The column of a point as f8 (R,), NaN where absent; None when the group has no such point."""
        name = PointName(point)
        if (col := self.layout.analog_index.get(name)) is not None:
            return self.analog[:, col].astype(np.float64)
        if (col := self.layout.integer_index.get(name)) is not None:
            raw = self.integer[:, col]
            return np.where(raw == np.iinfo(np.int64).min, np.nan, raw).astype(np.float64)
        return None

    def quality_of(self, point: str) -> NDArray[np.uint16] | None:
        """The quality bits of a point, u2 (R,); None when the group has no such point."""
        name = PointName(point)
        if (col := self.layout.analog_index.get(name)) is not None:
            return self.quality[:, col]
        if (col := self.layout.integer_index.get(name)) is not None:
            return self.quality[:, len(self.layout.analog) + col]
        return None
