"""The data folder of one site: where each part keeps what it keeps. It is private to the user who runs Ironkeep
(0700).
"""

import fcntl
import os
import shutil
from pathlib import Path
from typing import IO

from ironkeep.model.errors import Conflict, Refused, Unavailable

MARK = "ironkeep.data"  # a folder without this file is never emptied
MARK_TEXT = "The data of one Ironkeep site. Stop Ironkeep before you copy or remove it.\n"
PRIVATE = 0o700


class DataFolder:
    """Names every path below one folder; creates nothing until `open`."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.spine = self.path / "spine.sqlite"
        self.snapshots = self.path / "snapshots.sqlite"
        self.vault = self.path / "vault.sqlite"
        self.keys = self.path / "keys"
        self.blobs = self.path / "blobs"
        self.history = self.path / "history"
        self.desk = self.path / "desk.sock"
        self.stage = self.path / "stage.sock"
        self.ports = self.path / "ports.json"
        self.site = self.path / "site.toml"
        self.tls = self.path / "tls"  # the site's own authority and the console's certificate, where it has them
        self.address = self.path / "console.address"  # where people reach the console, as it last started
        self.nut = self.path / "nut.toml"  # how NUT servers want to be spoken to: a secret file of the operator's
        self.syslog = self.path / "syslog.toml"  # the collector that gets the record, where there is one
        self._lock: IO[str] | None = None

    def prepare(self) -> None:
        """Create the folder where there is none. Raises Refused for one that holds something else, Unavailable when it
        cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
            mark = self.path / MARK
            if not mark.exists():
                if any(self.path.iterdir()):
                    raise Refused(
                        "the folder is not empty and not one of Ironkeep's",
                        where=str(self.path),
                        remedy="name another folder with --data",
                    )
                mark.write_text(MARK_TEXT)
            self.path.chmod(PRIVATE)
        except OSError as exc:
            raise _unwritable(self.path, exc) from exc

    def open(self, *, fresh: bool = False) -> None:
        """Create the folder, or take it over; `fresh` empties one of ours first. Raises Conflict while another run
        holds it, and as `prepare`.
        """
        self.prepare()
        try:
            self._hold(self.path / MARK)
        except OSError as exc:
            raise _unwritable(self.path, exc) from exc
        if fresh:
            self._empty()

    def _hold(self, mark: Path) -> None:
        """Lock the folder for this process."""
        self._lock = mark.open("r+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            self._lock = None
            raise Conflict(
                "another `ironkeep run` uses this data folder",
                where=str(self.path),
                remedy="stop it, or name another with --data",
            ) from None

    def _empty(self) -> None:
        """Remove everything but the mark, which carries the lock."""
        for entry in self.path.iterdir():
            if entry.name == MARK:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def require(self) -> "DataFolder":
        """This folder, when a site was run in it. Raises Refused otherwise."""
        if not self.spine.exists():
            raise Refused(
                "no site has been run in this folder",
                where=str(self.path),
                remedy="name the right one with --data, or start one with `ironkeep run`",
            )
        return self


def _unwritable(path: Path, exc: OSError) -> Unavailable:
    what = f"the data folder cannot be written: {exc.strerror}"
    return Unavailable(what, where=str(path), remedy="name one with --data")


def default() -> Path:
    """The data folder when none is named: $IRONKEEP_DATA, else ./data."""
    return Path(os.environ.get("IRONKEEP_DATA", "data"))
