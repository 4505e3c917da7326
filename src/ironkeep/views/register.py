"""The register as people look at it: every asset with what is open about it, and one asset with every source beside it.

A book is drawn up whole from the facts, the imports at hand and the day, and then only looked up in: pages, tables and
cards of ten thousand assets come from one book. What is looked up says where each value comes from.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Final

import msgspec

from ironkeep.decisions import inventory
from ironkeep.decisions.inventory import gaps as open_gaps
from ironkeep.decisions.inventory import mandatory
from ironkeep.decisions.inventory.memory import Seen, Taken
from ironkeep.decisions.inventory.reconcile import INHERITED, Entry, Ledger, reconcile
from ironkeep.decisions.inventory.statements import is_known
from ironkeep.facts.envelope import Fact
from ironkeep.model.ids import AssetId, parent
from ironkeep.model.register import FIELDS, GapKind, Import, Lore, Source, Tier
from ironkeep.model.site import AssetKind, Site
from ironkeep.model.time import SECOND_US
from ironkeep.views import strangers
from ironkeep.views.strangers import Unknown

KINDS: Final = tuple(sorted(inventory.FOLD.kinds))
SEARCHED: Final = ("name", "location", "state", "serial", "address", "mac", "owner", "maker", "model")
SITE_FILE: Final = "the site file"
Score = mandatory.Score


@dataclass(frozen=True, slots=True)
class Row:
    """One asset in the table. `tier` is the worst tier among its gaps, 0 without any."""

    id: AssetId
    name: str
    kind: AssetKind
    location: str
    state: str
    sources: frozenset[Source]
    gaps: tuple[GapKind, ...]
    tier: int
    score: Score
    above: AssetId | None  # what it is part of
    text: str  # what a search looks in, small letters


@dataclass(frozen=True, eq=False)
class Book:
    """The whole register at one moment."""

    site: Site
    at_us: int
    today: date
    ledger: Ledger
    rows: tuple[Row, ...]
    unknown: tuple[Unknown, ...]
    imports: tuple[Taken, ...]
    score: Score
    scores: Mapping[AssetKind, Score]
    counts: Mapping[GapKind, int]
    lore: Lore
    by_id: Mapping[AssetId, Row]
    polled: bool  # has any declared device ever been met?
    leads: Mapping[str, int]  # days ahead at which a date of a field is told

    @property
    def waiting(self) -> tuple[str, ...]:
        """Imports that stand and whose text cannot be read: nothing follows from them."""
        return self.ledger.waiting


class Register:
    """The fold of facts behind a book."""

    def __init__(self, site: Site) -> None:
        self.policy = inventory.Policy(site=site)
        self.memory = inventory.empty(self.policy)

    def fold(self, facts: Sequence[Fact]) -> None:
        """Take in committed facts, in order."""
        self.memory = inventory.absorb(self.memory, facts)

    @property
    def digests(self) -> frozenset[str]:
        """The blobs that a book needs."""
        return frozenset(each.digest for each in inventory.imports(self.memory))

    def book(self, shelf: Mapping[str, Import], lore: Lore, now_us: int, more: tuple[Taken, ...] = ()) -> Book:
        """The book as of now; `shelf` maps digest to import, `more` are imports that count as if they stood."""
        today = datetime.fromtimestamp(now_us // SECOND_US, UTC).date()
        standing = self.memory.standing
        if more:
            imports = standing.imports | {each.taken: each for each in more}
            standing = msgspec.structs.replace(standing, imports=imports)
        ledger = reconcile(self.policy, standing, shelf)
        open_gaps.find(ledger, self.policy, today)
        tiers = {advice.kind: int(advice.tier) for advice in lore.gaps}
        rows = tuple(_row(entry, tiers) for entry in ledger.entries.values())
        scores: dict[AssetKind, Score] = {}
        for row in rows:
            scores[row.kind] = scores.get(row.kind, mandatory.EMPTY) + row.score
        taps = {heard.talk: heard.device for heard in standing.heard.values()}
        stray = sorted(ledger.strangers, key=attrgetter("rank"))
        counts = Counter(kind for row in rows for kind in row.gaps)
        if ledger.strangers:
            counts[GapKind.UNKNOWN_DEVICE] += len(ledger.strangers)
        return Book(
            site=self.policy.site,
            at_us=now_us,
            today=today,
            ledger=ledger,
            rows=rows,
            unknown=tuple(strangers.unknown(stranger, taps) for stranger in stray),
            imports=inventory.imports(self.memory),
            score=sum(scores.values(), mandatory.EMPTY),
            scores=scores,
            counts=counts,
            lore=lore,
            by_id={row.id: row for row in rows},
            leads={
                "design_life_until": self.policy.life_lead_days,
                "support_until": self.policy.support_lead_days,
                "calibrated_until": self.policy.upkeep_lead_days,
                "inspected_until": self.policy.upkeep_lead_days,
            },
            polled=any(isinstance(device, Seen) for entry in ledger.entries.values() for device in entry.devices),
        )


def _row(entry: Entry, tiers: Mapping[GapKind, int]) -> Row:
    ranked = sorted((tiers.get(kind, int(Tier.YEAR)), kind) for kind in entry.gaps)
    said = {name: text for name in SEARCHED if is_known(text := entry.effective.get(name, ""))}
    return Row(
        id=entry.id,
        name=said.get("name", ""),
        kind=entry.asset.kind,
        location=said.get("location", ""),
        state=said.get("state", "not known"),
        sources=frozenset({Source.DECLARED, *(match.said.source for match in entry.said)}),
        gaps=tuple(kind for _, kind in ranked),
        tier=ranked[0][0] if ranked else 0,
        score=mandatory.score(entry),
        above=entry.above.id if entry.above is not None else None,
        text=" ".join((str(entry.id), *said.values())).casefold(),
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """What to show of the table. Empty values do not filter."""

    text: str = ""
    kind: str = ""
    gap: str = ""
    source: str = ""
    tier: int = 0
    whole: bool = False  # leave out the parts of what passes itself
    sort: str = ""  # one of ORDERS; empty or another: the order of the site file


ORDERS: Final[Mapping[str, Callable[[Row], tuple[object, ...]]]] = {
    "worst first": lambda row: (row.tier or 9, -len(row.gaps), row.id),
    "least answered first": lambda row: (row.score.pct, row.id),
    "asset": lambda row: (row.id,),
    "kind": lambda row: (row.kind, row.id),
    "where": lambda row: (not row.location, row.location, row.id),
}


@lru_cache(maxsize=32)
def select(book: Book, wish: Wish) -> tuple[Row, ...]:
    """The rows that pass, in the order wished for."""
    words = wish.text.casefold().split()
    found = tuple(
        row
        for row in book.rows
        if (not wish.kind or row.kind == wish.kind)
        and (not wish.gap or wish.gap in row.gaps)
        and (not wish.source or wish.source in row.sources)
        and (not wish.tier or row.tier == wish.tier)
        and all(word in row.text for word in words)
    )
    if wish.whole:
        passing = {row.id for row in found}
        found = tuple(row for row in found if row.above not in passing)
    order = ORDERS.get(wish.sort)
    return found if order is None else tuple(sorted(found, key=order))


@dataclass(frozen=True, slots=True)
class Said:
    """One value with where it comes from; `differs` where it is not the value that counts."""

    value: str
    origin: str
    place: str
    at_us: int
    seq: int
    by: str
    differs: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One field of one asset, every source beside the others. `counts` is empty where nobody knows."""

    field: str
    meaning: str
    counts: str
    inherited_from: AssetId | None
    mandatory: bool
    declared: tuple[Said, ...]
    observed: tuple[Said, ...]
    imported: tuple[Said, ...]


