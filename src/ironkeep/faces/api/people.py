"""Addresses about people and programs: accounts, tokens, and what waits for a second person. Naming people and creating
tokens is not for programs: that is done on the page or on the machine.
"""

from fastapi import APIRouter, Request
from starlette.responses import Response

from ironkeep.faces.api import bodies, openapi, words
from ironkeep.faces.api.answers import answer
from ironkeep.faces.api.asking import Asker
from ironkeep.faces.api.once import Key, Once
from ironkeep.faces.api.stretches import Wanted, cut
from ironkeep.faces.console.entry import Entry
from ironkeep.faces.console.pages import accounts, tokens
from ironkeep.faces.console.watch import Watch
from ironkeep.model.request import RequestKind

told = openapi.told


def add_to(made: APIRouter, entry: Entry, watch: Watch, once: Once) -> None:
    """Add them."""
    sources, asker = entry.sources, Asker(entry, watch, once)

    @made.get("/api/v1/accounts", openapi_extra=told(list[words.Person], "Every named account, oldest first."))
    async def account_list(request: Request, wanted: Wanted) -> Response:
        found, more = cut(request, sources.vault.accounts(sources.clock().at_us), wanted, lambda account: account.name)
        return answer([words.person(each) for each in found], headers=more)

    @made.get("/api/v1/tokens", openapi_extra=told(list[words.Program], "Every token, newest first, no secret."))
    async def token_list(request: Request, wanted: Wanted) -> Response:
        now_us, everybody = sources.clock().at_us, sources.vault.accounts()
        found, more = cut(request, sources.vault.tokens(), wanted, lambda token: token.prefix)
        return answer([words.program(each, tokens.state_of(each, everybody, now_us)) for each in found], headers=more)

    @made.get("/api/v1/waiting", openapi_extra=told(list[words.Waits], "What waits for a second person."))
    async def waiting(request: Request, wanted: Wanted) -> Response:
        found, more = cut(request, accounts.waiting(sources), wanted, lambda each: each.asked)
        return answer([words.waits(each) for each in found], headers=more)

    confirm_told = told(words.Asked, "Confirm what another asked for.", bodies.Nothing)

    @made.post("/api/v1/waiting/{subject}/confirm", openapi_extra=confirm_told)
    async def confirm(request: Request, subject: str, key: Key = "") -> Response:
        await bodies.read(request, bodies.Nothing)
        return await asker.ask(request, key, RequestKind.CONFIRM_REQUEST, subject, {})

    decline_told = told(words.Asked, "Decline it, or take it back.", bodies.Decline)

    @made.post("/api/v1/waiting/{subject}/decline", openapi_extra=decline_told)
    async def decline(request: Request, subject: str, key: Key = "") -> Response:
        body = await bodies.read(request, bodies.Decline)
        return await asker.ask(request, key, RequestKind.DECLINE_REQUEST, subject, {"why": body.why})
