"""Cells as SQL: a number, a position, a missing value or something not understood; a time, or none.

Rules. A number is NaN where the cell says "no value" and infinite where it is not understood: both come in one column,
so that a file is read once. Nothing is stripped from a cell to make it fit: `1_000` and `1,2,3` are refused. A unit at
the end of a cell is taken off only where the mapping says that cells hold units, and where it is a unit of the same
quantity as the column's: 950 mV in a column of volts is 0.95.
"""

import msgspec

from ironkeep.adapters.stores.recordings.door import literal, texts
from ironkeep.codecs import months
from ironkeep.codecs.cellwords import MISSING
from ironkeep.codecs.quantity import Unit, spellings, unit
from ironkeep.model.recording import Column, FileWords, Mapping, TimeForm

_NAN, _BAD = "'nan'::DOUBLE", "'infinity'::DOUBLE"
EXCEL_DAYS = (20_000, 80_000)  # 1954 to 2119
_DAYS = {TimeForm.EXCEL: 25_569, TimeForm.EXCEL_1904: 24_107}  # the day number of 1 January 1970
_ISO_HALVES = [f"%Y{sign}%m{sign}%d %I:%M{end} %p" for sign in "-/" for end in (":%S", ":%S.%f", "")]
_USUAL_ISO = "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?Z?"
_USUAL_DATE = "[0-9]{2}(/[0-9]{2}/|[.][0-9]{2}[.]|-[0-9]{2}-)[0-9]{4} [0-9]{2}:[0-9]{2}(:[0-9]{2})?"
_DATES = {TimeForm.DMY: "%d/%m/", TimeForm.MDY: "%m/%d/"}
_EPOCHS = {TimeForm.EPOCH_S: 1_000_000, TimeForm.EPOCH_MS: 1_000, TimeForm.EPOCH_US: 1}


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


def usual(cell: str, kind: str, form: TimeForm) -> str:
    """Is a time written in the usual way of its form, which is quick to read? `stamp` and `zoned` find the answer in
    column u.
    """
    pattern = _USUAL_DATE if form in _DATES else _USUAL_ISO
    return f"coalesce(regexp_full_match({cell}, '{pattern}'), FALSE)" if kind == "VARCHAR" else "FALSE"


def stamp(mapping: Mapping, cell: str, kind: str) -> str:
    """A time as BIGINT microseconds, in UTC or as written where it has no zone; NULL where not understood."""
    form = mapping.time.form
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        return f"epoch_us({cell}::TIMESTAMPTZ)" if "TIME ZONE" in kind else f"epoch_us({cell}::TIMESTAMP)"
    if form in _EPOCHS:
        low, high = -(2**62), 2**62
        us = f"round(try_cast({cell} AS DOUBLE) * {_EPOCHS[form]})"
        return f"CASE WHEN {us} BETWEEN {low} AND {high} THEN {us}::BIGINT END"
    if form in _DAYS:
        written = f"replace({cell}, {literal(mapping.file.decimal)}, '.')" if kind == "VARCHAR" else cell
        days = f"try_cast({written} AS DOUBLE)"
        ms = f"round(({days} - {_DAYS[form]}) * 86400000)::BIGINT"
        return f"CASE WHEN {days} BETWEEN {EXCEL_DAYS[0]} AND {EXCEL_DAYS[1]} THEN {ms} * 1000 END"
    if kind != "VARCHAR":
        return "NULL::BIGINT"
    if form is TimeForm.ISO:
        halves = f"try_strptime({cell}, [{texts(_ISO_HALVES)}])"
        plain = f"CASE WHEN length({cell}) BETWEEN 8 AND 40 THEN try_cast(replace({cell}, ',', '.') AS TIMESTAMPTZ) END"
        other = f"CASE WHEN upper({cell}[-1]) = 'M' THEN {halves}::TIMESTAMPTZ ELSE {plain} END"
        return f"CASE WHEN u THEN epoch_us(try_cast({cell} AS TIMESTAMP)) ELSE epoch_us({other}) END"
    if form is TimeForm.NAMED:
        return f"epoch_us({_read('w', TimeForm.DMY)})"
    quick = " ".join(
        f"WHEN u AND length({cell}) = {length} AND {cell}[3] = '{sign}' THEN try_strptime({cell}, '{date} {clock}')"
        for length, clock in ((19, "%H:%M:%S"), (16, "%H:%M"))
        for sign in "/.-"
        for date in (f"{_DATES[form]}%Y".replace("/", sign),)
    )
    return f"epoch_us(CASE {quick} ELSE {_read('w', form)} END)"


