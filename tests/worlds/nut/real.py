"""Debian's own upsd with the driver dummy-ups, in a folder and on a port of its own. For tests alone.

With `papers` (authority, certificate, key: PEM files, RSA) it offers encryption.
"""

import asyncio
import os
import signal
import socket
import subprocess
from pathlib import Path
from types import TracebackType

LIBRARY = Path("/lib/nut")
MAX_AGE_S = 2  # upsd calls a driver stale after that
POLL_S = 1  # of the driver
STOP_S = 10.0
PASSWORD = "words enough"  # of the account and of its certificates


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RealUpsd:
    """One upsd and one driver for each UPS; all processes are ended by their own ids."""

    def __init__(
        self, folder: Path, upses: dict[str, dict[str, str]], papers: tuple[str, str, str] | None = None
    ) -> None:
        assert (LIBRARY / "upsd").exists(), "Debian's nut-server is not there: run `make system`"
        self.folder, self.port = folder, free_port()
        self.drivers: dict[str, subprocess.Popen[bytes]] = {}
        self.server: subprocess.Popen[bytes] | None = None
        (folder / "state").mkdir(mode=0o700)
        sections = [
            f'[{name}]\ndriver = dummy-ups\nmode = dummy-loop\nport = {folder / name}.dev\ndesc = "the {name}"\n'
            for name in upses
        ]
        self._write("ups.conf", "".join(sections))
        extra = self._encryption(*papers) if papers else ""
        self._write("upsd.conf", f"LISTEN 127.0.0.1 {self.port}\nMAXAGE {MAX_AGE_S}\n{extra}")
        self._write("upsd.users", f'[reader]\npassword = "{PASSWORD}"\n')
        for name, values in upses.items():
            self.say(name, values)

    def _encryption(self, ca: str, certificate: str, key: str) -> str:
        """Debian builds upsd with NSS: certificate and key stand in a database of its own. Returns the settings."""
        store, word, sealed = self.folder / "nss", self.folder / "word", self.folder / "sealed.p12"
        store.mkdir(mode=0o700)
        self._write("word", PASSWORD)
        made = ["openssl", "pkcs12", "-export", "-in", certificate, "-inkey", key, "-certfile", ca, "-name", "upsd"]
        for command in (
            ["certutil", "-N", "-d", f"sql:{store}", "-f", str(word)],
            [*made, "-out", str(sealed), "-passout", f"file:{word}"],
            ["pk12util", "-i", str(sealed), "-d", f"sql:{store}", "-k", str(word), "-w", str(word)],
        ):
            subprocess.run(command, check=True, capture_output=True)
        return f'CERTPATH {store}\nCERTIDENT "upsd" "{PASSWORD}"\nCERTREQUEST NO\nDISABLE_WEAK_SSL true\n'

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)

    def say(self, ups: str, values: dict[str, str]) -> None:
        """What the driver reads from now on."""
        beside = self.folder / f".{ups}.new"
        beside.write_text("".join(f"{name}: {value}\n" for name, value in values.items()))
        beside.replace(self.folder / f"{ups}.dev")

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        places = {"NUT_CONFPATH": self.folder, "NUT_STATEPATH": self.folder / "state"}
        places["NUT_ALTPIDPATH"] = self.folder / "state"
        user = ("-u", "root") if os.geteuid() == 0 else ()
        return subprocess.Popen(
            [str(LIBRARY / command[0]), *command[1:], *user, "-F"],
            env=os.environ | {name: str(path) for name, path in places.items()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def start_driver(self, ups: str) -> None:
        self.drivers[ups] = self._start("dummy-ups", "-a", ups, "-i", str(POLL_S))

    def kill_driver(self, ups: str) -> None:
        driver = self.drivers.pop(ups)
        driver.kill()
        driver.wait(STOP_S)

    def pause_driver(self, ups: str) -> None:
        self.drivers[ups].send_signal(signal.SIGSTOP)

    def go_on_driver(self, ups: str) -> None:
        self.drivers[ups].send_signal(signal.SIGCONT)

    def start_server(self) -> None:
        self.server = self._start("upsd")

    def stop_server(self) -> None:
        assert self.server is not None
        self.server.terminate()
        self.server.wait(STOP_S)

    async def __aenter__(self) -> "RealUpsd":
        for ups in [path.stem for path in self.folder.glob("*.dev")]:
            self.start_driver(ups)
        while not all((self.folder / "state" / f"dummy-ups-{ups}").exists() for ups in self.drivers):
            assert all(driver.poll() is None for driver in self.drivers.values()), "a driver ended at once"
            await asyncio.sleep(0.05)
        self.start_server()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in (self.server, *self.drivers.values()):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait(STOP_S)
