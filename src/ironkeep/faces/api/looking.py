"""Addresses that show the site now: figures, banks, assets, cells, trends, trust, links."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from ironkeep.faces.api import openapi, trends, words
from ironkeep.faces.api.answers import answer, steady
from ironkeep.faces.api.stretches import Wanted, cut
from ironkeep.faces.console.entry import Entry
from ironkeep.faces.console.pages import rack
from ironkeep.faces.console.render import slug
from ironkeep.faces.console.watch import Watch
from ironkeep.model.ids import AssetId
from ironkeep.model.time import rfc3339
from ironkeep.views import banks, cells, coverage

Span = Annotated[int, Query(ge=trends.SPAN_MIN_S, le=trends.SPAN_MAX_S)]
Buckets = Annotated[int, Query(ge=2, le=trends.BUCKETS_MAX)]
told = openapi.told


def add_to(made: APIRouter, entry: Entry, watch: Watch) -> None:
    """Add them."""

    @made.get("/api/v1/session", openapi_extra=told(words.Me, "Who is logged in."))
    async def session(request: Request) -> Response:
        found = entry.require(request)
        acts = tuple(act.name for act in entry.sources.access.acts if found.role in act.roles)
        return answer(words.Me(found.account, found.role, found.csrf, acts))

    @made.get("/api/v1/site", openapi_extra=told(words.SiteNow, "The first screen in figures."))
    async def site() -> Response:
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
        return steady(request, entry.sources.site)

    @made.get("/api/v1/banks", openapi_extra=told(list[words.Bank], "Every bank now."))
    async def bank_rows(request: Request, wanted: Wanted) -> Response:
        moment = watch.moment()
        rows = banks.rows(moment.site, moment.scene, moment.now.at_us)
        found, more = cut(request, rows, wanted, lambda row: str(row.asset.id))
        return answer([words.bank(row) for row in found], headers=more)

    @made.get("/api/v1/assets", openapi_extra=told(list[str], "Every asset that is read."))
    async def assets(request: Request, wanted: Wanted) -> Response:
        found, more = cut(request, watch.moment().scene.assets(), wanted, str)
        return answer(found, headers=more)

    @made.get("/api/v1/assets/{asset}", openapi_extra=told(words.AssetNow, "Every point of one asset now."))
    async def asset_now(asset: str) -> Response:
        found = rack.gather_asset(watch.moment(), entry.sources, {"asset": asset})
        declared = found["declared"]
        name, kind = (declared.name, str(declared.kind)) if declared else ("", "")
        readings = tuple(words.reading(value) for value in found["points"])
        return answer(words.AssetNow(asset, name, kind, found["trust"], readings))

    @made.get("/api/v1/cells/{string}", openapi_extra=told(list[words.CellsNow], "The cells of a string."))
    async def cell_maps(string: str) -> Response:
        moment = watch.moment()
        maps = [cells.cell_map(moment.scene, AssetId(string), p, moment.now.at_us) for p in cells.UNITS]
        found = [m for m in maps if m is not None]
        if not found:
            raise HTTPException(404, f"nobody reads the cells of {string!r}")
        return answer([_cells(string, each) for each in found])

    @made.get("/api/v1/trend", openapi_extra=told(words.Curve, "A trend of one point, gaps as null."))
    async def trend(asset: str, point: str, span_s: Span = 3_600, buckets: Buckets = 240) -> Response:
        found = await trends.trend(entry.sources, watch.moment(), asset, point, span_s, buckets)
        return answer(words.curve(found))

    @made.get("/api/v1/trend.csv", openapi_extra=openapi.text("text/csv", "The same as CSV, gaps as empty cells."))
    async def trend_csv(asset: str, point: str, span_s: Span = 3_600, buckets: Buckets = 240) -> Response:
        found = await trends.trend(entry.sources, watch.moment(), asset, point, span_s, buckets)
        kept = {"content-disposition": f'attachment; filename="{slug(asset)}-{slug(point)}.csv"'}
        return Response(trends.as_csv(found), headers=kept, media_type="text/csv; charset=utf-8")

    @made.get("/api/v1/trust", openapi_extra=told(words.Trusted, "The trust of every judged asset."))
    async def trust(request: Request, wanted: Wanted) -> Response:
        known = watch.moment().scene.trust
        found, more = cut(request, sorted(known), wanted, str)
        return answer(words.Trusted(tuple(known[key] for key in found)), headers=more)

    @made.get("/api/v1/devices", openapi_extra=told(words.Devices, "Every device's link."))
    async def devices(request: Request, wanted: Wanted) -> Response:
        found, more = cut(request, watch.moment().scene.links, wanted, lambda link: str(link.device))
        return answer(words.Devices(tuple(found)), headers=more)

    @made.get("/api/v1/coverage", openapi_extra=told(words.Coverage, "Signals offered, read, missing (TEL-01)."))
    async def covered() -> Response:
        moment = watch.moment()
        found = coverage.coverage(moment.site, moment.scene)
        lines: dict[str, dict[str, dict[str, int | str]]] = {
            str(bank): {c.signal: {"offered": c.offered, "read": c.read, "word": c.word} for c in each}
            for bank, each in found.items()
        }
        return answer(words.Coverage(lines))


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
