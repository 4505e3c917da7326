"""Reads quarter.toml. Every item stands once with its why, event, next step and requirement; else it is refused."""

import tomllib
from importlib.resources import files

import msgspec

from ironkeep.model.errors import Refused
from ironkeep.model.register import Duty, DutyItem


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    duty: tuple[Duty, ...]


def parse(text: str, name: str = "quarter.toml") -> tuple[Duty, ...]:
    """The duties that a TOML text gives, in its order. Raises Refused with the file and what is wrong."""
    try:
        read = msgspec.convert(tomllib.loads(text), _File).duty
    except tomllib.TOMLDecodeError as exc:
        raise Refused(f"not TOML: {exc}", where=name, remedy="correct the file") from exc
    except msgspec.ValidationError as exc:
        raise Refused(str(exc), where=name, remedy="see docs/explanation/inventory.md for the keys") from exc
    items = [each.item for each in read]
    for item in DutyItem:
        if items.count(item) != 1:
            raise Refused(f"{item!r} stands {items.count(item)} times", where=name, remedy="once, no more and no less")
    for each in read:
        if not all((each.title, each.why, each.event, each.next_step, each.effort, each.rows)):
            raise Refused("a text or a row is missing", where=f"{name}: {each.item}")
    return read


def shipped() -> tuple[Duty, ...]:
    """The checklist of this folder."""
    return parse((files("ironkeep.packs.quarter") / "quarter.toml").read_text(encoding="utf-8"))
