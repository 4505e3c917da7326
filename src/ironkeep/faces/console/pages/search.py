"""Search: one key, one field, every kind of thing. A number, an id or an exact name leads straight there."""

import asyncio
from typing import Any

from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import Moment
from ironkeep.facts.envelope import Fact
from ironkeep.model.errors import Trouble
from ironkeep.ports.facts import FactQuery
from ironkeep.views import finding

FACTS_SHOWN = 12
SUGGESTED = 8


def straight(moment: Moment, wanted: str) -> str | None:
    """The one address that the text names exactly: a fact number, an id, an asset's id or name; else None."""
    if wanted.isdigit() and len(wanted) < 16:
        return f"/proof/{wanted}"
    for head, place in (("incident_", "/incidents/"), ("alarm_", "/alarms/")):
        if wanted.startswith(head):
            return place + wanted
    small = wanted.lower()
    exact = [str(a.id) for a in moment.site.assets if small and small in (str(a.id), a.name.lower())]
    exact += [str(a) for a in moment.scene.assets() if small == a]
    return f"/rack/{exact[0]}" if exact else None


async def gather(moment: Moment, sources: Sources, wanted: str, *, facts: bool) -> dict[str, Any]:
    """What the page shows: hits by kind and, for whoever may see `facts`, the newest of that kind, about that asset, or
    by that person.
    """
    trouble: Trouble | None = None
    hits: list[Fact] = []
    try:
        hits = await asyncio.to_thread(_facts, sources, wanted) if wanted and facts else []
    except Trouble as found:
        trouble = found
    return {
        "q": wanted,
        "found": finding.find(wanted, moment.site, moment.scene, moment.board, moment.stories),
        "facts": hits,
        "trouble": trouble,
    }


def suggestions(moment: Moment, wanted: str) -> list[dict[str, str]]:
    """The best hits of each kind while somebody types, each with its kind; facts are not asked for so often."""
    groups = finding.find(wanted, moment.site, moment.scene, moment.board, moment.stories)
    each = max(SUGGESTED // max(len(groups), 1), 2)
    hits = [(group.kind, hit) for group in groups for hit in group.hits[:each]]
    return [{"kind": kind, "name": hit.name, "more": hit.more, "href": hit.href} for kind, hit in hits[:SUGGESTED]]


def _facts(sources: Sources, wanted: str) -> list[Fact]:
    """By kind, else about the asset and all below it, else by the actor; each by an index of the spine."""
    newest = {"limit": FACTS_SHOWN, "newest_first": True}
    kind = wanted[:1].upper() + wanted[1:]
    queries = (
        FactQuery(kinds=(kind,), **newest),  # type: ignore[arg-type]
        FactQuery(asset=wanted.lower(), **newest),  # type: ignore[arg-type]
        FactQuery(actor=wanted if ":" in wanted else f"person:{wanted}", **newest),  # type: ignore[arg-type]
    )
    for query in queries:
        if found := sources.facts.find(query):
            return list(found)
    return []
