"""Both ends of the desk's socket: the server wraps the engine's desk, the client is a Desk for a face.

A face that misbehaves loses its connection and nothing else. A follower is sent the newest turn and misses those
between; one that does not read within the time limit is cut off, so that no face ever makes the engine wait.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from ironkeep.adapters.desks.unix import config, wire
from ironkeep.adapters.unix_socket import Caller, Door, read, send, trouble
from ironkeep.model.errors import Refused, Unavailable
from ironkeep.model.live import EngineHealth, Live
from ironkeep.model.request import Outcome, Request
from ironkeep.ports.desk import Desk


class DeskServer:
    """Offers a desk on a socket path until closed."""

    def __init__(self, desk: Desk, path: Path) -> None:
        self._desk = desk
        self._door = Door(path, "engine", self._converse, config.CONNECTIONS_MAX)

    async def start(self) -> None:
        """Listen. Raises Conflict when another engine answers there; a dead socket file is replaced."""
        await self._door.open()

    async def close(self) -> None:
        """Stop listening, hang up on everyone, remove the socket."""
        await self._door.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            question = await read(reader, wire.QUESTIONS, config.REQUEST_BYTES_MAX)
            if isinstance(question, wire.Follow):
                async for live in self._desk.follow():
                    await send(writer, wire.Shown(live))
                return
            await send(writer, await self._answer(question))

    async def _answer(self, question: wire.Ask | wire.Health) -> wire.Reply:
        try:
            if isinstance(question, wire.Health):
                return wire.Well(await self._desk.health())
            return wire.Answered(await self._desk.ask(question.request))
        except (Unavailable, Refused) as exc:
            return trouble(exc)


class DeskClient:
    """A Desk at the other end of the socket. Safe for many tasks at once: every call opens its own connection."""

    def __init__(self, path: Path) -> None:
        remedy = "start it with `ironkeep run`, or name its data folder"
        self._caller = Caller(path, "engine", remedy, config.ANSWER_BYTES_MAX)

    async def ask(self, request: Request) -> Outcome:
        """See ports/desk.py."""
        return (await self._caller.ask(wire.Ask(request), wire.REPLIES, wire.Answered)).outcome

    async def health(self) -> EngineHealth:
        """See ports/desk.py."""
        return (await self._caller.ask(wire.Health(), wire.REPLIES, wire.Well)).health

    async def follow(self) -> AsyncIterator[Live]:
        """See ports/desk.py. Ends with Unavailable when the engine goes."""
        async with self._caller.line() as (reader, writer):
            await send(writer, wire.Follow())
            while True:
                reply = await read(reader, wire.REPLIES, config.ANSWER_BYTES_MAX)
                if isinstance(reply, wire.Shown):
                    yield reply.live
