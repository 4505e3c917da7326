"""Addresses of the demo's twin: what it plays, and how to make it play. They are there in the demo alone."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from ironkeep.faces.api import bodies, openapi
from ironkeep.faces.api.answers import answer
from ironkeep.faces.api.once import Key, Once
from ironkeep.faces.console.entry import Entry

told = openapi.told


def add_to(made: APIRouter, entry: Entry, once: Once) -> None:
    """Add them."""
    stage = entry.sources.stage
    assert stage is not None

    @made.get("/api/v1/twin", openapi_extra=told(None, "What the twin can play, and plays."))
    async def playing() -> Response:
        return answer({"scenarios": await stage.scenarios(), "state": await stage.state()})

    @made.post("/api/v1/twin/inject", openapi_extra=told(None, "Play a scenario.", bodies.Play))
    async def inject(request: Request, key: Key = "") -> Response:
        session = await entry.change(request)
        body = await bodies.read(request, bodies.Play)

        async def make() -> Response:
            return answer(await stage.inject(body.scenario))

        return await once.answer(request, session.actor, key, make)

    @made.post("/api/v1/twin/clear", openapi_extra=told(None, "End every scenario.", bodies.Nothing))
    async def clear(request: Request, key: Key = "") -> Response:
        session = await entry.change(request)
        await bodies.read(request, bodies.Nothing)

        async def make() -> Response:
            return answer(await stage.clear())

        return await once.answer(request, session.actor, key, make)
