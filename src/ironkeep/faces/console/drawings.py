"""Trends drawn on the server: for first paint, for paper, and where scripts are off."""

from collections.abc import Callable
from typing import Any

from ironkeep.faces.api import trends
from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import Moment
from ironkeep.model.errors import Trouble
from ironkeep.model.time import SECOND_US, rfc3339
from ironkeep.views import curves, numbers

WIDTH, HEIGHT = 400.0, 110.0
BUCKETS = 200
DAYS_FROM_S = 86_400  # a trend longer than this says days, not only times
PERCENT = (0.0, 100.0)
SPAN_MIN = {"%": 4.0, "C": 4.0, "V": 2.0, "A": 2.0, "W": 2_000.0}
TONES = {
    "light": {
        "panel": "#eef0f1",
        "line": "#c3c8cc",
        "mute": "#56626d",
        "ink": "#1d2730",
        "track": "#c9d0d6",
        "trust": "#6a4aa3",
    },
    "dark": {
        "panel": "#242a30",
        "line": "#3a424a",
        "mute": "#9aa5af",
        "ink": "#e2e6e9",
        "track": "#39424a",
        "trust": "#c3a8f5",
    },
}


def tick(number: float) -> str:
    """A number beside a line of the grid: as few digits as it needs."""
    text = f"{round(number, 3):g}"
    return "0" if text == "-0" else text.replace("-", numbers.MINUS)


def stamp_of(span_s: int) -> Callable[[int], str]:
    """How times stand under a trend of that length: "11:20", or "11-20 08:00" where it is longer than a day."""
    first = 5 if span_s > DAYS_FROM_S else 11
    return lambda at_us: rfc3339(at_us, digits=0)[first:16].replace("T", " ")


async def trend(sources: Sources, moment: Moment, asset: str, point: str, span_s: int) -> dict[str, Any]:
    """What the template of a trend needs. A point that cannot be drawn is an empty drawing that says why."""
    try:
        found = await trends.trend(sources, moment, asset, point, span_s, BUCKETS)
    except Trouble as trouble:
        empty = curves.Curve("", "", 0.0, 1.0, 0, 1)
        told = {"c": empty, "factor": 1.0, "last": "", "why": trouble.what[:80], "tick": tick, "stamp": str}
        return told | {"height": HEIGHT}
    window = (moment.now.at_us - span_s * SECOND_US, moment.now.at_us)
    drawn = curves.curve(
        found.at_us,
        found.mean,
        WIDTH,
        HEIGHT,
        low=found.low,
        high=found.high,
        span_min=SPAN_MIN.get(found.unit, 0.0),
        window=window,
        within=PERCENT if found.unit == "%" else None,
    )
    known = found.mean[found.count > 0]
    last = numbers.quantity(float(known[-1]) if known.size else None, found.unit)
    factor = numbers.scaled(1.0, found.unit)[0]
    told = {"c": drawn, "factor": factor, "last": last, "why": "", "tick": tick, "stamp": stamp_of(span_s)}
    return told | {"height": HEIGHT}
