"""Checking one aligned stretch of 65,536 facts: each entry against its hash and its place, tiles, index and
checkpoints.

A stretch knows nothing of what lies before it. Roots of checkpoints inside it are handed on as the root over the
stretch's own part, which the caller folds with what lies to the left: that gives the root of the whole tree,
because the stretch is aligned.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from ironkeep.facts import tree
from ironkeep.programs.verify.note import Head, Key, read_head, signed_by
from ironkeep.programs.verify.report import Problem
from ironkeep.programs.verify.source import Block, Bundle, Damage, Source

STRETCH: Final = 65_536  # facts
BLOCK: Final = 4_096  # facts
MIDDLES: Final = 4  # levels
HISTORY_KINDS: Final = frozenset(("SegmentSealed", "SegmentsCompacted", "SegmentsExpired"))
PROBLEMS_MAX: Final = 50
_EVER: Final = 1 << 62  # us: no fact is as late


class _Subject(msgspec.Struct, gc=False):
    asset: object = ""


class _Entry(msgspec.Struct, gc=False):
    seq: int
    kind: str
    actor: str
    at: int
    body: _Subject


NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_read = msgspec.json.Decoder(_Entry).decode


class Signed(msgspec.Struct, frozen=True, gc=False):
    """A stored checkpoint that was read: of which log, at which size, which root it claims, and the root over the
    stretch's part.
    """

    origin: str
    size: int
    claimed: bytes
    inner: bytes


class Outcome(msgspec.Struct, frozen=True):
    """What the check of a stretch gave. `root` is the root over it, None when it could not be read to its end."""

    first: int
    last: int
    root: bytes | None
    signed: list[Signed]
    asked: dict[int, bytes]  # by size asked for: the root over the stretch's part
    tile_roots: list[bytes]  # of the full tiles of 256 in it
    history: list[bytes]
    problems: list[Problem]


def check(source: Source, first: int, last: int, key: Key | None, asked: tuple[int, ...]) -> Outcome:
    """Check the facts first <= seq < last, at most a stretch, `first` aligned to one."""
    problems: list[Problem] = []
    history: list[bytes] = []
    heads = _heads(source, first, last, key, problems)
    stops = sorted({*(head.size for head in heads), *(size for size in asked if first < size <= last)})
    roots: dict[int, bytes] = {}
    risen: dict[int, list[bytes]] = {MIDDLES: [], tree.TILE_LEVELS: [], tree.TILE_LEVELS + MIDDLES: []}
    frontier = tree.Frontier()
    leaves: list[bytes] = []  # not yet in the frontier
    tile: list[bytes] = []  # of the tile under way
    index = _Index(source, first, last)
    at = first
    whole = True
    try:
        for bundle in source.bundles(first, last):
            hashes = _entries(bundle, at, index, history, problems)
            leaves += hashes
            tile += hashes
            at += len(hashes)
            while stops and stops[0] <= at:
                part = stops[0] - first - frontier.size
                frontier, leaves = frontier.grown(leaves[:part], risen), leaves[part:]
                roots[stops.pop(0)] = frontier.root()
            if at % tree.TILE_WIDTH == 0:
                frontier, leaves = frontier.grown(leaves, risen), []
                _leaf_tile(source, at, tile, risen, problems)
                tile = []
            problems += index.filled(at)
            if len(problems) > PROBLEMS_MAX:
                whole = False
                break
    except Damage as exc:
        problems.append(exc.problem)
        whole = False
    frontier = frontier.grown(leaves, risen)
    if whole and last - first == STRETCH:
        _tile(source, 1, first // STRETCH, risen[8], risen[12], frontier.root(), problems)
    signed = [Signed(head.origin, head.size, head.root, roots[head.size]) for head in heads if head.size in roots]
    found = {size: roots[size] for size in asked if size in roots}
    return Outcome(first, last, frontier.root() if whole else None, signed, found, risen[8], history, problems)


def _heads(source: Source, first: int, last: int, key: Key | None, problems: list[Problem]) -> list[Head]:
    """The stored checkpoints that can be read."""
    heads: list[Head] = []
    try:
        for size, data in source.heads(first, last):
            try:
                head = read_head(data)
            except ValueError as exc:
                problems.append(Problem(size, f"the checkpoint of size {size} is not one: {exc}"))
                continue
            if head.size != size:
                problems.append(Problem(size, f"the checkpoint stored for size {size} speaks of size {head.size}"))
                continue
            if key is not None and (why := signed_by(head, key)):
                problems.append(Problem(size, f"the checkpoint of size {size}: {why}"))
            heads.append(head)
    except Damage as exc:
        problems.append(exc.problem)
    return heads


def _entries(bundle: Bundle, at: int, index: "_Index", history: list[bytes], problems: list[Problem]) -> list[bytes]:
    """The leaf hashes of a bundle, after looking at each entry. What is needed of an entry is taken out at once, and
    compared at once: of facts that are let go while they are warm the processor has the next ones ready sooner.
    """
    entries = bundle.entries
    hashes = tree.leaf_hashes(entries)
    if b"".join(hashes) != bundle.leaves:
        seq = at + _differ(hashes, bundle.leaves)
        problems.append(Problem(seq, f"fact {seq} is not what was written: its bytes and its hash disagree"))
    try:
        found = list(map(_read, entries))
    except NOT_JSON:
        each = [_entry(data) for data in entries]
        problems += _misplaced(each, at)
        index.unread()
        history += [data for data, entry in zip(entries, each, strict=True) if entry and entry.kind in HISTORY_KINDS]
        return hashes
    if [entry.seq for entry in found] != list(range(at, at + len(found))):
        problems += _misplaced(found, at)
    kinds = [entry.kind for entry in found]
    if not HISTORY_KINDS.isdisjoint(kinds):
        history += [data for data, kind in zip(entries, kinds, strict=True) if kind in HISTORY_KINDS]
    index.add(at, found, kinds)
    return hashes


def _misplaced(found: Sequence[_Entry | None], at: int) -> list[Problem]:
    """The entries that are no facts, and those that say another place than where they stand."""
    problems: list[Problem] = []
    for seq, entry in enumerate(found, at):
        if entry is None:
            problems.append(Problem(seq, f"fact {seq} cannot be read as a fact"))
        elif entry.seq != seq:
            problems.append(Problem(seq, f"where fact {seq} belongs stands fact {entry.seq}"))
    return problems


def _entry(data: bytes) -> _Entry | None:
    try:
        return _read(data)
    except NOT_JSON:
        return None


def _leaf_tile(
    source: Source, at: int, leaves: list[bytes], risen: dict[int, list[bytes]], problems: list[Problem]
) -> None:
    """Compare the hashes that the facts give with the stored tile that ends at `at`."""
    number = at // tree.TILE_WIDTH - 1
    first = number * tree.TILE_WIDTH
    try:
        tile = source.tile(0, number)
    except Damage as exc:
        problems.append(exc.problem)
        return
    if tile.hashes != b"".join(leaves):
        other = _differ(leaves, tile.hashes)
        problems.append(Problem(first + other, f"fact {first + other} is not what was hashed into the tree"))
    elif tile.middles not in (None, b"".join(risen[MIDDLES][-16:])) or tile.root not in (None, risen[8][-1]):
        problems.append(Problem(first, f"the stored tile over facts {first} to {at - 1} is not theirs", at - 1))


def _differ(hashes: list[bytes], stored: bytes) -> int:
    """The place of the first hash that is not the stored one."""
    for place, made in enumerate(hashes):
        if made != stored[place * 32 : place * 32 + 32]:
            return place
    return len(hashes) - 1


def _tile(
    source: Source,
    level: int,
    number: int,
    hashes: list[bytes],
    middles: list[bytes],
    root: bytes,
    problems: list[Problem],
) -> None:
    """Compare a stored tile above the leaves with the hashes that the facts give."""
    try:
        tile = source.tile(level, number)
    except Damage as exc:
        problems.append(exc.problem)
        return
    same = tile.hashes == b"".join(hashes)
    if not same or tile.middles not in (None, b"".join(middles)) or tile.root not in (None, root):
        seq = number * tree.TILE_WIDTH ** (level + 1)
        what = f"the stored tile {number} of level {level}, from fact {seq} on, is not theirs"
        problems.append(Problem(seq, what, seq + tree.TILE_WIDTH ** (level + 1) - 1))


class _Index:
    """Holds the index against the facts: what it says of a full block is laid out before the block's facts come."""

    def __init__(self, source: Source, first: int, last: int) -> None:
        self._source = source
        self._end = last - last % BLOCK if source.indexed else first  # blocks before it are full
        self._begin(first)

    def _begin(self, first: int) -> None:
        self._first = first
        self._told: _Told | None = None
        self._trouble: list[Problem] = []
        self._fits = self._judged = True
        self._earliest, self._latest = _EVER, -_EVER

    def unread(self) -> None:
        """A fact of this block cannot be read: what the index says of it cannot be judged."""
        self._judged = False

    def add(self, at: int, found: list[_Entry], kinds: list[str]) -> None:
        """The next facts, from `at` on, and the kinds among them. They come row by row, and no row crosses a block."""
        if at >= self._end or not self._judged:
            return
        told = self._told or self._lay_out()
        if told is None:
            return
        start = at - self._first
        stop = start + len(found)
        times = [entry.at for entry in found]
        self._earliest = min(self._earliest, min(times))
        self._latest = max(self._latest, max(times))
        assets = [entry.body.asset for entry in found]
        self._fits = (
            self._fits
            and told.kinds[start:stop] == kinds
            and told.actors[start:stop] == [entry.actor for entry in found]
            and (told.assets[start:stop] == assets or told.assets[start:stop] == list(map(_text, assets)))
        )

    def filled(self, at: int) -> list[Problem]:
        """What is wrong with the index of the block that ends at `at`; nothing where none ends there."""
        first, last, told, found = self._first, self._first + BLOCK - 1, self._told, self._trouble
        if at <= last:
            return []
        times = self._earliest, self._latest
        if self._judged and told is not None and not (self._fits and times == (told.at_min, told.at_max)):
            found.append(Problem(first, f"the index of facts {first} to {last} hides or invents some of them", last))
        self._begin(at)
        return found

    def _lay_out(self) -> "_Told | None":
        """What the index says of this block; None, and it is not judged, where that cannot be read."""
        try:
            block = self._source.block(self._first // BLOCK)
        except Damage as exc:
            self._trouble.append(exc.problem)
            self._judged = False
            return None
        self._told = told = _told(block)
        return told


def _text(asset: object) -> str:
    return asset if isinstance(asset, str) else ""


class _Told(msgspec.Struct, frozen=True, gc=False):
    """What the index says of a block: earliest and latest time, and for each fact its kind, actor and asset, empty
    where it names none. A column is empty altogether where the index contradicts itself.
    """

    at_min: int
    at_max: int
    kinds: list[str]
    actors: list[str]
    assets: list[str]


def _told(block: Block) -> _Told:
    """The index of a block laid out. Terms have the offsets of their facts, rising, big-endian 16 bits."""
    words: dict[str, list[str]] = {"k:": [], "r:": [], "a:": []}
    for term in block.terms:
        if (named := words.get(term[:2])) is None:
            return _Told(block.at_min, block.at_max, [], [], [])
        named.append(term)
    return _Told(block.at_min, block.at_max, *(_column(named, block.terms) for named in words.values()))


def _column(words: list[str], terms: dict[str, bytes]) -> list[str]:
    """A word for each fact of a block as the terms place them, empty where none does. No column at all where they place
    two at one fact, or one nowhere, or not in order.
    """
    packed = [terms[word] for word in words]
    sizes = np.array(list(map(len, packed)), np.intp)
    if (sizes % 2).any() or not sizes.all():
        return []
    places = np.frombuffer(b"".join(packed), ">u2").astype(np.intp)
    starts = np.cumsum(sizes // 2)[:-1]
    rising = np.diff(places) > 0
    rising[starts - 1] = True
    counts = np.bincount(places, minlength=BLOCK)
    if not rising.all() or len(counts) > BLOCK or counts.max() > 1:
        return []
    told = np.full(BLOCK, "", object)
    told[places] = np.repeat(np.array([word[2:] for word in words], object), sizes // 2)
    column: list[str] = told.tolist()
    return column
