"""The history on a real disk with real upkeep processes: seal, compact, expire, read, and start again."""

import resource
import signal
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest

from ironkeep.adapters.stores.history import catalogue as cat
from ironkeep.adapters.stores.history.adapter import FrameHistory, open_history, open_history_reader
from ironkeep.adapters.stores.history.door import connect
from ironkeep.adapters.stores.history.upkeep import Job, run
from ironkeep.codecs.chunks import chunk_digest, root
from ironkeep.facts.history import SegmentsCompacted, SegmentSealed, SegmentsExpired
from ironkeep.model.errors import Conflict, Refused, Unavailable
from ironkeep.model.ids import AssetId, PointName
from ironkeep.model.quality import Quality
from ironkeep.model.time import SECOND_US
from ironkeep.ports.history import HistoryPolicy
from ironkeep.programs.verify_segments import verify_segments
from tests.worlds.history.recording import DAY_S, START_US, Clock, Spine, frame, layout

ASSET = AssetId("cab-a.s1.m01")
VOLTAGE, CYCLES = PointName("cell_voltage_01_v"), PointName("cycles")
MINUTE = HistoryPolicy(seal_every_s=60)
UPKEEP_LIMIT_S = 60.0


def settle(history: FrameHistory, spine: Spine, clock: Clock) -> list[str]:
    """Let the upkeep run until it has nothing to say; what it says goes on the spine. Returns the kinds said."""
    said = []
    for _ in range(4):
        found = history.outcomes()
        spine.keep(found)
        said += [type(body).__name__ for body in found]
        history.wait(UPKEEP_LIMIT_S)
        clock.pass_s(6)
    assert history.trouble == ""
    return said


def record(history: FrameHistory, clock: Clock, turns: range, shape=None) -> None:
    """Append one frame a second."""
    shape = shape or layout()
    for turn in turns:
        history.append([frame(shape, turn, clock.at_us)], "ab" * 32 if turn % 60 == 1 else "")
        clock.pass_s(1)


def restart(history: FrameHistory, directory: Path, clock: Clock, spine: Spine, policy=MINUTE) -> FrameHistory:
    history.close()
    return open_history(directory, policy, clock, spine)


def seen(directory: Path, point: PointName, first: int = 0, seconds: int = 600) -> dict[int, float]:
    """Second of recording -> value, as a new reader sees them one by one; and no second holds two."""
    origin = START_US + first * SECOND_US - SECOND_US // 2
    trend = open_history_reader(directory).trend(ASSET, point, origin, origin + seconds * SECOND_US, seconds)
    assert trend.count.max() <= 1
    return {first + i: float(trend.mean[i]) for i in np.flatnonzero(trend.count)}


def test_a_frame_is_met_exactly_once_in_the_log_in_segments_and_in_both(tmp_path):
    clock, spine = Clock(), Spine()
    history = open_history(tmp_path, MINUTE, clock, spine)
    record(history, clock, range(100))
    expected = {turn: float(turn) for turn in range(100) if turn != 7}
    del expected[99]  # the newest turn is taken up when the next one stands behind it
    assert seen(tmp_path, CYCLES) == expected
    assert "SegmentSealed" in settle(history, spine, clock)
    assert seen(tmp_path, CYCLES) == expected
    history = restart(history, tmp_path, clock, spine)
    settle(history, spine, clock)
    assert seen(tmp_path, CYCLES) == expected | {99: 99.0}
    assert (tmp_path / "hot" / "00000001.frames").exists()
    history.close()


