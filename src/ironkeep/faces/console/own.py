"""One's own account: the password, the sessions, the second factor. Nobody does this for another; a lost phone and a
forgotten password are reset on the machine where Ironkeep runs.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import quote

import segno
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ironkeep.faces.console.entry import Entry, origin_of
from ironkeep.faces.console.notices import Notice
from ironkeep.faces.console.pages import accounts
from ironkeep.faces.console.painter import Painter
from ironkeep.faces.console.people import end_sessions_of
from ironkeep.model.errors import Refused, Trouble, Unavailable

ISSUER: Final = "Ironkeep"
QR_SCALE: Final = 5  # pixels of the smallest square
OWN, FACTOR = "accounts_own.html", "accounts_factor.html"
NOTHING: Final[dict[str, Any]] = {"qr": "", "secret": "", "recovery": (), "mistyped": False}
"""What the page of the second factor shows once, when it shows nothing."""


def router(entry: Entry, painter: Painter) -> APIRouter:
    """The page of one's own account, and what is asked there."""
    made = entry.router()
    vault, clock = entry.sources.vault, entry.sources.clock

    def show(request: Request, template: str, notice: Notice | None = None, **told: Any) -> Response:
        session = entry.require(request)
        context = NOTHING | accounts.gather_own(entry.sources, session, entry.cookies.session(request)) | told
        text = painter.plain(template, session=session, path=request.url.path, notice=notice, **context)
        return HTMLResponse(text, 200 if notice is None else notice.status)

    async def tried(
        request: Request, what: str, page: str, do: Callable[[], Awaitable[Response]], **told: Any
    ) -> Response:
        """What `do` answers; where it is refused, the page with the reason, and the denial on the record."""
        try:
            return await do()
        except Trouble as trouble:
            session = entry.require(request)
            await entry.denied(session.account, origin_of(request), f"{what}: {trouble.what}")
            status = 429 if isinstance(trouble, Unavailable) else 422
            answer = show(request, page, Notice(False, trouble.what, trouble.remedy, status), **told)
            if isinstance(trouble, Unavailable):
                answer.headers["retry-after"] = str(trouble.again_s)
            return answer

    @made.get("/account")
    async def own_page(request: Request) -> Response:
        return show(request, OWN)

    @made.post("/account/end-sessions")
    async def end_all(request: Request) -> Response:
        session, _ = await entry.form(request)
        await end_sessions_of(entry, session, session.account)
        return entry.cookies.leave(RedirectResponse("/login?left=1", 303))

    @made.post("/account/sessions/end")
    async def end_one(request: Request) -> Response:
        session, fields = await entry.form(request)
        if not vault.end_seat(session.account, fields.get("mark", "")):
            return show(request, OWN, Notice(False, "this session has ended already", status=409))
        told = {"account": session.account, "why": "ended from another session"}
        await entry.record("SessionClosed", session.account, told)
        return entry.notices.after(session, "/account", Notice(True, "that session has ended"))

    @made.post("/account/password")
    async def password(request: Request) -> Response:
        session, fields = await entry.form(request)

        async def change() -> Response:
            present, fresh = fields.get("present", ""), fields.get("password", "")
            if fresh != fields.get("again", ""):
                raise Refused("the two passwords differ", where="password", remedy="write the same one twice")
            told = (session.account, present, fresh, entry.cookies.session(request), clock().at_us)
            ended = await asyncio.to_thread(vault.change_password, *told)
            await entry.record("PasswordChanged", session.account, {"account": session.account, "ended": ended})
            said = Notice(True, f"the password is changed; other sessions ended: {ended}")
            return entry.notices.after(session, "/account", said)

        return await tried(request, "own password", OWN, change)

    @made.get("/account/second-factor")
    async def factor_page(request: Request) -> Response:
        return show(request, FACTOR)

    @made.post("/account/second-factor")
    async def offer(request: Request) -> Response:
        session, fields = await entry.form(request)

        async def begin() -> Response:
            name, now_us = session.account, clock().at_us
            await asyncio.to_thread(vault.require_password, name, fields.get("present", ""), now_us)
            await asyncio.to_thread(vault.require_code, name, fields.get("code", ""), now_us)
            secret = vault.offer_factor(name, now_us)
            told = drawn(address(name, str(entry.sources.site.id), secret))
            return show(request, FACTOR, qr=told, secret=secret)

        return await tried(request, "second factor", FACTOR, begin)

    @made.post("/account/second-factor/confirm")
    async def confirm(request: Request) -> Response:
        session, fields = await entry.form(request)

        async def take() -> Response:
            told = (session.account, fields.get("code", ""), entry.cookies.session(request), clock().at_us)
            recovery = await asyncio.to_thread(vault.take_factor, *told)
            await entry.record("SecondFactorEnrolled", session.account, {"account": session.account})
            return show(request, FACTOR, recovery=recovery)

        return await tried(request, "second factor", FACTOR, take, mistyped=True)

    return made


def address(name: str, site: str, secret: str) -> str:
    """The secret as authenticator apps scan it. Source: the key URI format of those apps; SHA-1, six digits and 30 s
    are what each of them assumes.
    """
    label = f"{quote(ISSUER)}:{quote(f'{name}@{site}', safe='@')}"
    return f"otpauth://totp/{label}?secret={secret}&issuer={quote(ISSUER)}"


def drawn(text: str) -> str:
    """The text as a QR code in SVG, without style of its own: black on white in the dark too, or no phone reads it."""
    found = segno.make(text, error="m", micro=False)
    return found.svg_inline(border=4, scale=QR_SCALE, dark="#000", light="#fff", svgclass=None, lineclass=None)
