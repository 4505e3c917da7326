"""Sealing: a draft gets its place, and with it its id and its canonical bytes.

Rules. 1. All drafts of a commit get one time. 2. A sealed fact carries a body that is equal to what reading its bytes
gives back, in the type of every value too: live and after a restart folds are told the same. 3. What cannot be
canonical is refused, and with it the whole commit.
"""

import hashlib
from collections.abc import Sequence
from itertools import count
from typing import Final, NamedTuple, cast

import msgspec

from ironkeep.facts.envelope import BYTES_MAX, INTEGER_MAX, Body, Draft, Fact, canonical, plain_body, require_integer
from ironkeep.model.errors import Refused
from ironkeep.model.ids import FactId, SiteId, ulid
from ironkeep.model.time import Now

_PAIR_BITS: Final = 10  # of a number, in two characters of an id
_PAIR_MASK: Final = (1 << _PAIR_BITS) - 1
_PAIRS: Final = tuple(ulid(0, number.to_bytes(10, "big"))[-2:] for number in range(1 << _PAIR_BITS))
_NUMBERS: Final = {pair: number for number, pair in enumerate(_PAIRS)}
_ID_CHARS: Final = 31  # "fact_" and a ULID
_SEQ_CHARS: Final = 8  # its last, 40 bits
_TEXT_ALONE: Final = frozenset((str,))
_INTEGER_ALONE: Final = frozenset((int,))
_SIMPLE: Final = frozenset((str, bool, int, tuple, type(None)))
_astuple = msgspec.structs.astuple


def seal(draft: Draft, seq: int, site: SiteId, now: Now) -> tuple[Fact, bytes]:
    """Give a draft its place: the fact and its canonical bytes. Raises Refused when the body cannot be canonical."""
    (fact,), (data,) = seal_all((draft,), seq, site, now)
    return fact, data


def seal_all(drafts: Sequence[Draft], first: int, site: SiteId, now: Now) -> tuple[list[Fact], list[bytes]]:
    """Give drafts the places from `first` on, all at one time: facts and their canonical bytes. Raises Refused when one
    of them cannot be canonical; then none counts.
    """
    at_us, clock = now.at_us, str(now.clock)
    bodies = [draft.body for draft in drafts]
    named = [_NAMES[type(body)] for body in bodies]
    ids = _ids(first, len(drafts), site, at_us)
    facts = [
        Fact(seq, made_id, at_us, of.observed_us, of.collected_us, clock, of.actor, of.cause, kind, version, body)
        for seq, made_id, of, (kind, version), body in zip(
            count(first), ids, drafts, named, map(_sound, bodies), strict=False
        )
    ]
    _require_times(facts)
    try:
        entries = list(map(canonical, facts))
    except UnicodeEncodeError as exc:
        raise Refused("a lone surrogate is not text", where=", ".join({fact.kind for fact in facts})) from exc
    if max(map(len, entries), default=0) > BYTES_MAX:
        fact, data = next(each for each in zip(facts, entries, strict=True) if len(each[1]) > BYTES_MAX)
        raise Refused(
            f"{fact.kind} has {len(data)} bytes, the limit is {BYTES_MAX}",
            remedy="put the bulk in a blob and its digest here",
        )
    return facts, entries


class _Names(dict[type[Body], tuple[str, int]]):
    """Kind and version by type."""

    def __missing__(self, made: type[Body]) -> tuple[str, int]:
        self[made] = named = made.__name__, made.VERSION
        return named


_NAMES: Final = _Names()


def _require_times(facts: Sequence[Fact]) -> None:
    times = [at_us for fact in facts for at_us in (fact.observed_at, fact.collected_at) if at_us is not None]
    if not {*map(type, times)} <= _INTEGER_ALONE or max(map(abs, times), default=0) > INTEGER_MAX:
        for at_us in times:
            require_integer(at_us, "the time of a draft")


def _ids(first: int, many: int, site: SiteId, at_us: int) -> list[FactId]:
    """The ids of facts from `first` on, of one moment. A fact's ULID is the time, 40 bits that stand for the site, and
    its seq in 40 bits: no two facts of a site share one, and ids sort as the facts do.
    """
    head = f"fact_{ulid(at_us, hashlib.sha256(site.encode()).digest()[:5] + bytes(5))[:-_SEQ_CHARS]}"
    made: list[str] = []
    seq, last = first, first + many - 1
    while seq <= last:  # by stretches that differ in their last pair alone
        upper = (_PAIRS[seq >> shift & _PAIR_MASK] for shift in (3 * _PAIR_BITS, 2 * _PAIR_BITS, _PAIR_BITS))
        until = min(seq | _PAIR_MASK, last)
        made += map((head + "".join(upper)).__add__, _PAIRS[seq & _PAIR_MASK : (until & _PAIR_MASK) + 1])
        seq = until + 1
    return cast(list[FactId], made)


def seq_of(fact_id: str) -> int | None:
    """The seq that the id of a fact holds; None for what is no such id, as that of a request. Whoever relies on it
    reads that fact and compares the id: of another site's facts the seq says nothing here.
    """
    if not fact_id.startswith("fact_") or len(fact_id) != _ID_CHARS:
        return None
    seq = 0
    for at in range(_ID_CHARS - _SEQ_CHARS, _ID_CHARS, 2):
        number = _NUMBERS.get(fact_id[at : at + 2])
        if number is None:
            return None
        seq = seq << _PAIR_BITS | number
    return seq


class _Shape(NamedTuple):
    """The types of a body's values, known to be canonical and read back as they are; and where integers and tuples of
    text stand, which are looked at each time.
    """

    types: tuple[type, ...]
    integers: tuple[int, ...]
    texts: tuple[int, ...]


_SHAPES: Final[dict[type[Body], list[_Shape]]] = {}


def _sound(body: Body) -> Body:
    """The body as reading its canonical bytes gives it back, mostly itself. Raises Refused for what may not stand
    there. Field names are ASCII by `Body`.
    """
    values = _astuple(body)
    types = (*map(type, values),)
    for known, integers, texts in _SHAPES.get(type(body), ()):
        if known != types:
            continue
        for at in integers:
            if not -INTEGER_MAX <= values[at] <= INTEGER_MAX:
                return _settled(body)
        for at in texts:
            if not {*map(type, values[at])} <= _TEXT_ALONE:
                return _settled(body)
        return body
    return _settled(body)


def _settled(body: Body) -> Body:
    """The same at length; notes the shape where it is simple and stays what it is."""
    made = type(body)
    try:
        found = msgspec.convert(plain_body(body), made)
    except msgspec.ValidationError as exc:
        raise Refused(f"the body does not fit {made.__name__}: {exc}", where=made.__name__) from exc
    before, after = _astuple(body), _astuple(found)
    types = (*map(type, before),)
    texts = tuple(at for at, each in enumerate(types) if each is tuple)
    simple = {*types} <= _SIMPLE and all({*map(type, before[at])} <= _TEXT_ALONE for at in texts)
    if simple and before == after and types == (*map(type, after),):
        shape = _Shape(types, tuple(at for at, each in enumerate(types) if each is int), texts)
        _SHAPES[made] = [shape, *(each for each in _SHAPES.get(made, ()) if each.types != types)]
    return found
