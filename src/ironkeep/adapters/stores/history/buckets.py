"""Putting a trend together: partial figures of several sources into equal buckets.

A source gives, for some buckets, low, sum, high, count and quality; the same bucket may come from several sources and
several times from one. Nothing is interpolated: a bucket that no usable sample fell into is NaN.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ironkeep.adapters.stores.history.minutes import MINUTE_US, usable


@dataclass(frozen=True, slots=True)
class Grid:
    """`many` buckets of `width_us` from `origin_us`; samples count when first_us <= t < last_us."""

    first_us: int
    last_us: int
    origin_us: int
    width_us: int
    many: int

    @property
    def coarse(self) -> bool:
        """Are buckets whole minutes, so that rollups serve?"""
        return self.width_us % MINUTE_US == 0 and self.origin_us % MINUTE_US == 0


def grid(first_us: int, last_us: int, buckets: int) -> Grid:
    """At most `buckets` equal buckets over the span; a minute or wider, they are whole minutes."""
    width = -(-(last_us - first_us) // buckets)
    if width < MINUTE_US:
        return Grid(first_us, last_us, first_us, width, -(-(last_us - first_us) // width))
    origin = first_us - first_us % MINUTE_US
    width = -(-(last_us - origin) // buckets)
    width = -(-width // MINUTE_US) * MINUTE_US
    return Grid(first_us, last_us, origin, width, -(-(last_us - origin) // width))


class Sum:
    """The figures of a grid, growing with each source."""

    def __init__(self, over: Grid) -> None:
        self.grid = over
        self.low = np.full(over.many, np.inf)
        self.high = np.full(over.many, -np.inf)
        self.total = np.zeros(over.many)
        self.count = np.zeros(over.many, np.int64)
        self.quality = np.zeros(over.many, np.uint16)

    def add(
        self,
        bucket: NDArray[np.int64],
        low: NDArray[np.float64],
        total: NDArray[np.float64],
        high: NDArray[np.float64],
        count: NDArray[np.int64],
        quality: NDArray[np.uint16],
    ) -> None:
        """Take up partial figures, one entry a bucket number; low, total and high are NaN where count is 0."""
        np.bitwise_or.at(self.quality, bucket, quality)
        some = count > 0
        bucket = bucket[some]
        np.minimum.at(self.low, bucket, low[some])
        np.maximum.at(self.high, bucket, high[some])
        np.add.at(self.total, bucket, total[some])
        np.add.at(self.count, bucket, count[some])

    def add_samples(
        self, at_us: NDArray[np.int64], values: NDArray[np.float32] | NDArray[np.int64], quality: NDArray[np.uint16]
    ) -> None:
        """Take up samples; those outside the span are left out."""
        inside = (at_us >= self.grid.first_us) & (at_us < self.grid.last_us)
        at_us, values, quality = at_us[inside], values[inside], quality[inside]
        good = usable(values, quality)
        real = np.where(good, values.astype(np.float64), np.nan)
        bucket = (at_us - self.grid.origin_us) // self.grid.width_us
        self.add(bucket, real, real, real, good.astype(np.int64), quality)

    def figures(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """low, mean and high of each bucket, NaN where there is no usable sample."""
        none = self.count == 0
        mean = np.where(none, np.nan, self.total / np.maximum(self.count, 1))
        return np.where(none, np.nan, self.low), mean, np.where(none, np.nan, self.high)
