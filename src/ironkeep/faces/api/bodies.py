"""What the API is asked: strict JSON bodies. An unknown key, a wrong type, a value out of range: refused by name."""

from typing import Annotated, TypeVar

import msgspec
from fastapi import Request

from ironkeep.model.errors import Refused

Words = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
T = TypeVar("T")


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request that needs no more than its address."""


class Shelve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Put an alarm aside for 1 minute to 8 hours, with a reason."""

    for_s: Annotated[int, msgspec.Meta(ge=60, le=28_800)]
    reason: Words


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line for the story."""

    text: Words


class Lower(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lower a thermal stage, on fresh readings that show it."""

    stage: Annotated[int, msgspec.Meta(ge=0, le=2)]
    why: Words


class Close(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Close a case with a cause class and a reason."""

    cause_class: Words
    reason: Words


class TakenByHand(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person read on an instrument. `read_us` is when, now where it is left out."""

    point: Words
    value: float
    instrument: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    calibrated_until: Annotated[str, msgspec.Meta(max_length=32)] = ""
    read_us: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)] = 0


class Decline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Decline what waits for a second person, or take it back."""

    why: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Withdraw(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Take an import back, with a reason."""

    why: Words


class Play(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which scenario the twin should play."""

    scenario: Words


async def read(request: Request, kind: type[T]) -> T:
    """The body as `kind`. Raises Refused naming the key and what would be right."""
    data = await request.body()
    try:
        return msgspec.json.decode(data or b"{}", type=kind)
    except msgspec.ValidationError as exc:
        what, _, where = str(exc).partition(" - at ")
        raise Refused(what, where=where.strip("`") or "body", remedy="see /api/v1/openapi.json") from exc
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise Refused(f"the body is not JSON: {exc}", where="body", remedy="send one JSON object") from exc
