"""The data folder: whose it is, who may read it, how much room is left, what was left behind."""

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ironkeep.adapters.keys.files.config import OTHERS, PRIVATE_FILE
from ironkeep.faces.cli.wiring import Ailment, Gravity
from ironkeep.ports.history import HistoryPolicy
from ironkeep.programs.folder import MARK, PRIVATE, DataFolder

RESERVE_BYTES: Final = 2_000_000_000  # beside the history: the spine, snapshots and room to write
FULL_BYTES: Final = 200_000_000  # with less than that nothing can be kept for long
NEAR: Final = 0.9  # of the history's budget
FILES_MAX: Final = 1_000_000  # that are counted
GB: Final = 1e9


def ownership(folder: DataFolder) -> Iterator[Ailment]:
    """Does it belong to us, and to nobody else?"""
    where = str(folder.path)
    if not folder.path.exists():
        remedy = "name the right one with --data; `ironkeep run` makes it at the first start"
        yield Ailment(Gravity.WARN, "there is no such data folder", where, remedy)
        return
    seen = folder.path.stat()
    if not (folder.path / MARK).exists():
        yield Ailment(Gravity.BAD, "it is not a data folder of Ironkeep", where, "name the right one with --data")
        return
    if seen.st_uid != os.geteuid():
        what = f"it belongs to user {seen.st_uid}, not to you ({os.geteuid()})"
        yield Ailment(Gravity.BAD, what, where, "run Ironkeep and this check as its owner")
    if stat.S_IMODE(seen.st_mode) & 0o077:
        what = f"others can look into it (mode {stat.S_IMODE(seen.st_mode):04o})"
        yield Ailment(Gravity.BAD, what, where, f"chmod {PRIVATE:o} {where}")
    else:
        yield Ailment(Gravity.GOOD, "yours alone", where)


def secrets(folder: DataFolder) -> Iterator[Ailment]:
    """Can anybody else use the keys, the accounts or the secrets of servers?"""
    private = [folder.keys, folder.keys / PRIVATE_FILE, folder.vault, folder.nut]
    there = [path for path in private if path.exists()]
    open_ = [path for path in there if path.stat().st_mode & OTHERS]
    for path in open_:
        mode = f"{path.stat().st_mode & 0o777:04o}"
        remedy = f"chmod {'700' if path.is_dir() else '600'} {path}"
        if path.name == PRIVATE_FILE:
            remedy += "; if others may have read it, treat what it signed since as unproved"
        yield Ailment(Gravity.BAD, f"others may use it (mode {mode})", str(path), remedy)
    if there and not open_:
        yield Ailment(Gravity.GOOD, f"{len(there)} secret places, yours alone", str(folder.keys))


def room(folder: DataFolder, policy: HistoryPolicy) -> Iterator[Ailment]:
    """Does the disk hold what the history may still grow to?"""
    used = size(folder.history)
    free = shutil.disk_usage(folder.path).free
    if used > policy.bytes_max:
        what = f"the history holds {used / GB:.1f} GB, more than its budget of {policy.bytes_max / GB:.0f} GB"
        remedy = "look for facts of kind HistoryExpired or a history that is in trouble: `ironkeep status`"
        yield Ailment(Gravity.WARN, what, str(folder.history), remedy)
    elif used > NEAR * policy.bytes_max:
        what = f"the history holds {used / GB:.1f} of {policy.bytes_max / GB:.0f} GB: the oldest samples go soon"
        yield Ailment(Gravity.WARN, what, str(folder.history), "carry away what must stay: `ironkeep backup`")
    else:
        what = f"the history holds {used / GB:.2f} of {policy.bytes_max / GB:.0f} GB"
        yield Ailment(Gravity.GOOD, what, str(folder.history))
    wanted = max(policy.bytes_max - used, 0) + RESERVE_BYTES
    where = str(folder.path)
    if free < FULL_BYTES:
        what = f"the disk has {free / GB:.2f} GB left: soon nothing can be recorded"
        yield Ailment(Gravity.BAD, what, where, "make room at once")
    elif free < wanted:
        what = f"{free / GB:.0f} GB are free; the history may still grow by {wanted / GB:.0f} GB"
        yield Ailment(Gravity.WARN, what, where, "give it a larger disk: a full disk stops recording, never reading")
    else:
        yield Ailment(Gravity.GOOD, f"{free / GB:.0f} GB are free, more than the history may need", where)


def size(path: Path) -> int:
    """Bytes of all files below a folder; files that vanish meanwhile count nothing."""
    total = seen = 0
    for base, _, names in os.walk(path):
        for name in names:
            seen += 1
            if seen > FILES_MAX:
                return total
            try:
                total += (Path(base) / name).lstat().st_size
            except OSError:
                continue
    return total


def held(folder: DataFolder) -> bool:
    """Does an `ironkeep run` hold the folder now?"""
    try:
        with (folder.path / MARK).open() as mark:
            fcntl.flock(mark, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def leftovers(folder: DataFolder, *, running: bool) -> Iterator[Ailment]:
    """What a stop without order left behind."""
    if running:
        return
    for path in (folder.desk, folder.stage):
        if path.exists():
            what = "a socket that nobody answers at: the last run did not end in order"
            yield Ailment(Gravity.WARN, what, str(path), "nothing to do: the next start replaces it")
    for path in sorted(folder.path.glob(".*.new")) + sorted(folder.keys.glob("*.part")):
        yield Ailment(Gravity.WARN, "a file that was never finished", str(path), f"rm {path}")
