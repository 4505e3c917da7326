"""Upkeep: one run of everything that happens behind the turn. Seal, compact, expire, delete, tidy, in this order.

Each step is committed by saving the catalogue before the next begins, so a run that is killed anywhere leaves either
the state before a step or the state after it; what it leaves behind unnamed is removed by the next run.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from ironkeep.adapters.stores.history import catalogue as cat
from ironkeep.adapters.stores.history import config
from ironkeep.adapters.stores.history.compaction import compact, files_of, ripe
from ironkeep.adapters.stores.history.door import Connection, connect
from ironkeep.adapters.stores.history.durable import UNFINISHED, make_folder
from ironkeep.adapters.stores.history.log import log_name, logs
from ironkeep.adapters.stores.history.parquet import segments_in
from ironkeep.adapters.stores.history.retention import Ending, endings, require_due, without
from ironkeep.adapters.stores.history.sealing import DAY_US, seal
from ironkeep.facts.history import SegmentsExpired
from ironkeep.model.errors import Untrusted
from ironkeep.ports.history import HistoryPolicy

LOCK: Final = "upkeep.lock"


class Job(msgspec.Struct, frozen=True):
    """What the engine asks of one run. Logs below `open_log` are closed. `steady`: the wall clock is not in doubt."""

    folder: str
    policy: HistoryPolicy
    at_us: int
    open_log: int
    steady: bool


def run(job: Job) -> list[str]:
    """Do what is due; returns in words what could not be done. Raises Unavailable when the disk refuses a seal."""
    folder = Path(job.folder).resolve()
    words: list[str] = []
    with _alone(folder):
        engine = connect(folder, config.WRITER_MEMORY, config.WRITER_THREADS)
        book = cat.load(folder)
        _tidy(folder, book)
        held = _Held(folder, engine, book, job)
        held.seal_closed()
        for singles in ripe(book=held.book, day=job.at_us // DAY_US):
            try:
                done = compact(folder, engine, singles, held.seal_closed)
            except Untrusted as exc:
                words.append(str(exc))
            else:
                held.save(done.into(folder, held.book, job.at_us))
        book = _expire(folder, engine, held.book, job)
        _settle(folder, book, job.at_us)
        engine.close()
    return words


@dataclass(slots=True)
class _Held:
    """The catalogue while a run is under way."""

    folder: Path
    engine: Connection
    book: cat.Catalogue
    job: Job

    def save(self, book: cat.Catalogue) -> None:
        """Make it true."""
        cat.save(self.folder, book)
        self.book = book

    def seal_closed(self) -> None:
        """Seal every log that is closed by now: those the job names, and those behind which a newer one was begun."""
        present = logs(self.folder / cat.HOT)
        open_log = max([self.job.open_log, *present])
        for number in present:
            if self.book.newest_log < number < open_log:
                hot_kept_s = self.job.policy.hot_kept_s
                self.save(seal(self.folder, self.engine, self.book, number, self.job.at_us, hot_kept_s))


def _expire(folder: Path, engine: Connection, book: cat.Catalogue, job: Job) -> cat.Catalogue:
    """Take what has ended out of the catalogue, with its fact; the files go once the fact stands on the spine."""
    hot = sum((folder / cat.HOT / log_name(number)).stat().st_size for number in logs(folder / cat.HOT))
    for ending in endings(book, job.policy, job.at_us, hot, steady=job.steady):
        require_due(ending, job.policy, job.at_us)
        book = _end(folder, engine, book, ending, job)
        cat.save(folder, book)
    return book


def _end(folder: Path, engine: Connection, book: cat.Catalogue, ending: Ending, job: Job) -> cat.Catalogue:
    by_number = {each.number: each for each in book.stretches}
    stretch = by_number[ending.stretch.number]  # an earlier ending of this run may have taken its other tier
    left = without(stretch, ending.tier)
    paths = [path for path in files_of(folder, stretch) if path not in files_of(folder, left)]
    fact = SegmentsExpired(
        segments=_segments(engine, stretch, [path for path in paths if path.suffix == ".parquet"]),
        file=stretch.file,
        tier=ending.tier,
        policy=job.policy.digest,
        reason=ending.reason,
    )
    doomed = tuple(cat.Doomed(str(path.relative_to(folder)), book.next_fact, job.at_us) for path in paths)
    by_number[stretch.number] = left
    return msgspec.structs.replace(
        book.with_facts(fact),
        stretches=tuple(each for each in by_number.values() if each.raw or each.minutes),
        doomed=book.doomed + doomed,
    )


def _segments(engine: Connection, stretch: cat.Stretch, paths: list[Path]) -> tuple[str, ...]:
    """The segments of a stretch. A file that cannot be read names none, and may be deleted all the same."""
    if stretch.segment:
        return (stretch.segment,)
    try:
        return segments_in(engine, paths)
    except Untrusted:
        return ()


def _settle(folder: Path, book: cat.Catalogue, at_us: int) -> cat.Catalogue:
    """Delete what may go now, and forget facts that stand on the spine."""
    recorded = cat.load_recorded(folder)
    # A clock set back must not keep files for ever: a date further off than any we set counts as passed.
    furthest = at_us + DAY_US

    def may_go(after: int, not_before_us: int) -> bool:
        return after < recorded and not at_us < not_before_us <= furthest

    gone = [each for each in book.doomed if may_go(each.after, each.not_before_us)]
    logs_gone = [each for each in book.sealed if may_go(each.after, each.not_before_us)]
    for each in gone:
        path = folder / each.path
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            path.parent.rmdir()  # a day's folder goes with its last file
    for log in logs_gone:
        (folder / cat.HOT / log_name(log.number)).unlink(missing_ok=True)
    due = tuple(each for each in book.due if each.number >= recorded)
    if gone or logs_gone or len(due) != len(book.due):
        book = msgspec.structs.replace(
            book,
            due=due,
            doomed=tuple(each for each in book.doomed if each not in gone),
            sealed=tuple(each for each in book.sealed if each not in logs_gone),
        )
        cat.save(folder, book)
    return book


def _tidy(folder: Path, book: cat.Catalogue) -> None:
    """Remove files that a killed run left behind and that nothing names."""
    named = {str(path) for each in book.stretches for path in files_of(folder, each)}
    named |= {str(folder / each.path) for each in book.doomed}
    for tier in (cat.RAW, cat.MINUTES, cat.DIGESTS):
        for path in (folder / tier).rglob("*"):
            if path.is_file() and str(path) not in named:
                path.unlink()
    for path in (folder / cat.LAYOUTS).glob(f"*{UNFINISHED}"):
        path.unlink()


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder for this run; waits for an older run that is just ending. Raises nothing: the lock is patient."""
    make_folder(folder)
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, config.FILE_MODE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
