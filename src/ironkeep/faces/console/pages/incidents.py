"""Incidents, and the story of one: every line is a fact with its number, and the number opens its proof."""

from typing import Any

from ironkeep.faces.console.pages.page import Arguments, Missing, Page
from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import Moment
from ironkeep.model.ids import AssetId, IncidentId, parent
from ironkeep.model.site import Site
from ironkeep.views import board

CLOSED_SHOWN = 30
ALARMS_SHOWN = 50
PLACES_SHOWN = 12
CAUSES = ("equipment fault", "cyber cause", "human error", "supplier defect", "test", "not established")


def gather(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
    """Every open case, and the last closed ones."""
    return {"cases": moment.stories.open, "closed": moment.stories.closed[:CLOSED_SHOWN]}


def gather_one(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
    """One case. Raises Missing when it is not remembered."""
    case = moment.stories.cases.get(IncidentId(arguments.get("id", "")))
    if case is None:
        raise Missing("no such incident is remembered", where=arguments.get("id", ""), remedy="look on Evidence")
    alarms = [moment.board.standing[a] for a in case.incident.alarms if a in moment.board.standing]
    return {
        "case": case,
        "incident": case.incident,
        "case_alarms": sorted(alarms, key=board.order)[:ALARMS_SHOWN],
        "case_alarms_all": len(alarms),
        "causes": CAUSES,
        "places": [(asset, _location(moment.site, asset)) for asset in case.incident.assets[:PLACES_SHOWN]],
        "fire_service": moment.site.fire_service,
    }


def _location(site: Site, asset: AssetId | None) -> str:
    """Where the asset, or the nearest declared one above it, stands; empty when nobody declared it."""
    while asset is not None:
        declared = site.asset(asset)
        if declared is not None and declared.location:
            return declared.location
        asset = parent(asset)
    return ""


LIST = Page("incidents", "Incidents", None, ("incident_list.html",), gather)
REGIONS = ("incident_head.html", "incident_story.html", "incident_alarms.html")
ONE = Page("incident", "Incident", None, REGIONS, gather_one, "incident.html")
