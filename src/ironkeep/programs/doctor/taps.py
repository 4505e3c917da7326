"""The taps of a site that listens: is each there, may it be read, may nobody forge what it says, does somebody write?

Nothing here opens a tap: a FIFO that is opened for a moment and left again ends its capturer. Whether somebody writes
is what the engine heard; without an engine it is not known, and said so.
"""

import asyncio
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ironkeep.adapters.blobs.files.adapter import FileBlobs
from ironkeep.adapters.desks.unix.adapter import DeskClient
from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.faces.cli.wiring import Ailment, Gravity
from ironkeep.model.errors import Trouble
from ironkeep.model.link import Link, LinkState
from ironkeep.model.site import Site
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.inventory import in_force

ANSWER_S: Final = 5.0
SOCKETS: Final = Path("/proc/net/unix")
ACCEPTS: Final = 0x10000  # __SO_ACCEPTCON of Linux: somebody listens
MAKE: Final = "mkfifo -m 600 {}, as the user that runs Ironkeep; then start the capturer"
START: Final = "start the capturer: docs/how-to/listen-without-connecting.md"


def look(folder: DataFolder) -> list[Ailment]:
    """Everything about the taps of the site in force; empty where nothing is listened to."""
    site = _site(folder)
    paths = sorted({device.tap for device in site.devices if device.tap}) if site is not None else []
    links = asyncio.run(_links(folder)) if paths else {}
    return [ailment for path in paths for ailment in _tap(path, site, links)]


def _tap(path: str, site: Site | None, links: dict[str, Link]) -> Iterator[Ailment]:
    assert site is not None
    heard = [links[device.id] for device in site.devices if device.tap == path and device.id in links]
    wrong = _wrong(Path(path))
    if wrong is not None:
        yield wrong
        return
    mark = f"the tap {path}: "
    if not heard:
        what = "the tap is there and may be read; whether somebody writes is heard once the engine runs"
        yield Ailment(Gravity.GOOD, what, path)
        return
    told = next((link.detail.removeprefix(mark) for link in heard if link.detail.startswith(mark)), "")
    if told:
        yield Ailment(Gravity.WARN, f"the tap is there, but {told.partition(';')[0]}", path, START)
        return
    silent = [str(link.device) for link in heard if link.state is not LinkState.UP]
    if silent:
        what = f"packets of now come, but none that answers for {', '.join(silent[:5])} ({len(silent)} of {len(heard)})"
        yield Ailment(Gravity.WARN, what, path, "is it the right mirror port, filter, address and unit?")
    else:
        yield Ailment(Gravity.GOOD, f"somebody writes, and {len(heard)} devices are heard", path)


def _wrong(path: Path) -> Ailment | None:
    """What is wrong with the tap as a file."""
    where = str(path)
    try:
        seen = path.stat()
    except FileNotFoundError:
        return Ailment(Gravity.BAD, "there is no such tap", where, MAKE.format(where))
    if stat.S_ISSOCK(seen.st_mode):
        if not _listens(where):
            return Ailment(Gravity.WARN, "the tap is a socket at which nobody listens", where, START)
    elif not stat.S_ISFIFO(seen.st_mode):
        what = "the tap is neither a FIFO nor a Unix socket"
        return Ailment(Gravity.BAD, what, where, f"remove it, then {MAKE.format(where)}")
    elif seen.st_mode & stat.S_IWOTH:
        return Ailment(
            Gravity.BAD, "everybody may write to the tap, and forge what is read", where, f"chmod o-w {where}"
        )
    needed = os.W_OK if stat.S_ISSOCK(seen.st_mode) else os.R_OK  # a socket is connected to, which asks for writing
    if not os.access(path, needed):
        return Ailment(Gravity.BAD, "you may not read the tap", where, f"chown $(id -un) {where}, or run as its owner")
    return None


def _listens(path: str) -> bool:
    """Does somebody listen at a socket of that path?"""
    for line in SOCKETS.read_text(errors="replace").splitlines()[1:]:
        words = line.split(maxsplit=7)
        if len(words) == 8 and words[7] == path and int(words[3], 16) & ACCEPTS:
            return True
    return False


def _site(folder: DataFolder) -> Site | None:
    """The site in force; None while none can be read, which other looks tell."""
    if not folder.spine.exists() or not folder.blobs.exists():
        return None
    try:
        reader = open_reader(folder.spine)
    except Trouble:
        return None
    try:
        return in_force(reader, FileBlobs(folder.blobs))
    except (Trouble, UnicodeDecodeError):
        return None
    finally:
        reader.close()


async def _links(folder: DataFolder) -> dict[str, Link]:
    """The links as the engine has them, by device; empty without an engine."""
    try:
        async with asyncio.timeout(ANSWER_S):
            async for live in DeskClient(folder.desk).follow():
                return {str(link.device): link for link in live.links}
    except (Trouble, OSError, TimeoutError):
        pass
    return {}
