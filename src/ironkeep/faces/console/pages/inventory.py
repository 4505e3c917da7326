"""The register's pages: every asset, what to do first, dates, devices that nobody declared, and one asset whole."""

import re
from collections.abc import Mapping
from typing import Any

from ironkeep.faces.console.books import Books
from ironkeep.faces.console.pages.page import Arguments, Missing, Page
from ironkeep.faces.console.sources import Sources
from ironkeep.faces.console.watch import Moment
from ironkeep.facts.envelope import Fact
from ironkeep.model.ids import AssetId
from ironkeep.model.register import GapKind, Readiness, Source
from ironkeep.model.site import AssetKind
from ironkeep.model.time import SECOND_US, parse_rfc3339
from ironkeep.ports.facts import FactQuery
from ironkeep.views import archive, chronicle, climate, dates, gaps, hands, readiness, register, strangers
from ironkeep.views.checkcard import check_card
from ironkeep.views.register import Book, Wish

TITLE = "Inventory"
HISTORY_SHOWN, HISTORY_LOOKED = 20, 400  # lines about one asset and its parts, and the facts that they are made of
PARTS_SHOWN = 60
DUE_SHOWN = 120
NAMED_SHOWN = 24  # assets named in one line
CHANGES_MAX = 500  # facts of changes and reviews on one page
WORDS_MAX, ENDED_MAX = 500, 50  # newest facts that the checklist looks at
DAY_US = 86_400 * SECOND_US
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
PERIOD_US = 90 * DAY_US  # the period of the page where none is asked for
HISTORY_KINDS = (
    *("DeviceReached", "DeviceLost", "DeviceDescribed", "ParticularsChanged", "PassportTaken", "SettingChanged"),
    *("FindingOpened", "FindingClosed", "TrustChanged"),
)


