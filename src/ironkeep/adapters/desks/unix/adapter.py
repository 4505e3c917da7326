"""Both ends of the desk's socket: the server wraps the engine's desk, the client is a Desk for a face.

A face that misbehaves loses its connection and nothing else. A follower is sent the newest turn and misses those
between; one that does not read within the time limit is cut off, so that no face ever makes the engine wait.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import structlog

from ironkeep.adapters.desks.unix import config, wire
from ironkeep.model.errors import Conflict, Refused, Unavailable
from ironkeep.model.live import EngineHealth, Live
from ironkeep.model.request import Outcome, Request
from ironkeep.ports.desk import Desk

_log = structlog.get_logger("desk")


class DeskServer:
    """Offers a desk on a socket path until closed."""

    def __init__(self, desk: Desk, path: Path) -> None:
        self._desk = desk
        self._path = path
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises Conflict when another engine answers there; a dead socket file is replaced."""
        if self._path.exists():
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_unix_connection(str(self._path))
                writer.close()
                raise Conflict(
                    "another engine is running on this data folder", where=str(self._path), remedy="stop it first"
                )
            self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._serve, str(self._path))
        finally:
            os.umask(before)
        self._path.chmod(config.SOCKET_MODE)

    async def close(self) -> None:
        """Stop listening, hang up on everyone, remove the socket."""
        if self._server is not None:
            self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._tasks) >= config.CONNECTIONS_MAX:
            writer.close()
            return
        self._tasks.add(task)
        try:
            await self._converse(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            pass  # the face has gone, or does not read
        except Refused as exc:
            _log.warning("a face sent nonsense and was cut off", why=str(exc))
        except asyncio.CancelledError:
            pass  # the engine stops
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            question = await wire.read_question(reader, config.REQUEST_BYTES_MAX)
            if isinstance(question, wire.Follow):
                async for live in self._desk.follow():
                    await _send(writer, wire.Shown(live))
                return
            await _send(writer, await self._answer(question))

    async def _answer(self, question: wire.Ask | wire.Health) -> wire.Reply:
        try:
            if isinstance(question, wire.Health):
                return wire.Well(await self._desk.health())
            return wire.Answered(await self._desk.ask(question.request))
        except Unavailable as exc:
            return wire.Trouble("Unavailable", exc.what, exc.remedy)
        except Refused as exc:
            return wire.Trouble("Refused", exc.what, exc.remedy)


class DeskClient:
    """A Desk at the other end of the socket. Safe for many tasks at once: every call opens its own connection."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def ask(self, request: Request) -> Outcome:
        """See ports/desk.py."""
        reply = await self._call(wire.Ask(request))
        assert isinstance(reply, wire.Answered)
        return reply.outcome

    async def health(self) -> EngineHealth:
        """See ports/desk.py."""
        reply = await self._call(wire.Health())
        assert isinstance(reply, wire.Well)
        return reply.health

    async def follow(self) -> AsyncIterator[Live]:
        """See ports/desk.py. Ends with Unavailable when the engine goes."""
        reader, writer = await self._connect()
        try:
            await _send(writer, wire.Follow())
            while True:
                reply = await wire.read_reply(reader, config.ANSWER_BYTES_MAX)
                if isinstance(reply, wire.Shown):
                    yield reply.live
        except (asyncio.IncompleteReadError, ConnectionError) as exc:
            raise Unavailable("the engine hung up", where=str(self._path), remedy="look whether it still runs") from exc
        finally:
            writer.close()

    async def _call(self, question: wire.Question) -> wire.Reply:
        reader, writer = await self._connect()
        try:
            async with asyncio.timeout(config.ASK_TIMEOUT_S):
                await _send(writer, question)
                reply = await wire.read_reply(reader, config.ANSWER_BYTES_MAX)
        except (asyncio.IncompleteReadError, ConnectionError) as exc:
            raise Unavailable("the engine hung up", where=str(self._path), remedy="look whether it still runs") from exc
        except TimeoutError as exc:
            raise Unavailable(
                f"the engine did not answer within {config.ASK_TIMEOUT_S:.0f} s",
                where=str(self._path),
                remedy="try again",
            ) from exc
        finally:
            writer.close()
        if isinstance(reply, wire.Trouble):
            error = Unavailable if reply.kind == "Unavailable" else Refused
            raise error(reply.what, remedy=reply.remedy)
        return reply

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            async with asyncio.timeout(config.CONNECT_TIMEOUT_S):
                return await asyncio.open_unix_connection(str(self._path))
        except (OSError, TimeoutError) as exc:
            raise Unavailable(
                "no engine answers",
                where=str(self._path),
                remedy="start it with `ironkeep run`, or name its data folder",
            ) from exc


async def _send(writer: asyncio.StreamWriter, message: wire.Question | wire.Reply) -> None:
    """Send one message whole. Raises TimeoutError when the other end does not read."""
    writer.write(wire.pack(message))
    async with asyncio.timeout(config.SEND_TIMEOUT_S):
        await writer.drain()
