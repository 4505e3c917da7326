"""The bytes of a text file: which encoding, which separator, where the head of the table stands, sample rows.

Rules. A byte-order mark decides; without one, UTF-16 shows by its zeros, and what is not UTF-8 is read as Windows-1252
and said to be. A file that DuckDB cannot read as it stands (UTF-16, Windows-1252, bare carriage returns) is written
anew as UTF-8 into the scratch folder, line for line, so that line numbers stay true.
"""

import codecs
import csv
import hashlib
import io
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ironkeep.adapters.stores.recordings import config, heading
from ironkeep.model.errors import Refused, Unavailable
from ironkeep.model.recording import FileWords, Mapping, Mended

SEPARATORS = (";", "\t", "|", ",")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, ""),
    (codecs.BOM_UTF32_BE, ""),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NOT_TEXT = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip (an Excel workbook is one)", b"\xd0\xcf\x11\xe0": "old Excel"}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1")

csv.field_size_limit(min(sys.maxsize, config.LINE_BYTES_MAX))


@dataclass(frozen=True, slots=True)
class Table:
    """Where the table stands in the text: the words of the file, the names of its columns, what a line of units says of
    each, the cells of every line of its head, and what was mended.
    """

    file: FileWords
    names: tuple[str, ...]
    mended: tuple[Mended, ...]
    units: tuple[str, ...] = ()
    head: tuple[tuple[str, ...], ...] = ()
    above: int = 0  # lines that stand in front of the file's own

    @property
    def body_line(self) -> int:
        """The last line of the head."""
        return max(self.file.header_line, self.file.unit_line)


def digest(path: Path) -> tuple[str, int]:
    """Hex SHA-256 and size of a file. Raises Unavailable when it cannot be read, Refused when it is too large."""
    total, found = 0, hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(config.BLOCK_BYTES):
                total += len(block)
                if total > config.SIZE_BYTES_MAX:
                    remedy = "cut it into parts, or export fewer columns"
                    raise Refused(f"larger than {config.SIZE_BYTES_MAX} bytes", where=str(path), remedy=remedy)
                found.update(block)
    except OSError as exc:
        raise Unavailable(
            f"the recording cannot be read: {exc.strerror}", where=str(path), remedy="name one that exists"
        ) from exc
    return found.hexdigest(), total


def encoding_of(path: Path, start: bytes) -> str:
    """The encoding of a text file by its first bytes. Raises Refused for what is no text."""
    for mark, what in _NOT_TEXT.items():
        if start.startswith(mark):
            raise Refused(f"this is {what}, not CSV or Parquet", where=str(path), remedy="unpack or export it as CSV")
    for mark, name in _BOMS:
        if start.startswith(mark):
            if not name:
                raise Refused("UTF-32 text", where=f"{path}:1", remedy="save it as UTF-8")
            return name
    piece = start[:4096]
    zeros = [piece[side::2].count(0) * 4 > len(piece) for side in (0, 1)]
    if zeros[0] != zeros[1]:
        return "utf-16-be" if zeros[0] else "utf-16-le"
    if b"\x00" in piece:
        raise Refused("zero bytes: this is no text", where=f"{path}:1", remedy="export it as CSV or Parquet")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start, False)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def plain(path: Path, encoding: str, scratch: Path) -> Path:
    """The file as UTF-8 with line feeds: itself where it is that, else a copy below `scratch`.

    Raises Refused naming the line of the first byte that the encoding does not know.
    """
    with path.open("rb") as file:
        start = file.read(config.HEAD_BYTES)
    bare = b"\r" in start and b"\n" not in start and not encoding.startswith("utf-16")
    if encoding in ("utf-8", "utf-8-sig") and not bare:
        return path
    made = scratch / "plain.csv"
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    with path.open("rb") as file, made.open("w", encoding="utf-8", newline="") as out:
        while True:
            block = file.read(config.BLOCK_BYTES)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeError as exc:
                what = f"bytes that are not {encoding} ({exc.reason if isinstance(exc, UnicodeDecodeError) else exc})"
                raise Refused(what, where=f"{path}: after line {lines}", remedy="name the encoding in --map") from exc
            text = text.removeprefix("\ufeff") if lines == 1 and out.tell() == 0 else text
            lines += text.count("\n")
            out.write(text.replace("\r", "\n") if bare else text)
            if not block:
                return made


