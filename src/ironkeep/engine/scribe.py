"""The scribe: the one way onto the spine. It commits in order, off the event loop, and lets every room absorb the
facts.

A commit is durable when it returns. When the disk refuses, nothing was written and nothing is remembered: rooms
conclude again next turn, requests are told so, and drafts that nobody would conclude again wait here, up to a limit.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from ironkeep.engine.turn import Rooms
from ironkeep.facts.envelope import Draft, Fact
from ironkeep.model.errors import Unavailable
from ironkeep.model.time import Now
from ironkeep.ports.facts import FactStore

WAITING_MAX = 10_000  # drafts kept while the disk refuses; older ones beyond it are dropped and counted


class Scribe:
    """Owns the store. `trouble` says in words why the spine cannot be written now, empty when it can."""

    def __init__(self, store: FactStore, rooms: Rooms) -> None:
        self._store = store
        self._rooms = rooms
        self._lock = asyncio.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="scribe")
        self._waiting: list[Draft] = []
        self.dropped = 0
        self.trouble = ""
        self.size = store.size()

    def keep(self, drafts: Sequence[Draft]) -> None:
        """Hold drafts that are handed out once (segments sealed, the clock jumped) for the next commit."""
        self._waiting.extend(drafts)
        if len(self._waiting) > WAITING_MAX:
            self.dropped += len(self._waiting) - WAITING_MAX
            del self._waiting[:-WAITING_MAX]

    async def commit(self, drafts: Sequence[Draft], now: Now) -> tuple[Fact, ...]:
        """The facts that the drafts became, waiting ones first. Raises Unavailable: then none of them was written."""
        async with self._lock:
            taken = len(self._waiting)
            batch = [*self._waiting, *drafts]
            if not batch:
                return ()
            loop = asyncio.get_running_loop()
            try:
                facts = await loop.run_in_executor(self._thread, self._store.append, batch, now)
            except Unavailable as exc:
                self.trouble = str(exc)
                raise
            self.trouble = ""
            del self._waiting[:taken]
            self.size = facts[-1].seq + 1
            self._rooms.absorb(facts)
            return facts[taken:]

    def close(self) -> None:
        """Wait for the commit under way and release the store."""
        self._thread.shutdown(wait=True)
        self._store.close()