def test_an_unusable_value_never_enters_a_figure_and_leaves_its_bits(tmp_path):
    clock, spine = Clock(), Spine()
    history = open_history(tmp_path, MINUTE, clock, spine)
    record(history, clock, range(130))
    for _ in range(2):
        reader = open_history_reader(tmp_path)
        fine = reader.trend(ASSET, VOLTAGE, START_US - SECOND_US // 2, START_US + 20 * SECOND_US - SECOND_US // 2, 20)
        assert np.flatnonzero(np.isnan(fine.mean)).tolist() == [7, 11]
        assert fine.quality[[6, 7, 11]].tolist() == [0, Quality.STALE, Quality.ABSENT]
        coarse = reader.trend(ASSET, VOLTAGE, START_US, START_US + 120 * SECOND_US, 2)
        assert coarse.count.tolist() == [58, 60]
        assert coarse.quality.tolist() == [Quality.STALE | Quality.ABSENT, 0]
        settle(history, spine, clock)
    history.close()


def test_rollups_and_samples_give_the_same_trend(tmp_path):
    clock, spine = Clock(), Spine()
    history = open_history(tmp_path, HistoryPolicy(seal_every_s=250), clock, spine)
    record(history, clock, range(900))
    settle(history, spine, clock)
    reader = open_history_reader(tmp_path)
    first, last = START_US + 13 * SECOND_US, START_US + 717 * SECOND_US
    coarse = reader.trend(ASSET, VOLTAGE, first, last, 6)
    assert len(coarse.at_us) <= 6
    assert (np.diff(coarse.at_us) == 120 * SECOND_US).all()
    fine = reader.trend(ASSET, VOLTAGE, first, last, 704)
    place = (fine.at_us + SECOND_US // 2 - coarse.at_us[0]) // (120 * SECOND_US)
    for bucket in range(len(coarse.at_us)):
        inside = place == bucket
        assert coarse.count[bucket] == fine.count[inside].sum()
        assert coarse.low[bucket] == np.nanmin(fine.low[inside])
        assert coarse.high[bucket] == np.nanmax(fine.high[inside])
        assert coarse.mean[bucket] == pytest.approx(np.nansum(fine.mean[inside]) / fine.count[inside].sum(), rel=1e-6)
    history.close()


def test_a_row_that_was_not_read_again_is_no_new_sample(tmp_path):
    clock, shape = Clock(), layout()
    history = open_history(tmp_path, MINUTE, clock)
    for turn, polls in enumerate([1, 1, 2, 2, 2, 3, 4]):
        history.append([frame(shape, turn, clock.at_us, polls=polls)], "")
        clock.pass_s(1)
    assert sorted(seen(tmp_path, CYCLES)) == [0, 2, 5]
    size = (tmp_path / "hot" / "00000001.frames").stat().st_size
    history.append([frame(shape, 9, clock.at_us, polls=4)], "")
    assert (tmp_path / "hot" / "00000001.frames").stat().st_size == size
    history.close()


def test_a_group_whose_layout_changes_carries_on_under_both(tmp_path):
    clock, spine = Clock(), Spine()
    history = open_history(tmp_path, MINUTE, clock, spine)
    record(history, clock, range(20, 40))
    record(history, clock, range(40, 60), layout(assets=5, extra=2))
    clock.pass_s(60)
    record(history, clock, range(60, 61), layout(assets=5, extra=2))
    for _ in range(2):
        settle(history, spine, clock)
        found = seen(tmp_path, CYCLES)
        assert [found[i] for i in range(40)] == [20.0 + i for i in range(40)]
        assert "voltage_01_v" in open_history_reader(tmp_path).points(ASSET)
    assert sum(isinstance(body, SegmentSealed) for body in spine.bodies()) >= 2
    history.close()


def test_a_second_writer_is_refused_while_the_first_holds_the_folder(tmp_path):
    first = open_history(tmp_path, MINUTE, Clock())
    with pytest.raises(Conflict, match="another engine"):
        open_history(tmp_path, MINUTE, Clock())
    first.close()
    open_history(tmp_path, MINUTE, Clock()).close()


def test_what_was_never_recorded_is_refused_by_name(tmp_path):
    reader = open_history_reader(tmp_path / "not-there-yet")
    with pytest.raises(Refused, match="nothing was ever recorded of asset 'x'"):
        reader.trend(AssetId("x"), VOLTAGE, 0, 1, 1)
    clock = Clock()
    history = open_history(tmp_path, MINUTE, clock)
    record(history, clock, range(3))
    reader = open_history_reader(tmp_path)
    with pytest.raises(Refused, match="no recorded point 'y'"):
        reader.trend(ASSET, PointName("y"), 0, 1, 1)
    for first, last, buckets in ((0, 1, 0), (5, 5, 1), (0, 1, 10**9)):
        with pytest.raises(Refused):
            reader.trend(ASSET, VOLTAGE, first, last, buckets)
    assert reader.points(ASSET) == (VOLTAGE, PointName("temperature_c"), CYCLES)
    assert reader.points(AssetId("x")) == ()
    history.close()


def test_compaction_keeps_every_root_every_minute_and_every_value(tmp_path):
    clock, spine = Clock(), Spine()
    history = open_history(tmp_path, HistoryPolicy(seal_every_s=60, hot_kept_s=0), clock, spine)
    record(history, clock, range(200))
    settle(history, spine, clock)
    before = {point: seen(tmp_path, point, seconds=180) for point in (VOLTAGE, CYCLES)}
    clock.pass_s(DAY_S)
    record(history, clock, range(200, 202))
    assert "SegmentsCompacted" in settle(history, spine, clock)
    compacted = next(body for body in spine.bodies() if isinstance(body, SegmentsCompacted))
    assert set(compacted.segments) <= {body.segment for body in spine.bodies() if isinstance(body, SegmentSealed)}
    assert len(compacted.segments) >= 3
    assert {point: seen(tmp_path, point, seconds=180) for point in before} == before
    assert verify_segments(tmp_path, spine.bodies()) == []
    clock.pass_s(3700)
    settle(history, spine, clock)
    files = [path for path in (tmp_path / "raw").rglob("*.parquet") if "2026-11-20" in str(path)]
    assert [path.name for path in files] == [f"{compacted.file.rsplit('/', 1)[1]}-0000.parquet"]
    assert verify_segments(tmp_path, spine.bodies()) == []
    assert {point: seen(tmp_path, point, seconds=180) for point in before} == before
    history.close()


def test_a_day_of_many_assets_lies_in_several_files_and_proves_the_same(tmp_path):
    clock, spine, shape = Clock(), Spine(), layout(assets=120)
    history = open_history(tmp_path, HistoryPolicy(seal_every_s=60, hot_kept_s=0), clock, spine)
    record(history, clock, range(130), shape)
    clock.pass_s(DAY_S)
    assert "SegmentsCompacted" in settle(history, spine, clock)
    compacted = next(body for body in spine.bodies() if isinstance(body, SegmentsCompacted))
    assert compacted.parts > 1
    clock.pass_s(3700)
    settle(history, spine, clock)
    assert len(list((tmp_path / "raw").rglob("*.parquet"))) == compacted.parts
    assert verify_segments(tmp_path, spine.bodies()) == []
    reader = open_history_reader(tmp_path)
    for asset in (shape.assets[0], shape.assets[-1]):
        trend = reader.trend(asset, CYCLES, START_US, START_US + 120 * SECOND_US, 120)
        np.testing.assert_array_equal(trend.mean[20:119], np.arange(21, 120))
    moved = tmp_path / "raw" / f"{compacted.file}-0001.parquet"
    moved.write_bytes((tmp_path / "raw" / f"{compacted.file}-0000.parquet").read_bytes())
    words = [each.what for each in verify_segments(tmp_path, spine.bodies())]
    assert any("assets whose samples lie in the file before it" in each for each in words)
    history.close()


def test_a_second_engine_computes_the_sealed_roots_from_the_parquet_files(tmp_path):
    clock, spine = Clock(), Spine()
    history = open_history(tmp_path, MINUTE, clock, spine)
    record(history, clock, range(70))
    settle(history, spine, clock)
    (fact,) = spine.bodies()
    shape = layout()
    table = pq.read_table(tmp_path / "raw" / f"{fact.file}-0000.parquet").to_pydict()
    leaves = []
    for asset in shape.assets:
        rows = [i for i, name in enumerate(table["_asset"]) if name == asset]

        def column(name, kind, rows=rows):
            return np.array([table[name][i] for i in rows], kind)

        times = [("_frame", "<u4"), ("_at_us", "<i8"), ("_collected_us", "<i8"), ("_polls", "<i8")]
        leaves.append(chunk_digest(b"T", asset, "(times)", [column(*each) for each in times]))
        for letter, specs, kind in ((b"A", shape.analog, "<f4"), (b"I", shape.integer, "<i8")):
            for each in specs:
                held = [column(each.name, kind), column(each.name + ".q", "<u2")]
                leaves.append(chunk_digest(letter, asset, each.name, held))
    assert root(leaves) == fact.root
    assert len(leaves) == fact.chunks
    history.close()


def test_a_segment_that_says_of_its_times_what_it_does_not_hold_hides_nothing_unseen(tmp_path):
    """By the lowest and highest that a file states readers pass over rows: altered, they would hide what is there."""
    clock, spine = Clock(), Spine()
    history = open_history(tmp_path, MINUTE, clock, spine)
    record(history, clock, range(130))
    settle(history, spine, clock)
    history.close()
    sealed = [fact for fact in spine.bodies() if isinstance(fact, SegmentSealed)]
    assert verify_segments(tmp_path, sealed) == []
    for path, key in (
        (cat.raw_files(tmp_path, sealed[0].file, 1)[0], "_collected_us"),
        (cat.raw_files(tmp_path, sealed[0].file, 1)[0], "_row"),
        (cat.minute_files(tmp_path, sealed[0].file, 1)[0], "_signal"),
    ):
        kept = path.read_bytes()
        column = pq.read_table(path)[key]
        footer = len(kept) - 8 - int.from_bytes(kept[-8:-4], "little")
        width = column.type.bit_width // 8
        low, high = (int(f(column.to_pylist())).to_bytes(width, "little") for f in (min, max))
        path.write_bytes(kept[:footer] + kept[footer:].replace(high, low))
        (problem,) = verify_segments(tmp_path, sealed)
        assert problem.file == str(path.relative_to(tmp_path))
        path.write_bytes(kept)


def test_a_filter_emptied_in_a_segment_hides_no_sample_from_a_trend(tmp_path):
    """A Bloom filter says only what is not there; a trend asks none."""
    clock, spine = Clock(), Spine()
    history = open_history(tmp_path, MINUTE, clock, spine)
    record(history, clock, range(70))
    settle(history, spine, clock)
    history.close()
    before = seen(tmp_path, VOLTAGE)
    for path in (*tmp_path.glob("raw/**/*.parquet"), *tmp_path.glob("minutes/**/*.parquet")):
        data = bytearray(path.read_bytes())
        engine = connect(tmp_path, "100MB", 1)
        sql = "SELECT bloom_filter_offset, bloom_filter_length FROM parquet_metadata(?) WHERE bloom_filter_offset > 0"
        filters = engine.execute(sql, [str(path)]).fetchall()
        assert filters
        for offset, length in filters:
            data[offset + length - 32 : offset + length] = bytes(32)
        path.write_bytes(data)
    assert seen(tmp_path, VOLTAGE) == before


def test_raw_samples_and_rollups_expire_by_age_each_with_a_fact(tmp_path):
    clock, spine = Clock(), Spine()
    policy = HistoryPolicy(seal_every_s=60, raw_days=2, minutes_days=4, hot_kept_s=0)
    history = open_history(tmp_path, policy, clock, spine)
    record(history, clock, range(130))
    settle(history, spine, clock)
    for days, raw, rolled in ((1, True, True), (1.5, False, True), (2, False, False)):
        clock.pass_s(days * 25 * 3600)
        settle(history, spine, clock)
        clock.pass_s(3700)
        settle(history, spine, clock)
        assert bool(list((tmp_path / "raw").rglob("*.parquet"))) == raw
        assert bool(list((tmp_path / "minutes").rglob("*.parquet"))) == rolled
        assert verify_segments(tmp_path, spine.bodies()) == []
        if rolled:
            trend = open_history_reader(tmp_path).trend(ASSET, VOLTAGE, START_US, START_US + 120 * SECOND_US, 2)
            assert trend.count.tolist() == [58, 60]
    ended = [body for body in spine.bodies() if isinstance(body, SegmentsExpired)]
    assert {(body.tier, body.reason) for body in ended} == {("raw", "age"), ("minutes", "age")}
    assert {body.policy for body in ended} == {policy.digest}
    sealed = {body.segment for body in spine.bodies() if isinstance(body, SegmentSealed)}
    assert {segment for body in ended if body.tier == "raw" for segment in body.segments} == sealed
    assert list((tmp_path / "hot").iterdir()) == []
    history.close()


def test_a_clock_set_a_year_ahead_ends_nothing(tmp_path):
    clock, spine = Clock(), Spine()
    history = open_history(tmp_path, MINUTE, clock, spine)
    record(history, clock, range(130))
    settle(history, spine, clock)
    clock.at_us += 400 * DAY_S * SECOND_US
    history.outcomes()
    clock.pass_s(3500)
    record(history, clock, range(130, 133))
    assert "SegmentsExpired" not in settle(history, spine, clock)
    assert len(seen(tmp_path, CYCLES)) >= 119
    history.close()


def test_a_clock_set_back_loses_no_sample_and_splits_no_segment(tmp_path):
    clock, spine = Clock(), Spine()
    history = open_history(tmp_path, MINUTE, clock, spine)
    record(history, clock, range(30))
    clock.at_us -= 600 * SECOND_US
    record(history, clock, range(30, 100))
    settle(history, spine, clock)
    history = restart(history, tmp_path, clock, spine)
    settle(history, spine, clock)
    reader = open_history_reader(tmp_path)
    whole = reader.trend(ASSET, CYCLES, START_US - 3600 * SECOND_US, START_US + 3600 * SECOND_US, 1)
    assert whole.count.sum() == 99  # one of the hundred is absent by itself
    assert verify_segments(tmp_path, spine.bodies()) == []
    history.close()


def test_more_bytes_than_the_policy_allows_end_the_oldest_samples_first_but_never_the_youngest(tmp_path):
    clock, spine = Clock(), Spine()
    policy = HistoryPolicy(seal_every_s=60, bytes_max=1, hot_kept_s=0)
    history = open_history(tmp_path, policy, clock, spine)
    record(history, clock, range(130))
    settle(history, spine, clock)
    assert not [body for body in spine.bodies() if isinstance(body, SegmentsExpired)]
    clock.pass_s(DAY_S + 200)
    record(history, clock, range(130, 200))
    settle(history, spine, clock)
    clock.pass_s(3700)
    settle(history, spine, clock)
    ended = [body for body in spine.bodies() if isinstance(body, SegmentsExpired)]
    assert {body.reason for body in ended} == {"bytes"}
    assert [body.tier for body in ended] == sorted((body.tier for body in ended), reverse=True)
    assert {day.name for day in (tmp_path / "raw").rglob("2026-*")} == {"2026-11-21"}
    assert verify_segments(tmp_path, spine.bodies()) == []
    history.close()


def test_a_fact_that_was_handed_out_but_never_committed_is_handed_out_again(tmp_path):
    clock, spine, lost = Clock(), Spine(), Spine()
    history = open_history(tmp_path, MINUTE, clock, spine)
    record(history, clock, range(70))
    said = settle(history, lost, clock)  # the spine that the history asks never gets them
    history = restart(history, tmp_path, clock, spine)
    assert settle(history, spine, clock) == [*said, "SegmentSealed"]
    assert spine.bodies()[: len(said)] == lost.bodies()
    history = restart(history, tmp_path, clock, spine)
    assert settle(history, spine, clock) == []
    history.close()


def test_nothing_is_deleted_before_the_fact_that_says_so_stands_on_the_spine(tmp_path):
    clock, spine, lost = Clock(), Spine(), Spine()
    policy = HistoryPolicy(seal_every_s=60, hot_kept_s=0, bytes_max=1, days_min=0)
    history = open_history(tmp_path, policy, clock, spine)
    record(history, clock, range(130))
    settle(history, lost, clock)
    for _ in range(3):
        clock.pass_s(3700)
        settle(history, lost, clock)
    assert any(isinstance(body, SegmentsExpired) for body in lost.bodies())
    assert len(list((tmp_path / "raw").rglob("*.parquet"))) >= 2
    assert (tmp_path / "hot" / "00000001.frames").exists()
    spine.facts = lost.facts
    for _ in range(3):
        clock.pass_s(3700)
        settle(history, spine, clock)
    assert list((tmp_path / "raw").rglob("*.parquet")) == []
    history.close()


def test_a_disk_that_refuses_leaves_whole_turns_and_recording_goes_on_when_there_is_room(tmp_path):
    clock, shape = Clock(), layout()
    history = open_history(tmp_path, MINUTE, clock)
    record(history, clock, range(5))
    path = tmp_path / "hot" / "00000001.frames"
    size = path.stat().st_size
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 300, hard))  # room for one of the two frames and a bit
        groups = [frame(shape, 5, clock.at_us), frame(layout("others"), 5, clock.at_us)]
        with pytest.raises(Unavailable, match="hot"):
            history.append(groups, "")
        assert path.stat().st_size == size
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, handler)
    clock.pass_s(1)
    record(history, clock, range(6, 10))
    spine = Spine()
    history = restart(history, tmp_path, clock, spine)
    assert history.found == ()
    settle(history, spine, clock)
    assert sorted(seen(tmp_path, CYCLES)) == [0, 1, 2, 3, 4, 6, 8, 9]  # 5 was refused, 7 is absent by itself
    history.close()


