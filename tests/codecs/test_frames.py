"""The frame log's bytes: what goes in comes out, and a damaged file gives up nothing that is whole."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ironkeep.codecs.frames import (
    FILE_MAGIC,
    Damage,
    Record,
    RecordKind,
    frame_of,
    frame_record,
    layout_of,
    layout_record,
    memory_of,
    memory_record,
    offsets,
    parse_layout,
    scan,
)
from ironkeep.model.errors import Untrusted
from ironkeep.model.frame import Frame
from tests.worlds.history.recording import START_US, frame, layout

SHAPE = layout()


def file_of(turns: int) -> tuple[bytes, list[int]]:
    """A log of that many frames, and where each of its records ends."""
    data = bytearray(FILE_MAGIC + layout_record(SHAPE, START_US))
    ends = []
    for turn in range(turns):
        data += b"".join(bytes(piece) for piece in frame_record(frame(SHAPE, turn, START_US + turn), np.ones(3, bool)))
        ends.append(len(data))
    return bytes(data), ends


def frames_in(data: bytes) -> list[int]:
    """The turns of the frames that a scan finds, by their times."""
    return [each.at_us - START_US for each in scan(data) if isinstance(each, Record) and each.kind is RecordKind.FRAME]


@given(
    analog=hnp.arrays("<f4", (3, 2), elements=st.floats(width=32)),
    integer=hnp.arrays("<i8", (3, 1)),
    quality=hnp.arrays("<u2", (3, 3)),
    times=hnp.arrays("<i8", (3,)),
    polls=hnp.arrays("<i8", (3,)),
    fresh=hnp.arrays(bool, (3,)),
    at_us=st.integers(-(2**62), 2**62),
)
def test_a_frame_comes_back_bit_for_bit(analog, integer, quality, times, polls, fresh, at_us):
    given_frame = Frame(SHAPE, at_us, analog, integer, quality, times, polls)
    data = FILE_MAGIC + b"".join(bytes(piece) for piece in frame_record(given_frame, fresh))
    (record,) = scan(data)
    assert isinstance(record, Record)
    assert (record.end - len(FILE_MAGIC)) % 8 == 0
    found, found_fresh = frame_of(data, record, SHAPE)
    assert found.at_us == at_us
    for name in ("analog", "integer", "quality", "collected_us", "polls"):
        assert getattr(found, name).tobytes() == getattr(given_frame, name).tobytes()
    assert found_fresh.tolist() == fresh.tolist()


def test_layout_and_memory_come_back_as_they_were():
    data = FILE_MAGIC + layout_record(SHAPE, START_US) + memory_record("ab" * 32, START_US)
    first, second = scan(data)
    assert layout_of(data, first) == SHAPE
    assert memory_of(data, second) == "ab" * 32


def test_a_layout_under_another_digest_is_not_trusted():
    with pytest.raises(Untrusted, match="digest"):
        parse_layout(layout_record(SHAPE, 0)[80:].rstrip(b"\0"), "00" * 32)


def test_a_file_cut_anywhere_keeps_every_frame_before_the_cut():
    data, ends = file_of(4)
    for cut in range(len(FILE_MAGIC), len(data) + 1):
        whole = [turn for turn, end in enumerate(ends) if end <= cut]
        assert frames_in(data[:cut]) == whole


def test_a_flipped_byte_costs_the_record_it_lies_in_and_no_other():
    data, ends = file_of(3)
    for at in range(ends[0], ends[1]):
        bad = bytearray(data)
        bad[at] ^= 0x40
        found = list(scan(bytes(bad)))
        assert [each.length for each in found if isinstance(each, Damage)] == [ends[1] - ends[0]]
        assert frames_in(bytes(bad)) == [0, 2]


def test_a_frame_without_columns_or_rows_is_a_record_too():
    assert offsets(0, 0, 0).end == 0
    empty = layout(assets=0)
    nothing = frame(empty, 1, START_US)
    data = FILE_MAGIC + b"".join(bytes(piece) for piece in frame_record(nothing, np.zeros(0, bool)))
    (record,) = scan(data)
    assert frame_of(data, record, empty)[0].analog.shape == (0, 2)
