"""Follows the spine read-only and hands to a collector what the pack tells.

Rules. 1. It reads what is durable and asks the engine for nothing that a turn waits for: a slow collector delays this
process alone. 2. The cursor on disk is the first fact that is not known to have arrived; a line counts as arrived when
its connection lived on for a time after it. What is not settled is handed over again, so a line may come twice.
3. The spine keeps everything, so nothing is lost however long the collector is away. An absence longer than TOLD_S, and
the catching up after it, are facts.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from ironkeep.codecs.syslog import NO_NUMBER, Place
from ironkeep.facts.envelope import Fact
from ironkeep.facts.export import ExportInterrupted, ExportResumed
from ironkeep.facts.tree import leaf_hash
from ironkeep.model.access import Role
from ironkeep.model.errors import Trouble
from ironkeep.model.ids import RequestId, derive
from ironkeep.model.request import Request, RequestKind
from ironkeep.model.time import SECOND_US, Now
from ironkeep.packs.exports.read import told
from ironkeep.ports.desk import Desk
from ironkeep.ports.export import Export
from ironkeep.ports.facts import FactQuery, FactReader
from ironkeep.programs.syslog.cursor import Cursor, CursorFile

NAME: Final = "syslog"
ACTOR: Final = f"{Role.MACHINE}:{NAME}"
BATCH: Final = 256  # facts read and handed over at once
DOUBLINGS_MAX: Final = 16

_log = structlog.get_logger(NAME)


class Waits(msgspec.Struct, frozen=True):
    """In seconds: how long a connection must live on after a line, before the line counts as arrived; between two looks
    for new facts; until an absence is no hiccup any more; between tries to reach the collector, doubled each time.
    """

    settled_s: float
    retry_min_s: float
    retry_max_s: float
    look_s: float = 0.5
    told_s: float = 10.0


class Follower:
    """One export of one spine."""

    def __init__(
        self,
        reader: FactReader,
        export: Export,
        desk: Desk,
        cursor: CursorFile,
        waits: Waits,
        now: Callable[[], Now],
        number: int = NO_NUMBER,
    ) -> None:
        self._reader, self._export, self._desk, self._file, self._waits = reader, export, desk, cursor, waits
        self._now, self._number = now, number
        self._host = socket.gethostname()
        self._site = self._why = ""
        self._sent: deque[tuple[int, int]] = deque()  # monotonic time, and the first fact after what was sent then
        self.cursor = cursor.read() or Cursor(0)

    async def run(self) -> None:
        """Hand over until cancelled."""
        failures = 0
        while True:
            why = await self._once()
            failures = 0 if self._sent else failures + 1
            self._sent.clear()
            self._away(why)
            _log.warning("the export is interrupted", why=why, next=self.cursor.next)
            doublings = min(max(failures - 1, 0), DOUBLINGS_MAX)
            wait_s = min(self._waits.retry_min_s * 2.0**doublings, self._waits.retry_max_s)
            await self._tell_while(wait_s)

    async def _once(self) -> str:
        """One connection from its first to its last moment; why it ended."""
        try:
            await self._export.open()
            self._site = self._site or await asyncio.to_thread(site_of, self._reader)
            at = self.cursor.next
            while True:
                at = await self._hand(at)
                behind = at < self._reader.size()
                self._settle()
                if not behind:
                    await self._caught_up(at)
                if await self._export.gone(0.0 if behind else self._waits.look_s):
                    return "the collector hung up"
        except Trouble as exc:
            return str(exc)
        finally:
            await self._export.close()

    async def _hand(self, first: int) -> int:
        """Hand over the next facts; the first one after them."""
        last = min(self._reader.size(), first + BATCH)
        if last == first:
            return first
        pairs = await asyncio.to_thread(self._lines, first, last)
        await self._export.hand([each for each in pairs if each is not None])
        self._sent.append((self._now().mono_us, last))
        return last

    def _lines(self, first: int, last: int) -> list[bytes | None]:
        entries = self._reader.entries(first, last)
        facts = self._reader.read(first, last)
        return [self._line(fact, entry) for fact, entry in zip(facts, entries, strict=True)]

    def _line(self, fact: Fact, entry: bytes) -> bytes | None:
        return told(fact, Place(self._site, fact.seq, leaf_hash(entry).hex()), self._host, self._number)

    def _settle(self) -> None:
        """Move the cursor behind what was handed over long enough ago."""
        until, now_us = self.cursor.next, self._now().mono_us
        while self._sent and now_us - self._sent[0][0] >= self._waits.settled_s * SECOND_US:
            until = self._sent.popleft()[1]
        if until != self.cursor.next:
            self._keep(msgspec.structs.replace(self.cursor, next=until))

    def _away(self, why: str) -> None:
        """The collector is away from now on, unless it was before."""
        if not self.cursor.away_us:
            self._keep(msgspec.structs.replace(self.cursor, away_us=self._now().at_us, away_first=self.cursor.next))
        self._why = why

    async def _tell_while(self, wait_s: float) -> None:
        """Wait, and say that the collector is away once that is no hiccup any more."""
        end_us = self._now().mono_us + int(wait_s * SECOND_US)
        while True:
            away_us = self._now().at_us - self.cursor.away_us
            if not self.cursor.said and away_us >= self._waits.told_s * SECOND_US:
                fact = ExportInterrupted(NAME, self._export.receiver, self._why, self.cursor.away_first)
                if await self._record(fact):
                    self._keep(msgspec.structs.replace(self.cursor, said=True))
            left_us = end_us - self._now().mono_us
            if left_us <= 0:
                return
            await asyncio.sleep(min(left_us / SECOND_US, self._waits.look_s))

    async def _caught_up(self, until: int) -> None:
        """All that was missed has been handed over again."""
        if not self.cursor.away_us:
            return
        if self.cursor.said:
            waited_s = (self._now().at_us - self.cursor.away_us) // SECOND_US
            fact = ExportResumed(NAME, self._export.receiver, self.cursor.away_first, until, max(waited_s, 0))
            if not await self._record(fact):
                return
        self._keep(Cursor(self.cursor.next))

    async def _record(self, body: ExportInterrupted | ExportResumed) -> bool:
        """Ask the engine to put it on the record; False when there is none now. Asking again is asking once."""
        key = f"{NAME} {body.receiver} {self.cursor.away_us} {type(body).__name__}"
        request = Request(
            id=RequestId(derive("request", self.cursor.away_us, ACTOR, key)),
            kind=RequestKind.RECORD_ACCESS,
            actor=ACTOR,
            subject=NAME,
            body={"kind": type(body).__name__, **msgspec.structs.asdict(body)},
        )
        try:
            outcome = await self._desk.ask(request)
        except Trouble as exc:
            _log.warning("the engine does not take the fact", why=str(exc))
            return False
        if not outcome.accepted:
            _log.error("the desk refuses the fact", why=outcome.reason)
        return outcome.accepted

    def _keep(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self._file.keep(cursor)


def site_of(reader: FactReader) -> str:
    """The site whose record this is, "" before it was declared."""
    declared = reader.find(FactQuery(kinds=("SiteDeclared",), newest_first=True, limit=1))
    return str(declared[0].body["site"]) if declared else ""
