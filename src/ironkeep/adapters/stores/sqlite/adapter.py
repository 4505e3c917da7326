"""The spine on SQLite: one writer, any number of readers, and in one transaction facts, tree, index and signed
checkpoint.

After any refusal of the disk the file is opened anew before the next write, and the edge is read from what really
stands there, so that nothing written half is ever built upon.
"""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from ironkeep.adapters.stores.sqlite import ledger, recovery
from ironkeep.adapters.stores.sqlite.lock import WriterLock
from ironkeep.adapters.stores.sqlite.reader import SqliteFactReader
from ironkeep.adapters.stores.sqlite.schema import open_writer, trouble
from ironkeep.facts import note
from ironkeep.facts.checkpoint import Checkpoint
from ironkeep.facts.envelope import Draft, Fact
from ironkeep.facts.seal import seal_all
from ironkeep.model.errors import Trouble
from ironkeep.model.ids import SiteId
from ironkeep.model.time import Now
from ironkeep.ports.facts import FactQuery
from ironkeep.ports.signer import Signer


def open_reader(path: Path) -> SqliteFactReader:
    """A read-only view of a spine. Raises Unavailable, Untrusted for what is no spine, Refused for a newer layout."""
    return SqliteFactReader(path)


def open_store(path: Path, signer: Signer, site: SiteId) -> "SqliteFactStore":
    """The writer of a spine; makes the file when there is none.

    Raises Conflict while another writer has it, Unavailable when the disk refuses, Untrusted when what is stored does
    not match its own signed checkpoint, Refused for the spine of another site.
    """
    return SqliteFactStore(path, signer, site)


class SqliteFactStore:
    """A FactStore. `found` says in plain words what the last writer left, `clean` whether it ended in order, `store`
    what the spine is kept in; all three are for the fact EngineStarted.
    """

    def __init__(self, path: Path, signer: Signer, site: SiteId) -> None:
        self.path = path
        self._site = site
        self._signer = signer
        self._key = note.VerifierKey(signer.name, signer.algorithm, signer.public_key)
        note.require_name(signer.name)
        self._mutex = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._lock = WriterLock(path)
        try:
            left = recovery.look(path, self._lock.left)
            self._connection = open_writer(path, site, signer.name)
            self._reader = SqliteFactReader(path)
            self._edge = ledger.edge_of(self._reader)
            report = recovery.report(self._reader, self._connection, left, self._edge.frontier, self._key)
        except BaseException as exc:
            self._drop()
            if self._lock.left:
                self._lock.abandon()
            else:
                self._lock.release()
            if isinstance(exc, sqlite3.Error):
                raise trouble(exc, path) from exc
            raise
        self.found, self.clean = report.found, report.clean
        self.described = f"SQLite {sqlite3.sqlite_version}, write-ahead log, synchronous FULL"

    def append(self, drafts: Sequence[Draft], now: Now) -> tuple[Fact, ...]:
        """Commit the drafts in order with one checkpoint; durable when it returns.

        Raises Unavailable when the disk refuses (full, read-only), Refused for a body that cannot be canonical: then
        nothing was written.
        """
        if not drafts:
            return ()
        with self._mutex:
            connection = self._ready()
            facts, entries = seal_all(drafts, self._edge.frontier.size, self._site, now)
            commit = ledger.commit_of(self._edge, facts, entries)
            signed = self._sign(commit)
            try:
                self._write(connection, commit, signed)
            except BaseException as exc:
                self._drop()
                if isinstance(exc, sqlite3.Error):
                    raise trouble(exc, self.path) from exc
                raise
            ledger.advance(self._edge, commit)
            return tuple(facts)

    def close(self) -> None:
        """Move the log into the file where possible, note an orderly end, release the file."""
        with self._mutex:
            if self._connection is not None:
                with contextlib.suppress(sqlite3.Error):  # else the log stays as it is; the next start reads it
                    self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._reader.close()
            self._drop()
            self._lock.release()

    def abandon(self) -> None:
        """Let go at once without tidying up or noting an orderly end, as a process does that is killed."""
        with self._mutex:
            self._reader.close()
            self._drop()
            self._lock.abandon()

    def size(self) -> int:
        """How many facts there are."""
        return self._reader.size()

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint, empty before the first fact."""
        return self._reader.checkpoint()

    def entries(self, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """Canonical bytes of facts first <= seq < last in order."""
        return self._reader.entries(first, last)

    def read(self, first: int = 0, last: int | None = None) -> Iterator[Fact]:
        """Facts first <= seq < last in order."""
        return self._reader.read(first, last)

    def find(self, query: FactQuery) -> Sequence[Fact]:
        """Facts that pass the filter."""
        return self._reader.find(query)

    def inclusion(self, seq: int, size: int | None = None) -> tuple[bytes, ...]:
        """The inclusion path of a fact."""
        return self._reader.inclusion(seq, size)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """The consistency path between two sizes."""
        return self._reader.consistency(old, new)

    def _sign(self, commit: ledger.Commit) -> bytes:
        text = Checkpoint(self._key.name, commit.frontier.size, commit.frontier.root()).text()
        return note.signed(text, ((self._key, self._signer.sign(text.encode())),))

    def _write(self, connection: sqlite3.Connection, commit: ledger.Commit, signed: bytes) -> None:
        """One transaction; on a failure SQLite leaves the file as it was."""
        before, size = self._edge.frontier.size, commit.frontier.size
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO bundles VALUES (?, ?, ?)", commit.bundles)
        if commit.tiles:
            connection.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", commit.tiles)
        for row, terms in commit.blocks:
            connection.execute("INSERT INTO blocks VALUES (?, ?, ?)", row)
            connection.executemany("INSERT INTO terms VALUES (?, ?, ?)", terms)
        if before and not commit.keeps_last:
            connection.execute("UPDATE checkpoints SET size = ?, note = ? WHERE size = ?", (size, signed, before))
        else:
            connection.execute("INSERT INTO checkpoints VALUES (?, ?)", (size, signed))
        connection.execute("COMMIT")

    def _ready(self) -> sqlite3.Connection:
        """The connection; after a refusal a new one, with the edge as the file now has it."""
        if self._connection is None:
            try:
                self._connection = open_writer(self.path, self._site, self._signer.name)
                self._edge = ledger.edge_of(self._reader)
            except Trouble:
                self._drop()
                raise
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None
