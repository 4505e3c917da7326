"""Canonical bytes against the rfc8785 package, and what may not stand in a fact."""

import typing
from enum import IntEnum
from typing import Any

import msgspec
import numpy as np
import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from ironkeep.facts import access, engine
from ironkeep.facts.alarm import AlarmReturned
from ironkeep.facts.device import DeviceDescribed
from ironkeep.facts.envelope import BYTES_MAX, INTEGER_MAX, Draft, Fact, canonical, kinds, parse
from ironkeep.facts.seal import seal, seal_all, seq_of
from ironkeep.model.errors import Refused
from ironkeep.model.ids import SiteId, ulid
from ironkeep.model.time import ClockQuality, Now

SITE = SiteId("harbor-dc1")
NOW = Now(1_700_000_000_123_456, 5, ClockQuality.SYNCED)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
INTEGER = st.integers(-INTEGER_MAX, INTEGER_MAX)


def described(chain: tuple[str, ...], word: str) -> DeviceDescribed:
    return DeviceDescribed("d", "cab-a", word, word, word, word, word, chain)


@given(TEXT, st.none() | TEXT, st.none() | INTEGER, st.lists(TEXT, max_size=4), st.integers(0, 2**40 - 1))
@example('\x00\x1f\x7f\u2028"\\/é😀', None, 0, ["\b\f\n\r\t"], 2**40 - 1)
def test_canonical_bytes_are_those_of_rfc_8785(actor, cause, at, chain, seq) -> None:
    fact, data = seal(Draft(described(tuple(chain), actor), actor, cause, at, at), seq, SITE, NOW)
    assert data == rfc8785.dumps(msgspec.to_builtins(fact))
    assert canonical(fact) == data
    assert parse(data) == fact
    assert fact.typed() == described(tuple(chain), actor)
    assert seq_of(fact.id) == seq


@pytest.mark.parametrize(
    "other", ["", "request_01M80CR08HNVWANCQF0000002C", "fact_", "fact_01M80CR08HNVWANCQF000000UU"]
)
def test_what_is_no_id_of_a_fact_holds_no_seq(other) -> None:
    assert seq_of(other) is None


def filled(kind: Any) -> Any:
    """Some value of a field's type."""
    parts = typing.get_args(kind)
    if not parts:
        return {str: "x", int: 7, bool: True}[kind]
    if typing.get_origin(kind) is dict:
        return {"b": filled(parts[1]), "a": filled(parts[1])}
    if typing.get_origin(kind) is tuple:
        return (filled(parts[0]),) * 2 if parts[-1] is ... else tuple(map(filled, parts))
    return filled(parts[0])


def test_every_kind_keeps_its_shape_through_bytes() -> None:
    for kind, made in kinds().items():
        body = made(**{each.name: filled(each.type) for each in msgspec.structs.fields(made)})
        fact, data = seal(Draft(body, "engine"), 3, SITE, NOW)
        assert parse(data) == fact
        assert parse(data).typed() == body, kind
        assert data == rfc8785.dumps(msgspec.to_builtins(fact))


@pytest.mark.parametrize("value", [1.0, 2**53, -(2**53), float("nan"), np.int64(3), np.float64(3), b"x", {1}])
def test_what_is_not_canonical_is_refused(value) -> None:
    with pytest.raises(Refused):
        seal(Draft(engine.ClockJumped(value), "engine"), 0, SITE, NOW)
    with pytest.raises(Refused):
        seal(Draft(engine.ClockJumped(1), "engine", observed_us=value), 0, SITE, NOW)
    with pytest.raises(Refused):
        seal(Draft(described((value,), "x"), "engine"), 0, SITE, NOW)


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(Refused, match="surrogate"):
        seal(Draft(AlarmReturned("a", "cab\ud800", "1 V"), "engine"), 0, SITE, NOW)


def test_a_fact_that_is_too_long_is_refused_with_a_remedy() -> None:
    with pytest.raises(Refused, match="blob") as caught:
        seal(Draft(AlarmReturned("a", "cab", "x" * BYTES_MAX), "engine"), 0, SITE, NOW)
    assert str(BYTES_MAX) in caught.value.what


