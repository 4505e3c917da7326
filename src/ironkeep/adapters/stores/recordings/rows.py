# ruff: noqa: S608 - SQL is put together from numbered columns, quoted names and escaped texts alone
"""One reading of a whole recording: rows from SQL, times made UTC, every asset in order.

Rules. The first thing that is not understood ends the reading, by line and column. What is put right is counted: rows
out of order, equal stamps, repeated heads, sentinels, hours that come twice.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ironkeep.adapters.stores.recordings import cells, config, qualities, text, times, zones
from ironkeep.adapters.stores.recordings.door import Connection, literal, texts
from ironkeep.adapters.stores.recordings.source import Source
from ironkeep.codecs.mapping import require
from ironkeep.codecs.quantity import unit
from ironkeep.model.errors import Refused
from ironkeep.model.recording import (
    ELAPSED,
    MENDED_DIFFER,
    Column,
    Intake,
    LongWords,
    Mapping,
    Mended,
    Positive,
    Recording,
    Stamps,
    Track,
    Values,
)

MENDED_SAME = "lines given twice: left out"
MENDED_JOINED = "lines of one time that complete each other: joined"
NO_STAMP = -(2**62)  # a time that was not understood
HEAD_AGAIN = NO_STAMP + 1  # the head of the table, once more

HOUR_US = 3_600_000_000
BEGINS_ANEW = 4  # a count that falls to less than this part of itself is no line out of order
DEFAULT_ASSET = "battery"  # where neither mapping nor file names one

Columns = dict[str, NDArray[Any]]


class Reading:
    """One pass over one file by one mapping."""

    def __init__(self, path: Path, plain: Path, origin: Source, mapping: Mapping, engine: Connection) -> None:
        require(mapping)
        self._path, self._plain, self._origin = path, plain, origin
        self._mapping, self._engine = mapping, engine
        self._scan = origin.scan  # with columns u, w and o once the time is known
        self._mended: list[Mended] = []
        self._changes: tuple[int, int, list[zones.Change]] | None = None  # of the clocks, between two times
        self._carried = False  # do the times carry their own zone?
        self._zone_known = bool(mapping.time.zone) or mapping.time.form.value.startswith("epoch")
        if mapping.time.form in ELAPSED:
            self._zone_known = times.start_us(mapping)[1]

    def whole(self, digest: str, size_bytes: int, mended: list[Mended]) -> Recording:
        """The recording. Raises Refused naming file, line and column, and duckdb's error for what it stumbles over."""
        self._mended = list(mended)
        grouped = self._long() if self._mapping.long else self._wide()
        rows, tracks = 0, []
        for asset, at_us, columns in grouped:
            rows += at_us.size
            tracks += self._tracks(asset, at_us, columns)
        if not any(track.at_us.size for track in tracks):
            raise Refused("no row holds a time and a value", where=str(self._path), remedy="name another file")
        kept = sum(track.at_us.size for track in {track.asset: track for track in tracks}.values())
        mapped = {column.name for column in self._mapping.column}
        intake = Intake(
            name=self._path.name,
            digest=digest,
            size_bytes=size_bytes,
            rows=rows,
            rows_kept=max(track.at_us.size for track in tracks) if not self._mapping.asset_column else kept,
            mended=_summed(self._mended),
            zone_known=self._zone_known,
            unread=(*(name for name in self._origin.names if name not in mapped | self._used()), *self._origin.nested),
        )
        return Recording(intake, self._mapping, tuple(track for track in tracks if track.at_us.size))

    def _used(self) -> set[str]:
        long, time = self._mapping.long, self._mapping.time
        more = {long.point, long.value} if long else set()
        quality = (words.name for words in self._mapping.quality)
        return {time.column, time.clock_column, self._mapping.asset_column, *more, *quality}

    def _time(self) -> tuple[str, str, str]:
        """SQL of the stamp, of whether it carries a zone, and of whether the row repeats the head."""
        cell, kind = self._origin.cell(self._mapping.time.column)
        head = self._head_again() if kind == "VARCHAR" else "FALSE"
        form = self._mapping.time.form
        if self._mapping.time.clock_column:
            clock, other = self._origin.cell(self._mapping.time.clock_column)
            cell, kind = f"concat({cell}::VARCHAR, ' ', {clock}::VARCHAR)", "VARCHAR" if other else kind
        self._scan = times.prepared(self._origin.scan, cell, kind, form)
        return times.stamp(self._mapping, cell, kind), times.zoned(cell, kind, form), head

    def _head_again(self) -> str:
        """SQL of whether a row is a line of the head once more: the same time cell as the line of names, or the same
        cells throughout as another line of the head.
        """
        table, column = self._origin.table, self._mapping.time.column
        number = self._origin.names.index(column)
        if table is None:
            return f"c{number} = {literal(column)}"
        same = []
        for line, there in enumerate(table.head):
            if line == 0 and number < len(there) and there[number].strip():
                same.append(f"trim(c{number}) = {literal(there[number].strip())}")
            elif line:
                filled = [(n, cell.strip()) for n, cell in enumerate(there[: len(self._origin.names)])]
                same.append(" AND ".join(f"coalesce(trim(c{n}::VARCHAR), '') = {literal(cell)}" for n, cell in filled))
        return " OR ".join(f"({each})" for each in same) or "FALSE"

    def _settle_zone(self, zoned: str, head: str, with_zone: int, without: int) -> None:
        """All times carry their zone, or none does; else the line where it changes refuses the file."""
        self._carried = with_zone > 0 or self._mapping.time.form in ELAPSED
        self._zone_known |= with_zone > 0
        if with_zone and without:
            first = self._first(zoned if with_zone < without else f"NOT {zoned} AND NOT coalesce({head}, FALSE)")
            column = self._mapping.time.column
            what = f"{min(with_zone, without)} times of {column!r} differ from the others in carrying a zone"
            raise Refused(what, where=self._place(first)[0], remedy="export all times in UTC")

    def _wide(self) -> Iterator[tuple[str, Stamps, Columns]]:
        """Asset by asset, rows in the order of the file."""
        stamp, zoned, head = self._time()
        picks = [
            f"{_marked(stamp, head)} AS t",
            f"{zoned} AS z",
        ]
        for number, column in enumerate(self._mapping.column):
            cell, kind = self._origin.cell(column.name)
            value = self._value(cell, column, kind == "VARCHAR")
            picks.append(f"{qualities.counted(value, column.name, self._origin, self._mapping.quality)} AS v{number}")
        named = self._assets()
        if named:
            cell, _ = self._origin.cell(self._mapping.asset_column)
            picks.append(f"coalesce(list_position([{texts(named)}], {cell}::VARCHAR), 0) AS a")
        limit = config.CELLS_MAX // len(picks)
        query = f"SELECT {', '.join(picks)} FROM ({self._scan}) LIMIT {limit + 1}"
        found = self._engine.execute(query).fetchnumpy()
        at_us = np.asarray(found.pop("t"), np.int64)
        self._require_rows(at_us.size, limit)
        with_zone = int(np.count_nonzero(found.pop("z")))
        without = at_us.size - with_zone - int(np.count_nonzero(at_us == HEAD_AGAIN))
        self._require_stamps(at_us)
        self._settle_zone(zoned, head, with_zone, without)
        codes = np.asarray(found.pop("a")) if named else None
        heads = at_us == HEAD_AGAIN
        for number, column in enumerate(self._mapping.column):
            self._require_numbers(found[f"v{number}"], column, heads)
        if heads.any():
            self._mended.append(Mended("lines that repeat the head left out", int(heads.sum()), self._line(heads)))
        if self._mapping.file.units_in_cells and self._origin.table is not None:
            self._tell_units([column.name for column in self._mapping.column if not column.is_state])
        self._tell_quality(head)
        columns = {f"{number}": found.pop(f"v{number}") for number in range(len(self._mapping.column))}
        if codes is None:
            keep = ~heads if heads.any() else slice(None)
            self._require_rising(at_us, np.flatnonzero(~heads))
            yield "", at_us[keep], {name: values[keep] for name, values in columns.items()}
            return
        for code, name in enumerate(named, 1):
            mine = (codes == code) & ~heads
            self._require_rising(at_us, np.flatnonzero(mine))
            yield name, at_us[mine], {key: values[mine] for key, values in columns.items()}

    def _long(self) -> Iterator[tuple[str, Stamps, Columns]]:
        """Asset by asset, one row a stamp, one column a name of a point; times are UTC already, since an hour that
        comes twice shows in the order of each point's own lines alone.
        """
        long = self._mapping.long
        assert long is not None
        stamp, zoned, head = self._time()
        named = self._assets()
        point, _ = self._origin.cell(long.point)
        asset = self._origin.cell(self._mapping.asset_column)[0] if named else "NULL"
        names = texts(column.name for column in self._mapping.column)
        picks = (
            f"{_marked(stamp, head)} AS t",
            f"{zoned} AS z",
            f"{qualities.counted(self._long_value(long), long.value, self._origin, self._mapping.quality)} AS v",
            f"coalesce(list_position([{names}], trim({point})), 0)::SMALLINT AS p",
            f"coalesce(list_position([{texts(named)}]::VARCHAR[], {asset}::VARCHAR), 0)::SMALLINT AS a",
        )
        query = f"SELECT {', '.join(picks)} FROM ({self._scan}) LIMIT {config.LONG_ROWS_MAX + 1}"
        found = self._engine.execute(query).fetchnumpy()
        at_us = np.asarray(found.pop("t"), np.int64)
        self._require_rows(at_us.size, config.LONG_ROWS_MAX)
        heads = at_us == HEAD_AGAIN
        with_zone = int(np.count_nonzero(found.pop("z") & ~heads))
        self._require_stamps(at_us)
        self._settle_zone(zoned, head, with_zone, at_us.size - with_zone - int(np.count_nonzero(heads)))
        values, points, assets = found["v"], np.asarray(found["p"]), np.asarray(found["a"])
        bad = np.isinf(values) & (points > 0) & ~heads
        if bad.any():
            row = int(np.argmax(bad))
            self._refuse_number(row, long.value, self._mapping.column[int(points[row]) - 1])
        if heads.any():
            self._mended.append(Mended("lines that repeat the head left out", int(heads.sum()), self._line(heads)))
        if self._mapping.file.units_in_cells and self._origin.table is not None:
            self._tell_units([long.value])
        self._tell_quality(head)
        for code, name in enumerate(named, 1) if named else ((0, ""),):
            mine = (assets == code) & (points > 0) & ~heads
            yield name, *self._pivoted(at_us[mine], points[mine], values[mine])

    def _tell_units(self, names: list[str]) -> None:
        """Tell how many cells held a unit."""
        held = (f"({cells.suffix(self._origin.cell(name)[0], self._mapping.file)} <> '')::INT" for name in names)
        query = f"SELECT sum({' + '.join(held)}) FROM ({self._scan})"
        count = self._engine.execute(query).fetchall()[0][0]
        self._mended.append(Mended("units taken off the ends of cells", int(count or 0)))

    def _tell_quality(self, head: str) -> None:
        """Tell by which words values were left out, and how often."""
        for words in self._mapping.quality:
            again = f"coalesce({head}, FALSE)"
            for word, count, row in qualities.others(self._engine, self._origin, self._scan, again, words):
                what = (
                    f"values left out because {words.name!r} says {word!r}"
                    if word
                    else (f"values left out because {words.name!r} says nothing")
                )
                self._mended.append(Mended(what, count, self._line_of(row)))

    def _assets(self) -> list[str]:
        if not self._mapping.asset_column:
            return []
        return self._distinct(self._origin.cell(self._mapping.asset_column)[0], config.ASSETS_MAX, "assets")

    def _value(self, cell: str, column: Column, is_text: bool) -> str:
        """SQL of the value that a cell of a column holds."""
        if column.is_state:
            return cells.position(cell, column, self._mapping.file)
        return cells.number(cell, self._mapping.file, is_text, column.unit)

    def _long_value(self, long: LongWords) -> str:
        """SQL of the value of a long file: of a state by its words, and where cells hold units, by the unit of each."""
        value, kind = self._origin.cell(long.value)
        file, is_text = self._mapping.file, kind == "VARCHAR"
        apart = [column for column in self._mapping.column if file.units_in_cells or column.is_state]
        other = "'nan'::DOUBLE" if file.units_in_cells else cells.number(value, file, is_text)
        if not apart:
            return other
        point, _ = self._origin.cell(long.point)
        cases = (f"WHEN {literal(column.name)} THEN {self._value(value, column, is_text)}" for column in apart)
        return f"CASE trim({point}) {' '.join(cases)} ELSE {other} END"

    def strange_words(self) -> dict[str, str]:
        """For each column of states that holds a word of neither position, the first of them in the alphabet."""
        long, file = self._mapping.long, self._mapping.file
        head = f"coalesce({self._time()[2]}, FALSE)"
        asked = [column for column in self._mapping.column if column.is_state]
        picks = []
        for column in asked:
            cell, _ = self._origin.cell(long.value if long else column.name)
            mine = f"trim({self._origin.cell(long.point)[0]}) = {literal(column.name)} AND " if long else ""
            strange = f"{mine}isinf({cells.position(cell, column, file)}) AND NOT {head}"
            picks.append(f"min(CASE WHEN {strange} THEN {cell}::VARCHAR END)")
        found = self._engine.execute(f"SELECT {', '.join(picks)} FROM ({self._scan})").fetchall()[0] if picks else ()
        return {column.name: str(word)[:40] for column, word in zip(asked, found, strict=True) if word is not None}

    def _pivoted(self, at_us: Stamps, points: NDArray[Any], values: Values) -> tuple[Stamps, Columns]:
        """Lines of one asset as rows: each point's own lines in order, the first value of a time kept."""
        lines: list[tuple[Stamps, Values]] = []
        twice = 0
        for number in range(1, len(self._mapping.column) + 1):
            here = np.flatnonzero(points == number)
            stamps, told = at_us[here], values[here]
            if stamps.size > 1 and np.count_nonzero(np.diff(stamps) < 0) * 2 > stamps.size:
                stamps, told = stamps[::-1], told[::-1]
            lines.append((self._utc(stamps), told))
        every = np.sort(np.concatenate([stamps for stamps, _ in lines]), kind="stable")  # nearly in order: runs merge
        every = every[np.concatenate(([True], every[1:] != every[:-1]))] if every.size else every
        columns: Columns = {}
        for number, (stamps, told) in enumerate(lines):
            known = ~np.isnan(told)
            place = np.searchsorted(every, stamps[known])
            held = np.zeros(every.size, np.bool_)
            held[place] = True
            twice += place.size - int(np.count_nonzero(held))
            column = np.full(every.size, np.nan)
            column[place[::-1]] = told[known][::-1]
            columns[f"{number}"] = column
        if twice:
            self._mended.append(Mended("values given twice for one time: the first kept", int(twice)))
        return every, columns

    def _tracks(self, asset: str, at_us: Stamps, columns: Columns) -> list[Track]:
        """The tracks that rows hold (several where columns name assets), in UTC, in order, each stamp once."""
        if at_us.size > 1 and np.count_nonzero(np.diff(at_us) < 0) * 2 > at_us.size:
            at_us = at_us[::-1]
            columns = {name: values[::-1] for name, values in columns.items()}
            self._mended.append(Mended("newest line first: turned round", at_us.size))
        at_us = at_us if self._mapping.long else self._utc(at_us)
        order: NDArray[np.int64] | slice = slice(None)
        steps = np.diff(at_us)
        if (steps < 0).any():
            if not self._zone_known and _clock_put_back(steps):
                at = np.datetime64(int(at_us[int(np.argmin(steps)) + 1]), "us").astype("M8[s]")
                what = f"the time steps back by an hour to {at}, as where clocks are put back: say zone under [time]"
                self._mended.append(Mended(what, 1))
            self._mended.append(Mended("lines out of order: sorted by time", int((steps < 0).sum())))
            order = np.argsort(at_us, kind="stable")
            at_us = at_us[order]
            steps = np.diff(at_us)
        again = np.concatenate(([False], steps == 0)) if at_us.size else np.zeros(0, np.bool_)
        found: dict[str, tuple[dict[str, Values], set[str]]] = {}
        joined = _Joined(again)
        for index, column in enumerate(self._mapping.column):
            if not column.unit and not column.is_state:
                continue  # in which unit, nobody knows: not judged
            raw = joined.column(columns[f"{index}"][order])
            _add(*found.setdefault(column.asset or asset or DEFAULT_ASSET, ({}, set())), column, raw)
        self._mended += joined.told()
        at_us = at_us[~again]
        words = {column.point: (column.off[0], column.on[0]) for column in self._mapping.column if column.is_state}
        return [
            Track(name, at_us, values, frozenset(unsigned), {point: words[point] for point in values if point in words})
            for name, (values, unsigned) in found.items()
        ]

    def _utc(self, at_us: Stamps) -> Stamps:
        if self._carried or not self._mapping.time.zone or not at_us.size:
            return at_us
        place, first, last = zones.zone(self._mapping.time.zone), int(at_us.min()), int(at_us.max())
        if self._changes is None or first < self._changes[0] or last > self._changes[1]:
            self._changes = (first, last, zones.changes(place, first, last))
        told = zones.to_utc(at_us, place, self._changes[2])
        if told.never >= 0:
            what = f"a time that never was in {self._mapping.time.zone}: the clock was put forward over it"
            stamp = np.datetime64(int(at_us[told.never]), "us")
            raise Refused(f"{what} ({stamp})", where=str(self._path), remedy="set the right zone under [time] in --map")
        if told.twice:
            self._mended.append(Mended("times in an hour that comes twice: placed by their order", told.twice))
        if told.unplaced:
            self._mended.append(
                Mended("of these, nobody can say which of the two hours: the first taken", told.unplaced)
            )
        return told.at_us

    # ------------------------------------------------------------------------------------------------------- refusals

    def _require_rows(self, rows: int, limit: int) -> None:
        if rows > limit:
            remedy = "cut it into parts, or leave columns out in --map"
            raise Refused(
                f"more than {limit:,} rows of {len(self._mapping.column)} columns", where=str(self._path), remedy=remedy
            )

    def _require_stamps(self, at_us: Stamps) -> None:
        bad = (at_us < config.STAMP_MIN_US) | (at_us > config.STAMP_MAX_US)
        bad &= at_us != HEAD_AGAIN
        if bad.any():
            self._refuse_stamp(int(np.argmax(bad)))

    def _require_rising(self, at_us: Stamps, rows: NDArray[np.int64]) -> None:
        """Refuse a count that begins anew: of what comes then, nobody named the start."""
        if self._mapping.time.form not in ELAPSED:
            return
        since = at_us[rows] - times.start_us(self._mapping)[0]
        anew = np.flatnonzero(since[1:] * BEGINS_ANEW < since[:-1])
        if anew.size and np.count_nonzero(np.diff(since) < 0) * 2 < since.size:
            where, cells_there = self._place(int(rows[anew[0] + 1]))
            number = self._origin.names.index(self._mapping.time.column)
            what = f"column {self._mapping.time.column!r}: the count begins anew with {cells_there[number][:40]!r}"
            raise Refused(what, where=where, remedy="cut the file there, and name the start of each part")

    def _require_numbers(self, values: NDArray[Any], column: Column, heads: NDArray[np.bool_]) -> None:
        bad = np.isinf(values) & ~heads
        if bad.any():
            self._refuse_number(int(np.argmax(bad)), column.name, column)

    def _refuse_stamp(self, row: int) -> None:
        where, cells_there = self._place(row)
        number = self._origin.names.index(self._mapping.time.column)
        shown = repr(cells_there[number][:40]) if number < len(cells_there) else "the cell"
        what = (
            f"column {self._mapping.time.column!r}: {shown} is not a time of the form {self._mapping.time.form.value!r}"
        )
        remedy = "mend the line, or set form under [time] in --map"
        if word := times.unsure_zone(cells_there[number]) if number < len(cells_there) else "":
            remedy = f"{word!r} may name several zones: export UTC, or the offset in digits, as in +05:30"
        raise Refused(what, where=where, remedy=remedy)

    def _refuse_number(self, row: int, name: str, column: Column) -> None:
        where, cells_there = self._place(row)
        number = self._origin.names.index(name)
        shown = repr(cells_there[number][:40]) if number < len(cells_there) else "the cell"
        wanted, keys = "a number", "decimal, thousands or missing"
        if column.is_state:
            wanted, keys = f"one of {', '.join((*column.off, *column.on))}", "on and off of the column, or missing"
        what = f"column {name!r}: {shown} is neither {wanted} nor a word for a missing value"
        raise Refused(what, where=where, remedy=f"mend the line; or set {keys} under [file] in --map")

    def _first(self, condition: str) -> int:
        """The first row (from 0) for which the SQL condition holds; -1 where none does."""
        scan = f"SELECT row_number() OVER () AS n, {condition} AS b FROM ({self._scan})"
        query = f"SELECT min(n) FROM ({scan}) WHERE b"
        found = self._engine.execute(query).fetchall()[0][0]
        return -1 if found is None else int(found) - 1

    def _place(self, row: int) -> tuple[str, list[str]]:
        """File and line of a row, and its cells."""
        if self._origin.table is None:
            found = self._engine.execute(f"{self._origin.shown} LIMIT 1 OFFSET {row}").fetchall()
            return f"{self._path}: row {row + 1}", [str(cell) for cell in found[0]] if found else []
        line, found_cells = text.row_at(self._plain, self._origin.table, row)
        return f"{self._path}:{line}", found_cells

    def _line(self, rows: NDArray[np.bool_]) -> int:
        return self._line_of(int(np.argmax(rows)))

    def _line_of(self, row: int) -> int:
        return row + 1 if self._origin.table is None else text.row_at(self._plain, self._origin.table, row)[0]

    def _distinct(self, cell: str, most: int, what: str) -> list[str]:
        scan = f"SELECT DISTINCT {cell}::VARCHAR AS d FROM ({self._scan}) WHERE {cell} IS NOT NULL"
        query = f"{scan} ORDER BY d LIMIT {most + 1}"
        found = [str(row[0]) for row in self._engine.execute(query).fetchall()]
        if len(found) > most:
            raise Refused(f"more than {most} {what}", where=str(self._path), remedy="cut the file into parts")
        return found


