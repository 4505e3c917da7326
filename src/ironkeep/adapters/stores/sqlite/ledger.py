"""What the writer knows of the spine's edge, and what one commit adds to it: the rows, and the edge after it.

Nothing here touches the file. A commit that the disk refuses leaves the old edge in force.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ironkeep.adapters.stores.sqlite import index
from ironkeep.adapters.stores.sqlite.config import BLOCK_FACTS, BUNDLE_FACTS, CHECKPOINT_EVERY, MIDDLE_LEVELS
from ironkeep.adapters.stores.sqlite.nodes import MIDDLE_WIDTH, place
from ironkeep.adapters.stores.sqlite.reader import SqliteFactReader
from ironkeep.facts import tiles, tree
from ironkeep.facts.envelope import Fact

_TILE_LEVELS_MAX: Final = 6  # 256^6 facts are more than 2^47
_LEVELS: Final = tuple(range(0, (_TILE_LEVELS_MAX + 1) * tree.TILE_LEVELS, MIDDLE_LEVELS))


@dataclass
class Edge:
    """The right edge of the tree and of the index. `open_[level]` holds the hashes of that level's unfinished tile, and
    the middles over them; `tail` the heads of the facts after the last full block.
    """

    frontier: tree.Frontier
    open_: list[tuple[list[bytes], list[bytes]]]
    tail: index.Heads


@dataclass
class Commit:
    """Everything that one append writes, and the edge after it."""

    bundles: list[tuple[int, bytes, bytes]]
    tiles: list[tuple[int, bytes, bytes, bytes]]
    blocks: list[index.Block]
    frontier: tree.Frontier
    open_: list[tuple[list[bytes], list[bytes]]]
    fresh: index.Heads
    keeps_last: bool  # the checkpoint before this one stays


def edge_of(reader: SqliteFactReader) -> Edge:
    """The edge as the file has it."""
    frontier = reader.frontier()
    size = frontier.size
    open_: list[tuple[list[bytes], list[bytes]]] = []
    for level in range(_TILE_LEVELS_MAX):
        number, width = divmod(size >> (level * tree.TILE_LEVELS), tree.TILE_WIDTH)
        packed = reader.edge(level, number, width) if width else b""
        hashes = [packed[at : at + tree.HASH_BYTES] for at in range(0, len(packed), tree.HASH_BYTES)]
        whole = range(0, len(hashes) - MIDDLE_WIDTH + 1, MIDDLE_WIDTH)
        open_.append((hashes, [tree.subtree_root(hashes[at : at + MIDDLE_WIDTH]) for at in whole]))
    return Edge(frontier, open_, index.by_columns(reader.tail(size - size % BLOCK_FACTS, size)))


def commit_of(edge: Edge, facts: Sequence[Fact], entries: Sequence[bytes]) -> Commit:
    """What appending these facts, with their canonical bytes, writes."""
    first = edge.frontier.size
    risen: dict[int, list[bytes]] = {level: [] for level in _LEVELS}
    leaves = tree.leaf_hashes(entries)
    frontier = edge.frontier.grown(leaves, risen)
    open_, full = _tiled(edge, first, risen)
    fresh = index.heads(facts)
    return Commit(
        bundles=_bundled(first, leaves, entries),
        tiles=full,
        blocks=_indexed(edge, first, fresh),
        frontier=frontier,
        open_=open_,
        fresh=fresh,
        keeps_last=first // CHECKPOINT_EVERY != frontier.size // CHECKPOINT_EVERY,
    )


def advance(edge: Edge, commit: Commit) -> None:
    """The commit is durable: its edge is the edge."""
    edge.frontier, edge.open_ = commit.frontier, commit.open_
    edge.tail.add(commit.fresh)
    if commit.blocks:
        edge.tail = edge.tail.part(len(commit.blocks) * BLOCK_FACTS)


def _bundled(first: int, leaves: Sequence[bytes], entries: Sequence[bytes]) -> list[tuple[int, bytes, bytes]]:
    """Rows of at most one tile's worth of facts, none across the border of a tile."""
    rows: list[tuple[int, bytes, bytes]] = []
    at = 0
    while at < len(entries):
        room = BUNDLE_FACTS - (first + at) % BUNDLE_FACTS
        part = entries[at : at + room]
        rows.append((first + at, b"".join(leaves[at : at + room]), tiles.pack(part)))
        at += len(part)
    return rows


def _tiled(
    edge: Edge, first: int, risen: dict[int, list[bytes]]
) -> tuple[list[tuple[list[bytes], list[bytes]]], list[tuple[int, bytes, bytes, bytes]]]:
    """The unfinished tiles after the commit, and the rows of those that it filled."""
    open_: list[tuple[list[bytes], list[bytes]]] = []
    rows: list[tuple[int, bytes, bytes, bytes]] = []
    for level, (old, old_middles) in enumerate(edge.open_):
        base = level * tree.TILE_LEVELS
        fresh = risen[base]
        if not fresh:  # then nothing rose above it either
            open_.extend(edge.open_[level:])
            break
        hashes = old + fresh
        middles = old_middles + risen[base + MIDDLE_LEVELS]
        number = (first >> base) // tree.TILE_WIDTH
        for root in risen[base + tree.TILE_LEVELS]:
            rows.append(
                (
                    place(level, number),
                    root,
                    b"".join(middles[:MIDDLE_WIDTH]),
                    b"".join(hashes[: tree.TILE_WIDTH]),
                )
            )
            hashes, middles = hashes[tree.TILE_WIDTH :], middles[MIDDLE_WIDTH:]
            number += 1
        open_.append((hashes, middles))
    return open_, rows


def _indexed(edge: Edge, first: int, fresh: index.Heads) -> list[index.Block]:
    """The rows of the blocks that the commit filled."""
    full = (len(edge.tail.times) + len(fresh.times)) // BLOCK_FACTS
    if not full:
        return []
    heads = edge.tail.part(0)
    heads.add(fresh)
    number = first // BLOCK_FACTS
    return [index.block(number + nth, heads.part(nth * BLOCK_FACTS, (nth + 1) * BLOCK_FACTS)) for nth in range(full)]
