"""The export killed at random moments: what it handed over may come twice, under its number, and nothing is missing."""

import asyncio
import contextlib
import multiprocessing
import socketserver
import threading
import time
from pathlib import Path

import numpy as np

from ironkeep.adapters.desks.unix.adapter import DeskClient
from ironkeep.adapters.exports.syslog.adapter import SyslogExport
from ironkeep.adapters.exports.syslog.config import Config, Transport
from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.codecs.syslog import place
from ironkeep.programs import clock
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.syslog.cursor import CursorFile
from ironkeep.programs.syslog.follower import Follower, Waits
from tests.worlds.syslog.test_rsyslog import Record, started

KILLS, FACTS_EACH = 4, 400
WAITS = Waits(settled_s=0.05, retry_min_s=0.05, retry_max_s=0.2, look_s=0.01, told_s=60.0)


class Collector(socketserver.ThreadingTCPServer):
    """Keeps every whole line of every connection; a line that was cut by a kill is none."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taken)
        self.lines: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server_address[1]


class Taken(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while count := self._count():
                line = self.rfile.read(count)
                if len(line) < count:
                    return
                self.server.lines.append(line.decode())

    def _count(self) -> int:
        digits = b""
        while (sign := self.rfile.read(1)).isdigit():
            digits += sign
        return int(digits) if sign == b" " else 0


def export(path: Path, port: int) -> None:
    """Be the export until killed."""
    folder = DataFolder(path)
    config = Config("127.0.0.1", port, Transport.TCP)
    cursor = CursorFile(path / "cursor")
    reader = open_reader(folder.spine)
    follower = Follower(reader, SyslogExport(config), DeskClient(folder.desk), cursor, WAITS, clock.now)
    asyncio.run(follower.run())


def until(fits) -> None:
    """Return once it is so; what never comes ends with the time of the test."""
    while not fits():
        time.sleep(0.005)


def test_an_export_killed_at_random_moments_loses_no_line_and_repeats_none_under_another_number(tmp_path):
    record = Record(tmp_path / "data")
    rng = np.random.default_rng(7)
    collector = Collector()
    context = multiprocessing.get_context("fork")  # nothing to import anew: the moment of the kill is random, not late
    wanted: set[int] = set()
    try:
        for _ in range(KILLS):
            wanted |= record.add(*[started(n) for n in range(FACTS_EACH)])
            before, more = len(collector.lines), int(rng.integers(1, FACTS_EACH))
            process = context.Process(target=export, args=(record.folder.path, collector.port), daemon=True)
            process.start()
            until(lambda: len(collector.lines) >= before + more)  # noqa: B023 - called before the next round
            process.kill()
            process.join()
            kept = CursorFile(record.folder.path / "cursor").read()
            assert kept is None or kept.next <= record.store.size()
        process = context.Process(target=export, args=(record.folder.path, collector.port), daemon=True)
        process.start()
        until(lambda: wanted <= {place(line).seq for line in collector.lines[:]})
        process.kill()
        process.join()
    finally:
        collector.shutdown()
        collector.server_close()
        record.store.close()
    by: dict[int, set[str]] = {}
    for line in collector.lines:
        by.setdefault(place(line).seq, set()).add(line)
    assert wanted <= by.keys()
    assert all(len(same) == 1 for same in by.values())
