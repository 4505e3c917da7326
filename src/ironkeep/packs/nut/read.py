"""Reads the variables of Network UPS Tools into a lexicon. A file that says anything odd is refused with the place.

Rules. Everything here is knowledge for reading. An unknown key, two variables or two points of one name, a mode that
has no word and a point that is no canonical name are refused.
"""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from ironkeep.codecs.lexicon import OTHER_BIT, STATUS, Lexicon, Said, Variable
from ironkeep.codecs.nut import is_name
from ironkeep.model.errors import Refused
from ironkeep.model.ids import PointName
from ironkeep.model.point import PointClass, PointKind, PointSpec, Symbol

FILE: Final = "variables.toml"
PHASES: Final = (1, 2, 3)
_POINT: Final = re.compile(r"[a-z][a-z0-9_]*")


class _Variable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    point: str
    label: str
    unit: str = ""
    point_class: PointClass = msgspec.field(name="class", default=PointClass.MEASUREMENT)
    low: float | None = None
    high: float | None = None
    rate: float | None = None
    expected: bool = False
    signed: bool = False
    codes: dict[str, int] = {}


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    variable: tuple[_Variable, ...]


class _Status(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    variable: str
    point: str
    label: str
    flags: dict[str, int]


class _Mode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    point: str
    label: str
    symbols: dict[str, int]
    order: tuple[str, ...]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    status: _Status
    mode: _Mode
    particulars: Said
    battery: _Table
    ups: _Table
    input: _Table
    output: _Table


def parse(text: str, where: str = FILE) -> Lexicon:
    """The lexicon that a TOML text describes. Raises Refused with the place and what would be right."""
    try:
        said = msgspec.convert(tomllib.loads(text), _File, strict=False)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as exc:
        raise Refused(str(exc), where=where, remedy="mend the line or key that is named") from exc
    tables = (said.battery, said.ups, said.input, said.output)
    variables = tuple(each for table in tables for entry in table.variable for each in _variables(entry, where))
    status, mode = _status(said.status), _mode(said.mode)
    specs = [status, mode, *(each.spec for each in variables)]
    _alone([each.name for each in variables], "variables", where)
    _alone([spec.name for spec in specs], "points", where)
    for spec in specs:
        if not _POINT.fullmatch(spec.name):
            raise Refused(f"{spec.name!r} is no name of a point", where=where, remedy="letters, digits and _")
    return Lexicon(variables, status, said.status.flags, mode, _order(said, where), said.particulars)


def _alone(names: list[str], what: str, where: str) -> None:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Refused(f"{what} that stand there twice: {', '.join(twice)}", where=where, remedy="keep one of each")


def _variables(entry: _Variable, where: str) -> Iterator[Variable]:
    """One variable, or one a phase."""
    for n in PHASES if "{n}" in entry.name else (0,):
        name, point, label = (text.replace("{n}", str(n)) for text in (entry.name, entry.point, entry.label))
        if not is_name(name):
            raise Refused(f"{name!r} is no name of a variable", where=where, remedy="as RFC 9271 names it")
        if entry.low is not None and entry.high is not None and entry.low >= entry.high:
            raise Refused("low is not below high", where=f"{where}: {name}", remedy="exchange them")
        spec = PointSpec(
            name=PointName(point),
            unit=entry.unit,
            kind=PointKind.ENUM if entry.codes else PointKind.ANALOG,
            point_class=entry.point_class,
            label=label,
            source=f"nut {name}",
            low=entry.low,
            high=entry.high,
            rate_per_s=entry.rate,
            symbols=_symbols(entry.codes),
        )
        yield Variable(name, spec, entry.expected, entry.signed, entry.codes)


def _symbols(codes: dict[str, int]) -> tuple[Symbol, ...]:
    """One name for each number: the first word that means it."""
    first: dict[int, str] = {}
    for word, value in codes.items():
        first.setdefault(value, word)
    return tuple(Symbol(value, word) for value, word in first.items())


def _status(said: _Status) -> PointSpec:
    if said.variable != STATUS or any(not 0 <= bit < OTHER_BIT for bit in said.flags.values()):
        raise Refused("the status is not ups.status with bits from 0 to 61", where=f"{FILE}: status")
    symbols = (*(Symbol(bit, word) for word, bit in said.flags.items()), Symbol(OTHER_BIT, "other"))
    return PointSpec(
        name=PointName(said.point),
        unit="",
        kind=PointKind.BITFIELD,
        point_class=PointClass.MEASUREMENT,
        label=said.label,
        source=f"nut {STATUS}",
        symbols=symbols,
    )


def _mode(said: _Mode) -> PointSpec:
    return PointSpec(
        name=PointName(said.point),
        unit="",
        kind=PointKind.ENUM,
        point_class=PointClass.MEASUREMENT,
        label=said.label,
        source=f"nut {STATUS}, the word that decides",
        symbols=_symbols(said.symbols),
    )


def _order(said: _File, where: str) -> tuple[tuple[str, int], ...]:
    found: list[tuple[str, int]] = []
    for line in said.mode.order:
        word, _, mode = line.partition(" ")
        if word not in said.status.flags or mode not in said.mode.symbols:
            raise Refused(f"{line!r} names no word or no mode", where=f"{where}: mode.order", remedy="WORD mode")
        found.append((word, said.mode.symbols[mode]))
    return tuple(found)


@cache
def shipped() -> Lexicon:
    """The lexicon that ships with the product. Raises Refused when its file is wrong."""
    return parse((files("ironkeep.packs.nut") / FILE).read_text(encoding="utf-8"))
