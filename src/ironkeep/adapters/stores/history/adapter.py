"""The history as the engine owns it: frames into the log now, everything else in another process, later.

Rules. 1. `append` writes and syncs and does nothing else that could wait. 2. A log is closed when the quarter hour (the
policy's period) of its first turn is over by the wall clock, or when it has been open that long by the monotonic one.
3. Every start begins a new log; the old ones are mended and sealed. 4. Facts come out of `outcomes` in the order of
their numbers, once a process; one is forgotten only when it was seen on the spine. 5. Exactly one writer holds the
folder.
"""

import contextlib
import fcntl
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ironkeep.adapters.stores.history import catalogue as cat
from ironkeep.adapters.stores.history import config
from ironkeep.adapters.stores.history.durable import make_folder
from ironkeep.adapters.stores.history.log import FrameLog, log_name, logs, mend, refusal
from ironkeep.adapters.stores.history.reader import ParquetReader
from ironkeep.adapters.stores.history.upkeep import Job
from ironkeep.codecs.frames import Bytes, frame_record, layout_record, memory_record
from ironkeep.facts.envelope import Body
from ironkeep.model.errors import Conflict, Trouble, Unavailable
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.ids import AssetId
from ironkeep.model.time import SECOND_US, Now
from ironkeep.ports.facts import FactQuery, FactReader
from ironkeep.ports.history import HistoryPolicy

WRITER_LOCK: Final = "writer.lock"
WORKER: Final = "ironkeep.adapters.stores.history.worker"
_WORDS_MAX: Final = 2_000  # characters of the upkeep's complaint that are kept
_LOOK_BACK: Final = 50  # facts of a kind looked through beyond those that are awaited


def open_history(
    directory: Path, policy: HistoryPolicy, clock: Callable[[], Now], spine: FactReader | None = None
) -> "FrameHistory":
    """The history in that folder, created when it is not there, after mending what a crash left.

    With `spine`, a fact that was handed out is kept until it is seen there, and handed out again at the next start
    when it was not; without, handing out counts as recording. Raises Conflict while another writer holds the folder,
    Unavailable when the disk refuses.
    """
    return FrameHistory(directory, policy, clock, spine)


def open_history_reader(directory: Path) -> ParquetReader:
    """A reader of the history in that folder, for any process; the folder may still be empty or missing."""
    return ParquetReader(directory)


