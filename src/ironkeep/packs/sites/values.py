"""What each key of a site file may hold. A check returns the value as the model wants it, or raises `Wrong`.

Rules. Nothing is guessed: a number in quotes is not a number, an unknown word is not the nearest word.
"""

import ipaddress
import math
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from ironkeep.model.site import Tls

TEXT_CHARACTERS_MAX = 200
ID_CHARACTERS_MAX = 128
HOST_CHARACTERS_MAX = 253
NEAREST_MAX = 5_000  # words among which the nearest is looked for

_PART = "[a-z0-9](?:[a-z0-9_-]*)"
_SITE = re.compile(rf"^{_PART}$")
_ASSET = re.compile(rf"^{_PART}(?:\.{_PART})*$")
_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)*{_LABEL}")
_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)|.*:.*")  # what a resolver takes for an address, not for a name
_UPS = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9._-]*)$")
_CHILD = re.compile(r"^[^{}]*(?:\{[nm](?::0[1-9])?\}[^{}]*)*$")
_COUNTED = re.compile(r"\{[nm](?::0([1-9]))?\}")
_CHILDREN_OF = re.compile(r"[1-9][0-9]{0,4}(?:\.\*|#)?")

Check = Callable[[Any], Any]


class Wrong(ValueError):  # noqa: N818 - a word for people
    """A value that cannot stand: what is wrong with it, and what would be right."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


def shown(value: object) -> str:
    """The value as a person wrote it, cut short."""
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def nearest(word: str, known: Iterable[str]) -> str:
    """Words for a remedy: the nearest known word, or nothing. Of very many words none is looked for: it takes long."""
    words = list(known)
    found = get_close_matches(word, words, 1, 0.75) if len(words) <= NEAREST_MAX else []
    return f"; did you mean {found[0]!r}?" if found else ""


def text(value: Any) -> str:
    """A line of text for people."""
    if not isinstance(value, str):
        raise Wrong(f"{shown(value)} is not text", 'put it in quotes: "..."')
    if len(value) > TEXT_CHARACTERS_MAX or not value.isprintable():
        raise Wrong("the text is too long or holds control characters", f"one line, {TEXT_CHARACTERS_MAX} characters")
    return value


def _named(pattern: re.Pattern[str], example: str) -> Check:
    def check(value: Any) -> str:
        word = text(value)
        if len(word) > ID_CHARACTERS_MAX or not pattern.match(word):
            raise Wrong(f"{shown(value)} is not an id", f"lower-case letters, digits, - and _, as in {example!r}")
        return word

    return check


site_id = _named(_SITE, "harbor-dc1")
device_id = _named(_SITE, "cab-a-bms")
asset_id = _named(_ASSET, "cab-a.s1.m07")


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts without commas, empty ones or repeats; an empty list says that there is none."""
    if not isinstance(value, list):
        raise Wrong(f"{shown(value)} is not a list", 'write ["Q1", "Q2"]; [] says that there is none')
    found = tuple(text(each) for each in value)
    for each in found:
        if not each.strip() or "," in each:
            raise Wrong(f"{shown(each)} cannot stand in a list", "each text in quotes of its own, without commas")
    if len(set(found)) != len(found):
        raise Wrong("the list names something twice", "name each once")
    return found


def many_of(words: type[StrEnum]) -> Check:
    """A list of words of a closed set, without repeats; an empty list says that there is none."""
    check = one_of(words)
    return lambda value: tuple(check(each) for each in texts(value))


def asset_ids(value: Any) -> tuple[str, ...]:
    """A list of asset ids without repeats."""
    if not isinstance(value, list):
        raise Wrong(f"{shown(value)} is not a list", 'write ["ups-a", "ups-b"]')
    found = tuple(asset_id(each) for each in value)
    if len(set(found)) != len(found):
        raise Wrong("the list names an asset twice", "name each once")
    return found


def one_of(words: type[StrEnum]) -> Check:
    """One word of a closed set."""

    def check(value: Any) -> StrEnum:
        known = [str(word) for word in words]
        if not isinstance(value, str) or value not in known:
            guess = nearest(value, known) if isinstance(value, str) else ""
            raise Wrong(f"{shown(value)} is not one of the words allowed here", f"one of {', '.join(known)}{guess}")
        return words(value)

    return check


