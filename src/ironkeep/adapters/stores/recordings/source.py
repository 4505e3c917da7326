# ruff: noqa: S608 - SQL is put together from numbered columns, quoted names and escaped texts alone
"""What a recording is read from, as SQL: a table of a text file, or a Parquet file, with the kind of each column."""

from dataclasses import dataclass
from pathlib import Path

from ironkeep.adapters.stores.recordings import config, text
from ironkeep.adapters.stores.recordings.door import Connection, literal, quoted, texts
from ironkeep.codecs.cellwords import MISSING_MARKS, MISSING_USUAL
from ironkeep.model.errors import Refused
from ironkeep.model.recording import Mapping

PARQUET_MARK = b"PAR1"
_NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")


@dataclass(frozen=True, slots=True)
class Source:
    """`scan` selects the columns c0, c1, ... whose SQL types are `kinds`; `table` is None for Parquet."""

    scan: str
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    table: text.Table | None = None
    nested: tuple[str, ...] = ()  # columns that are left out: lists, structs and the like

    @property
    def shown(self) -> str:
        """The scan with every cell as text."""
        cells = ", ".join(f"c{number}::VARCHAR AS c{number}" for number in range(len(self.names)))
        return f"SELECT {cells} FROM ({self.scan})"

    def cell(self, name: str) -> tuple[str, str]:
        """SQL name and kind of a column. Raises Refused, naming what is there, when there is no such column."""
        if name not in self.names:
            there = ", ".join(repr(each) for each in self.names[:12])
            raise Refused(f"no column {name!r}", where="the mapping", remedy=f"there are {there}")
        number = self.names.index(name)
        return f"c{number}", self.kinds[number]


def of_text(path: Path, table: text.Table, mapping: Mapping | None = None) -> Source:
    """The source of a text file whose table is known. With a mapping its numbers are read as such at once: quicker, and
    the scan fails where a cell of one is neither a number nor a usual word for a missing value. The others are left to
    the reading cell by cell: the engine holds every cell against every word, which cost a fifth of an analysis.
    """
    columns_of = mapping.column if mapping else ()
    numbers = {column.name for column in columns_of if not column.is_state}
    states = {word for column in columns_of for word in (*column.off, *column.on)}
    kinds = tuple("DOUBLE" if name in numbers else "VARCHAR" for name in table.names)
    columns = ", ".join(f"'c{number}': '{kind}'" for number, kind in enumerate(kinds))
    absent = {written for word in (*MISSING_USUAL, *table.file.missing) for written in _written(word)}
    if mapping and mapping.quality:  # words that say how good a value is are to be counted by what they say
        absent = {written for word in (*MISSING_MARKS, *table.file.missing) for written in _written(word)}
    absent -= {written for word in states for written in _written(word)}
    quick = f", nullstr=[{texts(sorted(absent))}], decimal_separator='{mapping.file.decimal}'" if mapping else ""
    scan = (
        f"SELECT * FROM read_csv({literal(str(path))}, delim={literal(table.file.separator)}, quote='\"', escape='\"', "
        f"header=false, skip={table.body_line}, auto_detect=false, columns={{{columns}}}, strict_mode=true, "
        f"max_line_size={config.LINE_BYTES_MAX}{quick})"
    )
    return Source(scan, table.names, kinds, table)


def _written(word: str) -> tuple[str, ...]:
    return word, word.lower(), word.upper(), word.capitalize()


def of_parquet(engine: Connection, path: Path) -> Source:
    """The source of a Parquet file; columns of kinds that hold no one number, text or time are left out."""
    here = f"read_parquet({literal(str(path))})"
    root = f"SELECT num_children FROM parquet_schema({literal(str(path))}) LIMIT 1"  # to describe them all costs more
    columns = int((engine.execute(root).fetchone() or (0,))[0] or 0)
    if columns > config.COLUMNS_MAX:
        raise Refused(f"{columns} columns; the limit is {config.COLUMNS_MAX}", where=str(path))
    described = engine.execute(f"DESCRIBE SELECT * FROM {here}").fetchall()
    usable = [(str(row[0]), str(row[1])) for row in described if readable(str(row[1]))]
    if not usable:
        raise Refused("no column holds numbers, text or times", where=str(path), remedy="flatten it before")
    chosen = ", ".join(f"{quoted(name)} AS c{number}" for number, (name, _) in enumerate(usable))
    nested = tuple(str(row[0]) for row in described if not readable(str(row[1])))
    scan = f"SELECT {chosen} FROM {here}"
    return Source(scan, tuple(name for name, _ in usable), tuple(kind for _, kind in usable), nested=nested)


def readable(kind: str) -> bool:
    """Can a column of that SQL kind be read?"""
    plain = (*_NUMERIC, "FLOAT", "DOUBLE", "VARCHAR", "DATE", "BOOLEAN")
    return kind in plain or (kind.startswith(("DECIMAL(", "TIMESTAMP")) and not kind.endswith("]"))
