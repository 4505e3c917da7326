"""Who could change the settings of an asset, who did, and who reviewed it, as far as the facts know (EVD-08).

Ironkeep itself writes to no equipment, so nobody here can change a setting through it. Where no source says who did,
the answer is "not known", with what was overheard at that time beside it, and never a guess.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ironkeep.decisions.inventory.reconcile import Entry
from ironkeep.decisions.inventory.statements import parts
from ironkeep.facts.envelope import Fact
from ironkeep.model.ids import AssetId
from ironkeep.model.register import Talk
from ironkeep.views.register import Book

CHANGES: Final = ("SettingChanged", "ParticularsChanged")
REVIEWS: Final = ("PassportTaken",)
SECOND: Final = ("ConfirmationGiven",)  # the second of two people; about a request, not about an asset
PEOPLE: Final = ("AccountEnrolled", "RoleChanged", "AccountClosed")
REVIEWERS: Final = ("engineer", "admin")  # roles that may approve a passport
WHO_NOT_KNOWN: Final = "not known: neither the device nor any source says who wrote it"
NO_CAPTURE: Final = "not known: no capture of traffic stands in the register, and nothing is listened to"
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
    """The answer. `about` are facts of CHANGES, REVIEWS and SECOND in order from the beginning of the period on, also
    beyond its end, for a review may come later; `people` facts of PEOPLE from the first on.
    """
    entry = book.ledger.entries[asset]
    mine = [fact for fact in about if f"{fact.asset or ''}.".startswith(f"{asset}.")]
    reviews = [fact for fact in mine if fact.kind == "PassportTaken" and fact.body["approved_by"]]
    confirmed = {fact.cause: fact for fact in about if fact.kind == "ConfirmationGiven"}
    changes = tuple(
        _change(book, fact, reviews, confirmed)
        for fact in mine
        if fact.kind in CHANGES and since_us <= fact.at < until_us
    )
    return Hands(asset, since_us, until_us, tuple(_could(book, entry)), _reviewers(people, until_us), changes)


def _could(book: Book, entry: Entry) -> Iterable[Hand]:
    writers: dict[str, Talk] = {talk.asker: talk for talk in entry.answered if talk.writes}
    for asker, talk in sorted(writers.items()):
        known = next((e.id for e in book.ledger.entries.values() if talk in e.asked), None)
        whose = f"{known} at {asker}" if known else f"{asker}, which nobody declared"
        yield Hand(whose, f"writes by {talk.protocol}", "overheard")
    if not writers:
        heard = "nobody was overheard writing" if book.ledger.captured else NO_CAPTURE
        yield Hand(heard, "any protocol", "captures and taps")
    protocol = entry.known("protocol")
    if protocol:
        way = f"{protocol}, which asks nobody for a name" if "modbus" in protocol.casefold() else protocol
        yield Hand("whoever reaches its address", way, "the protocol it speaks")
    interfaces = parts(entry.known("interfaces"))
    for each in interfaces:
        where = "from outside the site" if each in FAR else "with its log-in, or at the device"
        yield Hand(f"whoever uses its {each}", where, "the register")
    if not interfaces:
        yield Hand("not known", "its management interfaces are not known", "no source says")
    if (cloud := entry.known("cloud")) and cloud != "none":
        yield Hand(cloud, "vendor cloud, from outside the site", "the register")
    if entry.known("credentials") in ("shared", "default"):
        yield Hand("whoever knows the shared password", f"credentials are {entry.known('credentials')}", "the register")
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


def _change(book: Book, fact: Fact, reviews: Sequence[Fact], confirmed: dict[str | None, Fact]) -> Change:
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
        overheard=_overheard(book, AssetId(fact.asset or ""), fact.observed_at or fact.at),
        reviewed=_review(review, confirmed),
        review_seq=review.seq if review else None,
    )


def _overheard(book: Book, asset: AssetId, at_us: int) -> tuple[str, ...]:
    """Who was overheard writing to the asset, or to what it is part of, in a conversation that spans the moment."""
    entry = book.ledger.entries.get(asset)
    while entry is not None and not entry.answered:
        entry = entry.above
    talks = entry.answered if entry is not None else []
    return tuple(sorted({talk.asker for talk in talks if talk.writes and talk.first_us <= at_us <= talk.last_us}))


def _review(review: Fact | None, confirmed: dict[str | None, Fact]) -> str:
    if review is None:
        return "by nobody yet"
    given = confirmed.get(review.cause)
    second = f", asked by {_name(given.body['asked_by'])}, confirmed by {_name(given.body['by'])}" if given else ""
    return f"approved by {_name(review.body['approved_by'])}{second}"


def _name(actor: str) -> str:
    return actor.partition(":")[2] or actor
