"""Tables as text: comma, semicolon, tab or bar between cells, quotes where a cell holds one of these.

Rules. 1. The delimiter is the one that cuts the most lines into the same number of cells, and is told. 2. A row keeps
its line number; rows of another length than the head, quotes that do not close, too many columns or rows refuse the
file with the line. 3. Blank lines and, before the head, lines of remarks (`#`) are left out. 4. Nothing is evaluated:
a cell is text.
Source: RFC 4180; the dialects that spreadsheets write where the decimal mark is a comma (semicolon, tab).
"""

import csv
from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from ironkeep.model.errors import Refused

COLUMNS_MAX: Final = 1024
ROWS_MAX: Final = 2_000_000
CELL_CHARACTERS_MAX: Final = 32_768
DELIMITERS: Final = (",", ";", "\t", "|")
NAMES: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_SNIFFED: Final = 200  # lines looked at to find the delimiter
_ADVICE: Final = "export it as CSV, one record a line"


class Row(msgspec.Struct, frozen=True):
    """One row: the number of the line on which it starts, from 1, and its cells without the blanks around them."""

    line: int
    cells: tuple[str, ...]


class Table(msgspec.Struct, frozen=True):
    """Rows in the order of the file, all of one length; the first may be a head."""

    delimiter: str
    rows: tuple[Row, ...]
    mended: tuple[str, ...] = ()


def delimiter_of(lines: Sequence[str]) -> str:
    """The delimiter of a table, or an empty text when the lines do not look like one.

    A line counts for a delimiter when it is cut into as many cells as most lines are, and into two at least.
    """
    sample = [line for line in lines if line.strip() and not line.lstrip().startswith("#")][:_SNIFFED]
    best, most, off = "", 0.0, 0
    for each in DELIMITERS:
        widths = Counter(_outside(line, each) for line in sample)
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        if width and (share := count / len(sample)) > most:
            best, most, off = each, share, len(sample) - count
    return best if most >= 0.8 or (off <= 1 and most > 0.5) else ""


def _outside(line: str, delimiter: str) -> int:
    """How often the delimiter stands outside quotes."""
    if '"' not in line:
        return line.count(delimiter)
    return sum(part.count(delimiter) for part in line.split('"')[::2])


def table_of(lines: Sequence[str], where: str, delimiter: str = "") -> Table:
    """The table that the lines hold. Raises Refused naming file, line and remedy."""
    mark = delimiter or delimiter_of(lines)
    if not mark:
        raise Refused("not a table: no delimiter cuts its lines alike", where=where, remedy=_ADVICE)
    first = 0
    while first < len(lines) and (not lines[first].strip(mark + " ") or lines[first].lstrip().startswith("#")):
        first += 1
    if first < len(lines) and lines[first].count(mark) >= COLUMNS_MAX:
        raise _refused(f"more than {COLUMNS_MAX} columns", where, first + 1)
    reader = csv.reader((line + "\n" for line in lines[first:]), delimiter=mark, strict=True)
    rows: list[Row] = []
    mended: list[str] = []
    begins, width = first + 1, 0
    try:
        for cells in reader:
            here, begins = begins, first + 1 + reader.line_num
            if not any(cells) or (rows and cells[0].lstrip().startswith("#")):
                continue
            if len(cells) > COLUMNS_MAX or max(map(len, cells)) > CELL_CHARACTERS_MAX:
                raise _refused(f"more than {COLUMNS_MAX} columns, or a cell of great length", where, here)
            width = width or _width(cells)
            if len(cells) != width:
                cells = _fitted(cells, width, where, here)
                mended.append(f"line {here}: empty cells at its end were added or taken off")
            rows.append(Row(here, tuple(cell.strip() for cell in cells)))
            if len(rows) > ROWS_MAX:
                raise _refused(f"more than {ROWS_MAX} rows", where, here)
    except csv.Error as exc:
        raise _refused(f"not a table: {exc}", where, begins) from exc
    if not rows:
        raise Refused("the table is empty", where=where, remedy=_ADVICE)
    return Table(mark, tuple(rows), tuple(mended[:20]))


def _width(head: list[str]) -> int:
    """Columns of the head; empty cells at its end count for nothing, which spreadsheets like to add."""
    width = len(head)
    while width > 1 and not head[width - 1].strip():
        width -= 1
    return width


def _fitted(cells: list[str], width: int, where: str, line: int) -> list[str]:
    """The cells of a row, cut to or filled up to the head's width where that loses nothing."""
    if any(cell.strip() for cell in cells[width:]):
        raise _refused(f"{len(cells)} cells where the head has {width}", where, line)
    return [*cells[:width], *([""] * (width - len(cells)))]


def _refused(what: str, where: str, line: int) -> Refused:
    return Refused(what, where=f"{where}: line {line}", remedy=_ADVICE)
