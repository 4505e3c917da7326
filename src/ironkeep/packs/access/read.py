"""Reads the table of who may do what. A row for no known role, a way or an act that is named twice: refused, with the
place. What has no row at all is refused to everybody when it is asked; a test finds it sooner.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from ironkeep.model.access import Act, Table
from ironkeep.model.errors import Refused

FILE = "roles.toml"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    act: str
    may: tuple[str, ...]
    ways: tuple[str, ...] = ()
    four_eyes: bool = False
    four_eyes_for: tuple[str, ...] = ()
    confirm: tuple[str, ...] = ()
    why: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    groups: dict[str, tuple[str, ...]] = {}
    row: tuple[_Row, ...] = ()


@cache
def shipped() -> Table:
    """The table that ships with the product."""
    return parse(files(__package__).joinpath(FILE).read_text(), FILE)


def parse(text: str, name: str = FILE) -> Table:
    """The table of a TOML text. Raises Refused naming file, row and remedy."""
    try:
        read = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as exc:
        raise Refused(f"the table of who may do what does not read: {exc}", where=name) from exc
    table = Table(tuple(_act(row, read.groups, name) for row in read.row))
    _require_once([act.name for act in table.acts], "act", name)
    _require_once([way for act in table.acts for way in act.ways], "way", name)
    return table


def _act(row: _Row, groups: dict[str, tuple[str, ...]], name: str) -> Act:
    fields: dict[str, Any] = {
        "name": row.act,
        "roles": [role for word in row.may for role in groups.get(word, (word,))],
        "ways": row.ways,
        "four_eyes": row.four_eyes,
        "four_eyes_for": row.four_eyes_for,
        "confirm": row.confirm,
        "why": row.why,
    }
    for way in row.ways:
        method, _, path = way.partition(" ")
        if method not in METHODS or not path.startswith("/"):
            raise Refused(f"{way!r} is not a way", where=f"{name}, {row.act}", remedy='write it as "GET /alarms"')
    if row.confirm and not (row.four_eyes or row.four_eyes_for):
        raise Refused("it needs nobody who confirms it", where=f"{name}, {row.act}", remedy="say four_eyes too")
    try:
        return msgspec.convert(fields, Act)
    except msgspec.ValidationError as exc:
        raise Refused(f"the row does not read: {exc}", where=f"{name}, {row.act}") from exc


def _require_once(found: list[str], what: str, name: str) -> None:
    for each in found:
        if found.count(each) > 1:
            raise Refused(f"the {what} {each!r} stands twice", where=name, remedy="one row an act, one act a way")
