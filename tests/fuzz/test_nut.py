"""Nonsense from a NUT server: refused by name, bounded in memory, never a bug of ours, never a value."""

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ironkeep.adapters.equipment.nut.wire import Wire
from ironkeep.codecs.lexicon import STATUS
from ironkeep.codecs.nut import LINE_BYTES_MAX, Lines, list_variables
from ironkeep.model.errors import Unavailable, Untrusted
from ironkeep.model.link import LineFault
from ironkeep.model.quality import ABSENT_INTEGER
from ironkeep.packs.nut.read import shipped

GOOD = b'BEGIN LIST VAR ups\nVAR ups battery.charge "93"\nVAR ups ups.status "OL"\nEND LIST VAR ups\n'
BYTES = st.binary(max_size=400)
PIECES = st.lists(st.one_of(BYTES, st.sampled_from(GOOD.splitlines(keepends=True))), max_size=12)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)


class Deaf(asyncio.Transport):
    """A transport that takes everything and can be closed."""

    def __init__(self) -> None:
        super().__init__()
        self.closed = False

    def write(self, data: bytes) -> None:
        assert data.endswith(b"\n")

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def heard(pieces: list[bytes]) -> tuple[Wire, Deaf, object]:
    """What a question came to when those bytes arrive after it: an answer, or the trouble."""

    async def story() -> tuple[Wire, Deaf, object]:
        wire, transport = Wire("a server"), Deaf()
        wire.connection_made(transport)
        asked = asyncio.ensure_future(wire.ask(list_variables("ups"), 5.0))
        await asyncio.sleep(0)
        for piece in pieces:
            wire.data_received(piece)
        wire.connection_lost(None)
        try:
            return wire, transport, await asked
        except (Unavailable, Untrusted) as exc:
            return wire, transport, exc

    return asyncio.run(story())


@settings(max_examples=150, deadline=None)
@given(PIECES)
def test_any_bytes_are_an_answer_or_trouble_with_a_name(pieces):
    _, transport, outcome = heard(pieces)
    if isinstance(outcome, Untrusted):
        assert transport.closed
        assert any(fault.value in outcome.what for fault in LineFault)
    elif not isinstance(outcome, Unavailable):
        assert outcome.fault is None


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_a_byte_changed_in_a_right_answer_is_seen_or_changes_a_text_alone(at, byte):
    changed = GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]
    _, _, outcome = heard([changed])
    if not isinstance(outcome, Unavailable | Untrusted) and not outcome.error:
        assert len(outcome.rows) in (1, 2)
        assert all(name.isprintable() for name in outcome.rows)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=3_000), max_size=10))
def test_never_more_than_a_line_is_held(pieces):
    lines = Lines()
    for piece in pieces:
        lines.feed(piece)
        assert len(lines._held) <= LINE_BYTES_MAX


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([STATUS, *sorted(shipped().names)]), TEXT, max_size=12))
def test_any_values_become_a_row_in_which_what_is_missing_says_why(values):
    columns = shipped().columns(values)
    row = columns.row(values)
    missing = np.concatenate([np.isnan(row.analog), row.integer == ABSENT_INTEGER])
    assert np.array_equal(missing, row.quality != 0)
    assert not np.isinf(row.analog).any()


@pytest.mark.parametrize("size", [1, 7, 64, 4096])
def test_a_right_answer_is_right_in_pieces_of_any_size(size):
    _, _, outcome = heard([GOOD[n : n + size] for n in range(0, len(GOOD), size)])
    assert outcome.rows == {"battery.charge": "93", "ups.status": "OL"}
