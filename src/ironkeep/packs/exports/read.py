"""Reads what collectors are told. A fact kind that does not exist, or a word that its body has not, is refused.

Rules. Every kind that is told has one severity, or one for each value of a field. The text names fields of the body
alone; a body of an older version that lacks one leaves it empty.
"""

import string
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import msgspec

from ironkeep.codecs.syslog import NO_NUMBER, Facility, Place, Severity, line, one_line
from ironkeep.facts import access, alarm, device, engine, export, incident, policy, site, telemetry
from ironkeep.facts.envelope import Body, Fact
from ironkeep.model.errors import Refused

FILE: Final = "facts.toml"
_SUBJECTS: Final = (access, alarm, device, engine, export, incident, policy, site, telemetry)
_KINDS: Final = {
    name: found
    for subject in _SUBJECTS
    for name, found in vars(subject).items()
    if isinstance(found, type) and issubclass(found, Body) and found is not Body
}
Word = Literal["alert", "critical", "error", "warning", "notice", "informational"]


class Telling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one kind of fact is told."""

    text: str
    severity: Word | None = None
    severity_of: str = ""
    severities: dict[int, Word] = {}
    auth: bool = False
    fields: tuple[str, ...] = ()

    def loud(self, body: Mapping[str, Any]) -> Severity:
        """How loud a fact with this body is; an error where its value is none that was thought of."""
        word = self.severity or self.severities.get(body.get(self.severity_of, 0), "error")
        return Severity[word.upper()]


class _Filled(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def parse(text: str, where: str = FILE) -> Mapping[str, Telling]:
    """How each kind is told. Raises Refused with the kind and what would be right."""
    try:
        found = msgspec.convert(tomllib.loads(text), dict[str, Telling], strict=False)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as exc:
        raise Refused(str(exc), where=where, remedy="[Kind] with text and severity") from exc
    for kind, telling in found.items():
        _check(kind, telling, f"{where}: {kind}")
    return found


def _check(kind: str, telling: Telling, where: str) -> None:
    body = _KINDS.get(kind)
    if body is None:
        raise Refused("no fact of that kind", where=where, remedy="see docs/reference/facts.md")
    known = set(body.__struct_fields__)
    named = {name for _, name, _, _ in string.Formatter().parse(telling.text) if name}
    strange = (named | set(telling.fields) | ({telling.severity_of} - {""})) - known
    if strange:
        raise Refused(f"it has no {', '.join(sorted(strange))}", where=where, remedy=f"one of {', '.join(known)}")
    if (telling.severity is None) == (not telling.severities):
        raise Refused("one severity, or one for each value", where=where, remedy="severity, or severities")


@cache
def shipped() -> Mapping[str, Telling]:
    """What ships. Raises Refused when its file is wrong."""
    return parse((files("ironkeep.packs.exports") / FILE).read_text(encoding="utf-8"))


def words(fact: Fact) -> str:
    """What the line of a fact says in words, on one line; empty for a kind that is not told."""
    telling = shipped().get(fact.kind)
    return "" if telling is None else one_line(telling.text.format_map(_Filled(fact.body)))


def told(fact: Fact, place: Place, host: str, number: int = NO_NUMBER) -> bytes | None:
    """The syslog line of a fact under an enterprise number; None for a kind that is not told."""
    telling = shipped().get(fact.kind)
    if telling is None:
        return None
    more = [("kind", fact.kind), ("fact", fact.id), ("actor", fact.actor), ("cause", fact.cause or "")]
    more += [(name, str(fact.body.get(name, ""))) for name in telling.fields]
    return line(
        place,
        facility=Facility.AUTHPRIV if telling.auth else Facility.LOCAL0,
        severity=telling.loud(fact.body),
        at_us=fact.at,
        host=host,
        kind=fact.kind,
        text=words(fact),
        more=tuple(more),
        number=number,
    )
