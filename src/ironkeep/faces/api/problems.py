"""Errors as problem details (RFC 9457): what, where, and the remedy."""

import msgspec
from starlette.responses import Response

TITLES = {
    400: "not understood",
    401: "not logged in",
    403: "not allowed",
    404: "not there",
    405: "not that way",
    409: "somebody was first",
    413: "too large",
    415: "not JSON",
    422: "not acceptable",
    429: "too many",
    503: "not available now",
}


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One problem. `detail` says what, `where` names the key or thing, `remedy` what would mend it."""

    title: str
    status: int
    detail: str
    where: str = ""
    remedy: str = ""
    type: str = "about:blank"


def problem(status: int, what: str, remedy: str = "", where: str = "") -> Response:
    """The answer for a problem."""
    body = Problem(TITLES.get(status, "trouble"), status, what, where, remedy)
    return Response(msgspec.json.encode(body), status, media_type="application/problem+json")
