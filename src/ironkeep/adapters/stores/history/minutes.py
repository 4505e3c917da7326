"""One-minute rollups of a block: low, mean, high and count over usable samples, and the OR of all quality bits."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ironkeep.codecs.chunks import Block, Minutes
from ironkeep.model.quality import ABSENT_INTEGER, DISQUALIFYING

MINUTE_US: Final = 60_000_000
UNUSABLE: Final = int(DISQUALIFYING)


def usable(values: NDArray[np.float32] | NDArray[np.int64], quality: NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Which samples may enter a figure: present, and no disqualifying bit."""
    present = values != ABSENT_INTEGER if values.dtype.kind == "i" else ~np.isnan(values)
    good: NDArray[np.bool_] = present & ((quality & np.uint16(UNUSABLE)) == 0)
    return good


def roll(block: Block) -> Minutes:
    """The rollups of a block, sorted by asset, point, minute. A sample's minute is that of its `collected_us`.

    Samples of one minute that another minute interrupts (the wall clock was set back) are still one rollup each run.
    """
    layout = block.layout
    n_points = len(layout.analog) + len(layout.integer)
    if not block.samples or not n_points:
        return _empty()
    asset = np.repeat(np.arange(block.first, block.last), np.diff(block.bounds))
    minute = block.collected_us // MINUTE_US
    starts = np.flatnonzero(np.r_[True, (np.diff(asset) != 0) | (np.diff(minute) != 0)])
    runs = len(starts)
    split = len(layout.analog)
    low, mean, high = (np.empty((n_points, runs)) for _ in range(3))
    count = np.empty((n_points, runs), np.uint32)
    quality = np.bitwise_or.reduceat(block.quality, starts, axis=1)
    for point in range(n_points):
        values = block.analog[point] if point < split else block.integer[point - split]
        good = usable(values, block.quality[point])
        many = np.add.reduceat(good, starts, dtype=np.uint32)
        real = values.astype(np.float64)
        none = many == 0
        total = np.add.reduceat(np.where(good, real, 0.0), starts)
        count[point] = many
        mean[point] = np.where(none, np.nan, total / np.maximum(many, 1))
        low[point] = np.where(none, np.nan, np.minimum.reduceat(np.where(good, real, np.inf), starts))
        high[point] = np.where(none, np.nan, np.maximum.reduceat(np.where(good, real, -np.inf), starts))
    mean[:split] = mean[:split].astype(np.float32)  # no finer than the samples; the low bits would only cost disk
    return _sorted(asset[starts], minute[starts] * MINUTE_US, low, mean, high, count, quality)


def _sorted(
    asset: NDArray[np.int64],
    minute_us: NDArray[np.int64],
    low: NDArray[np.float64],
    mean: NDArray[np.float64],
    high: NDArray[np.float64],
    count: NDArray[np.uint32],
    quality: NDArray[np.uint16],
) -> Minutes:
    """Turn (point, run) tables into columns sorted by asset, point, then as recorded."""
    points, runs = low.shape
    rows = np.broadcast_to(asset, (points, runs)).ravel()
    column = np.repeat(np.arange(points), runs)
    order = np.lexsort((np.tile(np.arange(runs), points), column, rows))
    return Minutes(
        asset=rows[order].astype(np.uint32),
        point=column[order].astype(np.uint32),
        minute_us=np.broadcast_to(minute_us, (points, runs)).ravel()[order].astype(np.int64),
        low=low.ravel()[order],
        mean=mean.ravel()[order],
        high=high.ravel()[order],
        count=count.ravel()[order],
        quality=quality.ravel()[order],
    )


def _empty() -> Minutes:
    none = np.empty(0)
    whole, bits = none.astype(np.uint32), none.astype(np.uint16)
    return Minutes(whole, whole, none.astype(np.int64), none, none, none, whole, bits)
