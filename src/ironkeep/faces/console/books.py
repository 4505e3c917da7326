"""Keeps the newest book of the register, drawn up off the event loop when its facts or the day are others.

Pages look up in the book that is there; looking also asks whether it is still the newest. Imports are read from the
blob store once and held while they stand. A book that cannot be drawn up leaves the last one, and says why.
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import msgspec
import structlog

from ironkeep.faces.console.sources import Sources
from ironkeep.facts.envelope import Fact
from ironkeep.model.errors import Trouble, Unavailable
from ironkeep.model.register import Import
from ironkeep.model.time import SECOND_US
from ironkeep.ports.facts import FactQuery
from ironkeep.views import archive, dates
from ironkeep.views.archive import Archive, Span
from ironkeep.views.imports import Trial, trial
from ironkeep.views.register import KINDS, Book, Register

DAY_US = 86_400 * SECOND_US
LOOK_US = 2 * SECOND_US  # a book is not looked after more often than this
log = structlog.get_logger("console")


class Books:
    """The one book of a console."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._register = Register(sources.site)
        self._shelf: dict[str, Import] = {}
        self._seen = 0
        self._looked_us = 0
        self._book: Book | None = None
        self._archive, self._archive_seen = Archive(), 0
        self.spans: dict[str, dict[str, Span]] = {}  # what is kept of our own telemetry, by group and tier
        self._drawing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> Book:
        """The newest book, drawn up first where there is none. Raises what the reader of facts raises."""
        if self._book is None:
            await self.refresh()
        return self.look()

    def look(self) -> Book:
        """The book as it lies there; whether it is the newest is asked in the background. Raises Unavailable before the
        first.
        """
        now = self._sources.clock()
        if now.mono_us - self._looked_us > LOOK_US and not self._drawing.locked():
            task = asyncio.get_running_loop().create_task(self._quietly())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self._book is None:
            raise Unavailable("the register is being drawn up", where="inventory", remedy="look again in a second")
        return self._book

    async def refresh(self) -> None:
        """Draw up a new book where the facts of the register or the day are others."""
        async with self._drawing:
            self._looked_us = self._sources.clock().mono_us
            self._book = await asyncio.to_thread(self._draw, self._book)

    async def measure(self) -> None:
        """Bring `spans` up to date. Raises what the reader of facts raises."""
        async with self._drawing:
            self.spans = await asyncio.to_thread(self._measure)

    def _measure(self) -> dict[str, dict[str, Span]]:
        size = self._sources.facts.size()
        for facts in self._new(archive.KINDS, self._archive_seen, size):
            self._archive.fold(facts)
        self._archive_seen = size
        return self._archive.spans()

    async def trial(self, held: Import) -> Trial:
        """What would follow from an import that nobody took yet. Raises what the reader of facts raises."""
        book = await self.open()
        return await asyncio.to_thread(trial, self._register, book, held, self._shelf, self._sources.lore)

    async def _quietly(self) -> None:
        try:
            await self.refresh()
        except Trouble as trouble:
            log.warning("the register cannot be drawn up", trouble=str(trouble))

    def _draw(self, old: Book | None) -> Book:
        now_us = self._sources.clock().at_us
        changed = False
        size = self._sources.facts.size()
        for facts in self._new(KINDS, self._seen, size):
            self._register.fold(facts)
            changed = changed or bool(facts)
        self._seen = size
        missing = self._register.digests - self._shelf.keys()
        if old is not None and not changed and not missing and old.at_us // DAY_US == now_us // DAY_US:
            return old
        self._shelf = {digest: held for digest, held in self._shelf.items() if digest in self._register.digests}
        blobs = self._sources.blobs
        for digest in missing if blobs is not None else ():
            assert blobs is not None
            with suppress(Trouble, msgspec.DecodeError):  # the book names it as waiting
                self._shelf[digest] = msgspec.json.decode(blobs.get(digest), type=Import)
        book = self._register.book(self._shelf, self._sources.lore, now_us)
        dates.together(book)  # kept beside the book: worked out here, off the event loop, and looked up by pages
        return book

    def _new(self, kinds: tuple[str, ...], seen: int, size: int) -> Iterator[list[Fact]]:
        """The facts of some kinds from a number up to a size, a step at a time."""
        step = self._sources.limits.facts_per_step
        while seen < size:
            found = list(self._sources.facts.find(FactQuery(kinds=kinds, first_seq=seen, last_seq=size, limit=step)))
            seen = found[-1].seq + 1 if len(found) == step else size
            yield found
