"""A mapping as a TOML file: read, checked whole, and written with the reasons beside what was guessed.

Rules. Every mistake names its table and key; an unknown key is a mistake. A unit must fit its point. Current and power
say what positive means, or that nobody knows.
"""

import json
import re
import tomllib
from collections.abc import Iterable

import msgspec

from ironkeep.codecs.quantity import CANONICAL, UNITS, unit
from ironkeep.model.errors import Refused
from ironkeep.model.recording import ELAPSED, FORMATS, Column, Guess, Mapping, Positive, QualityWords

MAPPING_BYTES_MAX = 1_000_000
SERIES_MAX = 10_000  # cells in series
CAPACITY_MAX_AH = 1e6

_QUANTITY = {
    "_v": "voltage",
    "_a": "current",
    "_w": "power",
    "_wh": "energy",
    "_ah": "charge",
    "_c": "temperature",
    "_pct": "share",
    "_hz": "frequency",
    "_ohm": "resistance",
    "_count": "count",
    "_state": "state",
}
_POINT = re.compile(r"[a-z][a-z0-9_]{0,62}")
_KEY = re.compile(r"\$\.?(\w+)?(?:\[(\d+)\])?(?:\.(\w+))?")


def quantity_of(point: str) -> str:
    """The quantity of a canonical point name by its last part; empty where it has none."""
    tail = point[point.rfind("_") :] if "_" in point else ""
    return _QUANTITY.get(tail, "")


def canonical_unit(point: str) -> str:
    """The canonical unit of a point; empty where it has none."""
    return CANONICAL.get(quantity_of(point), "")


def parse(text: str, name: str = "the mapping") -> Mapping:
    """The mapping that a TOML text holds; `name` is the file in errors. Raises Refused with the first mistake."""
    if len(text) > MAPPING_BYTES_MAX:
        raise Refused(f"longer than {MAPPING_BYTES_MAX} characters", where=name)
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError, OverflowError) as exc:
        why = "brackets are nested too deeply" if isinstance(exc, RecursionError) else str(exc)
        raise Refused(f"not TOML: {why}", where=name, remedy="mend the line named; the form is TOML 1.0") from exc
    try:
        found = msgspec.convert(document, Mapping)
    except (msgspec.ValidationError, OverflowError) as exc:
        what, _, place = str(exc).partition(" - at ")
        raise Refused(
            what, where=f"{name}: {_place(place)}", remedy="docs/reference/recordings.md lists every key"
        ) from exc
    require(found, name)
    return found


def require(mapping: Mapping, name: str = "the mapping") -> None:
    """Return when the parts of a mapping fit together. Raises Refused naming the first that does not."""
    file = mapping.file
    if file.format not in FORMATS:
        there = ", ".join(FORMATS)
        raise Refused(f"no format {file.format!r}", where=f"{name}: [file] format", remedy=f"one of {there}")
    if file.format != "parquet" and (len(file.separator) != 1 or file.separator in "\r\n\"'.0123456789"):
        raise Refused("the separator is one sign", where=f"{name}: [file] separator", remedy='such as "," or ";"')
    if file.decimal not in (".", ",") or len(file.thousands) > 1 or file.thousands == file.decimal:
        raise Refused("decimal is . or , and thousands another sign", where=f"{name}: [file] decimal")
    if file.thousands and file.thousands not in ",.' \u00a0\u202f\u2019":
        raise Refused(f"no thousands separator {file.thousands!r}", where=f"{name}: [file] thousands")
    if not 0 <= file.header_line <= 1_000:
        raise Refused("header_line counts from 1, to 1000", where=f"{name}: [file] header_line")
    if not (0 <= file.group_line <= 1_000 and 0 <= file.unit_line <= 1_000) or 0 < file.unit_line <= file.header_line:
        raise Refused("group_line and unit_line are lines of the head; 0: none", where=f"{name}: [file] unit_line")
    if not mapping.column:
        raise Refused("no column is mapped", where=f"{name}: [[column]]", remedy="map one column to a point")
    for number, column in enumerate(mapping.column, 1):
        _require_column(column, f"{name}: [[column]] {number} ({column.name!r})")
    _require_once(mapping.column, name)
    for number, words in enumerate(mapping.quality, 1):
        _require_quality(words, mapping, f"{name}: [[quality]] {number} ({words.name!r})")
    for bank in mapping.asset:
        if bank.capacity_ah is not None and not 0 < bank.capacity_ah <= CAPACITY_MAX_AH:
            raise Refused("capacity_ah is more than 0", where=f"{name}: [[asset]] {bank.id!r}")
        if bank.cells_in_series is not None and not 0 < bank.cells_in_series <= SERIES_MAX:
            raise Refused(f"cells_in_series is 1 to {SERIES_MAX}", where=f"{name}: [[asset]] {bank.id!r}")


def _require_column(column: Column, where: str) -> None:
    quantity = quantity_of(column.point)
    if not _POINT.fullmatch(column.point) or not quantity:
        there = ", ".join(_QUANTITY)
        raise Refused(f"no point {column.point!r}", where=where, remedy=f"lower case, ending in its unit: {there}")
    if quantity == "state" or column.off or column.on:
        _require_positions(column, where)
    if column.unit:
        found = unit(column.unit)
        if found is None or found.quantity != quantity:
            there = ", ".join(each.name for each in UNITS.values() if each.quantity == quantity)
            raise Refused(f"{column.unit!r} is no unit of {column.point}", where=where, remedy=f"one of {there}")
    if quantity in ("current", "power") and column.positive is None:
        raise Refused("what does positive mean?", where=where, remedy='positive = "discharge", "charge" or "unknown"')


