"""What stands below a table: totals, footers, remarks, a last line that was cut short.

Rules. A line is one of these only at the end of the file, and only where it cannot be a row: it begins with `#`; it
names a total in a column in which few rows above do, and holds no time; it is one cell of text in a table of several
columns; or it is the last line, without its line feed and with fewer cells than the head. What is left out is counted
and told, by its line.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from ironkeep.adapters.stores.recordings import config, heading
from ironkeep.adapters.stores.recordings.text import Table
from ironkeep.model.recording import Mended

LINES_MAX = 20  # below a table
ROWS_ABOVE = 20  # that a total is compared with
_TOTAL = re.compile(
    r"(grand |sub)?(total|totals|sum|average|avg|mean|minimum|maximum|min|max|count|summe|gesamt|mittelwert|mittel|"
    r"somme|moyenne|suma|promedio|rows|records|end|ende|fin)\b.{0,60}",
    re.IGNORECASE | re.DOTALL,
)
_TIME = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}|\d:\d\d|^\s*\d{9,}")
CUT = "a last line that is cut short left out"
BELOW = "lines below the table left out (totals, footers)"


@dataclass(frozen=True, slots=True)
class _Line:
    at: int  # of its first byte in the file
    text: str
    cells: list[str]
    ended: bool

    @property
    def filled(self) -> list[str]:
        return [cell for cell in self.cells if cell.strip()]


def without(path: Path, table: Table, scratch: Path) -> tuple[Path, tuple[Mended, ...]]:
    """The file without what stands below its table: itself where nothing does, else a copy below `scratch`."""
    lines = _last_lines(path, table)
    first, cut = len(lines), False
    while first > max(0, len(lines) - LINES_MAX):
        line = lines[first - 1]
        above = lines[max(0, first - 1 - ROWS_ABOVE) : first - 1]
        if line.filled and not _is_below(line, above, len(table.names)):
            if line.ended or len(line.cells) >= len(table.names):
                break
            cut = True
        first -= 1
    left = [line for line in lines[first:] if line.filled]
    if not left or not any(line.filled for line in lines[:first]):
        return path, ()
    made = scratch / f"{path.stem}-body.csv"
    number = _copy(path, made, lines[first].at) + 1
    below = len(left) - cut
    told = [Mended(BELOW, below, number)] if below else []
    return made, (*told, *([Mended(CUT, 1, number + len(lines[first:]) - 1)] if cut else []))


def _last_lines(path: Path, table: Table) -> list[_Line]:
    """Lines from the end of the file, the first of which is whole; none of the head."""
    with path.open("rb") as file:
        for _ in range(table.body_line):
            file.readline(config.LINE_BYTES_MAX)
        begin = file.tell()
        size = file.seek(0, 2)
        at = max(begin, size - config.PEEK_BYTES)
        file.seek(at)
        data = file.read()
    pieces = data.split(b"\n")
    if at > begin:
        at += len(pieces[0]) + 1
        pieces = pieces[1:]
    found = []
    for number, piece in enumerate(pieces):
        last = number == len(pieces) - 1
        if not last or piece:
            text = piece.decode("utf-8", errors="replace").strip("\r")
            cells = next(heading.rows_of([text], table.file.separator), []) if text.count('"') % 2 == 0 else []
            found.append(_Line(at, text, cells, not last))
        at += len(piece) + 1
    return found


def _is_below(line: _Line, above: list[_Line], width: int) -> bool:
    """Can the line be no row of the table?"""
    if line.text.lstrip().startswith("#"):
        return True
    if len(line.filled) == 1 and len(line.cells) != width and width > 2:
        return any(sign.isalpha() for sign in line.filled[0])
    if any(_TIME.search(cell) for cell in line.cells):
        return False
    for column, cell in list(enumerate(line.cells))[:width]:
        if _TOTAL.fullmatch(cell.strip()):
            same = sum(column < len(row.cells) and bool(_TOTAL.fullmatch(row.cells[column].strip())) for row in above)
            return same * 2 <= len(above)
    return False


def _copy(path: Path, made: Path, size: int) -> int:
    """Write the first `size` bytes to `made`; the line feeds among them."""
    lines = 0
    with path.open("rb") as file, made.open("wb") as out:
        while size > 0 and (block := file.read(min(size, config.BLOCK_BYTES))):
            out.write(block)
            lines += block.count(b"\n")
            size -= len(block)
    return lines
