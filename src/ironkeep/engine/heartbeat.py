"""The heartbeat: at our own pace, take the picture, judge, decide, commit the facts, keep the frames, show the turn.

Turns follow the monotonic clock, so a wall clock that jumps moves nothing; the jump itself becomes a fact. A turn
that is late is not made up for. A disk that refuses stops neither reading nor judging: the health says so and the
next turn tries again. What a room says and no fact can hold is left out, loudly; all else that was said is written.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import msgspec

from ironkeep.decisions import inventory
from ironkeep.engine.health import Newest
from ironkeep.engine.scribe import Scribe
from ironkeep.engine.shelf import Shelf
from ironkeep.engine.turn import ERROR_TEXT_MAX, Conclusions, Rooms
from ironkeep.facts.engine import ClockJumped, EngineStalled, RoomFailed, RoomRecovered
from ironkeep.facts.envelope import Draft
from ironkeep.facts.seal import seal
from ironkeep.model.errors import Refused, Unavailable
from ironkeep.model.live import Live, pack_frame
from ironkeep.model.picture import Picture
from ironkeep.model.site import Site
from ironkeep.model.time import SECOND_US, ClockQuality, Now
from ironkeep.ports.history import History
from ironkeep.ports.reader import Reader

PERIOD_S = 1.0  # one turn a second
STALL_MS = 5_000  # between two turns that are due every second; a machine that is merely busy is late by less
CLOCK_STEP_MS = 2_000  # wall against monotonic time between two turns; more is a jump
CLOCK_DOUBT_TURNS = 60  # how long facts carry clock=jumped after one


class Heartbeat:
    """Takes one turn a period until cancelled."""

    def __init__(
        self,
        site: Site,
        readers: Sequence[Reader],
        rooms: Rooms,
        scribe: Scribe,
        history: History,
        newest: Newest,
        clock: Callable[[], Now],
        shelf: Shelf,
        period_s: float = PERIOD_S,
    ) -> None:
        self._site = site
        self._readers = readers
        self._rooms = rooms
        self._scribe = scribe
        self._history = history
        self._newest = newest
        self._clock = clock
        self._shelf = shelf
        self._period_us = int(period_s * SECOND_US)
        self._last: Now | None = None
        self._doubt = 0
        self._unsaid: dict[str, str] = {}  # room -> why something that it says cannot be written
        self.turn = 0
        self.history_trouble = ""

    async def run(self) -> None:
        """Turn after turn at the declared pace."""
        due = self._clock().mono_us
        while True:
            await self.once()
            due += self._period_us
            wait_us = due - self._clock().mono_us
            if wait_us < 0:  # late: start again from now instead of hurrying after lost turns
                due -= wait_us
                wait_us = 0
            await asyncio.sleep(wait_us / SECOND_US)

    async def once(self) -> Conclusions:
        """One whole turn."""
        now = self._mark_time(self._clock())
        self.turn += 1
        picture = self.picture(now)
        imports = self._shelf.hold(each.digest for each in inventory.imports(self._rooms.inventory))
        conclusions = self._rooms.take(picture, now, imports)
        self._scribe.keep([Draft(body, actor="engine") for body in self._history.outcomes()])
        with contextlib.suppress(Unavailable):  # the scribe holds the words; the rooms conclude again next turn
            await self._commit(conclusions.drafts, now)
        await self._keep(conclusions)
        await self._show(conclusions, picture, now)
        return conclusions

    async def _commit(self, drafts: Sequence[Draft], now: Now) -> None:
        """Write what the rooms said. Where a draft cannot be sealed it is left out and its room is named as failed."""
        try:
            await self._scribe.commit(drafts, now)
            recovered = [Draft(RoomRecovered(room, self.turn), actor="engine") for room in sorted(self._unsaid)]
            self._unsaid.clear()
        except Refused:
            sealable = []
            for draft in drafts:
                why = self._unsealable(draft, now)
                if not why:
                    sealable.append(draft)
                elif (room := draft.actor.removeprefix("room:")) not in self._unsaid:
                    self._unsaid[room] = why
                    sealable.append(Draft(RoomFailed(room, why, self.turn), actor="engine"))
            await self._scribe.commit(sealable, now)
            return
        self._scribe.keep(recovered)

    def _unsealable(self, draft: Draft, now: Now) -> str:
        """Why a draft cannot become a fact; empty where it can."""
        try:
            seal(draft, 0, self._site.id, now)
        except Refused as exc:
            return str(exc)[:ERROR_TEXT_MAX]
        return ""

    def picture(self, now: Now) -> Picture:
        """The newest frames of every reader, frozen together."""
        return Picture(
            at_us=now.at_us,
            turn=self.turn,
            frames=tuple(frame for reader in self._readers for frame in reader.frames(now.at_us)),
            links=tuple(link for reader in self._readers for link in reader.links()),
            particulars=tuple(seen for reader in self._readers for seen in reader.particulars()),
        )

    def _mark_time(self, now: Now) -> Now:
        """The time of this turn. A long time without a turn becomes a fact, and so does a jump of the wall clock, which
        also lowers the clock quality.
        """
        if self._last is not None:
            spent_ms = (now.mono_us - self._last.mono_us) // 1000
            if spent_ms >= STALL_MS:
                self._scribe.keep([Draft(EngineStalled(spent_ms, self.turn), actor="engine")])
            step_ms = ((now.at_us - self._last.at_us) - (now.mono_us - self._last.mono_us)) // 1000
            if abs(step_ms) >= CLOCK_STEP_MS:
                self._scribe.keep([Draft(ClockJumped(step_ms), actor="engine")])
                self._doubt = CLOCK_DOUBT_TURNS
        self._last = now
        if self._doubt:
            self._doubt -= 1
            return msgspec.structs.replace(now, clock=ClockQuality.JUMPED)
        return now

    async def _keep(self, conclusions: Conclusions) -> None:
        """Append the judged frames to the history, off the event loop."""
        digest = self._rooms.digest() if self.turn % 60 == 1 else ""
        try:
            await asyncio.to_thread(self._history.append, conclusions.judged.frames, digest)
            self.history_trouble = ""
        except Unavailable as exc:
            self.history_trouble = str(exc)

    async def _show(self, conclusions: Conclusions, picture: Picture, now: Now) -> None:
        """Report the health and hand the turn to whoever follows."""
        judged = conclusions.judged
        spent_ms = (self._clock().mono_us - now.mono_us) / 1000
        keeping = self.history_trouble or self._history.trouble
        failed = (
            *sorted({*self._rooms.failed, *self._unsaid}),
            *([f"history: {keeping}"] if keeping else []),
            *self._shelf.trouble,
        )
        trouble, size = self._scribe.trouble, self._scribe.size
        health = self._newest.report(judged, picture.links, now, spent_ms, size, trouble, failed)
        await self._newest.publish(
            Live(
                site=self._site.id,
                at_us=now.at_us,
                turn=self.turn,
                frames=tuple(pack_frame(frame) for frame in judged.frames),
                layouts=tuple(frame.layout for frame in judged.frames),
                trust=tuple(judged.trust.values()),
                links=picture.links,
                particulars=picture.particulars,
                health=health,
                simulated=self._site.simulated,
            )
        )
