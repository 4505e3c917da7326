"""Trends drawn on the server: for first paint, for paper, and where scripts are off."""

from typing import Any

from ironkeep.faces.api import trends
from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import Moment
from ironkeep.model.errors import Trouble
from ironkeep.model.time import SECOND_US
from ironkeep.views import curves, numbers

WIDTH, HEIGHT = 400.0, 118.0
BUCKETS = 200
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


async def trend(sources: Sources, moment: Moment, asset: str, point: str, span_s: int) -> dict[str, Any]:
    """What the template of a trend needs. A point that cannot be drawn is an empty drawing that says why."""
    try:
        found = await trends.trend(sources, moment, asset, point, span_s, BUCKETS)
    except Trouble as trouble:
        empty = curves.Curve("", "", 0.0, 1.0, 0, 1)
        return {"c": empty, "factor": 1.0, "last": "", "why": trouble.what[:80]}
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
    )
    known = found.mean[found.count > 0]
    last = numbers.quantity(float(known[-1]) if known.size else None, found.unit)
    return {"c": drawn, "factor": numbers.scaled(1.0, found.unit)[0], "last": last, "why": ""}
