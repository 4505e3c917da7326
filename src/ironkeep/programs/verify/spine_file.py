"""A copy of a spine file, read-only. A file without a write-ahead log beside it is opened as one that nobody
changes.
"""

import os
import sqlite3
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from ironkeep.programs.verify.note import Head, read_head
from ironkeep.programs.verify.report import Problem, Unreadable
from ironkeep.programs.verify.source import Block, Bundle, Damage, Opened, Tile, other

APPLICATION_ID: Final = 0x49524F4E
LAYOUT: Final = 1
LEVEL_PLACES: Final = 1 << 48
TABLES: Final = frozenset(("spine", "bundles", "tiles", "checkpoints", "blocks", "terms"))
LENGTH_BYTES: Final = 2
HASH_BYTES: Final = 32
BLOCK_FACTS: Final = 4_096
TILE_FACTS: Final = 256
PAGE_CACHE_KIB: Final = 1_024  # KiB of pages a process keeps: each is read once

_length = struct.Struct(">H").unpack_from


class SpineFile:
    """A Source over one file."""

    indexed = True

    def __init__(self, path: str) -> None:
        """Open it. Raises Unreadable."""
        log = Path(f"{path}-wal").exists()
        name = f"file:{quote(os.fsencode(path))}?{'mode=ro' if log else 'mode=ro&immutable=1'}"
        try:
            self._connection = sqlite3.connect(name, uri=True, isolation_level=None)
            self._connection.execute(f"PRAGMA cache_size = -{PAGE_CACHE_KIB}")
            (owner,) = self._connection.execute("PRAGMA application_id").fetchone()
            (layout,) = self._connection.execute("PRAGMA user_version").fetchone()
            named = dict(self._connection.execute("SELECT name, type FROM sqlite_master").fetchall())
        except sqlite3.Error as exc:
            help_ = "; copy the file with its -wal into a folder you may write to" if log else ""
            raise Unreadable(f"{path} cannot be read as a spine: {exc}{help_}") from exc
        if owner != APPLICATION_ID or layout != LAYOUT or any(named.get(table) != "table" for table in TABLES):
            self._connection.close()
            alone = "" if log else "; where it was copied while Ironkeep ran, its -wal belongs to it: copy both"
            raise Unreadable(f"{path} is no spine of Ironkeep, or one of another layout{alone}")
        self._strange = sorted(f"{type_} {name!r}" for name, type_ in named.items() if not _ours(str(name)))

    def look(self) -> Opened:
        """What the file says of itself. Raises Unreadable when not even that can be read."""
        try:
            self._connection.execute("BEGIN")
            newest = self._one("SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1")
            last = self._one("SELECT first, leaves, entries FROM bundles ORDER BY first DESC LIMIT 1")
            origin = self._one("SELECT value FROM spine WHERE key = 'origin'")
            full = newest[0] // BLOCK_FACTS if newest else 0
            counts = [self._count(f"FROM {each}") for each in ("tiles", "blocks")]
            stray = {
                "rows of facts": self._count("FROM bundles WHERE first < 0"),
                "checkpoints": self._count("FROM checkpoints WHERE size <= 0"),
                "terms of the index": self._count("FROM terms WHERE block < 0")
                + self._count("FROM terms WHERE block >= ?", full),
            }
            self._connection.execute("COMMIT")
        except sqlite3.Error as exc:
            raise Unreadable(f"the file cannot be read: {exc}") from exc
        stored = last[0] + _many(*last[1:]) if last else 0
        notes = ["read from a spine file"]
        if newest is None:
            problems = [Problem(0, f"there is no signed checkpoint over the {stored} facts")] if stored else []
            return Opened(stored, None, problems, notes)
        size = newest[0]
        head, problems = _newest(size, newest[1], origin)
        if stored > size:
            problems.append(Problem(size, f"facts {size} to {stored - 1} stand after the newest checkpoint, unsigned"))
        if stored < size:
            problems.append(Problem(stored, f"facts {stored} to {size - 1}, under the newest checkpoint, are missing"))
        problems += [Problem(size, f"{many} {what} belong to no fact") for what, many in stray.items() if many]
        problems += [
            Problem(size, f"the file holds the {each}, which no writer of ours makes") for each in self._strange
        ]
        return Opened(min(size, stored), head, problems + _surplus(size, *counts), notes)

    def bundles(self, first: int, last: int) -> Iterator[Bundle]:
        """Entries in order, bundle by bundle."""
        at = first
        try:
            rows = self._connection.execute(
                "SELECT first, leaves, entries FROM bundles WHERE first >= ? AND first < ? ORDER BY first",
                (first, last),
            )
            for start, leaves, packed in rows:
                if start > at:
                    raise _missing(at, start)
                if start < at:
                    raise Damage(start, f"fact {start} stands there twice")
                entries, whole = _unpacked(_bytes(packed, at, f"fact {at}"))
                hashes = _bytes(leaves, at, f"the hash of fact {at}")
                if not whole:
                    seq = at + min(other(entries, hashes), max(len(entries) - 1, 0))
                    raise Damage(seq, f"fact {seq} is not what was written: its bytes, or their length, were changed")
                if not entries:
                    raise Damage(at, f"fact {at} is missing: its row is empty")
                if start // TILE_FACTS != (start + len(entries) - 1) // TILE_FACTS:
                    raise Damage(at, f"the row of fact {at} crosses a tile; no writer of ours does that")
                if at + len(entries) > last:  # what lies beyond is told when the file is looked at
                    entries = entries[: last - at]
                    hashes = hashes[: len(entries) * HASH_BYTES]
                yield Bundle(start, hashes, entries)
                at += len(entries)
        except sqlite3.Error as exc:
            raise Damage(at, f"from fact {at} on the file cannot be read: {exc}") from exc
        if at < last:
            raise _missing(at, last)

    def tile(self, level: int, number: int) -> Tile:
        """A full tile."""
        seq = number * TILE_FACTS ** (level + 1)
        name = f"tile {number} of level {level}"
        row = self._row(seq, "SELECT hashes, middles, root FROM tiles WHERE place = ?", level * LEVEL_PLACES + number)
        if row is None:
            raise Damage(seq, f"{name}, over the facts from {seq} on, is missing")
        hashes, middles, root = (_bytes(each, seq, name) for each in row)
        return Tile(hashes, middles, root)

    def edge(self, level: int, number: int, width: int) -> Tile | None:
        """Such tiles are not stored in a spine file."""
        return None

    def heads(self, first: int, last: int) -> Iterator[tuple[int, bytes]]:
        """Stored checkpoints in order of size."""
        try:
            rows = self._connection.execute(
                "SELECT size, note FROM checkpoints WHERE size > ? AND size <= ? ORDER BY size", (first, last)
            ).fetchall()
        except sqlite3.Error as exc:
            raise Damage(first, f"the checkpoints after fact {first} cannot be read: {exc}") from exc
        for size, data in rows:
            yield size, _bytes(data, size, f"the checkpoint of size {size}")

    def block(self, number: int) -> Block:
        """The index of a full block."""
        seq = number * BLOCK_FACTS
        row = self._row(seq, "SELECT at_min, at_max FROM blocks WHERE number = ?", number)
        try:
            rows = self._connection.execute("SELECT term, places FROM terms WHERE block = ?", (number,)).fetchall()
        except sqlite3.Error as exc:
            raise Damage(seq, f"the index of the facts from {seq} on cannot be read: {exc}") from exc
        if row is None:
            raise Damage(seq, f"the index of the facts from {seq} on is missing")
        earliest, latest = row
        if not (isinstance(earliest, int) and isinstance(latest, int)):
            raise Damage(seq, f"the times in the index of the facts from {seq} on are no numbers")
        if not all(isinstance(term, str) and isinstance(places, bytes) for term, places in rows):
            raise Damage(seq, f"the index of the facts from {seq} on holds something else than words and places")
        return Block(earliest, latest, dict(rows))

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _row(self, seq: int, query: str, key: int) -> tuple[object, ...] | None:
        try:
            found: tuple[object, ...] | None = self._connection.execute(query, (key,)).fetchone()
        except sqlite3.Error as exc:
            raise Damage(seq, f"what is stored over the facts from {seq} on cannot be read: {exc}") from exc
        return found

    def _one(self, query: str) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self._connection.execute(query).fetchone()
        return found

    def _count(self, which: str, *values: int) -> int:
        (found,) = self._connection.execute(f"SELECT count(*) {which}", values).fetchone()
        return int(found)


