"""Is this evidence whole? Reads a copy of a spine, a data folder or an exported tile folder, and changes nothing.

1. Every fact is hashed anew, must stand in its place, and must lead with all others to the root of every stored
checkpoint. 2. With a key, every stored checkpoint must be signed by it; without one that is said, because who can
change the file can sign it anew. 3. A checkpoint kept elsewhere finds a spine that was cut short or rewritten;
without one that is said. 4. The first bad fact is named. Long spines are checked by a process for each
processor, stretch by stretch, in little memory.
"""

import base64
import itertools
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Final

from ironkeep.facts import tree
from ironkeep.facts.envelope import Body, parse
from ironkeep.model.errors import Trouble
from ironkeep.programs.verify.note import Head, Key, read_head, read_key, signed_by
from ironkeep.programs.verify.report import PROBLEMS_MAX, Problem, Report, Unreadable, ordered
from ironkeep.programs.verify.source import Damage, Opened
from ironkeep.programs.verify.spine_file import SpineFile
from ironkeep.programs.verify.stretch import STRETCH, Outcome, Signed, check
from ironkeep.programs.verify.tile_folder import TileFolder

Progress = Callable[[int, int], None]
"""Called with facts checked so far and facts in all."""
SegmentCheck = Callable[[Iterable[Body]], Iterable[object]]
"""Checks sealed telemetry: given the facts SegmentSealed, SegmentsCompacted and SegmentsExpired in order, it gives
what is wrong, each with `str()` for people; nothing when all is well.
"""

SPINE: Final = "spine.sqlite"
WORKERS_MAX: Final = 4  # each takes some 100 MB
AHEAD: Final = 3  # stretches for each process, under way or waiting to be taken up
ALONE_MAX: Final = 4 * STRETCH  # facts that one process checks by itself

_source: SpineFile | TileFolder | None = None  # of a worker process


def run(
    path: Path,
    key: str = "",
    checkpoint: Path | None = None,
    segments: SegmentCheck | None = None,
    progress: Progress | None = None,
) -> Report:
    """Check the evidence at `path`. `key` is the verifier key, or a file that holds it; `checkpoint` a signed
    checkpoint kept elsewhere; `segments` checks telemetry against its seals. Never raises for what is wrong with
    the evidence.
    """
    try:
        trusted = _key(key)
        kept = _kept(checkpoint)
        target = _target(path)
        source = _open(target)
    except Unreadable as exc:
        return Report(False, 0, "", (str(exc),), ())
    try:
        opened = source.look()
        return _Judge(opened, trusted, kept, segments).judge(
            _outcomes(target, source, opened.size, trusted, kept, progress)
        )
    except Unreadable as exc:
        return Report(False, 0, "", (str(exc),), ())
    finally:
        source.close()


