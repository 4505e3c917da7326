"""Blocks and minutes through Parquet: what comes back has the digests of what went in, whatever it holds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ironkeep.adapters.stores.history.door import connect
from ironkeep.adapters.stores.history.minutes import MINUTE_US, roll
from ironkeep.adapters.stores.history.parquet import (
    asset_span,
    columns,
    read_minutes,
    read_samples,
    segments_in,
    write_minutes,
    write_samples,
)
from ironkeep.codecs.chunks import Block, digests, minutes_digest
from ironkeep.model.errors import Untrusted
from ironkeep.model.point import PointKind
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from tests.worlds.history.recording import START_US, layout, spec

SHAPE = layout()


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    """Any values at all, a few samples an asset, perhaps none; frames ascending within an asset."""
    counts = draw(st.lists(st.integers(0, 5), min_size=3, max_size=3))
    n = sum(counts)
    return Block(
        layout=SHAPE,
        first=0,
        last=3,
        bounds=np.r_[0, np.cumsum(counts)].astype(np.int64),
        frame=np.concatenate([np.arange(k) for k in counts]).astype(np.uint32),
        at_us=draw(hnp.arrays("<i8", n)),
        collected_us=draw(hnp.arrays("<i8", n, elements=st.integers(0, 2**53))),
        polls=draw(hnp.arrays("<i8", n)),
        analog=draw(hnp.arrays("<u4", (2, n))).view(np.float32),
        integer=draw(hnp.arrays("<i8", (1, n))),
        quality=draw(hnp.arrays("<u2", (3, n))),
    )


@settings(max_examples=25)
@given(blocks(), blocks())
def test_any_samples_come_back_with_the_digests_they_went_in_with(tmp_path_factory, first, second):
    folder = tmp_path_factory.mktemp("parquet")
    engine = connect(folder, "200MB", 1)
    path = folder / "a" / "b.parquet"
    assert write_samples(engine, path, SHAPE, [("one", first), ("it's two", second)]) == path.stat().st_size
    found, strange = read_samples(engine, [path], SHAPE, ["one", "it's two"], 0, 3)
    assert [digests(block) for block in found] == [digests(first), digests(second)]
    assert strange == 0
    only, strange = read_samples(engine, [path], SHAPE, ["one"], 1, 2)
    assert digests(only[0]) == digests(first)[4:8]
    assert strange == int(np.diff(second.bounds)[1])
    everything = read_samples(engine, [path], SHAPE, ["one"], 1, 2, prune=False)
    assert everything[1] == second.samples
    minutes = [roll(first), roll(second)]
    write_minutes(engine, folder / "m.parquet", SHAPE, [("one", minutes[0]), ("it's two", minutes[1])])
    again, strange = read_minutes(engine, [folder / "m.parquet"], SHAPE, ["one", "it's two"], 0, 3)
    assert [minutes_digest([each]) for each in again] == [minutes_digest([each]) for each in minutes]
    assert strange == 0
    present = {name for name, block in (("one", first), ("it's two", second)) if block.samples}
    assert set(segments_in(engine, [path])) == present


def test_rollups_are_over_usable_samples_alone_and_keep_all_bits():
    seconds = np.array([0, 20, 40, 60, 80])
    quality = np.zeros((3, 5), np.uint16)
    quality[0, 1] = Quality.STALE
    quality[1, 3:] = Quality.LOST
    quality[2, 4] = Quality.WITNESS  # doubtful, but usable
    minutes = roll(
        Block(
            SHAPE,
            1,
            2,
            np.array([0, 5]),
            np.arange(5, dtype=np.uint32),
            *(START_US + seconds * 1_000_000,) * 2,
            np.arange(5),
            np.array([[1, 50, 3, 4, 5], [1, np.nan, 2, 9, 9]], np.float32),
            np.array([[7, 8, ABSENT_INTEGER, 1, 2]]),
            quality,
        )
    )
    assert minutes.asset.tolist() == [1] * 6
    assert minutes.point.tolist() == [0, 0, 1, 1, 2, 2]
    assert minutes.minute_us.tolist() == [START_US, START_US + MINUTE_US] * 3
    assert minutes.count.tolist() == [2, 2, 2, 0, 2, 2]
    np.testing.assert_equal(minutes.low, [1, 4, 1, np.nan, 7, 1])
    np.testing.assert_equal(minutes.mean, [2, 4.5, 1.5, np.nan, 7.5, 1.5])
    np.testing.assert_equal(minutes.high, [3, 5, 2, np.nan, 8, 2])
    assert minutes.quality.tolist() == [Quality.STALE, 0, 0, Quality.LOST, 0, Quality.WITNESS]


def test_points_whose_names_differ_in_case_alone_get_columns_of_their_own():
    shape = layout()
    odd = shape.__class__(
        shape.group,
        shape.assets,
        shape.devices,
        (spec("m1_W", PointKind.ANALOG), spec("m1_w", PointKind.ANALOG)),
        (),
        1.0,
        5.0,
    )
    assert columns(odd) == ["m1_W", "m1_w~1"]


def test_a_file_that_is_no_segment_is_not_trusted(tmp_path):
    engine = connect(tmp_path, "200MB", 1)
    (tmp_path / "x.parquet").write_bytes(b"PAR1 no PAR1")
    for reading in (
        lambda: read_samples(engine, [tmp_path / "x.parquet"], SHAPE, ["s"], 0, 3),
        lambda: read_minutes(engine, [tmp_path / "x.parquet"], SHAPE, ["s"], 0, 3),
        lambda: segments_in(engine, [tmp_path / "x.parquet"]),
        lambda: asset_span(engine, tmp_path / "x.parquet", SHAPE),
    ):
        with pytest.raises(Untrusted, match=r"x\.parquet"):
            reading()
