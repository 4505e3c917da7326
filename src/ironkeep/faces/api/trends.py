"""Trends for the API and the pages: from the history where there is one, else from the last hour in memory."""

import asyncio

import numpy as np

from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import Moment
from ironkeep.model.errors import Refused
from ironkeep.model.ids import AssetId, PointName
from ironkeep.model.time import SECOND_US
from ironkeep.ports.history import Trend

BUCKETS_MAX = 1_000
SPAN_MAX_S = 366 * 86_400


async def trend(sources: Sources, moment: Moment, asset: str, point: str, span_s: int, buckets: int) -> Trend:
    """The trend of the last `span_s` seconds in at most `buckets` buckets.

    Raises Refused for a span or a number of buckets out of range, or a point that was never recorded.
    """
    if not 60 <= span_s <= SPAN_MAX_S:
        raise Refused(f"span_s is {span_s}", where="span_s", remedy=f"60 to {SPAN_MAX_S}")
    if not 2 <= buckets <= BUCKETS_MAX:
        raise Refused(f"buckets is {buckets}", where="buckets", remedy=f"2 to {BUCKETS_MAX}")
    now_us = moment.now.at_us
    who, name = AssetId(asset), PointName(point)
    if sources.history is not None:
        first = now_us - span_s * SECOND_US
        return await asyncio.to_thread(sources.history.trend, who, name, first, now_us + SECOND_US, buckets)
    value = moment.scene.value(asset, point, now_us)
    series = moment.recent.series(asset, point, now_us)
    if not value.unit and not np.isfinite(series.mean).any():
        raise Refused(f"{point!r} of {asset!r} was never recorded", where="point", remedy="see /api/v1/assets")
    count = np.isfinite(series.mean).astype(np.int64)
    quality = np.zeros(count.size, np.uint16)
    return Trend(who, name, value.unit, series.at_us, series.low, series.mean, series.high, count, quality)
