"""Both ends of the stage's socket: the server offers the twin's stage, the client is a Stage for a face.

The socket belongs to the user who runs the demo (0600). A client that sends nonsense, or nothing, loses its connection
and nothing else; the plant goes on.
"""

import asyncio
from pathlib import Path

from ironkeep.adapters.stages.unix import config, wire
from ironkeep.adapters.unix_socket import Caller, Door, read, send, trouble
from ironkeep.model.errors import Refused, Unavailable
from ironkeep.ports.stage import Scenario, Stage, StageState


class StageServer:
    """Offers a stage on a socket path until closed."""

    def __init__(self, stage: Stage, path: Path) -> None:
        self._stage = stage
        self._door = Door(path, "twin", self._converse, config.CONNECTIONS_MAX)

    async def start(self) -> None:
        """Listen. Raises Conflict when another twin answers there; a dead socket file is replaced."""
        await self._door.open()

    async def close(self) -> None:
        """Stop listening, hang up on everyone, remove the socket."""
        await self._door.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            async with asyncio.timeout(config.QUESTION_TIMEOUT_S):
                question = await read(reader, wire.QUESTIONS, config.QUESTION_BYTES_MAX)
            await send(writer, await self._answer(question))

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
        except (Unavailable, Refused) as exc:
            return trouble(exc)


class StageClient:
    """A Stage at the other end of the socket. Safe for many tasks at once: every call opens its own connection."""

    def __init__(self, path: Path) -> None:
        remedy = "start the demo with `ironkeep run` without --site, or name its data folder with --data"
        self._caller = Caller(path, "twin", remedy, config.ANSWER_BYTES_MAX)

    async def scenarios(self) -> tuple[Scenario, ...]:
        """See ports/stage.py."""
        return (await self._caller.ask(wire.Scenarios(), wire.REPLIES, wire.Listed)).scenarios

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
        return (await self._caller.ask(question, wire.REPLIES, wire.Playing)).state
