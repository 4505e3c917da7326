"""The Merkle tree of RFC 9162 over the canonical bytes of the facts: hashes, growth, paths and their checks. Pure.

A leaf is hashed behind a zero byte and a node behind a one, so that neither can pass for the other. Checks are
strict: a path that is too short, too long or holds anything but 32-byte hashes proves nothing, and nothing is
consistent with the empty tree (a protocol that starts there says so itself).
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from ironkeep.model.errors import Refused, Untrusted

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
TILE_WIDTH: Final = 256  # hashes in a full tile of C2SP tlog-tiles
TILE_LEVELS: Final = 8  # tree levels that one tile spans
PATH_MAX: Final = 64  # hashes in a path; a log of 2^63 facts has no longer one

NodeAt = Callable[[int, int], bytes]
"""The hash of the complete subtree of 2^level leaves that starts at leaf index * 2^level: called with (level,
index).
"""

# Begun once and copied for every hash: OpenSSL spends more on finding its algorithm than on hashing so little.
_LEAF: Final = hashlib.sha256(b"\0")
_NODE: Final = hashlib.sha256(b"\1")


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry. Source: RFC 9162 section 2.1.1."""
    made = _LEAF.copy()
    made.update(entry)
    return made.digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """The hashes of entries, in order."""
    return list(map(leaf_hash, entries))


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node. Source: RFC 9162 section 2.1.1."""
    made = _NODE.copy()
    made.update(left + right)
    return made.digest()


class Frontier(msgspec.Struct, frozen=True):
    """What must be remembered of a tree to let it grow: the roots of its complete subtrees, one for each bit of `size`.

    `nodes[level]` is the subtree of 2^level leaves, or empty where that bit of the size is 0.
    """

    size: int = 0
    nodes: tuple[bytes, ...] = ()

    def root(self) -> bytes:
        """The root of the tree. Source: RFC 9162 section 2.1.1."""
        standing = [node for node in self.nodes if node]
        if not standing:
            return EMPTY_ROOT
        root = standing[0]
        for left in standing[1:]:
            root = node_hash(left, root)
        return root

    def grown(self, leaves: Sequence[bytes], risen: dict[int, list[bytes]] | None = None) -> "Frontier":
        """The frontier after these leaf hashes. For each level that is a key of `risen`, the hashes of the subtrees of
        2^level leaves that became complete are added to its list, in order.
        """
        nodes = list(self.nodes)
        carried: list[bytes] = list(leaves)
        level = 0
        while carried:
            if level == len(nodes):
                nodes.append(b"")
            if risen is not None and level in risen:
                risen[level].extend(carried)
            if nodes[level]:
                carried.insert(0, nodes[level])
            nodes[level] = carried.pop() if len(carried) & 1 else b""
            pairs = iter(carried)
            carried = list(map(node_hash, pairs, pairs))
            level += 1
        return Frontier(self.size + len(leaves), tuple(nodes))


def subtree_root(leaves: Sequence[bytes]) -> bytes:
    """The root of a tree of these leaf hashes."""
    return Frontier().grown(leaves).root()


def span_hash(first: int, last: int, node_at: NodeAt) -> bytes:
    """The root over leaves first <= i < last, from complete subtrees. `first` is a multiple of the largest power of two
    that is not greater than last - first, as in every path.
    """
    assert first < last
    parts: list[bytes] = []
    while first < last:
        level = (last - first).bit_length() - 1
        parts.append(node_at(level, first >> level))
        first += 1 << level
    root = parts[-1]
    for left in reversed(parts[:-1]):
        root = node_hash(left, root)
    return root


def inclusion_path(seq: int, size: int, node_at: NodeAt) -> tuple[bytes, ...]:
    """The path of leaf `seq` in the tree of `size`, lowest first. Raises Refused when the leaf is not in that tree.

    Source: RFC 9162 section 2.1.3.1.
    """
    if not 0 <= seq < size:
        raise Refused(f"there is no fact {seq} in a tree of {size}", where="inclusion", remedy="name one that is in it")
    first, last = 0, size
    path: list[bytes] = []
    while last - first > 1:
        middle = first + _split(last - first)
        if seq < middle:
            path.append(span_hash(middle, last, node_at))
            last = middle
        else:
            path.append(span_hash(first, middle, node_at))
            first = middle
    return tuple(reversed(path))


def consistency_path(old: int, new: int, node_at: NodeAt) -> tuple[bytes, ...]:
    """The path that shows the tree of `old` to be a beginning of the tree of `new`; empty when they are equal.

    Raises Refused unless 0 < old <= new. Source: RFC 9162 section 2.1.4.1.
    """
    if not 0 < old <= new:
        raise Refused(
            f"no consistency path leads from size {old} to size {new}",
            where="consistency",
            remedy="name two sizes with 0 < old <= new",
        )
    first, last = 0, new
    whole = True
    path: list[bytes] = []
    while old != last:
        middle = first + _split(last - first)
        if old <= middle:
            path.append(span_hash(middle, last, node_at))
            last = middle
        else:
            path.append(span_hash(first, middle, node_at))
            first = middle
            whole = False
    if not whole:
        path.append(span_hash(first, last, node_at))
    return tuple(reversed(path))


def verify_inclusion(leaf: bytes, seq: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """Return when the path leads from the leaf hash to the root. Raises Untrusted when it does not, Refused when
    `seq` is not in a tree of `size`. Source: RFC 9162 section 2.1.3.2.
    """
    if not 0 <= seq < size:
        raise Refused(f"there is no fact {seq} in a tree of {size}", where="inclusion")
    _require_hashes(leaf, root, *path)
    here, end = seq, size - 1
    made = leaf
    for step in path:
        if end == 0:
            raise Untrusted("the path is longer than the tree is high", where=f"fact {seq}")
        if here & 1 or here == end:
            made = node_hash(step, made)
            while not here & 1 and here:
                here >>= 1
                end >>= 1
        else:
            made = node_hash(made, step)
        here >>= 1
        end >>= 1
    if end != 0:
        raise Untrusted("the path is shorter than the tree is high", where=f"fact {seq}")
    if made != root:
        raise Untrusted("the path does not lead to the root", where=f"fact {seq}")


def verify_consistency(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Return when the path shows the older tree to be a beginning of the newer. Raises Untrusted when it does not,
    Refused unless 0 < old <= new. Source: RFC 9162 section 2.1.4.2.
    """
    if not 0 < old <= new:
        raise Refused(f"nothing can be shown from size {old} to size {new}", where="consistency")
    _require_hashes(old_root, new_root, *path)
    where = f"sizes {old} and {new}"
    if old == new:
        if path:
            raise Untrusted("equal sizes need no path", where=where)
        if old_root != new_root:
            raise Untrusted("two roots for one size: the log shows different pasts", where=where)
        return
    steps = list(path)
    if old & (old - 1) == 0:  # a whole subtree: its root is known and not in the path
        steps.insert(0, old_root)
    if not steps:
        raise Untrusted("the path is empty", where=where)
    here, end = old - 1, new - 1
    while here & 1:
        here >>= 1
        end >>= 1
    made_old = made_new = steps[0]
    for step in steps[1:]:
        if end == 0:
            raise Untrusted("the path is longer than the tree is high", where=where)
        if here & 1 or here == end:
            made_old, made_new = node_hash(step, made_old), node_hash(step, made_new)
            while not here & 1 and here:
                here >>= 1
                end >>= 1
        else:
            made_new = node_hash(made_new, step)
        here >>= 1
        end >>= 1
    if end != 0:
        raise Untrusted("the path is shorter than the tree is high", where=where)
    if made_old != old_root:
        raise Untrusted("the path does not lead to the older root", where=where)
    if made_new != new_root:
        raise Untrusted("the path does not lead to the newer root", where=where)


def _split(size: int) -> int:
    """The largest power of two smaller than `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def _require_hashes(*hashes: bytes) -> None:
    if len(hashes) > PATH_MAX + 2:
        raise Untrusted(f"the path has {len(hashes)} hashes; no tree is that high")
    for each in hashes:
        if len(each) != HASH_BYTES:
            raise Untrusted(f"a hash has {len(each)} bytes, not {HASH_BYTES}")
