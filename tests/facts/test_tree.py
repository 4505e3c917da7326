"""The tree against RFC 9162's recursive definition, written here from the text, and against pymerkle."""

import hashlib

import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ironkeep.facts import tree
from ironkeep.model.errors import Refused, Trouble, Untrusted


def mth(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1, over entries."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 9162 section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], complete: bool) -> list[bytes]:
    """RFC 9162 section 2.1.4.1."""
    if m == len(leaves):
        return [] if complete else [mth(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*subproof(m, leaves[:k], complete), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def entries(count: int) -> list[bytes]:
    return [f"entry {i}".encode() for i in range(count)]


def node_at(data: list[bytes]):
    return lambda level, index: mth(data[index << level : (index + 1) << level])


@pytest.mark.parametrize("size", [*range(70), 255, 256, 257, 300])
def test_the_root_is_that_of_the_definition(size: int) -> None:
    data = entries(size)
    assert tree.subtree_root(tree.leaf_hashes(data)) == mth(data)


@given(st.lists(st.integers(0, 40), max_size=12))
def test_growing_by_any_steps_gives_the_root_of_the_whole(steps: list[int]) -> None:
    data = entries(sum(steps))
    leaves = tree.leaf_hashes(data)
    frontier, at = tree.Frontier(), 0
    for step in steps:
        frontier = frontier.grown(leaves[at : at + step])
        at += step
        assert frontier.size == at
        assert frontier.root() == mth(data[:at])


@given(st.lists(st.integers(0, 200), max_size=6))
def test_growing_hands_out_each_complete_subtree_once(steps: list[int]) -> None:
    data = entries(sum(steps))
    leaves = tree.leaf_hashes(data)
    risen: dict[int, list[bytes]] = {0: [], 4: [], 8: []}
    frontier, at = tree.Frontier(), 0
    for step in steps:
        frontier = frontier.grown(leaves[at : at + step], risen)
        at += step
    for level, found in risen.items():
        width = 1 << level
        assert found == [mth(data[i : i + width]) for i in range(0, at - width + 1, width)]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13, 64, 100])
def test_inclusion_paths_are_those_of_the_definition_and_prove(size: int) -> None:
    data = entries(size)
    for seq in range(size):
        found = tree.inclusion_path(seq, size, node_at(data))
        assert list(found) == path(seq, data)
        tree.verify_inclusion(tree.leaf_hash(data[seq]), seq, size, found, mth(data))


@pytest.mark.parametrize("new", [1, 2, 3, 7, 8, 13, 33])
def test_consistency_paths_are_those_of_the_definition_and_prove(new: int) -> None:
    data = entries(new)
    for old in range(1, new + 1):
        found = tree.consistency_path(old, new, node_at(data))
        assert list(found) == subproof(old, data, True)
        tree.verify_consistency(old, new, found, mth(data[:old]), mth(data))


@given(st.data())
@settings(max_examples=200)
def test_a_path_with_any_change_proves_nothing(drawn: st.DataObject) -> None:
    size = drawn.draw(st.integers(1, 60))
    seq = drawn.draw(st.integers(0, size - 1))
    data = entries(size)
    good = path(seq, data)
    change = drawn.draw(st.sampled_from(["longer", "shorter", "flipped", "moved", "empty hash", "other leaf"]))
    bad, leaf, place = list(good), tree.leaf_hash(data[seq]), seq
    if change == "longer":
        bad.insert(drawn.draw(st.integers(0, len(bad))), bytes(32))
    elif change == "empty hash":
        bad.append(b"")
    elif change == "other leaf":
        leaf = tree.leaf_hash(b"forged")
    elif change == "moved":
        place = size + 1
    elif not good:
        return
    elif change == "shorter":
        bad.pop(drawn.draw(st.integers(0, len(bad) - 1)))
    else:
        at = drawn.draw(st.integers(0, len(bad) - 1))
        bad[at] = bytes([bad[at][0] ^ 1]) + bad[at][1:]
    with pytest.raises((Untrusted, Refused)):
        tree.verify_inclusion(leaf, place, size, bad, mth(data))


@given(st.data())
@settings(max_examples=200)
def test_a_consistency_path_with_any_change_proves_nothing(drawn: st.DataObject) -> None:
    new = drawn.draw(st.integers(2, 60))
    old = drawn.draw(st.integers(1, new - 1))
    data = entries(new)
    bad = subproof(old, data, True)
    change = drawn.draw(st.sampled_from(["longer", "shorter", "flipped", "empty hash", "other past", "empty"]))
    past = mth(data[:old])
    if change == "longer":
        bad.insert(drawn.draw(st.integers(0, len(bad))), bytes(32))
    elif change == "empty hash":
        bad[drawn.draw(st.integers(0, len(bad) - 1))] = b""
    elif change == "other past":
        past = mth([b"forged", *data[1:old]])
    elif change == "empty":
        bad = []
    elif change == "shorter":
        bad.pop(drawn.draw(st.integers(0, len(bad) - 1)))
    else:
        at = drawn.draw(st.integers(0, len(bad) - 1))
        bad[at] = bytes([bad[at][0] ^ 1]) + bad[at][1:]
    with pytest.raises(Untrusted):
        tree.verify_consistency(old, new, bad, past, mth(data))


def test_nothing_is_consistent_with_the_empty_tree() -> None:
    with pytest.raises(Refused, match="size 0"):
        tree.verify_consistency(0, 3, [], tree.EMPTY_ROOT, mth(entries(3)))
    with pytest.raises(Refused, match="size 0"):
        tree.consistency_path(0, 3, node_at(entries(3)))


def test_equal_sizes_need_equal_roots_and_no_path() -> None:
    root = mth(entries(3))
    tree.verify_consistency(3, 3, [], root, root)
    with pytest.raises(Untrusted, match="different pasts"):
        tree.verify_consistency(3, 3, [], root, mth(entries(4)))
    with pytest.raises(Untrusted, match="no path"):
        tree.verify_consistency(3, 3, [root], root, root)


@given(st.integers(0, 70), st.integers(0, 70), st.lists(st.binary(max_size=40), max_size=70), st.binary(max_size=40))
def test_random_proofs_are_refused_and_never_break(a: int, b: int, steps: list[bytes], root: bytes) -> None:
    with pytest.raises(Trouble):
        tree.verify_inclusion(bytes(32), a, b, steps, root)
    if a != b or steps:
        with pytest.raises(Trouble):
            tree.verify_consistency(a, b, steps, root, bytes(32))


@pytest.mark.parametrize("size", [1, 5, 100])
def test_pymerkle_gives_the_same_roots_and_accepts_our_paths(size: int) -> None:
    theirs = pymerkle.InmemoryTree(algorithm="sha256")
    data = entries(size)
    for entry in data:
        theirs.append_entry(entry)
    root = mth(data)
    assert theirs.get_root() == root
    for seq in range(size):
        steps = theirs.prove_inclusion(seq + 1).path
        at = steps.index(tree.leaf_hash(data[seq]))  # they keep the leaf itself in the path
        assert sorted(tree.inclusion_path(seq, size, node_at(data))) == sorted(steps[:at] + steps[at + 1 :])
