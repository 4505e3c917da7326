"""What to do about the register, ranked: what wants attention this week, this quarter, within the year.

Within a tier the kinds come by what broke most often: by the number of rows of the incident tables in which such a gap
played a part; then by how many assets have it. The basis is said beside every line (RPT-03).
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ironkeep.decisions.inventory.gaps import OWN_GAP
from ironkeep.decisions.inventory.reconcile import INHERITED
from ironkeep.model.ids import AssetId
from ironkeep.model.register import Advice, GapKind, Tier
from ironkeep.views.register import Book

SHOWN = 8  # assets named beside a kind of gap
TIER_WORDS = {Tier.NOW: "this week", Tier.QUARTER: "this quarter", Tier.YEAR: "within the year"}
BASIS = (
    "tier first; then in how many of the 33 events of the incident tables such a gap played a part;"
    " then how many assets have it"
)
PASSED_ON: Final = frozenset(kind for name, kind in OWN_GAP.items() if name in INHERITED)
"""Kinds of gap that an answer at the whole closes at its parts too."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One kind of gap with how often it stands open."""

    rank: int
    kind: GapKind
    count: int
    places: int  # answers that close it: a part has what its whole says, so one answer there serves all of them
    advice: Advice
    assets: tuple[str, ...]  # the first few places
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
        above = book.by_id[row.above].gaps if row.above is not None else ()
        for kind in row.gaps:
            if kind in members and not (kind in PASSED_ON and kind in above):
                members[kind].append(row.id)
    return tuple(
        Gap(rank, kind, book.counts[kind], _places(book, kind, members[kind]), advice[kind],
            *_first(book, kind, members[kind][:SHOWN]))
        for rank, kind in enumerate(kinds, 1)
    )  # fmt: skip


def _places(book: Book, kind: GapKind, members: list[AssetId]) -> int:
    return len(book.unknown) if kind is GapKind.UNKNOWN_DEVICE else len(members)


def _first(book: Book, kind: GapKind, members: list[AssetId]) -> tuple[tuple[str, ...], str]:
    if kind is GapKind.UNKNOWN_DEVICE:
        shown = book.unknown[:SHOWN]
        words = f"seen in {', '.join(shown[0].seen_in[:2])}" if shown else ""
        return tuple(each.key for each in shown), words
    words = book.ledger.entries[members[0]].gaps.get(kind, "") if members else ""
    return tuple(str(each) for each in members), words
