# ruff: noqa: S608 - SQL is put together from numbered columns, quoted names and escaped texts alone
"""Times as SQL: microseconds in UTC, or as written where no zone stands behind them.

Rules. Most times of a file are written in the usual way of their form and read at once; every other text is taken apart
first: a weekday before it is left out, a zone behind it (`Z`, `+02:00`, `CEST`) becomes an offset, the rest is put into
one form. A word behind a time that names no zone for certain (codecs/zonewords.py) is not understood, and refuses.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from ironkeep.adapters.stores.recordings.door import literal, texts
from ironkeep.adapters.stores.recordings.zones import EPOCH, zone
from ironkeep.codecs import months
from ironkeep.codecs.zonewords import OFFSETS_S, WORDS
from ironkeep.model.errors import Refused
from ironkeep.model.recording import ELAPSED, Mapping, TimeForm

EXCEL_DAYS: Final = (20_000, 80_000)  # 1954 to 2119
OFFSET_HOURS_MAX: Final = 14  # Kiribati
_DAYS: Final = {TimeForm.EXCEL: 25_569, TimeForm.EXCEL_1904: 24_107}  # the day number of 1 January 1970
ELAPSED_MAX_S: Final = 3_200_000_000  # a hundred years
_HMS: Final = r"^\s*([0-9]{1,6}):([0-9]{2}):([0-9]{2}(?:[.][0-9]+)?)\s*$"
_COUNTS_S: Final = {
    TimeForm.ELAPSED_MS: 0.001,
    TimeForm.ELAPSED_S: 1.0,
    TimeForm.ELAPSED_MIN: 60.0,
    TimeForm.ELAPSED_H: 3600.0,
}
_EPOCHS: Final = {
    TimeForm.EPOCH_S: 1_000_000,
    TimeForm.EPOCH_MS: 1_000,
    TimeForm.EPOCH_US: 1,
    TimeForm.EPOCH_NS: 0.001,
}
_DATES: Final = {TimeForm.DMY: "%d/%m/", TimeForm.MDY: "%m/%d/"}
_WRITTEN: Final = (TimeForm.ISO, TimeForm.DMY, TimeForm.MDY, TimeForm.YMD, TimeForm.NAMED)

_USUAL_ISO: Final = (
    "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,6})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?"
)
_USUAL_DATE: Final = "[0-9]{2}(/[0-9]{2}/|[.][0-9]{2}[.]|-[0-9]{2}-)[0-9]{4} [0-9]{2}:[0-9]{2}(:[0-9]{2})?"
_WEEKDAY: Final = (
    r"^[\s']*(?:(?i:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun|mo|di|mi|do|fr|sa|so)(?i:day)?[.,]*\s+)?"
)
_ZONE: Final = (
    rf"\s*(?:(?i:({WORDS}))|(?i:utc|gmt)?\s*([+-])([0-9]{{1,2}}):?([0-9]{{2}})?)\s*(?:\[[A-Za-z_]+/[A-Za-z_/-]+\])?\s*$"
)
_CLOCKS: Final = (
    (r"\s*([AaPp])[.]?\s?[Mm][.]?\s*$", r" \1M"),  # 10:00 p.m.
    (r"([ T][0-9]{1,2})[.]([0-9]{2})[.]([0-9]{2})", r"\1:\2:\3"),  # 22.00.00
    (r"([ T][0-9]{1,2})[.]([0-9]{2})$", r"\1:\2"),
    (r"(:[0-9]{2}),([0-9]+)", r"\1.\2"),  # 22:00:00,500
)
_CLOCKED: Final = r"[0-9]{1,2}[:.][0-9]{2}|[0-9]T[0-9]"  # only behind a time of day can a zone stand


def prepared(scan: str, cell: str, kind: str, form: TimeForm) -> str:
    """The scan with columns for `stamp` and `zoned`: u, is the time written in the usual way; w, the other texts in one
    form; o, the offset that stands behind them in microseconds.
    """
    if kind != "VARCHAR" or form not in _WRITTEN:
        return f"SELECT *, FALSE AS u, NULL::VARCHAR AS w, NULL::BIGINT AS o FROM ({scan})"
    pattern = _USUAL_DATE if form in _DATES else _USUAL_ISO
    usual = f"coalesce(regexp_full_match({cell}, '{pattern}'), FALSE)"
    marked = f"SELECT *, {usual} AS u FROM ({scan})"
    plain = f"regexp_replace({cell}, {literal(_WEEKDAY)}, '')"
    bare = f"SELECT *, {_unusual(plain)} AS x FROM ({marked})"
    zone = f"regexp_extract(x, {literal(_ZONE)}, ['word', 'sign', 'hour', 'minute'])"
    behind = f"CASE WHEN regexp_matches(x, {literal(_CLOCKED)}) THEN {zone} END"
    parted = f"SELECT *, {_unusual(behind)} AS e FROM ({bare})"
    offset = f"SELECT *, {_unusual(_offset())} AS o FROM ({parted})"
    rest = f"CASE WHEN o IS NULL THEN x ELSE regexp_replace(x, {literal(_ZONE)}, '') END"
    return f"SELECT * EXCLUDE (x, e), {_unusual(_one_form(rest, form))} AS w FROM ({offset})"


def _unusual(made: str) -> str:
    """What is made of texts that are not written in the usual way; said at each step, so that the engine makes it of
    them alone.
    """
    return f"CASE WHEN u THEN NULL ELSE {made} END"


def _offset() -> str:
    """The offset that e holds, in microseconds; NULL where it holds none."""
    known = " ".join(f"WHEN '{word}' THEN {seconds * 1_000_000}" for word, seconds in OFFSETS_S.items())
    hours, minutes = "try_cast(e.hour AS BIGINT)", "coalesce(try_cast(e.minute AS BIGINT), 0)"
    digits = (
        f"CASE WHEN {hours} <= {OFFSET_HOURS_MAX} AND {minutes} < 60 THEN ({hours} * 60 + {minutes}) * 60000000 END"
    )
    return f"CASE lower(e.word) {known} ELSE CASE e.sign WHEN '-' THEN -{digits} WHEN '+' THEN {digits} END END"


def _one_form(text: str, form: TimeForm) -> str:
    """A text without its zone as year-month-day or day/month/year with a clock of colons and a point."""
    for shape, made in _CLOCKS:
        text = f"regexp_replace({text}, {literal(shape)}, {literal(made)})"
    if form is TimeForm.ISO:
        return _iso(text)
    return named(text) if form is TimeForm.NAMED else tidy(text, year_first=form is TimeForm.YMD)


def _iso(text: str) -> str:
    """Year first with dashes between, a day without a zone; basic forms (20260714T220000) spread out."""
    spread = rf"regexp_replace({text}, '^([0-9]{{4}})([0-9]{{2}})([0-9]{{2}})', '\1-\2-\3')"
    dashed = rf"regexp_replace({spread}, '^([0-9]{{4}})[/.]([0-9]{{1,2}})[/.]([0-9]{{1,2}})', '\1-\2-\3')"
    seconds = "^(.{10})[T ]?([0-9]{2})([0-9]{2})([0-9]{2})([.][0-9]+)?$"
    whole = rf"regexp_replace({dashed}, '{seconds}', '\1 \2:\3:\4\5')"
    return rf"regexp_replace({whole}, '^(.{{10}})[T ]?([0-9]{{2}})([0-9]{{2}})$', '\1 \2:\3:00')"


def tidy(text: str, *, year_first: bool = False) -> str:
    """A written date with slashes between its parts, the year last, and one space before the time."""
    order = "\\3/\\2/\\1 " if year_first else "\\1/\\2/\\3 "
    date = f"regexp_replace({text}, '^[ ]*([0-9]{{1,2}})[/.-]([0-9]{{1,2}})[/.-]([0-9]+),?[ T]*', '{order}')"
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


def stamp(mapping: Mapping, cell: str, kind: str) -> str:
    """A time as BIGINT microseconds, in UTC or as written where it has no zone; NULL where not understood."""
    form = mapping.time.form
    if kind.startswith("TIMESTAMP") or kind == "DATE":
        return f"epoch_us({cell}::TIMESTAMPTZ)" if "TIME ZONE" in kind else f"epoch_us({cell}::TIMESTAMP)"
    if form in _EPOCHS:
        low, high = -(2**62), 2**62
        us = f"round(try_cast({cell} AS DOUBLE) * {_EPOCHS[form]})"
        return f"CASE WHEN {us} BETWEEN {low} AND {high} THEN {us}::BIGINT END"
    if form in ELAPSED:
        return _elapsed(mapping, cell, kind)
    if form in _DAYS:
        written = f"replace({cell}, {literal(mapping.file.decimal)}, '.')" if kind == "VARCHAR" else cell
        days = f"try_cast({written} AS DOUBLE)"
        ms = f"round(({days} - {_DAYS[form]}) * 86400000)::BIGINT"
        return f"CASE WHEN {days} BETWEEN {EXCEL_DAYS[0]} AND {EXCEL_DAYS[1]} THEN {ms} * 1000 END"
    if kind != "VARCHAR":
        return "NULL::BIGINT"
    usual, other = _usual_iso(cell) if form is TimeForm.ISO else _usual_date(cell, form)
    return f"CASE WHEN u THEN {usual} ELSE epoch_us({other}) - coalesce(o, 0) END"


def start_us(mapping: Mapping) -> tuple[int, bool]:
    """When the count of a mapping begins, in microseconds UTC, and whether its zone is known (else as written).

    Raises Refused where it is no time.
    """
    try:
        found = datetime.fromisoformat(mapping.time.start.strip())
    except ValueError as exc:
        what = f"the start {mapping.time.start[:40]!r} is no time"
        raise Refused(what, where="[time] start", remedy='as in start = "2026-03-01T08:00:00Z"') from exc
    if found.tzinfo is None and mapping.time.zone:
        found = found.replace(tzinfo=zone(mapping.time.zone))
    since = found.replace(tzinfo=found.tzinfo or UTC) - EPOCH
    return since // timedelta(microseconds=1), found.tzinfo is not None


def _elapsed(mapping: Mapping, cell: str, kind: str) -> str:
    """A count from the start of the mapping as BIGINT microseconds; NULL where it is none."""
    form, begun = mapping.time.form, start_us(mapping)[0]
    written = f"replace({cell}, {literal(mapping.file.decimal)}, '.')" if kind == "VARCHAR" else f"{cell}::VARCHAR"
    if form is TimeForm.ELAPSED_HMS:
        parts = f"regexp_extract({written}, {literal(_HMS)}, ['h', 'm', 's'])"
        each = (f"try_cast({parts}.{name} AS DOUBLE) * {size}" for name, size in (("h", 3600), ("m", 60), ("s", 1)))
        seconds = " + ".join(each)
    else:
        seconds = f"try_cast({written} AS DOUBLE) * {_COUNTS_S[form]!r}"
    return f"CASE WHEN {seconds} BETWEEN 0 AND {ELAPSED_MAX_S} THEN {begun} + round({seconds} * 1000000)::BIGINT END"


def zoned(cell: str, kind: str, form: TimeForm) -> str:
    """Does a time carry its own zone?"""
    if form in ELAPSED:
        return "FALSE"
    if kind != "VARCHAR":
        return "TRUE" if "TIME ZONE" in kind or form in _EPOCHS else "FALSE"
    if form in _EPOCHS:
        return "TRUE"
    usual = f"(suffix({cell}, 'Z') OR {_with_offset(cell)})" if form is TimeForm.ISO else "FALSE"
    return f"CASE WHEN u THEN {usual} ELSE o IS NOT NULL END" if form in _WRITTEN else "FALSE"


def _usual_iso(cell: str) -> tuple[str, str]:
    halves = [f"%Y-%m-%d %I:%M{end} %p" for end in (":%S", ":%S.%f", "")]
    known = "length(w) BETWEEN 8 AND 40 AND regexp_full_match(w, '[-0-9:. T]+')"
    plain = f"CASE WHEN {known} THEN try_cast(w AS TIMESTAMP) END"
    other = f"CASE WHEN upper(w[-1]) = 'M' THEN try_strptime(w, [{texts(halves)}]) ELSE {plain} END"
    with_offset, without = f"epoch_us(try_cast({cell} AS TIMESTAMPTZ))", f"epoch_us(try_cast({cell} AS TIMESTAMP))"
    return f"CASE WHEN {_with_offset(cell)} THEN {with_offset} ELSE {without} END", other


def _with_offset(cell: str) -> str:
    """Does a time in the usual way of ISO end with an offset? Its length says no of most, and is known at once."""
    return f"(strlen({cell}) > {len('2026-03-01T00:00:00')} + 5 AND substr({cell}, -6, 1) IN ('+', '-'))"


def _usual_date(cell: str, form: TimeForm) -> tuple[str, str]:
    if form not in _DATES:
        return "NULL::BIGINT", _read("w", TimeForm.DMY)
    quick = " ".join(
        f"WHEN length({cell}) = {length} AND {cell}[3] = '{sign}' THEN try_strptime({cell}, '{date} {clock}')"
        for length, clock in ((19, "%H:%M:%S"), (16, "%H:%M"))
        for sign in "/.-"
        for date in (f"{_DATES[form]}%Y".replace("/", sign),)
    )
    return f"epoch_us(CASE {quick} END)", _read("w", form)


def _read(text: str, form: TimeForm) -> str:
    """A date and a clock as TIMESTAMP. Formats that fail cost most: each text is tried by those of its kind alone."""
    date = _DATES[form]
    wholes, halves = ("%H:%M:%S", "%H:%M", "%H:%M:%S.%f", ""), ("%I:%M:%S %p", "%I:%M %p")

    def tried(year: str, *clocks: str) -> str:
        return f"try_strptime({text}, [{texts(f'{date}{year} {clock}'.strip() for clock in clocks)}])"

    short = f"regexp_matches({text}, '^[0-9]+/[0-9]+/[0-9]{{2}}( |$)')"
    long = f"WHEN upper({text}[-1]) = 'M' THEN {tried('%Y', *halves)} ELSE {tried('%Y', *wholes)}"
    return f"CASE WHEN {short} THEN {tried('%y', *wholes, *halves)} {long} END"


def unsure_zone(cell: str) -> str:
    """The word behind a time of day that may name a zone, yet none for certain; empty where there is none."""
    found = re.search(r"[0-9]{2}\s+([A-Z]{3,5})\s*$", cell)
    return found[1] if found else ""
