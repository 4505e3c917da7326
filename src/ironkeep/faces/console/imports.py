"""Files taken into the register by a page: uploaded, looked at, accepted, and taken back where it was a mistake.

What was uploaded lies on a small tray until somebody accepts it: nothing is kept, and nothing is on the record. A form
carries a mark of its own, so that a second press of a button is the same request. Without scripts all of it works.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ironkeep.faces.console.books import Books
from ironkeep.faces.console.entry import Entry
from ironkeep.faces.console.notices import Notice
from ironkeep.faces.console.pages.page import Missing
from ironkeep.faces.console.painter import Painter
from ironkeep.model.errors import Refused, Trouble, Unavailable
from ironkeep.model.register import Form, Import
from ironkeep.model.request import RequestKind
from ironkeep.model.time import SECOND_US
from ironkeep.ports.facts import FactQuery
from ironkeep.views import imports

PATH: Final = "/inventory/imports"
UPLOAD: Final = f"{PATH}/read"
OFFERS_MAX: Final = 4  # uploads that wait on the tray; an older one gives way
OFFER_S: Final = 1_800  # how long one waits
NAME_MAX: Final = 120  # characters of a file's name
SHOWN_MAX: Final = 20  # records, conversations and remarks of each sort that are shown
FACTS_MAX: Final = 2_000  # facts about imports that the list looks at


@dataclass(frozen=True)
class Offer:
    """One upload that waits: whose it is, what it says, since when (monotonic time)."""

    key: str
    account: str
    held: Import
    mono_us: int


class Tray:
    """The uploads that wait for a word of whoever brought them."""

    def __init__(self, mono_us: Callable[[], int]) -> None:
        self._mono_us = mono_us
        self._offers: OrderedDict[str, Offer] = OrderedDict()

    def put(self, account: str, held: Import) -> Offer:
        """Lay one down."""
        made = Offer(secrets.token_urlsafe(18), account, held, self._mono_us())
        self._offers[made.key] = made
        while len(self._offers) > OFFERS_MAX:
            self._offers.popitem(last=False)
        return made

    def get(self, key: str, account: str) -> Offer:
        """The upload of that key. Raises Missing when it is not there any more, or somebody else's."""
        found = self._offers.get(key)
        if found is None or found.account != account or self._mono_us() - found.mono_us > OFFER_S * SECOND_US:
            raise Missing("this upload no longer waits", where=PATH, remedy="choose the file again")
        return found


