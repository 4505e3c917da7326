"""The envelope of a fact, its canonical bytes, and the registry of kinds.

A fact is written once and never changed. Its bytes are JSON with sorted keys: ASCII keys, integers below 2^53, decimal
strings, no floats, at most 65,535 bytes (the entry limit of C2SP tlog-tiles); they equal RFC 8785's. The bytes are what
the tree hashes. Secrets, recordings and personal data enter by digest or not at all. A fact just sealed carries the
body that the draft had, typed; one read carries what the bytes say. Two facts are equal when their bytes are.
"""

from enum import Enum
from typing import Any, ClassVar, Final

import msgspec

from ironkeep.model.errors import Refused
from ironkeep.model.ids import FactId

BYTES_MAX: Final = 65_535
INTEGER_MAX: Final = 2**53 - 1
_KINDS: dict[str, type["Body"]] = {}
NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""All that decoding raises for bytes that are not what is wanted."""
_asdict = msgspec.structs.asdict
_encode = msgspec.json.Encoder(order="sorted").encode


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


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False, eq=False):
    """One fact as it stands on the spine. `at` is when it was logged; `seq` is its place, counted from 0; `content` its
    body, typed where it was just sealed, else as JSON has it.
    """

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
    content: Any = msgspec.field(name="body")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fact) and _encode(self) == _encode(other)

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def body(self) -> dict[str, Any]:
        """The body in lists, dicts, text and integers."""
        content = self.content
        if isinstance(content, Body):
            return plain_body(content)
        held: dict[str, Any] = content
        return held

    def typed(self) -> Body:
        """The body as its registered type. Raises Refused when the kind or its version is not known to this program."""
        if isinstance(self.content, Body):
            return self.content
        found = _KINDS.get(self.kind)
        if found is None or self.version > found.VERSION:
            raise Refused(
                f"fact {self.seq} is of kind {self.kind!r} version {self.version}, which this version does not know",
                where=f"fact {self.seq}",
                remedy="read it with the version of Ironkeep that wrote it, or a newer one",
            )
        try:
            return msgspec.convert(self.content, found)
        except msgspec.ValidationError as exc:
            raise Refused(f"the body does not fit {self.kind}: {exc}", where=f"fact {self.seq}") from exc

    @property
    def asset(self) -> str | None:
        """The asset that the fact is about, where its body names one."""
        content = self.content
        found = content.get("asset") if type(content) is dict else getattr(content, "asset", None)
        return found if isinstance(found, str) else None


def canonical(fact: Fact) -> bytes:
    """The canonical bytes of a fact: what the tree hashes."""
    return _encode(fact)


_decoder = msgspec.json.Decoder(Fact)


def parse(data: bytes) -> Fact:
    """The fact that canonical bytes hold. Raises Refused when they are not one."""
    try:
        fact = _decoder.decode(data)
    except NOT_JSON as exc:
        raise Refused(f"not a fact: {exc}") from exc
    if type(fact.content) is not dict:
        raise Refused("not a fact: its body is no object")
    return fact


def kinds() -> dict[str, type[Body]]:
    """Every registered kind and its type; call after `import ironkeep.facts`."""
    return dict(_KINDS)


def plain_body(body: Body) -> dict[str, Any]:
    """The body in lists, dicts, text and integers. Raises Refused when it holds anything else."""
    kind = type(body).__name__
    return {name: _plain(value, f"{kind}.{name}") for name, value in _asdict(body).items()}


def _plain(value: object, where: str) -> object:
    """The value in lists, dicts, text and integers. Raises Refused when it holds anything else."""
    if value is None or isinstance(value, bool):
        return value
    if type(value) is int:
        return require_integer(value, where)
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


def require_integer(value: object, where: str) -> int:
    """The value. Raises Refused when it is no integer, or none that JSON's readers keep exact."""
    if type(value) is not int:
        raise Refused(f"{type(value).__name__} is not an integer", where=where)
    if not -INTEGER_MAX <= value <= INTEGER_MAX:
        raise Refused(f"{value} is not below 2^53", where=where, remedy="write it as a decimal string")
    return value
