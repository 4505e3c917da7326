"""The addresses of the register's pages, and its tables as CSV. All need a log-in. One
asks something of the desk: that an item of the checklist is put on the record.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from ironkeep.faces.console.books import Books
from ironkeep.faces.console.entry import Entry
from ironkeep.faces.console.notices import Notice
from ironkeep.faces.console.pages import card
from ironkeep.faces.console.pages.inventory import wished
from ironkeep.faces.console.pages.page import Missing, Page
from ironkeep.faces.console.painter import Painter
from ironkeep.faces.console.routes import arguments_of
from ironkeep.faces.console.watch import Watch
from ironkeep.model.errors import Trouble, Unavailable
from ironkeep.model.request import RequestKind
from ironkeep.model.time import rfc3339
from ironkeep.views import card as card_view
from ironkeep.views import gaps, register, strangers

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for a formula

HERE = ("127.0.0.1", "localhost", "::1")
UNKNOWN_HEAD = (
    *("device", "name", "maker", "mac", "serial", "addresses", "seen in", "speaks", "asked", "wrote to"),
    *("last heard", "file taken"),
)


def router(entry: Entry, watch: Watch, painter: Painter, books: Books, pages: Mapping[str, Page]) -> APIRouter:
    """Every page of the register."""
    made = entry.router()

    async def show(request: Request, name: str, notice: Notice | None = None, **fixed: str) -> Response:
        session = entry.require(request)
        await books.open()
        query = f"?{request.url.query}" if request.url.query else ""
        text = painter.page(pages[name], arguments_of(request, **fixed), session, request.url.path + query, notice)
        return HTMLResponse(text, 200 if notice is None else notice.status)

    @made.get("/inventory")
    async def table(request: Request) -> Response:
        return await show(request, "inventory")

    @made.get("/inventory/gaps")
    async def gap_list(request: Request) -> Response:
        return await show(request, "inventory-gaps")

    @made.get("/inventory/dates")
    async def calendar(request: Request) -> Response:
        await books.measure()
        return await show(request, "inventory-dates")

    @made.get("/inventory/readiness")
    async def readiness(request: Request) -> Response:
        return await show(request, "inventory-readiness")

    @made.post("/inventory/readiness/record")
    async def record(request: Request) -> Response:
        session, fields = await entry.form(request)
        body = {name: " ".join(fields.get(name, "").split()) for name in ("done_on", "document", "found")}
        key = fields.get("once", "") and f"record check {fields['once']}"
        try:
            outcome = await entry.ask(RequestKind.RECORD_CHECK, session.actor, fields.get("item", ""), body, key)
        except Trouble as trouble:
            status = 503 if isinstance(trouble, Unavailable) else 422
            return await show(request, "inventory-readiness", Notice(False, trouble.what, trouble.remedy, status))
        if not outcome.accepted:
            notice = Notice(False, outcome.reason, outcome.remedy, 409)
            return await show(request, "inventory-readiness", notice)
        await watch.catch_up()
        said = Notice(True, "on the record", facts=outcome.seqs)
        return entry.notices.after(session, "/inventory/readiness", said)

    @made.get("/inventory/unknown")
    async def unknown(request: Request) -> Response:
        return await show(request, "inventory-unknown")

    @made.get("/inventory/asset/{asset}")
    async def one(request: Request, asset: str) -> Response:
        return await show(request, "inventory-asset", asset=asset)

    @made.get("/inventory/hands/{asset}")
    async def who(request: Request, asset: str) -> Response:
        return await show(request, "inventory-hands", asset=asset)

    @made.get("/inventory/card/{asset}")
    async def rack_card(request: Request, asset: str) -> Response:
        session = entry.require(request)
        book, moment = await books.open(), watch.moment()
        found = register.nearest(book, asset)
        if found is None:
            raise Missing("no such asset is in the site file", where=asset, remedy="choose one in the register")
        made_card = card_view.card(book, found, moment.scene, moment.now.at_us)
        told = card.told(made_card, _reached_at(request)) | {"author": session.account}
        return HTMLResponse(painter.plain(card.TEMPLATE, session=session, path=request.url.path, **told))

    @made.get("/inventory/assets.csv")
    async def assets_csv(request: Request) -> Response:
        entry.require(request)
        book, wish = await books.open(), wished(arguments_of(request))
        head = ("asset", "name", "kind", "location", "state", "complete_pct", "gaps")
        rows = (
            (r.id, r.name, r.kind, r.location, r.state, f"{r.score.pct:.1f}", "; ".join(r.gaps))
            for r in register.select(book, wish)
        )
        return _csv(f"{book.site.id}-assets.csv", head, rows)

    @made.get("/inventory/gaps.csv")
    async def gaps_csv(request: Request) -> Response:
        entry.require(request)
        book = await books.open()
        head = ("rank", "gap", "when", "count", "places", "why", "event", "source", "next step", "effort")
        rows = [
            (str(g.rank), g.kind, g.when, str(g.count), str(g.places),
             g.advice.why, g.advice.event, g.advice.source, g.advice.next_step, g.advice.effort)
            for g in gaps.ranked(book)
        ]  # fmt: skip
        return _csv(f"{book.site.id}-gaps.csv", head, rows)

    @made.get("/inventory/unknown.csv")
    async def unknown_csv(request: Request) -> Response:
        entry.require(request)
        book, told = await books.open(), arguments_of(request)
        found = strangers.select(book.unknown, told.get("q", ""), told.get("way", ""))
        return _csv(f"{book.site.id}-unknown.csv", UNKNOWN_HEAD, map(_unknown, found))

    return made


def _reached_at(request: Request) -> str:
    """The console's address as the asker reached it, for the QR; empty on this machine itself, which no phone reaches.
    The gate lets in no Host that is not ours.
    """
    return "" if request.base_url.hostname in HERE else str(request.base_url)


def _unknown(each: strangers.Unknown) -> tuple[str, ...]:
    lists = (each.addresses, each.seen_in, each.protocols, each.asked, each.written)
    times = (rfc3339(us, digits=0) if us else "" for us in (each.heard_us, each.taken_us))
    return (each.key, each.name, each.maker, each.mac, each.serial, *(" ".join(words) for words in lists), *times)


def _csv(name: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Response:
    """The table as a file; a cell that a spreadsheet would carry out is kept as text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(["'" + cell if cell.startswith(FORMULA) else cell for cell in row] for row in rows)
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
