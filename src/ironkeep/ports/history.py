"""History: whole frames in, trends out. Appending is the engine's alone; readers never block it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ironkeep.facts.envelope import Body
from ironkeep.model.frame import Frame
from ironkeep.model.ids import AssetId, PointName


@dataclass(frozen=True, slots=True)
class Trend:
    """A trend in buckets: arrays of equal length B. NaN where a bucket holds no usable value, so gaps stay gaps.

    `at_us` i8 start of each bucket; `low`, `mean`, `high` f8 in the point's unit; `count` i8 samples in the bucket.
    `quality` u2 is the OR of the quality bits met.
    """

    asset: AssetId
    point: PointName
    unit: str
    at_us: NDArray[np.int64]
    low: NDArray[np.float64]
    mean: NDArray[np.float64]
    high: NDArray[np.float64]
    count: NDArray[np.int64]
    quality: NDArray[np.uint16]


class History(Protocol):
    """The writing side, owned by the engine."""

    def append(self, frames: Sequence[Frame], memory_digest: str) -> None:
        """Take the judged frames of one turn into the hot tier. Raises Unavailable when the disk refuses; nothing is half-written."""
        ...

    def outcomes(self) -> tuple[Body, ...]:
        """Facts due since the last call: segments sealed, compacted or expired in the background. Each is handed out once."""
        ...

    def close(self) -> None:
        """Flush and stop background work; an unfinished seal is finished at the next start."""
        ...


class HistoryReader(Protocol):
    """The reading side, for faces, in other processes, while the engine writes."""

    def trend(self, asset: AssetId, point: PointName, first_us: int, last_us: int, buckets: int) -> Trend:
        """At most `buckets` buckets of first_us <= t < last_us. Raises Refused when the asset or point was never recorded."""
        ...

    def points(self, asset: AssetId) -> tuple[PointName, ...]:
        """The points ever recorded of an asset."""
        ...
