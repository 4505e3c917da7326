"""The last hour of what every page shows as a sparkline, kept in memory so that no page asks the history for it.

One bucket a minute: lowest, mean and highest of the known values. A minute without a known value is a gap.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ironkeep.model.time import SECOND_US

BUCKET_US = 60 * SECOND_US
BUCKETS = 60
SERIES_MAX = 2_000  # further series are not kept; their sparkline is empty


@dataclass(frozen=True, slots=True)
class Series:
    """Buckets in order of time; NaN where nothing was known."""

    at_us: NDArray[np.int64]
    low: NDArray[np.float64]
    mean: NDArray[np.float64]
    high: NDArray[np.float64]


class Recent:
    """A ring of minutes for each (asset, point)."""

    def __init__(self) -> None:
        self._keys: dict[tuple[str, str], int] = {}
        self._low = np.full((0, BUCKETS), np.nan)
        self._high = np.full((0, BUCKETS), np.nan)
        self._sum = np.zeros((0, BUCKETS))
        self._count = np.zeros((0, BUCKETS), np.int64)
        self._newest = 0

    def note(self, at_us: int, values: dict[tuple[str, str], float | None]) -> None:
        """Take the values of one turn; None marks one that is not known."""
        minute = at_us // BUCKET_US
        self._advance(minute)
        slot = minute % BUCKETS
        if minute <= self._newest - BUCKETS:
            return
        for key, number in values.items():
            row = self._row(key)
            if row is None or number is None:
                continue
            self._low[row, slot] = np.fmin(self._low[row, slot], number)
            self._high[row, slot] = np.fmax(self._high[row, slot], number)
            self._sum[row, slot] += number
            self._count[row, slot] += 1

    def fill(self, key: tuple[str, str], at_us: NDArray[np.int64], mean: NDArray[np.float64]) -> None:
        """Take older minutes from the history, where this minute holds nothing yet."""
        row = self._row(key)
        for at, number in zip(at_us.tolist(), mean.tolist(), strict=True):
            minute = at // BUCKET_US
            if row is None or not np.isfinite(number) or not self._newest - BUCKETS < minute <= self._newest:
                continue
            slot = minute % BUCKETS
            if not self._count[row, slot]:
                self._low[row, slot] = self._high[row, slot] = self._sum[row, slot] = number
                self._count[row, slot] = 1

    def series(self, asset: str, point: str, now_us: int) -> Series:
        """The hour before `now_us`, oldest first; always BUCKETS long."""
        minutes = np.arange(now_us // BUCKET_US - BUCKETS + 1, now_us // BUCKET_US + 1)
        empty = np.full(BUCKETS, np.nan)
        row = self._keys.get((asset, point))
        if row is None:
            return Series(minutes * BUCKET_US, empty, empty, empty)
        slots = minutes % BUCKETS
        stale = (minutes > self._newest) | (minutes <= self._newest - BUCKETS)
        count = np.where(stale, 0, self._count[row, slots])
        some = count > 0
        mean = np.where(some, self._sum[row, slots] / np.maximum(count, 1), np.nan)
        low, high = np.where(some, self._low[row, slots], np.nan), np.where(some, self._high[row, slots], np.nan)
        return Series(minutes * BUCKET_US, low, mean, high)

    def _advance(self, minute: int) -> None:
        if minute <= self._newest:
            return
        for each in range(max(self._newest + 1, minute - BUCKETS + 1), minute + 1):
            slot = each % BUCKETS
            self._low[:, slot] = self._high[:, slot] = np.nan
            self._sum[:, slot] = 0.0
            self._count[:, slot] = 0
        self._newest = minute

    def _row(self, key: tuple[str, str]) -> int | None:
        row = self._keys.get(key)
        if row is None and len(self._keys) < SERIES_MAX:
            row = self._keys[key] = len(self._keys)
            self._low = np.vstack([self._low, np.full(BUCKETS, np.nan)])
            self._high = np.vstack([self._high, np.full(BUCKETS, np.nan)])
            self._sum = np.vstack([self._sum, np.zeros(BUCKETS)])
            self._count = np.vstack([self._count, np.zeros(BUCKETS, np.int64)])
        return row
