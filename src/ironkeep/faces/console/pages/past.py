"""The past: what stood at a chosen moment, folded from the facts, and what was read then, from the history. It never
looks live.

The newest few moments asked for are kept, because people go to and fro between them.
"""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import numpy as np

from ironkeep.faces.console.pages import rack
from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import Moment
from ironkeep.model.errors import Refused, Trouble
from ironkeep.model.ids import AssetId
from ironkeep.model.time import SECOND_US
from ironkeep.ports.facts import FactQuery
from ironkeep.ports.history import HistoryReader, Trend
from ironkeep.views import banks, board, oneline, remembered, surroundings
from ironkeep.views.as_of import AsOf, as_of
from ironkeep.views.remembered import Key, Sample
from ironkeep.views.scene import Scene

MINUTE_US = 60 * SECOND_US
POINTS_MAX = 160  # of one asset; each is looked up on its own
FACTS_MAX = 1_000_000  # folding more takes longer than a person waits
KEPT = 8
AGO_US = 60 * SECOND_US
STEPS = (("- 1 d", -86_400), ("- 1 h", -3_600), ("- 1 min", -60), ("+ 1 min", 60), ("+ 1 h", 3_600))


class Past:
    """Folds of the past, one at a time."""

    def __init__(self, sources: Sources) -> None:
        self._facts, self._history = sources.facts, sources.history
        self._kept: OrderedDict[int, AsOf] = OrderedDict()
        self._folding = asyncio.Lock()

    def lately(self, now_us: int) -> int:
        """The moment that is shown to who names none: AGO_US ago, or now where the record is younger than that."""
        earlier = now_us - AGO_US
        return earlier if self.reaches(earlier) else now_us

    def reaches(self, at_us: int) -> bool:
        """Was anything on record at the moment?"""
        return bool(self._facts.find(FactQuery(until_us=at_us + 1, limit=1)))

    async def at(self, at_us: int) -> AsOf:
        """What stood at the moment. Raises Refused before the first fact and where too many facts lie before it."""
        last = self._facts.find(FactQuery(until_us=at_us + 1, limit=1, newest_first=True))
        if not last:
            raise Refused("nothing was on record at that time", where="at", remedy="choose a later time")
        end = last[0].seq + 1
        if end > FACTS_MAX:
            remedy = "use `ironkeep state --as-of TIME` where Ironkeep runs"
            raise Refused(f"{end:,} facts lie before that time, too many to fold on a page", where="at", remedy=remedy)
        async with self._folding:
            found = self._kept.pop(end, None)
            if found is None:
                found = await asyncio.to_thread(lambda: as_of(self._facts.read(0, end), at_us))
            self._kept[end] = found
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found

    async def read(self, moment: Moment, then: AsOf, asset: str) -> dict[str, Any]:
        """What was read at the moment, for the templates: the one line, the rooms, the banks, and the points of the
        asset where one is chosen. `why` says why nothing is known; `by_minute`, that only means of a minute are kept.
        """
        history, today = self._history, moment.scene
        if history is None or not today.frames:
            why = "no history is kept here" if history is None else "nothing is read now, so no point is known by name"
            return {"why": why, "by_minute": False, **_drawn(moment, today, then, ""), "shown": False}

        def look() -> tuple[dict[Key, Sample], bool]:
            asked = remembered.asked_of(today, lambda scene: _drawn(moment, scene, then, ""))
            own = rack.points_of(today, AssetId(asset), then.at_us)["points"][:POINTS_MAX]
            asked |= {(each.asset, each.point) for each in own}
            return samples(history, today, asked, then.at_us)

        found, by_minute = await asyncio.to_thread(look)
        scene = remembered.scene_of(today, then.at_us, then.trust, found)
        why = "" if found else "nothing was read then, or it is not kept any more"
        return {"why": why, "by_minute": by_minute, **_drawn(moment, scene, then, asset), "shown": bool(found)}


def _drawn(moment: Moment, scene: Scene, then: AsOf, asset: str) -> dict[str, Any]:
    """The drawings of a scene at the moment, by the code that draws today's."""
    site, at_us = moment.site, then.at_us
    alarms = sorted(then.alarms, key=board.order)
    return {
        "diagram": oneline.diagram(site, scene, alarms, at_us),
        "around": surroundings.surroundings(site, scene, alarms, at_us),
        "banks": [banks.row_of(bank, scene, at_us) for bank in banks.banks(site)],
        **rack.points_of(scene, AssetId(asset), at_us),
    }


def samples(history: HistoryReader, today: Scene, asked: Iterable[Key], at_us: int) -> tuple[dict[Key, Sample], bool]:
    """The last reading of each point within its age limit before the moment; where no raw sample is kept, the means of
    the minute before it, and True.
    """
    keys = sorted(asked)
    exact = {key: _last(history, key, at_us, math.ceil(remembered.age_limit_s(today, key[0])), 1) for key in keys}
    found = {key: sample for key, sample in exact.items() if sample is not None}
    if found:
        return found, False
    means = {key: _last(history, key, at_us, 2, 60) for key in keys}
    return {key: sample for key, sample in means.items() if sample is not None}, True


def _last(history: HistoryReader, key: Key, at_us: int, steps: int, step_s: int) -> Sample | None:
    """The newest sample in so many steps up to the moment, with the time at which its step begins."""
    last_us = at_us + 1 if step_s == 1 else at_us - at_us % MINUTE_US
    try:
        trend = history.trend(key[0], key[1], last_us - steps * step_s * SECOND_US, last_us, steps)
    except Trouble:  # never recorded under this name
        return None
    met = np.flatnonzero((trend.count > 0) | (trend.quality != 0))
    return _sample(trend, int(met[-1]), at_us if step_s > 1 else 0) if met.size else None


def _sample(trend: Trend, i: int, at_us: int) -> Sample:
    return Sample(float(trend.mean[i]), int(trend.quality[i]), at_us or int(trend.at_us[i]))
