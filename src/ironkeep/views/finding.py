"""Search over what the console knows: assets, alarms, cases, words. Facts are searched by the spine's own indexes.

A hit is a line with a place to go. What begins with the wanted text comes before what merely holds it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from ironkeep.model.incident import Incident
from ironkeep.model.site import Site
from ironkeep.views.board import Board
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
    cases = [*stories.open, *stories.closed]
    kinds = (
        ("Assets", assets),
        ("Alarms", [Hit(f"/alarms/{a.id}", a.title, f"{a.asset}, {a.state}, {a.id}") for a in alarms]),
        ("Incidents", [_case(c.incident) for c in cases]),
        ("Words", [Hit(f"/words#{slug(w.word)}", w.word, w.says) for w in WORDS]),
    )
    found = [_matching(kind, hits, small) for kind, hits in kinds]
    return tuple(each for each in found if each.all)


def slug(text: str) -> str:
    """The text as an element id may hold it."""
    return "".join(char if char.isascii() and char.isalnum() else "-" for char in text).lower()


def _case(incident: Incident) -> Hit:
    return Hit(
        f"/incidents/{incident.id}", incident.title, f"{incident.incident_class}, {incident.state}, {incident.id}"
    )


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