class _Judge:
    """Puts the stretches together into one verdict."""

    def __init__(self, opened: Opened, key: Key | None, kept: Head | None, segments: SegmentCheck | None) -> None:
        self._opened = opened
        self._key = key
        self._kept = kept
        self._segments = segments
        self._problems: list[Problem] = list(opened.problems)
        self._notes = list(opened.notes)
        self._history: list[bytes] = []
        self._left = tree.Frontier()  # over the roots of whole stretches
        self._root: bytes | None = tree.EMPTY_ROOT
        self._good_up_to = 0
        self._signed = 0
        self._unfit: list[tuple[int, int]] = []  # last size that fitted, and the size of one that does not

    def judge(self, outcomes: Iterable[tuple[Outcome, list[Problem]]]) -> Report:
        """The verdict over all stretches, which come in order."""
        for outcome, above in outcomes:
            self._problems += outcome.problems + above
            self._history += outcome.history
            for signed in outcome.signed:
                self._compare_earlier(signed)
            if self._kept is not None and self._kept.size in outcome.asked:
                self._compare_kept(self._whole(outcome.asked[self._kept.size]))
            if outcome.root is None:
                self._root = None
                self._notes.append(f"nothing after fact {outcome.first} could be checked to the end")
                continue
            self._root = self._whole(outcome.root)
            if outcome.last - outcome.first == STRETCH:
                self._left = self._left.grown([outcome.root])
        self._compare_newest()
        self._tell_unfit()
        self._tell_key()
        self._tell_kept()
        self._tell_segments()
        return self._report()

    def _whole(self, inner: bytes) -> bytes:
        """The root of the tree whose right part has this root and whose left part is all stretches so far."""
        for node in self._left.nodes:
            if node:
                inner = tree.node_hash(node, inner)
        return inner

    def _compare_earlier(self, signed: Signed) -> None:
        """Hold a checkpoint before the newest against the facts."""
        newest = self._opened.head
        if newest is not None and newest.size == signed.size:
            return
        if newest is not None and newest.origin != signed.origin:
            what = f"the checkpoint of size {signed.size} is of {signed.origin}, the newest of {newest.origin}"
            self._problems.append(Problem(signed.size, what))
        self._checkpoint(signed.size, signed.claimed, self._whole(signed.inner))

    def _compare_newest(self) -> None:
        """Hold the newest checkpoint against the facts, as it stood when the file was looked at: a site that runs
        puts another in its place.
        """
        head = self._opened.head
        if head is None or self._root is None or head.size != self._opened.size:
            return
        self._checkpoint(head.size, head.root, self._root)
        if self._key is not None and (why := signed_by(head, self._key)):
            self._problems.append(Problem(head.size, f"the checkpoint of size {head.size}: {why}"))

    def _checkpoint(self, size: int, claimed: bytes, made: bytes) -> None:
        if claimed == made:
            self._good_up_to = max(self._good_up_to, size)
            self._signed += 1
        else:
            self._unfit.append((self._good_up_to, size))

    def _compare_kept(self, made: bytes) -> None:
        assert self._kept is not None
        size = self._kept.size
        if made == self._kept.root:
            self._notes.append(f"the checkpoint kept elsewhere, of size {size}, is part of this spine")
        else:
            what = f"the checkpoint kept elsewhere, of size {size}, saw other facts: the past was rewritten"
            self._problems.append(Problem(0, what, size - 1))

    def _tell_unfit(self) -> None:
        """Checkpoints that were signed over other facts. After a changed fact none fits, so the first tells where."""
        if not self._unfit:
            return
        first, size = self._unfit[0]
        what = f"the checkpoint of size {size} was signed over other facts: {_among(first, size)}"
        self._problems.append(Problem(first, what, size - 1))
        if len(self._unfit) > 1:
            more = f"{len(self._unfit) - 1} later checkpoints were signed over other facts too"
            self._problems.append(Problem(size, more, self._opened.size))

    def _tell_key(self) -> None:
        head, size = self._opened.head, self._opened.size
        if self._key is None:
            self._notes.append(
                "no key was given: the checkpoints fit the facts, but who changes both can sign them anew;"
                " give --key, kept away from the machine"
            )
        elif head is not None and size and not self._problems:
            self._notes.append(f"{self._signed} checkpoints are signed by {self._key.name}")

    def _tell_kept(self) -> None:
        size = self._opened.size
        if self._kept is None:
            self._notes.append(
                "no checkpoint was given: a spine cut short at its end cannot be told from a whole one;"
                " give --checkpoint, kept away from the machine"
            )
            return
        kept = self._kept
        if not kept.size:
            self._notes.append(
                "the checkpoint kept elsewhere was made before the first fact: it shows nothing about any"
            )
        if self._key is not None and (why := signed_by(kept, self._key)):
            self._problems.append(Problem(size, f"the checkpoint kept elsewhere: {why}"))
        head = self._opened.head
        if head is not None and kept.origin != head.origin:
            what = f"the checkpoint kept elsewhere is of {kept.origin}, this is {head.origin}"
            self._problems.append(Problem(0, what))
        if kept.size > size:
            what = f"the spine was cut short: {kept.size - size} facts are missing from fact {size} on"
            self._problems.append(
                Problem(size, f"{what}; the checkpoint kept elsewhere saw {kept.size}, here are {size}")
            )

    def _tell_segments(self) -> None:
        if self._segments is None:
            self._notes.append("sealed telemetry was not checked; give --segments")
            return
        try:
            bodies = [parse(entry).typed() for entry in self._history]
            wrong = [str(each) for each in self._segments(bodies)]
        except Trouble as exc:
            wrong = [str(exc)]
        self._problems += [Problem(self._opened.size, f"telemetry: {text}") for text in wrong]
        if not wrong:
            told = f"sealed telemetry is what {len(self._history)} facts say"
            self._notes.append(told if self._history else "no telemetry is sealed yet: --segments had nothing to check")

    def _report(self) -> Report:
        size = self._opened.size
        problems = ordered(self._problems)
        told = [each.what for each in problems[:PROBLEMS_MAX]]
        if len(problems) > PROBLEMS_MAX:
            told.append(f"and {len(problems) - PROBLEMS_MAX} more")
        first_bad = problems[0].seq if problems and problems[0].seq < size else None
        if first_bad is not None:
            told[0] = f"first bad: {told[0]}"
        if not size:
            self._notes.append("there are no facts")
        root = base64.b64encode(self._root).decode() if self._root is not None else ""
        return Report(True, size, root, tuple(told), tuple(self._notes), first_bad)


def _among(first: int, last: int) -> str:
    if last - first == 1:
        return f"fact {first} was changed, removed or put in"
    return f"one of facts {first} to {last - 1} was changed, removed or put in"


def _outcomes(
    target: str,
    source: SpineFile | TileFolder,
    size: int,
    key: Key | None,
    kept: Head | None,
    progress: Progress | None,
) -> Iterator[tuple[Outcome, list[Problem]]]:
    """Outcomes in order, each with what is wrong in the tiles above the stretches."""
    asked = (kept.size,) if kept is not None else ()
    if progress is not None:
        progress(0, size)
    above = _Above(source, size)
    for outcome in _checked(target, source, size, key, asked):
        yield outcome, above.problems(outcome)
        if progress is not None:
            progress(outcome.last, size)
        if outcome.root is None:
            return  # what comes after hangs on what could not be read


