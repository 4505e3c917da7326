"""An altered segment is found and named: bytes, values, rows, files, lists, rollups, before and after compaction."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from ironkeep.adapters.stores.history.adapter import open_history
from ironkeep.facts.envelope import Body
from ironkeep.facts.history import SegmentsCompacted, SegmentSealed
from ironkeep.ports.history import HistoryPolicy
from ironkeep.programs.verify_segments import verify_segments
from tests.worlds.history.recording import DAY_S, Clock, Spine, frame, layout

UPKEEP_LIMIT_S = 60.0


@pytest.fixture(scope="module")
def recorded(tmp_path_factory) -> tuple[Path, list[Body]]:
    """Three segments of a day, one of them not compacted because it is of the next day; and the facts about them."""
    folder = tmp_path_factory.mktemp("recorded")
    clock, spine = Clock(), Spine()
    history = open_history(folder, HistoryPolicy(seal_every_s=60), clock, spine)
    for turn in range(120):
        history.append([frame(layout(), turn, clock.at_us)], "")
        clock.pass_s(1)
    for gap in (0, DAY_S, 60, 0):
        clock.pass_s(gap)
        history.append([frame(layout(), 120 + gap, clock.at_us)], "")
        for _ in range(2):
            spine.keep(history.outcomes())
            history.wait(UPKEEP_LIMIT_S)
        spine.keep(history.outcomes())
    history.close()
    return folder, spine.bodies()


@pytest.fixture
def kept(recorded, tmp_path) -> tuple[Path, list[Body]]:
    """A copy to break."""
    folder = tmp_path / "history"
    shutil.copytree(recorded[0], folder)
    return folder, recorded[1]


def compacted(seals: list[Body]) -> SegmentsCompacted:
    return next(body for body in seals if isinstance(body, SegmentsCompacted))


def single(seals: list[Body]) -> SegmentSealed:
    """The segment that was not compacted."""
    inside = compacted(seals).segments
    return next(body for body in seals if isinstance(body, SegmentSealed) and body.segment not in inside)


def raw(folder: Path, file: str) -> Path:
    return folder / "raw" / f"{file}-0000.parquet"


def rewrite(path: Path, change) -> None:
    """Write the file again with another tool."""
    table = pq.read_table(path)
    pq.write_table(change(table), path, compression="snappy")


def with_column(table: pa.Table, name: str, values) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def test_a_folder_as_the_product_left_it_has_no_problem(kept):
    folder, seals = kept
    assert len(compacted(seals).segments) >= 2
    assert verify_segments(folder, seals) == []


def test_the_same_values_written_by_another_tool_in_another_order_are_still_what_was_sealed(kept):
    folder, seals = kept
    rewrite(raw(folder, compacted(seals).file), lambda table: table.take(pa.array(range(table.num_rows))[::-1]))
    assert verify_segments(folder, seals) == []


def test_one_value_changed_by_another_tool_names_file_segment_and_column(kept):
    folder, seals = kept
    path = raw(folder, compacted(seals).file)

    def change(table: pa.Table) -> pa.Table:
        values = table["temperature_c"].to_pylist()
        values[3] += 0.5
        change.segment = table["_segment"][3].as_py()
        change.asset = table["_asset"][3].as_py()
        return with_column(table, "temperature_c", pa.array(values, pa.float32()))

    rewrite(path, change)
    (problem,) = verify_segments(folder, seals)
    assert problem.file == str(path.relative_to(folder))
    assert problem.segment == change.segment
    assert problem.column == f"{change.asset}/temperature_c"
    assert str(problem).endswith("is not what was sealed")


def test_a_quality_bit_cleared_and_a_time_moved_are_found_too(kept):
    folder, seals = kept
    path = raw(folder, compacted(seals).file)
    rewrite(path, lambda t: with_column(t, "cycles.q", pc.multiply(t["cycles.q"], pa.scalar(0, pa.uint16()))))
    assert [each.column for each in verify_segments(folder, seals)] == ["cab-a.s1.m01/cycles"]
    rewrite(path, lambda t: with_column(t, "_collected_us", pc.add(t["_collected_us"], 1)))
    columns = {each.column for each in verify_segments(folder, seals)}
    assert {f"cab-a.s1.m{i:02d}/(times)" for i in range(3)} <= columns


def test_a_place_that_does_not_fit_the_name_is_found_for_trends_are_looked_up_by_it(kept):
    folder, seals = kept
    rewrite(raw(folder, single(seals).file), lambda t: with_column(t, "_row", pc.add(t["_row"], 1)))
    path = folder / "minutes" / f"{compacted(seals).file}-0000.parquet"
    rewrite(path, lambda t: with_column(t, "_signal", pc.add(t["_signal"], 1)))
    strange = [each for each in verify_segments(folder, seals) if "belong to no segment" in each.what]
    assert sorted(each.file.split("/")[0] for each in strange) == ["minutes", "raw"]


def test_rows_removed_added_or_doubled_are_found(kept):
    folder, seals = kept
    path = raw(folder, compacted(seals).file)
    before = path.read_bytes()
    for change, words in (
        (lambda table: table.slice(1), "rows, "),
        (lambda table: pa.concat_tables([table, table.slice(0, 1)]), "rows, "),
        (
            lambda table: pa.concat_tables(
                [table, with_column(table.slice(0, 1), "_segment", pa.array(["segment_forged"]))]
            ),
            "1 rows belong to no segment sealed into this file",
        ),
    ):
        path.write_bytes(before)
        rewrite(path, change)
        problems = verify_segments(folder, seals)
        assert problems
        assert any(words in each.what for each in problems)


def test_any_flipped_byte_is_found_or_changes_no_value(kept):
    folder, seals = kept
    path = raw(folder, single(seals).file)
    data = path.read_bytes()
    found = 0
    for at in range(0, len(data), max(1, len(data) // 40)):
        bad = bytearray(data)
        bad[at] ^= 0x10
        path.write_bytes(bad)
        problems = verify_segments(folder, seals)
        assert all(str(path.relative_to(folder)) == each.file for each in problems)
        found += bool(problems)
        if not problems:
            assert pq.read_table(path).num_rows == 3
    assert found > 10


def test_a_file_swapped_for_another_segment_s_is_found(kept):
    folder, seals = kept
    shutil.copy(raw(folder, compacted(seals).file), raw(folder, single(seals).file))
    assert {each.segment for each in verify_segments(folder, seals)} == {"", single(seals).segment}


def test_a_missing_file_is_named_with_what_it_held(kept):
    folder, seals = kept
    raw(folder, single(seals).file).unlink()
    (problem,) = verify_segments(folder, seals)
    assert problem.file == str(raw(folder, single(seals).file).relative_to(folder))
    assert single(seals).segment in problem.what


def test_altered_rollups_and_an_altered_list_of_digests_are_found(kept):
    folder, seals = kept
    path = folder / "minutes" / f"{compacted(seals).file}-0000.parquet"
    rewrite(path, lambda t: with_column(t, "mean", pc.add(t["mean"], 1.0)))
    problems = verify_segments(folder, seals)
    assert {each.segment for each in problems} == set(compacted(seals).segments)
    assert {each.file for each in problems} == {str(path.relative_to(folder))}
    single_raw = raw(folder, single(seals).file)
    rewrite(single_raw, lambda t: with_column(t, "cycles", pc.add(t["cycles"], 1)))
    (folder / "digests" / f"{single(seals).file}.chunks").write_bytes(b"")
    words = [each for each in verify_segments(folder, seals) if each.segment == single(seals).segment]
    assert "no column can be named" in words[0].what


def test_an_altered_layout_is_not_used(kept):
    folder, seals = kept
    path = next((folder / "layouts").iterdir())
    path.write_bytes(path.read_bytes().replace(b"temperature_c", b"temperature_f"))
    problems = verify_segments(folder, seals)
    assert problems
    assert all("cannot be checked" in each.what for each in problems)


def test_files_moved_by_a_compaction_that_was_never_recorded_are_still_found(kept):
    folder, seals = kept
    known = [body for body in seals if not isinstance(body, SegmentsCompacted)]
    for body in known:
        if isinstance(body, SegmentSealed) and body.segment in compacted(seals).segments:
            raw(folder, body.file).unlink(missing_ok=True)
    assert verify_segments(folder, known) == []


def test_a_folder_that_is_gone_has_lost_every_segment(kept, tmp_path):
    problems = verify_segments(tmp_path / "nowhere", kept[1])
    assert len(problems) >= 2
