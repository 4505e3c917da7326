"""Addresses of the register: every asset with its gaps, what to do first, dates, unknown devices, one asset whole."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from ironkeep.faces.api import openapi
from ironkeep.faces.api.answers import answer, steady
from ironkeep.faces.api.stretches import Wanted, cut
from ironkeep.faces.console.books import Books
from ironkeep.faces.console.entry import Entry
from ironkeep.faces.console.pages.inventory import asked, facts_of_readiness
from ironkeep.faces.console.pages.page import Missing
from ironkeep.model.ids import AssetId
from ironkeep.views import card, dates, gaps, hands, readiness, register, scene, strangers

Filter = Annotated[str, Query(max_length=200)]
told = openapi.told


class AssetRow(msgspec.Struct, frozen=True):
    """One asset of the register; `complete_pct` is over the fields that its kind must have."""

    asset: str
    name: str
    kind: str
    location: str
    state: str
    sources: tuple[str, ...]
    complete_pct: float
    gaps: tuple[str, ...]


class GapList(msgspec.Struct, frozen=True):
    """What to do first, and how complete the register of the site is."""

    complete_pct: float
    fields_wanted: int
    fields_answered: int
    fields_said_unknown: int
    basis: str
    waiting: tuple[str, ...]  # imports that stand and cannot be read
    gaps: tuple[gaps.Gap, ...]


class AssetWhole(msgspec.Struct, frozen=True):
    """One asset: every field with every source beside it, what is open, what hangs on it."""

    asset: AssetId
    fields: tuple[register.Line, ...]
    gaps: dict[str, str]
    feeds: tuple[AssetId, ...]
    fed_by: tuple[AssetId, ...]


class QuarterItem(msgspec.Struct, frozen=True):
    """One item: how it stands and why, the facts that show it, and the cheapest next step. `by_word` says that a person
    put it on the record and nothing was measured.
    """

    number: int
    item: str
    title: str
    state: str
    why: str
    seen: tuple[str, ...]
    by_word: bool
    proofs: tuple[readiness.Proof, ...]
    next_step: str
    effort: str
    rows: tuple[str, ...]


class Quarter(msgspec.Struct, frozen=True):
    """The nine items in the order of the checklist."""

    items: tuple[QuarterItem, ...]


class CardNow(msgspec.Struct, frozen=True):
    """The content of an isolation card, without values, and its digest."""

    digest: str
    content: card.Content


def add_to(made: APIRouter, entry: Entry, books: Books) -> None:
    """Add them."""

    @made.get("/api/v1/inventory", openapi_extra=told(list[AssetRow], "Every asset of the register, filtered."))
    async def assets(
        request: Request,
        wanted: Wanted,
        q: Filter = "",
        kind: Filter = "",
        gap: Filter = "",
        source: Filter = "",
        tier: Annotated[int, Query(ge=0, le=max(gaps.TIER_WORDS), description="how soon; 0 for all")] = 0,
        whole: Annotated[bool, Query(description="without the parts of what is chosen")] = False,
        sort: Annotated[str, Query(max_length=200, description=f"one of: {', '.join(register.ORDERS)}")] = "",
    ) -> Response:
        wish = register.Wish(q, kind, gap, source, tier, whole, sort)
        rows = register.select(await books.open(), wish)
        found, more = cut(request, rows, wanted, lambda row: str(row.id))
        return steady(request, [_row(row) for row in found], more)

    @made.get("/api/v1/inventory/gaps", openapi_extra=told(GapList, "What to do first, ranked."))
    async def gap_list(request: Request) -> Response:
        book = await books.open()
        score = book.score
        said = GapList(
            complete_pct=round(score.pct, 1),
            fields_wanted=score.wanted,
            fields_answered=score.answered,
            fields_said_unknown=score.unknown,
            basis=gaps.BASIS,
            waiting=book.waiting,
            gaps=gaps.ranked(book),
        )
        return steady(request, said)

    @made.get("/api/v1/inventory/readiness", openapi_extra=told(Quarter, "The quarter's checklist, item by item."))
    async def checklist(request: Request) -> Response:
        found = readiness.readiness(await books.open(), facts_of_readiness(entry.sources))
        return steady(request, Quarter(tuple(_item(each) for each in found)))

    @made.get("/api/v1/inventory/dates", openapi_extra=told(dates.Calendar, "Dates, the soonest first."))
    async def calendar(request: Request) -> Response:
        return steady(request, dates.calendar(await books.open()))

    @made.get("/api/v1/inventory/unknown", openapi_extra=told(list[strangers.Unknown], "Undeclared devices."))
    async def unknown(
        request: Request,
        wanted: Wanted,
        q: Filter = "",
        way: Annotated[str, Query(max_length=200, description=f"one of: {', '.join(strangers.WAYS)}")] = "",
    ) -> Response:
        devices = strangers.select((await books.open()).unknown, q, way)
        found, more = cut(request, devices, wanted, lambda device: device.key)
        return answer(found, headers=more)

    @made.get("/api/v1/inventory/assets/{asset}", openapi_extra=told(AssetWhole, "One asset with its sources."))
    async def one(request: Request, asset: str) -> Response:
        book = await books.open()
        found = _declared(book, asset)
        feeds, fed_by = register.dependants(book, register.feeder(book, found))
        open_now = {str(kind): words for kind, words in register.gap_words(book, found)}
        return steady(request, AssetWhole(found, register.lines(book, found), open_now, feeds, fed_by))

    @made.get("/api/v1/inventory/assets/{asset}/card", openapi_extra=told(CardNow, "Its isolation card."))
    async def rack_card(request: Request, asset: str) -> Response:
        book = await books.open()
        found = card.card(book, _declared(book, asset), scene.EMPTY, entry.sources.clock().at_us)
        return steady(request, CardNow(found.digest, found.content))

    @made.get("/api/v1/inventory/assets/{asset}/hands", openapi_extra=told(hands.Hands, "Who could, did, reviewed."))
    async def who(request: Request, asset: str, since: Filter = "", until: Filter = "") -> Response:
        book = await books.open()
        now_us = entry.sources.clock().at_us
        return answer(asked(book, entry.sources, _declared(book, asset), since, until, now_us))


def _declared(book: register.Book, asset: str) -> AssetId:
    """The asset of exactly that id. Raises Missing."""
    if asset not in book.by_id:
        raise Missing("no such asset is in the site file", where=asset, remedy="see /api/v1/inventory")
    return AssetId(asset)


def _row(row: register.Row) -> AssetRow:
    return AssetRow(
        asset=row.id,
        name=row.name,
        kind=str(row.kind),
        location=row.location,
        state=row.state,
        sources=tuple(sorted(row.sources)),
        complete_pct=round(row.score.pct, 1),
        gaps=tuple(str(kind) for kind in row.gaps),
    )


def _item(each: readiness.Standing) -> QuarterItem:
    return QuarterItem(each.number, str(each.duty.item), each.duty.title, str(each.state), each.why, each.seen,
                       each.by_word, each.proofs, each.next_step, each.duty.effort, each.duty.rows)  # fmt: skip
