"""The vault's file: its tables, its mode 0600, its one connection, and how a file of an earlier version is taken over.

Version 1 (without a number) knew operators and viewers. Its oldest operator becomes admin, because only the first
person came by the start's link; everything else stays as it is, sessions too. Version 2 knew no second
factor, version 3 no contracts.
"""

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ironkeep.model.errors import Refused, Unavailable

VERSION_2, VERSION_3, VERSION = 2, 3, 4
SCHEMA_1 = """
CREATE TABLE account (
  name TEXT PRIMARY KEY COLLATE NOCASE, role TEXT NOT NULL, hash TEXT NOT NULL, created_us INTEGER NOT NULL
) STRICT;
CREATE TABLE invitation (
  digest BLOB PRIMARY KEY, role TEXT NOT NULL, expires_us INTEGER NOT NULL
) STRICT;
CREATE TABLE session (
  digest BLOB PRIMARY KEY, account TEXT NOT NULL, csrf TEXT NOT NULL, opened_us INTEGER NOT NULL,
  expires_us INTEGER NOT NULL
) STRICT;
CREATE TABLE browser (
  digest BLOB PRIMARY KEY, account TEXT NOT NULL COLLATE NOCASE, seen_us INTEGER NOT NULL
) STRICT;
CREATE TABLE failure (
  who TEXT PRIMARY KEY, count INTEGER NOT NULL, last_us INTEGER NOT NULL
) STRICT;
"""
"""What the first version made; a new file starts from it too, so that both take the same step."""
TO_2 = """
ALTER TABLE account ADD COLUMN seen_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN closed_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invitation ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE invitation ADD COLUMN by_whom TEXT NOT NULL DEFAULT 'start';
ALTER TABLE session ADD COLUMN seen_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN browser BLOB NOT NULL DEFAULT x'';
ALTER TABLE session ADD COLUMN origin TEXT NOT NULL DEFAULT '';
CREATE TABLE token (
  prefix TEXT PRIMARY KEY, digest BLOB NOT NULL, service TEXT NOT NULL, owner TEXT NOT NULL, scopes TEXT NOT NULL,
  created_us INTEGER NOT NULL, expires_us INTEGER NOT NULL, used_us INTEGER NOT NULL, revoked_us INTEGER NOT NULL
) STRICT;
CREATE TABLE owed (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, kind TEXT NOT NULL, account TEXT NOT NULL,
  fields TEXT NOT NULL
) STRICT;
CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
UPDATE invitation SET role = 'admin' WHERE role = 'operator' AND NOT EXISTS (SELECT 1 FROM account);
"""
TO_3 = """
CREATE TABLE factor (
  account TEXT PRIMARY KEY COLLATE NOCASE, secret BLOB NOT NULL, since_us INTEGER NOT NULL, step INTEGER NOT NULL
) STRICT;
CREATE TABLE factor_offered (
  account TEXT PRIMARY KEY COLLATE NOCASE, secret BLOB NOT NULL, until_us INTEGER NOT NULL
) STRICT;
CREATE TABLE recovery (digest BLOB PRIMARY KEY, account TEXT NOT NULL COLLATE NOCASE) STRICT;
CREATE TABLE halfway (
  digest BLOB PRIMARY KEY, account TEXT NOT NULL COLLATE NOCASE, until_us INTEGER NOT NULL, tries INTEGER NOT NULL
) STRICT;
"""
TO_4 = """
ALTER TABLE account ADD COLUMN employer TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN until_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE invitation ADD COLUMN employer TEXT NOT NULL DEFAULT '';
ALTER TABLE invitation ADD COLUMN until_us INTEGER NOT NULL DEFAULT 0;
"""
FIRST_OPERATOR = "SELECT name FROM account WHERE role = 'operator' ORDER BY created_us, name LIMIT 1"
OWNER_ONLY = 0o600


class Rows:
    """The open file. One connection, one thread at a time; several statements are one step inside `together`."""

    def __init__(self, path: Path) -> None:
        self._db = connect(path)
        self._lock = threading.RLock()

    def __call__(self, sql: str, *args: object) -> list[Any]:
        """The rows of one statement. Raises Unavailable when the file does not answer."""
        try:
            with self._lock:
                return self._db.execute(sql, args).fetchall()
        except sqlite3.IntegrityError:
            raise
        except sqlite3.Error as exc:
            raise Unavailable(f"the vault of accounts does not answer: {exc}", remedy="check the disk") from exc

    @contextmanager
    def together(self) -> Iterator[None]:
        """All statements inside happen, or none."""
        with self._lock:
            if self._db.in_transaction:
                yield
                return
            self("BEGIN IMMEDIATE")
            try:
                yield
                self("COMMIT")
            except BaseException:
                self._db.rollback()
                raise

    def shut(self) -> None:
        """Release the file."""
        with self._lock:
            self._db.close()


def connect(path: Path) -> sqlite3.Connection:
    """An open vault file of this version, made with mode 0600 where it is new, and narrowed to it where it is wider.

    Raises Unavailable when the file cannot be made or read, Refused when a newer version made it.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, OWNER_ONLY))
        path.chmod(OWNER_ONLY)
        found = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        found.execute("PRAGMA journal_mode = TRUNCATE")
        found.execute("PRAGMA synchronous = FULL")
        found.execute("PRAGMA secure_delete = ON")
        found.execute("PRAGMA busy_timeout = 5000")  # the command line may hold it for a moment
        _upgrade(found, path)
    except (OSError, sqlite3.Error) as exc:
        raise Unavailable(
            f"the vault of accounts cannot be opened: {exc}",
            where=str(path),
            remedy="check the folder's owner and space",
        ) from exc
    return found


def _upgrade(db: sqlite3.Connection, path: Path) -> None:
    """Bring the file to this version in one step: a crash in between leaves it as it was."""
    db.execute("BEGIN IMMEDIATE")
    try:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise Refused(
                f"the vault is of version {version}, this program knows {VERSION}",
                where=str(path),
                remedy="start the newer version of Ironkeep that made it",
            )
        if version < VERSION_2:
            if not db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'account'").fetchone():
                _run(db, SCHEMA_1)
            _run(db, TO_2)
            _name_admin(db)
        if version < VERSION_3:
            _run(db, TO_3)
        if version < VERSION:
            _run(db, TO_4)
            db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    except BaseException:
        db.rollback()
        raise


def _run(db: sqlite3.Connection, script: str) -> None:
    """Each statement of a script inside the transaction that is open (`executescript` would commit it)."""
    for statement in script.split(";\n"):
        if statement.strip():
            db.execute(statement)


def _name_admin(db: sqlite3.Connection) -> None:
    for (name,) in db.execute(FIRST_OPERATOR).fetchall():
        db.execute("UPDATE account SET role = 'admin' WHERE name = ?", (name,))
        fields = f'{{"account":"{name}","by":"upgrade","role":"admin","why":"the first account of an earlier version"}}'
        row = (secrets.token_hex(16), "RoleChanged", name, fields)
        db.execute("INSERT INTO owed (key, kind, account, fields) VALUES (?, ?, ?, ?)", row)
