"""The tables of the spine, how its file is opened, and what SQLite's refusals mean.

Exactly one connection writes, and it alone moves the write-ahead log into the file; everybody else opens read-only.
That is the rule that keeps clear of the WAL-reset fault of SQLite 3.7.0 to 3.51.2.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import quote

from ironkeep.adapters.stores.sqlite.config import (
    APPLICATION_ID,
    BUSY_WAIT_MS,
    FILE_MODE,
    LOG_BYTES_KEPT,
    LOG_PAGES,
    SCHEMA_VERSION,
)
from ironkeep.model.errors import Conflict, Refused, Trouble, Unavailable, Untrusted

TABLES = (
    # Who wrote this: site and origin.
    "CREATE TABLE spine (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    # Facts in order: leaf hashes and canonical bytes of those from `first` on, each behind its length.
    "CREATE TABLE bundles (first INTEGER PRIMARY KEY, leaves BLOB NOT NULL, entries BLOB NOT NULL)",
    # Full tiles: place = level * 2^48 + number; 256 hashes, the 16 hashes four levels up, and the root.
    "CREATE TABLE tiles (place INTEGER PRIMARY KEY, root BLOB NOT NULL, middles BLOB NOT NULL, hashes BLOB NOT NULL)",
    # The newest signed checkpoint, and the last one of every 256 facts.
    "CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, note BLOB NOT NULL)",
    # The index, by blocks of 4096 facts: when, and which of them speak of a kind (k:), an asset (a:), an actor (r:).
    "CREATE TABLE blocks (number INTEGER PRIMARY KEY, at_min INTEGER NOT NULL, at_max INTEGER NOT NULL)",
    "CREATE TABLE terms (block INTEGER, term TEXT, places BLOB NOT NULL, PRIMARY KEY (block, term)) WITHOUT ROWID",
)

_GOES_ON: Final = "nothing was half-written, and writing goes on by itself"
_UNAVAILABLE: Final = {
    sqlite3.SQLITE_FULL: ("the disk is full", f"free some space; {_GOES_ON}"),
    sqlite3.SQLITE_READONLY: ("the disk or the file is read-only", f"make it writable; {_GOES_ON}"),
    sqlite3.SQLITE_IOERR: ("the disk does not read or write", "look at the disk; nothing was half-written"),
    sqlite3.SQLITE_CANTOPEN: (
        "the file cannot be opened",
        "check that it is there and who may read it; a -wal beside it: copy both into a folder that may be written",
    ),
    sqlite3.SQLITE_PERM: ("the file may not be opened", "check who may read it"),
}
_PRIMARY = 0xFF  # the low byte of an extended result code is the result code


def address(path: Path, mode: str) -> str:
    """SQLite's own name for a file, opened `ro`, `rw` or `rwc`; any character may stand in the path. A file to read on
    a disk that is read-only, without a log, changes under nobody: SQLite need not make a log there to say so.
    """
    still = mode == "ro" and _on_readonly(path.parent) and not path.with_name(f"{path.name}-wal").exists()
    return f"file:{quote(os.fsencode(path.absolute()))}?mode={mode}{'&immutable=1' if still else ''}"


def _on_readonly(folder: Path) -> bool:
    return folder.is_dir() and bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def trouble(exc: sqlite3.Error, path: Path) -> Trouble:
    """What a refusal of SQLite means to the caller."""
    code = getattr(exc, "sqlite_errorcode", None) or 0
    code = sqlite3.SQLITE_FULL if code == sqlite3.SQLITE_IOERR_SHMSIZE else code & _PRIMARY  # no room for its `-shm`
    if code in _UNAVAILABLE:
        what, remedy = _UNAVAILABLE[code]
        return Unavailable(what, where=str(path), remedy=remedy)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Conflict("another program keeps the file locked", where=str(path), remedy="close that program")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return Untrusted(
            f"the file is damaged: {exc}", where=str(path), remedy="copy it away and run `ironkeep verify` on the copy"
        )
    return Unavailable(f"SQLite: {exc}", where=str(path))


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's refusals inside the block into ours."""
    try:
        yield
    except sqlite3.Error as exc:
        raise trouble(exc, path) from exc


def open_readonly(path: Path) -> sqlite3.Connection:
    """A connection that cannot write. Raises Unavailable, Untrusted for what is no spine, Refused for a newer one."""
    with translated(path):
        if not path.exists():
            raise Unavailable("there is no spine", where=str(path), remedy="name the folder of a site that has run")
        connection = sqlite3.connect(address(path, "ro"), uri=True, isolation_level=None, check_same_thread=False)
        try:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_WAIT_MS}")
            connection.execute("PRAGMA query_only = ON")
            _require_ours(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def open_writer(path: Path, site: str, origin: str) -> sqlite3.Connection:
    """The writing connection; makes the file when there is none. The caller holds the writer's lock.

    Raises Unavailable, Untrusted for what is no spine, Refused for a newer one or one of another site.
    """
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, FILE_MODE))
            _sync_folder(path.parent)
    except OSError as exc:
        raise Unavailable(f"the spine cannot be made: {exc.strerror}", where=str(path)) from exc
    with translated(path):
        connection = sqlite3.connect(address(path, "rw"), uri=True, isolation_level=None, check_same_thread=False)
        try:
            connection.execute(f"PRAGMA busy_timeout = {BUSY_WAIT_MS}")
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
            if mode != "wal":
                raise Unavailable(f"the disk does not allow a write-ahead log (it is {mode})", where=str(path))
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}")
            connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES_KEPT}")
            _create_or_require(connection, path, site, origin)
        except BaseException:
            connection.close()
            raise
        return connection


def _create_or_require(connection: sqlite3.Connection, path: Path, site: str, origin: str) -> None:
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,):
        connection.execute("BEGIN IMMEDIATE")
        for statement in TABLES:
            connection.execute(statement)
        connection.executemany("INSERT INTO spine VALUES (?, ?)", [("site", site), ("origin", origin)])
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
        return
    _require_ours(connection, path)
    (found,) = connection.execute("SELECT value FROM spine WHERE key = 'site'").fetchone() or ("",)
    if found != site:
        raise Refused(
            f"this is the spine of site {found!r}, not of {site!r}",
            where=str(path),
            remedy="name another data folder, or the site file that belongs to this one",
        )


def _require_ours(connection: sqlite3.Connection, path: Path) -> None:
    (owner,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if owner != APPLICATION_ID:
        raise Untrusted("the file is no spine of Ironkeep", where=str(path), remedy="name the right file")
    if version != SCHEMA_VERSION:
        raise Refused(
            f"the spine has layout {version}; this version of Ironkeep reads {SCHEMA_VERSION}",
            where=str(path),
            remedy="use the version of Ironkeep that wrote it, or a newer one",
        )


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