def _require_quality(words: QualityWords, mapping: Mapping, where: str) -> None:
    """Return when a column of quality has good words and tells of columns that are mapped."""
    names = {column.name for column in mapping.column}
    if not words.good:
        raise Refused("which of its words mean good?", where=where, remedy='good = ["Good"]')
    if words.name in names:
        raise Refused("a column of values cannot tell of quality as well", where=where)
    if missing := [each for each in words.of if each not in names]:
        raise Refused(f"no mapped column {missing[0]!r}", where=where, remedy="name it as under [[column]]")
    if words.of and mapping.long is not None:
        raise Refused("in a long file it tells of the value of its line", where=where, remedy="leave of out")


def _require_positions(column: Column, where: str) -> None:
    """Return when a state, and nothing else, has words for both positions."""
    off, on = ({word.strip().lower() for word in words} for words in (column.off, column.on))
    if quantity_of(column.point) != "state":
        remedy = f'point = "{column.point.rpartition("_")[0] or "x"}_state", or no such words'
        raise Refused(f"off and on are words of a state, {column.point} is none", where=where, remedy=remedy)
    if not off or not on or off & on or column.unit:
        raise Refused("a state has words for off and for on, none twice, and no unit", where=where)


def _require_once(columns: Iterable[Column], name: str) -> None:
    """One column a point, or a pair of which one counts charge and the other discharge."""
    seen: dict[tuple[str, str], list[Column]] = {}
    names: set[str] = set()
    for column in columns:
        if column.name in names:
            raise Refused(f"column {column.name!r} is mapped twice", where=f"{name}: [[column]]")
        names.add(column.name)
        seen.setdefault((column.asset, column.point), []).append(column)
    for (asset, point), found in seen.items():
        signs = sorted(str(column.positive) for column in found)
        if len(found) > 1 and signs != [str(Positive.CHARGE), str(Positive.DISCHARGE)]:
            both = " and ".join(repr(column.name) for column in found[:3])
            what = f"{both} are both {point} of {asset or 'the one asset'}"
            raise Refused(
                what, where=f"{name}: [[column]]", remedy="one column a point, or a charge and a discharge one"
            )


def write(mapping: Mapping, guesses: Iterable[Guess] = ()) -> str:
    """The mapping as TOML, each guess as a comment above what it is about; `parse` gives the same mapping back."""
    why = {guess.subject: f"# {guess.sure}: {_line(guess.why)}" for guess in guesses}
    file = mapping.file
    out = ["# How a recording is read: docs/reference/recordings.md. Correct it and give it back with --map.", ""]
    out += ["[file]"]
    keys = ("format", "encoding", "separator", "decimal", "thousands", "header_line", "missing", "sentinels")
    for key in (*keys, *(key for key in ("group_line", "unit_line", "units_in_cells") if getattr(file, key))):
        out += [*_told(why, key), f"{key} = {_value(getattr(file, key))}"]
    out += [f"ignored = {_value(file.ignored)}", "", "[time]"]
    out += [*_told(why, "time"), f"column = {_value(mapping.time.column)}"]
    out += [*_told(why, "time form"), f"form = {_value(mapping.time.form.value)}"]
    out += [*_told(why, "time zone"), f"zone = {_value(mapping.time.zone)}"]
    if mapping.time.form in ELAPSED:
        out += ["# when the count began, as in 2026-03-01T08:00:00Z", f"start = {_value(mapping.time.start)}"]
    out += [f"clock_column = {_value(mapping.time.clock_column)}"] if mapping.time.clock_column else []
    if mapping.long is not None:
        out += ["", "[long]", f"point = {_value(mapping.long.point)}", f"value = {_value(mapping.long.value)}"]
    out = ([f"asset_column = {_value(mapping.asset_column)}", ""] if mapping.asset_column else []) + out
    for bank in mapping.asset:
        out += ["", "[[asset]]", f"id = {_value(bank.id)}", f"chemistry = {_value(bank.chemistry)}"]
        out += [f"capacity_ah = {bank.capacity_ah!r}"] if bank.capacity_ah is not None else []
        out += [f"cells_in_series = {bank.cells_in_series}"] if bank.cells_in_series is not None else []
    for words in mapping.quality:
        out += ["", *_told(why, words.name), "[[quality]]"]
        out += [f"{key} = {_value(getattr(words, key))}" for key in ("name", "good", "of")]
    for column in mapping.column:
        out += ["", *_told(why, column.name), "[[column]]"]
        own = ("off", "on") if column.is_state else ("unit",)
        out += [f"{key} = {_value(getattr(column, key))}" for key in ("name", "point", "asset", *own)]
        if column.positive is not None:
            out += [*_told(why, f"sign of {column.name}"), f"positive = {_value(column.positive.value)}"]
    return "\n".join(out) + "\n"


def _told(why: dict[str, str], subject: str) -> list[str]:
    return [why[subject]] if subject in why else []


def _value(value: object) -> str:
    """A TOML value: strings escaped, numbers as they are."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=True).replace("\x7f", "\\u007f") if _low(value) else _wide(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)


def _low(text: str) -> bool:
    return all(ord(sign) < 0x7F for sign in text)


def _wide(text: str) -> str:
    signs = (sign if sign.isprintable() and sign not in '"\\' else _escape(sign) for sign in text)
    return '"' + "".join(signs) + '"'


def _escape(sign: str) -> str:
    return "\\" + sign if sign in '"\\' else f"\\U{ord(sign):08x}"


def _line(text: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def _place(path: str) -> str:
    """Table and key of msgspec's path: `$.column[2].unit` is [[column]] 3, unit."""
    found = _KEY.search(path.strip("`"))
    table, index, key = found.groups() if found else (None, None, None)
    if table is None:
        return "the whole"
    where = f"[[{table}]] {int(index) + 1}" if index else f"[{table}]"
    return f"{where} {key}" if key else where
