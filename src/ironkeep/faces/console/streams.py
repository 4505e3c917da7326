"""Live streams: one a page. A stream sends the regions that changed, and says something every second.

A log-in may hold four streams: a browser on HTTP/1.1 opens six connections to one place, and pages need the rest. The
next page is told to poll instead, and says so. A slow reader is sent the newest state, never a backlog.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping

from ironkeep.faces.console.pages.page import Page
from ironkeep.faces.console.painter import Painter, changed, partials
from ironkeep.faces.console.sources import Limits
from ironkeep.faces.console.watch import Watch
from ironkeep.model.errors import Trouble
from ironkeep.ports.vault import Session

MESSAGE_GAP_S = 0.25  # a burst of changes becomes one message


class Streams:
    """Counts and feeds the open streams."""

    def __init__(self, painter: Painter, watch: Watch, limits: Limits) -> None:
        self._painter, self._watch, self._limits = painter, watch, limits
        self._open: Counter[str] = Counter()
        self._closing = asyncio.Event()

    @property
    def open(self) -> int:
        """How many streams are open now."""
        return self._open.total()

    def room(self, who: str) -> bool:
        """May this log-in open one more stream?"""
        return self._open[who] < self._limits.streams_per_session and self.open < self._limits.streams_all

    def close(self) -> None:
        """End every stream at its next beat."""
        self._closing.set()

    async def feed(
        self, page: Page, arguments: Mapping[str, str], session: Session, entered: Callable[[], bool]
    ) -> AsyncIterator[bytes]:
        """Server-sent events of a page until the reader goes, the log-in ends (`entered`), or the console stops."""
        who = session.csrf
        self._open[who] += 1
        sent: dict[str, str] = {}
        try:
            yield b"retry: 1000\n\n"
            while not self._closing.is_set():
                if not entered():
                    yield event("", "ended")
                    return
                try:
                    regions = self._painter.regions(page, arguments, session)
                    yield event(partials(changed(sent, regions)) or "<!-- same -->")
                except Trouble as trouble:
                    yield event(str(trouble), "trouble")
                await self._watch.next(self._limits.stream_beat_s)
                await asyncio.sleep(MESSAGE_GAP_S)
        finally:
            self._open[who] -= 1
            if self._open[who] <= 0:
                del self._open[who]


def event(text: str, name: str = "") -> bytes:
    """One server-sent event. Source: WHATWG HTML, server-sent events."""
    head = f"event: {name}\n" if name else ""
    return (head + "".join(f"data: {line}\n" for line in text.splitlines() or [""]) + "\n").encode()
