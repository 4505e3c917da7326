"""The past: what stood at a chosen moment, folded from the facts. It never looks live.

The newest few moments asked for are kept, because people go to and fro between them.
"""

import asyncio
from collections import OrderedDict

from ironkeep.faces.console.sources import Sources
from ironkeep.model.errors import Refused
from ironkeep.ports.facts import FactQuery
from ironkeep.views.as_of import AsOf, as_of

FACTS_MAX = 1_000_000  # folding more takes longer than a person waits
KEPT = 8


class Past:
    """Folds of the past, one at a time."""

    def __init__(self, sources: Sources) -> None:
        self._facts = sources.facts
        self._kept: OrderedDict[int, AsOf] = OrderedDict()
        self._folding = asyncio.Lock()

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