def head(path: Path, given: FileWords | None = None, encoding: str = "utf-8") -> Table:
    """The table of a plain text file. Raises Refused when no separator and no head of a table can be made out."""
    with path.open("rb") as file:
        text = file.read(config.HEAD_BYTES).decode("utf-8", errors="replace").removeprefix("\ufeff")
    rows = text.splitlines()
    if not rows or not any(row.strip() for row in rows):
        raise Refused("the file is empty", where=str(path), remedy="name another")
    mended = [Mended("byte-order mark taken off", 1, 1)] if encoding in ("utf-8-sig", "utf-16") else []
    if encoding not in ("utf-8", "utf-8-sig"):
        mended.append(Mended(f"read as {encoding}", 1, 1))
    told = rows[0][4:5] if rows[0].lower().startswith("sep=") else ""
    separator = given.separator if given else told or _separator(rows)
    if given:
        line, groups, units = given.header_line, given.group_line, given.unit_line
    else:
        line = _header_line(path, rows, separator, bool(told))
        line, groups, units = heading.lines(rows, line, separator)
    parsed = list(heading.rows_of(rows[line - 1 : line + config.SAMPLE_ROWS], separator))
    if not parsed or max(groups, units) > len(rows):
        raise Refused(f"no line {max(line, groups, units)}", where=str(path), remedy="set header_line in --map")
    width = Counter(len(row) for row in parsed[1:] if row).most_common(1)
    width_told = width[0][0] if width else len(parsed[0])
    above = heading.cells(rows[groups - 1], separator) if groups else []
    below = heading.cells(rows[units - 1], separator) if units else []
    names = _names(heading.joined(above, parsed[0]), width_told)
    if len(names) > config.COLUMNS_MAX:
        raise Refused(f"{len(names)} columns; the limit is {config.COLUMNS_MAX}", where=f"{path}:{line}")
    first = groups or line
    if first > 1:
        mended.append(Mended("lines above the head of the table left out", first - 1, 1))
    if groups:
        mended.append(Mended("a second line of names above the head: names joined", 1, groups))
    if units:
        mended.append(Mended("a line of units below the head: taken as units", 1, units))
    file_words = given or FileWords(
        encoding=encoding, separator=separator, header_line=line, group_line=groups, unit_line=units
    )
    head_cells = tuple(tuple(each) for each in (parsed[0], above, below) if each)
    padded = tuple((below + [""] * len(names))[: len(names)]) if units else ()
    return Table(file_words, names, tuple(mended), padded, head_cells)


def first_filled(path: Path) -> int:
    """The number of the first line that holds anything, from 1."""
    with path.open("rb") as file:
        return next((number for number, line in enumerate(file, 1) if line.strip()), 1)


