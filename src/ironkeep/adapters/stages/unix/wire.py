"""The stage's messages: one closed set of structs for each direction. How they travel says adapters/unix_socket.py."""

from typing import Final

import msgspec

from ironkeep.adapters.unix_socket import Trouble
from ironkeep.ports.stage import Scenario, StageState


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


Question = Scenarios | Inject | Clear | State
Reply = Listed | Playing | Trouble

QUESTIONS: Final[msgspec.msgpack.Decoder[Question]] = msgspec.msgpack.Decoder(Question)
REPLIES: Final[msgspec.msgpack.Decoder[Reply]] = msgspec.msgpack.Decoder(Reply)
