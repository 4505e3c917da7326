"""The writer's lock: one process at a time writes a spine. It is a file beside it, held until the writer ends.

The file holds a word while a writer is at work and nothing after an orderly end, so that the next start can tell.
"""

import contextlib
import fcntl
import os
from pathlib import Path

from ironkeep.adapters.stores.sqlite.config import FILE_MODE
from ironkeep.model.errors import Conflict, Unavailable

AT_WORK = b"a writer is at work\n"


class WriterLock:
    """Held from making until `release`. `left` says whether the last writer ended without releasing."""

    def __init__(self, spine: Path) -> None:
        """Take the lock. Raises Conflict while another writer has it, Unavailable when the disk refuses."""
        self.path = spine.with_name(f"{spine.name}.lock")
        try:
            self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        except OSError as exc:
            raise Unavailable(
                f"the spine cannot be locked for writing: {exc.strerror}",
                where=str(self.path),
                remedy="make the folder writable",
            ) from exc
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._handle)
            raise Conflict(
                "another program writes this spine already",
                where=str(spine),
                remedy="stop that one first; there is one writer at a time",
            ) from None
        try:
            self.left = os.fstat(self._handle).st_size > 0
            if not self.left:  # a mark that stands is not rewritten: on a full disk it would be lost
                os.pwrite(self._handle, AT_WORK, 0)
                os.fsync(self._handle)
        except OSError as exc:
            os.close(self._handle)
            raise Unavailable(
                f"the disk does not take a write: {exc.strerror}", where=str(self.path), remedy="free some space"
            ) from exc

    def release(self) -> None:
        """Note an orderly end and let go; on a disk that refuses, only let go."""
        with contextlib.suppress(OSError):  # else the next start checks more than it needs to
            os.ftruncate(self._handle, 0)
            os.fsync(self._handle)
        os.close(self._handle)

    def abandon(self) -> None:
        """Let go without noting an orderly end."""
        os.close(self._handle)
