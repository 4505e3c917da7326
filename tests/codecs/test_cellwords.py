"""Two positions are taken only where every word of a column belongs to one pair."""

import itertools

import pytest

from ironkeep.codecs.cellwords import MISSING, PAIRS, pair_of


@pytest.mark.parametrize(
    ("cells", "on"),
    [
        (["ON", "off", " On "], "on"),
        (["TRUE", "FALSE"], "true"),
        (["open", "Closed", ""], "closed"),
        (["ja", "nein", "n/a"], "yes"),
        (["zu", "auf"], "closed"),
        (["Closed"], "closed"),
        (["ok", "Alarm"], "alarm"),
    ],
)
def test_the_words_of_one_pair_are_two_positions(cells: list[str], on: str) -> None:
    found = pair_of(cells)
    assert found is not None
    assert found.on[0] == on


@pytest.mark.parametrize(
    "cells", [[], ["", "n/a"], ["open", "on"], ["open", "closed", "tripped"], ["1", "0"], ["12.5"]]
)
def test_anything_else_is_no_state(cells: list[str]) -> None:
    assert pair_of(cells) is None


def test_no_word_is_both_positions_of_a_pair_or_no_value_at_once() -> None:
    for pair in PAIRS:
        assert not set(pair.off) & set(pair.on)
        assert not {*pair.off, *pair.on} & set(MISSING)
    for one, other in itertools.combinations(PAIRS, 2):
        assert not set(one.on) & set(other.off), "a word never turns round with the words beside it"
        assert not set(one.off) & set(other.on)
