"""Sealing: a closed log becomes, for each layout in it, one segment: Parquet files, rollups, digests, one fact.

Rules. 1. A segment's id follows from its log and its first frame, so a seal that is done again gives the same segment
under the same name. 2. What is digested are the arrays from the log, not what Parquet gives back; each file is then
read again and must give the same digests, or the seal fails and the log stays. 3. The caller commits by saving the
catalogue. 4. A log in which something was damaged is kept aside for ever, for a person to look at.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from ironkeep.adapters.stores.history import catalogue as cat
from ironkeep.adapters.stores.history import config
from ironkeep.adapters.stores.history.door import Connection
from ironkeep.adapters.stores.history.leaves import Leaves, write_leaves
from ironkeep.adapters.stores.history.log import log_name
from ironkeep.adapters.stores.history.minutes import roll
from ironkeep.adapters.stores.history.parquet import read_minutes, read_samples, write_minutes, write_samples
from ironkeep.adapters.stores.history.tape import Reel, Tape
from ironkeep.codecs.chunks import Minutes, digests, minutes_digest, root
from ironkeep.facts.history import SegmentSealed
from ironkeep.model.errors import Untrusted
from ironkeep.model.frame import FrameLayout
from ironkeep.model.ids import derive
from ironkeep.model.time import SECOND_US, rfc3339

DAY_US: Final = 86_400 * SECOND_US
_UNSAFE: Final = re.compile(r"[^a-z0-9.-]+")
_KEY_COLUMNS: Final = 6
SET_ASIDE: Final = ".damaged"


@dataclass(frozen=True, slots=True)
class Span:
    """What parts of one segment add up to."""

    rows: int
    first_us: int
    last_us: int


def stem(group: str, at_us: int, segment: str) -> str:
    """The common part of a segment's file names: group, UTC day, id."""
    return f"{_UNSAFE.sub('-', group.lower())}/{rfc3339(max(at_us, 0))[:10]}/{segment}"


def spread(rows: int, samples: int, columns: int, cells_max: int) -> Iterator[tuple[int, int]]:
    """Ranges of assets such that each holds at most `cells_max` values, one asset at least."""
    step = max(1, cells_max // max(1, samples * columns))
    for first in range(0, rows, step):
        yield first, min(first + step, rows)


def width(layout: FrameLayout) -> int:
    """How many Parquet columns the samples of a layout have."""
    return 2 * (len(layout.analog) + len(layout.integer)) + _KEY_COLUMNS


def seal(
    folder: Path, engine: Connection, book: cat.Catalogue, number: int, at_us: int, hot_kept_s: int
) -> cat.Catalogue:
    """Seal the log of that number and return the catalogue that says so; the caller saves it.

    Raises Untrusted when what was written does not read back, Unavailable when the disk refuses.
    """
    path = folder / cat.HOT / log_name(number)
    tape = Tape(path, lambda digest: cat.kept_layout(folder, digest))
    tape.read_through()
    if tape.unreadable or tape.damaged:
        with contextlib.suppress(FileExistsError):
            os.link(path, path.with_suffix(SET_ASIDE))
    for reel in tape.reels.values():
        if reel.bodies:
            stretch, fact = _seal_reel(folder, engine, tape, reel, number, book.next_number)
            if stretch is not None:
                book = msgspec.structs.replace(
                    book.with_facts(fact), stretches=(*book.stretches, stretch), next_number=book.next_number + 1
                )
    gone = cat.SealedLog(number, book.next_fact - 1, at_us + hot_kept_s * SECOND_US)
    return msgspec.structs.replace(book, sealed=(*book.sealed, gone), newest_log=max(book.newest_log, number))


def _seal_reel(
    folder: Path, engine: Connection, tape: Tape, reel: Reel, number: int, place: int
) -> tuple[cat.Stretch | None, SegmentSealed]:
    """Write the files of one layout's frames."""
    layout = reel.layout
    first_at = reel.at_us[0]
    segment = derive("segment", max(first_at, 0), number, len(reel.bodies), layout.group, layout.digest)
    file = stem(layout.group, first_at, segment)
    cat.save_layout(folder, layout)
    leaves: list[bytes] = []
    raw: list[cat.Part] = []
    rolled: list[Minutes] = []
    spans: list[Span] = []
    for i, (a, b) in enumerate(spread(len(layout.assets), len(reel.bodies), width(layout), config.CELLS_A_PART)):
        block = tape.block(reel, a, b)
        chunk = digests(block)
        path = folder / cat.RAW / f"{file}-{i:04d}.parquet"
        raw.append(cat.Part(a, b, write_samples(engine, path, layout, [(segment, block)])))
        require_same(engine, path, layout, segment, (a, b), chunk)
        leaves += chunk
        rolled.append(roll(block))
        if block.samples:
            spans.append(Span(block.samples, int(block.collected_us.min()), int(block.collected_us.max())))
    minutes, rollup = _write_rolled(folder, engine, layout, file, segment, [(p.first, p.last) for p in raw], rolled)
    size = write_leaves(cat.digest_file(folder, file), (Leaves(segment, layout.digest, tuple(leaves)),))
    fact = SegmentSealed(
        segment=segment,
        group=layout.group,
        layout=layout.digest,
        file=file,
        parts=len(raw),
        root=root(leaves),
        chunks=len(leaves),
        frames=len(reel.bodies),
        rows=sum(span.rows for span in spans),
        first=min(reel.at_us),
        last=max(reel.at_us),
        memory=tape.memory,
        minutes=rollup,
        minute_parts=len(minutes),
    )
    stretch = cat.Stretch(
        number=place,
        file=file,
        group=layout.group,
        layout=layout.digest,
        day=first_at // DAY_US,
        first_us=min((span.first_us for span in spans), default=first_at),
        last_us=max((span.last_us for span in spans), default=first_at),
        segments=1,
        raw=tuple(raw),
        minutes=minutes,
        segment=segment,
        digests=size,
    )
    return stretch, fact


def _write_rolled(
    folder: Path,
    engine: Connection,
    layout: FrameLayout,
    file: str,
    segment: str,
    ranges: list[tuple[int, int]],
    rolled: list[Minutes],
) -> tuple[tuple[cat.Part, ...], str]:
    """Write the rollups of a segment, a file for each range of assets; returns the parts and the digest over all."""
    parts = []
    for i, ((a, b), minutes) in enumerate(zip(ranges, rolled, strict=True)):
        path = folder / cat.MINUTES / f"{file}-{i:04d}.parquet"
        size = write_minutes(engine, path, layout, [(segment, minutes)])
        again, strange = read_minutes(engine, [path], layout, [segment], a, b)
        if strange or minutes_digest(again) != minutes_digest([minutes]):
            raise Untrusted(
                "the rollups do not read back as they were written", where=str(path), remedy="look at the disk"
            )
        parts.append(cat.Part(a, b, size))
    return tuple(parts), minutes_digest(rolled)


def require_same(
    engine: Connection, path: Path, layout: FrameLayout, segment: str, assets: tuple[int, int], expected: list[bytes]
) -> None:
    """Read a file of one segment again. Raises Untrusted unless it gives the digests expected."""
    blocks, strange = read_samples(engine, [path], layout, [segment], *assets)
    if strange or digests(blocks[0]) != expected:
        raise Untrusted("the samples do not read back as they were written", where=str(path), remedy="look at the disk")
