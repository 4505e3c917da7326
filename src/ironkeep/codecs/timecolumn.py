"""Which column of a recording holds the time, and how it writes it.

Rules. A column that is called a time outranks one whose cells look like times. A date of which day and month cannot be
told apart is open, and so is a zone that nobody writes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ironkeep.codecs import headers, months
from ironkeep.codecs.guessing import Guessing, decimal
from ironkeep.codecs.zonewords import WORDS
from ironkeep.model.errors import Refused
from ironkeep.model.recording import ELAPSED, FileWords, Sure, TimeForm, TimeWords

_WEEKDAY = r"[\s']*(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun|mo|di|mi|do|fr|sa|so)(?:day)?[.,]*\s+)?"
_DATE = re.compile(_WEEKDAY + r"(\d{1,2})([/.-])(\d{1,2})[/.-](\d{2}|\d{4})(?:[ T,].*)?$", re.IGNORECASE)
_ISO = re.compile(_WEEKDAY + r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([ T]\d{1,2}[:.]\d{2}.*)?$", re.IGNORECASE)
_BASIC = re.compile(
    r"\s*(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[T ]?(?:[01]\d|2[0-4])[0-5]\d(?:[0-5]\d.{0,12})?)?"
)
_ZONED = re.compile(rf"\d\s*(?:{WORDS}|(?:utc|gmt)?\s*[+-]\d{{1,2}}:?(?:\d\d)?)(?:\[[\w/-]+\])?$", re.IGNORECASE)
_PLACE = re.compile(r"\b(?:Africa|America|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Z][A-Za-z_]+\b")
_NAMED = (
    re.compile(_WEEKDAY + r"\d{1,2}[-/. ]*([^\W\d_]{3,})\.?[-/., ]*(?:\d{4}|\d{2})\b.*", re.IGNORECASE),
    re.compile(_WEEKDAY + r"([^\W\d_]{3,})\.?[-/. ]*\d{1,2}\s*[-/, ]\s*(?:\d{4}|\d{2})\b.*", re.IGNORECASE),
)
TIMES_SHARE = 0.8  # of filled cells that are times of one form, from which on a column holds times
EXCEL_DAYS = (20_000.0, 80_000.0)  # 1954 to 2119
EPOCH_S = (6.3e8, 2.4e9)  # 1989 to 2046: seconds of LabVIEW, from 1904, lie beyond
_UNITS = "ms|msec|s|secs?|seconds?|sek|sekunden|min|mins|minutes|minuten|h|hr|hrs|hours|stunden"
_ELAPSED = re.compile(rf"(?:[\[({{_/\s-]|in[ _])({_UNITS})[\])}}\s]*$", re.IGNORECASE)
_ELAPSED_FORMS = (
    ("ms", TimeForm.ELAPSED_MS),
    ("s", TimeForm.ELAPSED_S),
    ("m", TimeForm.ELAPSED_MIN),
    ("h", TimeForm.ELAPSED_H),
)
_COUNTED = re.compile(r"\d{1,6}:[0-5]\d:[0-5]\d([.,]\d+)?")
_RUNNING = re.compile(r"\b(elapsed|test|total|run|running|duration|relative|laufzeit|dauer|prüfzeit)\b")
_ENERGY_PAGE = ("entity_id", "type", "unit")  # how its head begins; a time each follows
_EPOCHS = ((1.0, TimeForm.EPOCH_S), (1e3, TimeForm.EPOCH_MS), (1e6, TimeForm.EPOCH_US), (1e9, TimeForm.EPOCH_NS))


def time_of(seen: Guessing) -> TimeWords:
    """The column of the time, its form and zone, as guessed. Raises Refused, saying what is there, where none is."""
    head = seen.head
    named = [name for name in head.names if headers.is_time(name)]
    typed = [name for name, kind in zip(head.names, head.types, strict=False) if kind.startswith(("TIMESTAMP", "DATE"))]
    for name in dict.fromkeys([*typed, *named, *head.names[:3]]):
        form = TimeForm.ISO if name in typed else _form(seen, name)
        if form is None:
            continue
        why = "its values are times" if name not in named else f"its head says so, and its values read as {form.value}"
        why = "its head says so, and its values rise" if form in ELAPSED else why
        seen.say("time", name, Sure.TOLD if name in named or name in typed else Sure.LIKELY, why)
        written = form in (TimeForm.ISO, TimeForm.DMY, TimeForm.MDY, TimeForm.YMD, TimeForm.NAMED, TimeForm.OPEN)
        clock = _clock_column(seen, name) if written else ""
        _say_form(seen, name, form)
        return TimeWords(name, form, _zone(seen, name, form), clock)
    raise _no_time(seen, named)


def _no_time(seen: Guessing, named: list[str]) -> Refused:
    """Why no column can be taken for the time: what the one that is called so holds, or which columns there are."""
    head = seen.head
    across = [name for name in head.names if _ISO.match(name)]
    if across and head.names[: len(_ENERGY_PAGE)] == _ENERGY_PAGE:
        what = (
            "the energy page of Home Assistant: what went in and came out by hour or day, no power, no state of charge"
        )
        remedy = (
            "open its history, choose power, voltage, current and state of charge of the battery, and download that"
        )
        raise Refused(what, where=f"{head.name}:{head.file.header_line}", remedy=remedy)
    if len(across) * 2 > len(head.names):
        what = f"times stand side by side in the head, {across[0]!r} the first of them"
        where = f"{head.name}:{head.file.header_line}"
        return Refused(what, where=where, remedy="export the history with one line a time, or turn the table round")
    if not named:
        looked = ", ".join(repr(name) for name in head.names[:8])
        return Refused(f"no column holds times: {looked}", where=head.name, remedy="name it under [time] in --map")
    number = head.names.index(named[0])
    line, cell = next(
        ((at, row[number].strip()) for row, at in zip(head.sample, head.lines, strict=True) if row[number].strip()),
        (0, ""),
    )
    if not cell:
        what = f"column {named[0]!r} holds nothing below its head, as far as was looked"
        raise Refused(what, where=head.name, remedy="name another column under [time] in --map, or export it again")
    what = "is no time of a form that we know"
    remedy = "export it as 2026-03-31T12:00:00Z, or name another column under [time] in --map"
    if re.fullmatch(r"\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?", cell):
        what = "is a time of day without its day"
        remedy = "export the date with it, in one column or in two; or set form and start under [time] in --map"
    elif re.fullmatch(r"\d{1,7}([.,]\d+)?", cell):
        what = "counts from a start that the file does not name"
        remedy = 'say form = "elapsed s" (or ms, min, h) and start under [time] in --map'
    where = f"{head.name}:{line}" if line else head.name
    return Refused(f"column {named[0]!r}: {cell[:40]!r} {what}", where=where, remedy=remedy)


def _form(seen: Guessing, name: str) -> TimeForm | None:
    """The form in which a column writes times; None where it holds none."""
    cells = [cell for cell in seen.cells(name) if cell != name]
    least = max(1.0, TIMES_SHARE * len(cells))  # a few that are none are refused later, by their lines
    if sum(_ISO.match(cell) is not None for cell in cells) >= least:
        return TimeForm.ISO
    if headers.is_time(name) and sum(_BASIC.fullmatch(cell) is not None for cell in cells) >= least:
        return TimeForm.ISO
    named = (any((got := form.fullmatch(cell)) and months.number(got[1]) for form in _NAMED) for cell in cells)
    if sum(named) >= least:
        return TimeForm.NAMED
    parts = [found.groups() for cell in cells if (found := _DATE.match(cell))]
    if len(parts) >= least:
        return date_form([(int(one), int(two), three) for one, _, two, three in parts], parts[0][1] == ".")
    if _RUNNING.search(headers.words(name)) and sum(_COUNTED.fullmatch(cell) is not None for cell in cells) >= least:
        return TimeForm.ELAPSED_HMS
    point = FileWords(decimal="," if all("," in cell or cell.isdecimal() for cell in cells) else ".")
    numbers = [value for cell in cells if (value := decimal(cell, point)) is not None]
    if len(numbers) >= least:
        low, high = min(numbers), max(numbers)
        for scale, form in _EPOCHS:
            if EPOCH_S[0] * scale <= low and high < EPOCH_S[1] * scale:
                return form
        if high < EPOCH_S[0] and low >= 0 and (counted := _counted(name)):
            return counted
        if headers.is_time(name) and EXCEL_DAYS[0] <= low and high < EXCEL_DAYS[1]:
            return TimeForm.EXCEL
    return None


def _counted(name: str) -> TimeForm | None:
    """The unit in which the head of a column of times counts; None where it names none."""
    found = _ELAPSED.search(name) if headers.is_time(name) or _RUNNING.search(headers.words(name)) else None
    if found is None:
        return None
    word = found[1].lower()
    return next(form for start, form in _ELAPSED_FORMS if word.startswith(start) and (start != "m" or word[:2] != "ms"))


def date_form(parts: Sequence[tuple[int, int, str]], dotted: bool = False) -> TimeForm:
    """The order of the three parts of dates, OPEN where two orders fit. The last part is text: where it has two digits,
    the year may stand first as well, and only dates of several days tell; between dots it never does.
    """
    first, second = max(part[0] for part in parts), max(part[1] for part in parts)
    if first <= 12:
        return TimeForm.MDY if second > 12 else TimeForm.OPEN
    if dotted or second > 12 or any(len(part[2]) == 4 for part in parts):
        return TimeForm.DMY  # where the second is above 12 as well, the line that is so refuses the file
    days, years = len({part[0] for part in parts}), len({part[2] for part in parts})
    if first > 31 or (days <= 2 < years):
        return TimeForm.YMD
    if any(int(part[2]) > 31 for part in parts) or years <= 2 < days:
        return TimeForm.DMY
    return TimeForm.OPEN


def _say_form(seen: Guessing, name: str, form: TimeForm) -> None:
    cell = seen.cells(name)[0] if seen.cells(name) else ""
    if form is TimeForm.OPEN:
        seen.say("time form", form.value, Sure.UNCLEAR, f"it is open in {cell!r} which is the day")
    elif form in (TimeForm.DMY, TimeForm.MDY):
        seen.say("time form", form.value, Sure.TOLD, "one of the numbers is above 12: it can only be the day")
    elif form is TimeForm.YMD:
        seen.say("time form", form.value, Sure.LIKELY, "the first number stays while the last one counts days")
    elif form is TimeForm.NAMED:
        seen.say("time form", form.value, Sure.TOLD, f"{cell!r} names its month")
    elif form is TimeForm.EXCEL:
        why = f"{cell!r} is a day number as Excel counts from 1900; from 1904 it would be 4 years and a day later"
        seen.say("time form", form.value, Sure.LIKELY, f'{why}: "{TimeForm.EXCEL_1904.value}"')
    elif form in ELAPSED:
        why = f"{cell!r} counts from a start that the file does not name: say start under [time]"
        seen.say("time form", form.value, Sure.UNCLEAR, why)
    elif form is not TimeForm.ISO:
        seen.say("time form", form.value, Sure.LIKELY, f"{cell!r} is a time of our years in {form.value}")


def _zone(seen: Guessing, name: str, form: TimeForm) -> str:
    """The zone as far as the file tells; empty where it does not."""
    if form.value.startswith("epoch"):
        return "UTC"
    if form in ELAPSED:
        return ""  # the start that a person names carries it
    cells = seen.cells(name)
    if cells and re.search(r"\d[:.]\d\d|\dT\d", cells[0]) and _ZONED.search(cells[0]):
        return ""
    if re.search(r"\b(?:utc|gmt|zulu)\b(?!\s*[+-]\s*\d)", re.sub(r"[^a-z0-9+-]+|(?<=[a-z])(?=utc)", " ", name.lower())):
        seen.say("time zone", "UTC", Sure.TOLD, "the head of the column says so")
        return "UTC"
    if place := _PLACE.search(name):
        seen.say("time zone", place[0], Sure.TOLD, "the head of the column says so")
        return place[0]
    seen.say("time zone", "", Sure.UNCLEAR, "no zone is written: times are shown as written, clock changes not judged")
    return ""


def _clock_column(seen: Guessing, date: str) -> str:
    """The second column of a date and a time of day; empty where the first holds both."""
    if any(":" in cell for cell in seen.cells(date)):
        return ""
    for name in seen.head.names:
        cells = seen.cells(name)
        if (
            name != date
            and headers.is_clock(name)
            and cells
            and all(re.match(r"\d{1,2}:\d{2}", cell) for cell in cells)
        ):
            return name
    return ""
