"""The calendar of the register: design lives, ends of support, calibrations and inspections, and what has no date.

A date that somebody gave, a date that the maker has not announced, and a date that nobody knows are three things; only
the first stands in the calendar, the others are counted beside it.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from ironkeep.decisions.inventory.gaps import GONE
from ironkeep.decisions.inventory.mandatory import MANDATORY
from ironkeep.decisions.inventory.reconcile import Entry
from ironkeep.decisions.inventory.statements import day
from ironkeep.model.ids import AssetId
from ironkeep.model.register import NOT_ANNOUNCED
from ironkeep.views.register import Book

DATES: Final = {
    "design_life_until": "design life ends",
    "support_until": "support ends",
    "calibrated_until": "calibration runs out",
    "inspected_until": "inspection is due",
}


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
class Together:
    """Dates that fall on one day, are of one sort and have one plan: what a person does in one go."""

    first: Due
    dues: tuple[Due, ...]


@dataclass(frozen=True, slots=True)
class Undated:
    """How many assets must have a date of one sort and have none: not announced by the maker, or not known."""

    field: str
    what: str
    not_announced: int
    unknown: int


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
    missing = {name: [0, 0] for name in DATES}
    windows: dict[str, list[AssetId]] = {}
    for entry in book.ledger.entries.values():
        if entry.known("state") in GONE:
            continue
        needed = MANDATORY[entry.asset.kind]
        for name in DATES:
            text = entry.known(name)
            on = day(text)
            if on is not None:
                key = (_source(entry, name, text).id, name, on)
                due[key] = due.get(key, -1) + 1
            elif name in needed:
                missing[name][text.casefold() != NOT_ANNOUNCED] += 1
        if (window := entry.known("patch_window")) and _source(entry, "patch_window", window) is entry:
            windows.setdefault(window, []).append(entry.id)
    found = [_due(book, *key, parts) for key, parts in due.items()]
    found.sort(key=lambda each: (each.on, each.asset))
    undated = tuple(Undated(name, DATES[name], *counts) for name, counts in missing.items())
    return Calendar(tuple(found), undated, tuple((text, tuple(assets)) for text, assets in sorted(windows.items())))


def together(due: tuple[Due, ...]) -> tuple[Together, ...]:
    """The dates in their order, those of one day, sort and plan brought together."""
    found: dict[tuple[date, str, str], list[Due]] = {}
    for each in due:
        found.setdefault((each.on, each.field, each.plan), []).append(each)
    return tuple(Together(dues[0], tuple(dues)) for dues in found.values())


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
