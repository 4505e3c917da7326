"""The index: for each full block of 4096 facts, which of them speak of a kind, an asset, an actor, and between what
times.

Facts after the last full block are looked through one by one, from their heads kept in memory.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np

from ironkeep.adapters.stores.sqlite.config import BLOCK_FACTS
from ironkeep.facts.envelope import Fact
from ironkeep.ports.facts import FactQuery

KIND: Final = "k:"
ASSET: Final = "a:"
ACTOR: Final = "r:"
_BELOW: Final = "."  # between an asset and what is below it
_AFTER_BELOW: Final = "/"  # the character after it
_PLACE_BYTES: Final = 2

Block = tuple[tuple[int, int, int], list[tuple[int, str, bytes]]]
"""The row of `blocks` and the rows of `terms` of one block."""


class _Subject(msgspec.Struct, gc=False):
    asset: object = None


class _Envelope(msgspec.Struct, gc=False):
    kind: str
    actor: str
    at: int
    body: _Subject


_decode = msgspec.json.Decoder(_Envelope).decode

Head = tuple[str, str, int, str]
"""What a query asks of a fact: kind, actor, time logged, and the asset it is about (empty when it names none)."""


def head_of(entry: bytes) -> Head:
    """The head of a fact, read from its bytes without the rest. Raises one of `NOT_JSON` when they are no fact."""
    found = _decode(entry)
    asset = found.body.asset
    return found.kind, found.actor, found.at, asset if isinstance(asset, str) else ""


def head(fact: Fact) -> Head:
    """The head of a fact."""
    return fact.kind, fact.actor, fact.at, fact.asset or ""


class Heads(NamedTuple):
    """Heads by columns: no object a fact for Python's collector of garbage to count and walk."""

    kinds: list[str]
    actors: list[str]
    times: list[int]
    assets: list[str]

    def add(self, more: "Heads") -> None:
        """Put more at the end."""
        self.kinds.extend(more.kinds)
        self.actors.extend(more.actors)
        self.times.extend(more.times)
        self.assets.extend(more.assets)

    def part(self, start: int, end: int | None = None) -> "Heads":
        """Those from `start` on, before `end`."""
        here = slice(start, end)
        return Heads(self.kinds[here], self.actors[here], self.times[here], self.assets[here])


def heads(facts: Sequence[Fact]) -> Heads:
    """The heads of facts."""
    return Heads(
        [fact.kind for fact in facts],
        [fact.actor for fact in facts],
        [fact.at for fact in facts],
        [fact.asset or "" for fact in facts],
    )


def by_columns(found: Sequence[Head]) -> Heads:
    """Heads, turned."""
    kinds, actors, times, assets = zip(*found, strict=True) if found else ((), (), (), ())
    return Heads(list(kinds), list(actors), list(times), list(assets))


def block(number: int, found: Heads) -> Block:
    """The rows of a full block. Places are big-endian 16-bit offsets from the block's first fact, ascending."""
    assert len(found.times) == BLOCK_FACTS
    rows: list[tuple[int, str, bytes]] = []
    for prefix, column in ((ASSET, found.assets), (KIND, found.kinds), (ACTOR, found.actors)):
        ranks = defaultdict[str, int]()
        ranks.default_factory = ranks.__len__  # a word not seen before gets the next rank
        ranked = np.fromiter(map(ranks.__getitem__, column), np.int16, BLOCK_FACTS)
        packed = np.argsort(ranked, kind="stable").astype(">u2").tobytes()
        ends = (_PLACE_BYTES * np.cumsum(np.bincount(ranked))).tolist()
        words = zip(ranks, (0, *ends), ends, strict=False)
        rows += [(number, prefix + word, packed[start:end]) for word, start, end in words if word]
    return (number, min(found.times), max(found.times)), rows


def fits(found: Head, query: FactQuery) -> bool:
    """Does a fact pass the filter, its seq aside?"""
    kind, actor, at, asset = found
    return (
        (not query.kinds or kind in query.kinds)
        and (not query.actor or actor == query.actor)
        and (not query.asset or asset == query.asset or asset.startswith(query.asset + _BELOW))
        and (query.since_us is None or at >= query.since_us)
        and (query.until_us is None or at < query.until_us)
    )


def candidates(connection: sqlite3.Connection, number: int, query: FactQuery) -> list[int]:
    """The seqs of a full block that may pass the filter, ascending; only times are left to check."""
    times = connection.execute("SELECT at_min, at_max FROM blocks WHERE number = ?", (number,)).fetchone()
    if times is None:
        return []
    if (query.since_us is not None and times[1] < query.since_us) or (
        query.until_us is not None and times[0] >= query.until_us
    ):
        return []
    chosen: set[int] | None = None
    for wanted in _wanted(query):
        found: set[int] = set()
        for low, high in wanted:
            rows = connection.execute(
                "SELECT places FROM terms WHERE block = ? AND term >= ? AND term < ?", (number, low, high)
            )
            for (packed,) in rows:
                found.update(_unpacked(packed))
        chosen = found if chosen is None else chosen & found
        if not chosen:
            return []
    first = number * BLOCK_FACTS
    return [first + offset for offset in (range(BLOCK_FACTS) if chosen is None else sorted(chosen))]


def _wanted(query: FactQuery) -> list[list[tuple[str, str]]]:
    """For each condition the ranges of terms that fulfil it; conditions all hold, ranges are alternatives."""
    found: list[list[tuple[str, str]]] = []
    if query.asset:
        term = ASSET + query.asset
        found.append([_only(term), (term + _BELOW, term + _AFTER_BELOW)])
    if query.actor:
        found.append([_only(ACTOR + query.actor)])
    if query.kinds:
        found.append([_only(KIND + kind) for kind in query.kinds])
    return found


def _only(term: str) -> tuple[str, str]:
    return term, term + "\x00"


def _unpacked(packed: bytes) -> list[int]:
    found: list[int] = np.frombuffer(packed, ">u2").tolist()
    return found
