"""Cells as SQL: a number, a position, a missing value or something not understood.

Rules. A number is NaN where the cell says "no value" and infinite where it is not understood: both come in one column,
so that a file is read once. Nothing is stripped from a cell to make it fit: `1_000` and `1,2,3` are refused. A unit at
the end of a cell is taken off only where the mapping says that cells hold units, and where it is a unit of the same
quantity as the column's: 950 mV in a column of volts is 0.95.
"""

import msgspec

from ironkeep.adapters.stores.recordings.door import literal, texts
from ironkeep.codecs.cellwords import MISSING
from ironkeep.codecs.quantity import Unit, spellings, unit
from ironkeep.model.recording import Column, FileWords

_NAN, _BAD = "'nan'::DOUBLE", "'infinity'::DOUBLE"


def number(cell: str, file: FileWords, is_text: bool = True, told: str = "") -> str:
    """A cell as DOUBLE: NaN for no value, infinite where it is not understood. A sentinel is no value. `told` is the
    unit of the column, for cells that hold units.
    """
    if is_text and file.units_in_cells and (column := unit(told)) is not None:
        plain = f"regexp_extract({cell}, {_with_unit(file)}, 1)"
        value = number(plain, msgspec.structs.replace(file, units_in_cells=False))
        factor = f"{unit_factor(cell, file, column)}"
        bare = number(cell, msgspec.structs.replace(file, units_in_cells=False))
        return f"CASE WHEN {suffix(cell, file)} = '' THEN {bare} ELSE coalesce({value} * {factor}, {_BAD}) END"
    if not is_text:
        value = f"coalesce({cell}::DOUBLE, {_NAN})"
    else:
        missing = texts({*MISSING, *(word.lower() for word in file.missing)})
        empty = f"CASE WHEN {cell} IS NULL OR lower(trim({cell})) IN ({missing}) THEN {_NAN} ELSE {_BAD} END"
        text, guard = _digits(cell, file)
        value = f"coalesce(CASE WHEN {guard} THEN NULL ELSE try_cast({text} AS DOUBLE) END, {empty})"
    if file.sentinels:
        value = (
            f"CASE WHEN {value} IN ({', '.join(repr(each) for each in file.sentinels)}) THEN {_NAN} ELSE {value} END"
        )
    return value


def position(cell: str, column: Column, file: FileWords) -> str:
    """A cell of two positions as DOUBLE: 1 on, 0 off, NaN for no value, infinite where it is not understood."""
    off, on, missing = (
        texts(sorted({word.strip().lower() for word in words}))
        for words in (column.off, column.on, (*MISSING, *file.missing))
    )
    word = f"lower(trim({cell}::VARCHAR))"
    known = f"WHEN {word} IN ({on}) THEN 1.0 WHEN {word} IN ({off}) THEN 0.0"
    return f"CASE {known} WHEN {cell} IS NULL OR {word} IN ({missing}) THEN {_NAN} ELSE {_BAD} END"


def suffix(cell: str, file: FileWords) -> str:
    """What stands behind the number of a cell; empty where nothing does, or where no number begins it."""
    return f"coalesce(trim(regexp_extract({cell}, {_with_unit(file)}, 3)), '')"


def unit_factor(cell: str, file: FileWords, column: Unit) -> str:
    """What the number of a cell with a unit is to be multiplied by to be in the unit of its column; NULL for a unit of
    another quantity, or one with an offset of its own.
    """
    behind = suffix(cell, file)
    known = {
        text: each.factor / column.factor
        for text, each in spellings(column.quantity).items()
        if each.offset == column.offset
    }
    exact = " ".join(f"WHEN {behind} = {literal(text)} THEN {factor!r}" for text, factor in known.items())
    loose = " ".join(
        f"WHEN lower({behind}) = {literal(text)} THEN {factor!r}" for text, factor in known.items() if text.islower()
    )
    return f"(CASE {exact} {loose} END)"


def _with_unit(file: FileWords) -> str:
    group = _escaped(file.thousands) if file.thousands else ""
    return literal(rf"^[ ]*([+-]?[0-9][0-9.,{group}]*([eE][+-]?[0-9]+)?)[\s\x{{A0}}]*([^0-9.,\s].{{0,15}}?)[ ]*$")


def _digits(cell: str, file: FileWords) -> tuple[str, str]:
    """The cell with a decimal point and no thousands separators, and when it must not be taken as a number."""
    guards = [f"contains({cell}, '_')"]
    text = cell
    if file.thousands:
        group, point = _escaped(file.thousands), _escaped(file.decimal)
        plain = f"[ ]*[+-]?([0-9]{{1,3}}({group}[0-9]{{3}})*|[0-9]+)({point}[0-9]*)?([eE][+-]?[0-9]+)?[ ]*"
        guards.append(
            f"contains({cell}, {literal(file.thousands)}) AND NOT regexp_full_match({cell}, {literal(plain)})"
        )
        text = f"replace({text}, {literal(file.thousands)}, '')"
    if file.decimal != "." and file.thousands != ".":
        guards.append(f"contains({cell}, '.')")
    if file.decimal != ".":
        text = f"replace({text}, {literal(file.decimal)}, '.')"
    return text, " OR ".join(guards)


def _escaped(sign: str) -> str:
    return "\\" + sign if sign in ".|'" else sign
