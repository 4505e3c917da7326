"""The vault's file: its tables, its mode 0600, and the one connection that writes it."""

import os
import sqlite3
from pathlib import Path

from ironkeep.model.errors import Unavailable

SCHEMA = """
CREATE TABLE IF NOT EXISTS account (
  name TEXT PRIMARY KEY COLLATE NOCASE, role TEXT NOT NULL, hash TEXT NOT NULL, created_us INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS invitation (
  digest BLOB PRIMARY KEY, role TEXT NOT NULL, expires_us INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS session (
  digest BLOB PRIMARY KEY, account TEXT NOT NULL, csrf TEXT NOT NULL, opened_us INTEGER NOT NULL,
  expires_us INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS browser (
  digest BLOB PRIMARY KEY, account TEXT NOT NULL COLLATE NOCASE, seen_us INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS failure (
  who TEXT PRIMARY KEY, count INTEGER NOT NULL, last_us INTEGER NOT NULL
) STRICT;
"""
OWNER_ONLY = 0o600


def connect(path: Path) -> sqlite3.Connection:
    """An open vault file, made with mode 0600 where it is new, and narrowed to it where it is wider.

    Raises Unavailable when the file cannot be made or read.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, OWNER_ONLY))
        path.chmod(OWNER_ONLY)
        found = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        found.execute("PRAGMA journal_mode = TRUNCATE")
        found.execute("PRAGMA synchronous = FULL")
        found.execute("PRAGMA secure_delete = ON")
        found.executescript(SCHEMA)
    except (OSError, sqlite3.Error) as exc:
        raise Unavailable(
            f"the vault of accounts cannot be opened: {exc}",
            where=str(path),
            remedy="check the folder's owner and space",
        ) from exc
    return found
