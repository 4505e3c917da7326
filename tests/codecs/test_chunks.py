"""Canonical chunks: the same samples give the same digests however they are held, and any other sample another."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest

from ironkeep.codecs.chunks import TIMES, Block, Minutes, canonical, chunk_bytes, digests, minutes_digest, names, root
from tests.worlds.history.recording import START_US, layout

SHAPE = layout()


def block(first: int = 0, last: int = 3, samples: int = 4) -> Block:
    """Some samples of each asset of a range; asset 2 has none."""
    counts = [0 if asset == 2 else samples for asset in range(first, last)]
    asset = np.repeat(np.arange(first, last), counts)
    frame = np.concatenate([np.arange(n) for n in counts]).astype(np.uint32)
    return Block(
        layout=SHAPE,
        first=first,
        last=last,
        bounds=np.r_[0, np.cumsum(counts)].astype(np.int64),
        frame=frame,
        at_us=START_US + frame.astype(np.int64),
        collected_us=START_US + frame.astype(np.int64) - 5,
        polls=frame.astype(np.int64) + 1,
        analog=np.stack([asset + 0.5, asset - frame.astype(float)]).astype(np.float32),
        integer=(asset * 10 + frame)[None, :].astype(np.int64),
        quality=np.zeros((3, len(frame)), np.uint16),
    )


def test_each_asset_gives_its_times_and_then_its_points_in_order():
    assert names(SHAPE, 1, 2) == [
        ("cab-a.s1.m01", TIMES),
        ("cab-a.s1.m01", "cell_voltage_01_v"),
        ("cab-a.s1.m01", "temperature_c"),
        ("cab-a.s1.m01", "cycles"),
    ]
    assert len(digests(block())) == len(names(SHAPE)) == 12


def test_the_digests_do_not_depend_on_how_assets_are_split_into_blocks():
    assert digests(block()) == [*digests(block(0, 1)), *digests(block(1, 3))]


def test_the_bytes_of_a_chunk_are_as_the_rules_say():
    whole = b"".join(chunk_bytes(b"A", "a", "p_v", [np.array([1.5], "<f4"), np.array([8], "<u2")]))
    assert whole == b"IKCHUNK1A\x01\x00a\x03\x00p_v\x01\x00\x00\x00\x00\x00\xc0\x3f\x08\x00"
    assert hashlib.sha256(whole).digest() != digests(block())[1]


@pytest.mark.parametrize(
    ("name", "chunk"),
    [("frame", 0), ("at_us", 0), ("collected_us", 0), ("polls", 0), ("analog", 1), ("integer", 3), ("quality", 1)],
)
def test_one_value_changed_changes_its_own_chunk_alone(name, chunk):
    before = block()
    column = getattr(before, name).copy()
    column[..., 0].flat[0] += 1
    after = digests(replace(before, **{name: column}))
    assert [i for i, (a, b) in enumerate(zip(digests(before), after, strict=True)) if a != b] == [chunk]


def test_every_kind_of_nan_and_of_zero_is_one():
    odd = np.array([0x7FC00001, 0xFFC00000, 0x80000000, 0x3F800000], np.uint32).view(np.float32)
    assert canonical(odd).view(np.uint32).tolist() == [0x7FC00000, 0x7FC00000, 0, 0x3F800000]


def reference_root(leaves: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.1 as it is written."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + reference_root(leaves[:k]) + reference_root(leaves[k:])).digest()


def test_the_root_is_the_tree_hash_of_the_rfc():
    for many in range(40):
        leaves = [bytes([i]) * 32 for i in range(many)]
        assert root(leaves) == reference_root(leaves).hex()


def test_minutes_have_one_digest_however_they_are_split():
    columns = {
        "asset": np.array([0, 0, 1], np.uint32),
        "point": np.array([0, 1, 0], np.uint32),
        "minute_us": np.array([1, 2, 3], np.int64),
        **{name: np.array([1.0, np.nan, -0.0]) for name in ("low", "mean", "high")},
        "count": np.array([1, 2, 3], np.uint32),
        "quality": np.zeros(3, np.uint16),
    }
    whole = Minutes(**columns)
    parts = [Minutes(**{k: v[cut] for k, v in columns.items()}) for cut in (slice(0, 1), slice(1, 3))]
    assert minutes_digest([whole]) == minutes_digest(parts)
    columns["low"] = np.array([1.0, np.nan, 0.5])
    assert minutes_digest([Minutes(**columns)]) != minutes_digest([whole])
