"""The newest turn for whoever follows, and how the engine fares: live data or not, turn times, what failed.

A follower that is slow misses turns; it never makes the engine wait and never piles up a backlog.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

import msgspec
import numpy as np

from ironkeep.model.link import Link, LinkState
from ironkeep.model.live import EngineHealth, Live
from ironkeep.model.time import SECOND_US, Now, age_text
from ironkeep.model.trust import Judged

TURN_TIMES_KEPT = 300  # turns: five minutes at 1 Hz
LATE_TURN_S = 5.0  # a turn older than this means that the engine stands still


class Newest:
    """Holds the newest Live and wakes followers. The health is derived from what the turns reported."""

    def __init__(self, version: str, started: Now, found: tuple[str, ...]) -> None:
        self._version = version
        self._started_us = started.at_us
        self._found = found
        self._live: Live | None = None
        self._changed = asyncio.Condition()
        self._turn_ms: deque[float] = deque(maxlen=TURN_TIMES_KEPT)
        self._turn_mono_us = started.mono_us
        self._reasons: tuple[str, ...] = ("no turn yet",)
        self._last: EngineHealth | None = None

    def report(
        self,
        judged: Judged,
        links: tuple[Link, ...],
        now: Now,
        turn_ms: float,
        facts: int,
        trouble: str,
        failed: tuple[str, ...],
    ) -> EngineHealth:
        """Take in one turn and return the health that follows from it."""
        self._turn_ms.append(turn_ms)
        self._turn_mono_us = now.mono_us
        self._reasons = _reasons(judged, links, now, trouble)
        if "telemetry" in failed:
            self._reasons = (*self._reasons, "readings are not judged: the telemetry room failed")
        p50, p99 = (float(x) for x in np.percentile(self._turn_ms, (50, 99)))
        self._last = EngineHealth(
            live=not self._reasons,
            reasons=self._reasons,
            version=self._version,
            started_us=self._started_us,
            turn=judged.turn,
            turn_p50_ms=round(p50, 2),
            turn_p99_ms=round(p99, 2),
            devices_up=sum(link.state is LinkState.UP for link in links),
            devices=len(links),
            points=sum(frame.layout.points for frame in judged.frames),
            facts=facts,
            clock=str(now.clock),
            rooms_failed=failed,
            found=self._found,
            turn_ms=round(turn_ms, 2),
        )
        return self._last

    def health(self, now: Now) -> EngineHealth:
        """The health as of now: an engine whose turns stopped is not live, whatever the last one said."""
        late_us = now.mono_us - self._turn_mono_us
        if self._last is None:
            return EngineHealth(
                False,
                ("no turn yet",),
                self._version,
                self._started_us,
                0,
                0.0,
                0.0,
                0,
                0,
                0,
                0,
                str(now.clock),
                (),
                self._found,
            )
        if late_us > LATE_TURN_S * SECOND_US:
            reasons = (f"the last turn is {age_text(late_us)} old", *self._last.reasons)
            return msgspec.structs.replace(self._last, live=False, reasons=reasons)
        return self._last

    async def publish(self, live: Live) -> None:
        """Make a turn the newest and wake every follower."""
        async with self._changed:
            self._live = live
            self._changed.notify_all()

    async def follow(self) -> AsyncIterator[Live]:
        """The newest turn at once, then each newer one."""
        seen = -1
        while True:
            async with self._changed:
                while self._live is None or self._live.turn == seen:
                    await self._changed.wait()
                live = self._live
            seen = live.turn
            yield live


def _reasons(judged: Judged, links: tuple[Link, ...], now: Now, trouble: str) -> tuple[str, ...]:
    """Why this is not live data, in words; empty when at least one row of one frame is fresh and facts can be
    written.
    """
    reasons: list[str] = []
    if trouble:
        reasons.append(f"facts cannot be written: {trouble}")
    if not links:
        reasons.append("the site declares no device")
    elif not judged.frames:
        up = sum(link.state is LinkState.UP for link in links)
        reasons.append(f"no device has been described yet ({up} of {len(links)} answer)")
    else:
        ages = [(now.at_us - int(frame.collected_us.max()), frame.layout.age_limit_s) for frame in judged.frames]
        if all(age > limit * SECOND_US for age, limit in ages):
            reasons.append(f"no fresh reading: the newest is {age_text(min(age for age, _ in ages))} old")
    return tuple(reasons)
