"""Which lines make the head of a table: names, a line of groups above them, a line of units below.

Rules. A line below the names is one of units when each of its cells is a unit or a place-holder, and one at least a
unit. A line above the names is one of groups when names repeat and it tells them apart. Everything else is no head.
"""

import contextlib
import csv
import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from ironkeep.codecs.quantity import unit

HEAD_LINES_MAX = 8  # of one table
_TIME = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d:\d\d")
_HOLDER = re.compile(
    r"[-_./#:]*|[YyMmDdHhSsAPaptfT:./ -]+|utc|local|gmt|date|time|datetime|timestamp|string|text|float|int|real|bool|"
    r"none|n/?a|s|ms|min|h|1|count|status|state|enum|flag|zeit|datum|uhrzeit|var|kvar|va|kva|pf|rpm|bar",
    re.IGNORECASE,
)


def cells(line: str, separator: str) -> list[str]:
    """The cells of one line of text, without the blanks around them."""
    return [cell.strip() for cell in next(rows_of([line], separator), [])]


def rows_of(lines: Iterable[str], separator: str) -> Iterator[list[str]]:
    """The cells of lines, up to the first that is none: a carriage return within it, a cell beyond all bounds."""
    return read(csv.reader(lines, delimiter=separator))


def read(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """The rows that a reader gives, up to the first that it cannot cut into cells."""
    with contextlib.suppress(csv.Error):
        yield from reader


def lines(rows: list[str], line: int, separator: str) -> tuple[int, int, int]:
    """The line of the names, that of the groups and that of the units (from 1; 0: none), given where names begin."""
    line = _last_names(rows, line, separator)
    names = cells(rows[line - 1], separator)
    below = cells(rows[line], separator) if line < len(rows) else []
    if _repeat(names) and len(below) == len(names) and are_names(below) and not are_units(below):
        after = cells(rows[line + 1], separator) if line + 1 < len(rows) else []
        return line + 1, line, line + 2 if len(after) == len(below) and are_units(after) else 0
    above = cells(rows[line - 2], separator) if line > 1 else []
    groups = line - 1 if len(above) == len(names) and _repeat(names) and _tells_apart(above, names) else 0
    return line, groups, line + 1 if len(below) == len(names) and are_units(below) else 0


def _last_names(rows: list[str], line: int, separator: str) -> int:
    """The line of names just above a line of units a few lines below, where the first lines of a head name devices,
    models and serial numbers; else the line given.
    """
    width = len(cells(rows[line - 1], separator))
    for number in range(line + 1, min(line + HEAD_LINES_MAX, len(rows))):
        names = cells(rows[number - 1], separator)
        below = cells(rows[number], separator)
        if is_number(names[0] if names else "0") or any(_TIME.search(cell) for cell in names):
            return line  # values have begun
        if len(names) == len(below) == width and are_units(below) and are_names(names) and not are_units(names):
            return number
    return line


def joined(groups: list[str], names: list[str]) -> list[str]:
    """Each name behind the last group that stands above it or to its left."""
    made, group = [], ""
    for over, name in zip_longest(groups[: len(names)], names, fillvalue=""):
        group = over.strip() or group
        made.append(f"{group} {name.strip()}".strip() if group.casefold() != name.strip().casefold() else name)
    return made


def are_units(found: list[str]) -> bool:
    """Is every cell a unit or a place-holder, and one at least a unit?"""
    plain = [cell.strip().strip("[](){}").strip() for cell in found]
    told = [unit(cell) is not None and cell != "1" for cell in plain]
    return any(told) and all(known or _HOLDER.fullmatch(cell) for known, cell in zip(told, plain, strict=True))


def are_names(found: list[str]) -> bool:
    """Are most cells filled, and none of them a number or a time?"""
    filled = [cell for cell in found if cell.strip()]
    return len(filled) * 2 > len(found) and not any(
        is_number(cell) or re.match(r"\s*\d{1,4}[-/.:]\d", cell) for cell in filled
    )


def is_number(cell: str) -> bool:
    """Is the cell a number, with a decimal point or comma?"""
    try:
        float(cell.strip().replace(",", "."))
    except ValueError:
        return False
    return cell.strip().lower() not in ("nan", "inf")


def _repeat(names: list[str]) -> bool:
    filled = [name.casefold() for name in names if name]
    return len(set(filled)) < len(filled)


def _tells_apart(groups: list[str], names: list[str]) -> bool:
    made = [name.casefold() for name in joined(groups, names) if name]
    return len(set(made)) == len(made)
