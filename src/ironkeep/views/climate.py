"""Is the room within what the batteries and converters in it bear (LIF-06)?

The limit is what the asset's own papers say, else what the sheet of its chemistry says, else not known. The measured
value is that of the room's own sensor, with its age; one that is too old or not read is not known, never within (S12).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ironkeep.decisions.inventory.network import GONE
from ironkeep.decisions.inventory.reconcile import Entry
from ironkeep.model.ids import AssetId
from ironkeep.model.register import span_of
from ironkeep.model.site import AssetKind
from ironkeep.views import card, numbers
from ironkeep.views.alike import alike
from ironkeep.views.register import Book
from ironkeep.views.scene import Scene, Value

FIELD: Final = "room_temperature_c"
POINT: Final = "temperature_c"
ASKED: Final = frozenset({AssetKind.BANK, AssetKind.UPS, AssetKind.PCS})
WITHIN, OUT, NOT_KNOWN = "within", "out of limits", "not known"


@dataclass(frozen=True, slots=True)
class Climate:
    """One asset in its room. `limit` is in words, `says` who says it; `measured` is empty where nothing is known."""

    asset: AssetId
    name: str
    room: AssetId | None
    state: str
    limit: str
    says: str
    measured: str
    age: str
    why: str


def climates(book: Book, scene: Scene, now_us: int) -> tuple[Climate, ...]:
    """Every bank, UPS and converter, and whatever else has a limit of its own; those out of limits first."""
    found = [climate(book, entry, scene, now_us) for entry in _wanted(book)]
    order = {OUT: 0, NOT_KNOWN: 1, WITHIN: 2}
    return tuple(sorted(found, key=lambda each: (order[each.state], each.asset)))


def together(found: tuple[Climate, ...]) -> tuple[tuple[Climate, ...], ...]:
    """The assets in their order, those without a reading of which the same is said together."""
    return alike(found, lambda c: (c.state, c.limit, c.says, c.why, c.room, c.measured and c.asset))


@lru_cache(maxsize=2)
def _wanted(book: Book) -> tuple[Entry, ...]:
    return tuple(e for e in book.ledger.entries.values() if _asked(e) and e.known("state") not in GONE)


def _asked(entry: Entry) -> bool:
    return entry.asset.kind in ASKED or any(FIELD in fields for fields in _own(entry))


def _own(entry: Entry) -> tuple[Mapping[str, str], ...]:
    return (entry.declared, *(match.said.fields for match in entry.said))


def climate(book: Book, entry: Entry, scene: Scene, now_us: int) -> Climate:
    """One asset in its room, or in the room of what it is part of."""
    text, says = _limit(book, entry)
    span = span_of(text)
    at: Entry | None = entry
    while at is not None and at.asset.room is None:
        at = at.above
    room = at.asset.room if at is not None else None
    value = scene.value(room, POINT, now_us) if room is not None else None
    state, why = _judged(span, value)
    limit = f"{text} °C" if span is not None else NOT_KNOWN
    known = value is not None and value.number is not None
    measured = numbers.quantity(value.number, "C") if value is not None and value.number is not None else ""
    age = value.age if value is not None and known else ""
    return Climate(entry.id, entry.known("name"), room, state, limit, says, measured, age, why)


def _limit(book: Book, entry: Entry) -> tuple[str, str]:
    """The limit in words and who says it."""
    if text := entry.known(FIELD):
        return text, "its papers"
    profile = card.chemistry_of(book, entry) if entry.known("chemistry") else None
    if profile is not None and profile.room is not None:
        return profile.room.value, f"sheet of {profile.name}: {profile.room.source}"
    return "", "no source: write room_temperature_c into the site file"


def _judged(span: tuple[float, float] | None, value: Value | None) -> tuple[str, str]:
    if value is None:
        return NOT_KNOWN, "no room with a sensor is declared for it"
    if value.number is None:
        return NOT_KNOWN, "; ".join(value.why)
    doubt = "a witness or physics speaks against the reading" if value.doubted else ""
    if span is None:
        return NOT_KNOWN, "no limit is known"
    low, high = span
    if value.number < low:
        return OUT, f"{low - value.number:.1f} °C too cold" + (f"; {doubt}" if doubt else "")
    if value.number > high:
        return OUT, f"{value.number - high:.1f} °C too warm" + (f"; {doubt}" if doubt else "")
    return (NOT_KNOWN, doubt) if doubt else (WITHIN, "")
