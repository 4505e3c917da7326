"""The addresses of the API. All but /healthz need a log-in or a program's token; the guard of the console stands before
them. A change by a person needs the log-in's mark in X-CSRF too, and may carry an idempotency key.
"""

import functools

from fastapi import APIRouter, Request
from starlette.responses import Response

from ironkeep import __version__
from ironkeep.faces.api import asking, importing, looking, openapi, people, playing, recorded, register, words
from ironkeep.faces.api.answers import answer, steady
from ironkeep.faces.api.once import Once
from ironkeep.faces.console.books import Books
from ironkeep.faces.console.entry import Entry
from ironkeep.faces.console.watch import Watch


def router(entry: Entry, watch: Watch, books: Books) -> APIRouter:
    """Everything under /api/v1, and /healthz."""
    made, once = entry.router(), Once()
    described = functools.cache(lambda: openapi.document(made, __version__))

    @made.get("/healthz", openapi_extra=openapi.told(words.Health, "Whether live data flow; needs no log-in."))
    async def healthz() -> Response:
        moment = watch.moment()
        found = words.Health(moment.live, moment.why_not_live, moment.scene.health)
        if not moment.live and not found.reasons:
            found = words.Health(False, ("no data yet",), found.engine)
        return answer(found, 200 if moment.live else 503)

    @made.get("/api/v1/openapi.json", include_in_schema=False)
    async def description(request: Request) -> Response:
        return steady(request, described())

    looking.add_to(made, entry, watch)
    recorded.add_to(made, entry, watch)
    asking.add_to(made, entry, watch, once)
    people.add_to(made, entry, watch, once)
    register.add_to(made, entry, books)
    importing.add_to(made, entry, watch, once, books)
    if entry.sources.stage is not None and entry.sources.site.simulated:
        playing.add_to(made, entry, once)
    return made
