"""Devices that nobody declared, as people look at them: what each is, where it was heard, to whom it spoke.

When a device was heard itself and when a file that names it was taken are two times: a list or an address table does
not say how old it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ironkeep.decisions.inventory.match import Stranger
from ironkeep.decisions.inventory.statements import is_known, parts
from ironkeep.model.ids import AssetId
from ironkeep.model.register import Source, Talk

PROTOCOLS_MAX: Final = 8  # named of one device
ADDRESSES_MAX: Final = 4
LISTED: Final = "listed, never seen"
WAYS: Final[Mapping[str, str]] = {
    "writes": "wrote to an asset",
    "asks": "spoke to an asset",
    "seen": "seen or heard",
    "listed": LISTED,
}
"""What may be asked for, and in which words."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """One device that nobody declared. `heard_us` is when it was last heard in traffic, `taken_us` when the newest file
    that names it was taken; 0 for never.
    """

    key: str
    name: str
    maker: str
    addresses: tuple[str, ...]
    mac: str
    serial: str
    seen_in: tuple[str, ...]
    protocols: tuple[str, ...]
    asked: tuple[AssetId, ...]
    written: tuple[AssetId, ...]
    heard_us: int
    taken_us: int
    observed: bool

    def went(self, way: str) -> bool:
        """Is it what a word of WAYS asks for? True for any other word."""
        if way == "writes":
            return bool(self.written)
        if way == "asks":
            return bool(self.asked)
        return self.observed is (way == "seen") if way in ("seen", "listed") else True

    def text(self) -> str:
        """What a search looks in, small letters."""
        told = (self.key, self.name, self.maker, self.mac, self.serial, *self.addresses, *self.seen_in)
        return " ".join((*told, *self.protocols, *self.asked, *self.written)).casefold()


def unknown(stranger: Stranger, taps: Mapping[Talk, str]) -> Unknown:
    """A stranger of the ledger in the form in which it is looked at; `taps` says of a conversation that was heard where
    a device is listened to, at which.
    """
    spoken = dict.fromkeys(f"{talk.protocol}:{talk.port}" for talk in stranger.talks)
    seen = dict.fromkeys(said.origin for said in stranger.said)
    seen |= dict.fromkeys(f"heard at the tap of {taps[talk]}" for talk in stranger.talks if talk in taps)
    told = dict.fromkeys(
        each for said in stranger.said for each in parts(said.fields.get("address", "")) if is_known(each)
    )
    return Unknown(
        key=stranger.key,
        name=stranger.value("name"),
        maker=stranger.value("maker"),
        addresses=tuple(told)[:ADDRESSES_MAX],
        mac=stranger.value("mac"),
        serial=stranger.value("serial"),
        seen_in=tuple(seen) or ("traffic",),
        protocols=tuple(spoken)[:PROTOCOLS_MAX],
        asked=tuple(sorted(stranger.asked)),
        written=tuple(sorted(stranger.written)),
        heard_us=max((talk.last_us for talk in stranger.talks), default=0),
        taken_us=max((said.at_us for said in stranger.said), default=0),
        observed=bool(stranger.talks) or any(said.source is Source.OBSERVED for said in stranger.said),
    )


def select(found: tuple[Unknown, ...], text: str = "", way: str = "") -> tuple[Unknown, ...]:
    """Those whose text has every word and that went the way asked for, in the order in which they come."""
    words = text.casefold().split()
    return tuple(each for each in found if each.went(way) and (not words or _has(each, words)))


def _has(each: Unknown, words: list[str]) -> bool:
    text = each.text()
    return all(word in text for word in words)
