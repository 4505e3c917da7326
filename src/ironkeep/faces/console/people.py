"""People and programs: the pages for accounts, tokens and what waits for a second person, and what is asked there.

Inviting, roles, closing, the ends of contracts and tokens are requests to the desk; the vault follows the facts. A link
or a token is shown once, in the answer to whoever asked.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from ironkeep.faces.console.acts import number_of
from ironkeep.faces.console.entry import Entry
from ironkeep.faces.console.notices import Notice
from ironkeep.faces.console.pages import accounts, tokens
from ironkeep.faces.console.painter import Painter
from ironkeep.faces.console.record import ALONE
from ironkeep.faces.console.sources import Sources
from ironkeep.facts.access import TokenCreated
from ironkeep.model.access import end_of_day
from ironkeep.model.errors import Refused, Trouble, Unavailable
from ironkeep.model.request import Outcome, RequestKind
from ironkeep.ports.facts import FactQuery
from ironkeep.ports.vault import Session, Token

ACCOUNTS: Final = "/accounts"
TOKENS: Final = "/tokens"
WAITING: Final = "/waiting"
INVITED: Final = "invited; the link stands below, once"
PAGES: Final[Mapping[str, tuple[str, Callable[[Sources, Session], dict[str, Any]]]]] = {
    ACCOUNTS: ("accounts.html", lambda sources, session: accounts.gather(sources)),
    TOKENS: ("tokens.html", lambda sources, session: tokens.gather(sources)),
    WAITING: ("accounts_waiting.html", accounts.gather_waiting),
}


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
    made = entry.router()
    people = People(entry)

    def show(request: Request, page: str, notice: Notice | None = None, once: str = "") -> Response:
        """A page; after a request that was accepted by a redirect, unless it shows something once."""
        session = entry.require(request)
        if notice is not None and notice.good and not once:
            return entry.notices.after(session, page, notice)
        template, gather = PAGES[page]
        told = gather(entry.sources, session) | {"once": once}
        told["may"] = lambda act: entry.sources.access.allows(session.role, act)
        text = painter.plain(template, session=session, path=page, notice=notice, **told)
        return HTMLResponse(text, 200 if notice is None else notice.status)

    def link(request: Request, token: str) -> str:
        return f"{request.base_url}enrol?token={token}" if token else ""

    async def ask(request: Request, kind: RequestKind, field: str, said: str, *more: str) -> tuple[Notice, str]:
        session, fields = await entry.form(request)
        body: dict[str, Any] = {name: fields[name].strip() for name in more if fields.get(name, "").strip()}
        try:
            if day := body.pop("last_day", ""):
                body["until_us"] = end_of_day(day)
            settled = await people.put(session, kind, fields.get(field, "").strip(), body)
        except Trouble as trouble:
            return _trouble(trouble), ""
        if entry.record_of.alone(settled.outcome.seqs):
            said += ALONE
        return _notice(settled.outcome, said), settled.once

    @made.get(ACCOUNTS)
    async def accounts_page(request: Request) -> Response:
        return show(request, ACCOUNTS)

    @made.post("/accounts/invite")
    async def invite(request: Request) -> Response:
        notice, token = await ask(request, RequestKind.INVITE_ACCOUNT, "role", INVITED, "employer", "last_day")
        return show(request, ACCOUNTS, notice, link(request, token))

    @made.post("/accounts/prolong")
    async def prolong(request: Request) -> Response:
        kind, said = RequestKind.PROLONG_CONTRACT, "the contract is prolonged"
        notice, _ = await ask(request, kind, "account", said, "last_day", "why")
        return show(request, ACCOUNTS, notice)

    @made.post("/accounts/role")
    async def role(request: Request) -> Response:
        notice, _ = await ask(request, RequestKind.CHANGE_ROLE, "account", "the role is changed", "role", "why")
        return show(request, ACCOUNTS, notice)

    @made.post("/accounts/close")
    async def close(request: Request) -> Response:
        notice, _ = await ask(request, RequestKind.CLOSE_ACCOUNT, "account", "the account is closed", "why")
        return show(request, ACCOUNTS, notice)

    @made.post("/accounts/end-sessions")
    async def end_sessions(request: Request) -> Response:
        session, fields = await entry.form(request)
        count = await end_sessions_of(entry, session, fields.get("account", ""))
        return show(request, ACCOUNTS, Notice(True, f"{count} sessions ended"))

    @made.get(TOKENS)
    async def tokens_page(request: Request) -> Response:
        return show(request, TOKENS)

    @made.post("/tokens/create")
    async def create_token(request: Request) -> Response:
        session, fields = await entry.form(request)
        scopes = [scope for scope in entry.sources.access.scopes() if f"scope {scope}" in fields]
        try:
            days = number_of(fields, "days", 1, tokens.DAYS_MAX)
            service, owner = fields.get("service", "").strip(), fields.get("owner", "")
            settled = await people.token(session, service, owner, scopes, days)
        except Trouble as trouble:
            return show(request, TOKENS, _trouble(trouble))
        return show(request, TOKENS, _notice(settled.outcome, "created; it stands below, once"), settled.once)

    @made.post("/tokens/revoke")
    async def revoke_token(request: Request) -> Response:
        notice, _ = await ask(request, RequestKind.TOKEN_REVOKE, "token", "revoked", "why")
        return show(request, TOKENS, notice)

    @made.get(WAITING)
    async def waiting_page(request: Request) -> Response:
        return show(request, WAITING)

    @made.post("/waiting/confirm")
    async def confirm(request: Request) -> Response:
        notice, token = await ask(request, RequestKind.CONFIRM_REQUEST, "asked", "confirmed")
        return show(request, WAITING, notice, link(request, token))

    @made.post("/waiting/decline")
    async def decline(request: Request) -> Response:
        notice, _ = await ask(
            request, RequestKind.DECLINE_REQUEST, "asked", "void now: nobody can confirm it any more", "why"
        )
        return show(request, WAITING, notice)

    return made


def _notice(outcome: Outcome, said: str) -> Notice:
    if not outcome.accepted:
        return Notice(False, outcome.reason, outcome.remedy, 409)
    return Notice(True, outcome.reason or said, outcome.remedy, facts=outcome.seqs)


def _trouble(trouble: Trouble) -> Notice:
    status = 503 if isinstance(trouble, Unavailable) else 422 if isinstance(trouble, Refused) else 409
    return Notice(False, trouble.what, trouble.remedy, status)
