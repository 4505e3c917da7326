"""The spine as a folder of C2SP tlog-tiles, which tools that know nothing of us can audit: paths, bundles and hash
tiles.

Pure: entries in, (path, bytes) out, one bundle at a time, so that any length of log passes through little memory.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Final

from ironkeep.facts.tree import TILE_WIDTH, leaf_hashes, subtree_root
from ironkeep.model.errors import Refused

CHECKPOINT_PATH: Final = "checkpoint"
ENTRIES: Final = "entries"
_LENGTH_BYTES: Final = 2  # of the length before an entry


def tile_path(level: int | str, number: int, width: int = TILE_WIDTH) -> str:
    """Where a tile lies: `tile/<L>/<N>[.p/<W>]`; level `entries` for bundles. Source: C2SP tlog-tiles, Merkle Tree."""
    assert 0 < width <= TILE_WIDTH
    groups = [f"{number % 1000:03d}"]
    while (number := number // 1000) > 0:
        groups.insert(0, f"x{number % 1000:03d}")
    part = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{part}"


def pack(entries: Iterable[bytes]) -> bytes:
    """Entries as a bundle: each behind its length as a big-endian uint16. Source: C2SP tlog-tiles, Log entries."""
    return b"".join([len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries])


def unpack(bundle: bytes) -> list[bytes]:
    """The entries of a bundle. Raises Refused when the lengths do not add up."""
    found: list[bytes] = []
    at, end = 0, len(bundle)
    while at < end:
        start = at + _LENGTH_BYTES
        at = start + int.from_bytes(bundle[at:start], "big")
        if start > end or at > end:
            raise Refused(f"entry {len(found)} of the bundle is cut off", where="bundle")
        found.append(bundle[start:at])
    return found


def files(entries: Iterable[bytes], checkpoint: bytes) -> Iterator[tuple[str, bytes]]:
    """Every file of the folder for a log of these entries, which `checkpoint` must cover exactly; the checkpoint last.

    Partial tiles only at the right edge, none of them empty.
    """
    stream = iter(entries)
    levels: list[tuple[int, list[bytes]]] = []  # by tile level: the number of the tile under way, and its hashes
    number = 0
    while bundle := list(itertools.islice(stream, TILE_WIDTH)):
        leaves = leaf_hashes(bundle)
        yield tile_path(ENTRIES, number, len(bundle)), pack(bundle)
        yield tile_path(0, number, len(bundle)), b"".join(leaves)
        number += 1
        if len(bundle) == TILE_WIDTH:
            yield from _risen(levels, 0, subtree_root(leaves))
    for level, (which, hashes) in enumerate(levels, 1):
        if hashes:
            yield tile_path(level, which, len(hashes)), b"".join(hashes)
    yield CHECKPOINT_PATH, checkpoint


def _risen(levels: list[tuple[int, list[bytes]]], level: int, node: bytes) -> Iterator[tuple[str, bytes]]:
    """Put the root of a full tile into the tile above, and yield each tile that becomes full by it."""
    if level == len(levels):
        levels.append((0, []))
    number, hashes = levels[level]
    hashes.append(node)
    if len(hashes) == TILE_WIDTH:
        yield tile_path(level + 1, number), b"".join(hashes)
        levels[level] = (number + 1, [])
        yield from _risen(levels, level + 1, subtree_root(hashes))
