"""An exported C2SP tlog-tiles folder, by whomever it was made."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ironkeep.programs.verify.note import read_head
from ironkeep.programs.verify.report import Unreadable
from ironkeep.programs.verify.source import Block, Bundle, Damage, Opened, Tile, other

WIDTH: Final = 256
HASH_BYTES: Final = 32
FILE_BYTES_MAX: Final = WIDTH * (65_535 + 2)


class TileFolder:
    """A Source over one folder."""

    indexed = False

    def __init__(self, path: str) -> None:
        self._folder = Path(path)
        self._size = self.look().size

    def look(self) -> Opened:
        """What the folder says of itself. Raises Unreadable when it has no checkpoint that can be read."""
        try:
            head = read_head((self._folder / "checkpoint").read_bytes())
        except OSError as exc:
            raise Unreadable(f"{self._folder} has no checkpoint that can be read: {exc.strerror}") from exc
        except ValueError as exc:
            raise Unreadable(f"the checkpoint of {self._folder} is not one: {exc}") from exc
        return Opened(head.size, head, [], ["read from a folder of tiles, which holds the newest checkpoint alone"])

    def bundles(self, first: int, last: int) -> Iterator[Bundle]:
        """Entries in order, bundle by bundle."""
        for start in range(first, last, WIDTH):
            width = min(WIDTH, self._size - start)
            packed = self._read("entries", start // WIDTH, width, start)
            entries: list[bytes] = []
            at = 0
            while at < len(packed):
                length = int.from_bytes(packed[at : at + 2], "big")
                entries.append(packed[at + 2 : at + 2 + length])
                at += 2 + length
            leaves = self._read("0", start // WIDTH, width, start)
            if at != len(packed) or len(entries) != width:
                seq = start + min(other(entries, leaves), width)
                raise Damage(seq, f"the bundle from fact {start} on does not hold {width} whole entries")
            yield Bundle(start, leaves, entries)

    def tile(self, level: int, number: int) -> Tile:
        """A full tile."""
        return Tile(self._read(str(level), number, WIDTH, number * WIDTH ** (level + 1)))

    def edge(self, level: int, number: int, width: int) -> Tile | None:
        """A tile at the right edge."""
        return Tile(self._read(str(level), number, width, number * WIDTH ** (level + 1)))

    def heads(self, first: int, last: int) -> Iterator[tuple[int, bytes]]:
        """There are none but the newest."""
        yield from ()

    def block(self, number: int) -> Block:
        """There is no index here."""
        raise AssertionError(number)

    def close(self) -> None:
        """Nothing is open."""

    def _read(self, level: str, number: int, width: int, seq: int) -> bytes:
        groups = [f"{number % 1000:03d}"]
        rest = number // 1000
        while rest:
            groups.insert(0, f"x{rest % 1000:03d}")
            rest //= 1000
        name = f"tile/{level}/{'/'.join(groups)}" + ("" if width == WIDTH else f".p/{width}")
        path = self._folder / name
        try:
            if path.stat().st_size > FILE_BYTES_MAX:
                raise Damage(seq, f"{name} is too long")
            return path.read_bytes()
        except OSError as exc:
            raise Damage(seq, f"{name}, over the facts from {seq} on, cannot be read: {exc.strerror}") from exc
