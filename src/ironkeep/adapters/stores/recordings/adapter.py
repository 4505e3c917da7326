# ruff: noqa: S608 - SQL is put together from numbered columns, quoted names and escaped texts alone
"""A recording as a file: looked at, then read whole by a mapping, or refused naming file, line and column.

Rules. Nothing partial leaves this room. Rows are put in order of time; equal stamps are kept once; both are counted and
said. A line that repeats the head (joined exports) is left out and said. What a cell says that is neither a number nor
a word for "no value" refuses the file.
"""

import re
import tempfile
from dataclasses import replace
from pathlib import Path

from ironkeep.adapters.stores.recordings import config, influx, source, tail, text
from ironkeep.adapters.stores.recordings.door import Connection, Trouble, connect
from ironkeep.adapters.stores.recordings.rows import Reading
from ironkeep.codecs.timecolumn import date_form
from ironkeep.model.errors import Refused
from ironkeep.model.recording import (
    ELAPSED,
    INFLUX_CSV,
    INFLUX_LINES,
    FileWords,
    Head,
    LongWords,
    Mapping,
    Mended,
    Recording,
    TimeForm,
)

_LINE = re.compile(r"Line: (\d+)")  # in DuckDB's words


class FileRecording:
    """A RecordingFile (ports/recording.py). Close it: it keeps a scratch folder and an engine."""

    def __init__(self, path: Path, scratch: Path | None = None) -> None:
        """Open a file. Raises Unavailable when it cannot be read, Refused for what is no recording."""
        self._path = path
        self._folder = tempfile.TemporaryDirectory(prefix="ironkeep-recording-", dir=scratch)
        self._engine: Connection | None = None
        try:
            self._digest, self._size = text.digest(path)
            with path.open("rb") as file:
                start = file.read(config.HEAD_BYTES)
            self._parquet = start.startswith(source.PARQUET_MARK)
            self._encoding = "" if self._parquet else text.encoding_of(path, start)
            self._plain = path
            self._plain_encoding = "utf-8"
            self._below: tuple[Mended, ...] = ()
            self._influx: tuple[Path, text.Table] | None = None
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let the engine and the scratch folder go."""
        if self._engine is not None:
            self._engine.close()
        self._folder.cleanup()

    def __enter__(self) -> "FileRecording":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def digest(self) -> str:
        """Hex SHA-256 of the file's bytes."""
        return self._digest

    def head(self) -> Head:
        """How its bytes are written, and sample rows. Raises Refused naming file and line where not understood."""
        if self._parquet:
            return self._parquet_head()
        table = self._table(self._encoding)
        rows = list(text.sample(self._plain, table))
        lacking = not all(any(row[n] for _, row in rows) for n in range(len(table.names)))
        if table.file.format == INFLUX_LINES and lacking:  # one field a line: the first lines do not hold them all
            each = (f"min_by(r, hash(n), {config.POINT_ROWS}) FILTER (c{n} <> '')" for n in range(len(table.names)))
            rows += [(0, row) for row in self._drawn(table.file, ", ".join(each), "NULL", "LIMIT 1")]
        return Head(
            name=self._path.name,
            size_bytes=self._size,
            file=table.file,
            names=table.names,
            sample=tuple(row for _, row in rows),
            lines=tuple(line for line, _ in rows),
            mended=table.mended,
            units=table.units,
        )

    def head_by_point(self, long: LongWords) -> Head:
        """The head, its sample rows drawn from the whole file, as many of each name of a long layout."""
        found = self.head()
        cell = f"trim({self._source_of(found.file).cell(long.point)[0]}::VARCHAR)"
        last = f"GROUP BY p HAVING p <> '' ORDER BY p LIMIT {config.POINTS_MAX + 1}"
        sample = self._drawn(found.file, f"min_by(r, hash(n), {config.POINT_ROWS})", cell, last)
        return replace(found, sample=sample, lines=(0,) * len(sample))

    def _drawn(self, words: FileWords, picks: str, group: str, last: str) -> tuple[tuple[str, ...], ...]:
        """Rows drawn from the whole file: `picks` are lists of rows r by their numbers n, `group` is a column p."""
        origin = self._source_of(words)
        cells = ", ".join(f"coalesce(c{number}::VARCHAR, '')" for number in range(len(origin.names)))
        numbered = f"SELECT row_number() OVER () AS n, {group} AS p, [{cells}] AS r, * FROM ({origin.scan})"
        try:
            found = self._connected().execute(f"SELECT {picks} FROM ({numbered}) {last}").fetchall()
        except Trouble as exc:
            raise self._refusal(exc, origin) from exc
        if len(found) > config.POINTS_MAX:
            remedy = "export fewer, or cut the file into parts"
            raise Refused(f"more than {config.POINTS_MAX} names of points", where=str(self._path), remedy=remedy)
        heads = {origin.names, *(origin.table.head if origin.table else ())}
        rows = dict.fromkeys(tuple(row) for lists in found for each in lists if each for row in each)
        return tuple(row for row in rows if row not in heads)

    def day_and_month(self, mapping: Mapping) -> TimeForm:
        """Whether dates are day first or month first, by every date in the file; OPEN where none decides.

        Raises Refused when dates of both kinds stand in it, naming the line.
        """
        origin = self._source(mapping)
        cell, kind = origin.cell(mapping.time.column)
        if kind != "VARCHAR":
            return TimeForm.ISO
        parts = (
            f"regexp_extract({cell}, '^[^0-9]*([0-9]{{1,2}})([/.-])([0-9]{{1,2}})[/.-]([0-9]+)', ['a', 's', 'b', 'c'])"
        )
        scan = f"SELECT DISTINCT {parts} AS p FROM ({origin.scan})"
        query = f"SELECT try_cast(p.a AS INT), p.s, try_cast(p.b AS INT), p.c FROM ({scan}) WHERE p.c <> ''"
        try:
            found = self._connected().execute(f"{query} LIMIT {config.DAYS_MAX}").fetchall()
        except Trouble as exc:
            raise self._refusal(exc, origin) from exc
        if any(row[0] > 12 for row in found) and any(row[2] > 12 for row in found):
            what = f"{mapping.time.column!r} holds dates with the day first and dates with the month first"
            raise Refused(what, where=str(self._path), remedy="export it in one form, best as 2026-03-31T12:00:00")
        if not found:
            return TimeForm.OPEN
        return date_form([(row[0], row[2], row[3]) for row in found], found[0][1] == ".")

    def strange_words(self, mapping: Mapping) -> dict[str, str]:
        """By column of states, a word in it that is neither of its positions; columns without one are left out."""
        if not any(column.is_state for column in mapping.column):
            return {}
        origin = self._source(mapping)
        try:
            return self._reading(origin, mapping).strange_words()
        except Trouble as exc:
            raise self._refusal(exc, origin) from exc

    def read(self, mapping: Mapping) -> Recording:
        """All of it, in canonical units, in order of time. Raises Refused naming file, line and column."""
        if mapping.time.form is TimeForm.OPEN:
            raise self._open_date(mapping)
        if mapping.time.form in ELAPSED and not mapping.time.start:
            raise self._open_start(mapping)
        origin = self._source(mapping)
        mended = list(origin.table.mended) if origin.table else []
        if origin.table is not None and text.plainly_numbered(self._plain, origin.table, mapping):
            quick = source.of_text(self._plain.resolve(), origin.table, mapping)
            try:
                return self._reading(quick, mapping).whole(self._digest, self._size, mended)
            except Trouble:  # some cell is no plain number: cell by cell, then
                pass
        try:
            return self._reading(origin, mapping).whole(self._digest, self._size, mended)
        except Trouble as exc:
            raise self._refusal(exc, origin) from exc

    def _open_start(self, mapping: Mapping) -> Refused:
        """That nobody says when the count began, with the first cell of it."""
        cell, line = self._first_time(mapping)
        return Refused(
            f"column {mapping.time.column!r}: {cell!r} counts from a start that the file does not name",
            where=f"{self._path}:{line}" if line else str(self._path),
            remedy='say start = "2026-03-01T08:00:00Z" under [time] in the mapping that --write-map writes',
        )

    def _first_time(self, mapping: Mapping) -> tuple[str, int]:
        """The first cell of the time, and its line."""
        origin = self._source(mapping)
        line, cells = text.row_at(self._plain, origin.table, 0) if origin.table else (0, [])
        number = origin.names.index(mapping.time.column) if mapping.time.column in origin.names else len(cells)
        return (cells[number][:40] if number < len(cells) else "the count"), line

    def _open_date(self, mapping: Mapping) -> Refused:
        """That nobody can tell how dates are to be read, with the first of them."""
        cell, line = self._first_time(mapping)
        return Refused(
            f"day and month of {mapping.time.column!r} cannot be told apart: {cell!r}",
            where=f"{self._path}:{line}" if line else str(self._path),
            remedy='say form = "d/m/y", "m/d/y" or "y/m/d" under [time] in --map',
        )

    def _reading(self, origin: source.Source, mapping: Mapping) -> Reading:
        return Reading(self._path, self._plain, origin, mapping, self._connected())

    def _made_plain(self, encoding: str) -> Path:
        if self._plain_encoding != encoding or self._plain == self._path:
            self._plain = text.plain(self._path, encoding, Path(self._folder.name))
            self._plain_encoding, self._below = encoding, ()
            if self._engine is not None:
                self._engine.close()
                self._engine = None
        return self._plain

    def _connected(self) -> Connection:
        if self._engine is None:
            self._engine = connect(self._plain.resolve(), Path(self._folder.name))
        return self._engine

    def _table(self, encoding: str, given: FileWords | None = None) -> text.Table:
        """The table of the text, what stands below it taken off."""
        plain = self._made_plain(encoding)
        with plain.open("rb") as file:
            form = influx.form_of(file.read(config.HEAD_BYTES).decode("utf-8", errors="replace"))
        if (given.format if given else form) in (INFLUX_CSV, INFLUX_LINES):
            return self._influx_table(plain, given.format if given else form, encoding)
        table = text.head(plain, given, encoding)
        body, told = tail.without(self._plain, table, Path(self._folder.name))
        if body != self._plain:
            self._plain, self._below = body, self._below + told
            if self._engine is not None:
                self._engine.close()
                self._engine = None
        return replace(table, mended=table.mended + self._below)

    def _influx_table(self, plain: Path, form: str, encoding: str) -> text.Table:
        """The table that InfluxDB's own forms make; made once."""
        if self._influx is None:
            made, above, told = influx.table(plain, form, Path(self._folder.name), str(self._path))
            found = text.head(made, FileWords(encoding=encoding, format=form, header_line=text.first_filled(made)))
            self._influx = made, replace(found, above=above, mended=told)
            if self._engine is not None:
                self._engine.close()
                self._engine = None
        self._plain, table = self._influx
        self._plain_encoding = ""
        return table

    def _source(self, mapping: Mapping) -> source.Source:
        return self._source_of(mapping.file)

    def _source_of(self, words: FileWords) -> source.Source:
        if self._parquet:
            try:
                return source.of_parquet(self._connected(), self._plain.resolve())
            except Trouble as exc:
                raise self._refusal(exc, None) from exc
        if words.encoding not in text.ENCODINGS:
            there = ", ".join(text.ENCODINGS)
            raise Refused(f"no encoding {words.encoding!r}", where="[file] encoding", remedy=f"one of {there}")
        table = self._table(words.encoding, words)
        return source.of_text(self._plain.resolve(), table)

    def _parquet_head(self) -> Head:
        try:
            engine = self._connected()
            origin = source.of_parquet(engine, self._plain.resolve())
            rows = engine.execute(f"{origin.shown} LIMIT {config.SAMPLE_ROWS}").fetchall()
        except Trouble as exc:
            raise self._refusal(exc, None) from exc
        return Head(
            name=self._path.name,
            size_bytes=self._size,
            file=FileWords(format="parquet", separator="", header_line=0),
            names=origin.names,
            sample=tuple(tuple("" if cell is None else str(cell) for cell in row) for row in rows),
            lines=(0,) * len(rows),
            types=origin.kinds,
        )

    def _refusal(self, exc: Trouble, origin: source.Source | None) -> Refused:
        """What DuckDB stumbled over, in our words: the line first."""
        if origin is None or origin.table is None:
            first = str(exc).splitlines()[0] if str(exc) else "no reason given"
            return Refused(f"not a whole Parquet file: {first[:200]}", where=str(self._path), remedy="export it again")
        line, count = text.first_of_other_width(self._plain, origin.table)
        if line:
            what = (
                f"{count} cells where the head of the table has {len(origin.names)}" if count else "quotes not closed"
            )
            remedy = "mend the line, or set separator and header_line in --map"
            return Refused(what, where=f"{self._path}:{line}", remedy=remedy)
        named = _LINE.search(str(exc))
        where = f"{self._path}:{named[1]}" if named else str(self._path)
        what = (
            "not a line of cells"
            if named
            else f"not readable: {(str(exc).splitlines() or ['no reason given'])[0][:200]}"
        )
        return Refused(f"{what}; look at its quotes and its bytes", where=where, remedy="mend it, or export it again")


def open_recording(path: Path) -> FileRecording:
    """A recording, opened. Raises Unavailable when it cannot be read, Refused for what is no recording."""
    return FileRecording(path)
