"""The addresses of the API. All but /healthz need the console's session; a change needs its mark in X-CSRF too."""

from collections.abc import Callable
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from ironkeep import __version__
from ironkeep.faces.api import bodies, openapi, trends, words
from ironkeep.faces.console import proofs
from ironkeep.faces.console.entry import Entry
from ironkeep.faces.console.pages import rack
from ironkeep.faces.console.pages.evidence import query_of
from ironkeep.faces.console.watch import Watch
from ironkeep.model.errors import Refused
from ironkeep.model.ids import AssetId, IncidentId
from ironkeep.model.request import RequestKind
from ironkeep.model.time import SECOND_US, rfc3339
from ironkeep.views import banks, cells, coverage
from ironkeep.views.registers import Passport

LIST_MAX = 1_000
told = openapi.told


def answer(value: Any, status: int = 200) -> Response:
    """A struct as JSON."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def router(entry: Entry, watch: Watch) -> APIRouter:
    """Everything under /api/v1, and /healthz."""
    made = APIRouter()

    @made.get("/healthz", openapi_extra=told(words.Health, "Whether live data flow; needs no log-in."))
    async def healthz() -> Response:
        moment = watch.moment()
        found = words.Health(moment.live, moment.why_not_live, moment.scene.health)
        if not moment.live and not found.reasons:
            found = words.Health(False, ("no data yet",), found.engine)
        return answer(found, 200 if moment.live else 503)

    @made.get("/api/v1/openapi.json", include_in_schema=False)
    async def description(request: Request) -> Response:
        entry.require(request)
        return JSONResponse(openapi.document(made, __version__))

    _looking(made, entry, watch)
    _record(made, entry, watch)
    _asking(made, entry, watch)
    if entry.sources.stage is not None and entry.sources.site.simulated:
        _playing(made, entry)
    return made


def _looking(made: APIRouter, entry: Entry, watch: Watch) -> None:
    @made.get("/api/v1/session", openapi_extra=told(words.Me, "Who is logged in."))
    async def session(request: Request) -> Response:
        found = entry.require(request)
        return answer(words.Me(found.account, found.role, found.csrf))

    @made.get("/api/v1/site", openapi_extra=told(words.SiteNow, "The first screen in figures."))
    async def site(request: Request) -> Response:
        entry.require(request)
        moment = watch.moment()
        rows = banks.rows(moment.site, moment.scene, moment.now.at_us)
        charge = banks.charge(rows)
        return answer(
            words.SiteNow(
                site=moment.site.id,
                name=moment.site.name,
                simulated=moment.site.simulated,
                at=rfc3339(moment.now.at_us),
                live=moment.live,
                reasons=moment.why_not_live,
                charge_pct=charge.pct,
                charge_from_banks=charge.known,
                banks_believed=sum(row.believed for row in rows),
                banks=len(rows),
                alarms_standing=len(moment.board.rows),
                alarms_unacknowledged=moment.board.unacknowledged,
                alarms_shelved=len(moment.board.shelved),
                findings=len(moment.registers.findings),
                incidents_open=len(moment.stories.open),
            )
        )

    @made.get("/api/v1/declaration", openapi_extra=told(None, "The site as its owner declares it."))
    async def declaration(request: Request) -> Response:
        entry.require(request)
        return answer(entry.sources.site)

    @made.get("/api/v1/banks", openapi_extra=told(list[words.Bank], "Every bank now."))
    async def bank_rows(request: Request) -> Response:
        entry.require(request)
        moment = watch.moment()
        return answer([words.bank(row) for row in banks.rows(moment.site, moment.scene, moment.now.at_us)])

    @made.get("/api/v1/assets", openapi_extra=told(list[str], "Every asset that is read."))
    async def assets(request: Request) -> Response:
        entry.require(request)
        return answer(watch.moment().scene.assets())

    @made.get("/api/v1/assets/{asset}", openapi_extra=told(words.AssetNow, "Every point of one asset now."))
    async def asset_now(request: Request, asset: str) -> Response:
        entry.require(request)
        found = rack.gather_asset(watch.moment(), entry.sources, {"asset": asset})
        declared = found["declared"]
        name, kind = (declared.name, str(declared.kind)) if declared else ("", "")
        readings = tuple(words.reading(value) for value in found["points"])
        return answer(words.AssetNow(asset, name, kind, found["trust"], readings))

    @made.get("/api/v1/cells/{string}", openapi_extra=told(list[words.CellsNow], "The cells of a string."))
    async def cell_maps(request: Request, string: str) -> Response:
        entry.require(request)
        moment = watch.moment()
        maps = [cells.cell_map(moment.scene, AssetId(string), p, moment.now.at_us) for p in cells.UNITS]
        found = [m for m in maps if m is not None]
        if not found:
            raise HTTPException(404, f"nobody reads the cells of {string!r}")
        return answer([_cells(string, each) for each in found])

    @made.get("/api/v1/trend", openapi_extra=told(words.Curve, "A trend of one point, gaps as null."))
    async def trend(request: Request, asset: str, point: str, span_s: int = 3_600, buckets: int = 240) -> Response:
        entry.require(request)
        found = await trends.trend(entry.sources, watch.moment(), asset, point, span_s, buckets)
        return answer(words.curve(found))

    @made.get("/api/v1/trust", openapi_extra=told(words.Trusted, "The trust of every judged asset."))
    async def trust(request: Request) -> Response:
        entry.require(request)
        found = watch.moment().scene.trust
        return answer(words.Trusted(tuple(found[key] for key in sorted(found))))

    @made.get("/api/v1/devices", openapi_extra=told(words.Devices, "Every device's link."))
    async def devices(request: Request) -> Response:
        entry.require(request)
        return answer(words.Devices(watch.moment().scene.links))

    @made.get("/api/v1/coverage", openapi_extra=told(words.Coverage, "Signals offered, read, missing (TEL-01)."))
    async def covered(request: Request) -> Response:
        entry.require(request)
        moment = watch.moment()
        found = coverage.coverage(moment.site, moment.scene)
        lines: dict[str, dict[str, dict[str, int | str]]] = {
            str(bank): {c.signal: {"offered": c.offered, "read": c.read, "word": c.word} for c in each}
            for bank, each in found.items()
        }
        return answer(words.Coverage(lines))


def _record(made: APIRouter, entry: Entry, watch: Watch) -> None:
    facts = entry.sources.facts

    @made.get("/api/v1/alarms", openapi_extra=told(words.AlarmList, "The alarm list in its order."))
    async def alarms(request: Request, first: int = 0, limit: int = 100) -> Response:
        entry.require(request)
        _bounded("first", first, 0, 10**9)
        _bounded("limit", limit, 1, LIST_MAX)
        board = watch.moment().board
        rows = board.rows
        return answer(
            words.AlarmList(rows[first : first + limit], len(rows), board.unacknowledged, len(board.shelved), first)
        )

    @made.get("/api/v1/incidents", openapi_extra=told(list[words.Story], "Every open case."))
    async def incidents(request: Request) -> Response:
        entry.require(request)
        return answer([words.story(case) for case in watch.moment().stories.open])

    @made.get("/api/v1/incidents/{incident}", openapi_extra=told(words.Story, "One case with its story."))
    async def incident_one(request: Request, incident: str) -> Response:
        entry.require(request)
        case = watch.moment().stories.cases.get(IncidentId(incident))
        if case is None:
            raise HTTPException(404, f"no incident {incident!r} is remembered")
        return answer(words.story(case))

    @made.get("/api/v1/findings", openapi_extra=told(words.Findings, "The OT queue."))
    async def findings(request: Request) -> Response:
        entry.require(request)
        return answer(words.Findings(watch.moment().registers.queue))

    @made.get("/api/v1/passports/{asset}", openapi_extra=told(None, "Settings as approved, and what moved."))
    async def passport(request: Request, asset: str) -> Response:
        entry.require(request)
        found: Passport | None = watch.moment().registers.passports.get(AssetId(asset))
        if found is None:
            raise HTTPException(404, f"no passport of {asset!r} was taken")
        return answer(found)

    @made.get("/api/v1/facts", openapi_extra=told(words.FactList, "Facts, newest first, filtered."))
    async def fact_list(request: Request, limit: int = 100) -> Response:
        entry.require(request)
        _bounded("limit", limit, 1, LIST_MAX)
        found = facts.find(query_of(dict(request.query_params), limit))
        return answer(words.FactList(tuple(msgspec.to_builtins(fact) for fact in found), facts.size()))

    @made.get("/api/v1/facts/{seq}", openapi_extra=told(None, "One fact."))
    async def fact_one(request: Request, seq: int) -> Response:
        entry.require(request)
        return answer(proofs.one_fact(facts, seq))

    @made.get("/api/v1/facts/{seq}/proof", openapi_extra=told(None, "Its inclusion proof and the checkpoint."))
    async def fact_proof(request: Request, seq: int) -> Response:
        entry.require(request)
        return answer(proofs.proof(facts, seq))

    @made.get("/api/v1/checkpoint", openapi_extra=told(None, "The newest signed checkpoint, as text."))
    async def checkpoint(request: Request) -> Response:
        entry.require(request)
        return Response(facts.checkpoint(), media_type="text/plain; charset=utf-8")


def _asking(made: APIRouter, entry: Entry, watch: Watch) -> None:
    async def ask(request: Request, kind: RequestKind, subject: str, body: dict[str, Any]) -> Response:
        session = await entry.change(request)
        outcome = await entry.ask(kind, session.actor, subject, body)
        if outcome.accepted:
            await watch.catch_up()
        said = words.Asked(outcome.accepted, outcome.seqs, outcome.reason, outcome.remedy)
        return answer(said, 200 if outcome.accepted else 409)

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
    async def shelve(request: Request, subject: str) -> Response:
        body = await bodies.read(request, bodies.Shelve)
        until = entry.sources.clock().at_us + body.for_s * SECOND_US
        return await ask(request, RequestKind.SHELVE_ALARM, subject, {"until": until, "reason": body.reason})

    @made.post("/api/v1/incidents/{subject}/note", openapi_extra=told(words.Asked, "Note.", bodies.Note))
    async def note(request: Request, subject: str) -> Response:
        body = await bodies.read(request, bodies.Note)
        return await ask(request, RequestKind.NOTE_INCIDENT, subject, {"text": body.text})

    @made.post("/api/v1/incidents/{subject}/lower", openapi_extra=told(words.Asked, "Lower.", bodies.Lower))
    async def lower(request: Request, subject: str) -> Response:
        body = await bodies.read(request, bodies.Lower)
        return await ask(request, RequestKind.LOWER_STAGE, subject, {"stage": body.stage, "why": body.why})

    @made.post("/api/v1/incidents/{subject}/close", openapi_extra=told(words.Asked, "Close.", bodies.Close))
    async def close(request: Request, subject: str) -> Response:
        body = await bodies.read(request, bodies.Close)
        told_why = {"cause_class": body.cause_class, "reason": body.reason}
        return await ask(request, RequestKind.CLOSE_INCIDENT, subject, told_why)


def _plain(ask: Callable[..., Any], kind: RequestKind) -> Callable[..., Any]:
    async def endpoint(request: Request, subject: str) -> Response:
        await bodies.read(request, bodies.Nothing)
        found: Response = await ask(request, kind, subject, {})
        return found

    return endpoint


def _playing(made: APIRouter, entry: Entry) -> None:
    stage = entry.sources.stage
    assert stage is not None

    @made.get("/api/v1/twin", openapi_extra=told(None, "What the twin can play, and plays."))
    async def playing(request: Request) -> Response:
        entry.require(request)
        return answer({"scenarios": await stage.scenarios(), "state": await stage.state()})

    @made.post("/api/v1/twin/inject", openapi_extra=told(None, "Play a scenario.", bodies.Play))
    async def inject(request: Request) -> Response:
        await entry.change(request)
        return answer(await stage.inject((await bodies.read(request, bodies.Play)).scenario))

    @made.post("/api/v1/twin/clear", openapi_extra=told(None, "End every scenario.", bodies.Nothing))
    async def clear(request: Request) -> Response:
        await entry.change(request)
        await bodies.read(request, bodies.Nothing)
        return answer(await stage.clear())


def _bounded(name: str, number: int, low: int, high: int) -> None:
    if not low <= number <= high:
        raise Refused(f"{name} is {number}", where=name, remedy=f"a number from {low} to {high}")


def _cells(string: str, found: cells.CellMap) -> words.CellsNow:
    return words.CellsNow(
        string=string,
        unit=found.unit,
        modules=tuple(found.modules),
        values=words.nullable_table(found.values),
        inferred=found.inferred.tolist(),
        outlier=found.far.tolist(),
        balancing=found.balancing.tolist(),
    )
