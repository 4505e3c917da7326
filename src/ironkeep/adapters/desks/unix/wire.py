"""The desk's messages: a length of four bytes, then msgpack of one closed set of structs. Both ends check every
size.
"""

import asyncio
from typing import Literal, TypeVar

import msgspec

from ironkeep.model.errors import Refused
from ironkeep.model.live import EngineHealth, Live
from ironkeep.model.request import Outcome, Request

HEADER_BYTES = 4
T = TypeVar("T")


class Ask(msgspec.Struct, tag="ask"):
    """A face asks."""

    request: Request


class Follow(msgspec.Struct, tag="follow"):
    """A face wants every newest turn from now on; nothing else may be asked on this connection."""


class Health(msgspec.Struct, tag="health"):
    """A face wants the health."""


class Answered(msgspec.Struct, tag="answered"):
    """The outcome of an Ask."""

    outcome: Outcome


class Shown(msgspec.Struct, tag="shown"):
    """One turn for a follower."""

    live: Live


class Well(msgspec.Struct, tag="well"):
    """The answer to Health."""

    health: EngineHealth


class Trouble(msgspec.Struct, tag="trouble"):
    """The engine could not answer; `kind` is the error's name, `what` and `remedy` its words."""

    kind: Literal["Unavailable", "Refused"]
    what: str
    remedy: str


Question = Ask | Follow | Health
Reply = Answered | Shown | Well | Trouble

_questions: msgspec.msgpack.Decoder[Question] = msgspec.msgpack.Decoder(Question)
_replies: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


def pack(message: Question | Reply) -> bytes:
    """The message with its length in front."""
    data = msgspec.msgpack.encode(message)
    return len(data).to_bytes(HEADER_BYTES, "big") + data


async def read_question(stream: asyncio.StreamReader, limit: int) -> Question:
    """One question. Raises Refused when the bytes are none, asyncio.IncompleteReadError at the end of the stream."""
    return _decode(_questions, await _read(stream, limit))


async def read_reply(stream: asyncio.StreamReader, limit: int) -> Reply:
    """One reply. Raises as `read_question` does."""
    return _decode(_replies, await _read(stream, limit))


async def _read(stream: asyncio.StreamReader, limit: int) -> bytes:
    size = int.from_bytes(await stream.readexactly(HEADER_BYTES), "big")
    if size > limit:
        raise Refused(f"a message of {size} bytes; the limit is {limit}", where="desk socket")
    return await stream.readexactly(size)


def _decode(decoder: "msgspec.msgpack.Decoder[T]", data: bytes) -> T:
    try:
        return decoder.decode(data)
    except msgspec.DecodeError as exc:
        raise Refused(f"not a message of the desk: {exc}", where="desk socket") from exc