def pages(books: Books) -> dict[str, Page]:
    """The pages over one keeper of books."""

    def shared(extra: Mapping[str, Any], book: Book) -> dict[str, Any]:
        return {"book": book, "ranked": gaps.ranked(book), "TITLE": TITLE, **extra}

    def table(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
        book = books.look()
        return shared(_table(book, sources, arguments), book)

    def todo(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
        return shared({"basis": gaps.BASIS}, books.look())

    def due(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
        book = books.look()
        rooms = climate.together(climate.climates(book, moment.scene, moment.now.at_us))
        kept = archive.together(archive.kept(book, moment.scene, books.spans))
        calendar = dates.calendar(book)
        told = {"calendar": calendar, "days": dates.together(book), "due_max": DUE_SHOWN, "rooms": rooms}
        return shared(told | {"kept": kept, "named_max": NAMED_SHOWN}, book)

    def unknown(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
        book = books.look()
        text, way = arguments.get("q", ""), arguments.get("way", "")
        told = {"text": text, "way": way, "ways": strangers.WAYS, "LISTED": strangers.LISTED}
        return shared(told | _paged(strangers.select(book.unknown, text, way), sources, arguments), book)

    def ready(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
        book = books.look()
        return shared({"standings": readiness.readiness(book, facts_of_readiness(sources)), "READY": Readiness}, book)

    def one(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
        book = books.look()
        return shared(_one(book, moment, sources, arguments), book)

    def who(moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
        book = books.look()
        return shared(_hands(book, moment, sources, arguments), book)

    head = "inventory_head.html"
    made = (
        Page("inventory", TITLE, None, (head, "inventory_table.html"), table, "inventory.html", 60),
        Page("inventory-gaps", TITLE, None, (head, "inventory_gaps.html"), todo, "inventory.html", 60),
        Page("inventory-dates", TITLE, None, DATED, due, "inventory.html", 60),
        Page("inventory-unknown", TITLE, None, (head, "inventory_unknown.html"), unknown, "inventory.html", 60),
        Page("inventory-readiness", TITLE, None, ("inventory_readiness.html",), ready, "inventory_readiness.html", 60),
        Page("inventory-hands", TITLE, None, ("inventory_hands.html",), who, "inventory_asset.html", 60, "see hands"),
        Page("inventory-asset", TITLE, None, ASSET_REGIONS, one, "inventory_asset.html", 60),
    )
    return {page.name: page for page in made}


def facts_of_readiness(sources: Sources) -> tuple[Fact, ...]:
    """The facts that the checklist rests on beside the register, oldest first."""
    found: list[Fact] = []
    for kinds, limit in ((readiness.WORDS, WORDS_MAX), (readiness.ENDED, ENDED_MAX), (readiness.DECLARED, 1)):
        found += sources.facts.find(FactQuery(kinds=kinds, limit=limit, newest_first=True))
    return tuple(sorted(found, key=lambda fact: fact.seq))


DATED = ("inventory_head.html", "inventory_dates.html", "inventory_climate.html", "inventory_kept.html")
ASSET_REGIONS = (
    "inventory_one.html",
    "inventory_check.html",
    "inventory_open.html",
    "inventory_fields.html",
    "inventory_history.html",
)


def wished(arguments: Arguments) -> Wish:
    """What the arguments of an address ask of the table."""
    tier = arguments.get("tier", "")
    return Wish(
        text=arguments.get("q", ""),
        kind=arguments.get("kind", ""),
        gap=arguments.get("gap", ""),
        source=arguments.get("source", ""),
        tier=int(tier) if tier in ("1", "2", "3") else 0,
        whole=arguments.get("whole", "") == "1",
        sort=arguments.get("sort", ""),
    )


def _table(book: Book, sources: Sources, arguments: Arguments) -> dict[str, Any]:
    """One page of the table and the choices of its filters."""
    wish = wished(arguments)
    found = register.select(book, wish)
    kinds = [str(kind) for kind in AssetKind if kind in book.scores]
    choices: dict[str, Any] = {"kinds": kinds, "gap_kinds": [str(kind) for kind in GapKind if book.counts.get(kind)]}
    choices |= {"sources_of": [str(each) for each in Source], "orders": tuple(register.ORDERS)}
    return {"wish": wish, "tiers": gaps.TIER_WORDS, **choices, **_paged(found, sources, arguments)}


def _paged(rows: tuple[Any, ...], sources: Sources, arguments: Arguments) -> dict[str, Any]:
    size = sources.limits.page_rows
    pages_all = max(1, -(-len(rows) // size))
    text = arguments.get("p", "1")
    number = min(max(int(text) if text.isdigit() and len(text) < 9 else 1, 1), pages_all)
    return {
        "rows": rows[(number - 1) * size : number * size],
        "chosen": len(rows),
        "first_row": (number - 1) * size + 1,
        "page_number": number,
        "pages": pages_all,
        "query": {key: value for key, value in arguments.items() if key not in ("p", "asset")},
    }


def asked(book: Book, sources: Sources, wanted: str, since: str, until: str, now_us: int) -> hands.Hands:
    """Who could change an asset, who did, who reviewed it, between two times (RFC 3339, or days with the last one
    included; by default the last 90 days).

    Raises Missing when no such asset is in the site file, Refused for a time that is none.
    """
    asset = register.nearest(book, wanted)
    if asset is None:
        raise Missing("no such asset is in the site file", where=wanted, remedy="choose one in the register")
    since_us = _time(since) if since else now_us - PERIOD_US
    until_us = _time(until, DAY_US) if until else now_us + 1
    find = sources.facts.find
    about = find(FactQuery(kinds=hands.CHANGES + hands.REVIEWS, asset=asset, since_us=since_us, limit=CHANGES_MAX))
    beside = find(FactQuery(kinds=hands.SECOND + hands.WRITES, since_us=since_us, limit=CHANGES_MAX))
    people = find(FactQuery(kinds=hands.PEOPLE, limit=CHANGES_MAX))
    return hands.hands(book, asset, sorted((*about, *beside), key=lambda f: f.seq), people, since_us, until_us)


def _time(text: str, more_us: int = 0) -> int:
    """A time, or the beginning of a day and `more_us`. Raises Refused for what is neither."""
    return parse_rfc3339(f"{text}T00:00:00Z") + more_us if DAY.fullmatch(text) else parse_rfc3339(text)


def _hands(book: Book, moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
    wanted, since, until = (arguments.get(key, "").strip() for key in ("asset", "since", "until"))
    found = asked(book, sources, wanted, since, until, moment.now.at_us)
    return {"hands": found, "asset": found.asset, "row": book.by_id[found.asset], "since": since, "until": until}


def _one(book: Book, moment: Moment, sources: Sources, arguments: Arguments) -> dict[str, Any]:
    """One asset whole. Raises Missing when neither it nor anything above it is in the site file."""
    wanted = arguments.get("asset", "")
    asset = register.nearest(book, wanted)
    if asset is None:
        raise Missing("no such asset is in the site file", where=wanted, remedy="look for it among the unknown devices")
    entry, anchor = book.ledger.entries[asset], register.feeder(book, asset)
    feeds, fed_by = register.dependants(book, anchor)
    trust = moment.scene.trust.get(asset)
    told = sources.facts.find(FactQuery(kinds=HISTORY_KINDS, asset=asset, limit=HISTORY_LOOKED, newest_first=True))
    return {
        "asset": asset,
        "wanted": wanted,
        "check": None if trust is None else check_card(trust, sources.site, sources.checks),
        "entry": entry,
        "row": book.by_id[asset],
        "climate": climate.climate(book, entry, moment.scene, moment.now.at_us),
        "lines": register.lines(book, asset),
        "open_now": register.gap_words(book, asset),
        "advice": {each.kind: each for each in book.lore.gaps},
        "anchor": anchor,
        "feeds": feeds,
        "fed_by": fed_by,
        "parts": register.parts_of(book, asset)[:PARTS_SHOWN],
        "parts_max": PARTS_SHOWN,
        "history": chronicle.lines(told, HISTORY_SHOWN),
        "alarms_at": [a for a in moment.board.rows if f"{a.asset}.".startswith(f"{asset}.")][:8],
        "trust": moment.scene.trust_of(AssetId(asset)),
    }
