"""Enrol, log in, log out. There is no default account and no default password: the first person comes by the one-time
link that the start prints.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from ironkeep.faces.console.entry import Entry, fields_of, origin_of
from ironkeep.faces.console.gate import BROWSER_COOKIE, SESSION_COOKIE, local_path, same_origin
from ironkeep.model.errors import Refused, Trouble, Unavailable
from ironkeep.ports.vault import Opened

BROWSER_KEPT_S = 400 * 86_400
ACCOUNT_SHOWN_MAX = 40
Show = Callable[..., Response]


def router(entry: Entry, show: Show) -> APIRouter:
    """The three doors."""
    made = APIRouter()
    vault, clock = entry.sources.vault, entry.sources.clock

    @made.get("/login")
    async def login_page(request: Request, to: str = "/") -> Response:
        if entry.session(request) is not None:
            return RedirectResponse(local_path(to), 303)
        return show(request, "login.html", to=local_path(to), first=not vault.accounts(), trouble=None, name="")

    @made.post("/login")
    async def login(request: Request) -> Response:
        fields = await fields_of(request)
        name, to = fields.get("name", ""), local_path(fields.get("to", "/"))
        try:
            if not same_origin(request):
                raise Refused("this form came from another site", remedy="open the console by its own address")
            opened = await asyncio.to_thread(
                vault.open, name, fields.get("password", ""), request.cookies.get(BROWSER_COOKIE, ""), clock().at_us
            )
        except Trouble as trouble:
            await entry.denied(name[:ACCOUNT_SHOWN_MAX], origin_of(request), trouble.what)
            status = 429 if isinstance(trouble, Unavailable) else 401
            first = not vault.accounts()
            return show(request, "login.html", status=status, to=to, first=first, trouble=trouble, name=name)
        account = opened.session.account
        await entry.record("SessionOpened", account, {"account": account, "origin": origin_of(request)})
        return _enter(RedirectResponse(to, 303), opened)

    @made.get("/enrol")
    async def enrol_page(request: Request, token: str = "") -> Response:
        role = vault.invited(token, clock().at_us)
        status = 200 if role else 404
        return show(request, "enrol.html", status=status, token=token, role=role, trouble=None, name="")

    @made.post("/enrol")
    async def enrol(request: Request) -> Response:
        fields = await fields_of(request)
        token, name, password = (fields.get(key, "") for key in ("token", "name", "password"))
        origin = origin_of(request)
        try:
            if not same_origin(request):
                raise Refused("this form came from another site", remedy="open the link again")
            if password != fields.get("again", ""):
                raise Refused("the two passwords differ", where="password", remedy="write the same one twice")
            account = await asyncio.to_thread(vault.enrol, token, name, password, clock().at_us)
            opened = await asyncio.to_thread(vault.open, account.name, password, "", clock().at_us)
        except Trouble as trouble:
            await entry.denied(name[:ACCOUNT_SHOWN_MAX], origin, f"enrolment: {trouble.what}")
            role = vault.invited(token, clock().at_us)
            return show(request, "enrol.html", status=422, token=token, role=role, trouble=trouble, name=name)
        await entry.record("AccountEnrolled", account.name, {"account": account.name, "role": account.role})
        await entry.record("SessionOpened", account.name, {"account": account.name, "origin": origin})
        return _enter(RedirectResponse("/", 303), opened)

    @made.post("/logout")
    async def logout(request: Request) -> Response:
        fields = await fields_of(request)
        found = entry.session(request)
        if found is not None and same_origin(request) and fields.get("csrf") == found.csrf:
            vault.close(request.cookies.get(SESSION_COOKIE, ""))
            await entry.record("SessionClosed", found.account, {"account": found.account, "why": "logged out"})
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(SESSION_COOKIE, **_COOKIE)
        return answer

    return made


_COOKIE: dict[str, Any] = {"httponly": True, "samesite": "strict", "path": "/"}


def _enter(answer: Response, opened: Opened) -> Response:
    length_s = (opened.session.expires_us - opened.session.opened_us) // 1_000_000
    answer.set_cookie(SESSION_COOKIE, opened.token, max_age=length_s, **_COOKIE)
    answer.set_cookie(BROWSER_COOKIE, opened.browser, max_age=BROWSER_KEPT_S, **_COOKIE)
    return answer
