"""What the sockets of desk and stage share: a door that only its user may open (mode 0600), and the call through it.

A message is a length of four bytes, then msgpack of one closed set of structs; both ends check every size. A caller
that sends nonsense, asks too slowly or does not read loses its connection and nothing else; what is behind the door
goes on. Every end that goes away becomes Unavailable for the caller, with what would mend it.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import msgspec

from ironkeep.model.errors import Conflict, Refused, Unavailable

SOCKET_MODE: Final = 0o600  # its user alone
HEADER_BYTES: Final = 4
CONNECT_TIMEOUT_S: Final = 2.0  # how long a caller waits for the connection
ANSWER_TIMEOUT_S: Final = 10.0  # how long a caller waits for an answer
SEND_TIMEOUT_S: Final = 10.0  # an end that takes longer to read one message is cut off

T = TypeVar("T")


class Trouble(msgspec.Struct, tag="trouble"):
    """What is behind the door could not do it; `kind` is the error's name, `what` and `remedy` its words."""

    kind: Literal["Unavailable", "Refused"]
    what: str
    remedy: str


def trouble(exc: Unavailable | Refused) -> Trouble:
    """The error as a message."""
    return Trouble("Refused" if isinstance(exc, Refused) else "Unavailable", exc.what, exc.remedy)


def pack(message: msgspec.Struct) -> bytes:
    """The message with its length in front."""
    data = msgspec.msgpack.encode(message)
    return len(data).to_bytes(HEADER_BYTES, "big") + data


async def read(stream: asyncio.StreamReader, decoder: "msgspec.msgpack.Decoder[T]", limit: int) -> T:
    """One message. Raises Refused when the bytes are none, asyncio.IncompleteReadError at the end of the stream."""
    size = int.from_bytes(await stream.readexactly(HEADER_BYTES), "big")
    if size > limit:
        raise Refused(f"a message of {size} bytes; the limit is {limit}", where="socket")
    data = await stream.readexactly(size)
    try:
        return decoder.decode(data)
    except msgspec.DecodeError as exc:
        raise Refused(f"not a message of this socket: {exc}", where="socket") from exc


async def send(writer: asyncio.StreamWriter, message: msgspec.Struct) -> None:
    """Send one message whole. Raises TimeoutError when the other end does not read."""
    writer.write(pack(message))
    async with asyncio.timeout(SEND_TIMEOUT_S):
        await writer.drain()


class Door:
    """Listens on a socket path until closed, and holds a conversation with each caller."""

    def __init__(
        self,
        path: Path,
        owner: str,
        converse: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
        callers_max: int,
    ) -> None:
        self._path = path
        self._owner = owner
        self._converse = converse
        self._callers_max = callers_max
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        import structlog  # callers say nothing and need not wait for it

        self._log = structlog.get_logger(owner)

    async def open(self) -> None:
        """Listen. Raises Conflict when another owner answers there; a dead socket file is replaced."""
        if self._path.exists():
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_unix_connection(str(self._path))
                writer.close()
                what = f"another {self._owner} is running on this data folder"
                raise Conflict(what, where=str(self._path), remedy="stop it first")
            self._path.unlink(missing_ok=True)
        before = os.umask(0o777 & ~SOCKET_MODE)
        try:
            self._server = await asyncio.start_unix_server(self._serve, str(self._path))
        finally:
            os.umask(before)
        self._path.chmod(SOCKET_MODE)

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
        if len(self._tasks) >= self._callers_max:
            writer.close()
            return
        self._tasks.add(task)
        try:
            await self._converse(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError):
            pass  # the caller has gone, says nothing, or does not read
        except Refused as exc:
            self._log.warning("a caller sent nonsense and was cut off", why=str(exc))
        except asyncio.CancelledError:
            pass  # the owner stops
        finally:
            self._tasks.discard(task)
            writer.close()


class Caller:
    """Calls through a door. Safe for many tasks at once: every call opens its own connection."""

    def __init__(self, path: Path, owner: str, remedy: str, answer_bytes_max: int) -> None:
        self._path = path
        self._owner = owner
        self._remedy = remedy
        self._answer_bytes_max = answer_bytes_max

    async def ask(self, question: msgspec.Struct, decoder: "msgspec.msgpack.Decoder[Any]", expected: type[T]) -> T:
        """The answer to one question. Raises Unavailable when nobody answers in time or not as `expected`, and as the
        answer says.
        """
        async with self.line() as (reader, writer):
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT_S):
                    await send(writer, question)
                    reply = await read(reader, decoder, self._answer_bytes_max)
            except TimeoutError as exc:
                what = f"the {self._owner} did not answer within {ANSWER_TIMEOUT_S:.0f} s"
                raise Unavailable(what, where=str(self._path), remedy="try again") from exc
            except Refused as exc:
                raise self._confused() from exc
        if isinstance(reply, Trouble):
            error = Unavailable if reply.kind == "Unavailable" else Refused
            raise error(reply.what, remedy=reply.remedy)
        if not isinstance(reply, expected):
            raise self._confused()
        return reply

    @contextlib.asynccontextmanager
    async def line(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection of its own. Raises Unavailable when nobody answers, or hangs up meanwhile."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                reader, writer = await asyncio.open_unix_connection(str(self._path))
        except (OSError, TimeoutError) as exc:
            raise Unavailable(f"no {self._owner} answers", where=str(self._path), remedy=self._remedy) from exc
        try:
            yield reader, writer
        except (asyncio.IncompleteReadError, ConnectionError) as exc:
            what = f"the {self._owner} hung up"
            raise Unavailable(what, where=str(self._path), remedy="look whether it still runs") from exc
        finally:
            writer.close()

    def _confused(self) -> Unavailable:
        what = f"what answers is not the {self._owner} of this version"
        return Unavailable(what, where=str(self._path), remedy="stop it, then `ironkeep run`")
