"""InfluxDB's line protocol: one line becomes its measurement, tags, fields and time.

Rules. `measurement,tag=x,tag=y field=1.5,field=2i 1784008800000000000`. Commas, equals signs and blanks in names are
escaped by a backslash, quotes in texts too. A line without a time is not understood: when it was written nobody knows.
Source: InfluxDB line protocol reference (elements, special characters, data types).
"""

import re
from dataclasses import dataclass

_KEY = r"(?:[^\\,= \n]|\\.)+"
_SERIES = re.compile(rf"((?:[^\\, \n]|\\.)+)((?:,{_KEY}={_KEY})*) ")
_PAIR = re.compile(rf",({_KEY})=({_KEY})")
_FIELD = re.compile(rf'({_KEY})=("(?:[^"\\]|\\.)*"|[^", \n\\]+)(,|(?= |$))')
_TIME = re.compile(r"\s*(-?\d{1,19})\s*")
_INTEGER = re.compile(r"-?\d{1,20}[iu]")
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


def _plain(text: str) -> str:
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def _value(text: str) -> str:
    if text[0] == '"':
        return _QUOTED.sub(r"\1", text[1:-1])
    return text[:-1] if text[-1] in "iu" and _INTEGER.fullmatch(text) else text
