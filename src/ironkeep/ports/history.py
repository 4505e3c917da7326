"""History: whole frames in, trends out. Appending is the engine's alone; readers never block it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from ironkeep.facts.envelope import Body
from ironkeep.model.errors import Refused
from ironkeep.model.frame import Frame
from ironkeep.model.ids import AssetId, PointName


class HistoryPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long telemetry is kept, and in what form. Every number has its unit in its name.

    A stretch is sealed every `seal_every_s`. Its log stays for `hot_kept_s` after that, its raw samples for
    `raw_days`, its one-minute rollups for `minutes_days`. When everything together is more than `bytes_max`, the
    oldest raw samples go first, then the oldest rollups, but nothing that is younger than `days_min`.
    """

    seal_every_s: int = 900
    hot_kept_s: int = 7_200
    raw_days: int = 30
    minutes_days: int = 365
    days_min: int = 1
    bytes_max: int = 64_000_000_000

    def __post_init__(self) -> None:
        wrong = (
            (self.seal_every_s < 1, "seal_every_s", "1 or more; 900 is a quarter of an hour"),
            (self.hot_kept_s < 0, "hot_kept_s", "0 or more"),
            (self.days_min < 0, "days_min", "0 or more"),
            (self.raw_days < max(self.days_min, 1), "raw_days", "1 or more, and not less than days_min"),
            (self.minutes_days < self.raw_days, "minutes_days", "not less than raw_days"),
            (self.bytes_max < 1, "bytes_max", "1 or more"),
        )
        for bad, key, remedy in wrong:
            if bad:
                raise Refused(f"{key} is {getattr(self, key)}", where=f"history policy, {key}", remedy=remedy)

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the policy's sorted JSON; what an expiry names."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


@dataclass(frozen=True, slots=True)
class Trend:
    """A trend in buckets: arrays of equal length B. NaN where a bucket holds no usable value, so gaps stay gaps.

    `at_us` i8 start of each bucket; `low`, `mean`, `high` f8 in the point's unit over the usable samples, of which
    there are `count` i8 in the bucket. `quality` u2 is the OR of the quality bits of all samples met, usable or not.
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

    @property
    def trouble(self) -> str:
        """Why sealing, compacting or expiring fails now, in words; empty when it does not."""
        ...

    def append(self, frames: Sequence[Frame], memory_digest: str) -> None:
        """Take the judged frames of one turn into the hot tier; durable when it returns. A frame in which no row was
        read again is not written. An empty digest says nothing new. Raises Unavailable when the disk refuses; nothing
        is half-written.
        """
        ...

    def outcomes(self) -> tuple[Body, ...]:
        """Facts due since the last call: segments sealed, compacted or expired in the background. Each is handed out
        once; one that was never committed is handed out again at the next start.
        """
        ...

    def close(self) -> None:
        """Flush and stop background work; an unfinished seal is finished at the next start."""
        ...


class HistoryReader(Protocol):
    """The reading side, for faces, in other processes, while the engine writes."""

    def trend(self, asset: AssetId, point: PointName, first_us: int, last_us: int, buckets: int) -> Trend:
        """At most `buckets` equal buckets over first_us <= t < last_us, t being when a sample was collected. Buckets
        of a minute or longer are whole minutes, the first starting at the minute of `first_us`. Raises Refused when
        the asset or point was never recorded, or the span or the buckets make no sense.
        """
        ...

    def points(self, asset: AssetId) -> tuple[PointName, ...]:
        """The points ever recorded of an asset; empty when there is none."""
        ...
