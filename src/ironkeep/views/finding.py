"""Search over what the console knows: assets, alarms, cases, words. Facts are searched by the spine's own indexes.

A hit is a line with a place to go, in the names that people use. What begins with the wanted text comes before what
merely holds it. Ids of alarms and cases are not searched by their letters: a whole one leads straight to its page.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ironkeep.model.alarm import Alarm
from ironkeep.model.incident import Incident
from ironkeep.model.site import Site
from ironkeep.views.board import Board
from ironkeep.views.naming import Names
from ironkeep.views.scene import Scene
from ironkeep.views.story import Stories
from ironkeep.views.words import WORDS

SHOWN_MAX = 12  # hits of one kind


@dataclass(frozen=True, slots=True)
class Hit:
    """One line: where it leads, what it is called, and what else tells it apart."""

    href: str
    name: str
    more: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Hits of each kind, best first; `all` counts those beyond SHOWN_MAX too."""

    kind: str
    hits: tuple[Hit, ...]
    all: int


def find(wanted: str, site: Site, scene: Scene, board: Board, stories: Stories) -> tuple[Found, ...]:
    """Everything that holds the wanted text, by kind; kinds without a hit are left out."""
    small = wanted.strip().lower()
    if not small:
        return ()
    declared = {str(a.id) for a in site.assets}
    assets = [Hit(f"/rack/{a.id}", a.name or str(a.id), f"{a.id} {a.kind} {a.location}".strip()) for a in site.assets]
    assets += [Hit(f"/rack/{a}", str(a)) for a in scene.assets() if a not in declared]
    alarms = [*board.rows, *board.shelved, *reversed(board.ended)]
    cases, called = [*stories.open, *stories.closed], Names(site)
    kinds = (
        ("Assets", assets),
        ("Alarms", [Hit(f"/alarms/{a.id}", a.title, _at(called, a)) for a in alarms]),
        ("Incidents", [_case(called, c.incident) for c in cases]),
        ("Words", [Hit(f"/words#{slug(w.word)}", w.word, w.says) for w in WORDS]),
    )
    found = [_matching(kind, hits, small) for kind, hits in kinds]
    return tuple(each for each in found if each.all)


def slug(text: str) -> str:
    """The text as an element id may hold it."""
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in text).lower()


def _at(called: Names, alarm: Alarm) -> str:
    """Where, by name and by id, and how it stands."""
    name = called(alarm.asset)
    return ", ".join(dict.fromkeys((name, str(alarm.asset), str(alarm.state))))


def _case(called: Names, incident: Incident) -> Hit:
    title, about = called.said(incident.title), f"{incident.incident_class}, {incident.state}"
    return Hit(f"/incidents/{incident.id}", title, about)


def _matching(kind: str, hits: Iterable[Hit], small: str) -> Found:
    ranked = sorted(
        ((rank, hit.href.count("."), i, hit) for i, hit in enumerate(hits) if (rank := _rank(hit, small)) is not None),
        key=lambda found: found[:3],  # what contains the rest of its kind comes before its parts
    )
    return Found(kind, tuple(hit for *_, hit in ranked[:SHOWN_MAX]), len(ranked))


def _rank(hit: Hit, small: str) -> int | None:
    name, more = hit.name.lower(), hit.more.lower()
    if small in (name, more.split(" ")[0]):
        return 0
    if name.startswith(small) or more.startswith(small):
        return 1
    if small in name:
        return 2
    return 3 if small in more else None