def test_a_torn_tail_is_cut_at_the_start_and_told_in_words(tmp_path):
    clock, spine = Clock(), Spine()
    history = open_history(tmp_path, MINUTE, clock, spine)
    record(history, clock, range(5))
    history.close()
    path = tmp_path / "hot" / "00000001.frames"
    whole = path.read_bytes()
    path.write_bytes(whole[:-17])
    history = open_history(tmp_path, MINUTE, clock, spine)
    (words,) = history.found
    assert "no whole record" in words
    assert "the 4 whole frames before them are kept" in words
    settle(history, spine, clock)
    assert sorted(seen(tmp_path, CYCLES)) == [0, 1, 2, 3]
    history.close()


def test_damage_in_the_middle_is_told_passed_over_and_kept_aside(tmp_path):
    clock, spine = Clock(), Spine()
    history = open_history(tmp_path, MINUTE, clock, spine)
    record(history, clock, range(40, 50))
    history.close()
    path = tmp_path / "hot" / "00000001.frames"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    history = open_history(tmp_path, MINUTE, clock, spine)
    (words,) = history.found
    assert "damaged and passed over" in words
    settle(history, spine, clock)
    assert len(seen(tmp_path, CYCLES)) == 9
    assert (tmp_path / "hot" / "00000001.damaged").exists()
    history.close()


