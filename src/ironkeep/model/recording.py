"""A recording: telemetry that somebody else logged, as a file, and what it must be read by.

A *mapping* says which column is which point of which asset, in which unit, with which sign, in which time zone. It is
told by a person or guessed from the file; a guess says how sure it is and why, and stays a guess in everything that is
computed from it. Whatever a mapping leaves open is not judged. Values are in canonical units, current and power
positive on discharge, NaN where absent.
"""

from collections.abc import Mapping as Table
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
import numpy as np
from numpy.typing import NDArray

Stamps = NDArray[np.int64]
Values = NDArray[np.float64]


INFLUX_CSV = "influx csv"
"""The format of InfluxDB's annotated CSV."""
INFLUX_LINES = "influx lines"
"""The format of InfluxDB's line protocol."""
FORMATS = ("csv", "parquet", INFLUX_CSV, INFLUX_LINES)


class TimeForm(StrEnum):
    """How a time is written."""

    ISO = "iso"  # 2026-03-01T12:00:00, with or without a zone; also with a space
    DMY = "d/m/y"  # 31/03/2026 12:00, any of / . - between
    MDY = "m/d/y"
    YMD = "y/m/d"  # 26/03/31 12:00: the year in two digits before the month
    EPOCH_S = "epoch s"
    EPOCH_MS = "epoch ms"
    EPOCH_US = "epoch us"
    EPOCH_NS = "epoch ns"
    NAMED = "month name"  # 31-Mar-2026 12:00, March 31, 2026 12:00 PM
    EXCEL = "excel days"  # 45292.5: days as Excel counts them from 1900
    EXCEL_1904 = "excel 1904 days"  # the same from 1904, as old Macintosh workbooks count
    ELAPSED_MS = "elapsed ms"  # a count from a start that the mapping has to name
    ELAPSED_S = "elapsed s"
    ELAPSED_MIN = "elapsed min"
    ELAPSED_H = "elapsed h"
    ELAPSED_HMS = "elapsed h:m:s"  # 100:05:30 since the start
    OPEN = "?"  # day and month cannot be told apart: nothing is read until a person says


ELAPSED = (
    TimeForm.ELAPSED_MS,
    TimeForm.ELAPSED_S,
    TimeForm.ELAPSED_MIN,
    TimeForm.ELAPSED_H,
    TimeForm.ELAPSED_HMS,
)
"""Forms that count from a start."""


class Positive(StrEnum):
    """What a positive current or power means in the file."""

    DISCHARGE = "discharge"
    CHARGE = "charge"
    UNKNOWN = "unknown"


class Sure(StrEnum):
    """How sure a guess is."""

    TOLD = "told"  # the file itself or a mapping says it
    LIKELY = "likely"  # the values fit this and nothing else that we know
    UNCLEAR = "unclear"  # taken because something must be, or left open


class FileWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the bytes become cells. `header_line` counts from 1. `sentinels` are numbers that mean "no value";
    `missing` are words that do. `ignored` columns are left out on purpose. `group_line` is the line of a second head
    above the names, `unit_line` that of a line of units below them; 0 where there is none. `units_in_cells`: cells may
    end with a unit, as in 53.2 V.
    """

    format: str = "csv"
    encoding: str = "utf-8"
    separator: str = ","
    decimal: str = "."
    thousands: str = ""
    header_line: int = 1
    group_line: int = 0
    unit_line: int = 0
    units_in_cells: bool = False
    missing: tuple[str, ...] = ()
    sentinels: tuple[float, ...] = ()
    ignored: tuple[str, ...] = ()


class TimeWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the time stands. `clock_column` is a second column with the time of day. `zone` is an IANA name for times
    without one; empty where nobody knows, and then a change of the clocks cannot be told from a jump. `start` is the
    time from which a count runs, as in ISO 8601; empty where nobody named it, and then nothing is read.
    """

    column: str
    form: TimeForm = TimeForm.ISO
    zone: str = ""
    clock_column: str = ""
    start: str = ""


class LongWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A long layout: one value a line. The columns that hold the name of the point, the value, and the asset."""

    point: str
    value: str


class Bank(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is declared of an asset of the recording; None and "" where nobody said."""

    id: str
    chemistry: str = ""  # lfp, nmc, nca, lto ... as in the register
    capacity_ah: float | None = None
    cells_in_series: int | None = None


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One column of a wide file, or one name of a point in a long one. An empty `unit` is not known: not judged.

    A column of states has `off` and `on` instead of a unit: the words of its two positions, the usual one first. Its
    values are 0 and 1.
    """

    name: str
    point: str
    asset: str = ""
    unit: str = ""
    positive: Positive | None = None
    off: tuple[str, ...] = ()
    on: tuple[str, ...] = ()

    @property
    def is_state(self) -> bool:
        """Does it hold words of two positions?"""
        return bool(self.on)


class QualityWords(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column that tells how good others are: a value counts where its cell is one of `good`, else it is absent.

    `of` names the columns that it tells about; empty: every value of its row.
    """

    name: str
    good: tuple[str, ...]
    of: tuple[str, ...] = ()


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything that a recording is read by. `asset_column` is empty where the columns name the asset."""

    file: FileWords
    time: TimeWords
    column: tuple[Column, ...]
    long: LongWords | None = None
    asset_column: str = ""
    asset: tuple[Bank, ...] = ()
    quality: tuple[QualityWords, ...] = ()

    def bank(self, asset: str) -> Bank:
        """What is declared of an asset; an empty declaration where nothing is."""
        return next((each for each in self.asset if each.id == asset), Bank(asset))


class Guess(msgspec.Struct, frozen=True):
    """One thing that was guessed: about what, what was taken, how sure, why."""

    subject: str
    taken: str
    sure: Sure
    why: str


MENDED_DIFFER = "lines with a time already given and other values: the first kept"


class Mended(msgspec.Struct, frozen=True):
    """Something in the file that was not as it should be and was put right: what, how often, the first line."""

    what: str
    count: int
    line: int = 0


class Intake(msgspec.Struct, frozen=True):
    """What was read: the file by name and digest, how much of it, what was mended, what was guessed."""

    name: str
    digest: str
    size_bytes: int
    rows: int
    rows_kept: int
    mended: tuple[Mended, ...] = ()
    guesses: tuple[Guess, ...] = ()
    notes: tuple[str, ...] = ()
    zone_known: bool = False
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Track:
    """One asset of a recording: stamps in microseconds UTC, strictly rising, and one column a point (N,).

    `unsigned` names the points whose sign nobody knows; `states` the words, off and on, of points that are 0 or 1.
    """

    asset: str
    at_us: Stamps
    values: Table[str, Values]
    unsigned: frozenset[str] = frozenset()
    states: Table[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recording:
    """A file read whole."""

    intake: Intake
    mapping: Mapping
    tracks: tuple[Track, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """What can be seen of a file before it is read whole: how its bytes are written, and cells from its beginning,
    middle and end.

    `lines` gives the line of each sample row, 0 where it is not known; `units` what a line of units says of each
    column, empty where there is no such line.
    """

    name: str
    size_bytes: int
    file: FileWords
    names: tuple[str, ...]
    sample: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    mended: tuple[Mended, ...] = ()
    types: tuple[str, ...] = ()  # Parquet only: one a column
    units: tuple[str, ...] = ()
