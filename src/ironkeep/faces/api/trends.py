"""Trends for the API and the pages: from the history where there is one, else from the last hour in memory."""

import asyncio
import csv
import io

import numpy as np

from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import Moment
from ironkeep.model.errors import Refused
from ironkeep.model.ids import AssetId, PointName
from ironkeep.model.time import SECOND_US, rfc3339
from ironkeep.ports.history import Trend

BUCKETS_MAX = 1_000
ANALOG_DIGITS, WHOLE_FROM = 7, 1e6  # an f4 tells seven digits
SPAN_MIN_S = 60
SPAN_MAX_S = 366 * 86_400


async def trend(sources: Sources, moment: Moment, asset: str, point: str, span_s: int, buckets: int) -> Trend:
    """The trend of the last `span_s` seconds in at most `buckets` buckets.

    Raises Refused for a span or a number of buckets out of range, or a point that was never recorded.
    """
    if not SPAN_MIN_S <= span_s <= SPAN_MAX_S:
        raise Refused(f"span_s is {span_s}", where="span_s", remedy=f"{SPAN_MIN_S} to {SPAN_MAX_S}")
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


def as_csv(found: Trend) -> str:
    """A trend as CSV (RFC 4180): UTC time, then low, mean and high in the unit that the head names, and how many values
    each bucket rests on. A gap is an empty cell.
    """
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(("at_utc", *(f"{found.point} {name} [{found.unit}]" for name in ("low", "mean", "high")), "values"))
    columns = (found.low.tolist(), found.mean.tolist(), found.high.tolist())
    for at_us, low, mean, high, count in zip(found.at_us.tolist(), *columns, found.count.tolist(), strict=True):
        rows.writerow((rfc3339(int(at_us), digits=3), *map(_figure, (low, mean, high)), count))
    return out.getvalue()


def _figure(number: float) -> str:
    """What an analog value holds and no more: 66.4, not 66.4000015258789. A count beyond that stays whole."""
    if number != number:
        return ""
    return f"{number:.{ANALOG_DIGITS}g}" if abs(number) < WHOLE_FROM else repr(number)
