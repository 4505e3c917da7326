"""Both ends of the stage's socket: the server offers the twin's stage, the client is a Stage for a face.

The socket belongs to the user who runs the demo (0600). A client that sends nonsense, or nothing, loses its connection
and nothing else; the plant goes on.
"""

import asyncio
import contextlib
import os
from pathlib import Path

import structlog

from ironkeep.adapters.stages.unix import config, wire
from ironkeep.model.errors import Conflict, Refused, Unavailable
from ironkeep.ports.stage import Scenario, Stage, StageState

_log = structlog.get_logger("stage")


class StageServer:
    """Offers a stage on a socket path until closed."""

    def __init__(self, stage: Stage, path: Path) -> None:
        self._stage = stage
        self._path = path
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises Conflict when another twin answers there; a dead socket file is replaced."""
        if self._path.exists():
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_unix_connection(str(self._path))
                writer.close()
                raise Conflict(
                    "another twin is running on this data folder", where=str(self._path), remedy="stop it first"
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
        if self._server is None:
            return
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
            while True:
                async with asyncio.timeout(config.QUESTION_TIMEOUT_S):
                    question = await wire.read_question(reader, config.QUESTION_BYTES_MAX)
                await _send(writer, await self._answer(question))
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            pass  # the client has gone, or says nothing
        except Refused as exc:
            _log.warning("a client of the stage sent nonsense and was cut off", why=str(exc))
        except asyncio.CancelledError:
            pass  # the twin stops
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, question: wire.Question) -> wire.Reply:
        try:
            match question:
                case wire.Scenarios():
                    return wire.Listed(await self._stage.scenarios())
                case wire.Inject(scenario=name):
                    return wire.Playing(await self._stage.inject(name))
                case wire.Clear():
                    return wire.Playing(await self._stage.clear())
                case wire.State():
                    return wire.Playing(await self._stage.state())
        except Refused as exc:
            return wire.Trouble("Refused", exc.what, exc.remedy)
        except Unavailable as exc:
            return wire.Trouble("Unavailable", exc.what, exc.remedy)


class StageClient:
    """A Stage at the other end of the socket. Safe for many tasks at once: every call opens its own connection."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def scenarios(self) -> tuple[Scenario, ...]:
        """See ports/stage.py."""
        reply = await self._call(wire.Scenarios())
        if not isinstance(reply, wire.Listed):
            raise self._confused()
        return reply.scenarios

    async def inject(self, scenario: str) -> StageState:
        """See ports/stage.py."""
        return await self._play(wire.Inject(scenario))

    async def clear(self) -> StageState:
        """See ports/stage.py."""
        return await self._play(wire.Clear())

    async def state(self) -> StageState:
        """See ports/stage.py."""
        return await self._play(wire.State())

    async def _play(self, question: wire.Question) -> StageState:
        reply = await self._call(question)
        if not isinstance(reply, wire.Playing):
            raise self._confused()
        return reply.state

    async def _call(self, question: wire.Question) -> wire.Reply:
        reader, writer = await self._connect()
        try:
            async with asyncio.timeout(config.ANSWER_TIMEOUT_S):
                await _send(writer, question)
                reply = await wire.read_reply(reader, config.ANSWER_BYTES_MAX)
        except (asyncio.IncompleteReadError, ConnectionError) as exc:
            raise Unavailable("the twin hung up", where=str(self._path), remedy="look whether it still runs") from exc
        except TimeoutError as exc:
            raise Unavailable(
                f"the twin did not answer within {config.ANSWER_TIMEOUT_S:.0f} s",
                where=str(self._path),
                remedy="try again",
            ) from exc
        except Refused as exc:
            raise self._confused() from exc
        finally:
            writer.close()
        if isinstance(reply, wire.Trouble):
            error = Unavailable if reply.kind == "Unavailable" else Refused
            raise error(reply.what, where="twin", remedy=reply.remedy)
        return reply

    def _confused(self) -> Unavailable:
        return Unavailable(
            "what answers is not a twin of this version", where=str(self._path), remedy="stop it, then `ironkeep run`"
        )

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            async with asyncio.timeout(config.CONNECT_TIMEOUT_S):
                return await asyncio.open_unix_connection(str(self._path))
        except (OSError, TimeoutError) as exc:
            raise Unavailable(
                "no twin answers",
                where=str(self._path),
                remedy="start the demo with `ironkeep run` without --site, or name its data folder with --data",
            ) from exc


async def _send(writer: asyncio.StreamWriter, message: wire.Question | wire.Reply) -> None:
    """Send one message whole. Raises TimeoutError when the other end does not read."""
    writer.write(wire.pack(message))
    async with asyncio.timeout(config.SEND_TIMEOUT_S):
        await writer.drain()
