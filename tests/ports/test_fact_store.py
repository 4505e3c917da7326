"""What every FactStore does, whatever it is kept in."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from ironkeep.adapters.keys.files.adapter import FileSigner, open_signer
from ironkeep.adapters.stores.sqlite.adapter import SqliteFactStore, open_reader, open_store
from ironkeep.facts import checkpoint, note, tree
from ironkeep.facts.alarm import AlarmReturned
from ironkeep.facts.engine import ClockJumped
from ironkeep.facts.envelope import Draft, Fact, canonical
from ironkeep.model.errors import Refused
from ironkeep.model.ids import SiteId
from ironkeep.model.time import Now
from ironkeep.ports.facts import FactQuery

SITE = SiteId("harbor")
START_US = 1_795_132_800_000_000
ASSETS = ("cab-a", "cab-a.s1", "cab-a.s1.m01", "cab-ab", "cab-b", "")
ACTORS = ("room:alarms", "person:kim", "person:kimberley")


def check(algorithm: int, public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return algorithm == note.ED25519


def key_of(signer: FileSigner) -> note.VerifierKey:
    return note.parse_verifier_key(signer.verifier_key)


def draft(rng: np.random.Generator) -> Draft:
    asset, actor = ASSETS[rng.integers(len(ASSETS))], ACTORS[rng.integers(len(ACTORS))]
    if not asset:
        return Draft(ClockJumped(int(rng.integers(1000))), actor)
    return Draft(
        AlarmReturned("alarm_x", asset, f"{rng.integers(100)} °C"), actor, cause="fact_y", observed_us=START_US
    )


def fill(store: SqliteFactStore, rng: np.random.Generator, sizes: tuple[int, ...]) -> list[Fact]:
    """Append batches, the wall clock now and then stepping back by an hour; every fact returned."""
    facts: list[Fact] = []
    at_us = START_US
    for size in sizes:
        at_us += int(rng.integers(-3_600_000_000, 5_000_000_000))
        facts += store.append([draft(rng) for _ in range(size)], Now(at_us, 0))
    return facts


@pytest.fixture
def signer(tmp_path) -> FileSigner:
    return open_signer(tmp_path / "keys", "ironkeep/harbor")


@pytest.fixture
def store(tmp_path, signer) -> Iterator[SqliteFactStore]:
    made = open_store(tmp_path / "spine.sqlite", signer, SITE)
    yield made
    made.close()


def test_an_empty_spine_has_no_facts_and_no_checkpoint(store) -> None:
    assert store.size() == 0
    assert store.checkpoint() == b""
    assert list(store.read()) == []
    assert store.append([], Now(START_US, 0)) == ()
    assert store.find(FactQuery()) == []


def test_what_is_appended_is_read_back_in_order(store, rng) -> None:
    facts = fill(store, rng, (1, 1, 254, 1, 300, 2))
    assert [fact.seq for fact in facts] == list(range(559))
    assert list(store.read()) == facts
    assert list(store.entries()) == [canonical(fact) for fact in facts]
    for first, last in ((0, 1), (254, 258), (255, 256), (300, 559), (558, 9999), (559, 600), (5, 5)):
        assert list(store.read(first, last)) == facts[first:last]


def test_the_checkpoint_is_signed_and_its_root_is_that_of_the_facts(store, signer, rng) -> None:
    facts: list[Fact] = []
    for size in (1, 2, 300):
        facts += fill(store, rng, (size,))
        head = checkpoint.opened(store.checkpoint(), (key_of(signer),), check)
        assert (head.origin, head.size) == ("ironkeep/harbor", len(facts))
        assert head.root == tree.subtree_root(tree.leaf_hashes(map(canonical, facts)))


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 800, 5000])
def test_inclusion_and_consistency_paths_prove_at_every_size(store, rng, size: int) -> None:
    facts = fill(store, rng, (size,))
    leaves = tree.leaf_hashes(map(canonical, facts))
    sizes = sorted({1, size // 3 + 1, size - size % 256 or 1, size})
    for at in sizes:
        root = tree.subtree_root(leaves[:at])
        for seq in sorted({0, at // 2, at - 1}):
            tree.verify_inclusion(leaves[seq], seq, at, store.inclusion(seq, at), root)
        for old in (each for each in sizes if each <= at):
            past = tree.subtree_root(leaves[:old])
            tree.verify_consistency(old, at, store.consistency(old, at), past, root)
    assert store.inclusion(0) == store.inclusion(0, size)


def test_proofs_of_what_is_not_there_are_refused(store, rng) -> None:
    fill(store, rng, (10,))
    for wrong in (lambda: store.inclusion(10), lambda: store.inclusion(-1), lambda: store.inclusion(3, 11)):
        with pytest.raises(Refused):
            wrong()
    for old, new in ((0, 5), (6, 5), (3, 11), (-1, 4)):
        with pytest.raises(Refused):
            store.consistency(old, new)


QUERIES = st.builds(
    FactQuery,
    kinds=st.sampled_from([(), ("ClockJumped",), ("AlarmReturned",), ("AlarmReturned", "ClockJumped"), ("Nothing",)]),
    asset=st.sampled_from(["", *ASSETS, "cab", "cab-a.s", "cab-a.s1.m0"]),
    actor=st.sampled_from(["", *ACTORS, "person"]),
    since_us=st.none() | st.integers(START_US - 4_000_000_000, START_US + 30_000_000_000),
    until_us=st.none() | st.integers(START_US - 4_000_000_000, START_US + 30_000_000_000),
    first_seq=st.integers(-5, 9_000),
    last_seq=st.none() | st.integers(0, 9_500),
    limit=st.sampled_from([0, 1, 7, 100_000]),
    newest_first=st.booleans(),
)


@pytest.fixture(scope="module")
def long_store(tmp_path_factory) -> Iterator[tuple[SqliteFactStore, list[Fact]]]:
    folder = tmp_path_factory.mktemp("long")
    made = open_store(folder / "spine.sqlite", open_signer(folder / "keys", "ironkeep/harbor"), SITE)
    facts = fill(made, np.random.default_rng(5), (3, 4000, 90, 1, 1, 1, 1, 4500, 20))
    yield made, facts
    made.close()


def passes(fact: Fact, query: FactQuery) -> bool:
    asset = fact.asset or ""
    return (
        (not query.kinds or fact.kind in query.kinds)
        and (not query.asset or f"{asset}.".startswith(f"{query.asset}."))
        and (not query.actor or fact.actor == query.actor)
        and (query.since_us is None or fact.at >= query.since_us)
        and (query.until_us is None or fact.at < query.until_us)
        and fact.seq >= query.first_seq
        and (query.last_seq is None or fact.seq < query.last_seq)
    )


@given(query=QUERIES)
@settings(max_examples=120)
def test_a_query_finds_what_looking_at_every_fact_finds(long_store, query: FactQuery) -> None:
    store, facts = long_store
    wanted = [fact for fact in facts if passes(fact, query)]
    if query.newest_first:
        wanted.reverse()
    assert list(store.find(query)) == wanted[: query.limit]


def test_a_refused_draft_leaves_nothing_of_its_batch(store, rng) -> None:
    fill(store, rng, (3,))
    before = store.checkpoint()
    with pytest.raises(Refused):
        store.append([Draft(ClockJumped(1), "engine"), Draft(ClockJumped(2**60), "engine")], Now(START_US, 0))
    assert (store.size(), store.checkpoint()) == (3, before)
    assert fill(store, rng, (1,))[0].seq == 3


def test_readers_see_each_commit_whole_while_the_writer_writes(store, rng, tmp_path) -> None:
    reader = open_reader(tmp_path / "spine.sqlite")
    wrong: list[str] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            size = reader.size()
            if size % 7:
                wrong.append(f"half a batch: {size}")
            if [fact.seq for fact in reader.read(max(0, size - 20), size)] != list(range(max(0, size - 20), size)):
                wrong.append(f"a gap before {size}")
            if size:
                reader.inclusion(size - 1, size)
                reader.find(FactQuery(actor="person:kim", limit=3, newest_first=True))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(120):
            fill(store, rng, (7,))
    finally:
        done.set()
        looking.join()
        reader.close()
    assert wrong == []
    assert store.size() == 840


def test_what_was_kept_is_there_after_closing_and_growth_goes_on(tmp_path, signer, rng) -> None:
    facts: list[Fact] = []
    for sizes in ((300, 5), (4000,), (1, 1), (255,)):
        store = open_store(tmp_path / "spine.sqlite", signer, SITE)
        assert store.size() == len(facts)
        facts += fill(store, rng, sizes)
        store.close()
    store = open_store(tmp_path / "spine.sqlite", signer, SITE)
    assert list(store.read()) == facts
    head = checkpoint.opened(store.checkpoint(), (key_of(signer),), check)
    assert head.root == tree.subtree_root(tree.leaf_hashes(map(canonical, facts)))
    store.close()
