"""What people ask: acknowledge, shelve, take command, note, close. Each is a request to the desk and nothing more.

With scripts the answer is the regions that changed and one line of notice; without, a redirect back to the page, which
tells the line.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ironkeep.faces.console.entry import Entry
from ironkeep.faces.console.notices import Notice, Undo
from ironkeep.faces.console.record import ALONE
from ironkeep.faces.console.watch import Watch
from ironkeep.model.errors import Refused, Trouble, Unavailable
from ironkeep.model.ids import AlarmId, IncidentId
from ironkeep.model.request import RequestKind
from ironkeep.model.time import SECOND_US

REASON_MAX = 500
SHELVE_MAX_S = 28_800  # one shift
SHELVE_MIN_S = 60
SILENT_STATUS = 503


Answer = Callable[[Request, dict[str, str], Notice], Awaitable[Response]]


def router(entry: Entry, watch: Watch, answer: Answer) -> APIRouter:
    """One route a kind of request; `answer` shows the outcome."""
    made = entry.router()

    async def put(request: Request, kind: RequestKind, subject: str, said: str, body: Callable[..., Any]) -> Response:
        session, fields = await entry.form(request)
        try:
            wanted = fields.get(subject, "")
            if not wanted:
                raise Refused(f"the form names no {subject}", remedy="load the page again")
            about = _named(watch, wanted)
            outcome = await entry.ask(kind, session.actor, wanted, body(fields))
        except Trouble as trouble:
            status = 503 if isinstance(trouble, Unavailable) else 422
            return await answer(request, fields, Notice(False, trouble.what, trouble.remedy, status))
        if not outcome.accepted:
            return await answer(request, fields, Notice(False, outcome.reason, outcome.remedy, 409))
        await watch.catch_up()
        if outcome.reason:  # a reason where it was accepted: it waits for a second person
            return await answer(request, fields, Notice(True, outcome.reason, outcome.remedy, facts=outcome.seqs))
        undo = Undo("Undo", "/alarms/unshelve", "alarm", wanted) if kind is RequestKind.SHELVE_ALARM else None
        text = f"{said}: {about}" if about else said
        text += ALONE if entry.record_of.alone(outcome.seqs) else ""
        return await answer(request, fields, Notice(True, text, outcome.remedy, facts=outcome.seqs, undo=undo))

    @made.post("/alarms/acknowledge")
    async def acknowledge(request: Request) -> Response:
        return await put(request, RequestKind.ACKNOWLEDGE_ALARM, "alarm", "acknowledged", lambda f: {})

    @made.post("/alarms/unshelve")
    async def unshelve(request: Request) -> Response:
        return await put(request, RequestKind.UNSHELVE_ALARM, "alarm", "back on the list", lambda f: {})

    @made.post("/alarms/reset")
    async def reset(request: Request) -> Response:
        return await put(request, RequestKind.RESET_ALARM, "alarm", "reset", lambda f: {})

    @made.post("/alarms/shelve")
    async def shelve(request: Request) -> Response:
        def body(fields: dict[str, str]) -> dict[str, Any]:
            for_s = number_of(fields, "for_s", SHELVE_MIN_S, SHELVE_MAX_S)
            until = entry.sources.clock().at_us + for_s * SECOND_US
            return {"until": until, "reason": _text(fields, "reason")}

        return await put(request, RequestKind.SHELVE_ALARM, "alarm", "shelved", body)

    @made.post("/alarms/acknowledge-group")
    async def acknowledge_group(request: Request) -> Response:
        session, fields = await entry.form(request)
        rule = fields.get("rule", "")
        chosen = [
            a for a in watch.moment().board.rows if a.rule == rule and not a.acknowledged_us and not a.life_safety
        ]
        done, last = 0, Notice(False, "no alarm of this rule waits", status=409)
        for alarm in chosen[: entry.sources.limits.page_rows * 4]:
            one = await _acknowledge(entry, session.actor, alarm.id)
            done += one.good
            last = last if one.good else one
            if one.status == SILENT_STATUS:
                break
        await watch.catch_up()
        left = len(chosen) - done
        text = f"acknowledged {done}" + (f", {left} still wait: {last.text}" if left else "")
        return await answer(request, fields, Notice(done > 0, text, last.remedy, 200 if done else last.status))

    @made.post("/incidents/command")
    async def command(request: Request) -> Response:
        return await put(request, RequestKind.TAKE_COMMAND, "incident", "you are the commander", lambda f: {})

    @made.post("/incidents/note")
    async def note(request: Request) -> Response:
        return await put(request, RequestKind.NOTE_INCIDENT, "incident", "noted", lambda f: {"text": _text(f, "text")})

    @made.post("/incidents/lower")
    async def lower(request: Request) -> Response:
        return await put(
            request,
            RequestKind.LOWER_STAGE,
            "incident",
            "stage lowered",
            lambda f: {"stage": number_of(f, "stage", 0, 2), "why": _text(f, "why")},
        )

    @made.post("/incidents/close")
    async def close(request: Request) -> Response:
        return await put(
            request,
            RequestKind.CLOSE_INCIDENT,
            "incident",
            "closed",
            lambda f: {"cause_class": _text(f, "cause_class"), "reason": _text(f, "reason")},
        )

    @made.post("/settings/approve")
    async def approve(request: Request) -> Response:
        return await put(
            request, RequestKind.APPROVE_SETTING, "asset", "the passport stands as it is read", lambda f: {}
        )

    @made.post("/readings")
    async def reading(request: Request) -> Response:
        def body(fields: dict[str, str]) -> dict[str, Any]:
            return {
                "point": _text(fields, "point"),
                "value": _decimal(fields, "value"),
                "instrument": _text(fields, "instrument"),
                "calibrated_until": fields.get("calibrated_until", "").strip(),
                "read_us": entry.sources.clock().at_us,
            }

        return await put(request, RequestKind.RECORD_READING, "asset", "the reading stands under your name", body)

    return made


def _named(watch: Watch, wanted: str) -> str:
    """What people call the alarm or case of an id; empty for anything else."""
    moment = watch.moment()
    if (alarm := moment.board.standing.get(AlarmId(wanted))) is not None:
        return f"{alarm.title}, {alarm.asset}"
    case = moment.stories.cases.get(IncidentId(wanted))
    return case.incident.title if case is not None else ""


async def _acknowledge(entry: Entry, actor: str, alarm: AlarmId) -> Notice:
    try:
        outcome = await entry.ask(RequestKind.ACKNOWLEDGE_ALARM, actor, alarm, {})
    except Trouble as trouble:
        return Notice(False, trouble.what, trouble.remedy, SILENT_STATUS)
    return Notice(outcome.accepted, outcome.reason, outcome.remedy, 200 if outcome.accepted else 409)


def _decimal(fields: dict[str, str], name: str) -> float:
    text = fields.get(name, "").strip().replace(",", ".", 1)
    try:
        return float(text)
    except ValueError:
        raise Refused(f"{text!r} is no number", where=name, remedy="write what the instrument shows") from None


def _text(fields: dict[str, str], name: str) -> str:
    text = " ".join(fields.get(name, "").split())
    if not text:
        raise Refused(f"{name.replace('_', ' ')} is empty", where=name, remedy="write why, in a few words")
    if len(text) > REASON_MAX:
        raise Refused(f"{name} has {len(text)} characters, the limit is {REASON_MAX}", where=name)
    return text


def number_of(fields: dict[str, str], name: str, low: int, high: int) -> int:
    """The number in a form's field. Raises Refused where it is none or out of range."""
    text = fields.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
        raise Refused(f"{name} is {text!r}; it is a number from {low} to {high}", where=name)
    return int(text)
