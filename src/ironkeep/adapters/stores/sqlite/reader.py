"""Reading the spine: by anybody, in any process and thread, while the writer writes. Nothing here can change a byte.

Long reads fetch a page at a time and hold no lock between pages, so that the writer can always tidy its log.
"""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from ironkeep.adapters.stores.sqlite import index
from ironkeep.adapters.stores.sqlite.config import BLOCK_FACTS, PAGE_BYTES, PAGE_ROWS
from ironkeep.adapters.stores.sqlite.nodes import Nodes, place
from ironkeep.adapters.stores.sqlite.schema import open_readonly, translated
from ironkeep.facts import tiles, tree
from ironkeep.facts.envelope import NOT_JSON, Fact, parse
from ironkeep.model.errors import Refused, Untrusted
from ironkeep.ports.facts import FactQuery

VERIFY: Final = "copy the file away and run `ironkeep verify` on the copy"


class SqliteFactReader:
    """A FactReader over one spine file."""

    def __init__(self, path: Path) -> None:
        """Open it. Raises Unavailable, Untrusted for what is no spine, Refused for a layout we do not read."""
        self.path = path
        self._lock = threading.RLock()
        self._connection = open_readonly(path)
        self._nodes = Nodes(self._connection, self._leaves)
        self._tail_first = 0  # seq of the first head in the tail
        self._tail: list[index.Head] = []

    def size(self) -> int:
        """How many facts there are."""
        return self._head()[0]

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint, empty before the first fact."""
        return self._head()[1]

    def entries(self, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """Canonical bytes of facts first <= seq < last in order. Raises Untrusted when the stored rows do not add
        up.
        """
        end = self.size() if last is None else min(last, self.size())
        at = max(first, 0)
        while at < end:
            page = self._page(at, end)
            yield from page
            at += len(page)

    def read(self, first: int = 0, last: int | None = None) -> Iterator[Fact]:
        """Facts first <= seq < last in order. Raises Untrusted when stored bytes are not a fact."""
        for seq, entry in enumerate(self.entries(first, last), max(first, 0)):
            yield self._parsed(seq, entry)

    def find(self, query: FactQuery) -> Sequence[Fact]:
        """Facts that pass the filter, at most `limit`."""
        size = self.size()
        first = max(query.first_seq, 0)
        last = size if query.last_seq is None else min(query.last_seq, size)
        found: list[Fact] = []
        if first >= last or query.limit <= 0:
            return found
        numbers = range(first // BLOCK_FACTS, (last - 1) // BLOCK_FACTS + 1)
        for number in reversed(numbers) if query.newest_first else numbers:
            seqs = [seq for seq in self._candidates(number, size, query) if first <= seq < last]
            for fact in self._facts(reversed(seqs) if query.newest_first else iter(seqs)):
                if index.fits(index.head(fact), query):
                    found.append(fact)
                    if len(found) == query.limit:
                        return found
        return found

    def inclusion(self, seq: int, size: int | None = None) -> tuple[bytes, ...]:
        """The path of a fact in the tree of `size`. Raises Refused when it is not in that tree or the log is
        shorter.
        """
        with self._lock, translated(self.path):
            return tree.inclusion_path(seq, self._within(size), self._nodes.at)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """The path between two sizes. Raises Refused for size 0, or sizes beyond the log."""
        with self._lock, translated(self.path):
            return tree.consistency_path(old, self._within(new), self._nodes.at)

    def frontier(self) -> tree.Frontier:
        """The tree's frontier at the newest size, from what is stored."""
        with self._lock, translated(self.path):
            size = self.size()
            standing = [
                self._nodes.at(level, (size >> level) - 1) if size >> level & 1 else b""
                for level in range(size.bit_length())
            ]
            return tree.Frontier(size, tuple(standing))

    def edge(self, level: int, number: int, width: int) -> bytes:
        """The hashes of a tile that is not full."""
        with self._lock, translated(self.path):
            return self._nodes.edge(level, number, width)

    def tile(self, level: int, number: int) -> bytes:
        """The hashes of a full tile as stored, empty when there is none."""
        with self._lock, translated(self.path):
            row = self._connection.execute(
                "SELECT hashes FROM tiles WHERE place = ?", (place(level, number),)
            ).fetchone()
        return bytes(row[0]) if row else b""

    def tail(self, first: int, size: int) -> list[index.Head]:
        """Heads of the facts from `first`, the start of a block, up to `size`."""
        with self._lock:
            if self._tail_first != first:
                self._tail_first, self._tail = first, []
            have = first + len(self._tail)
            for seq, entry in enumerate(self.entries(have, size), have):
                try:
                    self._tail.append(index.head_of(entry))
                except NOT_JSON as exc:
                    raise Untrusted(f"fact {seq} is not one: {exc}", where=str(self.path), remedy=VERIFY) from exc
            return self._tail[: size - first]

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def _head(self) -> tuple[int, bytes]:
        with self._lock, translated(self.path):
            row = self._connection.execute("SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1").fetchone()
        return (int(row[0]), bytes(row[1])) if row else (0, b"")

    def _within(self, size: int | None) -> int:
        have = self.size()
        if size is not None and size > have:
            raise Refused(f"the spine has {have} facts, not {size}", where=str(self.path), remedy="name a smaller size")
        return have if size is None else size

    def _page(self, first: int, last: int) -> list[bytes]:
        """Entries from `first` on, at least one and not beyond `last`."""
        found: list[bytes] = []
        with self._lock, translated(self.path):
            rows = self._connection.execute(
                "SELECT first, entries FROM bundles WHERE first >="
                " (SELECT max(first) FROM bundles WHERE first <= ?) AND first < ? ORDER BY first LIMIT ?",
                (first, last, PAGE_ROWS),
            )
            filled = 0
            for start, bundle in rows:
                if start > first + len(found):
                    break
                entries = self._unpacked(start, bundle)
                found += entries[first + len(found) - start : last - start]
                filled += len(bundle)
                if filled > PAGE_BYTES:
                    break
        if not found:
            raise Untrusted(f"fact {first} is missing", where=str(self.path), remedy=VERIFY)
        return found

    def _leaves(self, first: int, last: int) -> bytes:
        """Leaf hashes of facts that lie in one tile, `first` being its first."""
        rows = self._connection.execute(
            "SELECT leaves FROM bundles WHERE first >= ? AND first < ? ORDER BY first", (first, last)
        )
        return b"".join([row[0] for row in rows])[: (last - first) * tree.HASH_BYTES]

    def _candidates(self, number: int, size: int, query: FactQuery) -> list[int]:
        first = number * BLOCK_FACTS
        if first + BLOCK_FACTS <= size:
            with self._lock, translated(self.path):
                return index.candidates(self._connection, number, query)
        return [seq for seq, head in enumerate(self.tail(first, size), first) if index.fits(head, query)]

    def _facts(self, seqs: Iterator[int]) -> Iterator[Fact]:
        """Facts by seq, in the order asked for; neighbours come from one fetched row."""
        start, entries = 0, list[bytes]()
        for seq in seqs:
            if not start <= seq < start + len(entries):
                with self._lock, translated(self.path):
                    row = self._connection.execute(
                        "SELECT first, entries FROM bundles WHERE first <= ? ORDER BY first DESC LIMIT 1", (seq,)
                    ).fetchone()
                start, entries = (row[0], self._unpacked(*row)) if row else (0, [])
            if not start <= seq < start + len(entries):
                raise Untrusted(f"fact {seq} is missing", where=str(self.path), remedy=VERIFY)
            yield self._parsed(seq, entries[seq - start])

    def _unpacked(self, start: int, bundle: object) -> list[bytes]:
        try:
            return tiles.unpack(bundle if isinstance(bundle, bytes) else b"\0")
        except Refused as exc:
            raise Untrusted(f"the row of fact {start}: {exc.what}", where=str(self.path), remedy=VERIFY) from exc

    def _parsed(self, seq: int, entry: bytes) -> Fact:
        try:
            fact = parse(entry)
        except Refused as exc:
            raise Untrusted(f"fact {seq} is not one: {exc.what}", where=str(self.path), remedy=VERIFY) from exc
        if fact.seq != seq:
            what = f"fact {seq} says that it is fact {fact.seq}"
            raise Untrusted(what, where=str(self.path), remedy=VERIFY)
        return fact
