"""Frame files that were never written by us, or were broken since: reading them ends, and ends in words."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ironkeep.adapters.stores.history.log import mend
from ironkeep.adapters.stores.history.tape import Tape
from ironkeep.codecs.frames import (
    FILE_MAGIC,
    RECORD_MAGIC,
    Damage,
    Record,
    RecordKind,
    frame_record,
    layout_record,
    scan,
)
from tests.worlds.history.recording import START_US, frame, layout

SHAPE = layout()
LOG = FILE_MAGIC + layout_record(SHAPE, START_US)
LOG += b"".join(
    bytes(piece) for turn in range(4) for piece in frame_record(frame(SHAPE, turn, START_US + turn), np.ones(3, bool))
)

pieces = st.one_of(
    st.binary(max_size=200),
    st.just(RECORD_MAGIC),
    st.just(LOG),
    st.tuples(st.integers(0, len(LOG)), st.integers(0, len(LOG))).map(lambda cut: LOG[min(cut) : max(cut)]),
)


def account(data: bytes) -> None:
    """What a scan finds lies in order inside the file, does not overlap, and leaves nothing out but the torn tail."""
    end = len(FILE_MAGIC)
    for found in scan(data):
        assert found.offset == end
        end = found.end if isinstance(found, Record) else found.offset + found.length
        assert end <= len(data)
        assert isinstance(found, Damage) or found.kind in RecordKind


@given(st.lists(pieces, max_size=6).map(b"".join))
def test_any_bytes_are_accounted_for(data):
    account(FILE_MAGIC + data)


@given(st.lists(st.tuples(st.integers(0, len(LOG) - 1), st.integers(1, 255)), min_size=1, max_size=4))
def test_a_log_with_flipped_bytes_loses_at_most_the_records_that_they_lie_in(flips):
    data = bytearray(LOG)
    for at, bits in flips:
        data[at] ^= bits
    account(bytes(data))
    whole = sum(isinstance(each, Record) for each in scan(bytes(data)))
    assert whole >= 5 - len({at for at, _ in flips if at >= len(FILE_MAGIC)})


@settings(max_examples=40)
@given(data=st.one_of(st.binary(max_size=300), st.lists(pieces, max_size=5).map(b"".join)), magic=st.booleans())
def test_mending_any_file_and_reading_it_gives_words_and_samples_and_never_a_crash(tmp_path_factory, data, magic):
    path = tmp_path_factory.mktemp("fuzz") / "00000001.frames"
    path.write_bytes(FILE_MAGIC + data if magic else data)
    words = mend(path)
    assert all(path.name in each for each in words)
    if not path.exists():
        return
    assert mend(path) == tuple(each for each in words if "cut off" not in each)
    tape = Tape(path, lambda _: None)
    tape.read_through()
    for reel in tape.reels.values():
        block = tape.block(reel, 0, len(reel.layout.assets))
        assert block.samples == len(reel.bodies) * 3