class _Joined:
    """Rows of one time as one row, each column with its first value; `again` (N,) tells the rows after the first."""

    def __init__(self, again: NDArray[np.bool_]) -> None:
        self._again = again
        self._any = bool(again.any())
        self._group = np.cumsum(~again) - 1 if self._any else np.zeros(0, np.int64)
        self._differ = np.zeros(again.size if self._any else 0, np.bool_)
        self._adds = self._differ.copy()

    def column(self, raw: Values) -> Values:
        """A column with one value a time."""
        if not self._any:
            return raw
        here = np.flatnonzero(~np.isnan(raw))[::-1]
        first = np.full(int(self._group[-1]) + 1, -1)
        first[self._group[here]] = here  # the earliest of a time is written last, and stays
        self._adds[first[first >= 0]] = True
        kept = np.where(first >= 0, raw[first], np.nan)
        self._differ[here] |= raw[here] != kept[self._group[here]]
        return kept

    def told(self) -> list[Mended]:
        """How many rows were left out, completed others, or said something else."""
        if not self._any:
            return []
        adds = self._adds & self._again
        counts = (
            (MENDED_SAME, self._again & ~adds & ~self._differ),
            (MENDED_JOINED, adds & ~self._differ),
            (MENDED_DIFFER, self._again & self._differ),
        )
        return [Mended(what, int(np.count_nonzero(rows))) for what, rows in counts if rows.any()]