def nearest(book: Book, asset: str) -> AssetId | None:
    """The declared asset of that id, or the one above it; None where neither is in the site file."""
    at: AssetId | None = AssetId(asset)
    while at is not None and at not in book.by_id:
        at = parent(at)
    return at


def lines(book: Book, asset: AssetId) -> tuple[Line, ...]:
    """Every field of an asset that any source speaks about or that it must have, in the order of FIELDS."""
    entry = book.ledger.entries[asset]
    needed = mandatory.MANDATORY[entry.asset.kind]
    found = []
    for name, meaning in FIELDS.items():
        counts = entry.effective.get(name, "")
        said = {source: _said(entry, name, source, counts) for source in Source}
        if counts or name in needed:
            given = _giver(entry, name) if counts and not any(said.values()) else None
            parts = (said[Source.DECLARED], said[Source.OBSERVED], said[Source.IMPORTED])
            found.append(Line(name, meaning, counts, given, name in needed, *parts))
    return tuple(found)


def _said(entry: Entry, name: str, source: Source, counts: str) -> tuple[Said, ...]:
    if source is Source.DECLARED:
        text = entry.declared.get(name, "")
        return (Said(text, SITE_FILE, "", 0, 0, "", differs=False),) if text else ()
    return tuple(
        Said(
            text, m.said.origin, m.said.place, m.said.at_us, m.said.seq, m.by, differs=is_known(text) and text != counts
        )
        for m in entry.said
        if m.said.source is source and (text := m.said.fields.get(name, ""))
    )


def _giver(entry: Entry, name: str) -> AssetId | None:
    """The asset that a field is inherited from."""
    at = entry.above
    while name in INHERITED and at is not None:
        if is_known(at.declared.get(name, "")) or any(is_known(m.said.fields.get(name, "")) for m in at.said):
            return at.id
        at = at.above
    return None


def dependants(book: Book, asset: AssetId) -> tuple[tuple[AssetId, ...], tuple[AssetId, ...]]:
    """What is fed by the asset, nearest first, and what feeds it: both along the declared feeds to their ends."""
    down = {entry.id: entry.asset.feeds for entry in book.ledger.entries.values() if entry.asset.feeds}
    up: dict[AssetId, list[AssetId]] = {}
    for giver, takers in down.items():
        for taker in takers:
            up.setdefault(taker, []).append(giver)
    return _reach(asset, down), _reach(asset, up)


def _reach(start: AssetId, edges: Mapping[AssetId, Iterable[AssetId]]) -> tuple[AssetId, ...]:
    found: dict[AssetId, None] = {}
    todo = list(edges.get(start, ()))
    while todo:
        at = todo.pop(0)
        if at != start and at not in found:
            found[at] = None
            todo += edges.get(at, ())
    return tuple(found)


def feeder(book: Book, asset: AssetId) -> AssetId:
    """The asset itself, or the one above it that the one-line diagram knows: where dependants are looked up."""
    at: AssetId | None = asset
    while at is not None:
        fed, feeding = dependants(book, at)
        if fed or feeding:
            return at
        at = parent(at)
    return asset


def parts_of(book: Book, asset: AssetId) -> tuple[Row, ...]:
    """The assets directly below one."""
    return tuple(book.by_id[e.id] for e in book.ledger.entries.values() if e.above is not None and e.above.id == asset)


def gap_words(book: Book, asset: AssetId) -> tuple[tuple[GapKind, str], ...]:
    """What is open about an asset, worst first, with the words of each."""
    entry = book.ledger.entries[asset]
    return tuple((kind, entry.gaps[kind]) for kind in book.by_id[asset].gaps)
