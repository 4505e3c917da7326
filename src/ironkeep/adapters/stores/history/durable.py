"""Files that are either there whole or not there: written beside, synced, renamed, and the folder synced."""

import os
from pathlib import Path
from typing import Final

from ironkeep.adapters.stores.history.config import FILE_MODE, FOLDER_MODE

UNFINISHED: Final = ".part"  # the suffix of a file that is not finished; such files are removed at the next run


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents, each durable in the one above it."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    sync_folder(folder.parent)


def unfinished(path: Path) -> Path:
    """Where a file is written before it takes its name."""
    return path.with_name(path.name + UNFINISHED)


def finish(path: Path) -> int:
    """Give the file at `unfinished(path)` its name, durably; returns its size in bytes."""
    beside = unfinished(path)
    handle = os.open(beside, os.O_RDWR)
    try:
        os.fchmod(handle, FILE_MODE)
        os.fsync(handle)
        size = os.fstat(handle).st_size
    finally:
        os.close(handle)
    beside.replace(path)
    sync_folder(path.parent)
    return size


def write_whole(path: Path, data: bytes) -> int:
    """Write a small file durably and whole; returns its size in bytes."""
    make_folder(path.parent)
    unfinished(path).write_bytes(data)
    return finish(path)
