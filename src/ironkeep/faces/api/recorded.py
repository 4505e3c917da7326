"""Addresses that show what happened: alarms, cases, findings, passports, facts and their proofs."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ironkeep.faces.api import openapi, words
from ironkeep.faces.api.answers import answer, steady, tagged
from ironkeep.faces.api.stretches import LIMIT_MAX, Wanted, cut, next_link
from ironkeep.faces.console import proofs
from ironkeep.faces.console.entry import Entry
from ironkeep.faces.console.pages.alarms import gather_one
from ironkeep.faces.console.pages.evidence import query_of
from ironkeep.faces.console.watch import Watch
from ironkeep.facts.envelope import INTEGER_MAX
from ironkeep.model.ids import AssetId, IncidentId
from ironkeep.views.registers import Passport

Filter = Annotated[str, Query(max_length=200)]
Seq = Annotated[int, Path(ge=0, le=INTEGER_MAX)]
told = openapi.told


def add_to(made: APIRouter, entry: Entry, watch: Watch) -> None:
    """Add them."""
    facts = entry.sources.facts

    @made.get("/api/v1/alarms", openapi_extra=told(words.AlarmList, "The alarm list in its order."))
    async def alarms(request: Request, wanted: Wanted) -> Response:
        board = watch.moment().board
        found, more = cut(request, board.rows, wanted, lambda alarm: str(alarm.id))
        said = words.AlarmList(tuple(found), len(board.rows), board.unacknowledged, len(board.shelved))
        return answer(said, headers=more)

    @made.get(
        "/api/v1/alarms/{alarm}", openapi_extra=told(words.AlarmOne, "One alarm: where, what to open, whom to call.")
    )
    async def alarm_one(request: Request, alarm: str) -> Response:
        found = gather_one(watch.moment(), entry.sources, {"id": alarm})
        return answer(words.AlarmOne(found["alarm"], **found["steer"]))

    @made.get("/api/v1/incidents", openapi_extra=told(list[words.Story], "Every open case."))
    async def incidents(request: Request, wanted: Wanted) -> Response:
        found, more = cut(request, watch.moment().stories.open, wanted, lambda case: str(case.incident.id))
        return answer([words.story(case) for case in found], headers=more)

    @made.get("/api/v1/incidents/{incident}", openapi_extra=told(words.Story, "One case with its story."))
    async def incident_one(request: Request, incident: str) -> Response:
        case = watch.moment().stories.cases.get(IncidentId(incident))
        if case is None:
            raise HTTPException(404, f"no incident {incident!r} is remembered")
        return answer(words.story(case))

    @made.get("/api/v1/findings", openapi_extra=told(words.Findings, "The OT queue."))
    async def findings(request: Request, wanted: Wanted) -> Response:
        found, more = cut(request, watch.moment().registers.queue, wanted, lambda finding: str(finding.id))
        return answer(words.Findings(tuple(found)), headers=more)

    @made.get("/api/v1/passports/{asset}", openapi_extra=told(None, "Settings as approved, and what moved."))
    async def passport(request: Request, asset: str) -> Response:
        found: Passport | None = watch.moment().registers.passports.get(AssetId(asset))
        if found is None:
            raise HTTPException(404, f"no passport of {asset!r} was taken")
        return steady(request, found)

    @made.get("/api/v1/facts", openapi_extra=told(words.FactList, "Facts, newest first, filtered."))
    async def fact_list(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=LIMIT_MAX)] = 100,
        kind: Filter = "",
        asset: Filter = "",
        actor: Filter = "",
        since: Filter = "",
        until: Filter = "",
        before: Annotated[int | None, Query(ge=0, le=INTEGER_MAX, description="the cursor: facts before this")] = None,
    ) -> Response:
        wanted = {"kind": kind, "asset": asset, "actor": actor, "since": since, "until": until}
        found = facts.find(query_of(wanted | ({} if before is None else {"before": str(before)}), limit))
        more = next_link(request, before=str(found[-1].seq)) if len(found) == limit and found[-1].seq else {}
        return answer(words.FactList(tuple(msgspec.to_builtins(fact) for fact in found), facts.size()), headers=more)

    @made.get("/api/v1/facts/{seq}", openapi_extra=told(None, "One fact."))
    async def fact_one(request: Request, seq: Seq) -> Response:
        return steady(request, proofs.one_fact(facts, seq))

    @made.get("/api/v1/facts/{seq}/proof", openapi_extra=told(None, "Its inclusion proof and the checkpoint."))
    async def fact_proof(request: Request, seq: Seq) -> Response:
        return steady(request, proofs.proof(facts, seq))

    @made.get("/api/v1/checkpoint", openapi_extra=openapi.text("text/plain", "The newest signed checkpoint."))
    async def checkpoint(request: Request) -> Response:
        return tagged(request, Response(facts.checkpoint(), media_type="text/plain; charset=utf-8"))
