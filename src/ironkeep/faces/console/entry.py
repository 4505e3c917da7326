"""Who asks: the session or token behind a request, and what it may do by the table of acts.

One guard stands before every address, pages and API alike: an address without a row is refused to everybody. Every
state-changing form carries the session's CSRF token and comes from our own pages; a program's request carries its token
and no cookie. A denial becomes a fact; that the desk does not answer never lets anybody in or keeps anybody out.
"""

import asyncio
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.exceptions import HTTPException

from ironkeep.faces.console import rates
from ironkeep.faces.console.cookies import Cookies
from ironkeep.faces.console.denials import Denials
from ironkeep.faces.console.gate import same_origin
from ironkeep.faces.console.notices import Notices
from ironkeep.faces.console.record import Record
from ironkeep.faces.console.sources import Sources
from ironkeep.model import request as desk
from ironkeep.model.access import Act, Role
from ironkeep.model.errors import Trouble
from ironkeep.model.ids import RequestId, derive
from ironkeep.ports.vault import Session

BEARER = "bearer "
SETTLE_S = 30.0  # between two looks at what vault and record owe each other
RAN_OUT = "its time was over: not used for long, or open since the longest shift"
NO_ROW = "no rule says who may"
WITHOUT_FACTOR = ("see own account",)  # what is open to an account that still needs its second factor
FACTOR_PAGE = "/account/second-factor"


class NotEntered(Exception):  # noqa: N818 - a state of the visitor, not an error
    """Nobody is logged in."""


