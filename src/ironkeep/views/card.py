"""The isolation card of a rack: what a person holds in the hand when every screen is dark.

It says where, which isolation points, what stays live, which load drops, whom to call, and what the cells are made of.
Four states are kept apart and none is filled in by us (S16): stopped, separated, locked, proven dead are written by
hand, each with evidence, name and time. Contactor read-back is not isolation (S17). Values carry their age or read "not
known" (S12). Stand-off comes from the site's own plan, else it is not set (S14). The digest is over everything but
values and the time of printing: a paper copy whose digest is another is not the current card.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from ironkeep.decisions.inventory.reconcile import Entry
from ironkeep.decisions.inventory.statements import parts
from ironkeep.model.ids import AssetId
from ironkeep.model.register import ChemistryProfile, Sourced
from ironkeep.model.site import AssetKind
from ironkeep.model.time import age_text
from ironkeep.views import banks, contactors, numbers, register
from ironkeep.views.alike import alike
from ironkeep.views.contactors import Contactor, ContactorState
from ironkeep.views.register import Book
from ironkeep.views.scene import Scene, Value

NOT_KNOWN: Final = "not known"
NOT_SET: Final = "not set: use the site's own plan"
STATES: Final = (
    ("stopped", "the BMS says so; its read-back is not isolation"),
    ("separated", "a visible break at the isolation point"),
    ("locked", "personal lock and tag"),
    ("proven dead", "live-dead-live test, test points, number of the instrument"),
)
CELLS: Final = frozenset({AssetKind.BANK, AssetKind.STRING, AssetKind.MODULE, AssetKind.CELL_GROUP})
HOLDERS: Final = frozenset({AssetKind.RACK, AssetKind.CONTAINER})  # of cells, where a chemistry is said of them
LIVE_CELLS: Final = "Modules stay live inside whatever is opened around them: no breaker makes a cell dead."
LIVE_FED: Final = "What feeds it stays live up to the isolation point: {}."
LIVE_OTHER: Final = "Control supplies and capacitors may stay live behind an open breaker."
POINTS: Final = (
    ("voltage", "voltage_v"),
    ("current", "current_a"),
    ("charge", "soc_pct"),
    ("power", "power_w"),
)
ROOM_POINTS: Final = (("room temperature", "temperature_c"), ("hydrogen", "hydrogen_ppm"), ("off-gas", "offgas_ppm"))
DIGEST_SHOWN: Final = 16  # characters of the digest on paper


@dataclass(frozen=True, slots=True)
class Reading:
    """One value in words, with its age; "not known" and why where there is none."""

    label: str
    text: str
    age: str
    why: str


class Content(msgspec.Struct, frozen=True):
    """Everything on a card that its digest covers."""

    site: str
    asset: str
    name: str
    kind: str
    location: str
    purpose: str
    isolation: tuple[str, ...]
    stays_live: tuple[str, ...]
    drops: tuple[str, ...]
    fed_by: tuple[str, ...]
    needs: tuple[str, ...]
    calls: tuple[tuple[str, str], ...]
    chemistry: str
    response: tuple[Sourced, ...]
    limits: tuple[Sourced, ...]
    risks: tuple[Sourced, ...]
    controls: tuple[Sourced, ...]
    stand_off: str = NOT_SET


@dataclass(frozen=True, slots=True)
class Card:
    """A card as printed: its content and digest, the values at that moment, and what is open about the asset. What it
    needs stands here by id and name; the content keeps ids alone, so that no digest of a printed card changes.
    """

    content: Content
    digest: str
    needs: tuple[str, ...]
    readings: tuple[Reading, ...]
    contactors: tuple[Reading, ...]
    open_now: tuple[tuple[str, str], ...]
    at_us: int

    @property
    def path(self) -> str:
        """The address of the same card on the console, with the digest of this one."""
        return f"/inventory/card/{self.content.asset}#{self.digest[:DIGEST_SHOWN]}"


def card(book: Book, asset: AssetId, scene: Scene, now_us: int) -> Card:
    """The card of a declared asset. Before any turn was heard every value reads "not known"."""
    entry = book.ledger.entries[asset]
    content = _content(book, entry)
    digest = hashlib.sha256(msgspec.json.encode(content, order="sorted")).hexdigest()
    told = tuple((str(kind), words) for kind, words in register.gap_words(book, asset))
    readings = tuple(_readings(book, entry, scene, now_us))
    needs = _named(book, (AssetId(each) for each in content.needs))
    return Card(content, digest, needs, readings, tuple(_contactors(entry, scene, now_us)), told, now_us)


def _content(book: Book, entry: Entry) -> Content:
    cells = entry.asset.kind in CELLS or (entry.asset.kind in HOLDERS and bool(entry.known("chemistry")))
    profile = chemistry_of(book, entry) if cells else None
    feeds, fed_by = register.dependants(book, register.feeder(book, entry.id))
    live = [LIVE_CELLS] if cells or _houses_cells(book, entry) else []
    live += [LIVE_FED.format(", ".join(_named(book, fed_by)))] if fed_by else []
    return Content(
        site=book.site.name,
        asset=str(entry.id),
        name=entry.known("name"),
        kind=str(entry.asset.kind),
        location=entry.known("location") or NOT_KNOWN,
        purpose=_purpose(entry),
        isolation=parts(entry.known("isolation")),
        stays_live=(*live, LIVE_OTHER),
        drops=_named(book, feeds),
        fed_by=_named(book, fed_by),
        needs=parts(entry.known("depends_on")),
        calls=(
            ("contact", entry.known("contact") or NOT_KNOWN),
            ("owner", entry.known("owner") or NOT_KNOWN),
            ("fire service", book.site.fire_service or NOT_KNOWN),
            ("commander until somebody takes over", book.site.shift_lead or NOT_KNOWN),
            ("vendor", _vendor(entry)),
        ),
        chemistry=profile.name if profile else "",
        response=profile.card if profile else (),
        limits=profile.limits if profile else (),
        risks=profile.risks if profile else (),
        controls=book.lore.controls if profile else (),
    )


def _houses_cells(book: Book, entry: Entry) -> bool:
    """Does a bank stand in this room?"""
    entries = book.ledger.entries.values()
    return any(each.asset.kind is AssetKind.BANK and each.asset.room == entry.id for each in entries)


def _vendor(entry: Entry) -> str:
    firm, number = entry.known("vendor"), entry.known("vendor_contact")
    return (number if firm in number else f"{firm} {number}".strip()) or NOT_KNOWN


def _purpose(entry: Entry) -> str:
    """What the bank is for; unknown counts as backing load (S02)."""
    at: Entry | None = entry
    while at is not None and at.asset.kind is not AssetKind.BANK:
        at = at.above
    if at is None:
        return ""
    return at.known("purpose") or "not known: counts as backing load"


def chemistry_of(book: Book, entry: Entry) -> ChemistryProfile | None:
    """The profile that the asset's chemistry names; that of an unknown chemistry where nobody says. None without any
    profile at hand.
    """
    by_id = {each.id: each for each in book.lore.chemistries}
    return by_id.get(entry.known("chemistry").casefold()) or by_id.get("unknown")


def _named(book: Book, assets: Iterable[AssetId]) -> tuple[str, ...]:
    """Assets by id and the name people use."""
    return tuple(
        f"{each} ({name})" if (row := book.by_id.get(each)) and (name := row.name) else str(each) for each in assets
    )


def _readings(book: Book, entry: Entry, scene: Scene, now_us: int) -> Iterable[Reading]:
    for label, point in POINTS:
        value = scene.value(entry.id, point, now_us)
        if value.number is not None or entry.asset.kind in CELLS:
            yield _reading(label, value)
    if entry.asset.kind is AssetKind.BANK:
        yield _hottest(entry.id, scene, now_us)
    room = entry.id if entry.asset.kind is AssetKind.ROOM else entry.asset.room
    if room is not None:
        row = book.by_id.get(room)
        name = (row and row.name) or room
        for label, point in ROOM_POINTS:
            yield _reading(f"{label}, {name}", scene.value(room, point, now_us))


def _hottest(bank: AssetId, scene: Scene, now_us: int) -> Reading:
    found = banks.cell_spans(scene, (bank,), now_us)[bank].hottest
    if found.number is None or found.asset is None:
        return Reading("hottest cell", NOT_KNOWN, "", "no cell temperature is known")
    age_us = scene.age_us(found.asset, now_us)
    age = "" if age_us is None else age_text(age_us)
    return Reading(
        "hottest cell", f"{numbers.quantity(found.number, 'C')} at {_within(bank, found.asset)} {found.cell}", age, ""
    )


def _within(whole: AssetId, part: AssetId) -> str:
    """A part as the card of the whole calls it: its last names."""
    return part.removeprefix(f"{whole}.")


def _reading(label: str, value: Value) -> Reading:
    if value.number is None:
        return Reading(label, NOT_KNOWN, "", "; ".join(value.why))
    doubt = ", a witness or physics speaks against it" if value.doubted else ""
    return Reading(label, numbers.quantity(value.number, value.unit) + doubt, value.age, "")


def _contactors(entry: Entry, scene: Scene, now_us: int) -> Iterable[Reading]:
    """Each string's contactor as S20 lets it be told: it supports "stopped" and nothing above. Those that are not known
    for the same reasons are one line, without an age: there is no value that could be old.
    """
    if entry.asset.kind not in (AssetKind.BANK, AssetKind.STRING):
        return
    depth = entry.id.count(".") + (entry.asset.kind is AssetKind.BANK)
    below = [s for s in scene.assets() if f"{s}.".startswith(f"{entry.id}.") and s.count(".") == depth]
    told = [_contactor(_within(entry.id, string), contactors.contactor(scene, string, now_us)) for string in below]
    for same in alike(told, lambda each: each.why if each.text == ContactorState.UNKNOWN else each.label):
        first, strings = same[0], ", ".join(each.label for each in same)
        yield first if len(same) == 1 else Reading(strings, first.text, "", first.why)


def _contactor(string: str, found: Contactor) -> Reading:
    return Reading(string, str(found.state), found.aux.age, "; ".join(found.because))
