"""How the API answers: structs as JSON; what stays the same for a while with an ETag, so that asking again is cheap."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import Request
from starlette.responses import Response

TAG_LENGTH = 32  # hexadecimal digits of SHA-256


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A struct as JSON."""
    return Response(msgspec.json.encode(value), status, headers, "application/json")


def steady(request: Request, value: Any, headers: Mapping[str, str] | None = None) -> Response:
    """A struct as JSON with its ETag; 304 and no body where the asker has it already (RFC 9110, 13.1.2)."""
    return tagged(request, answer(value, headers=headers))


def tagged(request: Request, made: Response) -> Response:
    """The answer with its ETag, or 304."""
    tag = f'"{hashlib.sha256(bytes(made.body)).hexdigest()[:TAG_LENGTH]}"'
    known = {each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")}
    if tag in known or "*" in known:
        return Response(status_code=304, headers={"etag": tag, "cache-control": "private, no-cache"})
    made.headers["etag"] = tag
    made.headers["cache-control"] = "private, no-cache"
    return made