class FrameHistory:
    """Port: History. `found` says in words what the start found; `trouble` why the upkeep failed, empty when it did
    not.
    """

    def __init__(
        self, directory: Path, policy: HistoryPolicy, clock: Callable[[], Now], spine: FactReader | None = None
    ) -> None:
        self._folder = directory.resolve()
        self._policy = policy
        self._clock = clock
        self._spine = spine
        self._log: FrameLog | None = None
        self._opened = self._steady_since = self._last = clock()
        self._polls: dict[str, tuple[FrameLayout, NDArray[np.int64]]] = {}
        self._worker: subprocess.Popen[bytes] | None = None
        self._worker_since_us = 0
        self._next_upkeep_us = self._last.mono_us
        self._next_look_us = 0
        self._handed: list[cat.Due] = []
        self._seen = (0, 0)
        self._memory = ""
        self.trouble = ""
        book = cat.load(self._folder)
        self._handed_to = cat.load_recorded(self._folder)  # the number of the next fact to hand out
        try:
            make_folder(self._folder / cat.HOT)
            self._lock = self._hold()
        except OSError as exc:
            raise refusal(self._folder, exc) from exc
        self._next_at_start = book.next_fact  # facts below may have been handed out by an earlier process
        present = logs(self._folder / cat.HOT)
        self._number = max([book.newest_log, *present])
        open_ones = [number for number in present if number > book.newest_log]
        self.found = tuple(words for number in open_ones for words in mend(self._folder / cat.HOT / log_name(number)))

    def append(self, frames: Sequence[Frame], memory_digest: str) -> None:
        """Port: History.append."""
        now = self._watch_clock()
        news = [(frame, fresh) for frame in frames if (fresh := self._fresh(frame)).any()]
        if not news:
            return
        log = self._writable(now, news[0][0].at_us)
        self._memory = memory_digest or self._memory
        buffers: list[Bytes] = []
        if self._memory and (memory_digest or not log.records):
            buffers.append(memory_record(self._memory, news[0][0].at_us))
        layouts: list[FrameLayout] = []
        for frame, fresh in news:
            if frame.layout.digest not in log.layouts and frame.layout not in layouts:
                layouts.append(frame.layout)
                buffers.append(layout_record(frame.layout, frame.at_us))
            buffers += frame_record(frame, fresh)
        try:
            log.append(buffers, len(news), layouts)
        finally:
            if not log.usable:
                self._close_log()
        for frame, _ in news:
            self._polls[frame.layout.group] = (frame.layout, frame.polls.copy())

    def outcomes(self) -> tuple[Body, ...]:
        """Port: History.outcomes. Looks after the upkeep process; never waits for it."""
        now = self._watch_clock()
        if self._log is not None and self._is_over(self._log, now):
            self._close_log()  # also when nothing more is read, so that what there is gets sealed
        if self._worker is not None:
            self._look_after(now)
        elif now.mono_us >= self._next_upkeep_us:
            self._start_upkeep(now)
        self._confirm(now)
        return self._hand_out()

    def close(self) -> None:
        """Port: History.close."""
        self._close_log()
        if self._worker is not None:
            self._end_worker()
        os.close(self._lock)

    def wait(self, timeout_s: float) -> None:
        """Wait for the upkeep under way, for tools and tests; the engine never does. Raises Unavailable when it
        takes longer.
        """
        if self._worker is None:
            return
        try:
            self._worker.wait(timeout_s)
        except subprocess.TimeoutExpired as exc:
            raise Unavailable("the upkeep takes longer", where=str(self._folder)) from exc

    def _fresh(self, frame: Frame) -> NDArray[np.bool_]:
        """Which rows were read again since the last frame of the group that was kept."""
        ever = frame.collected_us > 0
        before = self._polls.get(frame.layout.group)
        if before is None:
            return ever
        layout, polls = before
        if layout is frame.layout or layout.digest == frame.layout.digest:
            again: NDArray[np.bool_] = ever & (frame.polls != polls)
            return again
        old: dict[AssetId, int] = dict(zip(layout.assets, polls.tolist(), strict=True))
        carried = np.array([old.get(asset, -1) for asset in frame.layout.assets], np.int64)
        moved: NDArray[np.bool_] = ever & (frame.polls != carried)
        return moved

    def _writable(self, now: Now, at_us: int) -> FrameLog:
        """The open log, after closing one whose time is over and beginning the next."""
        if self._log is not None and self._is_over(self._log, now):
            self._close_log()
        if self._log is None:
            number = self._number + 1
            self._log = FrameLog(self._folder / cat.HOT / log_name(number))
            self._number = number
            self._opened = now
        return self._log

    def _is_over(self, log: FrameLog, now: Now) -> bool:
        period_us = self._policy.seal_every_s * SECOND_US
        return (
            now.at_us // period_us != self._opened.at_us // period_us
            or now.mono_us - self._opened.mono_us >= period_us
            or log.records >= config.LOG_FRAMES_MAX
            or log.length >= config.LOG_BYTES_MAX
        )

    def _close_log(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None
            self._next_upkeep_us = 0

    def _watch_clock(self) -> Now:
        """The time now; remembers since when wall and monotonic time have agreed."""
        now = self._clock()
        step = (now.at_us - self._last.at_us) - (now.mono_us - self._last.mono_us)
        if abs(step) > config.CLOCK_STEP_US:
            self._steady_since = now
        self._last = now
        return now

    def _start_upkeep(self, now: Now) -> None:
        """Start the upkeep process with its job."""
        job = Job(
            folder=str(self._folder),
            policy=self._policy,
            at_us=now.at_us,
            open_log=self._number if self._log is not None else self._number + 1,
            steady=now.mono_us - self._steady_since.mono_us >= config.CLOCK_STEADY_S * SECOND_US,
        )
        self._next_upkeep_us = now.mono_us + int(config.UPKEEP_EVERY_S * SECOND_US)
        self._worker_since_us = now.mono_us
        try:
            self._worker = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", WORKER],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            assert self._worker.stdin is not None
            self._worker.stdin.write(msgspec.json.encode(job) + b"\n")
            self._worker.stdin.flush()
        except OSError as exc:
            self.trouble = f"the upkeep of the history cannot start: {exc.strerror}"
            self._next_upkeep_us = now.mono_us + int(config.RETRY_S * SECOND_US)

    def _look_after(self, now: Now) -> None:
        """Notice that the upkeep process ended, and why; end one that takes too long."""
        assert self._worker is not None
        if self._worker.poll() is None:
            if now.mono_us - self._worker_since_us < config.WORKER_LIMIT_S * SECOND_US:
                return
            self._end_worker()
            self.trouble = "the upkeep of the history took too long and was ended; it is tried again"
            self._next_upkeep_us = now.mono_us + int(config.RETRY_S * SECOND_US)
            return
        code = self._worker.returncode
        words = self._worker.stderr.read().decode(errors="replace").strip() if self._worker.stderr else ""
        self._end_worker()
        self.trouble = words[-_WORDS_MAX:] if words or not code else f"the upkeep of the history ended with code {code}"
        if code:
            self._next_upkeep_us = now.mono_us + int(config.RETRY_S * SECOND_US)

    def _end_worker(self) -> None:
        """End the upkeep process, if it still runs, and release its pipes."""
        worker, self._worker = self._worker, None
        if worker is None:
            return
        if worker.poll() is None:
            worker.kill()
        worker.wait()
        for pipe in (worker.stdin, worker.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _hand_out(self) -> tuple[Body, ...]:
        """The facts that the catalogue carries and that were not handed out yet."""
        try:
            book = cat.load(self._folder) if self._catalogue_changed() else None
        except Trouble as exc:
            self.trouble = str(exc)
            return ()
        if book is None:
            return ()
        due = [each for each in book.due if each.number >= self._handed_to]
        if not due:
            return ()
        self._handed_to = due[-1].number + 1
        old = [each for each in due if each.number < self._next_at_start]
        known = self._standing(old)
        if self._spine is None:
            self._remember(self._handed_to)
        else:
            self._handed += due
        return tuple(cat.body_of(each) for each in due if each.number not in known)

    def _catalogue_changed(self) -> bool:
        """Was the catalogue replaced since the last look?"""
        try:
            stat = (self._folder / cat.NAME).stat()
        except FileNotFoundError:
            return False
        mark = (stat.st_ino, stat.st_mtime_ns)
        changed, self._seen = mark != self._seen, mark
        return changed

    def _confirm(self, now: Now) -> None:
        """Forget the facts handed out that stand on the spine by now, oldest first."""
        if not self._handed or now.mono_us < self._next_look_us:
            return
        self._next_look_us = now.mono_us + int(config.CONFIRM_EVERY_S * SECOND_US)
        known = self._standing(self._handed)
        done = 0
        while done < len(self._handed) and self._handed[done].number in known:
            done += 1
        if done:
            self._remember(self._handed[done - 1].number + 1)
            del self._handed[:done]

    def _standing(self, due: Sequence[cat.Due]) -> set[int]:
        """The numbers of those facts that are on the spine, as far as its newest of each kind tell."""
        if self._spine is None or not due:
            return set()
        bodies: list[dict[str, Any]] = []
        for kind in {each.kind for each in due}:
            many = _LOOK_BACK + sum(each.kind == kind for each in due)
            bodies += (fact.body for fact in self._spine.find(FactQuery(kinds=(kind,), limit=many, newest_first=True)))
        return {each.number for each in due if each.body in bodies}

    def _remember(self, next_fact: int) -> None:
        """Note durably that all facts below that number stand on the spine."""
        try:
            cat.save_recorded(self._folder, next_fact)
        except OSError as exc:
            self.trouble = str(refusal(self._folder / cat.RECORDED, exc))

    def _hold(self) -> int:
        """Lock the folder for this writer. Raises Conflict."""
        handle = os.open(self._folder / WRITER_LOCK, os.O_RDWR | os.O_CREAT, config.FILE_MODE)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise Conflict(
                "another engine writes this history",
                where=str(self._folder),
                remedy="stop it, or name another data folder",
            ) from None
        return handle
