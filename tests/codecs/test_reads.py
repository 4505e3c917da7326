"""Cutting blocks into reads: everything wanted is read once, within the limit, and no value is torn."""

from hypothesis import given
from hypothesis import strategies as st

from ironkeep.codecs.reads import cut, spans

sizes = st.lists(st.integers(1, 8), min_size=1, max_size=80)


@given(sizes, st.integers(8, 200))
def test_reads_cover_a_block_once_and_tear_no_value(widths, most):
    borders = [sum(widths[:n]) for n in range(len(widths))]
    end = sum(widths)
    reads = list(cut(borders, end, most))
    assert [register for start, count in reads for register in range(start, start + count)] == list(range(end))
    assert all(count <= min(most, 125) for _, count in reads)
    assert {start for start, _ in reads} <= set(borders)


def test_a_value_longer_than_a_read_is_cut_all_the_same():
    assert list(cut([0, 150], 151, 125)) == [(0, 125), (125, 26)]


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(1, 4)), min_size=1, max_size=40), st.integers(4, 125))
def test_no_register_between_the_wanted_ones_is_read(wanted, most):
    reads = spans(wanted, most, 0)
    asked = [register for start, count in reads for register in range(start, start + count)]
    assert set(asked) == {register for start, size in wanted for register in range(start, start + size)}
    assert all(1 <= count <= most for _, count in reads)
