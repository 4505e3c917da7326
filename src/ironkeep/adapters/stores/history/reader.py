"""Reading the history from any process, while the engine writes.

Rules. 1. The catalogue is read first, then the logs that it does not call sealed; so a frame is met once, wherever it
lies. 2. Buckets of whole minutes come from the rollups, but for the pieces of a minute at both ends of the span,
which come from samples; narrower buckets come from samples; where samples have expired, rollups stand in. 3. A value
with a disqualifying quality never enters a figure. 4. Nothing here locks or waits for the writer: files are replaced
whole, and what is replaced stays for a while. A file that is gone after all means that the catalogue is newer: then
the reading starts over.
"""

import threading
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ironkeep.adapters.stores.history import catalogue as cat
from ironkeep.adapters.stores.history import config
from ironkeep.adapters.stores.history.buckets import Grid, Sum, grid
from ironkeep.adapters.stores.history.door import Connection, Trouble, connect, quoted
from ironkeep.adapters.stores.history.log import log_name, logs
from ironkeep.adapters.stores.history.minutes import MINUTE_US, UNUSABLE
from ironkeep.adapters.stores.history.parquet import QUALITY_SUFFIX, columns
from ironkeep.adapters.stores.history.tape import Tape
from ironkeep.model.errors import Refused, Unavailable
from ironkeep.model.frame import FrameLayout
from ironkeep.model.ids import AssetId, PointName
from ironkeep.model.point import PointSpec
from ironkeep.model.quality import ABSENT_INTEGER
from ironkeep.ports.history import Trend

BUCKETS_MAX: Final = 100_000
TRIES_MAX: Final = 3  # readings started over because files were replaced meanwhile

# One row of a layout is asked for as a range: an equality would also be looked up in Bloom filters, which say nothing
# that could be checked against the rows, and one emptied on purpose hides them all.
_SAMPLES_SQL: Final = """
SELECT (t - ?) // ? AS b, min(v) FILTER (good), sum(v) FILTER (good), max(v) FILTER (good),
       count(*) FILTER (good), bit_or(q)
FROM (SELECT _collected_us AS t, CAST({value} AS DOUBLE) AS v, CAST({quality} AS USMALLINT) AS q,
             {value} IS NOT NULL AND {present} AND ({quality} & {unusable}) = 0 AS good
      FROM read_parquet(?) WHERE _row >= ? AND _row < ? AND _collected_us >= ? AND _collected_us < ?)
GROUP BY b"""
# Plain columns, put together here: grouping in SQL and filtering by time there took twice as long over thirty days.
_MINUTES_SQL: Final = """
SELECT CAST(_minute_us AS BIGINT), CAST(low AS DOUBLE), CAST(mean AS DOUBLE), CAST(high AS DOUBLE),
       CAST("count" AS BIGINT), CAST(quality AS USMALLINT)
FROM read_parquet(?) WHERE _signal >= ? AND _signal < ?"""