def test_a_sealed_fact_says_what_a_fact_read_says_in_the_type_of_every_value() -> None:
    class Priority(IntEnum):
        HIGH = 1

    lists: Any = ["a", "b"]
    for body in (
        engine.ClockJumped(3),
        engine.ClockJumped(Priority.HIGH),
        access.SessionClosed(ClockQuality.SYNCED, "x"),
        described(lists, "w"),
        described(("a", ClockQuality.SYNCED), "w"),
        described((), "w"),
    ):
        for _ in range(2):  # the second time its shape is known
            fact, data = seal(Draft(body, "engine"), 0, SITE, NOW)
            assert repr(fact.typed()) == repr(parse(data).typed())
            assert fact.body == parse(data).body


@pytest.mark.parametrize("body", [engine.ClockJumped("3"), access.SessionClosed(3, "x"), described("ab", "w")])  # type: ignore[arg-type]
def test_a_body_that_its_kind_could_not_be_read_as_is_refused_before_it_is_written(body) -> None:
    seal(Draft(engine.ClockJumped(3), "engine"), 0, SITE, NOW)
    with pytest.raises(Refused, match="does not fit"):
        seal(Draft(body, "engine"), 0, SITE, NOW)


def test_enums_stand_as_their_plain_words_and_numbers() -> None:
    class Priority(IntEnum):
        HIGH = 1

    fact, data = seal(Draft(access.SessionClosed(ClockQuality.SYNCED, "x"), "a"), 0, SITE, NOW)
    assert type(fact.body["account"]) is str
    assert b'"account":"synced"' in data
    assert seal(Draft(engine.ClockJumped(Priority.HIGH), "a"), 0, SITE, NOW)[0].body == {"step_ms": 1}


@given(st.integers(0, 2**40 - 3), st.integers(0, 2**50))
@example(2**10 - 1, 0)
@example(2**20 - 2, 0)
@example(2**30 - 2, 0)
@example(2**40 - 3, 0)
def test_ids_are_ulids_that_sort_as_the_facts_and_are_the_same_on_every_replay(first: int, at_us: int) -> None:
    drafts = [Draft(engine.ClockJumped(1), "engine")] * 3
    sealed, _ = seal_all(drafts, first, SITE, Now(at_us, 0))
    ids = [fact.id for fact in sealed]
    assert ids == sorted(set(ids))
    assert ids == [seal(drafts[0], first + i, SITE, Now(at_us, 0))[0].id for i in range(3)]
    assert [found[-8:] for found in ids] == [ulid(0, (first + i).to_bytes(10, "big"))[-8:] for i in range(3)]
    assert ids[0][5:15] == ulid(at_us, bytes(10))[:10]


@given(st.binary(max_size=200))
def test_bytes_that_are_no_fact_are_refused_and_break_nothing(data: bytes) -> None:
    with pytest.raises(Refused):
        parse(data)


@given(st.data())
def test_a_fact_with_a_changed_byte_is_refused_or_another_fact(drawn: st.DataObject) -> None:
    _, data = seal(Draft(AlarmReturned("a", "cab-a", "1 V"), "engine"), 3, SITE, NOW)
    at = drawn.draw(st.integers(0, len(data) - 1))
    changed = data[:at] + bytes([data[at] ^ drawn.draw(st.integers(1, 255))]) + data[at + 1 :]
    try:
        found = parse(changed)
    except Refused:
        return
    assert isinstance(found, Fact)
    assert canonical(found) != data or changed == data


def test_an_unknown_kind_stops_the_reader() -> None:
    fact, data = seal(Draft(engine.ClockJumped(1), "engine"), 0, SITE, NOW)
    strange = parse(data.replace(b"ClockJumped", b"ClockLeaped"))
    assert fact.typed() == engine.ClockJumped(1)
    with pytest.raises(Refused, match="ClockLeaped"):
        strange.typed()
