"""Which asset does a statement speak about? By asset id, then serial, MAC, address, name; each match says by what.

A key that two assets share matches neither: the register says that it is shared instead of guessing. What matches no
asset is a device that nobody declared; statements about one such device are brought together by any key they share.
"""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ironkeep.decisions.inventory.statements import Statement, host, is_known, parts
from ironkeep.decisions.inventory.study import Steps
from ironkeep.model.ids import AssetId
from ironkeep.model.register import Talk

KEYS = ("serial", "mac", "address", "name")
LENT = ("mac", "address")  # keys that a list may give an asset, so that traffic seen at them is known as its


@dataclass(slots=True)
class Index:
    """Assets by what identifies them; None where several share a key."""

    assets: frozenset[AssetId] = frozenset()
    by: dict[str, dict[str, AssetId | None]] = field(default_factory=lambda: {key: {} for key in KEYS})
    lent: dict[tuple[str, str], AssetId] = field(default_factory=dict)  # (key, value) that a list alone gives

    def learn(self, asset: AssetId, fields: Mapping[str, str]) -> None:
        """Let every key among the fields lead to the asset."""
        for key in KEYS:
            if key in fields:
                for value in values_of(key, fields[key]):
                    known = self.by[key].get(value, asset)
                    self.by[key][value] = asset if known == asset else None

    def lend(self, asset: AssetId, fields: Mapping[str, str]) -> None:
        """Let the address and MAC that a list gives an asset lead to it, as far as nothing better says whose they are;
        what two assets were given leads to neither.
        """
        for key in LENT:
            for value in values_of(key, fields.get(key, "")):
                if value not in self.by[key]:
                    self.by[key][value] = self.lent[key, value] = asset
                elif (key, value) in self.lent and self.lent[key, value] != asset:
                    self.by[key][value] = None

    def find(self, fields: Mapping[str, str]) -> tuple[AssetId, str] | None:
        """The asset and by what it was found, or None."""
        named = AssetId(fields.get("asset", ""))
        if named in self.assets:
            return named, "asset id"
        for key in KEYS:
            if key in fields:
                for value in values_of(key, fields[key]):
                    if (found := self.by[key].get(value)) is not None:
                        return found, key
        return None

    def at(self, address: str) -> AssetId | None:
        """The one asset that has an address or MAC, or None."""
        text = address.strip().casefold()
        return self.by["mac"].get(text) or self.by["address"].get(text) or self.by["address"].get(host(text))


def values_of(key: str, text: str) -> tuple[str, ...]:
    """The values of a key as they are compared: small letters; an address with its port, then its host alone."""
    if not is_known(text):
        return ()
    if key != "address":
        return tuple(part.casefold() for part in parts(text)) if key == "mac" else (text.strip().casefold(),)
    found = [part.casefold() for part in parts(text)]
    return tuple(dict.fromkeys((*found, *(host(part) for part in found))))


def index(declared: Mapping[AssetId, Mapping[str, str]], observed: Iterable[Statement]) -> Steps[Index]:
    """An index over what the site file declares and what our own poll read of declared assets."""
    made = Index(frozenset(declared))
    for asset, fields in declared.items():
        yield
        made.learn(asset, fields)
    for each in observed:
        yield
        if each.asset in made.assets:
            made.learn(AssetId(each.asset), {key: each.fields[key] for key in ("serial", "mac") if key in each.fields})
    return made


@dataclass(slots=True)
class Stranger:
    """A device that nobody declared: every statement about it, and its conversations."""

    key: str
    said: list[Statement] = field(default_factory=list)
    talks: list[Talk] = field(default_factory=list)
    asked: set[AssetId] = field(default_factory=set)  # declared assets that it spoke to
    written: set[AssetId] = field(default_factory=set)  # declared assets that it wrote to

    @property
    def rank(self) -> tuple[bool, bool, str]:
        """Its place in a list: those that write first, then those that ask declared assets, then by key."""
        return (not self.written, not self.asked, self.key)

    def value(self, name: str) -> str:
        """The first value that any source has for a field, or empty."""
        return next((each.fields[name] for each in self.said if each.fields.get(name)), "")


class Strangers:
    """Brings statements about undeclared devices together: whatever shares an asset id, serial, MAC or host is one."""

    def __init__(self) -> None:
        self._leads: dict[str, str] = {}  # key -> lead; a lead that was merged leads on to another
        self._found: dict[str, Stranger] = {}

    def add(self, said: Statement) -> None:
        """Take in one statement that matched nothing."""
        keys = _keys(said.fields) or [f"place {said.origin} {said.place}"]
        self._one(keys).said.append(said)

    def meet(self, address: str, talk: Talk, other: AssetId | None, *, asks: bool) -> None:
        """Take in a conversation of an address that is nobody's; `other` is the declared asset at its other end."""
        if not is_station(address):
            return
        kind = "mac" if address.count(":") == 5 and "." not in address else "address"
        found = self._one([f"{kind} {address.casefold()}"])
        found.talks.append(talk)
        if other is not None and asks:
            found.asked.add(other)
            if talk.writes:
                found.written.add(other)

    def all(self) -> tuple[Stranger, ...]:
        """Every stranger, in no order."""
        return tuple(self._found.values())

    def _one(self, keys: list[str]) -> Stranger:
        """The one stranger of all these keys, merged where they led to several."""
        leads = sorted({self._lead(key) for key in keys if key in self._leads})
        lead = leads[0] if leads else keys[0]
        found = self._found.setdefault(lead, Stranger(lead.partition(" ")[2]))
        for other in leads[1:]:
            merged = self._found.pop(other)
            found.said += merged.said
            found.talks += merged.talks
            found.asked |= merged.asked
            found.written |= merged.written
            self._leads[other] = lead
        self._leads.update((key, lead) for key in keys if key not in self._leads)
        return found

    def _lead(self, key: str) -> str:
        while self._leads[key] != key:
            key = self._leads[key]
        return key


def _keys(fields: Mapping[str, str]) -> list[str]:
    """What identifies an undeclared device, surest first; an address that is no station identifies nothing."""
    found = []
    for key in ("asset", "serial", "mac", "address", "name"):
        for value in values_of(key, fields.get(key, "")):
            text = host(value) if key == "address" else value
            if key != "address" or is_station(text):
                found.append(f"{key} {text}")
        if found and key == "address":
            break  # a name alone identifies only what has nothing better
    return list(dict.fromkeys(found))


def is_station(address: str) -> bool:
    """Is this the address of one device? Broadcast, multicast and unset addresses are not."""
    text = host(address)
    if text in ("ff:ff:ff:ff:ff:ff", "255.255.255.255", "") or text.startswith(("01:00:5e", "33:33:", "01:80:c2")):
        return False
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return True
    return not (found.is_multicast or found.is_unspecified)
