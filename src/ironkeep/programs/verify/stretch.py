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
from ironkeep.programs.verify.note import Key, read_head, signed_by
from ironkeep.programs.verify.report import Problem
from ironkeep.programs.verify.source import Bundle, Damage, Source

STRETCH: Final = 65_536  # facts
BLOCK: Final = 4_096  # facts
MIDDLES: Final = 4  # levels
ENTRY_MAX: Final = 65_535  # bytes
HISTORY_KINDS: Final = frozenset(("SegmentSealed", "SegmentsCompacted", "SegmentsExpired"))
PROBLEMS_MAX: Final = 50


class _Subject(msgspec.Struct, gc=False):
    asset: object = None


class _Entry(msgspec.Struct, gc=False):
    seq: int
    kind: str
    actor: str
    at: int
    body: _Subject


NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_read = msgspec.json.Decoder(_Entry).decode


class Signed(msgspec.Struct, frozen=True, gc=False):
    """A stored checkpoint that was read: at which size, which root it claims, and the root over the stretch's part."""

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
    stops = sorted({*(size for size, _ in heads), *(size for size in asked if first < size <= last)})
    roots: dict[int, bytes] = {}
    risen: dict[int, list[bytes]] = {MIDDLES: [], tree.TILE_LEVELS: [], tree.TILE_LEVELS + MIDDLES: []}
    frontier = tree.Frontier()
    leaves: list[bytes] = []  # not yet in the frontier
    tile: list[bytes] = []  # of the tile under way
    index = _Index(source, first)
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
    signed = [Signed(size, claimed, roots[size]) for size, claimed in heads if size in roots]
    found = {size: roots[size] for size in asked if size in roots}
    return Outcome(first, last, frontier.root() if whole else None, signed, found, risen[8], history, problems)


def _heads(source: Source, first: int, last: int, key: Key | None, problems: list[Problem]) -> list[tuple[int, bytes]]:
    """Sizes and claimed roots of the stored checkpoints that can be read."""
    heads: list[tuple[int, bytes]] = []
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
            heads.append((size, head.root))
    except Damage as exc:
        problems.append(exc.problem)
    return heads


def _entries(bundle: Bundle, at: int, index: "_Index", history: list[bytes], problems: list[Problem]) -> list[bytes]:
    """The leaf hashes of a bundle, after looking at each entry."""
    hashes = tree.leaf_hashes(bundle.entries)
    if b"".join(hashes) != bundle.leaves:
        seq = at + _differ(hashes, bundle.leaves)
        problems.append(Problem(seq, f"fact {seq} is not what was written: its bytes and its hash disagree"))
    try:
        found: list[_Entry | None] = [_read(data) for data in bundle.entries]
    except NOT_JSON:
        found = [_entry(data) for data in bundle.entries]
    if any(entry is None or entry.seq != seq for seq, entry in enumerate(found, at)):
        problems += _misplaced(found, at)
    history += [
        data for data, entry in zip(bundle.entries, found, strict=True) if entry and entry.kind in HISTORY_KINDS
    ]
    index.add(found)
    return hashes


def _misplaced(found: list[_Entry | None], at: int) -> list[Problem]:
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
    """What the index should say, block by block, made from the facts."""

    def __init__(self, source: Source, first: int) -> None:
        self._source = source
        self._first = first
        self._entries: list[_Entry | None] = []

    def add(self, entries: list[_Entry | None]) -> None:
        """The next facts; None for one that cannot be read."""
        if self._source.indexed:
            self._entries += entries

    def filled(self, at: int) -> list[Problem]:
        """What is wrong with the index of the block that ends at or before `at`."""
        problems: list[Problem] = []
        while len(self._entries) >= BLOCK:
            entries, self._entries = self._entries[:BLOCK], self._entries[BLOCK:]
            first, self._first = self._first, self._first + BLOCK
            whole = [entry for entry in entries if entry is not None]
            if len(whole) < BLOCK:
                continue
            try:
                block = self._source.block(first // BLOCK)
            except Damage as exc:
                problems.append(exc.problem)
                continue
            times = [entry.at for entry in whole]
            if (block.at_min, block.at_max) != (min(times), max(times)) or block.terms != _terms(whole):
                last = first + BLOCK - 1
                what = f"the index of facts {first} to {last} hides or invents some of them"
                problems.append(Problem(first, what, last))
        return problems


def _terms(entries: list[_Entry]) -> dict[str, bytes]:
    """The terms of a block with the offsets of their facts, big-endian 16 bits each."""
    assets = [entry.body.asset for entry in entries]
    columns: dict[str, Sequence[str]] = {
        "k:": [entry.kind for entry in entries],
        "r:": [entry.actor for entry in entries],
        "a:": [asset if isinstance(asset, str) else "" for asset in assets],
    }
    found: dict[str, bytes] = {}
    for prefix, column in columns.items():
        ranks = {word: rank for rank, word in enumerate(dict.fromkeys(column))}
        ranked = np.array(list(map(ranks.__getitem__, column)), np.int16)
        packed = np.argsort(ranked, kind="stable").astype(">u2").tobytes()
        ends = np.cumsum(np.bincount(ranked)).tolist()
        start = 0
        for word, end in zip(ranks, ends, strict=True):
            if word:
                found[prefix + word] = packed[2 * start : 2 * end]
            start = end
    return found
