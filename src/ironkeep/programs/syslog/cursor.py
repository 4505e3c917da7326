"""What the syslog process knows after a restart, in one small file that is whole or not there."""

import os
from pathlib import Path

import msgspec

from ironkeep.model.errors import Refused, Unavailable


class Cursor(msgspec.Struct, frozen=True):
    """`next` is the first fact not known to have arrived. While the collector is away: since when (wall time, else 0),
    from which fact on, and whether that is a fact yet.
    """

    next: int
    away_us: int = 0
    away_first: int = 0
    said: bool = False


class CursorFile:
    """Keeps one cursor."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encode = msgspec.json.Encoder().encode

    def read(self) -> Cursor | None:
        """The kept cursor, None where there is none. Raises Refused for one that cannot be understood."""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Cursor)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError, msgspec.MsgspecError) as exc:
            remedy = "remove it: then all is handed over again"
            raise Refused(f"the cursor cannot be read: {exc}", where=str(self._path), remedy=remedy) from exc

    def keep(self, cursor: Cursor) -> None:
        """Keep it in place of the old one. Raises Unavailable when the disk refuses: then the old one stands."""
        beside = self._path.with_name(f".{self._path.name}.new")
        try:
            with beside.open("wb") as file:
                file.write(self._encode(cursor))
                file.flush()
                os.fsync(file.fileno())  # before the name moves: a power cut never leaves an empty cursor
            beside.replace(self._path)
        except OSError as exc:
            raise Unavailable(f"the cursor cannot be kept: {exc.strerror}", where=str(self._path)) from exc
