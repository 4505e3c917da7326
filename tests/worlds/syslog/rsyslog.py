"""Debian's own rsyslog as a collector, in a folder and on a port of its own. For tests alone."""

import asyncio
import re
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec

from tests.worlds.nut.real import STOP_S, free_port

DAEMON = Path("/usr/sbin/rsyslogd")
HANG_S = 40.0
LOOK_S = 0.05
# How rsyslog read each part of a line, and the line as it came.
TEMPLATE = "%pri%|%timereported:::date-rfc3339%|%hostname%|%app-name%|%msgid%|%structured-data%|%msg%|raw %rawmsg%\\n"
_LINE = re.compile(r"(\d+)\|([^|]*)\|([^|]*)\|([^|]*)\|([^|]*)\|(\[.*?[^\\]\])\|(.*)\|raw (<.*)")


async def until(true: Callable[[], bool]) -> None:
    """Wait until something is so; a test that waits in vain fails."""
    async with asyncio.timeout(HANG_S):
        for _ in iter(true, True):
            await asyncio.sleep(LOOK_S)


class Read(msgspec.Struct, frozen=True):
    """A line as rsyslog understood it."""

    pri: int
    at: str
    host: str
    app: str
    kind: str
    data: str
    text: str
    raw: str

    @property
    def seq(self) -> int:
        found = re.search(r' seq="(\d+)"', self.data)
        assert found, self.data
        return int(found[1])


class Rsyslog:
    """One collector. With `papers` (authority, certificate, key) it speaks TLS; `peer` must then name whoever comes."""

    def __init__(self, folder: Path, papers: tuple[str, str, str] | None = None, peer: str = "") -> None:
        assert DAEMON.exists(), "Debian's rsyslog is not there: run `make system`"
        self.folder, self.port = folder, free_port()
        self.out = folder / "collected"
        self.process: subprocess.Popen[bytes] | None = None
        settings, stream = "", ""
        if papers:
            ca, certificate, key = papers
            settings = (
                f'defaultNetstreamDriver="ossl" defaultNetstreamDriverCAFile="{ca}" '
                f'defaultNetstreamDriverCertFile="{certificate}" defaultNetstreamDriverKeyFile="{key}"'
            )
            who = (
                f'streamDriver.authMode="x509/name" permittedPeer=["{peer}"]'
                if peer
                else 'streamDriver.authMode="anon"'
            )
            stream = f'streamDriver.name="ossl" streamDriver.mode="1" {who}'
        (folder / "rsyslog.conf").write_text(
            f'global(workDirectory="{folder}" maxMessageSize="16k" parser.escapeControlCharactersOnReceive="off"'
            f" {settings})\n"
            f'module(load="imtcp" {stream})\n'
            f'template(name="parts" type="string" string="{TEMPLATE}")\n'
            f'ruleset(name="in") {{ action(type="omfile" file="{self.out}" template="parts") }}\n'
            f'input(type="imtcp" address="127.0.0.1" port="{self.port}" ruleset="in")\n'
        )

    def _run(self) -> None:
        self.process = subprocess.Popen(
            [str(DAEMON), "-n", "-f", str(self.folder / "rsyslog.conf"), "-i", str(self.folder / "pid")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "errors").open("ab"),
        )

    def _listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, (self.folder / "errors").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    async def start(self) -> None:
        self._run()
        await until(self._listens)

    def stop(self, *, hard: bool = False) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill() if hard else self.process.terminate()
            self.process.wait(STOP_S)
        self.process = None

    def lines(self) -> list[Read]:
        """What was collected so far, in the order in which it came; a line that is not understood fails the test."""
        if not self.out.exists():
            return []
        found = []
        for text in self.out.read_text().splitlines():
            match = _LINE.fullmatch(text)
            assert match, text
            found.append(Read(int(match[1]), *match.groups()[1:]))
        return found

    async def until(self, seqs: set[int]) -> list[Read]:
        """Wait until the facts of these numbers have come."""
        await until(lambda: seqs <= {each.seq for each in self.lines()})
        return self.lines()