def sample(path: Path, table: Table) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Rows with their lines from the beginning; from the middle and the end with line 0. Rows of other widths, and the
    head once more, are left out.
    """
    width = len(table.names)
    heads = {tuple(cell.strip() for cell in line) for line in table.head}

    def is_row(row: list[str]) -> bool:
        return len(row) == width and tuple(cell.strip() for cell in row) not in heads

    with path.open("rb") as file:
        start = file.read(config.HEAD_BYTES)
        size = file.seek(0, io.SEEK_END)
        lines = start.decode("utf-8", errors="replace").splitlines()[table.body_line :]
        reader = csv.reader(lines, delimiter=table.file.separator)
        for row in islice(heading.read(reader), config.SAMPLE_ROWS):
            if is_row(row):
                yield table.body_line + reader.line_num - table.above, tuple(row)
        for at in (size // 2, size - config.PEEK_BYTES):
            if at > config.HEAD_BYTES:
                file.seek(at)
                lines = file.read(config.PEEK_BYTES).decode("utf-8", errors="replace").split("\n")[1:-1]
                for row in heading.rows_of(lines[: config.SAMPLE_ROWS], table.file.separator):
                    if is_row(row):
                        yield 0, tuple(row)


def plainly_numbered(path: Path, table: Table, mapping: Mapping) -> bool:
    """Can the cells of mapped columns be read as numbers by DuckDB itself, which takes 1_000 for a thousand? Not where
    a long layout, thousands, units in cells, a column of quality whose blanks are good or an underscore below the head
    say otherwise.
    """
    file = mapping.file
    if any("" in words.good for words in mapping.quality):
        return False
    if mapping.long is not None or file.thousands or file.units_in_cells:
        return False
    with path.open("rb") as source:
        for _ in range(table.body_line):
            source.readline(config.LINE_BYTES_MAX)
        while block := source.read(config.BLOCK_BYTES):
            if b"_" in block:
                return False
    return True


def row_at(path: Path, table: Table, row: int) -> tuple[int, list[str]]:
    """The line on which data row `row` (from 0) begins, quoted line feeds counted, and its cells; (0, []) past it."""
    for number, line, cells in _walk(path, table):
        if number == row:
            return line, cells
    return 0, []


def first_of_other_width(path: Path, table: Table) -> tuple[int, int]:
    """Line and number of cells of the first row that has not as many cells as the table; (0, 0) where all have."""
    for _, line, cells in _walk(path, table):
        if len(cells) != len(table.names):
            return line, len(cells)
    return 0, 0


def _walk(path: Path, table: Table) -> Iterator[tuple[int, int, list[str]]]:
    """(row, line it begins on, cells) of every row below the head."""
    with path.open(encoding="utf-8", errors="replace", newline="") as file:
        for _ in range(table.body_line):
            file.readline(config.LINE_BYTES_MAX)
        reader = csv.reader(file, delimiter=table.file.separator)
        begun, number = 1, 0
        try:
            for cells in reader:
                if cells:
                    yield number, table.body_line + begun - table.above, cells
                    number += 1
                begun = reader.line_num + 1
        except csv.Error:
            yield number, table.body_line + begun - table.above, []


def _separator(rows: list[str]) -> str:
    """The separator by which most lines fall into equally many cells; a comma last, since it also stands in numbers."""
    best, chosen = 0.0, ","
    looked = [row for row in rows[: config.SAMPLE_ROWS] if row.strip()]
    for separator in SEPARATORS:
        counts = Counter(len(row) for row in heading.rows_of(looked, separator))
        width, times = next(iter(counts.most_common(1)), (0, 0))
        score = times / len(looked) if width > 1 else 0.0
        if score > best + (0.05 if separator == "," else 0.0):
            best, chosen = score, separator
    return chosen


def _header_line(path: Path, rows: list[str], separator: str, told: bool) -> int:
    """The line of the head: the first whose width is that of the table and whose cells are names, not numbers."""
    widths = Counter(len(row) for row in heading.rows_of(rows[: config.SAMPLE_ROWS], separator) if len(row) > 1)
    if not widths:
        what = "no separator found: one cell a line"
        raise Refused(what, where=f"{path}:1", remedy="comma, semicolon, tab or | between cells")
    width = widths.most_common(1)[0][0]
    remarks = [row.lstrip().startswith("#") for row in rows[: config.PREAMBLE_LINES_MAX]]
    below = next((number for number, remark in enumerate(remarks) if not remark and any(remarks[:number])), 0)
    named_below = heading.are_names(next(heading.rows_of(rows[below : below + 1], separator), []))
    for number, text in enumerate(rows[: config.PREAMBLE_LINES_MAX], 1):
        if named_below and remarks[number - 1]:
            continue
        cells = next(heading.rows_of([text], separator), [])
        if (told and number == 1) or not width - 1 <= len(cells) <= width:
            continue
        named = [cell for cell in cells if cell.strip()]
        if len(named) * 2 <= len(cells):
            continue
        if any(heading.is_number(cell) for cell in named):
            what = "no head of the table: the first full line holds numbers"
            raise Refused(what, where=f"{path}:{number}", remedy="add a line that names the columns")
        return number
    raise Refused("no head of the table found", where=f"{path}:1", remedy="add a line that names the columns")


def _names(cells: list[str], width: int) -> tuple[str, ...]:
    """The names of the columns, each once; a column without one is called by its number."""
    seen: Counter[str] = Counter()
    names = []
    for number in range(max(width, len(cells))):
        name = cells[number].strip() if number < len(cells) else ""
        name = name or f"column {number + 1}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)
