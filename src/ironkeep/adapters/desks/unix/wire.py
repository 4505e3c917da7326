"""The desk's messages: one closed set of structs for each direction. How they travel says adapters/unix_socket.py."""

from typing import Final

import msgspec

from ironkeep.adapters.unix_socket import Trouble
from ironkeep.model.live import EngineHealth, Live
from ironkeep.model.request import Outcome, Request


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


Question = Ask | Follow | Health
Reply = Answered | Shown | Well | Trouble

QUESTIONS: Final[msgspec.msgpack.Decoder[Question]] = msgspec.msgpack.Decoder(Question)
REPLIES: Final[msgspec.msgpack.Decoder[Reply]] = msgspec.msgpack.Decoder(Reply)
