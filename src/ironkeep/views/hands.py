"""Who could change the settings of an asset, who did, and who reviewed it, as far as the facts know (EVD-08).

Ironkeep itself writes to no equipment, so nobody here can change a setting through it. Where no source says who did,
the answer is "not known", with who was overheard writing about then beside it, and never a guess. A part that has no
interface of its own is changed through what it is part of, and a bank also through the controllers below it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ironkeep.decisions.inventory.gaps import NONE
from ironkeep.decisions.inventory.mandatory import MANDATORY
from ironkeep.decisions.inventory.reconcile import Entry, addresses
from ironkeep.decisions.inventory.statements import parts
from ironkeep.facts.envelope import Fact
from ironkeep.model.ids import AssetId
from ironkeep.model.site import AssetKind
from ironkeep.model.time import SECOND_US
from ironkeep.views.register import Book

CHANGES: Final = ("SettingChanged", "ParticularsChanged")
REVIEWS: Final = ("PassportTaken",)
WRITES: Final = ("WriteOverheard",)
SECOND: Final = ("ConfirmationGiven",)  # the second of two people; about a request, not about an asset
PEOPLE: Final = ("AccountEnrolled", "RoleChanged", "AccountClosed")
REVIEWERS: Final = ("engineer", "admin", "safety officer")  # may approve a passport; the last confirms, as the second
WHO_NOT_KNOWN: Final = "not known: neither the device nor any source says who wrote it"
NO_CAPTURE: Final = "not known: no capture of traffic stands in the register, and nothing is listened to"
BEFORE_US, AFTER_US = 600 * SECOND_US, 60 * SECOND_US
"""How long before and after a change was seen a write counts as overheard about then: settings are read seldom, and
writes by one station are told once a minute."""
CONTROLLERS: Final = frozenset({AssetKind.BMS, AssetKind.SITE_CONTROLLER, AssetKind.GATEWAY})
FAR: Final = ("modem", "vendor cloud", "update service")  # interfaces that reach beyond the site


@dataclass(frozen=True, slots=True)
class Hand:
    """Somebody or something that could change settings, by which way, and which source says so."""

    who: str
    way: str
    says: str


@dataclass(frozen=True, slots=True)
class Change:
    """One change that was seen: what, since when, who did it, who was overheard writing then, who reviewed it."""

    seq: int
    at_us: int
    asset: str
    what: str
    meaning: str
    protective: bool
    who: str
    overheard: tuple[str, ...]
    reviewed: str
    review_seq: int | None


@dataclass(frozen=True, slots=True)
class Hands:
    """The one-page answer for an asset and a period. `reviewers` may approve a passport; they cannot change one."""

    asset: AssetId
    since_us: int
    until_us: int
    could: tuple[Hand, ...]
    reviewers: tuple[str, ...]
    changes: tuple[Change, ...]


def hands(
    book: Book, asset: AssetId, about: Sequence[Fact], people: Iterable[Fact], since_us: int, until_us: int
) -> Hands:
    """The answer. `about` are facts of CHANGES, WRITES, REVIEWS and SECOND in order from the beginning of the period
    on, also beyond its end, for a review may come later; `people` facts of PEOPLE from the first on.
    """
    mine = [fact for fact in about if f"{fact.asset or ''}.".startswith(f"{asset}.")]
    reviews = [fact for fact in mine if fact.kind == "PassportTaken" and fact.body["approved_by"]]
    confirmed = {fact.cause: fact for fact in about if fact.kind == "ConfirmationGiven"}
    writes = [fact for fact in about if fact.kind in WRITES]
    changes = tuple(
        _change(book, fact, reviews, confirmed, writes)
        for fact in mine
        if fact.kind in CHANGES and since_us <= fact.at < until_us
    )
    seen = [fact for fact in writes if since_us <= fact.at < until_us]
    return Hands(
        asset,
        since_us,
        until_us,
        tuple(dict.fromkeys(_could(book, asset, seen))),
        _reviewers(people, until_us),
        changes,
    )


def _could(book: Book, asset: AssetId, writes: Sequence[Fact]) -> Iterable[Hand]:
    held = book.ledger.entries[asset]
    while held.above is not None and "interfaces" not in MANDATORY[held.asset.kind]:
        held = held.above
    whole = _with_parts(book, held)
    yield from _writers(book, whole, writes)
    for device in book.site.devices:
        if device.asset in whole:
            for address in device.writers:
                yield Hand(address, f"may write to {device.id}", f"the site file: writers of {device.id}")
            for holder in device.slot_holders:
                yield Hand(holder, f"holds a connection to {device.id}", f"the site file: slots of {device.id}")
    yield from _ways(held, "its" if held.id == asset else f"{held.id}'s")
    for part in whole.values():
        if part is not held and part.asset.kind in CONTROLLERS:
            yield from _ways(part, f"{part.id}'s")


def _with_parts(book: Book, held: Entry) -> dict[AssetId, Entry]:
    """An asset and everything that is part of it; the ledger has a whole before its parts."""
    found = {held.id: held}
    for entry in book.ledger.entries.values():
        if entry.above is not None and entry.above.id in found:
            found[entry.id] = entry
    return found


def _writers(book: Book, whole: Mapping[AssetId, Entry], writes: Sequence[Fact]) -> Iterable[Hand]:
    """Who was overheard writing, in captures and at taps."""
    talks = {(talk.asker, entry.id): talk for entry in whole.values() for talk in entry.answered if talk.writes}
    for (asker, target), talk in sorted(talks.items(), key=lambda item: item[0]):
        yield Hand(_whose(book, asker), f"writes to {target} by {talk.protocol}", "overheard in a capture")
    heard = [fact for fact in writes if fact.asset in whole]
    for fact in {(each.body["writer"], each.body["device"]): each for each in heard}.values():
        way = f"writes to {fact.body['device']}, not declared as a writer"
        yield Hand(_whose(book, fact.body["writer"]), way, f"overheard at a tap, fact {fact.seq}")
    if not talks and not heard:
        silent = "nobody was overheard writing" if book.ledger.captured else NO_CAPTURE
        yield Hand(silent, "any protocol", "captures in the register")


def _whose(book: Book, address: str) -> str:
    known = next((e.id for e in book.ledger.entries.values() if address in addresses(e)), None)
    return f"{known} at {address}" if known else f"{address}, which nobody declared"


def _ways(entry: Entry, its: str) -> Iterable[Hand]:
    """By which ways anybody could change an asset, as the register knows them."""
    if protocol := entry.known("protocol"):
        way = f"{protocol}, which asks nobody for a name" if "modbus" in protocol.casefold() else protocol
        yield Hand(f"whoever reaches {its} address", way, "the protocol it speaks")
    for each in parts(entry.known("interfaces")):
        if each == NONE:
            continue
        where = "from outside the site" if each in FAR else "with its log-in, or at the device"
        yield Hand(f"whoever uses {its} {each}", where, "the register")
    if not entry.known("interfaces"):
        yield Hand("not known", f"{its} management interfaces are not known", "no source says")
    if (cloud := entry.known("cloud")) and cloud != NONE:
        yield Hand(cloud, "vendor cloud, from outside the site", "the register")
    if (kept := entry.known("credentials")) in ("shared", "default"):
        yield Hand(f"whoever knows {its} password", f"credentials are {kept}", "the register")
    if vendor := entry.known("vendor"):
        yield Hand(vendor, "service, with the maker's tool", "the register")


def _reviewers(people: Iterable[Fact], until_us: int) -> tuple[str, ...]:
    """Accounts that held a reviewing role at the end of the period."""
    roles: dict[str, str] = {}
    for fact in people:
        if fact.at >= until_us:
            continue
        if fact.kind == "AccountClosed":
            roles.pop(fact.body["account"], None)
        else:
            roles[fact.body["account"]] = fact.body["role"]
    return tuple(sorted(f"{account} ({role})" for account, role in roles.items() if role in REVIEWERS))


def _change(
    book: Book, fact: Fact, reviews: Sequence[Fact], confirmed: Mapping[str | None, Fact], writes: Sequence[Fact]
) -> Change:
    body = fact.body
    if fact.kind == "SettingChanged":
        what = f"{body['point']}: {body['before']} to {body['after']} {body['unit']}".strip()
        meaning, protective = str(body["meaning"]), bool(body.get("protective"))
    else:
        what = f"{body['field']}: {body['before']} to {body['after']}"
        meaning, protective = "what the device says of itself", False
    review = next((each for each in reviews if each.seq > fact.seq and each.asset == fact.asset), None)
    return Change(
        seq=fact.seq,
        at_us=fact.observed_at or fact.at,
        asset=fact.asset or "",
        what=what,
        meaning=meaning,
        protective=protective,
        who=WHO_NOT_KNOWN,
        overheard=_overheard(book, AssetId(fact.asset or ""), fact.observed_at or fact.at, writes),
        reviewed=_review(review, confirmed),
        review_seq=review.seq if review else None,
    )


def _overheard(book: Book, asset: AssetId, at_us: int, writes: Sequence[Fact]) -> tuple[str, ...]:
    """Who was overheard writing to the asset, or to what it is part of, about that moment: in a conversation of a
    capture that spans it, or at a tap (with the fact that says so).
    """
    entry = book.ledger.entries.get(asset)
    while entry is not None and not entry.answered:
        entry = entry.above
    talks = entry.answered if entry is not None else []
    captured = {talk.asker for talk in talks if talk.writes and talk.first_us <= at_us <= talk.last_us}
    tapped = {
        f"{fact.body['writer']} (fact {fact.seq})"
        for fact in writes
        if f"{asset}.".startswith(f"{fact.asset}.") and at_us - BEFORE_US <= fact.at <= at_us + AFTER_US
    }
    return (*sorted(captured), *sorted(tapped))


def _review(review: Fact | None, confirmed: Mapping[str | None, Fact]) -> str:
    if review is None:
        return "by nobody yet"
    given = confirmed.get(review.cause)
    second = f", asked by {_name(given.body['asked_by'])}, confirmed by {_name(given.body['by'])}" if given else ""
    return f"approved by {_name(review.body['approved_by'])}{second}"


def _name(actor: str) -> str:
    return actor.partition(":")[2] or actor
