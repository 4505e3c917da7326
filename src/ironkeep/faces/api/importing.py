"""Addresses that take a file into the register, and back: the file is the body, as it is.

Looking keeps nothing and puts nothing on the record. Taking sends the file once more, so that nobody's upload lies
about; under one idempotency key it is taken once. It is taken whole or refused, with line and remedy.
"""

from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from ironkeep.faces.api import bodies, openapi, words
from ironkeep.faces.api.answers import answer
from ironkeep.faces.api.asking import Asker
from ironkeep.faces.api.once import Key, Once
from ironkeep.faces.api.stretches import Wanted, cut
from ironkeep.faces.console.books import Books
from ironkeep.faces.console.entry import Entry
from ironkeep.faces.console.imports import FACTS_MAX, NAME_MAX
from ironkeep.faces.console.sources import Intake
from ironkeep.faces.console.watch import Watch
from ironkeep.model.errors import Refused
from ironkeep.model.register import Import
from ironkeep.model.request import RequestKind
from ironkeep.ports.facts import FactQuery
from ironkeep.views import imports

PATH: Final = "/api/v1/inventory/imports"
PREVIEW: Final = f"{PATH}/preview"
FILES: Final = (PATH, PREVIEW)  # whose bodies are files
Name = Annotated[str, Query(max_length=NAME_MAX, description="the file's own name")]
Form = Annotated[str, Query(max_length=32, description="csv, netbox, arp ...; told from the content where left out")]


class Preview(msgspec.Struct, frozen=True):
    """What a file would say. `taken` names the standing import of the same bytes; then nothing would follow."""

    form: str
    name: str
    file_sha256: str
    records: int
    talks: int
    mended: tuple[str, ...]
    left_out: tuple[str, ...]
    taken: str
    follows: imports.Trial | None


def add_to(made: APIRouter, entry: Entry, watch: Watch, once: Once, books: Books) -> None:
    """Add them."""
    sources, asker = entry.sources, Asker(entry, watch, once)

    def takes() -> Intake:
        if sources.intake is None:
            raise Refused("this console takes no files", where=PATH, remedy="use `ironkeep import` on the machine")
        return sources.intake

    async def understood(request: Request, name: str, form: str) -> Import:
        await entry.change(request)
        data = await request.body()
        if not data:
            raise Refused("the body is empty", where=PATH, remedy="send the file as the body")
        plain = "".join(each if each.isprintable() else " " for each in name).strip()
        return await run_in_threadpool(takes().understood, data, plain or "a file without a name", form)

    @made.get(PATH, openapi_extra=openapi.told(list[imports.Given], "Every import, the newest first."))
    async def given(request: Request, wanted: Wanted) -> Response:
        facts = sources.facts.find(FactQuery(kinds=imports.KINDS, limit=FACTS_MAX, newest_first=True))
        every = imports.given(sorted(facts, key=lambda fact: fact.seq))[::-1]
        found, more = cut(request, every, wanted, lambda each: each.taken)
        return answer(found, headers=more)

    @made.post(PREVIEW, openapi_extra=_file(Preview, "What a file would say; nothing is kept."))
    async def preview(request: Request, name: Name = "", form: Form = "") -> Response:
        held = await understood(request, name, form)
        book = await books.open()
        same = next((each.taken for each in book.imports if each.file_sha256 == held.sha256), "")
        follows = None if same else await books.trial(held)
        counted = len(held.records), len(held.talks)
        return answer(Preview(held.form, held.name, held.sha256, *counted, held.mended, held.left_out, same, follows))

    @made.post(PATH, openapi_extra=_file(words.Asked, "Take a file into the register."))
    async def take(request: Request, name: Name = "", form: Form = "", key: Key = "") -> Response:
        held = await understood(request, name, form)
        digest = await run_in_threadpool(takes().kept, held)
        said = await asker.ask(request, key, RequestKind.TAKE_IMPORT, digest, {})
        await books.refresh()
        return said

    withdraw_told = openapi.told(words.Asked, "Take an import back.", bodies.Withdraw)

    @made.post(f"{PATH}/{{subject}}/withdraw", openapi_extra=withdraw_told)
    async def withdraw(request: Request, subject: str, key: Key = "") -> Response:
        body = await bodies.read(request, bodies.Withdraw)
        said = await asker.ask(request, key, RequestKind.WITHDRAW_IMPORT, subject, {"why": body.why})
        await books.refresh()
        return said


def _file(answers: Any, summary: str) -> dict[str, Any]:
    """What FastAPI should say of an address whose body is a file."""
    said = openapi.told(answers, summary, bodies.Nothing)
    binary = {"schema": {"type": "string", "format": "binary"}}
    said["requestBody"] = {"required": True, "content": {"application/octet-stream": binary}}
    return said
