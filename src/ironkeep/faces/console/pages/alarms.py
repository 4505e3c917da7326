"""The alarm list in the states of ISA-18.2, fifty lines a page, floods folded by rule, life safety never."""

from typing import Any

from ironkeep.faces.console.pages.page import Arguments, Missing, Page
from ironkeep.faces.console.pages.site import alarm_counts
from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import Moment
from ironkeep.model.alarm import Alarm
from ironkeep.model.ids import AlarmId, AssetId, parent
from ironkeep.model.site import Site
from ironkeep.views import board

ENDED_SHOWN = 15
SHELVE_CHOICES_S = (900, 3_600, 14_400, 28_800)


def gather(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
    """One page of the list. `rule` unfolds one group, `at` narrows to an asset, `p` is the page from 1."""
    standing = moment.board.rows
    rule, at = arguments.get("rule", ""), arguments.get("at", "")
    chosen = [a for a in standing if (not rule or a.rule == rule) and (not at or f"{a.asset}.".startswith(f"{at}."))]
    lines = tuple(board.Line(a, 0, a.members) for a in chosen) if rule else board.lines(chosen)
    size = sources.limits.page_rows
    pages = max(-(-len(lines) // size), 1)
    number = min(max(int(arguments.get("p", "1")) if arguments.get("p", "1").isdigit() else 1, 1), pages)
    return {
        "lines": lines[(number - 1) * size : number * size],
        "page_number": number,
        "pages": pages,
        "rule": rule,
        "at": at,
        **alarm_counts(moment),
        "folded_lines": len(lines),
        "chosen": len(chosen),
        "shelf": moment.board.shelved[:size],
        "ended": moment.board.ended[-ENDED_SHOWN:][::-1],
        "never_wait": sources.never_wait,
    }


def gather_one(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
    """One alarm with all that is known of it. Raises Missing when no such alarm is remembered."""
    wanted = AlarmId(arguments.get("id", ""))
    found: Alarm | None = moment.board.standing.get(wanted)
    found = found or next((a for a in moment.board.ended if a.id == wanted), None)
    if found is None:
        raise Missing("no such alarm is on the list", where=str(wanted), remedy="look among the facts on Evidence")
    asset = moment.site.asset(found.asset)
    told = {"alarm": found, "asset": asset, "waits": board.waits(found), "choices_s": SHELVE_CHOICES_S}
    return told | {"steer": steer(moment.site, found.asset), "never_wait": sources.never_wait}


def steer(site: Site, asset: AssetId) -> dict[str, str]:
    """Where to go, what to open and whom to call, as the site file says it of the asset or the nearest that it is part
    of; a word is empty where nothing is said.
    """
    said = {"place": "", "isolation": "", "contact": ""}
    above: AssetId | None = asset
    seen: set[AssetId] = set()
    while above is not None and above not in seen:
        seen.add(above)
        declared = site.asset(above)
        if declared is None:
            above = parent(above)
            continue
        isolation = ", ".join(declared.paper.isolation or ())
        found = {"place": declared.location, "isolation": isolation, "contact": declared.paper.contact or ""}
        said = {word: text or found[word] for word, text in said.items()}
        above = declared.parent or parent(above) or declared.room
    return said


LIST = Page("alarms", "Alarms", None, ("alarm_list.html", "alarm_tail.html"), gather)
ONE = Page("alarm", "Alarm", None, ("alarm_one.html",), gather_one, "alarm.html")
