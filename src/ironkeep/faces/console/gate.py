"""The gate before every page: which Host is answered, how large a form may be, and what the browser may load.

The content policy allows our own files and nothing else: no inline script, no inline style, no eval, no frame, no other
origin. A request whose Host is not ours is refused before anything reads it (DNS rebinding).
"""

from collections.abc import Iterable, Mapping
from typing import Final

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
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
SESSION_COOKIE: Final = "ironkeep_session"
BROWSER_COOKIE: Final = "ironkeep_browser"
TOO_LARGE = 413


class Gate:
    """ASGI middleware: Host and size before, headers after."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], form_bytes: int, *, larger: Mapping[str, int]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._form_bytes = form_bytes
        self._larger = larger  # paths that take more, with how many bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or pass on one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if host_name(headers.get("host", "")) not in self._hosts:
            answer = PlainTextResponse(
                "This Host is not served here. Open the console by its own address, for example 127.0.0.1.\n", 421
            )
            await answer(scope, receive, send)
            return
        length = headers.get("content-length", "0")
        chunked = "chunked" in headers.get("transfer-encoding", "").lower()
        limit = self._larger.get(scope["path"], self._form_bytes)
        if chunked or not length.isdigit() or int(length) > limit:
            answer = PlainTextResponse(f"A body here has at most {limit} bytes.\n", TOO_LARGE)
            await answer(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    found[name] = value
                found.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, with_headers)


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
