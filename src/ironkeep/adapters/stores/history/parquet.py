"""Blocks and minutes as Parquet files, readable by any tool.

Samples: one row a sample of an asset, sorted by asset, segment, frame; columns `_segment`, `_asset`, `_row`, `_frame`,
`_at_us`, `_collected_us`, `_polls`, then one column a point and, after all points, one `<point>.q` with its quality
bits. Minutes: one row a minute of a signal, sorted by asset, point, segment; columns `_segment`, `_asset`, `_point`,
`_signal`, `_minute_us`, `low`, `mean`, `high`, `count`, `quality`. `_row` (of the layout) and `_signal` (row x points +
column) say the same as the names, and row groups are passed over by them: of texts DuckDB compares the first 8 bytes
alone. Order in the file is for speed; what the digests speak of is sorted on reading.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ironkeep.adapters.stores.history import config
from ironkeep.adapters.stores.history.door import Connection, Trouble, quoted
from ironkeep.adapters.stores.history.durable import finish, make_folder, unfinished
from ironkeep.codecs.chunks import Block, Minutes, canonical
from ironkeep.model.errors import Unavailable, Untrusted
from ironkeep.model.frame import FrameLayout
from ironkeep.model.ids import AssetId
from ironkeep.model.quality import ABSENT_INTEGER

QUALITY_SUFFIX: Final = ".q"
STRANGER: Final = -1  # index of a segment, asset or point that the caller did not name
_KEYS: Final = ("_frame", "_at_us", "_collected_us", "_polls")

Column = NDArray[np.generic]


def columns(layout: FrameLayout) -> list[str]:
    """The Parquet column of each point, analog first. Names that differ in case alone get `~` and their place, for
    Parquet readers fold case.
    """
    seen: set[str] = set()
    found = []
    for i, spec in enumerate((*layout.analog, *layout.integer)):
        name = spec.name if spec.name.lower() not in seen else f"{spec.name}~{i}"
        seen.add(name.lower())
        found.append(name)
    return found


def write_samples(engine: Connection, path: Path, layout: FrameLayout, held: Sequence[tuple[str, Block]]) -> int:
    """Write segments' blocks of the same assets as one file, durably; returns its size in bytes."""
    blocks = [block for _, block in held]
    asset = np.concatenate([np.repeat(np.arange(b.first, b.last, dtype=np.uint32), np.diff(b.bounds)) for b in blocks])
    segment = np.repeat(np.arange(len(held), dtype=np.uint32), [b.samples for b in blocks])
    order = np.lexsort((segment, asset)) if len(held) > 1 else slice(None)  # stable: frames stay in their order

    def joined(parts: Iterable[Column]) -> Column:
        return np.concatenate(list(parts))[order]

    table: dict[str, Column] = {"_segment": segment[order], "_asset": asset[order], "_row": asset[order]}
    for key in _KEYS:
        table[key] = joined(getattr(b, key[1:]) for b in blocks)
    names = columns(layout)
    split = len(layout.analog)
    for c, name in enumerate(names):
        values = joined(b.analog[c] if c < split else b.integer[c - split] for b in blocks)
        table[name] = canonical(values.astype(np.float32, copy=False)) if c < split else values
    for c, name in enumerate(names):
        table[name + QUALITY_SUFFIX] = joined(b.quality[c] for b in blocks)
    group = min(max(config.CELLS_A_ROW_GROUP // len(table), config.ROWS_A_ROW_GROUP_MIN), config.ROWS_A_ROW_GROUP_MAX)
    return _copy(engine, path, table, {"_segment": [name for name, _ in held], "_asset": list(layout.assets)}, group)


def read_samples(
    engine: Connection,
    paths: Sequence[Path],
    layout: FrameLayout,
    segments: Sequence[str],
    first: int,
    last: int,
    *,
    prune: bool = True,
) -> tuple[list[Block], int]:
    """The blocks of the segments named, assets first to last (excluded), and how many rows belong to none of them.

    Rows of assets outside the range are left out silently when they are the layout's; with `prune`, so are strange rows
    that lie among them. Raises Untrusted when a file is no such Parquet file or lacks a column, without `prune` also
    when it says of its rows what would hide them from a trend.
    """
    if not prune:
        _require_honest(engine, paths, ("_row", "_collected_us"))
    names = columns(layout)
    values = [f"CAST({quoted(n)} AS {'FLOAT' if i < len(layout.analog) else 'BIGINT'})" for i, n in enumerate(names)]
    quality = [f"CAST({quoted(n + QUALITY_SUFFIX)} AS USMALLINT)" for n in names]
    keys = ["CAST(_frame AS UINTEGER)", *(f"CAST({key} AS BIGINT)" for key in _KEYS[1:])]
    _kinds(engine, {"_segment": segments, "_asset": layout.assets})
    found = _fetch(
        engine,
        [_code("_segment"), _code("_asset"), "CAST(_row AS BIGINT)", *keys, *values, *quality],
        paths,
        *(_range("_row", first, last) if prune else ("", [])),
    )
    segment, asset, row = (column.astype(np.int64) for column in found[:3])
    strange = (segment == STRANGER) | (asset == STRANGER) | (asset != row)
    keep = ~strange & (asset >= first) & (asset < last)
    order = np.flatnonzero(keep)
    order = order[np.lexsort((found[3][order], asset[order], segment[order]))]
    ends = np.searchsorted(segment[order], np.arange(len(segments) + 1))
    blocks = [_block(layout, first, last, asset, found[3:], order[ends[i] : ends[i + 1]]) for i in range(len(segments))]
    return blocks, int(strange.sum())


def _block(
    layout: FrameLayout,
    first: int,
    last: int,
    asset: NDArray[np.int64],
    found: Sequence[Column],
    rows: NDArray[np.int64],
) -> Block:
    bounds = np.searchsorted(asset[rows], np.arange(first, last + 1))
    n_analog, n_integer = len(layout.analog), len(layout.integer)

    def stack(start: int, many: int, kind: type[np.generic]) -> Any:
        out = np.empty((many, len(rows)), kind)
        for i in range(many):
            out[i] = found[start + i][rows]
        return out

    return Block(
        layout=layout,
        first=first,
        last=last,
        bounds=bounds.astype(np.int64),
        frame=found[0][rows].astype(np.uint32),
        at_us=found[1][rows].astype(np.int64),
        collected_us=found[2][rows].astype(np.int64),
        polls=found[3][rows].astype(np.int64),
        analog=stack(4, n_analog, np.float32),
        integer=stack(4 + n_analog, n_integer, np.int64),
        quality=stack(4 + n_analog + n_integer, n_analog + n_integer, np.uint16),
    )


def write_minutes(engine: Connection, path: Path, layout: FrameLayout, held: Sequence[tuple[str, Minutes]]) -> int:
    """Write segments' minutes of the same assets as one file, durably; returns its size in bytes."""
    parts = [minutes for _, minutes in held]
    segment = np.repeat(np.arange(len(held), dtype=np.uint32), [len(m.asset) for m in parts])
    asset, point = (np.concatenate([getattr(m, key) for m in parts]) for key in ("asset", "point"))
    order = np.lexsort((segment, point, asset)) if len(held) > 1 else slice(None)
    signal = asset * np.uint32(len(_points(layout))) + point
    table: dict[str, Column] = {
        "_segment": segment[order],
        "_asset": asset[order],
        "_point": point[order],
        "_signal": signal[order],
    }
    for key, name in (("minute_us", "_minute_us"), *((k, k) for k in ("low", "mean", "high", "count", "quality"))):
        table[name] = np.concatenate([getattr(m, key) for m in parts])[order]
    names: dict[str, Sequence[str]] = {
        "_segment": [name for name, _ in held],
        "_asset": layout.assets,
        "_point": _points(layout),
    }
    return _copy(engine, path, table, names, config.MINUTES_A_ROW_GROUP)


def read_minutes(
    engine: Connection, paths: Sequence[Path], layout: FrameLayout, segments: Sequence[str], first: int, last: int
) -> tuple[list[Minutes], int]:
    """The minutes of the segments named, assets first to last (excluded), and how many rows belong to none of them.
    Raises Untrusted as `read_samples` without `prune`.
    """
    _require_honest(engine, paths, ("_signal",))
    _kinds(engine, {"_segment": segments, "_asset": layout.assets, "_point": _points(layout)})
    wanted = [
        *(_code(key) for key in ("_segment", "_asset", "_point")),
        "CAST(_signal AS BIGINT)",
        "CAST(_minute_us AS BIGINT)",
        *(f"CAST({key} AS DOUBLE)" for key in ("low", "mean", "high")),
        "CAST(count AS UINTEGER)",
        "CAST(quality AS USMALLINT)",
    ]
    points = len(_points(layout))
    found = _fetch(engine, wanted, paths, *_range("_signal", first * points, last * points))
    codes = [column.astype(np.int64) for column in found[:4]]
    strange = (codes[0] == STRANGER) | (codes[1] == STRANGER) | (codes[2] == STRANGER)
    strange |= codes[3] != codes[1] * points + codes[2]
    order = np.flatnonzero(~strange & (codes[1] >= first) & (codes[1] < last))
    order = order[
        np.lexsort((codes[2][order], codes[1][order], codes[0][order]))
    ]  # stable: recorded order of one signal
    ends = np.searchsorted(codes[0][order], np.arange(len(segments) + 1))
    minutes = []
    for i in range(len(segments)):
        rows = order[ends[i] : ends[i + 1]]
        minutes.append(
            Minutes(
                asset=codes[1][rows].astype(np.uint32),
                point=codes[2][rows].astype(np.uint32),
                minute_us=found[4][rows].astype(np.int64),
                low=found[5][rows].astype(np.float64),
                mean=found[6][rows].astype(np.float64),
                high=found[7][rows].astype(np.float64),
                count=found[8][rows].astype(np.uint32),
                quality=found[9][rows].astype(np.uint16),
            )
        )
    return minutes, int(strange.sum())


def _range(key: str, first: int, last: int) -> tuple[str, list[int]]:
    """A WHERE clause by which row groups are passed over, and its values; the exact choice is made on the arrays."""
    return f"WHERE {key} >= ? AND {key} < ?", [first, last]


def _require_honest(engine: Connection, paths: Sequence[Path], keys: Sequence[str]) -> None:
    """Raise Untrusted where a row group does not hold the lowest and highest of the keys that it says it holds: by what
    it says, not by what it holds, rows are passed over.
    """
    for path in paths:
        try:
            stated = engine.execute(
                "SELECT path_in_schema, row_group_num_rows, [stats_min, stats_min_value], [stats_max, stats_max_value] "
                "FROM parquet_metadata(?) ORDER BY row_group_id",
                [str(path)],
            ).fetchall()
            held = engine.execute(
                f"SELECT {', '.join(keys)} FROM read_parquet(?)",  # noqa: S608 - our own keys
                [str(path)],
            ).fetchnumpy()
        except Trouble as exc:
            raise Untrusted(f"not a readable segment: {exc}", where=path.name) from exc
        for key in keys:
            start = 0
            for many, lows, highs in (row[1:] for row in stated if row[0] == key and row[1]):
                values, start = held[key][start : start + many], start + many
                if not ({*lows} <= {None, str(values.min())} and {*highs} <= {None, str(values.max())}):
                    raise Untrusted(f"says of {key[1:]} what it does not hold, and hides rows by it", where=path.name)


def segments_in(engine: Connection, paths: Sequence[Path]) -> tuple[str, ...]:
    """The segments that files hold rows of, sorted."""
    try:
        rows = engine.execute(
            "SELECT DISTINCT _segment FROM read_parquet(?) ORDER BY 1", [[str(path) for path in paths]]
        ).fetchall()
    except Trouble as exc:
        raise Untrusted(f"not a segment: {exc}", where=", ".join(path.name for path in paths)) from exc
    return tuple(str(row[0]) for row in rows)


def asset_span(engine: Connection, path: Path, layout: FrameLayout) -> tuple[int, int]:
    """The first row of the layout that a file has samples of, and one past the last; (0, 0) when it has none."""
    try:
        rows = engine.execute("SELECT DISTINCT _asset FROM read_parquet(?)", [str(path)]).fetchall()
    except Trouble as exc:
        raise Untrusted(f"not a segment: {exc}", where=path.name) from exc
    found = [layout.row_index[AssetId(row[0])] for row in rows if row[0] in layout.row_index]
    return (min(found), max(found) + 1) if found else (0, 0)


def _points(layout: FrameLayout) -> list[str]:
    return [spec.name for spec in (*layout.analog, *layout.integer)]


def _copy(
    engine: Connection, path: Path, table: dict[str, Column], names: dict[str, Sequence[str]], rows_a_group: int
) -> int:
    """Write a table of arrays as Parquet, the columns in `names` being indices into their names."""
    make_folder(path.parent)
    for key, texts in names.items():
        engine.execute(f"CREATE OR REPLACE TEMP TABLE name{key} (i INTEGER, v VARCHAR)")
        engine.execute(
            f"INSERT INTO name{key} SELECT unnest(range(len($1::VARCHAR[]))), unnest($1::VARCHAR[])",
            [list(texts)],
        )
    picked = [
        f"(SELECT list(v ORDER BY i) FROM name{key})[1 + CAST({key} AS BIGINT)] AS {key}"  # noqa: S608 - our own keys
        if key in names
        else quoted(key)
        for key in table
    ]
    beside = str(unfinished(path)).replace("'", "''")
    engine.register("held", table)
    try:
        engine.execute(
            f"COPY (SELECT {', '.join(picked)} FROM held) TO '{beside}' "  # noqa: S608 - quoted names
            f"(FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v2, ROW_GROUP_SIZE {rows_a_group})"
        )
    except Trouble as exc:
        unfinished(path).unlink(missing_ok=True)
        raise Unavailable(f"the segment cannot be written: {exc}", where=str(path), remedy="look at the disk") from exc
    finally:
        engine.unregister("held")
    return finish(path)


def _kinds(engine: Connection, names: dict[str, Sequence[str]]) -> None:
    """Teach the engine the names as enums, so that text columns come back as small integers."""
    for key, texts in names.items():
        listed = ", ".join("'" + text.replace("'", "''") + "'" for text in texts)
        engine.execute(f"DROP TYPE IF EXISTS kind{key}")
        engine.execute(f"CREATE TYPE kind{key} AS ENUM ({listed})")


def _code(key: str) -> str:
    return f"CAST(coalesce(enum_code(TRY_CAST(CAST({key} AS VARCHAR) AS kind{key})), {STRANGER}) AS INTEGER)"


def _fetch(
    engine: Connection, wanted: Sequence[str], paths: Sequence[Path], where: str, limits: Sequence[int]
) -> list[Column]:
    """The columns wanted of all files, as arrays. An SQL NULL is an absent value."""
    listed = ", ".join(f"{text} AS c{i}" for i, text in enumerate(wanted))
    try:
        found = engine.execute(
            f"SELECT {listed} FROM read_parquet(?) {where}",  # noqa: S608 - quoted names, values bound
            [[str(path) for path in paths], *limits],
        ).fetchnumpy()
    except Trouble as exc:
        raise Untrusted(f"not a readable segment: {exc}", where=", ".join(path.name for path in paths)) from exc
    return [_filled(found[f"c{i}"]) for i in range(len(wanted))]


def _filled(column: Column) -> Column:
    if not isinstance(column, np.ma.MaskedArray):
        return column
    fill: Any = np.nan if column.dtype.kind == "f" else ABSENT_INTEGER if column.dtype == np.int64 else 0
    return np.asarray(column.filled(fill))
