"""A whole copy of a SQLite file that somebody may be writing to: one moment of it, while the writer goes on."""

import contextlib
import os
import sqlite3
from pathlib import Path

from ironkeep.adapters.stores.sqlite.config import BUSY_WAIT_MS, FILE_MODE
from ironkeep.adapters.stores.sqlite.schema import address, translated
from ironkeep.model.errors import Conflict


def copy(source: Path, target: Path) -> None:
    """Copy the file as it stands now, in one step, durably. The copy needs no log beside it.

    Raises Conflict when the target exists, Unavailable when a disk refuses, Untrusted for what is no SQLite file.
    """
    try:
        os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, FILE_MODE))
    except FileExistsError:
        raise Conflict("there is a file of that name", where=str(target), remedy="name a new folder") from None
    with (
        translated(source),
        contextlib.closing(sqlite3.connect(address(source, "ro"), uri=True, isolation_level=None)) as from_,
        contextlib.closing(sqlite3.connect(address(target, "rw"), uri=True, isolation_level=None)) as to,
    ):
        from_.execute(f"PRAGMA busy_timeout = {BUSY_WAIT_MS}")
        from_.backup(to)
        to.execute("PRAGMA journal_mode = DELETE")
    with target.open("rb") as file:
        os.fsync(file.fileno())
