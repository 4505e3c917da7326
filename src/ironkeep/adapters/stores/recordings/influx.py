"""What InfluxDB writes, as a table of cells, line for line: annotated CSV and line protocol.

Rules. Each line keeps its number: what is no row of values becomes an empty line. Annotated CSV may hold several tables
with heads of their own: columns are brought to one order by name, a default of the annotations stands where a cell is
empty, and a table that tells of an error refuses the file. In line protocol tags and fields become columns, a field
behind its measurement; where the field is a bare `value`, the tag that names the entity stands for it.
"""

import csv
import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from ironkeep.adapters.stores.recordings import config
from ironkeep.codecs import lineprotocol
from ironkeep.codecs.quantity import unit
from ironkeep.model.errors import Refused
from ironkeep.model.recording import INFLUX_CSV, INFLUX_LINES, Mended

TIME = "time"
_ANNOTATION = re.compile(r"#(group|datatype|default)\b", re.IGNORECASE)
_MARK = re.compile("\0([0-9]+)\0")
SHAPES_MAX = 65_536  # rows kept to be filled in: one a series and set of fields
_STRUCTURE = ("", "result", "table")  # columns that say which table a row is of


def form_of(start: str) -> str:
    """Which of both the first lines of a text are; empty for neither."""
    lines = [line for line in start.removeprefix("\ufeff").splitlines()[: config.PREAMBLE_LINES_MAX] if line.strip()]
    if lines and _ANNOTATION.match(lines[0]):
        return INFLUX_CSV
    points = (line for line in lines if not lineprotocol.is_no_point(line))
    return INFLUX_LINES if any(lineprotocol.parse(line)[0] for line in points) else ""


def table(path: Path, form: str, scratch: Path, name: str) -> tuple[Path, int, tuple[Mended, ...]]:
    """A copy below `scratch` as one CSV table; how many lines stand in front of the file's own; what to tell.

    Raises Refused naming file (`name`), line and column.
    """
    made = scratch / "influx.csv"
    with path.open(encoding="utf-8", errors="replace", newline="") as file, made.open("w", encoding="utf-8") as out:
        if form == INFLUX_CSV:
            return made, 0, _annotated(file, out, name)
        return made, 1, _points(file, out, scratch / "points.csv", name)


def _annotated(file: io.TextIOBase, out: io.TextIOBase, name: str) -> tuple[Mended, ...]:
    """Write the rows of every table under the head of the first, brought to its order."""
    names, heads = _heads(file)
    file.seek(0)
    writer = csv.writer(out, lineterminator="\n")
    order: list[int] = []
    defaults: list[str] = []
    at = width = 0
    reader = csv.reader(file)
    begun = tables = 0
    for cells in _rows(reader, name):
        out.write("\n" * (reader.line_num - at - 1))
        at = reader.line_num
        if cells and cells[0].startswith("#"):
            defaults = cells if cells[0].lower() == "#default" else defaults
            out.write("\n")
        elif at in heads:
            width = len(cells)
            order = [cells.index(each) if each in cells else -1 for each in names]
            if "error" in cells:
                remedy = "export it again: the database says what went wrong below this line"
                raise Refused("a table of an error, not of values", where=f"{name}:{at}", remedy=remedy)
            tables += 1
            if not begun:
                begun = at
                writer.writerow(names)
            else:
                out.write("\n")
        elif not any(cells):
            out.write("\n")
        elif len(cells) != width:
            what = f"{len(cells)} cells where the head of the table has {width}"
            raise Refused(what, where=f"{name}:{at}", remedy="mend the line, or export it again")
        else:
            filled = [cell or (defaults[n] if n < len(defaults) else "") for n, cell in enumerate(cells)]
            writer.writerow(filled[n] if n >= 0 else "" for n in order)
    told = [Mended("annotations of InfluxDB read", tables, 1)]
    return (
        *told,
        *([Mended("tables of different columns: brought to one order", tables, begun)] if tables > 1 else []),
    )


def _heads(file: io.TextIOBase) -> tuple[list[str], set[int]]:
    """The columns of all tables, each once, in the order in which they come; the lines of their heads."""
    names: dict[str, None] = {}
    lines: set[int] = set()
    after = True
    for number, line in enumerate(file, 1):
        if line.startswith("#") or not line.strip():
            after = True
        elif after:
            cells = next(csv.reader([line]), [])
            if "_time" in cells or "_value" in cells or "error" in cells or not lines:
                lines.add(number)
                names.update(dict.fromkeys(cell for cell in cells if cell not in _STRUCTURE))
            after = False
    return list(names), lines