class ParquetReader:
    """Port: HistoryReader. May be used by several threads."""

    def __init__(self, directory: Path) -> None:
        self._folder = directory.resolve()
        self._lock = threading.Lock()
        self._engine: Connection = connect(self._folder, config.READER_MEMORY, config.READER_THREADS)
        self._mark: tuple[int, int] | None = None
        self._book = cat.Catalogue()
        self._tapes: dict[int, Tape] = {}
        self._layouts: dict[str, FrameLayout] = {}

    def points(self, asset: AssetId) -> tuple[PointName, ...]:
        """Port: HistoryReader.points."""
        with self._lock:
            self._refresh()
            found: dict[PointName, None] = {}
            for layout in self._known():
                if asset in layout.row_index:
                    found.update(dict.fromkeys(spec.name for spec in (*layout.analog, *layout.integer)))
            return tuple(found)

    def trend(self, asset: AssetId, point: PointName, first_us: int, last_us: int, buckets: int) -> Trend:
        """Port: HistoryReader.trend."""
        if not 1 <= buckets <= BUCKETS_MAX:
            raise Refused(f"{buckets} buckets", where="trend", remedy=f"ask for 1 to {BUCKETS_MAX}")
        if not first_us < last_us:
            raise Refused("the span ends before it begins", where="trend", remedy="give a first time before the last")
        over = grid(first_us, last_us, buckets)
        for attempt in range(TRIES_MAX):
            try:
                with self._lock:
                    return self._trend(asset, point, over)
            except (Trouble, FileNotFoundError) as exc:
                self._mark = None
                if attempt == TRIES_MAX - 1:
                    raise Unavailable(
                        f"the history cannot be read: {exc}",
                        where=str(self._folder),
                        remedy="run `ironkeep verify --segments`",
                    ) from exc
        raise AssertionError("unreachable")

    def _trend(self, asset: AssetId, point: PointName, over: Grid) -> Trend:
        self._refresh()
        spec = self._spec(asset, point)
        figures = Sum(over)
        stretches = [
            each for each in self._book.stretches if each.last_us >= over.origin_us and each.first_us < over.last_us
        ]
        for digest in dict.fromkeys(each.layout for each in stretches):
            layout = self._layout(digest)
            row, column = layout.row_index.get(asset), _column(layout, point)
            if row is not None and column is not None:
                self._sealed(figures, layout, row, column, [each for each in stretches if each.layout == digest])
        for tape in self._tapes.values():
            for reel in tape.reels.values():
                row, column = reel.layout.row_index.get(asset), _column(reel.layout, point)
                if row is not None and column is not None and reel.bodies:
                    figures.add_samples(*tape.signal(reel, row, column))
        low, mean, high = figures.figures()
        at_us = over.origin_us + np.arange(over.many, dtype=np.int64) * over.width_us
        return Trend(asset, point, spec.unit, at_us, low, mean, high, figures.count, figures.quality)

    def _sealed(
        self, figures: Sum, layout: FrameLayout, row: int, column: int, stretches: Sequence[cat.Stretch]
    ) -> None:
        """Take up what sealed files of one layout hold."""
        over = figures.grid
        spans: dict[tuple[str, int, int], list[Path]] = defaultdict(list)
        inner = (-(-over.first_us // MINUTE_US) * MINUTE_US, over.last_us // MINUTE_US * MINUTE_US)
        for each in stretches:
            raw = _holding(cat.raw_files(self._folder, each.file, len(each.raw)), each.raw, row)
            rolled = _holding(cat.minute_files(self._folder, each.file, len(each.minutes)), each.minutes, row)
            if not raw:  # samples have expired: rollups stand in, in full
                spans[cat.MINUTES, over.first_us - over.first_us % MINUTE_US, over.last_us] += rolled
            elif not over.coarse or not rolled or inner[0] >= inner[1]:
                spans[cat.RAW, over.first_us, over.last_us] += raw
            else:
                spans[cat.MINUTES, *inner] += rolled
                for first, last in ((over.first_us, inner[0]), (inner[1], over.last_us)):
                    if first < last and each.first_us < last and each.last_us >= first:
                        spans[cat.RAW, first, last] += raw
        for (tier, first, last), paths in spans.items():
            if paths and tier == cat.RAW:
                self._ask_samples(figures, layout, row, column, (first, last), paths)
            elif paths:
                signal = row * (len(layout.analog) + len(layout.integer)) + column
                self._ask_minutes(figures, signal, (first, last), paths)

    def _ask_samples(
        self, figures: Sum, layout: FrameLayout, row: int, column: int, span: tuple[int, int], paths: list[Path]
    ) -> None:
        """Take up the samples of a span, grouped by the engine: there may be millions."""
        name, over = columns(layout)[column], figures.grid
        value = quoted(name)
        absent = f"{value} <> {ABSENT_INTEGER}" if column >= len(layout.analog) else f"NOT isnan({value})"
        sql = _SAMPLES_SQL.format(value=value, quality=quoted(name + QUALITY_SUFFIX), present=absent, unusable=UNUSABLE)
        found = self._ask(sql, [over.origin_us, over.width_us, [str(path) for path in paths], row, row + 1, *span])
        bucket, low, total, high, count, quality = found
        figures.add(bucket.astype(np.int64), low, total, high, count.astype(np.int64), quality.astype(np.uint16))

    def _ask_minutes(self, figures: Sum, signal: int, span: tuple[int, int], paths: list[Path]) -> None:
        """Take up the rollups of a span. The first minute may begin before the first bucket: it belongs to that."""
        found = self._ask(_MINUTES_SQL, [[str(path) for path in paths], signal, signal + 1])
        at_us = found[0].astype(np.int64)
        inside = (at_us >= span[0]) & (at_us < span[1])
        at_us, (low, mean, high, count, quality) = at_us[inside], (column[inside] for column in found[1:])
        bucket = np.maximum((at_us - figures.grid.origin_us) // figures.grid.width_us, 0)
        figures.add(bucket, low, mean * count, high, count.astype(np.int64), quality.astype(np.uint16))

    def _ask(self, sql: str, values: list[object]) -> list[NDArray[np.float64]]:
        """The columns of the answer as f8, NULL as NaN. Times and counts are below 2^53 and stay exact."""
        return [_plain(column) for column in self._engine.execute(sql, values).fetchnumpy().values()]

    def _spec(self, asset: AssetId, point: PointName) -> PointSpec:
        """What is known of a point of an asset, newest first. Raises Refused when it was never recorded."""
        seen = False
        for layout in self._known():
            if asset in layout.row_index:
                seen = True
                column = _column(layout, point)
                if column is not None:
                    return (*layout.analog, *layout.integer)[column]
        what = f"{asset} has no recorded point {point!r}" if seen else f"nothing was ever recorded of asset {asset!r}"
        raise Refused(
            what, where="trend", remedy="look at the points of the asset" if seen else "look at the list of assets"
        )

    def _known(self) -> Iterable[FrameLayout]:
        """Every layout of the history, newest first."""
        for tape in reversed(self._tapes.values()):
            yield from (reel.layout for reel in tape.reels.values())
        for digest in dict.fromkeys(each.layout for each in reversed(self._book.stretches)):
            yield self._layout(digest)

    def _layout(self, digest: str) -> FrameLayout:
        if digest not in self._layouts:
            self._layouts[digest] = cat.load_layout(self._folder, digest)
        return self._layouts[digest]

    def _refresh(self) -> None:
        """Take up the newest catalogue, then what the logs hold beyond it."""
        try:
            stat = (self._folder / cat.NAME).stat()
        except FileNotFoundError:
            pass
        else:
            mark = (stat.st_ino, stat.st_mtime_ns)
            if mark != self._mark:
                self._book, self._mark = cat.load(self._folder), mark
        present = [number for number in logs(self._folder / cat.HOT) if number > self._book.newest_log]
        for number in [n for n in self._tapes if n not in present]:
            del self._tapes[number]
        for number in present:
            path = self._folder / cat.HOT / log_name(number)
            if number not in self._tapes:
                self._tapes[number] = Tape(path, lambda digest: cat.kept_layout(self._folder, digest))
            self._tapes[number].follow(closed=number != present[-1])


def _column(layout: FrameLayout, point: PointName) -> int | None:
    """The column of a point, analog first; None when the layout has no such point."""
    if (column := layout.analog_index.get(point)) is not None:
        return column
    if (column := layout.integer_index.get(point)) is not None:
        return len(layout.analog) + column
    return None


def _holding(paths: list[Path], parts: Sequence[cat.Part], row: int) -> list[Path]:
    """The files whose assets include that row."""
    return [path for path, part in zip(paths, parts, strict=True) if part.first <= row < part.last]


def _plain(column: NDArray[np.generic]) -> NDArray[np.float64]:
    """A column of figures as f8, NULL as NaN."""
    if isinstance(column, np.ma.MaskedArray):
        return np.where(np.ma.getmaskarray(column), np.nan, np.ma.getdata(column).astype(np.float64))
    return np.asarray(column, np.float64)
