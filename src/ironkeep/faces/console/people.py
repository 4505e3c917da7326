"""People and programs: the pages for accounts, tokens and what waits for a second person, and what is asked there.

Inviting, roles, closing and tokens are requests to the desk; the vault follows the facts. A link or a token is shown
once, in the answer to whoever asked.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from ironkeep.faces.console.acts import Notice, number_of
from ironkeep.faces.console.entry import Entry
from ironkeep.faces.console.pages import accounts, tokens
from ironkeep.faces.console.painter import Painter
from ironkeep.facts.access import TokenCreated
from ironkeep.model.errors import Refused, Trouble, Unavailable
from ironkeep.model.request import Outcome, RequestKind
from ironkeep.ports.facts import FactQuery
from ironkeep.ports.vault import Session, Token


class Settled(NamedTuple):
    """What came of a request about people: the outcome, and what is shown once (a link's token, a program's token)."""

    outcome: Outcome
    once: str = ""


class People:
    """Requests about accounts and tokens, put to the desk and then done in the vault."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    async def put(self, session: Session, kind: RequestKind, subject: str, body: Mapping[str, Any]) -> Settled:
        """Ask the desk, then follow what it decided. Raises Unavailable."""
        outcome = await self._entry.ask(kind, session.actor, subject, body)
        return Settled(outcome, await self._entry.record_of.follow(outcome.seqs) if outcome.accepted else "")

    async def token(self, session: Session, service: str, owner: str, scopes: list[str], days: int) -> Settled:
        """A new token: on the record first, then in the vault; its text is in `once`. Raises Unavailable."""
        vault, facts = self._entry.sources.vault, self._entry.sources.facts
        prefix, text = vault.draw_token()
        told = {"token": prefix, "owner": owner, "scopes": scopes, "days": days}
        outcome = await self._entry.ask(RequestKind.TOKEN_CREATE, session.actor, service, told)
        for fact in facts.find(FactQuery(kinds=("TokenCreated",), first_seq=min(outcome.seqs, default=0))):
            body = fact.typed()
            if outcome.accepted and isinstance(body, TokenCreated) and body.token == prefix:
                made = Token(prefix, body.service, body.owner, body.scopes, fact.at, body.until_us)
                vault.keep_token(made, text)
                return Settled(outcome, text)
        return Settled(outcome)


async def end_sessions_of(entry: Entry, session: Session, account: str) -> int:
    """End every session of an account; how many there were."""
    count = entry.sources.vault.end_sessions(account)
    await entry.record("SessionsEnded", account, {"account": account, "by": session.actor, "count": count})
    return count


def router(entry: Entry, painter: Painter) -> APIRouter:
    """The pages, and one route a kind of request."""
    made = APIRouter(default_response_class=HTMLResponse)
    people = People(entry)

    def show(request: Request, template: str, told: Mapping[str, Any], notice: Notice | None = None) -> Response:
        session = entry.require(request)
        context = {
            "session": session,
            "path": request.url.path,
            "demo": entry.sources.site.simulated,
            "may": lambda act: entry.sources.access.allows(session.role, act),
            "notice": notice,
            "once": "",
        }
        status = 200 if notice is None else notice.status
        return HTMLResponse(painter.plain(template, **{**context, **told}), status)

    def all_accounts(request: Request, notice: Notice | None = None, link: str = "") -> Response:
        once = f"{request.base_url}enrol?token={link}" if link else ""
        return show(request, "accounts.html", accounts.gather(entry.sources) | {"once": once}, notice)

    def all_tokens(request: Request, notice: Notice | None = None, once: str = "") -> Response:
        return show(request, "tokens.html", tokens.gather(entry.sources) | {"once": once}, notice)

    def all_waiting(request: Request, notice: Notice | None = None, link: str = "") -> Response:
        once = f"{request.base_url}enrol?token={link}" if link else ""
        told = accounts.gather_waiting(entry.sources, entry.require(request)) | {"once": once}
        return show(request, "accounts_waiting.html", told, notice)

    async def ask(request: Request, kind: RequestKind, field: str, said: str, *more: str) -> tuple[Notice, str]:
        session, fields = await entry.form(request)
        body = {name: fields[name].strip() for name in more if fields.get(name, "").strip()}
        try:
            settled = await people.put(session, kind, fields.get(field, "").strip(), body)
        except Trouble as trouble:
            return _trouble(trouble), ""
        return _notice(settled.outcome, said), settled.once

    @made.get("/accounts")
    async def accounts_page(request: Request) -> Response:
        return all_accounts(request)

    @made.post("/accounts/invite")
    async def invite(request: Request) -> Response:
        notice, link = await ask(request, RequestKind.INVITE_ACCOUNT, "role", "invited; the link stands below, once")
        return all_accounts(request, notice, link)

    @made.post("/accounts/role")
    async def role(request: Request) -> Response:
        notice, _ = await ask(request, RequestKind.CHANGE_ROLE, "account", "the role is changed", "role", "why")
        return all_accounts(request, notice)

    @made.post("/accounts/close")
    async def close(request: Request) -> Response:
        notice, _ = await ask(request, RequestKind.CLOSE_ACCOUNT, "account", "the account is closed", "why")
        return all_accounts(request, notice)

    @made.post("/accounts/end-sessions")
    async def end_sessions(request: Request) -> Response:
        session, fields = await entry.form(request)
        count = await end_sessions_of(entry, session, fields.get("account", ""))
        return all_accounts(request, Notice(True, f"{count} sessions ended"))

    @made.get("/tokens")
    async def tokens_page(request: Request) -> Response:
        return all_tokens(request)

    @made.post("/tokens/create")
    async def create_token(request: Request) -> Response:
        session, fields = await entry.form(request)
        scopes = [scope for scope in entry.sources.access.scopes() if f"scope {scope}" in fields]
        try:
            days = number_of(fields, "days", 1, tokens.DAYS_MAX)
            service, owner = fields.get("service", "").strip(), fields.get("owner", "")
            settled = await people.token(session, service, owner, scopes, days)
        except Trouble as trouble:
            return all_tokens(request, _trouble(trouble))
        return all_tokens(request, _notice(settled.outcome, "created; it stands below, once"), settled.once)

    @made.post("/tokens/revoke")
    async def revoke_token(request: Request) -> Response:
        notice, _ = await ask(request, RequestKind.TOKEN_REVOKE, "token", "revoked", "why")
        return all_tokens(request, notice)

    @made.get("/waiting")
    async def waiting_page(request: Request) -> Response:
        return all_waiting(request)

    @made.post("/waiting/confirm")
    async def confirm(request: Request) -> Response:
        notice, link = await ask(request, RequestKind.CONFIRM_REQUEST, "asked", "confirmed")
        return all_waiting(request, notice, link)

    @made.post("/waiting/decline")
    async def decline(request: Request) -> Response:
        notice, _ = await ask(request, RequestKind.DECLINE_REQUEST, "asked", "declined", "why")
        return all_waiting(request, notice)

    return made


def _notice(outcome: Outcome, said: str) -> Notice:
    if not outcome.accepted:
        return Notice(False, outcome.reason, outcome.remedy, 409)
    facts = ", ".join(str(seq) for seq in outcome.seqs)
    return Notice(True, f"{outcome.reason or said} (fact {facts})", outcome.remedy)


def _trouble(trouble: Trouble) -> Notice:
    status = 503 if isinstance(trouble, Unavailable) else 422 if isinstance(trouble, Refused) else 409
    return Notice(False, trouble.what, trouble.remedy, status)
