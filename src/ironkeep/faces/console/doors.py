"""Enrol, log in, log out. There is no default account and no default password: the first person comes by the one-time
link that the start prints.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from ironkeep.faces.console.entry import RAN_OUT, Entry, fields_of, origin_of
from ironkeep.faces.console.gate import local_path, same_origin
from ironkeep.faces.console.pages.page import Missing
from ironkeep.model.errors import Refused, Trouble, Unavailable
from ironkeep.ports.vault import Halfway, Invitation, Opened, Vault

Show = Callable[..., Response]
WEIGHED_MAX: Final = 3  # passwords of unknown browsers weighed at once: they are hashed one after the other


class Crowd:
    """Who is at the door. Of those whose browser is not known only a few have their password weighed at once; the rest
    come back, so that nobody who is known, or logged in, waits behind a queue of them.
    """

    def __init__(self) -> None:
        self._inside = 0

    @contextmanager
    def place(self, *, known: bool) -> Iterator[None]:
        """A place to have a password weighed. Raises Unavailable where there is none for a stranger."""
        if not known and self._inside >= WEIGHED_MAX:
            raise Unavailable("many log-ins are tried at once", remedy="try again in a few seconds")
        self._inside += not known
        try:
            yield
        finally:
            self._inside -= not known


def router(entry: Entry, show: Show) -> APIRouter:
    """The three doors."""
    made = entry.router()
    vault, clock, crowd = entry.sources.vault, entry.sources.clock, Crowd()

    @made.get("/login")
    async def login_page(request: Request, to: str = "/", left: str = "") -> Response:
        if entry.session(request) is not None:
            return RedirectResponse(local_path(to), 303)
        told = {"first": not vault.accounts(), "trouble": None, "name": "", "left": left == "1"}
        return show(request, "login.html", to=local_path(to), **told)

    @made.post("/login")
    async def login(request: Request) -> Response:
        fields = await fields_of(request)
        name, to = fields.get("name", ""), local_path(fields.get("to", "/"))
        origin = origin_of(request)
        try:
            if not same_origin(request):
                raise Refused("this form came from another site", remedy="open the console by its own address")
            mark = entry.cookies.browser(request)
            told = (name, fields.get("password", ""), mark, clock().at_us, origin)
            with crowd.place(known=vault.known_browser(mark, clock().at_us)):
                opened = await asyncio.to_thread(vault.open, *told)
        except Trouble as trouble:
            await entry.denied(_known(vault, name), origin_of(request), trouble.what)
            status = 429 if isinstance(trouble, Unavailable) else 401
            shown = {"first": not vault.accounts(), "trouble": trouble, "name": name, "left": False}
            return show(request, "login.html", status=status, to=to, **shown)
        if isinstance(opened, Halfway):
            return show(request, "login_code.html", to=to, ticket=opened.ticket, trouble=None)
        await _tell_opened(entry, opened, origin)
        return entry.cookies.enter(RedirectResponse(to, 303), opened)

    @made.post("/login/code")
    async def code(request: Request) -> Response:
        fields, origin = await fields_of(request), origin_of(request)
        ticket, to, mark = fields.get("ticket", ""), local_path(fields.get("to", "/")), entry.cookies.browser(request)
        try:
            if not same_origin(request):
                raise Refused("this form came from another site", remedy="open the console by its own address")
            told = (ticket, fields.get("code", ""), mark, clock().at_us, origin)
            opened, used = await asyncio.to_thread(vault.second, *told)
        except Trouble as trouble:
            account = vault.halfway(ticket, clock().at_us)
            await entry.denied(account, origin, f"second factor: {trouble.what}")
            status = 429 if isinstance(trouble, Unavailable) else 401
            return show(request, "login_code.html", status=status, to=to, ticket=ticket, trouble=trouble)
        account = opened.session.account
        await entry.record("SecondFactorUsed", account, {"account": account, **msgspec.structs.asdict(used)})
        await _tell_opened(entry, opened, origin)
        return entry.cookies.enter(RedirectResponse(to, 303), opened)

    @made.get("/enrol")
    async def enrol_page(request: Request, token: str = "") -> Response:
        found = vault.invited(token, clock().at_us)
        if token and found is None:
            await entry.denied("", origin_of(request), "a one-time link that is unknown, was used or has run out")
        return show(request, "enrol.html", status=200 if found else 404, trouble=None, **_link(token, found))

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
            mark = entry.cookies.browser(request)
            opened = await asyncio.to_thread(vault.open, account.name, password, mark, clock().at_us, origin)
        except Trouble as trouble:
            await entry.denied(_known(vault, name), origin, f"enrolment: {trouble.what}")
            link = _link(token, vault.invited(token, clock().at_us), name)
            return show(request, "enrol.html", status=422, trouble=trouble, **link)
        told = {"account": account.name, "role": account.role, "employer": account.employer}
        await entry.record("AccountEnrolled", account.name, {**told, "until_us": account.until_us})
        assert isinstance(opened, Opened), "a fresh account has no second factor, and a reset took it away"
        await _tell_opened(entry, opened, origin)
        return entry.cookies.enter(RedirectResponse("/", 303), opened)

    @made.get("/authority.crt")
    async def authority() -> Response:
        if not entry.sources.authority:
            raise Missing("this console has no authority of its own", remedy="see `ironkeep certificate make`")
        kept = {"content-disposition": 'attachment; filename="ironkeep-authority.crt"'}
        return Response(entry.sources.authority, media_type="application/x-x509-ca-cert", headers=kept)

    @made.post("/logout")
    async def logout(request: Request) -> Response:
        fields = await fields_of(request)
        if entry.session(request) is not None:
            found = await entry.marked(request, fields.get("csrf", ""))
            vault.close(entry.cookies.session(request))
            await entry.record("SessionClosed", found.account, {"account": found.account, "why": "logged out"})
        elif not same_origin(request):  # no other site takes a log-in out of the browser
            return RedirectResponse("/", 303)
        return entry.cookies.leave(RedirectResponse("/login?left=1", 303))

    return made


def _known(vault: Vault, name: str) -> str:
    """The name where an account has it, else nothing: what strangers type may be somebody's password."""
    wanted = name.strip().lower()
    return next((account.name for account in vault.accounts() if account.name == wanted), "")


def _link(token: str, found: Invitation | None, name: str = "") -> dict[str, object]:
    """What the page of a one-time link shows; a link for an account that exists has its name filled in."""
    return {"token": token, "found": found, "name": (found.account if found else "") or name}


async def _tell_opened(entry: Entry, opened: Opened, origin: str) -> None:
    account, shared = opened.session.account, opened.shared
    told = {"account": account, "origin": origin, "role": opened.session.role}
    for ended in entry.sources.vault.run_out(entry.sources.clock().at_us):
        await entry.record("SessionClosed", ended, {"account": ended, "why": RAN_OUT})
    await entry.record("SessionOpened", account, told)
    if shared is not None:
        seen = {"account": account, **msgspec.structs.asdict(shared)}
        await entry.record("SharedUseSeen", account, seen)
