"""Reads gaps.toml. Every kind of gap has exactly one entry, an event, a source and a next step; else it is refused."""

import re
import tomllib
from importlib.resources import files

import msgspec

from ironkeep.model.errors import Refused
from ironkeep.model.register import Advice, GapKind

EVENT = re.compile(r"[FC]\d{1,2}")  # a row of the incident tables


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    gap: tuple[Advice, ...]


def parse(text: str, name: str = "gaps.toml") -> tuple[Advice, ...]:
    """The advice that a TOML text gives. Raises Refused with the file, the kind and what would be right."""
    try:
        read = msgspec.convert(tomllib.loads(text), _File, strict=False)
    except tomllib.TOMLDecodeError as exc:
        raise Refused(f"not TOML: {exc}", where=name, remedy="correct the file") from exc
    except msgspec.ValidationError as exc:
        raise Refused(str(exc), where=name, remedy="see docs/explanation/inventory.md for the keys") from exc
    kinds = [each.kind for each in read.gap]
    for kind in GapKind:
        if kinds.count(kind) != 1:
            raise Refused(f"{kind!r} stands {kinds.count(kind)} times", where=name, remedy="once, no more and no less")
    for each in read.gap:
        if not all((each.why, each.event, each.source, each.next_step, each.effort, each.events, each.rows)):
            raise Refused("a text, an event, a source or a row is missing", where=f"{name}: {each.kind}")
        if odd := [event for event in each.events if not EVENT.fullmatch(event)]:
            raise Refused(f"{odd[0]!r} is no row of the incident tables", where=f"{name}: {each.kind}")
    return read.gap


def shipped() -> tuple[Advice, ...]:
    """The advice of this folder."""
    return parse((files("ironkeep.packs.gaps") / "gaps.toml").read_text(encoding="utf-8"))
