"""Where battery data live and for how long (TEL-11): what each vendor keeps by contract, beside what we keep ourselves.

Our own age range is measured on the record: the stretches of telemetry that were sealed and not yet expired. Raw
samples and one-minute rollups are two tiers with an age each. What no source says of a vendor is not known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from ironkeep.decisions.inventory.mandatory import MANDATORY
from ironkeep.decisions.inventory.network import GONE
from ironkeep.decisions.inventory.reconcile import Entry
from ironkeep.facts.envelope import Fact
from ironkeep.model.ids import AssetId
from ironkeep.views.alike import alike
from ironkeep.views.register import Book
from ironkeep.views.scene import Scene

KINDS: Final = ("SegmentSealed", "SegmentsExpired")
TIERS: Final = ("raw", "minutes")


@dataclass(frozen=True, slots=True)
class Span:
    """The age range of one tier of one group: from the oldest to the newest kept frame, and in how many stretches."""

    first_us: int
    last_us: int
    segments: int
    seq: int  # the fact that sealed the oldest


@dataclass
class Archive:
    """The fold of seals and expiries: what is still kept, by group and tier."""

    kept: dict[str, dict[str, dict[str, tuple[int, int, int]]]] = field(default_factory=dict)

    def fold(self, facts: Iterable[Fact]) -> None:
        """Take in committed facts, in order."""
        for fact in facts:
            body = fact.body
            if fact.kind == "SegmentSealed":
                tiers = self.kept.setdefault(body["group"], {tier: {} for tier in TIERS})
                for tier in TIERS:
                    tiers[tier][body["segment"]] = (body["first"], body["last"], fact.seq)
            elif fact.kind == "SegmentsExpired":
                for tiers in self.kept.values():
                    for segment in body["segments"]:
                        tiers[body["tier"]].pop(segment, None)

    def spans(self) -> dict[str, dict[str, Span]]:
        """By group and tier, what is kept; a tier of which nothing is left is not there."""
        return {
            group: {tier: _span(held.values()) for tier, held in tiers.items() if held}
            for group, tiers in sorted(self.kept.items())
        }


def _span(held: Iterable[tuple[int, int, int]]) -> Span:
    every = sorted(held)
    return Span(every[0][0], max(last for _, last, _ in every), len(every), every[0][2])


@dataclass(frozen=True, slots=True)
class Kept:
    """One source of battery data. `declared` is how long the vendor keeps them, in words; empty where nobody says."""

    asset: AssetId
    name: str
    vendor: str
    cloud: str
    declared: str
    groups: tuple[str, ...]
    raw: Span | None
    minutes: Span | None


def kept(book: Book, scene: Scene, spans: Mapping[str, Mapping[str, Span]]) -> tuple[Kept, ...]:
    """Every asset whose data a vendor keeps or must be asked about, with what we keep of it ourselves."""
    groups: dict[AssetId, set[str]] = {}
    for frame in scene.frames:
        for asset in frame.layout.assets:
            groups.setdefault(asset, set()).add(frame.layout.group)
    found = []
    for entry in _wanted(book):
        cloud, declared = entry.known("cloud"), entry.known("retention")
        mine = sorted(groups.get(entry.id, ()))
        raw, minutes = (_widest(spans, mine, tier) for tier in TIERS)
        found.append(
            Kept(entry.id, entry.known("name"), entry.known("vendor"), cloud, declared, tuple(mine), raw, minutes)
        )
    return tuple(found)


@lru_cache(maxsize=2)
def _wanted(book: Book) -> tuple[Entry, ...]:
    return tuple(e for e in book.ledger.entries.values() if _asked(e) and e.known("state") not in GONE)


def _asked(entry: Entry) -> bool:
    told = "retention" in MANDATORY[entry.asset.kind]
    return told or (entry.above is None and entry.known("cloud") not in ("", "none"))


def together(found: tuple[Kept, ...]) -> tuple[tuple[Kept, ...], ...]:
    """The sources in their order, those of one vendor that we read nothing of together."""
    return alike(found, lambda k: (k.vendor, k.cloud, k.declared, k.groups and k.asset))


def _widest(spans: Mapping[str, Mapping[str, Span]], groups: Iterable[str], tier: str) -> Span | None:
    """The span of a tier over several groups."""
    found = [spans[group][tier] for group in groups if tier in spans.get(group, {})]
    if not found:
        return None
    oldest = min(found, key=lambda each: each.first_us)
    newest = max(each.last_us for each in found)
    return Span(oldest.first_us, newest, sum(each.segments for each in found), oldest.seq)
