"""Where the nodes of the tree are read from: full tiles as stored, the right edge from what is below it.

A tile keeps two rows of hashes, 256 and the 16 that lie four levels above, so that any node inside costs 15 hashes at
most.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from ironkeep.adapters.stores.sqlite.config import MIDDLE_LEVELS, TILES_CACHED
from ironkeep.facts.tree import HASH_BYTES, TILE_LEVELS, TILE_WIDTH, node_hash

LEVEL_PLACES: Final = 1 << 48  # numbers of tiles in one level
MIDDLE_WIDTH: Final = 1 << MIDDLE_LEVELS

Tile = tuple[bytes, bytes]
"""Hashes, and the middles over complete groups of 16 of them (none for a tile at the right edge)."""


def place(level: int, number: int) -> int:
    """The key of a tile in its table."""
    return level * LEVEL_PLACES + number


class Nodes:
    """Reads nodes through a connection. `leaves(first, last)` gives leaf hashes of facts as one string of bytes."""

    def __init__(self, connection: sqlite3.Connection, leaves: Callable[[int, int], bytes]) -> None:
        self._connection = connection
        self._leaves = leaves
        self._tiles: OrderedDict[int, Tile] = OrderedDict()

    def at(self, level: int, index: int) -> bytes:
        """The complete subtree of 2^level leaves at that index. The caller knows that the log is long enough."""
        tile_level, height = divmod(level, TILE_LEVELS)
        number, offset = divmod(index << height, TILE_WIDTH)
        hashes, middles = self._tile(tile_level, number, offset + (1 << height))
        return _inner(hashes, middles, height, offset >> height)

    def edge(self, level: int, number: int, width: int) -> bytes:
        """The first `width` hashes of a tile that is not full."""
        if level == 0:
            first = number * TILE_WIDTH
            return self._leaves(first, first + width)
        below = place(level - 1, number * TILE_WIDTH)
        rows = self._connection.execute(
            "SELECT root FROM tiles WHERE place >= ? AND place < ? ORDER BY place", (below, below + width)
        ).fetchall()
        return b"".join(row[0] for row in rows)

    def _tile(self, level: int, number: int, width: int) -> Tile:
        key = place(level, number)
        found = self._tiles.get(key)
        if found is not None and len(found[0]) >= width * HASH_BYTES:
            self._tiles.move_to_end(key)
            return found
        row = self._connection.execute("SELECT hashes, middles FROM tiles WHERE place = ?", (key,)).fetchone()
        tile: Tile = row if row is not None else (self.edge(level, number, TILE_WIDTH), b"")
        self._tiles[key] = tile
        self._tiles.move_to_end(key)
        while len(self._tiles) > TILES_CACHED:
            self._tiles.popitem(last=False)
        return tile


def _inner(hashes: bytes, middles: bytes, height: int, index: int) -> bytes:
    """The node `height` levels above a tile's hashes."""
    if height == 0:
        return hashes[index * HASH_BYTES : (index + 1) * HASH_BYTES]
    if height == MIDDLE_LEVELS and middles:
        return middles[index * HASH_BYTES : (index + 1) * HASH_BYTES]
    left = _inner(hashes, middles, height - 1, 2 * index)
    return node_hash(left, _inner(hashes, middles, height - 1, 2 * index + 1))
