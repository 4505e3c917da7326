"""The addresses of pages, their streams, the proofs, the export and the browser's files."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)

from ironkeep.faces.console import drawings, proofs
from ironkeep.faces.console.acts import Answer
from ironkeep.faces.console.entry import Entry, origin_of
from ironkeep.faces.console.gate import local_path
from ironkeep.faces.console.notices import Notice
from ironkeep.faces.console.pages import alarms, diagnostics, evidence, fleet, incidents, rack, site
from ironkeep.faces.console.pages.page import Page
from ironkeep.faces.console.painter import PLAIN, Painter, partials
from ironkeep.faces.console.render import Asset
from ironkeep.faces.console.streams import Streams
from ironkeep.faces.console.watch import Watch
from ironkeep.model.errors import Trouble
from ironkeep.model.ids import AssetId

PAGES: dict[str, Page] = {
    page.name: page
    for page in (
        *(site.PAGE, fleet.PAGE, rack.RACK, rack.STRING, rack.ASSET, alarms.LIST, alarms.ONE),
        *(incidents.LIST, incidents.ONE, evidence.PAGE, diagnostics.PAGE, PLAIN),
    )
}
ARGUMENTS_MAX = 12
ARGUMENT_LENGTH_MAX = 200
YEAR_S = 31_536_000
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT")  # `at` of an address as a time: the past, not the page


def arguments_of(request: Request, **fixed: str) -> dict[str, str]:
    """The arguments of a page from its address, cut to what a page may need; empty ones are dropped."""
    pairs = list(request.query_params.items())[:ARGUMENTS_MAX]
    return {key: value[:ARGUMENT_LENGTH_MAX] for key, value in pairs if value and key != "poll"} | fixed


def router(
    entry: Entry,
    watch: Watch,
    painter: Painter,
    streams: Streams,
    files: Mapping[str, Asset],
    pages: Mapping[str, Page],
) -> APIRouter:
    """Every page that is looked at."""
    made = entry.router()

    def show(request: Request, name: str, **fixed: str) -> Response:
        session = entry.require(request)
        arguments = arguments_of(request, **fixed)
        if MOMENT.match(at := arguments.get("at", "")):
            return RedirectResponse(f"/past?at={quote(at)}&asset={quote(arguments.get('asset', ''))}", 303)
        return HTMLResponse(painter.page(pages[name], arguments, session, _path(request)))

    @made.get("/")
    async def site_page(request: Request) -> Response:
        return show(request, "site")

    @made.get("/fleet")
    async def fleet_page(request: Request) -> Response:
        return show(request, "fleet")

    @made.get("/rack")
    async def rack_page(request: Request) -> Response:
        return show(request, "rack")

    @made.get("/rack/{asset}")
    async def rack_one(request: Request, asset: str) -> Response:
        if asset == entry.sources.site.id:  # what concerns the whole site, a common silence, leads to its own page
            return RedirectResponse("/", 303)
        kind = rack.kind_of(watch.moment(), AssetId(asset))
        return show(request, {"bank": "rack", "string": "string"}.get(kind, "asset"), asset=asset)

    @made.get("/alarms")
    async def alarms_page(request: Request) -> Response:
        return show(request, "alarms")

    @made.get("/alarms/{alarm}")
    async def alarm_page(request: Request, alarm: str) -> Response:
        return show(request, "alarm", id=alarm)

    @made.get("/incidents")
    async def incidents_page(request: Request) -> Response:
        return show(request, "incidents")

    @made.get("/incidents/{incident}")
    async def incident_page(request: Request, incident: str) -> Response:
        return show(request, "incident", id=incident)

    @made.get("/evidence")
    async def evidence_page(request: Request) -> Response:
        return show(request, "evidence")

    @made.get("/diagnostics")
    async def diagnostics_page(request: Request) -> Response:
        return show(request, "diagnostics")

    @made.get("/help")
    async def help_page(request: Request) -> Response:
        session = entry.require(request)
        return HTMLResponse(painter.plain("help.html", session=session, path="/help"))

    @made.get("/live/{name}")
    async def live(request: Request, name: str) -> Response:
        session = entry.session(request)
        page = pages.get(name)
        if session is None or page is None:
            return PlainTextResponse("no such stream, or nobody is logged in", 401 if session is None else 404)
        if not entry.sources.access.allows(session.role, page.act):
            await entry.denied(session.account, origin_of(request), f"{session.role} may not {page.act}")
            return PlainTextResponse(f"the role {session.role} may not {page.act}", 403)
        arguments = arguments_of(request)
        if "poll" in request.query_params or not streams.room(session.csrf):
            text = partials(painter.regions(page, arguments, session))
            return HTMLResponse(text, headers={"x-ironkeep-stream": "poll"})
        token = entry.cookies.session(request)

        def entered() -> bool:
            return entry.sources.vault.session(token, entry.sources.clock().at_us) is not None

        feed = streams.feed(page, arguments, session, entered)
        return StreamingResponse(feed, media_type="text/event-stream", headers={"x-accel-buffering": "no"})

    @made.get("/trend.svg")
    async def trend_svg(request: Request, asset: str, point: str, span_s: int = 3_600, tone: str = "light") -> Response:
        entry.require(request)
        drawn = await drawings.trend(entry.sources, watch.moment(), asset, point, span_s)
        text = painter.plain("trend.svg", tone=drawings.TONES.get(tone, drawings.TONES["light"]), **drawn)
        return Response(text, media_type="image/svg+xml")

    @made.get("/proof/{seq}")
    async def proof_file(request: Request, seq: int, form: str = "html") -> Response:
        session = entry.require(request)
        found = proofs.proof(entry.sources.facts, seq)
        if form == "html":
            fact = proofs.one_fact(entry.sources.facts, seq)
            told: dict[str, Any] = {
                "proof": found,
                "holds": proofs.check(found),
                "fact": fact,
                "cause": proofs.cause_of(entry.sources.facts, fact),
                "effects": proofs.effects_of(entry.sources.facts, fact),
            }
            return HTMLResponse(painter.plain("proof.html", session=session, path=f"/proof/{seq}", **told))
        name = f"{entry.sources.site.id}-fact-{seq}"
        if form == "tlog-proof":
            data = proofs.as_c2sp(entry.sources.facts, seq)
            return Response(data, media_type="text/plain", headers=_download(f"{name}.tlog-proof"))
        if form == "json":
            return JSONResponse(found, headers=_download(f"{name}.json"))
        return PlainTextResponse(proofs.as_text(found), headers=_download(f"{name}.txt"))

    @made.get("/checkpoint")
    async def checkpoint(request: Request) -> Response:
        entry.require(request)
        text = entry.sources.facts.checkpoint()
        return Response(text, media_type="text/plain", headers=_download(f"{entry.sources.site.id}-checkpoint.txt"))

    @made.post("/evidence/export")
    async def export(request: Request) -> Response:
        session, _ = await entry.form(request)
        if entry.sources.export is None:
            return PlainTextResponse("this console was started without an exporter; use `ironkeep export`", 501)
        lines = entry.sources.facts.checkpoint().decode().split("\n")
        size, root = (int(lines[1]), lines[2]) if len(lines) > 2 else (0, "")
        account = session.account
        await entry.record("EvidenceExported", account, {"by": f"person:{account}", "size": size, "root": root})
        name = f"{entry.sources.site.id}-tiles-{size}.zip"
        pieces = proofs.zipped(entry.sources.export())
        return StreamingResponse(pieces, media_type="application/zip", headers=_download(name))

    @made.get("/static/{name}")
    async def static(name: str) -> Response:
        found = files.get(name)
        if found is None:
            return PlainTextResponse("no such file", 404)
        kept = {"cache-control": f"public, max-age={YEAR_S}, immutable"}
        return Response(found.data, media_type=found.media_type, headers=kept)

    return made


def answer_for(entry: Entry, painter: Painter, pages: Mapping[str, Page]) -> Answer:
    """How the outcome of a request is shown: regions and a notice with scripts; without, the page that was left, by a
    redirect where it was accepted.
    """

    async def answer(request: Request, fields: dict[str, str], notice: Notice) -> Response:
        session = entry.require(request)
        page = pages.get(fields.get("page", ""), pages["site"])
        arguments = {k[4:]: v[:ARGUMENT_LENGTH_MAX] for k, v in fields.items() if k.startswith("arg_") and v}
        await asyncio.sleep(0)
        if request.headers.get("hx-request"):
            try:
                regions = dict(painter.regions(page, arguments, session))
            except Trouble:
                regions = {}
            regions["notice"] = painter.plain("parts/notice.html", notice=notice)
            return HTMLResponse(partials(regions), notice.status)
        if notice.good:
            return entry.notices.after(session, local_back(fields), notice)
        return HTMLResponse(painter.page(page, arguments, session, local_back(fields), notice), notice.status)

    return answer


def local_back(fields: Mapping[str, str]) -> str:
    """Where a form came from, as a path on this console."""
    return local_path(fields.get("back", "/"))


def not_entered(request: Request, _: Exception) -> Response:
    """Send a visitor to the log-in page and back afterwards; anything but a page gets a plain 401."""
    accepts = request.headers.get("accept", "*/*")
    if request.method == "GET" and ("text/html" in accepts or accepts == "*/*"):
        return RedirectResponse(f"/login?to={quote(_path(request), safe='')}", 303)
    return PlainTextResponse("nobody is logged in; open /login", 401)


def _path(request: Request) -> str:
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def _download(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}
