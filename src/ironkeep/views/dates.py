"""The calendar of the register: design lives, ends of support, calibrations and inspections, and what has no date.

A date that somebody gave, a date that the maker has not announced, and a date that nobody knows are three things; only
the first stands in the calendar; the others are named beside it, with those of which no source says anything.
"""

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Final

from ironkeep.decisions.inventory.gaps import OWN_GAP
from ironkeep.decisions.inventory.mandatory import MANDATORY
from ironkeep.decisions.inventory.network import GONE
from ironkeep.decisions.inventory.reconcile import Entry
from ironkeep.decisions.inventory.statements import day
from ironkeep.model.ids import AssetId
from ironkeep.model.register import NOT_ANNOUNCED, UNKNOWN, GapKind
from ironkeep.views.alike import alike
from ironkeep.views.register import Book

DATES: Final = {
    "design_life_until": "design life ends",
    "support_until": "support ends",
    "calibrated_until": "calibration runs out",
    "inspected_until": "inspection is due",
}
WINDOW: Final = "patch_window"
WANTED: Final = {**DATES, WINDOW: "patch window"}


@dataclass(frozen=True, slots=True)
class Due:
    """One date of one asset; `parts` counts the assets below it that go with it. `days` is negative once past."""

    asset: AssetId
    name: str
    field: str
    what: str
    on: date
    days: int
    parts: int
    plan: str  # the migration plan, of an end of support
    soon: bool  # past, or within the lead time of its sort


@dataclass(frozen=True, slots=True)
class Undated:
    """The assets that must have a date of one sort and have none: the maker has announced none, somebody looked and
    could not tell, or no source says anything. `gap` is the kind of gap of the last two.
    """

    field: str
    what: str
    gap: GapKind
    not_announced: tuple[AssetId, ...]
    said_unknown: tuple[AssetId, ...]
    not_said: tuple[AssetId, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Every date, the soonest first; what has none; and the patch windows as they are written."""

    due: tuple[Due, ...]
    undated: tuple[Undated, ...]
    windows: tuple[tuple[str, tuple[AssetId, ...]], ...]


@lru_cache(maxsize=2)
def calendar(book: Book) -> Calendar:
    """The calendar of a book."""
    due: dict[tuple[AssetId, str, date], int] = {}
    without = {name: _Without() for name in WANTED}
    windows: dict[str, list[AssetId]] = {}
    for entry in book.ledger.entries.values():
        if entry.known("state") in GONE:
            continue
        needed = MANDATORY[entry.asset.kind]
        for name in WANTED:
            text = entry.known(name)
            on = None if name == WINDOW else day(text)
            if on is not None:
                key = (_source(entry, name, text).id, name, on)
                due[key] = due.get(key, -1) + 1
            elif name == WINDOW and text:
                if _source(entry, name, text) is entry:
                    windows.setdefault(text, []).append(entry.id)
            elif name in needed:
                without[name].add(entry.id, entry.effective.get(name, ""))
    found = [_due(book, *key, parts) for key, parts in due.items()]
    found.sort(key=lambda each: (each.on, each.asset))
    undated = tuple(each.told(name) for name, each in without.items())
    return Calendar(tuple(found), undated, tuple((text, tuple(assets)) for text, assets in sorted(windows.items())))


@dataclass(slots=True)
class _Without:
    """Assets without a date of one sort, by what stands in its place."""

    not_announced: list[AssetId] = field(default_factory=list)
    said_unknown: list[AssetId] = field(default_factory=list)
    not_said: list[AssetId] = field(default_factory=list)

    def add(self, asset: AssetId, text: str) -> None:
        places = {NOT_ANNOUNCED: self.not_announced, UNKNOWN: self.said_unknown}
        places.get(text.casefold(), self.not_said).append(asset)

    def told(self, name: str) -> Undated:
        parts = (tuple(self.not_announced), tuple(self.said_unknown), tuple(self.not_said))
        return Undated(name, WANTED[name], OWN_GAP[name], *parts)


@lru_cache(maxsize=2)
def together(book: Book) -> tuple[tuple[Due, ...], ...]:
    """The dates in their order, those of one day, sort and plan together: what a person does in one go."""
    return alike(calendar(book).due, lambda each: (each.on, each.field, each.plan))


def _due(book: Book, asset: AssetId, name: str, on: date, parts: int) -> Due:
    days = (on - book.today).days
    plan = book.ledger.entries[asset].known("migration") if name == "support_until" else ""
    return Due(asset, book.by_id[asset].name, name, DATES[name], on, days, parts, plan, soon=days <= book.leads[name])


def _source(entry: Entry, name: str, text: str) -> Entry:
    """The uppermost asset from which a part has its value."""
    at = entry
    while at.above is not None and not _own(at, name) and at.above.known(name) == text:
        at = at.above
    return at


def _own(entry: Entry, name: str) -> bool:
    return bool(entry.declared.get(name)) or any(match.said.fields.get(name) for match in entry.said)
