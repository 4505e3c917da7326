"""The stage's messages: a length of four bytes, then msgpack of one closed set of structs.

Both ends check every size.
"""

import asyncio
from typing import Literal, TypeVar

import msgspec

from ironkeep.model.errors import Refused
from ironkeep.ports.stage import Scenario, StageState

HEADER_BYTES = 4
T = TypeVar("T")


class Scenarios(msgspec.Struct, tag="scenarios", forbid_unknown_fields=True):
    """A client wants to know what can be played."""


class Inject(msgspec.Struct, tag="inject", forbid_unknown_fields=True):
    """A client wants a scenario played."""

    scenario: str


class Clear(msgspec.Struct, tag="clear", forbid_unknown_fields=True):
    """A client wants the quiet state back."""


class State(msgspec.Struct, tag="state", forbid_unknown_fields=True):
    """A client wants to know what is playing."""


class Listed(msgspec.Struct, tag="listed"):
    """The answer to Scenarios."""

    scenarios: tuple[Scenario, ...]


class Playing(msgspec.Struct, tag="playing"):
    """The answer to Inject, Clear and State."""

    state: StageState


class Trouble(msgspec.Struct, tag="trouble"):
    """The twin could not do it; `kind` is the error's name, `what` and `remedy` its words."""

    kind: Literal["Unavailable", "Refused"]
    what: str
    remedy: str


Question = Scenarios | Inject | Clear | State
Reply = Listed | Playing | Trouble

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
        raise Refused(f"a message of {size} bytes; the limit is {limit}", where="stage socket")
    return await stream.readexactly(size)


def _decode(decoder: "msgspec.msgpack.Decoder[T]", data: bytes) -> T:
    try:
        return decoder.decode(data)
    except msgspec.DecodeError as exc:
        raise Refused(f"not a message of the stage: {exc}", where="stage socket") from exc