def _clock_put_back(steps: Stamps) -> bool:
    """Does the greatest step back, with the usual step that it takes the place of, make an hour?"""
    usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
    return 0 < usual < HOUR_US / 4 and abs(usual - float(steps.min()) - HOUR_US) <= usual


def _marked(stamp: str, head: str) -> str:
    """SQL of a stamp, with marks for a line of the head and for a time that is not understood."""
    return f"CASE WHEN NOT u AND coalesce({head}, FALSE) THEN {HEAD_AGAIN} ELSE coalesce({stamp}, {NO_STAMP}) END"


def _add(values: dict[str, Values], unsigned: set[str], column: Column, raw: Values) -> None:
    """Bring a column to its canonical unit and sign; a pair of charge and discharge columns is one point."""
    if column.is_state:
        values[column.point] = np.ascontiguousarray(raw)
        return
    scale = unit(column.unit)
    assert scale is not None
    factor = -scale.factor if column.positive is Positive.CHARGE else scale.factor
    found = raw if factor == 1.0 and not scale.offset else raw * factor + scale.offset
    values[column.point] = values[column.point] + found if column.point in values else np.ascontiguousarray(found)
    if column.positive is Positive.UNKNOWN:
        unsigned.add(column.point)


def _summed(mended: list[Mended]) -> tuple[Mended, ...]:
    """Like with like, over all assets."""
    counts: dict[str, Mended] = {}
    for each in mended:
        before = counts.get(each.what)
        counts[each.what] = Mended(
            each.what, each.count + (before.count if before else 0), before.line if before else each.line
        )
    return tuple(counts.values())
