"""Where folds keep their state between starts: a small SQLite file, always derivable from the spine.

A file that is damaged or of another layout is thrown away and made anew: that costs time alone. A state that is not
what was saved is not handed out.
"""

import contextlib
import hashlib
import sqlite3
import threading
from pathlib import Path
from typing import Final

from ironkeep.adapters.stores.sqlite.config import BUSY_WAIT_MS, FILE_MODE
from ironkeep.adapters.stores.sqlite.schema import address, trouble
from ironkeep.model.errors import Untrusted

_LAYOUT: Final = 1
_KEPT: Final = 2  # states of one fold that stay
_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS snapshots (fold TEXT NOT NULL, version INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " digest BLOB NOT NULL, state BLOB NOT NULL, PRIMARY KEY (fold, version, seq))"
)


def open_snapshots(path: Path) -> "SqliteSnapshotStore":
    """The snapshots of a site. Raises Unavailable when the disk refuses."""
    return SqliteSnapshotStore(path)


class SqliteSnapshotStore:
    """A SnapshotStore."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            self._connection = _open(path)
        except sqlite3.Error as exc:
            if not isinstance(trouble(exc, path), Untrusted):
                raise trouble(exc, path) from exc
            _remove(path)
            try:
                self._connection = _open(path)
            except sqlite3.Error as again:
                raise trouble(again, path) from again

    def load(self, fold: str, version: int) -> tuple[int, bytes] | None:
        """The newest whole state of a fold of that version and the seq up to which it holds; None when there is
        none.
        """
        with self._lock:
            try:
                rows = self._connection.execute(
                    "SELECT seq, digest, state FROM snapshots WHERE fold = ? AND version = ? ORDER BY seq DESC",
                    (fold, version),
                ).fetchall()
            except sqlite3.Error:
                return None  # damaged: the fold starts at fact 0
        for seq, digest, state in rows:
            if isinstance(state, bytes) and _digest(fold, version, seq, state) == digest:
                return int(seq), state
        return None

    def save(self, fold: str, version: int, seq: int, state: bytes) -> None:
        """Keep a state; older ones and those of other versions go. Raises Unavailable when the disk refuses."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.execute(
                    "INSERT OR REPLACE INTO snapshots VALUES (?, ?, ?, ?, ?)",
                    (fold, version, seq, _digest(fold, version, seq, state), state),
                )
                self._connection.execute(
                    "DELETE FROM snapshots WHERE fold = ?1 AND (version != ?2 OR seq NOT IN"
                    " (SELECT seq FROM snapshots WHERE fold = ?1 AND version = ?2 AND seq <= ?3"
                    " ORDER BY seq DESC LIMIT ?4))",
                    (fold, version, seq, _KEPT),
                )
                self._connection.execute("COMMIT")
            except sqlite3.Error as exc:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise trouble(exc, self.path) from exc

    def forget(self, beyond: int) -> None:
        """Let go of states that hold for more than so many facts, where the disk lets us."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            self._connection.execute("DELETE FROM snapshots WHERE seq > ?", (beyond,))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(address(path, "rwc"), uri=True, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_WAIT_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # losing one costs time alone
        (layout,) = connection.execute("PRAGMA user_version").fetchone()
        if layout not in (0, _LAYOUT):
            connection.execute("DROP TABLE IF EXISTS snapshots")
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA user_version = {_LAYOUT}")
        path.chmod(FILE_MODE)
    except BaseException:
        connection.close()
        raise
    return connection


def _remove(path: Path) -> None:
    for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        each.unlink(missing_ok=True)


def _digest(fold: str, version: int, seq: int, state: bytes) -> bytes:
    return hashlib.sha256(f"{fold}\n{version}\n{seq}\n".encode() + state).digest()
