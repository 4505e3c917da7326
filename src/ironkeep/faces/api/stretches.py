"""Every list comes in stretches. The cursor names the last row that was given; the header `Link` holds the address of
the next stretch (RFC 8288, rel="next"), and is absent at the end.

A list that moves between two stretches is followed from the row that was last; where that row is gone, from its place.
"""

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar
from urllib.parse import urlencode

import msgspec
from fastapi import Depends, Query, Request

from ironkeep.model.errors import Refused

LIMIT_MAX = 1_000  # rows in one stretch
CURSOR_LENGTH_MAX = 400  # characters
T = TypeVar("T")


@dataclass(frozen=True)
class Stretch:
    """Which stretch is wanted."""

    limit: int
    cursor: str


def _wanted(
    limit: Annotated[int, Query(ge=1, le=LIMIT_MAX, description="rows in one stretch")] = 100,
    cursor: Annotated[
        str, Query(max_length=CURSOR_LENGTH_MAX, description="from the Link header of the stretch before")
    ] = "",
) -> Stretch:
    return Stretch(limit, cursor)


Wanted = Annotated[Stretch, Depends(_wanted)]


def cut(
    request: Request, rows: Sequence[T], wanted: Stretch, key: Callable[[T], str]
) -> tuple[Sequence[T], dict[str, str]]:
    """The rows of the wanted stretch, and the header that leads to the next. Raises Refused for a cursor of no list."""
    first = _first(wanted.cursor, rows, key) if wanted.cursor else 0
    found = rows[first : first + wanted.limit]
    if not found or first + len(found) >= len(rows):
        return found, {}
    mark = msgspec.json.encode((first + len(found) - 1, key(found[-1])))
    cursor = base64.urlsafe_b64encode(mark).decode().rstrip("=")
    return found, next_link(request, cursor=cursor)


def next_link(request: Request, **change: str) -> dict[str, str]:
    """The Link header to the same address with other arguments."""
    told = dict(request.query_params) | change
    return {"link": f'<{request.url.path}?{urlencode(told)}>; rel="next"'}


def _first(cursor: str, rows: Sequence[T], key: Callable[[T], str]) -> int:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        place, last = msgspec.json.decode(base64.b64decode(padded, b"-_", validate=True), type=tuple[int, str])
    except (ValueError, UnicodeEncodeError) as exc:
        raise Refused("this cursor is of no list", where="cursor", remedy="follow the Link header") from exc
    after = next((i + 1 for i, row in enumerate(rows) if key(row) == last), None)
    return max(place, 0) if after is None else after
