"""Idempotency keys: a change that is asked again under the same key is not made again, and gets the same answer.

The key also becomes the id of the request at the desk, so that a repeat after a restart of the console meets the answer
that the facts hold. The same key for something else is refused.
"""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Header, Request
from starlette.responses import Response

from ironkeep.model.errors import Refused

KEPT_MAX = 10_000  # answers remembered
KEY_LENGTH_MAX = 200  # characters

Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        max_length=KEY_LENGTH_MAX,
        description="chosen by the asker; the same key is the same request",
    ),
]


@dataclass
class _Kept:
    print: bytes
    lock: asyncio.Lock
    answer: tuple[int, bytes, str] | None = None


class Once:
    """Remembers the answers to changes by asker and key."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    async def answer(self, request: Request, actor: str, key: str, make: Callable[[], Awaitable[Response]]) -> Response:
        """What `make` answers, or what it answered to this key before. Raises Refused for a key of something else."""
        if not key:
            return await make()
        mark = hashlib.sha256(request.url.path.encode() + b"\0" + await request.body()).digest()
        kept = self._kept.setdefault((actor, key), _Kept(mark, asyncio.Lock()))
        if kept.print != mark:
            raise Refused(
                "this key stood for another request", where="Idempotency-Key", remedy="use a new key for a new request"
            )
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        async with kept.lock:
            if kept.answer is None:
                made = await make()
                kept.answer = (made.status_code, bytes(made.body), made.media_type or "")
                return made
        status, body, media_type = kept.answer
        return Response(body, status, {"idempotency-replayed": "true"}, media_type)
