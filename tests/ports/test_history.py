"""One suite for History and HistoryReader, run on the fake and on the real one in each of its tiers."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from ironkeep.adapters.stores.history.adapter import open_history, open_history_reader
from ironkeep.model.errors import Refused
from ironkeep.model.frame import Frame
from ironkeep.model.ids import AssetId, PointName
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.model.time import SECOND_US
from ironkeep.ports.history import History, HistoryPolicy, HistoryReader
from tests.ports.memory_history import MemoryHistory
from tests.worlds.history.recording import DAY_S, START_US, Clock, Spine, layout

UPKEEP_LIMIT_S = 60.0
SEED = 20261121
SHAPES = (layout("cells"), layout("cells", assets=4, extra=1), layout("others", assets=2))


def story(rng: np.random.Generator, turns: int = 400) -> Iterator[tuple[int, list[Frame]]]:
    """Turns of frames: gaps, rows not read again, absent and doubtful values, a layout that changes."""
    polls = {"cells": np.zeros(4, np.int64), "others": np.zeros(2, np.int64)}
    times = {"cells": np.zeros(4, np.int64), "others": np.zeros(2, np.int64)}
    for turn in range(turns):
        at_us = START_US + turn * SECOND_US
        frames = []
        for shape in (SHAPES[0] if turn < 200 else SHAPES[1], SHAPES[2]):
            rows, points = len(shape.assets), len(shape.analog)
            again = (rng.random(rows) < 0.8) & (not 90 <= turn < 140)
            polls[shape.group][:rows] += again
            times[shape.group][:rows][again] = at_us - rng.integers(0, 900_000, int(again.sum()))
            analog = rng.normal(3.3, 0.1, (rows, points)).astype(np.float32)
            analog[rng.random((rows, points)) < 0.1] = np.nan
            integer = rng.integers(-5, 2**40, (rows, 1))
            integer[rng.random((rows, 1)) < 0.1] = ABSENT_INTEGER
            bits = rng.choice([0, 0, 0, Quality.STALE, Quality.WITNESS, Quality.RANGE], (rows, points + 1))
            frames.append(
                Frame(
                    shape,
                    at_us,
                    analog,
                    integer,
                    bits.astype(np.uint16),
                    times[shape.group][:rows].copy(),
                    polls[shape.group][:rows].copy(),
                )
            )
        yield at_us, frames


def record(history: History, clock: Clock, rng: np.random.Generator, each_turn: Callable[[int], None]) -> None:
    for turn, (at_us, frames) in enumerate(story(rng)):
        clock.pass_s((at_us - clock.at_us) / SECOND_US)
        history.append(frames, "")
        each_turn(turn)


@pytest.fixture(scope="module", params=["fake", "log", "sealed", "mixed", "compacted"])
def told(request, tmp_path_factory) -> Iterator[tuple[HistoryReader, MemoryHistory]]:
    """A reader of the story, and the fake that was told the same; recorded once, for the tests only read."""
    oracle, rng, folder = MemoryHistory(), np.random.default_rng(SEED), tmp_path_factory.mktemp("history")
    record(oracle, Clock(), np.random.default_rng(SEED), lambda _: None)
    if request.param == "fake":
        yield oracle, oracle
        return
    clock, spine = Clock(), Spine()
    history = open_history(folder, HistoryPolicy(seal_every_s=10**6 if request.param == "log" else 77), clock, spine)

    def upkeep() -> None:
        spine.keep(history.outcomes())
        history.wait(UPKEEP_LIMIT_S)
        spine.keep(history.outcomes())

    record(history, clock, rng, lambda turn: upkeep() if request.param == "mixed" and turn in (100, 333) else None)
    if request.param in ("log", "mixed"):  # one more turn, behind which the story's last one is closed
        rest = np.ones((3, 1), np.int64), np.zeros((3, 3), np.uint16), np.ones(3, np.int64), np.ones(3, np.int64)
        history.append([Frame(layout("end"), 1, np.ones((3, 2), np.float32), *rest)], "")
    else:
        clock.pass_s(100)
        upkeep()
    if request.param == "compacted":
        clock.pass_s(DAY_S)
        upkeep()
        assert any(fact.kind == "SegmentsCompacted" for fact in spine.facts)
    yield open_history_reader(folder), oracle
    history.close()


def test_trends_are_those_of_every_sample_told(told):
    reader, oracle = told
    signals = [("cab-a.s1.m01", "cell_voltage_01_v"), ("cab-a.s1.m03", "voltage_00_v"), ("cab-a.s1.m00", "cycles")]
    spans = [(0, 400, 400), (0, 400, 7), (13, 371, 3), (85, 145, 60), (199, 201, 9), (-500, 900, 2), (390, 460, 1)]
    for asset, point in signals:
        for first, last, buckets in spans:
            asked = AssetId(asset), PointName(point), START_US + first * SECOND_US, START_US + last * SECOND_US, buckets
            found, expected = reader.trend(*asked), oracle.trend(*asked)
            assert len(found.at_us) <= buckets
            assert found.unit == expected.unit
            for name in ("at_us", "count", "low", "high", "quality"):
                np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=f"{asked} {name}")
            np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-6)


def test_a_gap_is_nan_with_no_samples_and_not_an_old_value(told):
    trend = told[0].trend(
        AssetId("cab-a.s1.m01"), PointName("cycles"), START_US + 95 * SECOND_US, START_US + 135 * SECOND_US, 40
    )
    assert np.isnan(trend.mean).all()
    assert trend.count.sum() == 0


def test_points_are_those_told_and_strangers_are_refused(told):
    reader, oracle = told
    for asset in ("cab-a.s1.m00", "cab-a.s1.m03", "nobody"):
        assert set(reader.points(AssetId(asset))) == set(oracle.points(AssetId(asset)))
    for asset, point in (("nobody", "cycles"), ("cab-a.s1.m03", "nothing")):
        with pytest.raises(Refused):
            reader.trend(AssetId(asset), PointName(point), 0, 1, 1)
