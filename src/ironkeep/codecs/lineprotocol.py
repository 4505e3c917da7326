"""InfluxDB's line protocol: one line becomes its measurement, tags, fields and time.

Rules. `measurement,tag=x,tag=y field=1.5,field=2i 1784008800000000000`. Commas, equals signs and blanks in names are
escaped by a backslash, quotes in texts too. A line without a time is not understood: when it was written nobody knows.
Lines come in few shapes: one whose fields are called as those of another line, with plain values, is read by the shape
of that line and gives the same parts.
Source: InfluxDB line protocol reference (elements, special characters, data types).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_KEY = r"(?:[^\\,= \n]|\\.)+"
_SERIES = re.compile(rf"((?:[^\\, \n]|\\.)+)((?:,{_KEY}={_KEY})*) ")
_PAIR = re.compile(rf",({_KEY})=({_KEY})")
_FIELD = re.compile(rf'({_KEY})=("(?:[^"\\]|\\.)*"|[^", \n\\]+)(,|(?= |$))')
_TIME = re.compile(r"\s*(-?\d{1,19})\s*")
TIME_DIGITS_MAX = 19
_INTEGER = re.compile(r"-?\d{1,20}[iu]")
_WHOLE = re.compile(r"-?[0-9]{1,20}[iu]")
_ANY, _NUMBER = r"([^=,\s\"\\]*[^=,\s\"\\iu])", r"(-?[0-9]{1,20})[iu]"  # a value without, and with, a type letter
SHAPES_MAX = 4_096  # patterns that are kept
_ESCAPED = re.compile(r"\\([,= ])")
_QUOTED = re.compile(r'\\(["\\])')


@dataclass(frozen=True, slots=True)
class Line:
    """One line. Fields are texts as a table holds them: numbers without their type letter, texts without quotes."""

    measurement: str
    tags: tuple[tuple[str, str], ...]
    fields: tuple[tuple[str, str], ...]
    time: str


def is_no_point(line: str) -> bool:
    """Is it a remark, an empty line, or a statement that an export of a database puts before its points?"""
    text = line.strip()
    return not text or text.startswith(("#", "CREATE DATABASE", "CREATE RETENTION POLICY", "USE "))


def parse(line: str) -> tuple[Line | None, int]:
    """The line and 0, or None and the column (from 1) at which it is not understood."""
    if "\\" not in line and '"' not in line and (plain := _unescaped(line)) is not None:
        return plain, 0
    series = _SERIES.match(line)
    if series is None:
        return None, 1
    at, fields = series.end(), []
    while True:
        found = _FIELD.match(line, at)
        if found is None:
            return None, at + 1
        fields.append((_plain(found[1]), _value(found[2])))
        at = found.end()
        if not found[3]:
            break
    time = _TIME.fullmatch(line, at)
    if time is None or not line[at : at + 1].isspace():
        return None, at + 1
    tags = tuple((_plain(name), _plain(value)) for name, value in _PAIR.findall(series[2]))
    return Line(_plain(series[1]), tags, tuple(fields), time[1]), 0


def _unescaped(line: str) -> Line | None:
    """A line in which nothing is escaped or quoted, as most are: cut at its signs. None where it is more than that."""
    parts = line.split(" ")
    if len(parts) != 3 or not parts[2].isdecimal() or len(parts[2]) > TIME_DIGITS_MAX:
        return None
    measurement, *tags = parts[0].split(",")
    named = [tuple(tag.split("=")) for tag in tags]
    held = [tuple(field.split("=")) for field in parts[1].split(",")]
    if not measurement or "=" in measurement or not all(len(each) == 2 and all(each) for each in (*named, *held)):
        return None
    fields = tuple((name, _value(value) if value[-1] in "iu" else value) for name, value in held)
    return Line(measurement, tuple((name, value) for name, value in named), fields, parts[2])


def key(line: str) -> str:
    """The series of a line and the name of its first field, as they stand there: lines of one shape share it."""
    return line[: line.find("=", line.find(" "))]


def shape(line: str) -> re.Pattern[str] | None:
    """What matches the rest of a line behind its key where it has the fields of this one: their values and the time,
    a group each. None for a line that is more than plain signs and single blanks.
    """
    if "\\" in line or '"' in line or _unescaped(line) is None:
        return None
    pairs = [field.partition("=") for field in line.split(" ")[1].split(",")]
    if len({name for name, _, _ in pairs}) < len(pairs):
        return None
    return _pattern(tuple((name if number else "", _WHOLE.fullmatch(value) is not None)
                          for number, (name, _, value) in enumerate(pairs)))  # fmt: skip


@lru_cache(SHAPES_MAX)
def _pattern(fields: tuple[tuple[str, bool], ...]) -> re.Pattern[str]:
    """Of fields with their names and whether a whole number stands there; the first name stands in the key."""
    told = ",".join(f"{re.escape(name)}={_NUMBER if whole else _ANY}" for name, whole in fields)
    return re.compile(rf"{told} ([0-9]{{1,{TIME_DIGITS_MAX}}})[\r\n]*")


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def _value(text: str) -> str:
    if text[0] == '"':
        return _QUOTED.sub(r"\1", text[1:-1])
    return text[:-1] if text[-1] in "iu" and _INTEGER.fullmatch(text) else text
