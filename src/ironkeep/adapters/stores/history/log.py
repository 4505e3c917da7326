"""The frame log: one append-only file a stretch, all groups together, one fdatasync a turn.

Rules. 1. What `append` returned for is on disk. 2. What it raised for is not in the file: the file is cut back to the
last whole turn, and when that fails too, the file is given up and its tail is cut at the next start. 3. After a
failed sync the file is given up, for what the kernel still holds of it cannot be known. 4. A layout is written before
its first frame.
"""

import contextlib
import errno
import mmap
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ironkeep.adapters.stores.history.config import FILE_MODE, WRITE_BUFFERS_MAX
from ironkeep.adapters.stores.history.durable import sync_folder
from ironkeep.codecs.frames import FILE_MAGIC, Bytes, Damage, RecordKind, scan
from ironkeep.model.errors import Unavailable
from ironkeep.model.frame import FrameLayout

SUFFIX: Final = ".frames"
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)


def log_name(number: int) -> str:
    """The file name of the log of that number."""
    return f"{number:08d}{SUFFIX}"


def logs(folder: Path) -> list[int]:
    """The numbers of the logs in a folder, in order."""
    found = folder.glob(f"*{SUFFIX}") if folder.is_dir() else ()
    return sorted(int(path.stem) for path in found if path.stem.isdecimal())


class FrameLog:
    """One open log. `usable` is False once it was given up."""

    def __init__(self, path: Path) -> None:
        """Create the file. Raises Unavailable when the disk refuses; then there is no file."""
        self.path = path
        self.length = len(FILE_MAGIC)
        self.records = 0
        self.usable = True
        self.layouts: set[str] = set()
        try:
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, FILE_MODE)
        except OSError as exc:
            raise refusal(path, exc) from exc
        try:
            self._write([FILE_MAGIC])
            os.fsync(self._handle)
            sync_folder(path.parent)
        except OSError as exc:
            self.usable = False
            with contextlib.suppress(OSError):
                path.unlink()
            os.close(self._handle)
            raise refusal(path, exc) from exc

    def append(self, buffers: Sequence[Bytes], records: int, layouts: Sequence[FrameLayout] = ()) -> None:
        """Write one turn's records durably. `layouts` are those whose records are among the buffers.

        Raises Unavailable when the disk refuses: then the file is as it was before.
        """
        assert self.usable
        try:
            written = self._write(buffers)
        except OSError as exc:
            self._cut_back()
            raise refusal(self.path, exc) from exc
        try:
            os.fdatasync(self._handle)
        except OSError as exc:
            self._cut_back()
            self.usable = False
            raise refusal(self.path, exc) from exc
        self.length += written
        self.records += records
        self.layouts.update(layout.digest for layout in layouts)

    def close(self) -> None:
        """Release the file."""
        self.usable = False
        with contextlib.suppress(OSError):
            os.close(self._handle)

    def _write(self, buffers: Sequence[Bytes]) -> int:
        """Write all bytes of the buffers, resuming after short writes; returns how many."""
        total = 0
        todo = [memoryview(piece) for piece in buffers if len(piece)]
        while todo:
            written = os.writev(self._handle, todo[:WRITE_BUFFERS_MAX])
            total += written
            while todo and written >= len(todo[0]):
                written -= len(todo.pop(0))
            if written:
                todo[0] = todo[0][written:]
        return total

    def _cut_back(self) -> None:
        """Take back what a refused append left in the file; give the file up when that is refused as well."""
        try:
            os.ftruncate(self._handle, self.length)
        except OSError:
            self.usable = False


def mend(path: Path) -> tuple[str, ...]:
    """Cut a torn tail off a log that nobody writes any more, and say in words what was found; nothing when all is well.

    Raises Unavailable when the disk refuses.
    """
    try:
        size = path.stat().st_size
        if size < len(FILE_MAGIC):
            path.unlink()
            return (
                f"{path.name}: was being created when the writer stopped ({size} bytes); removed, it held no frame",
            )
        with path.open("r+b") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as image:
            words, end, frames = _survey(path.name, image)
            if end < size:
                words.append(
                    f"{path.name}: its last {size - end} bytes are no whole record, as after a crash in the middle "
                    f"of a write; they are cut off, the {frames} whole frames before them are kept"
                )
                os.ftruncate(file.fileno(), end)
                os.fsync(file.fileno())
    except OSError as exc:
        raise refusal(path, exc) from exc
    return tuple(words)


def _survey(name: str, image: mmap.mmap) -> tuple[list[str], int, int]:
    """Words about damage, where the last whole record ends, and how many frames there are."""
    words: list[str] = []
    end, frames = len(FILE_MAGIC), 0
    if image[: len(FILE_MAGIC)] != FILE_MAGIC:
        words.append(f"{name}: does not begin as a frame log; its records are used all the same")
    with memoryview(image) as data:
        for found in scan(data):
            if isinstance(found, Damage):
                words.append(
                    f"{name}: {found.length} bytes from offset {found.offset} are damaged and passed over; "
                    "whole records follow them"
                )
            else:
                end = found.end
                frames += found.kind is RecordKind.FRAME
    return words, end, frames


def refusal(path: Path, exc: OSError, left: str = "frames of this turn are not kept") -> Unavailable:
    """The error for people when the disk refused; `left` says what a full disk leaves undone."""
    if exc.errno in _FULL:
        return Unavailable(
            f"the disk is full: {left}",
            where=str(path),
            remedy="free space; it goes on by itself",
        )
    if exc.errno == errno.EROFS:
        return Unavailable(
            "the disk is read-only", where=str(path), remedy="remount it writable, or move the data folder"
        )
    return Unavailable(
        f"the history cannot be written: {exc.strerror}", where=str(path), remedy="look at the disk and its permissions"
    )
