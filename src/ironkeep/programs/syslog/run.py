"""Being the syslog process: the collector that the data folder names, until told to stop."""

import asyncio
import contextlib
import signal
from pathlib import Path
from typing import Final

import structlog

from ironkeep.adapters.desks.unix.adapter import DeskClient
from ironkeep.adapters.exports.syslog.adapter import SETTLED_S, SyslogExport
from ironkeep.adapters.exports.syslog.config import Beginning, Config, Transport, read_config
from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.programs import clock
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.syslog.cursor import Cursor, CursorFile
from ironkeep.programs.syslog.follower import NAME, Follower, Waits

CURSOR: Final = "syslog.cursor.json"  # in the data folder

_log = structlog.get_logger(NAME)


def serve(data: Path) -> None:
    """Be the syslog process until SIGINT or SIGTERM. Raises Refused or Unavailable for settings that are not right."""
    folder = DataFolder(data).require()
    asyncio.run(_serve(folder, read_config(folder.syslog)))


async def _serve(folder: DataFolder, config: Config) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    reader = open_reader(folder.spine)
    cursor = CursorFile(folder.path / CURSOR)
    if cursor.read() is None and config.begin is Beginning.NOW:
        cursor.keep(Cursor(reader.size()))
    settled_s = 0.0 if config.transport is Transport.UDP else SETTLED_S
    export = SyslogExport(config)
    waits = Waits(settled_s, config.retry_min_s, config.retry_max_s)
    follower = Follower(reader, export, DeskClient(folder.desk), cursor, waits, clock.now, config.enterprise)
    _log.info("the export follows the record", receiver=export.receiver, next=follower.cursor.next)
    running = asyncio.create_task(follower.run())
    waiting = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
    finally:
        waiting.cancel()
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        reader.close()
