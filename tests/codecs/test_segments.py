"""One direction of a TCP conversation, however its segments come."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ironkeep.codecs.segments import WAIT_US, Direction

START = 0xFFFFFFF0  # so that numbers wrap


@st.composite
def segments(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, bytes]]]:
    """A text, and segments of it that cover it, some twice, each at most two places from its own."""
    text = draw(st.binary(min_size=1, max_size=60))
    cuts = sorted({0, len(text), *draw(st.lists(st.integers(0, len(text)), max_size=8))})
    parts = [(at, text[at:end]) for at, end in pairwise(cuts)]
    again = draw(st.lists(st.sampled_from(parts), max_size=4))
    places = [(n + draw(st.integers(0, 2)), part) for n, part in enumerate(parts)]
    places += [(parts.index(part) + draw(st.integers(0, 4)), part) for part in again]
    return text, [part for _, part in sorted(places, key=lambda each: each[0])]


@given(segments())
def test_bytes_come_once_and_in_their_order_whatever_overtakes_or_repeats(given_: tuple) -> None:
    text, parts = given_
    way = Direction()
    way.begin((START - 1) % 2**32)
    pieces = [piece for at, data in parts for piece in way.feed((START + at) % 2**32, data, 0)]
    assert b"".join(piece.data for piece in pieces) == text
    assert not any(piece.torn for piece in pieces)
    assert way.gaps == 0


@given(st.lists(st.tuples(st.integers(0, 2**32 - 1), st.binary(max_size=20), st.integers(0, 10**7)), max_size=80))
def test_any_segments_at_all_give_no_more_than_came(parts: list[tuple[int, bytes, int]]) -> None:
    way = Direction()
    out = 0
    for seq, data, at_us in parts:
        out += sum(len(piece.data) for piece in way.feed(seq, data, at_us))
    out += sum(len(piece.data) for _ in range(80) for piece in way.settle(10**12))
    assert out <= sum(len(data) for _, data, _ in parts)


def test_what_never_comes_is_given_up_after_a_while_and_told() -> None:
    way = Direction()
    way.begin(99)
    assert [p.data for p in way.feed(100, b"ab", 0)] == [b"ab"]
    assert way.feed(104, b"ef", 1) == []
    assert way.settle(WAIT_US) == []
    (piece,) = way.settle(WAIT_US + 2)
    assert (piece.data, piece.torn, piece.at_us) == (b"ef", True, 1)
    assert [(p.data, p.torn) for p in way.feed(106, b"gh", WAIT_US + 3)] == [(b"gh", False)]
    assert way.feed(102, b"cd", WAIT_US + 4) == [], "too late"
    assert way.gaps == 1


def test_a_conversation_that_began_before_says_so() -> None:
    way = Direction()
    assert [(p.data, p.torn) for p in way.feed(7, b"x", 0)] == [(b"x", True)]
