"""Errors as problem details (RFC 9457): what, where, and what to do. Whatever an address of the API refuses, and why
ever, it is told in this one form.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.responses import PlainTextResponse, Response

API: Final = ("/api/", "/healthz")  # addresses of programs
REMEDIES: Final = {
    401: "log in at /login, or send a token: Authorization: Bearer ...",
    403: "GET /api/v1/session says who you are and what you may do",
    404: "GET /api/v1/openapi.json names every address",
    405: "the header Allow names the methods that this address takes",
    413: "send less at a time, and say its length",
    429: "the header Retry-After says when to come back",
    503: "try again; GET /healthz says whether the engine answers",
}
ELSE: Final = "GET /api/v1/openapi.json says what this address takes and gives"


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One problem. `title` is the status in words, `detail` says what, `instance` at which address, `remedy` what would
    mend it, `where` names the key or thing.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    remedy: str
    where: str = ""


def is_api(path: str) -> bool:
    """Is this an address of programs?"""
    return path.startswith(API)


def problem(status: int, what: str, at: str, remedy: str = "", where: str = "") -> Response:
    """The answer for a problem at an address."""
    title, mends = HTTPStatus(status).phrase, remedy or REMEDIES.get(status, ELSE)
    body = Problem("about:blank", title, status, what, at, mends, where)
    return Response(msgspec.json.encode(body), status, media_type="application/problem+json")


def turned_away(path: str, status: int, what: str, remedy: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer of a gate before the pages: a problem for programs, a line of text for people."""
    answer = problem(status, what, path, remedy) if is_api(path) else PlainTextResponse(f"{what}. {remedy}.\n", status)
    answer.headers.update(headers or {})
    return answer
