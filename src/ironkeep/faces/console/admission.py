"""Admission: how many answers a second anybody gets, so that no crowd takes the processor from the turn.

Who is logged in has a purse of their own; everybody else shares one, and `/healthz` has one for itself. An empty purse
makes a request wait, and a waiting request costs nothing; one that would wait too long, or finds too many waiting, is
told to come back (503 with Retry-After). A flood therefore slows the flood, and those who are logged in keep their
pages.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ironkeep.faces.console.gate import SESSION_COOKIE
from ironkeep.model.time import SECOND_US, Now

KNOWN_MAX: Final = 1_000  # log-ins remembered; the oldest goes first
AGAIN_S: Final = 1  # what a refused request is told to wait


@dataclass(frozen=True)
class Rate:
    """A purse: so many answers a second, so many saved up, so many requests that may wait, for at most `wait_s`."""

    per_s: float
    saved: float
    waiting: int
    wait_s: float


SAVED_S: Final = 4.0  # what an idle purse saves up, in seconds of its rate
WAITING: Final = 200
WAIT_S: Final = 10.0
HEALTH_PER_S: Final = 10.0


def rate(per_s: float) -> Rate:
    """The usual purse of so many answers a second."""
    return Rate(per_s=per_s, saved=per_s * SAVED_S, waiting=WAITING, wait_s=WAIT_S)


class Purse:
    """A token bucket that goes into debt for those who wait: each later one waits longer."""

    def __init__(self, rate: Rate, now_us: int) -> None:
        self._rate, self._held, self._at_us = rate, rate.saved, now_us
        self._waiting = 0

    def take(self, now_us: int) -> float | None:
        """Seconds until this request's turn, 0 at once; None when it must come back later."""
        self._held += (now_us - self._at_us) * self._rate.per_s / SECOND_US
        self._held, self._at_us = min(self._held, self._rate.saved), now_us
        wait_s = max((1.0 - self._held) / self._rate.per_s, 0.0)
        if wait_s > 0 and (wait_s > self._rate.wait_s or self._waiting >= self._rate.waiting):
            return None
        self._held -= 1.0
        return wait_s

    async def turn(self, wait_s: float) -> None:
        """Wait for the turn that `take` gave."""
        if wait_s > 0:
            self._waiting += 1
            try:
                await asyncio.sleep(wait_s)
            finally:
                self._waiting -= 1


class Admission:
    """ASGI middleware before everything else. `entered` says whether a session token stands for somebody."""

    def __init__(
        self, app: ASGIApp, clock: Callable[[], Now], entered: Callable[[str], bool], strangers: Rate, logged_in: Rate
    ) -> None:
        self._app, self._clock, self._entered, self._logged_in = app, clock, entered, logged_in
        now_us = clock().mono_us
        self._strangers, self._health = Purse(strangers, now_us), Purse(rate(HEALTH_PER_S), now_us)
        self._known: OrderedDict[bytes, Purse] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through when it is its turn."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        purse = self._purse(scope)
        wait_s = purse.take(self._clock().mono_us)
        if wait_s is None:
            told = f"Too many requests wait here. Come back in {AGAIN_S} s.\n"
            answer = PlainTextResponse(told, 503, headers={"retry-after": str(AGAIN_S), "cache-control": "no-store"})
            await answer(scope, receive, send)
            return
        await purse.turn(wait_s)
        await self._app(scope, receive, send)

    def _purse(self, scope: Scope) -> Purse:
        if scope["path"] == "/healthz":
            return self._health
        token = session_token(Headers(scope=scope).get("cookie", ""))
        if not token:
            return self._strangers
        mark = hashlib.sha256(token.encode()).digest()
        found = self._known.get(mark)
        if found is None:
            if not self._entered(token):
                return self._strangers
            found = self._known[mark] = Purse(self._logged_in, self._clock().mono_us)
            if len(self._known) > KNOWN_MAX:
                self._known.popitem(last=False)
        return found


def session_token(cookies: str) -> str:
    """The session's token in a Cookie header; empty where there is none or the header cannot be read."""
    if SESSION_COOKIE not in cookies:
        return ""
    try:
        found = SimpleCookie(cookies).get(SESSION_COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""
