"""Addresses that ask for something: each is one request to the desk. A repeat under the same idempotency key is the
same request; one that waits for a second person is answered 202.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.responses import Response

from ironkeep.faces.api import bodies, openapi, words
from ironkeep.faces.api.answers import answer
from ironkeep.faces.api.once import Key, Once
from ironkeep.faces.console.entry import Entry
from ironkeep.faces.console.watch import Watch
from ironkeep.model.request import RequestKind
from ironkeep.model.time import SECOND_US

Ask = Callable[[Request, str, RequestKind, str, dict[str, Any]], Awaitable[Response]]
told = openapi.told


class Asker:
    """Puts requests of the API to the desk, each key once."""

    def __init__(self, entry: Entry, watch: Watch, once: Once) -> None:
        self._entry, self._watch, self._once = entry, watch, once

    async def ask(self, request: Request, key: str, kind: RequestKind, subject: str, body: dict[str, Any]) -> Response:
        """The outcome of one request as an answer. Raises as the entry's `change` and `ask` do."""
        session = await self._entry.change(request)

        async def make() -> Response:
            outcome = await self._entry.ask(kind, session.actor, subject, body, key)
            if outcome.accepted:
                await self._watch.catch_up()
                await self._entry.record_of.follow()
            said = words.Asked(outcome.accepted, outcome.seqs, outcome.reason, outcome.remedy)
            return answer(said, 409 if not outcome.accepted else 202 if outcome.reason else 200)

        return await self._once.answer(request, session.actor, key, make)


def add_to(made: APIRouter, entry: Entry, watch: Watch, once: Once) -> None:
    """Add them."""
    asker = Asker(entry, watch, once)
    ask = asker.ask

    plain: dict[str, tuple[RequestKind, str]] = {
        "/api/v1/alarms/{subject}/acknowledge": (RequestKind.ACKNOWLEDGE_ALARM, "Acknowledge one alarm."),
        "/api/v1/alarms/{subject}/unshelve": (RequestKind.UNSHELVE_ALARM, "Bring one back on the list."),
        "/api/v1/alarms/{subject}/reset": (RequestKind.RESET_ALARM, "Reset a latched alarm that has returned."),
        "/api/v1/incidents/{subject}/command": (RequestKind.TAKE_COMMAND, "Take command of a case."),
        "/api/v1/settings/{subject}/approve": (RequestKind.APPROVE_SETTING, "Approve the settings as read."),
    }
    for path, (kind, summary) in plain.items():
        made.post(path, openapi_extra=told(words.Asked, summary, bodies.Nothing))(_plain(ask, kind))

    @made.post("/api/v1/alarms/{subject}/shelve", openapi_extra=told(words.Asked, "Shelve.", bodies.Shelve))
    async def shelve(request: Request, subject: str, key: Key = "") -> Response:
        body = await bodies.read(request, bodies.Shelve)
        until = entry.sources.clock().at_us + body.for_s * SECOND_US
        return await ask(request, key, RequestKind.SHELVE_ALARM, subject, {"until": until, "reason": body.reason})

    @made.post(
        "/api/v1/assets/{subject}/readings", openapi_extra=told(words.Asked, "Read by hand.", bodies.TakenByHand)
    )
    async def reading(request: Request, subject: str, key: Key = "") -> Response:
        body = msgspec.structs.asdict(await bodies.read(request, bodies.TakenByHand))
        body["read_us"] = body["read_us"] or entry.sources.clock().at_us
        return await ask(request, key, RequestKind.RECORD_READING, subject, body)

    @made.post("/api/v1/incidents/{subject}/note", openapi_extra=told(words.Asked, "Note.", bodies.Note))
    async def note(request: Request, subject: str, key: Key = "") -> Response:
        body = await bodies.read(request, bodies.Note)
        return await ask(request, key, RequestKind.NOTE_INCIDENT, subject, {"text": body.text})

    @made.post("/api/v1/incidents/{subject}/lower", openapi_extra=told(words.Asked, "Lower.", bodies.Lower))
    async def lower(request: Request, subject: str, key: Key = "") -> Response:
        body = await bodies.read(request, bodies.Lower)
        return await ask(request, key, RequestKind.LOWER_STAGE, subject, {"stage": body.stage, "why": body.why})

    @made.post("/api/v1/incidents/{subject}/close", openapi_extra=told(words.Asked, "Close.", bodies.Close))
    async def close(request: Request, subject: str, key: Key = "") -> Response:
        body = await bodies.read(request, bodies.Close)
        told_why = {"cause_class": body.cause_class, "reason": body.reason}
        return await ask(request, key, RequestKind.CLOSE_INCIDENT, subject, told_why)


def _plain(ask: Ask, kind: RequestKind) -> Callable[..., Any]:
    async def endpoint(request: Request, subject: str, key: Key = "") -> Response:
        await bodies.read(request, bodies.Nothing)
        return await ask(request, key, kind, subject, {})

    return endpoint