class Entry:
    """The one place where requests are told apart by who makes them."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.record_of = Record(sources)
        self.cookies = Cookies(secure=sources.secure)
        self.notices = Notices(lambda: sources.clock().mono_us)
        self._denials = Denials(self.record, sources.clock)
        self._rates = rates.Rates()
        self._settling: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Settle with the record what an earlier run or the command line left open, now and from time to time."""
        await self.record_of.settle()
        self._settling = asyncio.create_task(self._settle_on())

    async def close(self) -> None:
        """Stop settling, and record the denials that were only counted."""
        if self._settling is not None:
            self._settling.cancel()
            await asyncio.gather(self._settling, return_exceptions=True)
        await self._denials.close()

    async def _settle_on(self) -> None:
        while True:
            await asyncio.sleep(SETTLE_S)
            await self.record_of.settle()

    def router(self) -> APIRouter:
        """A router for addresses; the guard stands before each."""
        return APIRouter(dependencies=[Depends(self.guard)])

    def session(self, request: Request) -> Session | None:
        """Who is behind a request: a person by cookie or, on the API alone, a program by its token; else None."""
        found: Session | None = getattr(request.state, "entered", None)
        if found is None:
            found = self._look(request)
            request.state.entered = found
        return found

    def _look(self, request: Request) -> Session | None:
        vault, now_us = self.sources.vault, self.sources.clock().at_us
        said = request.headers.get("authorization", "")
        if said:
            program = request.url.path.startswith("/api/") and said.lower().startswith(BEARER)
            return vault.bearer(said[len(BEARER) :].strip(), now_us) if program else None
        return vault.session(self.cookies.session(request), now_us)

    def require(self, request: Request) -> Session:
        """Who is behind a request. Raises NotEntered."""
        found = self.session(request)
        if found is None:
            raise NotEntered
        return found

    async def guard(self, request: Request) -> None:
        """Let a request pass or not, by the table. Raises NotEntered, or HTTPException 401, 403, 429."""
        path = getattr(request.scope.get("route"), "path", request.url.path)
        act = self.sources.access.way(request.method, path)
        if act is not None and Role.ANYONE in act.roles:
            return
        found = self.session(request)
        if found is None:
            if request.headers.get("authorization"):
                await self.denied("", origin_of(request), "a token that is unknown, revoked or has run out")
            elif ended := self.sources.vault.close(self.cookies.session(request)):
                await self.record("SessionClosed", ended.account, {"account": ended.account, "why": RAN_OUT})
                await self.denied(ended.account, origin_of(request), "a session that has run out")
            if path.startswith("/live/"):
                raise HTTPException(401, "nobody is logged in")
            raise NotEntered
        await self._require_pace(request, found)
        if act is None or not _may(found, act):
            what = act.name if act is not None else f"{request.method} {path}"
            why = f"{found.role} may not {what}" if act is not None else f"{NO_ROW} {what}"
            await self.denied(found.account, origin_of(request), why)
            raise HTTPException(403, f"{_who(found)} may not {what}" if act is not None else why)
        if self.lacks_factor(found) and act.name not in WITHOUT_FACTOR:
            if path.startswith("/api/"):
                await self.denied(found.account, origin_of(request), f"{found.role} without a second factor")
                raise HTTPException(403, f"the role {found.role} needs a second factor first; see {FACTOR_PAGE}")
            raise HTTPException(303, "a second factor first", {"location": FACTOR_PAGE})

    def lacks_factor(self, found: Session) -> bool:
        """Does the site ask for a second factor of this role, and has the account none?"""
        return found.role in self.sources.site.access.second_factor and not found.second

    async def _require_pace(self, request: Request, found: Session) -> None:
        who = f"{found.actor} {found.csrf}"
        now_us, wait_s = self.sources.clock().at_us, 0
        if found.role == Role.SERVICE:
            wait_s = self._rates.wait_s(who, rates.PROGRAM, now_us)
        if not wait_s and request.method != "GET":
            wait_s = self._rates.wait_s(f"{who} changes", rates.CHANGES, now_us)
        if wait_s:
            await self.denied(found.account, origin_of(request), "too many requests")
            raise HTTPException(429, f"too many requests; the next in {wait_s} s", {"retry-after": str(wait_s)})

    async def form(self, request: Request) -> tuple[Session, dict[str, str]]:
        """Session and fields of a form. Raises NotEntered, or HTTPException 403 with the reason."""
        self.require(request)
        fields = await fields_of(request)
        return await self.marked(request, fields.get("csrf", "")), fields

    async def marked(self, request: Request, mark: str) -> Session:
        """Whose form it is, by the mark that it carries. Raises NotEntered, or HTTPException 403 with the reason."""
        found = self.require(request)
        if not same_origin(request) or not _equal(mark, found.csrf):
            await self.denied(found.account, origin_of(request), "a form without this log-in's mark")
            raise HTTPException(403, "this form does not come from this log-in; load the page again")
        return found

    async def change(self, request: Request) -> Session:
        """Who makes an API request that changes something: a program by its token, or a person whose request carries
        the log-in's mark. Raises NotEntered, or HTTPException 403.
        """
        found = self.require(request)
        if found.role == Role.SERVICE:
            return found
        if not same_origin(request) or not _equal(request.headers.get("x-csrf", ""), found.csrf):
            await self.denied(found.account, origin_of(request), "an API request without this log-in's mark")
            raise HTTPException(403, "the header X-CSRF does not carry this log-in's mark; see /api/v1/session")
        return found

    async def ask(
        self, kind: desk.RequestKind, actor: str, subject: str, body: Mapping[str, Any], key: str = ""
    ) -> desk.Outcome:
        """Put a request to the engine; with an idempotency `key` of the asker the same key is the same request. Raises
        Unavailable when the engine does not answer in time.
        """
        if key:
            made = derive("request", 0, actor, key)
        else:
            made = derive("request", self.sources.clock().at_us, kind, actor, subject, secrets.token_hex(16))
        asked = desk.Request(id=RequestId(made), kind=kind, actor=actor, subject=subject, body=dict(body))
        return await self.record_of.ask(asked)

    async def denied(self, account: str, origin: str, why: str) -> None:
        """Have a denial put on the record, alone or in a count."""
        await self._denials.note(account, origin, why)

    async def record(self, kind: str, account: str, fields: Mapping[str, Any]) -> None:
        """Have a fact of access put on the record; a vault that does not answer is said in the log."""
        try:
            await self.record_of.tell(kind, account, fields)
        except Trouble as trouble:
            self.record_of.lost(kind, trouble)


async def fields_of(request: Request) -> dict[str, str]:
    """The text fields of a form; files and repeated fields are dropped."""
    form = await request.form(max_files=0, max_fields=32)
    return {key: value for key, value in form.items() if isinstance(value, str)}


def origin_of(request: Request) -> str:
    """The peer's address."""
    return request.client.host if request.client else ""


def _may(found: Session, act: Act) -> bool:
    return found.role in act.roles and (found.role != Role.SERVICE or act.name in found.acts)


def _who(found: Session) -> str:
    return "this token" if found.role == Role.SERVICE else f"the role {found.role}"


def _equal(one: str, other: str) -> bool:
    return bool(other) and hmac.compare_digest(one.encode(), other.encode())
