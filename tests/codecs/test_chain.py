"""The search for models: every chain that a device can show ends the search, and what was found is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironkeep.codecs.chain import BASES, END, MARKER, MODELS_MAX, Chain, Entry, search, survey
from ironkeep.packs.equipment.sunspec import model


def drive(walk, registers, limit=20_000):
    """Answer a search from a dict of registers; a read that touches a missing one is refused."""
    try:
        read = next(walk)
    except StopIteration as end:
        return end.value
    for _ in range(limit):
        words = [registers.get(address) for address in range(read.address, read.address + read.count)]
        try:
            read = walk.send(None if None in words else tuple(words))
        except StopIteration as end:
            return end.value
    raise AssertionError("the search does not end")


def chained(*models, base=40_000, end=(END, 0)):
    words = [*MARKER]
    for number, length in models:
        words += [number, length, *[0] * length]
    return {base + n: word for n, word in enumerate([*words, *end])}


@pytest.mark.parametrize("base", BASES)
def test_a_chain_is_found_at_each_base(base):
    found = drive(search(), chained((1, 66), (802, 62), base=base))
    assert found == Chain(base, (Entry(1, base + 2, 66), Entry(802, base + 70, 62)), after=base + 136)
    assert found.texts() == (f"1@{base + 2}+66", f"802@{base + 70}+62")


def test_no_marker_is_said_with_the_places_looked_at():
    assert drive(search(), {}) == Chain(None, trouble="no SunSpec marker at 40000, 50000, 0")


def test_a_chain_without_an_end_marker_keeps_its_models_and_says_so():
    found = drive(search(), chained((1, 66), end=()))
    assert found.entries == (Entry(1, 40_002, 66),)
    assert found.after is None
    assert "without its end marker" in found.trouble


def test_a_length_that_runs_past_the_last_register_ends_the_chain():
    found = drive(search(), chained((1, 66)) | {40_070: 802, 40_071: 65_000})
    assert found.entries == (Entry(1, 40_002, 66),)
    assert "runs past" in found.trouble


def test_zeros_for_ever_are_no_models():
    found = drive(search(), dict.fromkeys(range(65_536), 0) | chained((1, 66), end=()))
    assert found.entries == (Entry(1, 40_002, 66),)
    assert "the id is 0" in found.trouble


def test_a_chain_of_empty_models_for_ever_is_bounded():
    registers = dict.fromkeys(range(65_536), 0) | dict.fromkeys(range(2, 65536, 2), 7)
    registers |= {0: MARKER[0], 1: MARKER[1]}
    found = drive(search((0,)), registers)
    assert len(found.entries) == MODELS_MAX
    assert str(MODELS_MAX) in found.trouble


@given(st.dictionaries(st.integers(40_000, 40_200), st.integers(0, 65_535), max_size=200))
def test_whatever_stands_in_the_registers_the_search_ends(registers):
    found = drive(search((40_000,)), registers | {40_000: MARKER[0], 40_001: MARKER[1]})
    addresses = [entry.address for entry in found.entries]
    assert addresses == sorted(set(addresses))
    assert all(entry.address + 2 + entry.length <= 65_536 for entry in found.entries)


@pytest.mark.parametrize(
    ("number", "counts", "length", "shape"), [(803, {2: 10}, 26 + 320, (10,)), (804, {3: 20}, 46 + 320, (20,))]
)
def test_counts_are_read_before_the_repeats_are_laid_out(number, counts, length, shape):
    registers = dict.fromkeys(range(2 + length), 0) | {0: number, 1: length} | counts
    layout = drive(survey(Entry(number, 0, length), model(number), 125, rows=True), registers)
    assert layout.shape == shape
    assert layout.rows == shape[0]
    assert layout.stride == {803: 32, 804: 16}[number]
    assert layout.whole


def test_a_count_beyond_the_length_is_cut_to_what_fits():
    registers = dict.fromkeys(range(400), 0) | {0: 803, 1: 26 + 64, 2: 500}
    layout = drive(survey(Entry(803, 0, 26 + 64), model(803), 125, rows=True), registers)
    assert layout.rows == 2
    assert not layout.whole


@given(st.sampled_from([1, 160, 705, 802, 803, 804, 805, 64_410]), st.integers(0, 700), st.integers(0, 65_535))
def test_no_length_and_no_count_lays_a_point_outside_its_model(number, length, count):
    registers = dict.fromkeys(range(length + 2), count) | {0: number, 1: length}
    layout = drive(survey(Entry(number, 0, length), model(number), 125, rows=False), registers)
    if layout is not None:
        assert all(field.offset + field.point.registers <= length + 2 for field in layout.fields)
        assert layout.registers <= length + 2
