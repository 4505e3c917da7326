"""Denials become facts, but a flood of them never fills the disk: so many a minute stand alone, the rest are counted
and stand as one fact at the end of the minute.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from ironkeep.model.time import SECOND_US, Now

WINDOW_S = 60.0
SINGLES_MAX = 20  # denials in one window that stand alone
NAMED_MAX = 8  # different reasons, accounts and origins that a fold names

Record = Callable[[str, str, dict[str, Any]], Awaitable[None]]


@dataclass
class _Window:
    since_us: int
    singles: int = 0
    folded: int = 0
    named: dict[str, dict[str, None]] = field(default_factory=lambda: {"whys": {}, "accounts": {}, "origins": {}})


class Denials:
    """Counts denials and has them recorded. `record` puts one fact of access on the record."""

    def __init__(self, record: Record, clock: Callable[[], Now], window_s: float = WINDOW_S) -> None:
        self._record, self._clock, self._window_s = record, clock, window_s
        self._window = _Window(0)
        self._later: asyncio.Task[None] | None = None

    async def note(self, account: str, origin: str, why: str) -> None:
        """One denial."""
        now_us = self._clock().at_us
        if not 0 <= now_us - self._window.since_us < self._window_s * SECOND_US:
            await self.fold()
            self._window = _Window(now_us)
        window = self._window
        if window.singles < SINGLES_MAX:
            window.singles += 1
            await self._record("SessionDenied", account, {"account": account, "origin": origin, "why": why})
            return
        window.folded += 1
        for name, value in (("whys", why), ("accounts", account), ("origins", origin)):
            if value and len(window.named[name]) < NAMED_MAX:
                window.named[name].setdefault(value)
        if self._later is None or self._later.done():
            self._later = asyncio.create_task(self._fold_later())

    async def fold(self) -> None:
        """Record what was counted so far as one fact."""
        window, self._window = self._window, _Window(0)
        if window.folded:
            named = {name: list(values) for name, values in window.named.items()}
            told = {"count": window.folded, "since_us": window.since_us, "until_us": self._clock().at_us, **named}
            await self._record("DenialsFolded", "", told)

    async def close(self) -> None:
        """Record what is left and stop."""
        if self._later is not None:
            self._later.cancel()
            await asyncio.gather(self._later, return_exceptions=True)
        await self.fold()

    async def _fold_later(self) -> None:
        await asyncio.sleep(self._window_s)
        await self.fold()