def _checked(
    target: str, source: SpineFile | TileFolder, size: int, key: Key | None, asked: tuple[int, ...]
) -> Iterator[Outcome]:
    spans = ((first, min(first + STRETCH, size)) for first in range(0, size, STRETCH))
    if size <= ALONE_MAX:
        for first, last in spans:
            yield check(source, first, last, key, asked)
        return
    context = multiprocessing.get_context("spawn")
    workers = min(len(os.sched_getaffinity(0)), WORKERS_MAX)
    with ProcessPoolExecutor(workers, mp_context=context, initializer=_begin, initargs=(target,)) as pool:
        under_way: deque[Future[Outcome]] = deque()
        try:
            for span in itertools.chain(spans, itertools.repeat(None)):
                if span is not None:
                    under_way.append(pool.submit(_work, (*span, key, asked)))
                elif not under_way:
                    return
                if span is None or len(under_way) == AHEAD * workers:
                    yield under_way.popleft().result()
        except BrokenProcessPool as exc:
            raise Unreadable("a checking process ended before its time; try again with more memory") from exc
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(target: str) -> None:
    global _source
    _source = _open(target)


def _work(task: tuple[int, int, Key | None, tuple[int, ...]]) -> Outcome:
    assert _source is not None
    return check(_source, *task)


class _Above:
    """Checks the tiles over whole stretches (level 2 and up), and those at the right edge where they are stored."""

    def __init__(self, source: SpineFile | TileFolder, size: int) -> None:
        self._source = source
        self._size = size
        self._levels: list[list[bytes]] = [[]]  # roots of full tiles, from level 1 on

    def problems(self, outcome: Outcome) -> list[Problem]:
        """What is wrong with the tiles that this stretch filled, and after the last one with the edge."""
        found: list[Problem] = []
        if outcome.root is None:
            return found
        if outcome.last - outcome.first == STRETCH:
            self._fill(outcome.root, found)
        if outcome.last == self._size:
            edges = [[] if outcome.last - outcome.first == STRETCH else outcome.tile_roots, *self._levels]
            for level, roots in enumerate(edges, 1):
                number, width = divmod(len(roots), tree.TILE_WIDTH)
                if level == 1:
                    number = outcome.first // STRETCH
                if width:
                    self._compare(level, number, roots[-width:], None, found)
        return found

    def _fill(self, root: bytes, found: list[Problem]) -> None:
        for level, roots in enumerate(self._levels, 2):
            roots.append(root)
            if len(roots) % tree.TILE_WIDTH:
                return
            hashes = roots[-tree.TILE_WIDTH :]
            root = tree.subtree_root(hashes)
            self._compare(level, len(roots) // tree.TILE_WIDTH - 1, hashes, root, found)
            if level == len(self._levels) + 1:
                self._levels.append([])

    def _compare(self, level: int, number: int, hashes: list[bytes], root: bytes | None, found: list[Problem]) -> None:
        """Compare a stored tile with its hashes; without a root it is one at the edge."""
        first = number * tree.TILE_WIDTH ** (level + 1)
        try:
            tile = self._source.tile(level, number) if root else self._source.edge(level, number, len(hashes))
        except Damage as exc:
            found.append(exc.problem)
            return
        if tile is not None and (tile.hashes != b"".join(hashes) or tile.root not in (None, root)):
            what = f"the stored tile {number} of level {level}, from fact {first} on, is not theirs"
            found.append(Problem(first, what, first + tree.TILE_WIDTH ** (level + 1) - 1))


def _open(target: str) -> SpineFile | TileFolder:
    return TileFolder(target) if Path(target).is_dir() else SpineFile(target)


def _target(path: Path) -> str:
    """The file or folder that is meant. Raises Unreadable."""
    if path.is_dir():
        if (path / "checkpoint").is_file():
            return str(path.resolve())
        path = path / SPINE
    if not path.is_file():
        raise Unreadable(f"{path} is not there; name a copy of {SPINE}, a data folder, or an exported tile folder")
    return str(path.resolve())  # of a link: the log lies beside what it leads to


def _key(text: str) -> Key | None:
    if not text:
        return None
    try:
        line = Path(text).read_text() if "+" not in text or Path(text).is_file() else text
        return read_key(line)
    except OSError as exc:
        raise Unreadable(f"the key {text!r} is neither a verifier key nor a file: {exc.strerror}") from exc
    except ValueError as exc:
        raise Unreadable(f"the key cannot be used: {exc}") from exc


def _kept(path: Path | None) -> Head | None:
    if path is None:
        return None
    try:
        return read_head(path.read_bytes())
    except OSError as exc:
        raise Unreadable(f"the checkpoint {path} cannot be read: {exc.strerror}") from exc
    except ValueError as exc:
        raise Unreadable(f"the checkpoint {path} is not one: {exc}") from exc
