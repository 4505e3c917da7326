"""The envelope of a fact, its canonical bytes, and the registry of kinds.

A fact is written once and never changed. Its bytes are JSON with sorted keys: ASCII keys, integers below 2^53, decimal
strings, no floats, at most 65,535 bytes (the entry limit of C2SP tlog-tiles); they equal RFC 8785's. The bytes are what
the tree hashes. Secrets, recordings and personal data enter by digest or not at all.
"""

from typing import Any, ClassVar, Final

import msgspec

from ironkeep.model.errors import Refused
from ironkeep.model.ids import FactId, SiteId, derive
from ironkeep.model.time import Now

BYTES_MAX: Final = 65_535
INTEGER_MAX: Final = 2**53 - 1
_KINDS: dict[str, type["Body"]] = {}
_encoder = msgspec.json.Encoder(order="sorted")


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of every fact's body. The class name is the kind; `VERSION` counts its shape.

    A body whose subject is an asset, a device or the like names it in `asset`, by which the store indexes it.
    """

    VERSION: ClassVar[int] = 1

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        assert cls.__name__ not in _KINDS or _KINDS[cls.__name__].__module__ == cls.__module__, cls.__name__
        _KINDS[cls.__name__] = cls


class Draft(msgspec.Struct, frozen=True):
    """A fact before it has a place: what a decision concludes or a desk admits.

    `actor` is who or what made it ("person:kim", "room:alarms", "engine"); `cause` the id of the fact or request that led
    here; `observed_us` when it happened in the plant, `collected_us` when we learned of it, both wall time.
    """

    body: Body
    actor: str
    cause: str | None = None
    observed_us: int | None = None
    collected_us: int | None = None


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=False):
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
    kind = type(draft.body).__name__
    body = msgspec.to_builtins(draft.body)
    _refuse_uncanonical(body, kind)
    fact = Fact(
        seq=seq,
        id=FactId(derive("fact", now.at_us, site, seq, kind)),
        at=now.at_us,
        observed_at=draft.observed_us,
        collected_at=draft.collected_us,
        clock=str(now.clock),
        actor=draft.actor,
        cause=draft.cause,
        kind=kind,
        version=type(draft.body).VERSION,
        body=body,
    )
    data = _encoder.encode(fact)
    if len(data) > BYTES_MAX:
        raise Refused(
            f"{kind} has {len(data)} bytes, the limit is {BYTES_MAX}",
            remedy="put the bulk in a blob and its digest here",
        )
    return fact, data


_decoder = msgspec.json.Decoder(Fact)


def parse(data: bytes) -> Fact:
    """The fact that canonical bytes hold. Raises Refused when they are not one."""
    try:
        return _decoder.decode(data)
    except msgspec.DecodeError as exc:
        raise Refused(f"not a fact: {exc}") from exc


def kinds() -> dict[str, type[Body]]:
    """Every registered kind and its type; call after `import ironkeep.facts`."""
    return dict(_KINDS)


def _refuse_uncanonical(value: object, where: str) -> None:
    """Raise Refused unless the value holds only what canonical bytes allow."""
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as exc:
            raise Refused("a lone surrogate is not text", where=where) from exc
        return
    if isinstance(value, int):
        if abs(value) > INTEGER_MAX:
            raise Refused(f"{value} is not below 2^53", where=where, remedy="write it as a decimal string")
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if not (isinstance(key, str) and key.isascii()):
                raise Refused(f"key {key!r} is not ASCII text", where=where)
            _refuse_uncanonical(inner, f"{where}.{key}")
        return
    if isinstance(value, list | tuple):
        for inner in value:
            _refuse_uncanonical(inner, where)
        return
    raise Refused(f"{type(value).__name__} may not stand in a fact", where=where, remedy="use a decimal string")
