"""The envelope of a fact, its canonical bytes, and the registry of kinds.

A fact is written once and never changed. Its bytes are JSON with sorted keys: ASCII keys, integers below 2^53, decimal
strings, no floats, at most 65,535 bytes (the entry limit of C2SP tlog-tiles); they equal RFC 8785's. The bytes are what
the tree hashes. Secrets, recordings and personal data enter by digest or not at all.
"""

import functools
import hashlib
from collections.abc import Sequence
from enum import Enum
from typing import Any, ClassVar, Final

import msgspec

from ironkeep.model.errors import Refused
from ironkeep.model.ids import FactId, SiteId, ulid
from ironkeep.model.time import Now

BYTES_MAX: Final = 65_535
INTEGER_MAX: Final = 2**53 - 1
_KINDS: dict[str, type["Body"]] = {}
NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""All that decoding raises for bytes that are not what is wanted."""
_TEXT_ALONE: Final = frozenset((str,))
_asdict = msgspec.structs.asdict
_encode = msgspec.json.Encoder(order="sorted").encode
_TAIL_BITS: Final = 20  # bits of a seq that the last four characters of an id hold
_TAIL_MASK: Final = (1 << _TAIL_BITS) - 1
_PAIRS: Final = tuple(ulid(0, number.to_bytes(10, "big"))[-2:] for number in range(1024))
_NUMBERS: Final = {pair: number for number, pair in enumerate(_PAIRS)}
_ID_CHARS: Final = 31  # "fact_" and a ULID
_SEQ_CHARS: Final = 8  # its last, 40 bits


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Base of every fact's body. The class name is the kind; `VERSION` counts its shape.

    A body whose subject is an asset, a device or the like names it in `asset`, by which the store indexes it.
    """

    VERSION: ClassVar[int] = 1

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        assert all(name.isascii() for name in cls.__annotations__), cls.__name__
        assert cls.__name__ not in _KINDS or _KINDS[cls.__name__].__module__ == cls.__module__, cls.__name__
        _KINDS[cls.__name__] = cls


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A fact before it has a place: what a decision concludes or a desk admits.

    `actor` is who or what made it ("person:kim", "room:alarms", "engine"); `cause` the id of the fact or request that
    led here; `observed_us` when it happened in the plant, `collected_us` when we learned of it, both wall time.
    """

    body: Body
    actor: str
    cause: str | None = None
    observed_us: int | None = None
    collected_us: int | None = None


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One fact as it stands on the spine. `at` is when it was logged; `seq` is its place, counted from 0."""

    seq: int
    id: FactId
    at: int
    observed_at: int | None
    collected_at: int | None
    clock: str
    actor: str
    cause: str | None
    kind: str
    version: int
    body: dict[str, Any]

    def typed(self) -> Body:
        """The body as its registered type. Raises Refused when the kind or its version is not known to this program."""
        found = _KINDS.get(self.kind)
        if found is None or self.version > found.VERSION:
            raise Refused(
                f"fact {self.seq} is of kind {self.kind!r} version {self.version}, which this version does not know",
                where=f"fact {self.seq}",
                remedy="read it with the version of Ironkeep that wrote it, or a newer one",
            )
        try:
            return msgspec.convert(self.body, found)
        except msgspec.ValidationError as exc:
            raise Refused(f"the body does not fit {self.kind}: {exc}", where=f"fact {self.seq}") from exc

    @property
    def asset(self) -> str | None:
        """The asset that the fact is about, where its body names one."""
        found = self.body.get("asset")
        return found if isinstance(found, str) else None


def seal(draft: Draft, seq: int, site: SiteId, now: Now) -> tuple[Fact, bytes]:
    """Give a draft its place: the fact and its canonical bytes. Raises Refused when the body cannot be canonical."""
    return seal_all((draft,), seq, site, now)[0]


