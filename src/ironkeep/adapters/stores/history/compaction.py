"""Compaction: the segments of one group and one day come to lie in files of one stem, sorted by asset.

Rules. 1. Segments keep their ids, chunks, roots and minutes; the chunks are computed again on the way. 2. A segment
whose chunks are no longer those of its list is not carried over: its day stays as it is, and the trouble is told. 3.
The files it replaces stay until the fact stands on the spine and readers had time to finish.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ironkeep.adapters.stores.history import catalogue as cat
from ironkeep.adapters.stores.history import config
from ironkeep.adapters.stores.history.door import Connection
from ironkeep.adapters.stores.history.leaves import Leaves, read_leaves, write_leaves
from ironkeep.adapters.stores.history.minutes import MINUTE_US
from ironkeep.adapters.stores.history.parquet import read_minutes, read_samples, write_minutes, write_samples
from ironkeep.adapters.stores.history.sealing import DAY_US, spread, width
from ironkeep.codecs.chunks import digests
from ironkeep.facts.history import SegmentsCompacted
from ironkeep.model.errors import Untrusted
from ironkeep.model.frame import FrameLayout
from ironkeep.model.ids import derive
from ironkeep.model.time import SECOND_US

_MINUTE_COLUMNS = 9


def ripe(book: cat.Catalogue, day: int) -> list[tuple[cat.Stretch, ...]]:
    """The sets of single segments of one layout and one day before `day`, two or more each, in the order of sealing."""
    sets: dict[tuple[int, str], list[cat.Stretch]] = defaultdict(list)
    for stretch in book.stretches:
        if stretch.segment and stretch.raw and stretch.day < day:
            sets[stretch.day, stretch.layout].append(stretch)
    return [tuple(found[: config.COMPACTED_SEGMENTS_MAX]) for found in sets.values() if len(found) > 1]


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction wrote, not yet true: the new stretch, those that it replaces, and the fact."""

    whole: cat.Stretch
    singles: tuple[cat.Stretch, ...]
    fact: SegmentsCompacted

    def into(self, folder: Path, book: cat.Catalogue, at_us: int) -> cat.Catalogue:
        """The catalogue in which it is true; the caller saves it."""
        gone = {each.number for each in self.singles}
        kept = [each for each in book.stretches if each.number not in gone]
        paths = [path for each in self.singles for path in files_of(folder, each)]
        until = at_us + config.SUPERSEDED_KEPT_S * SECOND_US
        doomed = tuple(cat.Doomed(str(path.relative_to(folder)), book.next_fact, until) for path in paths)
        return msgspec.structs.replace(
            book.with_facts(self.fact),
            stretches=tuple(sorted([*kept, self.whole], key=lambda each: each.number)),
            doomed=book.doomed + doomed,
        )


def compact(
    folder: Path, engine: Connection, singles: tuple[cat.Stretch, ...], between: Callable[[], None]
) -> Compacted:
    """Put the segments into files of one stem. `between` is called after each file, so that sealing need not wait.

    Raises Untrusted when a segment is not what its list of digests says, Unavailable when the disk refuses.
    """
    layout = cat.load_layout(folder, singles[0].layout)
    segments = [each.segment for each in singles]
    group, day, _ = singles[0].file.rsplit("/", 2)
    file = f"{group}/{day}/{derive('day', max(singles[0].first_us, 0), *segments)}"
    raw, leaves = _samples(folder, engine, layout, singles, file, between)
    minutes = _minutes(folder, engine, layout, singles, file, between)
    size = write_leaves(cat.digest_file(folder, file), leaves)
    fact = SegmentsCompacted(file=file, parts=len(raw), minute_parts=len(minutes), segments=tuple(segments))
    whole = cat.Stretch(
        number=singles[0].number,
        file=file,
        group=singles[0].group,
        layout=layout.digest,
        day=singles[0].day,
        first_us=min(each.first_us for each in singles),
        last_us=max(each.last_us for each in singles),
        segments=len(singles),
        raw=raw,
        minutes=minutes,
        digests=size,
    )
    return Compacted(whole, singles, fact)


def files_of(folder: Path, stretch: cat.Stretch) -> list[Path]:
    """Every file of a stretch."""
    return [
        *cat.raw_files(folder, stretch.file, len(stretch.raw)),
        *cat.minute_files(folder, stretch.file, len(stretch.minutes)),
        *([cat.digest_file(folder, stretch.file)] if stretch.raw else []),
    ]


def _samples(
    folder: Path,
    engine: Connection,
    layout: FrameLayout,
    singles: tuple[cat.Stretch, ...],
    file: str,
    between: Callable[[], None],
) -> tuple[tuple[cat.Part, ...], tuple[Leaves, ...]]:
    """Write the sample files; returns the parts and the lists of chunk digests, which are as they were."""
    segments = [each.segment for each in singles]
    known = {each.segment: read_leaves(cat.digest_file(folder, each.file)).get(each.segment) for each in singles}
    fresh: dict[str, list[bytes]] = {segment: [] for segment in segments}
    parts = []
    points = 1 + len(layout.analog) + len(layout.integer)
    most = -(-DAY_US // int(max(layout.period_s, 0.1) * SECOND_US))
    for i, (a, b) in enumerate(spread(len(layout.assets), most, width(layout), config.CELLS_A_DAY_PART)):
        paths = [
            cat.raw_files(folder, each.file, len(each.raw))[k]
            for each in singles
            for k, part in enumerate(each.raw)
            if part.first < b and part.last > a
        ]
        blocks, _ = read_samples(engine, paths, layout, segments, a, b)
        for segment, block in zip(segments, blocks, strict=True):
            found = digests(block)
            listed = known[segment]
            if listed is None or list(listed.digests[a * points : b * points]) != found:
                raise Untrusted(
                    f"segment {segment} is not what was sealed; its day is not compacted",
                    where=file,
                    remedy="run `ironkeep verify --segments`, which names the column",
                )
            fresh[segment] += found
        path = folder / cat.RAW / f"{file}-{i:04d}.parquet"
        parts.append(cat.Part(a, b, write_samples(engine, path, layout, list(zip(segments, blocks, strict=True)))))
        between()
    return tuple(parts), tuple(Leaves(segment, layout.digest, tuple(found)) for segment, found in fresh.items())


def _minutes(
    folder: Path,
    engine: Connection,
    layout: FrameLayout,
    singles: tuple[cat.Stretch, ...],
    file: str,
    between: Callable[[], None],
) -> tuple[cat.Part, ...]:
    """Write the rollup files; returns the parts."""
    segments = [each.segment for each in singles]
    columns = (len(layout.analog) + len(layout.integer)) * _MINUTE_COLUMNS
    parts = []
    ranges = spread(len(layout.assets), DAY_US // MINUTE_US, columns, config.CELLS_A_MINUTES_PART)
    for i, (a, b) in enumerate(ranges):
        paths = [
            cat.minute_files(folder, each.file, len(each.minutes))[k]
            for each in singles
            for k, part in enumerate(each.minutes)
            if part.first < b and part.last > a
        ]
        held, _ = read_minutes(engine, paths, layout, segments, a, b)
        path = folder / cat.MINUTES / f"{file}-{i:04d}.parquet"
        parts.append(cat.Part(a, b, write_minutes(engine, path, layout, list(zip(segments, held, strict=True)))))
        between()
    return tuple(parts)
