"""The twin's controls: present only where the site is declared simulated and a stage is given."""

import contextlib

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from ironkeep.faces.console.acts import Answer
from ironkeep.faces.console.entry import Entry
from ironkeep.faces.console.notices import Notice, Undo
from ironkeep.faces.console.pages import twin
from ironkeep.faces.console.painter import Painter
from ironkeep.faces.console.routes import arguments_of
from ironkeep.faces.console.watch import Watch
from ironkeep.model.errors import Trouble, Unavailable


def router(entry: Entry, watch: Watch, painter: Painter, answer: Answer, bill: twin.Playbill) -> APIRouter:
    """Look at the stage, play a scenario, clear."""
    made = entry.router()
    stage = entry.sources.stage
    assert stage is not None

    @made.get("/twin")
    async def page(request: Request) -> Response:
        session = entry.require(request)
        await twin.ask(entry.sources, bill)
        return HTMLResponse(painter.page(twin.page(bill), arguments_of(request), session, "/twin"))

    @made.post("/twin/inject")
    async def inject(request: Request) -> Response:
        _, fields = await entry.form(request)
        try:
            bill.state = await stage.inject(fields.get("scenario", ""))
        except Trouble as trouble:
            status = 503 if isinstance(trouble, Unavailable) else 422
            return await answer(request, fields, Notice(False, trouble.what, trouble.remedy, status))
        undo = Undo("Clear all", "/twin/clear", "scenario", "all")
        return await answer(request, fields, Notice(True, f"the twin plays {fields.get('scenario', '')}", undo=undo))

    @made.post("/twin/clear")
    async def clear(request: Request) -> Response:
        _, fields = await entry.form(request)
        try:
            bill.state = await stage.clear()
        except Trouble as trouble:
            return await answer(request, fields, Notice(False, trouble.what, trouble.remedy, 503))
        with contextlib.suppress(Trouble):
            await watch.catch_up()
        return await answer(request, fields, Notice(True, "the twin is quiet again"))

    return made
