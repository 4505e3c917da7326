"""What to do about the register, ranked: what wants attention this week, this quarter, within the year.

Within a tier the kinds come by what broke most often: by the number of rows of the incident tables in which such a gap
played a part; then by how many assets have it. The basis is said beside every line (RPT-03).
"""

from dataclasses import dataclass
from functools import lru_cache

from ironkeep.model.ids import AssetId
from ironkeep.model.register import Advice, GapKind, Tier
from ironkeep.views.register import Book

SHOWN = 8  # assets named beside a kind of gap
TIER_WORDS = {Tier.NOW: "this week", Tier.QUARTER: "this quarter", Tier.YEAR: "within the year"}
BASIS = (
    "tier first; then in how many of the 33 events of the incident tables such a gap played a part;"
    " then how many assets have it"
)


@dataclass(frozen=True, slots=True)
class Gap:
    """One kind of gap with how often it stands open."""

    rank: int
    kind: GapKind
    count: int
    advice: Advice
    assets: tuple[str, ...]  # the first few
    words: str  # of the first

    @property
    def when(self) -> str:
        """When it wants attention."""
        return TIER_WORDS[self.advice.tier]


@lru_cache(maxsize=2)
def ranked(book: Book) -> tuple[Gap, ...]:
    """Every kind that stands open, the first thing to do first."""
    advice = {each.kind: each for each in book.lore.gaps}
    kinds = [kind for kind in book.counts if book.counts[kind] and kind in advice]
    kinds.sort(key=lambda k: (advice[k].tier, -len(advice[k].events), -book.counts[k], k))
    members: dict[GapKind, list[AssetId]] = {kind: [] for kind in kinds}
    for row in book.rows:
        for kind in row.gaps:
            if kind in members and len(members[kind]) < SHOWN:
                members[kind].append(row.id)
    return tuple(
        Gap(rank, kind, book.counts[kind], advice[kind], *_first(book, kind, members[kind]))
        for rank, kind in enumerate(kinds, 1)
    )


def _first(book: Book, kind: GapKind, members: list[AssetId]) -> tuple[tuple[str, ...], str]:
    if kind is GapKind.UNKNOWN_DEVICE:
        shown = book.unknown[:SHOWN]
        words = f"seen in {', '.join(shown[0].seen_in[:2])}" if shown else ""
        return tuple(each.key for each in shown), words
    words = book.ledger.entries[members[0]].gaps.get(kind, "") if members else ""
    return tuple(str(each) for each in members), words