def seal_all(drafts: Sequence[Draft], first: int, site: SiteId, now: Now) -> list[tuple[Fact, bytes]]:
    """Give drafts the places from `first` on, all at one time: facts and their canonical bytes. Raises Refused when one
    of them cannot be canonical; then none counts.
    """
    at_us, clock = now.at_us, str(now.clock)
    head = _id_head(at_us, site)
    high, stem = -1, ""
    sealed: list[tuple[Fact, bytes]] = []
    for seq, draft in enumerate(drafts, first):
        made = type(draft.body)
        kind = made.__name__
        body = _plain_body(draft, kind)
        if seq >> _TAIL_BITS != high:
            high = seq >> _TAIL_BITS
            stem = head + _high(high)
        low = seq & _TAIL_MASK
        made_id: Any = f"{stem}{_PAIRS[low >> 10]}{_PAIRS[low & 1023]}"  # a FactId, without a call for each
        fact = Fact(
            seq=seq,
            id=made_id,
            at=at_us,
            observed_at=draft.observed_us,
            collected_at=draft.collected_us,
            clock=clock,
            actor=draft.actor,
            cause=draft.cause,
            kind=kind,
            version=made.VERSION,
            body=body,
        )
        try:
            data = _encode(fact)
        except UnicodeEncodeError as exc:
            raise Refused("a lone surrogate is not text", where=kind) from exc
        if len(data) > BYTES_MAX:
            raise Refused(
                f"{kind} has {len(data)} bytes, the limit is {BYTES_MAX}",
                remedy="put the bulk in a blob and its digest here",
            )
        sealed.append((fact, data))
    return sealed


def canonical(fact: Fact) -> bytes:
    """The canonical bytes of a fact: what the tree hashes."""
    return _encode(fact)


_decoder = msgspec.json.Decoder(Fact)


def parse(data: bytes) -> Fact:
    """The fact that canonical bytes hold. Raises Refused when they are not one."""
    try:
        return _decoder.decode(data)
    except NOT_JSON as exc:
        raise Refused(f"not a fact: {exc}") from exc


def kinds() -> dict[str, type[Body]]:
    """Every registered kind and its type; call after `import ironkeep.facts`."""
    return dict(_KINDS)


def _id_head(at_us: int, site: SiteId) -> str:
    """What the ids of all facts of one moment begin with. A fact's ULID is the time, 40 bits that stand for the site,
    and its seq in 40 bits: no two facts of a site share one, and ids sort as the facts do.
    """
    return f"fact_{ulid(at_us, hashlib.sha256(site.encode()).digest()[:5] + bytes(5))[:-8]}"


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
        seq = seq << 10 | number
    return seq


@functools.lru_cache(maxsize=4)
def _high(number: int) -> str:
    """The first four of the eight characters in which an id holds the seq."""
    return ulid(0, number.to_bytes(10, "big"))[-4:]


def _plain_body(draft: Draft, kind: str) -> dict[str, Any]:
    """The body as canonical bytes will hold it and reading them gives it back. Raises Refused for what may not stand
    there. Field names are ASCII by `Body`.
    """
    for at_us in (draft.observed_us, draft.collected_us):
        if at_us is not None and not (type(at_us) is int and -INTEGER_MAX <= at_us <= INTEGER_MAX):
            _require_integer(at_us, f"{kind}, time")
    body = _asdict(draft.body)
    for name, value in body.items():
        if (found := type(value)) is str or found is bool or value is None:
            continue
        if found is int and -INTEGER_MAX <= value <= INTEGER_MAX:
            continue
        if found is tuple and {*map(type, value)} <= _TEXT_ALONE:
            body[name] = list(value)
            continue
        body[name] = _plain(value, f"{kind}.{name}")
    return body


def _plain(value: object, where: str) -> object:
    """The value in lists, dicts, text and integers. Raises Refused when it holds anything else."""
    if value is None or isinstance(value, bool):
        return value
    if type(value) is int:
        return _require_integer(value, where)
    if isinstance(value, Enum):
        return _plain(value.value, where)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(inner, where) for inner in value]
    if isinstance(value, msgspec.Struct):
        return _plain(_asdict(value), where)
    if isinstance(value, dict):
        for key in value:
            if not (isinstance(key, str) and key.isascii()):
                raise Refused(f"key {key!r} is not ASCII text", where=where)
        return {str(key): _plain(inner, f"{where}.{key}") for key, inner in value.items()}
    raise Refused(f"{type(value).__name__} may not stand in a fact", where=where, remedy="use a decimal string")


def _require_integer(value: object, where: str) -> int:
    if type(value) is not int:
        raise Refused(f"{type(value).__name__} is not an integer", where=where)
    if not -INTEGER_MAX <= value <= INTEGER_MAX:
        raise Refused(f"{value} is not below 2^53", where=where, remedy="write it as a decimal string")
    return value