def test_an_upkeep_that_cannot_write_is_told_and_done_again_later(tmp_path):
    clock, spine = Clock(), Spine()
    history = open_history(tmp_path, MINUTE, clock, spine)
    record(history, clock, range(70))
    (tmp_path / "raw").write_text("in the way")
    history.outcomes()
    history.wait(UPKEEP_LIMIT_S)
    assert history.outcomes() == ()
    assert "raw" in history.trouble
    (tmp_path / "raw").unlink()
    clock.pass_s(61)
    assert "SegmentSealed" in settle_after_trouble(history, spine, clock)
    assert len(seen(tmp_path, CYCLES)) >= 60
    history.close()


def settle_after_trouble(history: FrameHistory, spine: Spine, clock: Clock) -> list[str]:
    history.outcomes()
    history.wait(UPKEEP_LIMIT_S)
    return [type(body).__name__ for body in history.outcomes()] + settle(history, spine, clock)


def test_the_upkeep_ends_with_the_engine(tmp_path):
    clock = Clock()
    history = open_history(tmp_path, MINUTE, clock)
    record(history, clock, range(70))
    history.outcomes()
    worker = history._worker
    assert worker is not None
    assert worker.stdin is not None
    worker.stdin.close()  # what the kernel does when the engine is killed
    assert worker.wait(UPKEEP_LIMIT_S) in (0, 3)
    history.close()


