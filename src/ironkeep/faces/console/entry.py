"""Who asks: the session behind a request, and what its role may do.

Every state-changing form carries the session's CSRF token and comes from our own pages. A denial becomes a fact through
the desk; that the desk does not answer never lets anybody in or keeps anybody out.
"""

import asyncio
import hmac
import secrets
from typing import Any

import structlog
from fastapi import Request
from starlette.exceptions import HTTPException

from ironkeep.faces.console.gate import SESSION_COOKIE, same_origin
from ironkeep.faces.console.sources import Sources
from ironkeep.model import request as desk
from ironkeep.model.errors import Trouble, Unavailable
from ironkeep.model.ids import RequestId, derive
from ironkeep.ports.vault import Session

log = structlog.get_logger("console")


class NotEntered(Exception):  # noqa: N818 - a state of the visitor, not an error
    """Nobody is logged in."""


class Entry:
    """The one place where requests are told apart by who makes them."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources

    def session(self, request: Request) -> Session | None:
        """The session of a request, or None."""
        token = request.cookies.get(SESSION_COOKIE, "")
        return self.sources.vault.session(token, self.sources.clock().at_us)

    def require(self, request: Request) -> Session:
        """The session of a request. Raises NotEntered."""
        found = self.session(request)
        if found is None:
            raise NotEntered
        return found

    async def form(self, request: Request) -> tuple[Session, dict[str, str]]:
        """Session and fields of a form of an operator. Raises NotEntered, or HTTPException 403 with the reason."""
        found = self.require(request)
        fields = await fields_of(request)
        if not same_origin(request) or not hmac.compare_digest(fields.get("csrf", "").encode(), found.csrf.encode()):
            await self.denied(found.account, origin_of(request), "a form without this log-in's mark")
            raise HTTPException(403, "this form does not come from this log-in; load the page again")
        if found.role != "operator":
            await self.denied(found.account, origin_of(request), "a viewer asked for what an operator may do")
            raise HTTPException(403, "your account may look, not act; ask an operator")
        return found, fields

    async def ask(self, kind: desk.RequestKind, actor: str, subject: str, body: dict[str, Any]) -> desk.Outcome:
        """Put a request to the engine. Raises Unavailable when it does not answer in time."""
        now = self.sources.clock()
        made = RequestId(derive("request", now.at_us, kind, actor, subject, secrets.token_hex(16)))
        asked = desk.Request(id=made, kind=kind, actor=actor, subject=subject, body=body)
        try:
            async with asyncio.timeout(self.sources.limits.desk_wait_s):
                return await self.sources.desk.ask(asked)
        except TimeoutError as exc:
            raise Unavailable("the engine does not answer", remedy="look at the diagnostics page; try again") from exc

    async def denied(self, account: str, origin: str, why: str) -> None:
        """Have a denial put on the record."""
        await self.record("SessionDenied", account, {"account": account, "origin": origin, "why": why})

    async def record(self, kind: str, account: str, fields: dict[str, Any]) -> None:
        """Have a fact of access put on the record; where the engine is silent it stands in the console's log alone."""
        log.info("access", kind=kind, **fields)
        try:
            await self.ask(desk.RequestKind.RECORD_ACCESS, "console", account, {"kind": kind, **fields})
        except Trouble as trouble:
            log.warning("access is not on the record", kind=kind, trouble=str(trouble))


async def fields_of(request: Request) -> dict[str, str]:
    """The text fields of a form; files and repeated fields are dropped."""
    form = await request.form(max_files=0, max_fields=32)
    return {key: value for key, value in form.items() if isinstance(value, str)}


def origin_of(request: Request) -> str:
    """The peer's address."""
    return request.client.host if request.client else ""
