"""Reads the profiles of this folder. Each has limits, risks and card lines, all with a source; else it is refused."""

import tomllib
from importlib.resources import files
from typing import TypeVar

import msgspec

from ironkeep.model.errors import Refused
from ironkeep.model.register import ChemistryProfile, Sourced, span_of
from ironkeep.model.site import Chemistry

CONTROLS = "controls.toml"
T = TypeVar("T")


class _Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    name: str
    limit: tuple[Sourced, ...]
    risk: tuple[Sourced, ...]
    card: tuple[Sourced, ...]
    room: Sourced | None = None


class _Controls(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    control: tuple[Sourced, ...]


def parse(text: str, name: str) -> ChemistryProfile:
    """The profile that a TOML text gives. Raises Refused with the file and what is wrong."""
    read = _read(text, name, _Profile)
    if read.id not in [str(each) for each in Chemistry]:
        raise Refused(
            f"{read.id!r} is no chemistry of the site file", where=name, remedy="see docs/reference/site-file.md"
        )
    for part in (read.limit, read.risk, read.card):
        _sourced(part, name)
    if read.room is not None and (span_of(read.room.value) is None or not read.room.source):
        raise Refused("room is no span with its source", where=name, remedy='value = "10 to 35", source = ...')
    return ChemistryProfile(read.id, read.name, read.limit, read.risk, read.card, read.room)


def parse_controls(text: str, name: str = CONTROLS) -> tuple[Sourced, ...]:
    """The one list of controls. Raises Refused when it is empty or lacks a source."""
    found = _read(text, name, _Controls).control
    _sourced(found, name)
    return found


def shipped() -> tuple[tuple[ChemistryProfile, ...], tuple[Sourced, ...]]:
    """Every profile of this folder, and the controls that hold for all of them."""
    folder = files("ironkeep.packs.chemistries")
    found = tuple(parse((folder / f"{each}.toml").read_text(encoding="utf-8"), f"{each}.toml") for each in Chemistry)
    return found, parse_controls((folder / CONTROLS).read_text(encoding="utf-8"))


def _read(text: str, name: str, kind: type[T]) -> T:
    try:
        return msgspec.convert(tomllib.loads(text), kind)
    except tomllib.TOMLDecodeError as exc:
        raise Refused(f"not TOML: {exc}", where=name, remedy="correct the file") from exc
    except msgspec.ValidationError as exc:
        raise Refused(str(exc), where=name, remedy="see docs/explanation/inventory.md for the keys") from exc


def _sourced(part: tuple[Sourced, ...], name: str) -> None:
    if not part or not all(each.text and each.source for each in part):
        raise Refused(
            "a part is empty, or a line lacks its text or source", where=name, remedy="every line has a source"
        )