def test_a_catalogue_that_does_not_parse_stops_the_start_with_its_name(tmp_path):
    (tmp_path / cat.NAME).write_bytes(b"{")
    with pytest.raises(cat.Untrusted, match="catalogue"):
        open_history(tmp_path, MINUTE, Clock())


def test_a_catalogue_that_is_gone_or_an_old_one_stops_the_start_and_removes_nothing(tmp_path):
    clock, spine = Clock(), Spine()
    history = open_history(tmp_path, MINUTE, clock, spine)
    record(history, clock, range(70))
    settle(history, spine, clock)
    old = (tmp_path / cat.NAME).read_bytes()
    record(history, clock, range(70, 140))
    settle(history, spine, clock)
    history.close()
    kept = sorted(tmp_path.glob("*/**/*.parquet"))
    for change in (lambda path: path.unlink(), lambda path: path.write_bytes(old)):
        change(tmp_path / cat.NAME)
        with pytest.raises(cat.Untrusted, match="gone or an old one"):
            open_history(tmp_path, MINUTE, clock, spine)
        with pytest.raises(cat.Untrusted, match="gone or an old one"):
            run(Job(str(tmp_path), MINUTE, clock.at_us, 99, steady=True))
        assert sorted(tmp_path.glob("*/**/*.parquet")) == kept


def test_the_policy_refuses_numbers_that_make_no_sense():
    for key, value in (("seal_every_s", 0), ("raw_days", 0), ("minutes_days", 1), ("bytes_max", 0), ("hot_kept_s", -1)):
        with pytest.raises(Refused, match=key):
            HistoryPolicy(**{key: value})
    with pytest.raises(msgspec.ValidationError, match="days_raw"):
        msgspec.toml.decode(b"days_raw = 3", type=HistoryPolicy)