def words(cell: str, kind: str, form: TimeForm) -> str:
    """A date that is not written in the usual way, put into one form for `stamp`, which finds it in column w."""
    if kind != "VARCHAR" or form not in (*_DATES, TimeForm.NAMED):
        return "NULL::VARCHAR"
    return named(cell) if form is TimeForm.NAMED else f"CASE WHEN u THEN NULL ELSE {tidy(cell)} END"


def _read(text: str, form: TimeForm) -> str:
    """A date and a clock as TIMESTAMP. Formats that fail cost most: each text is tried by those of its kind alone."""
    date = _DATES[form]
    wholes, halves = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", ""), ("%I:%M:%S %p", "%I:%M %p")

    def tried(year: str, *clocks: str) -> str:
        return f"try_strptime({text}, [{texts(f'{date}{year} {clock}'.strip() for clock in clocks)}])"

    short = f"regexp_matches({text}, '^[0-9]+/[0-9]+/[0-9]{{2}}( |$)')"
    long = f"WHEN upper({text}[-1]) = 'M' THEN {tried('%Y', *halves)} ELSE {tried('%Y', *wholes)}"
    return f"CASE WHEN {short} THEN {tried('%y', *wholes, *halves)} {long} END"


def tidy(cell: str) -> str:
    """A written date with slashes between its parts and one space before the time."""
    date = f"regexp_replace({cell}, '^[ ]*([0-9]{{1,2}})[/.-]([0-9]{{1,2}})[/.-]([0-9]+),?[ T]*', '\\1/\\2/\\3 ')"
    return f"trim({date})"


def named(cell: str) -> str:
    """A date whose month is written as a word, as day/month/year and the time; NULL where it is none."""
    clock = r"[,\sT]*(.*)$"
    day_first = rf"^\s*(\d{{1,2}})[-/.\s]*(\pL+)\.?[-/.,\s]*(\d{{4}}|\d{{2}}){clock}"
    month_first = rf"^\s*(\pL+)\.?[-/.\s]*(\d{{1,2}})\s*[-/,\s]\s*(\d{{4}}|\d{{2}}){clock}"
    known = f"[{texts(months.NAMES)}]"
    forms = []
    for shape, names in ((day_first, "['d', 'm', 'y', 'r']"), (month_first, "['m', 'd', 'y', 'r']")):
        parts = f"regexp_extract({cell}, {literal(shape)}, {names})"
        year = f"CASE WHEN length({parts}.y) = 2 THEN '20' || {parts}.y ELSE {parts}.y END"
        number = f"((list_position({known}, lower({parts}.m)) - 1) % 12 + 1)"
        forms.append(f"{parts}.d || '/' || {number} || '/' || {year} || ' ' || {parts}.r")
    return f"coalesce({', '.join(forms)})"


def zoned(cell: str, kind: str) -> str:
    """Does the text of a time carry its own zone?"""
    if kind != "VARCHAR":
        return "TRUE" if "TIME ZONE" in kind else "FALSE"
    signs = " OR ".join(f"substr({cell}, -{back}, 1) IN ('+', '-')" for back in (6, 5, 3))
    other = f"length({cell}) > 10 AND (upper({cell}[-1]) = 'Z' OR (length({cell}) > 16 AND ({signs})))"
    return f"CASE WHEN u THEN suffix({cell}, 'Z') ELSE coalesce({other}, FALSE) END"
