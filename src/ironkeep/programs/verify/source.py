"""What the checker reads evidence from: a spine file or a tile folder. Each says what it holds; neither judges."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from ironkeep.facts import tree
from ironkeep.programs.verify.note import Head
from ironkeep.programs.verify.report import Problem


class Bundle(msgspec.Struct, frozen=True, gc=False):
    """Neighbouring entries as stored, from `first` on, and the leaf hashes stored beside them, joined."""

    first: int
    leaves: bytes
    entries: list[bytes]


class Tile(msgspec.Struct, frozen=True, gc=False):
    """A stored tile: 256 hashes, joined; where the store keeps them also the 16 hashes four levels up, and the root."""

    hashes: bytes
    middles: bytes | None = None
    root: bytes | None = None


class Block(msgspec.Struct, frozen=True, gc=False):
    """The index of 4096 facts: earliest and latest time, and the offsets of the facts under each term."""

    at_min: int
    at_max: int
    terms: dict[str, bytes]


class Damage(Exception):  # noqa: N818 - a finding, not a bug
    """Something stored is not what it should be: carries the problem."""

    def __init__(self, seq: int, what: str, last: int = -1) -> None:
        self.problem = Problem(seq, what, last)
        super().__init__(what)


def other(entries: Sequence[bytes], leaves: bytes) -> int:
    """The place of the first entry whose hash is not the one stored for it; that behind the last where none is."""
    at = range(0, len(entries) * tree.HASH_BYTES, tree.HASH_BYTES)
    stored = (leaves[place : place + tree.HASH_BYTES] for place in at)
    same = map(bytes.__eq__, tree.leaf_hashes(entries), stored)
    return next((place for place, fits in enumerate(same) if not fits), len(entries))


class Source(Protocol):
    """Opened anew in each process. Every method raises Damage for what is stored wrongly."""

    @property
    def indexed(self) -> bool:
        """Has it an index over full blocks?"""
        ...

    def bundles(self, first: int, last: int) -> Iterator[Bundle]:
        """The entries first <= seq < last, in order."""
        ...

    def tile(self, level: int, number: int) -> Tile:
        """A full tile."""
        ...

    def edge(self, level: int, number: int, width: int) -> Tile | None:
        """A tile at the right edge of that width; None where such tiles are not stored."""
        ...

    def heads(self, first: int, last: int) -> Iterator[tuple[int, bytes]]:
        """Stored checkpoints of sizes first < size <= last: size and note."""
        ...

    def block(self, number: int) -> Block:
        """The index of a full block."""
        ...

    def close(self) -> None:
        """Let go of what is open."""
        ...


class Opened(msgspec.Struct, frozen=True):
    """What was found on opening: the newest checkpoint (None when it cannot be read), how long the log is by it,
    what is wrong at first sight, and what should be said.
    """

    size: int
    head: Head | None
    problems: list[Problem]
    notes: list[str]
