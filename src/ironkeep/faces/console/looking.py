"""The addresses of pages that are looked at once and do not stream: search, the past, the words, several trends."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from ironkeep.faces.api import trends as api_trends
from ironkeep.faces.console.entry import Entry
from ironkeep.faces.console.pages import search
from ironkeep.faces.console.pages.past import STEPS, Past
from ironkeep.faces.console.painter import Painter
from ironkeep.faces.console.watch import Moment, Watch
from ironkeep.model.errors import Refused
from ironkeep.model.ids import AssetId
from ironkeep.model.site import AssetKind
from ironkeep.model.time import SECOND_US, parse_rfc3339
from ironkeep.views import words
from ironkeep.views.doubt import loud
from ironkeep.views.story import worst_first

TEXT_MAX = 200
CURVES_MAX = 8
FINDINGS_SHOWN = 50
BESIDE = (
    ("charge of the banks", AssetKind.BANK, "soc_pct"),
    ("power of the banks", AssetKind.BANK, "power_w"),
    ("voltage of the banks", AssetKind.BANK, "voltage_v"),
    ("load of the UPSs", AssetKind.UPS, "load_pct"),
    ("temperature of the rooms", AssetKind.ROOM, "temperature_c"),
    ("hydrogen in the rooms", AssetKind.ROOM, "hydrogen_ppm"),
    ("power of the meters", AssetKind.METER, "power_w"),
)
SPANS_S = (3_600, 21_600, 86_400, 604_800, 2_592_000)


def router(entry: Entry, watch: Watch, painter: Painter) -> APIRouter:
    """Search, past, words, trends."""
    made = entry.router()
    past = Past(entry.sources)

    def page(request: Request, template: str, **told: Any) -> Response:
        session = entry.require(request)
        return HTMLResponse(painter.plain(template, session=session, path=request.url.path, **told))

    @made.get("/search")
    async def search_page(request: Request, q: str = "") -> Response:
        session = entry.require(request)
        wanted, moment = q.strip()[:TEXT_MAX], watch.moment()
        if request.headers.get("accept") == "application/json":  # asked while somebody types
            return JSONResponse(search.suggestions(moment, wanted))
        if (address := search.straight(moment, wanted)) is not None:
            return RedirectResponse(address, 303)
        facts = entry.sources.access.allows(session.role, "see facts")
        return page(request, "search.html", **await search.gather(moment, entry.sources, wanted, facts=facts))

    @made.get("/words")
    async def words_page(request: Request) -> Response:
        return page(request, "words.html", words=words.WORDS, chapters=words.CHAPTERS)

    @made.get("/past")
    async def past_page(request: Request, at: str = "", asset: str = "") -> Response:
        entry.require(request)
        moment = watch.moment()
        at_us = parse_rfc3339(at) if at.strip() else past.lately(moment.now.at_us)
        if at_us > moment.now.at_us:
            raise Refused(f"{at} has not come yet", where="at", remedy="choose a time that has passed")
        then = await past.at(at_us)
        asset = asset[:TEXT_MAX]
        told = {
            "past": then,
            "cases": sorted(then.incidents, key=worst_first),
            "doubted": [t for t in then.trust if loud(t)],
            "shown_max": FINDINGS_SHOWN,
        }
        steps = [(label, at_us + s * SECOND_US) for label, s in STEPS]
        told["steps"] = [(label, to if to <= moment.now.at_us and past.reaches(to) else None) for label, to in steps]
        told |= {"read": await past.read(moment, then, asset), "at_us": at_us, "asset": asset}
        return page(request, "past.html", **told)

    @made.get("/trends")
    async def trends_page(request: Request, span_s: int = SPANS_S[0]) -> Response:
        entry.require(request)
        wanted = " ".join(request.query_params.getlist("p")).replace(",", " ").split()[:CURVES_MAX]
        for pair in wanted:
            if pair.count("/") != 1:
                raise Refused(f"{pair!r} names no point", where="p", remedy="write asset/point, as cab-a/soc_pct")
        if not api_trends.SPAN_MIN_S <= span_s <= api_trends.SPAN_MAX_S:
            raise Refused(f"span_s is {span_s}", where="span_s", remedy="choose one of the spans on the page")
        curves = [_named(watch.moment(), *pair.split("/")) for pair in wanted]
        offered = _offered(watch.moment())
        return page(
            request, "trends.html", curves=curves, span_s=span_s, spans=SPANS_S, p=" ".join(wanted), offered=offered
        )

    return made


def _offered(moment: Moment) -> list[tuple[str, str]]:
    """Curves that belong beside each other, of what is read: words, and the points as the address takes them."""
    found = []
    for words_of, kind, point in BESIDE:
        assets = [a.id for a in moment.site.assets if a.kind is kind]
        read = [f"{a}/{point}" for a in assets if moment.scene.value(a, point, moment.now.at_us).unit]
        if read:
            found.append((words_of, " ".join(read[:CURVES_MAX])))
    return found


def _named(moment: Moment, asset: str, point: str) -> tuple[str, str, str]:
    """Asset, point, and what people call both."""
    declared = moment.site.asset(AssetId(asset))
    specs = (
        s for frame, _ in moment.scene.rows_of(AssetId(asset)) for s in (*frame.layout.analog, *frame.layout.integer)
    )
    said = next((spec.label for spec in specs if spec.name == point), "") or point
    return asset, point, f"{declared.name if declared and declared.name else asset}: {said}"
