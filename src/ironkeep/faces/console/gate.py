"""The gate before every page: which Host is answered, how large a form may be, and what the browser may load. HEAD is
answered like GET, without the body (RFC 9110 section 9.3.2).

The content policy allows our own files and nothing else: no inline script, no inline style but the one sheet by its
digest, no eval, no frame, no other origin. A request whose Host is not ours is refused before anything reads it (DNS
rebinding), and that is a denial on the record.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ironkeep.faces.api.problems import turned_away
from ironkeep.faces.console.render import SHEET_DIGEST

POLICY: Final = (
    f"default-src 'none'; script-src 'self'; style-src 'self' '{SHEET_DIGEST}'; img-src 'self' data:;"
    " connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), usb=(), serial=()",
    "x-frame-options": "DENY",
}
KEEP_TO_TLS: Final = "max-age=2592000"  # 30 days, renewed by every answer (RFC 6797)
TOO_LARGE, OTHER_HOST, WITHOUT_BODY = 413, 421, ("GET", "HEAD")


Denied = Callable[[str, str, str], Awaitable[None]]
"""Has a denial put on the record: account, origin, why."""


@dataclass(frozen=True)
class Bodies:
    """How many bytes a body has at most, and on which paths how many more."""

    most: int
    larger: Mapping[str, int]


class Gate:
    """ASGI middleware: Host and size before, headers after."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], bodies: Bodies, denied: Denied, *, secure: bool) -> None:
        self._app, self._bodies, self._denied = app, bodies, denied
        self._headers = HEADERS | ({"strict-transport-security": KEEP_TO_TLS} if secure else {})
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if host_name(headers.get("host", "")) not in self._hosts:
            await self._denied("", str((scope.get("client") or ("",))[0]), "a Host that is not ours")
            what, remedy = "This Host is not served here", "Open the console by its own address, for example 127.0.0.1"
            answer = turned_away(scope["path"], OTHER_HOST, what, remedy)
            await answer(scope, receive, send)
            return
        limit = self._bodies.larger.get(scope["path"], self._bodies.most)
        if not _fits(scope, headers, limit):
            what, remedy = f"A body here has at most {limit} bytes, and says its length", "Send less at a time"
            answer = turned_away(scope["path"], TOO_LARGE, what, remedy)
            await answer(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    found[name] = value
                found.setdefault("cache-control", "no-store")
            elif head and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        head = scope["method"] == "HEAD"
        await self._app({**scope, "method": "GET"} if head else scope, receive, with_headers)


def _fits(scope: Scope, headers: Headers, limit: int) -> bool:
    """Is the body short enough? HTTP/2 may send one without saying its length: that is refused too."""
    unsaid = "0" if scope["method"] in WITHOUT_BODY or scope.get("http_version", "1.1") < "2" else ""
    length = headers.get("content-length", unsaid)
    chunked = "chunked" in headers.get("transfer-encoding", "").lower()
    return not chunked and length.isdigit() and int(length) <= limit


def host_name(host: str) -> str:
    """The Host header without its port, in small letters."""
    host = host.strip().lower()
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.rpartition(":")[0] if ":" in host else host


def same_origin(request: Request) -> bool:
    """Does the browser say that the request comes from our own pages? Absent headers are left to the CSRF token."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    return origin is None or origin == f"{request.url.scheme}://{request.headers.get('host', '')}"


def local_path(text: str, fallback: str = "/") -> str:
    """The text where it is a path on this console, else the fallback; never another origin."""
    fine = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and "\\" not in text
    return text if fine else fallback
