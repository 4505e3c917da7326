"""Evidence: the checkpoint, how to verify without us, the facts, and which signals are covered (TEL-01)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ironkeep.faces.console.pages.page import Arguments, Page
from ironkeep.faces.console.render import telling
from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import Moment
from ironkeep.facts.envelope import Fact
from ironkeep.model.errors import Refused, Trouble
from ironkeep.model.time import parse_rfc3339
from ironkeep.ports.facts import FactQuery
from ironkeep.views import coverage

FACTS_SHOWN = 50
FOLDED_FROM = 4  # as many alike in a row are one line
LINES_LEAST, FACTS_MOST = 25, 400  # where folding leaves fewer lines, it looks further back, so far at most
TOLD_MAX = 6  # fields that a line shows
FIELDS = ("kind", "asset", "actor", "since", "until")


def query_of(arguments: Arguments, limit: int = FACTS_SHOWN) -> FactQuery:
    """The filter that the address names. Raises Refused for a time or a number that is none."""
    before = arguments.get("before", "")
    if before and not (before.isdigit() and len(before) < 16):
        raise Refused(f"{before!r} is not a fact number", where="before", remedy="write it in digits")
    since, until = arguments.get("since", "").strip(), arguments.get("until", "").strip()
    return FactQuery(
        kinds=tuple(k for k in arguments.get("kind", "").replace(",", " ").split() if k),
        asset=arguments.get("asset", "").strip(),
        actor=arguments.get("actor", "").strip(),
        since_us=parse_rfc3339(since) if since else None,
        until_us=parse_rfc3339(until) if until else None,
        last_seq=int(before) if before else None,
        limit=limit,
        newest_first=True,
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list: a fact, and how many of its kind before it (older) it stands for as well: they concern no
    asset, or say the same of others.
    """

    fact: Fact
    more: int = 0
    last: int = 0  # the number of the oldest


def lines(facts: Sequence[Fact]) -> list[Line]:
    """The facts, newest first, with what an engine does again and again in one line, so that it does not bury what
    happened.
    """
    made: list[Line] = []
    for _, run in groupby(facts, _alike):
        held = list(run)
        folded = len(held) >= FOLDED_FROM
        made += [Line(held[0], len(held) - 1, held[-1].seq)] if folded else whole(held)
    return made


def whole(facts: Iterable[Fact]) -> list[Line]:
    """Each fact as a line of its own."""
    return [Line(fact, 0, fact.seq) for fact in facts]


def _alike(fact: Fact) -> tuple[object, ...]:
    """What facts of one line have in common. What a person asked for is never folded with others."""
    if fact.actor.startswith("person:"):
        return (fact.id,)
    return fact.kind, fact.actor, bool(fact.asset), telling(fact.body, TOLD_MAX) if fact.asset else []


def _listed(sources: Sources, arguments: Arguments) -> tuple[list[Line], int | None]:
    """The lines that pass the filter, and before which fact older ones may stand: none where these are all."""
    folds, limit = not arguments.get("kind", "").strip(), FACTS_SHOWN
    facts = sources.facts.find(query_of(arguments))
    made = lines(facts) if folds else whole(facts)
    if folds and len(facts) == limit and len(made) < LINES_LEAST:
        limit = FACTS_MOST
        facts = sources.facts.find(query_of(arguments, limit))
        made = lines(facts)[:FACTS_SHOWN]
    more = len(facts) == limit or (made and facts[-1].seq < made[-1].last)
    return made, made[-1].last if made and more else None


def gather(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
    """Checkpoint, facts and coverage. A filter that does not read is said beside the form; the rest stands."""
    trouble: Trouble | None = None
    checkpoint, listed, older = "", list[Line](), None
    try:
        checkpoint = sources.facts.checkpoint().decode(errors="replace")
        listed, older = _listed(sources, arguments)
    except Trouble as found:
        trouble = found
    return {
        "checkpoint": checkpoint,
        "lines": listed,
        "older": older,
        "trouble": trouble,
        "filter": {key: arguments.get(key, "") for key in (*FIELDS, "before")},
        "told_max": TOLD_MAX,
        "exportable": sources.export is not None,
    }


def gather_coverage(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
    """Which signals each bank offers, which are read, which are missing."""
    found = coverage.coverage(moment.site, moment.scene)
    return {"covered": found, "signals": [signal for signal, _ in coverage.SIGNALS], "source": coverage.SOURCE}


def gather_all(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
    """All regions of the page."""
    return gather(moment, sources, arguments) | gather_coverage(moment, sources, arguments)


REGIONS = ("checkpoint.html", "facts_table.html", "coverage.html")
PAGE = Page("evidence", "Evidence", None, REGIONS, gather_all, "evidence.html", 30, "see facts")
