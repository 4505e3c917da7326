"""Cells as SQL: a number, a missing value or something not understood; a time, or none.

Rules. A number is NaN where the cell says "no value" and infinite where it is not understood: both come in one column,
so that a file is read once. Nothing is stripped from a cell to make it fit: `1_000`, `12 V` and `1,2,3` are refused.
"""

from ironkeep.adapters.stores.recordings.config import MISSING
from ironkeep.adapters.stores.recordings.door import literal, texts
from ironkeep.model.recording import FileWords, Mapping, TimeForm

_NAN, _BAD = "'nan'::DOUBLE", "'infinity'::DOUBLE"
_EPOCHS = {TimeForm.EPOCH_S: 1_000_000, TimeForm.EPOCH_MS: 1_000, TimeForm.EPOCH_US: 1}


def number(cell: str, file: FileWords, is_text: bool = True) -> str:
    """A cell as DOUBLE: NaN for no value, infinite where it is not understood. A sentinel is no value."""
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


def _digits(cell: str, file: FileWords) -> tuple[str, str]:
    """The cell with a decimal point and no thousands separators, and when it must not be taken as a number."""
    guards = [f"contains({cell}, '_')"]
    text = cell
    if file.thousands:
        group, point = _escaped(file.thousands), _escaped(file.decimal)
        plain = f"[ ]*[+-]?([0-9]{{1,3}}({group}[0-9]{{3}})*|[0-9]+)({point}[0-9]*)?([eE][+-]?[0-9]+)?[ ]*"
        guards.append(f"NOT regexp_full_match({cell}, {literal(plain)})")
        text = f"replace({text}, {literal(file.thousands)}, '')"
    elif file.decimal != ".":
        guards.append(f"contains({cell}, '.')")
    if file.decimal != ".":
        text = f"replace({text}, {literal(file.decimal)}, '.')"
    return text, " OR ".join(guards)


def _escaped(sign: str) -> str:
    return "\\" + sign if sign in ".|'" else sign


def usual(cell: str, kind: str) -> str:
    """Is a time written in the usual way, which is quick to read? `stamp` and `zoned` find the answer in column u."""
    form = "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?Z?"
    return f"coalesce(regexp_full_match({cell}, '{form}'), FALSE)" if kind == "VARCHAR" else "FALSE"


def stamp(mapping: Mapping, cell: str, kind: str) -> str:
    """A time as BIGINT microseconds, in UTC or as written where it has no zone; NULL where not understood."""
    form = mapping.time.form
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        return f"epoch_us({cell}::TIMESTAMPTZ)" if "TIME ZONE" in kind else f"epoch_us({cell}::TIMESTAMP)"
    if form in _EPOCHS:
        low, high = -(2**62), 2**62
        us = f"round(try_cast({cell} AS DOUBLE) * {_EPOCHS[form]})"
        return f"CASE WHEN {us} BETWEEN {low} AND {high} THEN {us}::BIGINT END"
    if kind != "VARCHAR":
        return "NULL::BIGINT"
    if form is TimeForm.ISO:
        other = f"CASE WHEN length({cell}) BETWEEN 8 AND 40 THEN try_cast({cell} AS TIMESTAMPTZ) END"
        return f"CASE WHEN u THEN epoch_us(try_cast({cell} AS TIMESTAMP)) ELSE epoch_us({other}) END"
    return f"epoch_us(try_strptime({tidy(cell)}, [{texts(formats(form))}]))"


def tidy(cell: str) -> str:
    """A written date with slashes between its parts and one space before the time."""
    date = f"regexp_replace({cell}, '^[ ]*([0-9]{{1,2}})[/.-]([0-9]{{1,2}})[/.-]([0-9]+),?[ T]*', '\\1/\\2/\\3 ')"
    return f"trim({date})"


def formats(form: TimeForm) -> list[str]:
    """Every way of writing a date of that form and a time."""
    day = "%d/%m/" if form is TimeForm.DMY else "%m/%d/"
    clocks = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", "%I:%M:%S %p", "%I:%M %p", "")
    return [f"{day}{year} {clock}".strip() for year in ("%Y", "%y") for clock in clocks]


def zoned(cell: str, kind: str) -> str:
    """Does the text of a time carry its own zone?"""
    if kind != "VARCHAR":
        return "TRUE" if "TIME ZONE" in kind else "FALSE"
    signs = " OR ".join(f"substr({cell}, -{back}, 1) IN ('+', '-')" for back in (6, 5, 3))
    other = f"length({cell}) > 10 AND (upper({cell}[-1]) = 'Z' OR (length({cell}) > 16 AND ({signs})))"
    return f"CASE WHEN u THEN suffix({cell}, 'Z') ELSE coalesce({other}, FALSE) END"