def _rows(reader: Iterator[list[str]], name: str) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as exc:
        line = getattr(reader, "line_num", 0)
        raise Refused(f"not a line of cells ({exc})", where=f"{name}:{line}", remedy="export it again") from exc


def _points(file: io.TextIOBase, out: io.TextIOBase, rows: Path, name: str) -> tuple[Mended, ...]:
    """Write one row a point, behind a head of all tags and fields; a column that comes later is empty before."""
    held = _Rows()
    with rows.open("w", encoding="utf-8", newline="") as body:
        points = first = 0  # and how many columns the first one has
        for number, text in enumerate(file, 1):
            row = held.quick(text)
            if row:
                body.write(row)
            elif lineprotocol.is_no_point(text):
                body.write("\n")
                continue
            else:
                line, column = lineprotocol.parse(text.rstrip("\r\n"))
                if line is None:
                    what = f"column {column}: not a point of line protocol"
                    raise Refused(
                        what, where=f"{name}:{number}", remedy="mend the line: measurement,tag=x field=1 time"
                    )
                body.write(held.row(text, line))
                first = first or len(held.columns)
                if len(held.columns) > config.COLUMNS_MAX:
                    what = f"more than {config.COLUMNS_MAX} tags and fields"
                    raise Refused(what, where=f"{name}:{number}", remedy="export one measurement at a time")
            points += 1
    out.write(_written(list(held.columns)))
    with rows.open(encoding="utf-8", newline="") as body:
        if first == len(held.columns):
            shutil.copyfileobj(body, out)
        for row in body:
            lacking = len(held.columns) - 1 - _commas(row)
            out.write(row if row == "\n" or lacking <= 0 else row[:-1] + "," * lacking + "\n")
    rows.unlink()
    return (Mended("points of line protocol read as rows", points, 1),)


class _Rows:
    """Lines as rows of one table, whose columns grow. Most lines differ from an earlier one in values and time alone:
    for those a row is filled in.
    """

    def __init__(self) -> None:
        self.columns: dict[str, int] = {TIME: 0}
        self._blanks: dict[str, list[tuple[re.Pattern[str], str]]] = {}  # by key: what matches, the row to fill in
        self._kept = 0

    def quick(self, text: str) -> str:
        """The row of a line of a known shape; empty for any other."""
        key = lineprotocol.key(text)
        for pattern, blank in self._blanks.get(key, ()):
            if (found := pattern.fullmatch(text, len(key))) is not None:
                return blank.format(*found.groups())
        return ""

    def row(self, text: str, line: lineprotocol.Line) -> str:
        """The row of a line, whose shape is known from here on."""
        cells = [""] * len(self.columns)
        cells[0] = line.time
        for tag, value in line.tags:
            self._put(cells, tag, value)
        made = [_called(line, field) for field, _ in line.fields]
        shape = lineprotocol.shape(text.rstrip("\r\n")) if self._kept < SHAPES_MAX else None
        if shape is not None and len({TIME, *made, *(tag for tag, _ in line.tags)}) == 1 + len(made) + len(line.tags):
            self._keep(lineprotocol.key(text), shape, cells, made)
        for called, (_, value) in zip(made, line.fields, strict=True):
            self._put(cells, called, value)
        return _written(cells)

    def _keep(self, key: str, shape: re.Pattern[str], cells: list[str], made: list[str]) -> None:
        """Keep the row to fill in: `cells` hold its tags, `made` are the columns of its fields in order."""
        blank = list(cells)
        marks = [f"\0{number}\0" for number in range(len(made) + 1)]
        for called, mark in zip(made, marks, strict=False):
            self._put(blank, called, mark)
        blank[0] = marks[-1]
        text = _written(blank).replace("{", "{{").replace("}", "}}")
        self._blanks.setdefault(key, []).append((shape, _MARK.sub(r"{\1}", text)))
        self._kept += 1

    def _put(self, cells: list[str], name: str, value: str) -> None:
        """Put a value under its column, a new one at the end."""
        at = self.columns.setdefault(name, len(self.columns))
        cells.extend([""] * (at + 1 - len(cells)))
        cells[at] = value


def _written(cells: list[str]) -> str:
    """A row as CSV."""
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerow(cells)
    return made.getvalue()


def _commas(row: str) -> int:
    return row.count(",") if '"' not in row else len(next(csv.reader([row]))) - 1


def _called(line: lineprotocol.Line, field: str) -> str:
    """The name of a field as a column: behind its measurement, or the entity whose bare value it is."""
    entity = dict(line.tags).get("entity_id", "")
    if field == "value" and entity:
        return f"{entity} [{line.measurement}]" if unit(line.measurement) else entity
    return f"{line.measurement} {field}"
