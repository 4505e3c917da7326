"""Desk: the only way in which faces reach the engine. They ask (a request), look (the live picture), and see its
health.
"""

from collections.abc import AsyncIterator
from typing import Protocol

from ironkeep.model.live import EngineHealth, Live
from ironkeep.model.request import Outcome, Request


class Desk(Protocol):
    """The engine's desk as a face sees it. Every call raises Unavailable when the engine does not answer."""

    async def ask(self, request: Request) -> Outcome:
        """Put a request; the answer comes when its facts are durable. Repeating a request id repeats the answer."""
        ...

    def follow(self) -> AsyncIterator[Live]:
        """The newest turn, then each next one. A slow follower is sent the newest and misses those between, never a
        backlog.
        """
        ...

    async def health(self) -> EngineHealth:
        """How the engine fares now."""
        ...
