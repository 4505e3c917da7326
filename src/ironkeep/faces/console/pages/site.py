"""The site page: how long, what is wrong, may I believe it, how full; then the one line, the banks and the alarms."""

from typing import Any

from ironkeep.faces.console.pages.page import Arguments, Page
from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import HOTTEST, Moment
from ironkeep.model.annunciation import Priority
from ironkeep.model.finding import FindingKind
from ironkeep.model.trust import Trust
from ironkeep.views import banks, board, oneline, surroundings

ALARMS_SHOWN, ALARMS_BESIDE_CASE = 7, 4  # lines; a case with its next step must stay on the first screen
QUEUE_SHOWN = 4
BECAUSE_SHOWN = 3


def gather(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
    """What the regions of the site page show."""
    now_us = moment.now.at_us
    rows = banks.rows(moment.site, moment.scene, now_us)
    standing = moment.board.rows
    lines = board.lines(standing)
    shown = ALARMS_BESIDE_CASE if moment.stories.open else ALARMS_SHOWN
    return {
        "banks": rows,
        "charge": banks.charge(rows),
        "believed": sum(row.believed for row in rows),
        "spark": {row.asset.id: moment.recent.series(row.asset.id, HOTTEST, now_us) for row in rows},
        "diagram": oneline.diagram(moment.site, moment.scene, standing, now_us),
        "around": surroundings.surroundings(moment.site, moment.scene, standing, now_us),
        "alarms": lines[:shown],
        "alarms_next": lines[shown:ALARMS_SHOWN],
        "alarms_more": len(lines) - shown,
        **alarm_counts(moment),
        "queue": moment.registers.queue,
        "queue_fresh": any(each.kind is not FindingKind.DETECTOR_UNAVAILABLE for each in moment.registers.queue),
        "queue_shown": QUEUE_SHOWN,
        "doubted": moment.scene.doubted,
        "cases": moment.stories.open,
        "because_shown": BECAUSE_SHOWN,
        "Trust": Trust,
    }


def alarm_counts(moment: Moment) -> dict[str, Any]:
    """How many stand, wait, are shelved; and the most urgent priority that stands."""
    standing = [a for a in moment.board.standing.values() if a.shelved_until_us is None]
    return {
        "standing": len(standing),
        "waiting": sum(board.waits(a) for a in standing),
        "shelved": len(moment.board.shelved),
        "by_priority": {p: sum(a.priority == p for a in standing) for p in Priority},
        "worst": min((a.priority for a in standing), default=None),
    }


REGIONS = ("strip.html", "oneline.html", "alarms_side.html", "incident_side.html", "banks.html")
PAGE = Page("site", "Site", 2, REGIONS, gather, "site.html")
