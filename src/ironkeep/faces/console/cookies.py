"""The two cookies of a browser: the log-in, and the mark by which the browser is known again.

Over TLS both are `Secure` and begin with `__Host-`: the browser then takes them from this very host and path alone, and
shows them to nobody else (RFC 6265bis, 4.1.3). Without TLS, on this machine alone, they cannot be.
"""

from http.cookies import CookieError, SimpleCookie
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from ironkeep.model.time import SECOND_US
from ironkeep.ports.vault import Opened

SESSION: Final = "ironkeep_session"
BROWSER: Final = "ironkeep_browser"
HOST_ONLY: Final = "__Host-"
BROWSER_KEPT_S: Final = 400 * 86_400  # the longest that browsers keep one (RFC 6265bis, 5.5)


class Cookies:
    """How the log-in is kept in browsers; `secure` where the console is served over TLS."""

    def __init__(self, *, secure: bool) -> None:
        self.session_name = f"{HOST_ONLY}{SESSION}" if secure else SESSION
        self.browser_name = f"{HOST_ONLY}{BROWSER}" if secure else BROWSER
        self._told: dict[str, Any] = {"httponly": True, "samesite": "strict", "path": "/", "secure": secure}

    def session(self, request: Request) -> str:
        """The token of the log-in, empty where there is none."""
        return request.cookies.get(self.session_name, "")

    def browser(self, request: Request) -> str:
        """The mark of the browser, empty where it has none."""
        return request.cookies.get(self.browser_name, "")

    def session_in(self, header: str) -> str:
        """The token of the log-in in a Cookie header; empty where there is none or the header cannot be read."""
        return _in(header, self.session_name)

    def browser_in(self, header: str) -> str:
        """The mark of the browser in a Cookie header, likewise."""
        return _in(header, self.browser_name)

    def enter(self, answer: Response, opened: Opened) -> Response:
        """The answer with a fresh log-in."""
        length_s = (opened.session.expires_us - opened.session.opened_us) // SECOND_US
        answer.set_cookie(self.session_name, opened.token, max_age=length_s, **self._told)
        answer.set_cookie(self.browser_name, opened.browser, max_age=BROWSER_KEPT_S, **self._told)
        return answer

    def leave(self, answer: Response) -> Response:
        """The answer that ends the log-in in the browser."""
        answer.delete_cookie(self.session_name, **self._told)
        return answer


def _in(header: str, name: str) -> str:
    if name not in header:
        return ""
    try:
        found = SimpleCookie(header).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""
