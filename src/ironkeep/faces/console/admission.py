"""Admission: how many answers a second anybody gets, so that no crowd takes the processor from the turn.

Who is logged in has a purse of their own, and so have each program with a token and each browser with which somebody
was logged in before, so that a crowd at the door does not keep them out; everybody else shares one, and `/healthz` has
one for itself. An empty purse makes a request wait, and a waiting request costs nothing; one that would wait too long,
or finds too many waiting, is told to come back (503 with Retry-After). A flood therefore slows the flood, and those who
are logged in keep their pages.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from ironkeep.faces.api.problems import turned_away
from ironkeep.faces.console.cookies import Cookies
from ironkeep.model.time import SECOND_US, Now

KNOWN_MAX: Final = 1_000  # log-ins and tokens remembered; the one longest unheard goes first
CHECKED_S: Final = 10.0  # a purse is somebody's for so long before it is asked again whether it is
BEARER: Final = "bearer "
API: Final = "/api/"
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
DOOR_PER_S: Final = 5.0  # a known browser in which nobody is logged in: it needs the door and no more


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


@dataclass
class _Known:
    """A purse of somebody's own, and when it was last seen that they are somebody."""

    purse: Purse
    checked_us: int


Count = Callable[[str], bool]


@dataclass(frozen=True)
class Who:
    """Whether a session's token, a program's token, or the mark of a browser stands for somebody; each is quick where
    it is made up.
    """

    entered: Count
    holds: Count
    knows: Count


@dataclass(frozen=True)
class Pace:
    """The purse that strangers share, and the one that everybody else has alone."""

    strangers: Rate
    own: Rate


class Admission:
    """ASGI middleware before everything else."""

    def __init__(self, app: ASGIApp, clock: Callable[[], Now], cookies: Cookies, who: Who, pace: Pace) -> None:
        self._app, self._clock, self._cookies, self._who, self._pace = app, clock, cookies, who, pace
        now_us = clock().mono_us
        self._strangers, self._health = Purse(pace.strangers, now_us), Purse(rate(HEALTH_PER_S), now_us)
        self._known: OrderedDict[bytes, _Known] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through when it is its turn."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        purse = self._purse(scope)
        wait_s = purse.take(self._clock().mono_us)
        if wait_s is None:
            headers = {"retry-after": str(AGAIN_S), "cache-control": "no-store"}
            what, remedy = "Too many requests wait here", f"Come back in {AGAIN_S} s"
            answer = turned_away(scope["path"], 503, what, remedy, headers)
            await answer(scope, receive, send)
            return
        await purse.turn(wait_s)
        await self._app(scope, receive, send)

    def _purse(self, scope: Scope) -> Purse:
        if scope["path"] == "/healthz":
            return self._health
        headers = Headers(scope=scope)
        said = headers.get("authorization", "")
        if said:  # as the entry has it: whoever shows a token is a program, on the API alone, and nobody by a cookie
            program = scope["path"].startswith(API) and said[: len(BEARER)].lower() == BEARER
            return self._own(said[len(BEARER) :].strip(), self._who.holds) if program else self._strangers
        cookie = headers.get("cookie", "")
        found = self._own(self._cookies.session_in(cookie), self._who.entered)
        if found is not self._strangers:
            return found
        return self._own(self._cookies.browser_in(cookie), self._who.knows, rate(DOOR_PER_S))

    def _own(self, token: str, counts: Count, pace: Rate | None = None) -> Purse:
        """The purse of whom a token stands for, that of strangers where it stands for nobody."""
        if not token:
            return self._strangers
        mark, now_us = hashlib.sha256(token.encode()).digest(), self._clock().mono_us
        found = self._known.pop(mark, None)
        if found is None or now_us - found.checked_us > CHECKED_S * SECOND_US:
            if not counts(token):
                return self._strangers
            found = _Known(found.purse if found else Purse(pace or self._pace.own, now_us), now_us)
        self._known[mark] = found
        if len(self._known) > KNOWN_MAX:
            self._known.popitem(last=False)
        return found.purse
