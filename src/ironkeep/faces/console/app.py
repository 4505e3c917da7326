"""The console as one application: gate, doors, pages, streams, requests, API.

`create_app` is given ports and builds nothing that reaches further. The application follows the engine from its start
to its end; it answers at once, also before the first turn, and says then that there are no data yet.
"""

import asyncio
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from ironkeep import __version__
from ironkeep.faces.api import routes as api
from ironkeep.faces.api.importing import FILES
from ironkeep.faces.api.problems import is_api, problem
from ironkeep.faces.console import acts, doors, imports, inventory, looking, own, people, routes, stage
from ironkeep.faces.console.admission import Admission, Pace, Who, rate
from ironkeep.faces.console.books import Books
from ironkeep.faces.console.entry import Entry, NotEntered
from ironkeep.faces.console.gate import Bodies, Gate
from ironkeep.faces.console.pages import inventory as register
from ironkeep.faces.console.pages import twin
from ironkeep.faces.console.pages.page import Missing
from ironkeep.faces.console.painter import Painter
from ironkeep.faces.console.render import assets, environment
from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.streams import Streams
from ironkeep.faces.console.watch import Watch
from ironkeep.model.errors import Conflict, Refused, Trouble, Unavailable, Untrusted

ANOTHER = "an admin makes another on /tokens; `ironkeep token create` on the machine does, too"
log = structlog.get_logger("console")
HELP = {
    404: "check the address, or start from the site page",
    403: "what your role may do stands under your name, above; an admin changes roles",
}
STATUS: dict[type[Trouble], int] = {Unavailable: 503, Refused: 422, Untrusted: 500, Conflict: 409}


def create_app(sources: Sources) -> FastAPI:
    """The application over the given ports; start it with any ASGI server on one worker."""
    files = assets(sources.vendor)
    env = environment(files)
    watch = Watch(sources)
    entry = Entry(sources)
    painter = Painter(env, watch, sources, entry.notices)
    streams = Streams(painter, watch, sources.limits)
    bill = twin.Playbill()
    books = Books(sources)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await watch.start()
        await entry.start()
        keeping = asyncio.create_task(twin.keep(sources, bill)) if sources.stage is not None else None
        yield
        streams.close()
        if keeping is not None:
            keeping.cancel()
        await entry.close()
        await watch.close()

    app = FastAPI(
        title="Ironkeep",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        dependencies=[Depends(entry.guard)],  # before an address that somebody adds here rather than to a router
        telemetry={"tracing": False},
    )

    def show(request: Request, template: str, *, status: int = 200, **told: Any) -> Response:
        answer, trouble = HTMLResponse(painter.plain(template, **told), status), told.get("trouble")
        if isinstance(trouble, Unavailable):
            answer.headers["retry-after"] = str(trouble.again_s)
        return answer

    staged = sources.stage is not None and sources.site.simulated
    pages = routes.PAGES | register.pages(books) | ({"twin": twin.page(bill)} if staged else {})
    answer = routes.answer_for(entry, painter, pages)
    _open(app, entry, api.router(entry, watch, books))
    _open(app, entry, doors.router(entry, show))
    _open(app, entry, acts.router(entry, watch, answer))
    _open(app, entry, people.router(entry, painter))
    _open(app, entry, own.router(entry, painter))
    if staged:
        _open(app, entry, stage.router(entry, watch, painter, answer, bill))
    _open(app, entry, inventory.router(entry, watch, painter, books, pages))
    _open(app, entry, imports.router(entry, painter, books))
    _open(app, entry, looking.router(entry, watch, painter))
    _open(app, entry, routes.router(entry, watch, painter, streams, files, pages))
    _on_trouble(app, entry, painter)

    def entered(token: str) -> bool:
        return sources.vault.session(token, sources.clock().at_us) is not None

    def holds(token: str) -> bool:
        return sources.vault.bearer(token, sources.clock().at_us) is not None

    told = Bodies(sources.limits.form_bytes, dict.fromkeys((imports.UPLOAD, *FILES), sources.limits.import_bytes))
    app.add_middleware(Gate, hosts=sources.hosts, bodies=told, denied=entry.denied, secure=sources.secure)

    def knows(mark: str) -> bool:
        return sources.vault.known_browser(mark, sources.clock().at_us)

    who = Who(entered, holds, knows)
    pace = Pace(rate(sources.limits.strangers_per_s), rate(sources.limits.logged_in_per_s))
    app.add_middleware(Admission, clock=sources.clock, cookies=entry.cookies, who=who, pace=pace)
    app.state.watch, app.state.streams = watch, streams
    return app


def plain_trace(exc: BaseException) -> str:
    """The traceback as text without the values of variables, which may be somebody's password."""
    return "".join(traceback.format_exception(exc))


def _open(app: FastAPI, entry: Entry, router: APIRouter) -> None:
    """Take over a router's addresses as they are: `include_router` would work each out a second time, at the first
    request. One that the guard does not stand before is a bug.
    """
    for route in router.routes:
        assert isinstance(route, APIRoute), route
        assert entry.guard in [each.call for each in route.dependant.dependencies], route.path
    app.router.routes += router.routes


def _on_trouble(app: FastAPI, entry: Entry, painter: Painter) -> None:
    """Errors as pages for people and as problem details for programs."""

    async def tell(request: Request, status: int, what: str, remedy: str, where: str = "") -> Response:
        path = request.url.path
        if is_api(path):
            return problem(status, what, path, remedy, where)
        session = entry.session(request)
        told: dict[str, Any] = {"status": status, "what": what, "remedy": remedy, "where": where}
        return HTMLResponse(painter.plain("error.html", session=session, path=path, **told), status)

    @app.exception_handler(Trouble)
    async def trouble(request: Request, exc: Trouble) -> Response:
        status = 404 if isinstance(exc, Missing) else next((s for t, s in STATUS.items() if isinstance(exc, t)), 500)
        found = await tell(request, status, exc.what, exc.remedy, exc.where)
        if isinstance(exc, Unavailable):
            found.headers["retry-after"] = str(exc.again_s)
        return found

    @app.exception_handler(RequestValidationError)
    async def misread(request: Request, exc: RequestValidationError) -> Response:
        first = exc.errors()[0]
        return await tell(request, 422, first["msg"], "see /api/v1/openapi.json", str(first["loc"][-1]))

    @app.exception_handler(HTTPException)
    async def http(request: Request, exc: HTTPException) -> Response:
        what = "there is no such page" if exc.detail == "Not Found" else exc.detail or "the request was not understood"
        remedy = "" if is_api(request.url.path) else HELP.get(exc.status_code, "")
        if exc.status_code == 403 and request.headers.get("authorization"):
            remedy = "its scopes stand on /tokens; an admin makes a token with others"
        found = await tell(request, exc.status_code, what, remedy)
        found.headers.update(exc.headers or {})
        return found

    @app.exception_handler(Exception)
    async def bug(request: Request, exc: Exception) -> Response:
        log.error("a page failed", path=request.url.path, trace=plain_trace(exc))
        return await tell(request, 500, "the console met a bug of its own", "its log has the details; try again")

    @app.exception_handler(NotEntered)
    async def not_entered(request: Request, exc: NotEntered) -> Response:
        if is_api(request.url.path):
            shown = "authorization" in request.headers
            what = "the token is unknown, was revoked or has run out" if shown else "nobody is logged in"
            return problem(401, what, request.url.path, ANOTHER if shown else "")
        return routes.not_entered(request, exc)
