"""The fleet page: one row a site. There is one site for now."""

from typing import Any

from ironkeep.faces.console.pages.page import Arguments, Page
from ironkeep.faces.console.pages.site import alarm_counts
from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import Moment
from ironkeep.views import banks


def gather(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
    """What the one row shows."""
    rows = banks.rows(moment.site, moment.scene, moment.now.at_us)
    return {
        "banks": rows,
        "charge": banks.charge(rows),
        "believed": sum(row.believed for row in rows),
        **alarm_counts(moment),
        "cases": moment.stories.open,
    }


PAGE = Page("fleet", "Fleet", 1, ("fleet.html",), gather)
