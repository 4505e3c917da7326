"""Checking sealed segments against the spine, with the product switched off.

Rules. 1. What a segment must be, the spine says: its root, its chunks, its rows, its minutes. 2. Where it lies now, the
spine says too; the catalogue on disk may point to another place, but whatever lies there must give the same root. 3. A
root that does not come out names the columns by the list of chunk digests beside the segment, when that list itself
gives the root. 4. A segment that expired need not be there; every other one must.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ironkeep.adapters.stores.history import catalogue as cat
from ironkeep.adapters.stores.history.config import READER_MEMORY, READER_THREADS
from ironkeep.adapters.stores.history.door import Connection, connect
from ironkeep.adapters.stores.history.leaves import read_leaves
from ironkeep.adapters.stores.history.parquet import asset_span, read_minutes, read_samples
from ironkeep.codecs.chunks import Minutes, digests, minutes_digest, names, root
from ironkeep.facts.envelope import Body
from ironkeep.facts.history import SegmentsCompacted, SegmentSealed, SegmentsExpired
from ironkeep.model.errors import Untrusted
from ironkeep.model.frame import FrameLayout

COLUMNS_NAMED_MAX: Final = 8  # altered columns of one segment that are named one by one


@dataclass(frozen=True, slots=True)
class SegmentProblem:
    """One thing that is wrong. `column` is "asset/point", empty when the whole segment or file is meant."""

    file: str
    segment: str
    column: str
    what: str

    def __str__(self) -> str:
        """One line for people."""
        return ": ".join(part for part in (self.file, self.segment, self.column, self.what) if part)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a segment lies now, by stem; a tier that has expired has no parts."""

    file: str
    parts: int
    minute_parts: int


def verify_segments(
    history_dir: Path, seals: Iterable[Body], *, progress: Callable[[int, int], None] | None = None
) -> list[SegmentProblem]:
    """What is wrong with the sealed segments in a history folder; empty when all are what the spine says.

    `seals` are the history facts of a verified spine in order: SegmentSealed, SegmentsCompacted, SegmentsExpired. Reads
    only. A folder that does not exist has lost every segment that has not expired. `progress` hears how many segments
    of how many were checked.
    """
    folder = history_dir.resolve()
    sealed, places = _placed(seals)
    problems: list[SegmentProblem] = []
    if not sealed:
        return problems
    engine = connect(folder, READER_MEMORY, READER_THREADS)
    together: dict[_Place, list[SegmentSealed]] = defaultdict(list)
    for segment, fact in sealed.items():
        together[_found(folder, fact, places[segment])].append(fact)
    checked = 0
    for place, facts in together.items():
        if progress is not None:
            progress(checked, len(sealed))
        problems += _check(folder, engine, place, facts)
        checked += len(facts)
    return problems


def _placed(seals: Iterable[Body]) -> tuple[dict[str, SegmentSealed], dict[str, _Place]]:
    """The seals by segment, and where the spine says that each lies now."""
    sealed: dict[str, SegmentSealed] = {}
    places: dict[str, _Place] = {}
    members: dict[str, list[str]] = defaultdict(list)
    for fact in seals:
        if isinstance(fact, SegmentSealed):
            sealed[fact.segment] = fact
            places[fact.segment] = _Place(fact.file, fact.parts, fact.minute_parts)
            members[fact.file].append(fact.segment)
        elif isinstance(fact, SegmentsCompacted):
            for segment in fact.segments:
                places[segment] = _Place(fact.file, fact.parts, fact.minute_parts)
            members[fact.file] = list(fact.segments)
        elif isinstance(fact, SegmentsExpired):
            for segment in (*fact.segments, *members[fact.file]):
                was = places.get(segment)
                if was is not None:
                    raw, rolled = (0, was.minute_parts) if fact.tier == cat.RAW else (was.parts, 0)
                    places[segment] = _Place(was.file, raw, rolled)
    return sealed, places


def _found(folder: Path, fact: SegmentSealed, place: _Place) -> _Place:
    """The place that the spine tells, or, when its files are not there, the one that the catalogue tells.

    The second happens when the engine was killed between moving files and recording that it did.
    """
    if all(path.exists() for path in _files(folder, place)):
        return place
    try:
        book = cat.load(folder)
    except Untrusted:
        return place
    day = fact.first // (86_400 * 1_000_000)
    for each in book.stretches:
        known = each.segment == fact.segment or (
            not each.segment
            and each.layout == fact.layout
            and each.day == day
            and fact.segment in read_leaves(cat.digest_file(folder, each.file))
        )
        if known:
            other = _Place(
                each.file, len(each.raw) if place.parts else 0, len(each.minutes) if place.minute_parts else 0
            )
            if all(path.exists() for path in _files(folder, other)):
                return other
    return place


def _files(folder: Path, place: _Place) -> list[Path]:
    raw = cat.raw_files(folder, place.file, place.parts)
    return [*raw, *cat.minute_files(folder, place.file, place.minute_parts)]