def router(entry: Entry, painter: Painter, books: Books) -> APIRouter:
    """The list of imports, the way in, and the way back out."""
    made = entry.router()
    sources = entry.sources
    tray = Tray(lambda: sources.clock().mono_us)

    def show(request: Request, template: str, notice: Notice | None, **told: Any) -> Response:
        session = entry.require(request)
        told |= {"may": lambda act: sources.access.allows(session.role, act)}
        text = painter.plain(template, session=session, path=PATH, notice=notice, **told)
        return HTMLResponse(text, 200 if notice is None else notice.status)

    def shown() -> tuple[imports.Given, ...]:
        facts = sources.facts.find(FactQuery(kinds=imports.KINDS, limit=FACTS_MAX, newest_first=True))
        return imports.given(sorted(facts, key=lambda fact: fact.seq))[::-1]

    def known(taken: str) -> str:
        """The digest of an import that was taken back, by the record. Raises Missing for any other."""
        found = next((each for each in shown() if each.taken == taken and each.withdrawn_us), None)
        if found is None:
            raise Missing("no import of this id was taken back", where=PATH, remedy="load the page again")
        return found.digest

    async def listed(request: Request, notice: Notice | None = None) -> Response:
        if notice is not None and notice.good:
            return entry.notices.after(entry.require(request), PATH, notice)
        given, book = shown(), await books.open()
        stand = {each.file_sha256 for each in given if not each.withdrawn_us}
        told = {"given": given, "stand": stand, "once": secrets.token_urlsafe(12), "forms": tuple(Form)}
        limit = sources.limits.import_bytes
        return show(request, "imports.html", notice, book=book, takes=sources.intake, bytes_max=limit, **told)

    async def put(request: Request, kind: RequestKind, subject: str, body: dict[str, str], key: str) -> Notice:
        session = entry.require(request)
        try:
            outcome = await entry.ask(kind, session.actor, subject, body, f"{kind} {key}" if key else "")
        except Trouble as trouble:
            status = 503 if isinstance(trouble, Unavailable) else 422
            return Notice(False, trouble.what, trouble.remedy, status)
        if not outcome.accepted:
            return Notice(False, outcome.reason, outcome.remedy, 409)
        await books.refresh()
        said = "taken into the register" if kind is RequestKind.TAKE_IMPORT else "taken back; it counts for nothing now"
        return Notice(True, said, facts=outcome.seqs)

    @made.get(PATH)
    async def all_imports(request: Request) -> Response:
        return await listed(request)

    @made.get(f"{PATH}/template.csv")
    async def template(request: Request) -> Response:
        entry.require(request)
        if sources.intake is None:
            raise Missing("this console takes no files", where=PATH, remedy="use `ironkeep import --template`")
        headers = {"content-disposition": 'attachment; filename="inventory.csv"'}
        return Response(sources.intake.template(), media_type="text/csv; charset=utf-8", headers=headers)

    @made.post(UPLOAD)
    async def read(request: Request) -> Response:
        if sources.intake is None:
            raise Refused("this console takes no files", where=PATH, remedy="use `ironkeep import` on the machine")
        fields, name, data = await uploaded(request)
        session = await entry.marked(request, fields.get("csrf", ""))
        if not data:
            raise Refused("no file was chosen", where=PATH, remedy="choose one")
        held = await run_in_threadpool(sources.intake.understood, data, name, fields.get("form", ""))
        return RedirectResponse(f"{PATH}/offer/{tray.put(session.account, held).key}", 303)

    @made.get(f"{PATH}/offer/{{key}}")
    async def offer(request: Request, key: str) -> Response:
        found = tray.get(key, entry.require(request).account)
        held, book = found.held, await books.open()
        twin = next((each for each in book.imports if each.file_sha256 == held.sha256), None)
        trial = None if twin is not None else await books.trial(held)
        talks = sorted(held.talks, key=lambda talk: (-talk.writes, -talk.reads, -talk.packets))
        told = {"offer": found, "held": held, "trial": trial, "same": twin, "talks": talks, "shown": SHOWN_MAX}
        return show(request, "imports_offer.html", None, **told)

    @made.post(f"{PATH}/take")
    async def take(request: Request) -> Response:
        session, fields = await entry.form(request)
        if again := fields.get("again", ""):
            key = fields.get("once", "") and f"{fields['once']} {again}"
            return await listed(request, await put(request, RequestKind.TAKE_IMPORT, known(again), {}, key))
        found = tray.get(fields.get("offer", ""), session.account)
        assert sources.intake is not None  # else nothing lies on the tray
        digest = await run_in_threadpool(sources.intake.kept, found.held)
        return await listed(request, await put(request, RequestKind.TAKE_IMPORT, digest, {}, found.key))

    @made.post(f"{PATH}/withdraw")
    async def withdraw(request: Request) -> Response:
        _, fields = await entry.form(request)
        why = " ".join(fields.get("why", "").split())
        key = fields.get("once", "") and f"{fields['once']} {fields.get('import', '')} {why}"
        return await listed(
            request, await put(request, RequestKind.WITHDRAW_IMPORT, fields.get("import", ""), {"why": why}, key)
        )

    return made


async def uploaded(request: Request) -> tuple[dict[str, str], str, bytes]:
    """The text fields of a form with one file, the file's own name without its folder, and its bytes."""
    async with request.form(max_files=1, max_fields=8) as form:
        fields = {key: value for key, value in form.items() if isinstance(value, str)}
        file = form.get("file")
        if not isinstance(file, UploadFile):
            return fields, "", b""
        told = (file.filename or "").replace("\\", "/").rpartition("/")[2]
        name = "".join(each if each.isprintable() else " " for each in told).strip()[:NAME_MAX]
        return fields, name or "a file without a name", await file.read()