def whole(low: int, high: int, unit: str = "") -> Check:
    """A whole number within bounds, both included."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise Wrong(f"{shown(value)} cannot stand here", f"a whole number, {low} to {high}{unit}, without quotes")
        return value

    return check


def number(low: float, high: float, unit: str) -> Check:
    """A number within bounds, both included."""

    def check(value: Any) -> float:
        good = isinstance(value, int | float) and not isinstance(value, bool)
        if not good or not math.isfinite(value) or not low <= value <= high:
            raise Wrong(f"{shown(value)} cannot stand here", f"a number, {low:g} to {high:g} {unit}, without quotes")
        return float(value)

    return check


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Wrong(f"{shown(value)} is neither true nor false", "true or false, without quotes")
    return value


def sign(value: Any) -> int:
    """The factor that makes power positive on discharge."""
    if isinstance(value, bool) or value not in (1, -1) or not isinstance(value, int):
        raise Wrong(f"{shown(value)} is not a sign", "1, or -1 where the device counts charging as positive")
    return value


def host(value: Any) -> str:
    """A name or an address, written in the one way in which it is compared with others: one device, one connection."""
    word = text(value).lower()
    remedy = 'a name or an address without a port, as in "10.20.0.5"'
    if _NUMBER.fullmatch(word):
        try:
            address = ipaddress.ip_address(word)
        except ValueError:
            raise Wrong(f"{shown(value)} is not a host", remedy) from None
        if address.is_unspecified or address.is_multicast:
            raise Wrong(f"{shown(value)} is not the address of one host", remedy)
        return str((address.version == 6 and address.ipv4_mapped) or address)
    if len(word) > HOST_CHARACTERS_MAX or not _HOST.fullmatch(word):
        raise Wrong(f"{shown(value)} is not a host", remedy)
    return word


def ups(value: Any) -> str:
    """The name of a UPS at a NUT server."""
    word = text(value)
    if not _UPS.match(word):
        raise Wrong(f"{shown(value)} is not the name of a UPS", 'the name in brackets in ups.conf, as in "ups-a"')
    return word


def tls(value: Any) -> Tls:
    """The files that a device is spoken to over TLS with."""
    if not isinstance(value, Mapping):
        raise Wrong(f"{shown(value)} is not a table", 'write { ca = "/...", certificate = "/...", key = "/..." }')
    known = Tls.__struct_fields__
    for key, word in value.items():
        if key not in known:
            raise Wrong(f"there is no key {key!r} in tls", f"one of {', '.join(known)}{nearest(key, known)}")
        if key == "server_name":
            host(word)
        elif not text(word).startswith("/"):
            raise Wrong(f"{shown(word)} is not the whole path of a file", f'{key} = "/etc/..."')
    for key in ("ca", "certificate", "key"):
        if key not in value:
            raise Wrong(f"tls without {key}", "ca, certificate and key are needed: both sides show who they are")
    return Tls(**value)


def children(value: Any) -> dict[str, str]:
    """Asset patterns by SunSpec model: its number, `803.*` for its repeats, `804#` for its instances."""
    if not isinstance(value, Mapping):
        raise Wrong(f"{shown(value)} is not a table", 'write { 805 = "cab-a.s1.m{n:02}" }')
    for model, pattern in value.items():
        if not _CHILDREN_OF.fullmatch(model):
            raise Wrong(
                f"{shown(model)} is not the number of a SunSpec model", 'a number, as in 805, "803.*" or "804#"'
            )
        if not isinstance(pattern, str) or not _CHILD.match(pattern):
            raise Wrong(
                f"{shown(pattern)} is not a pattern of assets",
                "an id, with {n} or {n:02} for the number, {m} for the instance",
            )
        asset_id(child(pattern, 1))
    return dict(value)


def child(pattern: str, n: int) -> str:
    """The asset that a pattern gives to number n, from 1, of whatever it counts."""
    return _COUNTED.sub(lambda found: f"{n:0{found[1] or 1}d}", pattern)


def names(known: Callable[[], Iterable[str]], what: str) -> Check:
    """A list of names out of a known set, not empty, without repeats."""

    def check(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            raise Wrong(f"{shown(value)} is not a list of {what}s", 'write ["sunspec"]')
        allowed = sorted(known())
        for each in value:
            if each not in allowed:
                guess = nearest(each, allowed) if isinstance(each, str) else ""
                raise Wrong(f"there is no {what} {shown(each)}", f"one of {', '.join(allowed)}{guess}")
        if len(set(value)) != len(value):
            raise Wrong(f"the list names a {what} twice", "name each once")
        return tuple(value)

    return check


def word_of(allowed: Iterable[str], what: str) -> Check:
    """One name out of a known set."""
    known = sorted(allowed)

    def check(value: Any) -> str:
        if value not in known:
            raise Wrong(f"there is no {what} {shown(value)}", f"one of {', '.join(known)}")
        return str(value)

    return check


def time_zone(value: Any) -> str:
    """A zone of the IANA database; where the machine has none, any name is taken."""
    word = text(value)
    try:
        ZoneInfo(word)
    except (ValueError, OSError, LookupError):
        if word != "UTC" and available_timezones():
            raise Wrong(f"{shown(value)} is not a time zone", 'as in "Europe/Berlin" or "UTC"') from None
    return word