def _check(folder: Path, engine: Connection, place: _Place, facts: Sequence[SegmentSealed]) -> Iterator[SegmentProblem]:
    """The problems of the segments that lie in files of one stem."""
    try:
        layout = cat.load_layout(folder, facts[0].layout)
    except Untrusted as exc:
        yield SegmentProblem(exc.where, "", "", f"{exc.what}; the segments of {place.file} cannot be checked")
        return
    missing = [path for path in _files(folder, place) if not path.exists()]
    if missing:
        for path in missing:
            yield SegmentProblem(_short(folder, path), "", "", f"is missing; it held {_counted(facts)}")
        return
    if place.parts:
        yield from _check_samples(folder, engine, layout, place, facts)
    if place.minute_parts:
        yield from _check_minutes(folder, engine, layout, place, facts)


def _check_samples(
    folder: Path, engine: Connection, layout: FrameLayout, place: _Place, facts: Sequence[SegmentSealed]
) -> Iterator[SegmentProblem]:
    """Compute every chunk again and compare the roots."""
    paths = cat.raw_files(folder, place.file, place.parts)
    segments = [fact.segment for fact in facts]
    leaves: dict[str, list[bytes]] = {segment: [] for segment in segments}
    owners: list[Path] = []  # the file of each chunk
    rows = dict.fromkeys(segments, 0)
    at = 0
    for i, path in enumerate(paths):
        try:
            first, last = asset_span(engine, path, layout)
            last = len(layout.assets) if i == len(paths) - 1 else max(at, last)
            blocks, strange = read_samples(engine, [path], layout, segments, at, last, prune=False)
        except Untrusted as exc:
            yield SegmentProblem(_short(folder, path), "", "", f"{exc.what}; it held {_counted(facts)}")
            return
        if strange:
            yield SegmentProblem(
                _short(folder, path), "", "", f"{strange} rows belong to no segment sealed into this file"
            )
        if first < at and last > 0:
            yield SegmentProblem(
                _short(folder, path), "", "", "holds rows of assets whose samples lie in the file before it"
            )
        for segment, block in zip(segments, blocks, strict=True):
            leaves[segment] += digests(block)
            rows[segment] += block.samples
        owners += [path] * (len(leaves[segments[0]]) - len(owners))
        at = last
    listed = read_leaves(cat.digest_file(folder, place.file))
    for fact in facts:
        if root(leaves[fact.segment]) == fact.root and len(leaves[fact.segment]) == fact.chunks:
            continue
        beside = listed.get(fact.segment)
        known = beside is not None and root(beside.digests) == fact.root
        note = "" if rows[fact.segment] == fact.rows else f"; it has {rows[fact.segment]} rows, {fact.rows} were sealed"
        if beside is None or not known or len(beside.digests) != len(leaves[fact.segment]):
            why = "the list of chunk digests beside it is not what was sealed either, so no column can be named"
            yield SegmentProblem(_short(folder, paths[0]), fact.segment, "", f"is not what was sealed{note}; {why}")
            continue
        bad = [k for k, leaf in enumerate(leaves[fact.segment]) if leaf != beside.digests[k]]
        labels = names(layout)
        for k in bad[:COLUMNS_NAMED_MAX]:
            column = "/".join(labels[k])
            yield SegmentProblem(_short(folder, owners[k]), fact.segment, column, f"is not what was sealed{note}")
        if len(bad) > COLUMNS_NAMED_MAX:
            rest = f"{len(bad) - COLUMNS_NAMED_MAX} more of its {fact.chunks} columns are not what was sealed"
            yield SegmentProblem(_short(folder, paths[0]), fact.segment, "", rest)


def _check_minutes(
    folder: Path, engine: Connection, layout: FrameLayout, place: _Place, facts: Sequence[SegmentSealed]
) -> Iterator[SegmentProblem]:
    """Compute the digest of the rollups again and compare."""
    paths = cat.minute_files(folder, place.file, place.minute_parts)
    segments = [fact.segment for fact in facts]
    held: dict[str, list[Minutes]] = {segment: [] for segment in segments}
    for path in paths:
        try:
            found, strange = read_minutes(engine, [path], layout, segments, 0, len(layout.assets))
        except Untrusted as exc:
            yield SegmentProblem(_short(folder, path), "", "", f"{exc.what}; it held minutes of {_counted(facts)}")
            return
        if strange:
            yield SegmentProblem(
                _short(folder, path), "", "", f"{strange} rows belong to no segment sealed into this file"
            )
        for segment, minutes in zip(segments, found, strict=True):
            held[segment].append(minutes)
    for fact in facts:
        if minutes_digest(held[fact.segment]) != fact.minutes:
            yield SegmentProblem(
                _short(folder, paths[0]), fact.segment, "", "its one-minute rollups are not what was sealed"
            )


def _short(folder: Path, path: Path) -> str:
    return str(path.relative_to(folder))


def _counted(facts: Sequence[SegmentSealed]) -> str:
    return facts[0].segment if len(facts) == 1 else f"{len(facts)} segments"