def _ours(name: str) -> bool:
    return name in TABLES or name.startswith("sqlite_")


def _many(leaves: object, packed: object) -> int:
    """How many facts a row holds: by its hashes, or by its bytes where it has none. One at least."""
    hashed = len(leaves) // HASH_BYTES if isinstance(leaves, bytes) else 0
    return max(hashed, len(_unpacked(packed)[0]) if not hashed and isinstance(packed, bytes) else 0, 1)


def _newest(size: int, data: object, origin: tuple[Any, ...] | None) -> tuple[Head | None, list[Problem]]:
    """The newest checkpoint, and what is wrong with it; None when it says nothing of use."""
    try:
        head = read_head(_bytes(data, size, "the newest checkpoint"))
    except ValueError as exc:
        return None, [Problem(size, f"the newest checkpoint is not one: {exc}")]
    except Damage as exc:
        return None, [exc.problem]
    if head.size != size:
        return None, [Problem(size, f"the checkpoint stored for size {size} speaks of size {head.size}")]
    name = origin[0] if origin else "none"
    if head.origin != name:
        return head, [Problem(size, f"the file is of log {name!r}, its checkpoint of {head.origin!r}")]
    return head, []


def _surplus(size: int, tiles: int, blocks: int) -> list[Problem]:
    """Tiles and blocks that belong to no fact."""
    wanted, width = 0, size
    while width := width // TILE_FACTS:
        wanted += width
    found: list[Problem] = []
    if tiles > wanted:
        found.append(Problem(size, f"{tiles - wanted} stored tiles belong to no fact"))
    if blocks > size // BLOCK_FACTS:
        found.append(Problem(size, f"{blocks - size // BLOCK_FACTS} blocks of the index belong to no fact"))
    return found


def _missing(first: int, last: int) -> Damage:
    return Damage(first, f"fact {first} is missing" + (f", and all up to {last - 1}" if last - first > 1 else ""))


def _unpacked(packed: bytes) -> tuple[list[bytes], bool]:
    """The entries of a row, and whether their lengths add up."""
    entries: list[bytes] = []
    at, end = 0, len(packed)
    while at + 1 < end:
        (size,) = _length(packed, at)
        start = at + LENGTH_BYTES
        at = start + size
        entries.append(packed[start:at])
    return entries, at == end


def _bytes(value: object, seq: int, what: str) -> bytes:
    if not isinstance(value, bytes):
        raise Damage(seq, f"{what} is stored as something else than bytes")
    return value
