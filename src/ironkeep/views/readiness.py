"""Is the site ready, by the nine items of the quarter's checklist (RPT-02)? Each with why, proof and the next step.

Rules. 1. What can be seen is judged by what is seen; nobody's word turns a gap that is seen into done. 2. What cannot
be seen is not known, until a named person puts on the record that it was done; then it is done by word, and says so.
3. A word counts for a quarter. 4. Proofs are facts; a page of the register stands beside them where it shows the whole.
"""

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

from ironkeep.decisions.inventory.mandatory import MANDATORY
from ironkeep.decisions.inventory.memory import Seen
from ironkeep.decisions.inventory.network import GONE
from ironkeep.decisions.inventory.reconcile import Entry
from ironkeep.decisions.inventory.statements import day, is_known
from ironkeep.facts.envelope import Fact
from ironkeep.model.register import Duty, DutyItem, Form, GapKind, Readiness, Source
from ironkeep.model.site import AssetKind
from ironkeep.views.register import Book

QUARTER_DAYS: Final = 92  # how long a word counts
ANSWERED_PCT: Final = 95.0  # of mandatory fields, for an inventory to count as done
PROOFS_SHOWN: Final = 6
BY_WORD: Final = "by word of"
WORDS: Final = ("CheckRecorded",)
ENDED: Final = ("AccountClosed", "TokenRevoked", "SessionsEnded")
DECLARED: Final = ("SiteDeclared",)
CAPTURES: Final = (Form.PCAP, Form.ZEEK)


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows it: a fact by its number, or a page of the register."""

    text: str
    seq: int | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Word:
    """What a person put on the record about an item."""

    by: str
    done_on: date
    document: str
    found: str
    seq: int
    days: int  # how long ago it was done

    @property
    def counts(self) -> bool:
        """Is it younger than a quarter?"""
        return self.days <= QUARTER_DAYS


@dataclass(frozen=True, slots=True)
class Standing:
    """One item as it stands. `seen` is what Ironkeep itself sees; `word` the newest record of a person."""

    number: int
    duty: Duty
    state: Readiness
    why: str
    seen: tuple[str, ...]
    proofs: tuple[Proof, ...]
    word: Word | None

    @property
    def by_word(self) -> bool:
        """Does it count as done because a person said so, and for nothing that was seen?"""
        return self.state is Readiness.DONE and self.why.startswith(BY_WORD)

    @property
    def next_step(self) -> str:
        """The cheapest next step; for what is done, when it wants doing again."""
        if self.state is not Readiness.DONE:
            return self.duty.next_step
        if self.by_word and self.word is not None:
            return f"again within {QUARTER_DAYS - self.word.days} days"
        return "keep it so: it is judged anew whenever the register changes"


Judged = tuple[Readiness, str, tuple[str, ...], tuple[Proof, ...]]
DONE, NOT_DONE, NOT_KNOWN = Readiness.DONE, Readiness.NOT_DONE, Readiness.NOT_KNOWN


def readiness(book: Book, facts: Sequence[Fact]) -> tuple[Standing, ...]:
    """The nine items in the order of the checklist. `facts` are of WORDS, ENDED and DECLARED, oldest first."""
    words = _words(facts, book.today)
    found = []
    for number, duty in enumerate(book.lore.quarter, 1):
        state, why, seen, proofs = JUDGES[duty.item](book, facts)
        word = words.get(duty.item)
        if state is NOT_KNOWN and word is not None and word.counts:
            state = DONE
            why = f"{BY_WORD} {word.by}, done on {word.done_on}: {word.found}. Ironkeep measured none of it"
        elif word is not None and not word.counts:
            seen = (*seen, f"recorded {word.days} days ago, longer than a quarter: it counts no more")
        if word is not None:
            proofs = (*proofs, Proof(f"record of {word.by}, {word.document}", word.seq))
        found.append(Standing(number, duty, state, why, seen, proofs[:PROOFS_SHOWN], word))
    return tuple(found)


def _words(facts: Iterable[Fact], today: date) -> Mapping[str, Word]:
    """The newest word about each item."""
    found: dict[str, Word] = {}
    for fact in facts:
        if fact.kind in WORDS:
            body, done = fact.body, day(fact.body["done_on"]) or date.min
            who = str(body["by"]).partition(":")[2] or str(body["by"])
            said = Word(who, done, body["document"], body["found"], fact.seq, (today - done).days)
            if body["item"] not in found or found[body["item"]].done_on <= done:
                found[body["item"]] = said
    return found


# -------------------------------------------------------------------------------------------------------- what is seen


@lru_cache(maxsize=2)
def _standing(book: Book) -> tuple[Entry, ...]:
    """The assets that are not gone."""
    return tuple(entry for entry in book.ledger.entries.values() if entry.known("state") not in GONE)


@lru_cache(maxsize=8)
def _asked(book: Book, field: str) -> tuple[Entry, ...]:
    """The assets whose kind must have a field."""
    return tuple(entry for entry in _standing(book) if field in MANDATORY[entry.asset.kind])


def _count(book: Book, *kinds: GapKind) -> int:
    return sum(book.counts.get(kind, 0) for kind in kinds)


def _declared(facts: Iterable[Fact]) -> tuple[Proof, ...]:
    last = [fact for fact in facts if fact.kind in DECLARED][-1:]
    return tuple(Proof("the site file in force", fact.seq) for fact in last)


def _imports(book: Book, forms: Iterable[str] | None = None) -> tuple[Proof, ...]:
    wanted = None if forms is None else frozenset(forms)
    return tuple(Proof(f"{i.name} ({i.form})", i.seq) for i in book.imports if wanted is None or i.form in wanted)


def _inventory(book: Book, facts: Sequence[Fact]) -> Judged:
    unknown, missing = len(book.unknown), _count(book, GapKind.MISSING_DEVICE)
    orphans = _count(book, GapKind.NO_PARENT)
    seen = (
        f"{len(book.rows)} assets, {book.score.pct:.0f} % of their mandatory fields answered",
        f"{unknown} unknown {'device' if unknown == 1 else 'devices'}, {missing} missing, {orphans} without a parent",
    )
    proofs = (Proof("what is open", path="/inventory/gaps"), *_declared(facts), *_imports(book))
    if unknown or missing or orphans or book.score.pct < ANSWERED_PCT:
        return NOT_DONE, "; ".join(seen), (), proofs
    if not book.polled and not book.imports:
        return NOT_KNOWN, "nothing but the site file speaks: neither a poll nor a list confirms it", seen, proofs
    return DONE, "; ".join(seen), (), proofs


def _interfaces(book: Book, facts: Sequence[Fact]) -> Judged:
    needed = _asked(book, "interfaces")
    unmapped = [e for e in needed if not e.known("interfaces")]
    found = _count(book, GapKind.INTERFACE_UNDECLARED)
    seen = (f"{len(needed) - len(unmapped)} of {len(needed)} assets name their interfaces",)
    proofs = (Proof("interfaces not declared", path="/inventory?gap=interface+not+declared"), *_imports(book, CAPTURES))
    if unmapped or found:
        return NOT_DONE, f"{seen[0]}; {found} answer in a way that nobody declared", (), proofs
    if not book.ledger.captured:
        return NOT_KNOWN, "no capture of traffic stands: what else answers is not known", seen, proofs
    return DONE, f"{seen[0]}; captures and taps show no other", (), proofs


def _versions(book: Book, facts: Sequence[Fact]) -> Judged:
    needed = _asked(book, "firmware")
    read = [e for e in needed if any(_says_version(m.said.source, m.said.fields) for m in e.said)]
    differ = _count(book, GapKind.VERSION_DIFFERS)
    why = f"{len(read)} of {len(needed)} assets with software told their version themselves; {differ} differ from paper"
    told = [m.said for e in read for m in e.said if m.said.seq and _says_version(m.said.source, m.said.fields)]
    proofs = (
        Proof("versions that differ", path="/inventory?gap=version+differs"),
        *(Proof(f"{said.place} says {said.fields['firmware']}", said.seq) for said in told[:PROOFS_SHOWN]),
    )
    if differ or (read and len(read) < len(needed)):
        return NOT_DONE, why, (), proofs
    if not read:
        return NOT_KNOWN, "no version was ever read from a device", (why,), proofs
    return DONE, why, (), proofs


def _says_version(source: Source, fields: Mapping[str, str]) -> bool:
    return source is Source.OBSERVED and is_known(fields.get("firmware", ""))


def _physical(book: Book, facts: Sequence[Fact]) -> Judged:
    overdue = [e.id for e in _standing(book) if e.asset.kind is AssetKind.ROOM and GapKind.INSPECTION_OVERDUE in e.gaps]
    proofs = (Proof("dates of inspections", path="/inventory/dates"),)
    if overdue:
        return NOT_DONE, f"the inspection of {', '.join(overdue[:4])} is overdue", (), proofs
    return NOT_KNOWN, "Ironkeep reads no locks, cameras or seals, and nobody recorded a validation", (), proofs


def _shutdown(book: Book, facts: Sequence[Fact]) -> Judged:
    needed = _asked(book, "isolation")
    bare = [e for e in needed if GapKind.NO_ISOLATION in e.gaps or not e.known("contact")]
    cards = tuple(Proof(f"card of {e.id}", path=f"/inventory/card/{e.id}") for e in needed[:3])
    if bare:
        named = ", ".join(str(e.id) for e in bare[:4]) + (" ..." if len(bare) > 4 else "")
        why = f"without an isolation point or a contact: {len(bare)} of {len(needed)} assets, {named}"
        return NOT_DONE, why, (), (Proof("which", path="/inventory?gap=no+isolation+point"), *cards)
    seen = (f"all {len(needed)} cards name isolation points and a contact",)
    return NOT_KNOWN, "the cards are whole; the site's own shutdown procedure is not on the record", seen, cards


def _revocation(book: Book, facts: Sequence[Fact]) -> Judged:
    ended = [fact for fact in facts if fact.kind in ENDED]
    seen = (f"in Ironkeep itself access was ended {len(ended)} times",)
    proofs = tuple(Proof(f"{fact.kind} of this console", fact.seq) for fact in ended[-2:])
    return NOT_KNOWN, "how fast a vendor's access ends is not on the record", seen, proofs


def _local(book: Book, facts: Sequence[Fact]) -> Judged:
    panels = [e.id for e in _asked(book, "interfaces") if "front panel" in e.known("interfaces")]
    seen = (f"{len(panels)} assets name a front panel",)
    return NOT_KNOWN, "no test of a local control path is on the record", seen, ()


def _hand_over(book: Book, facts: Sequence[Fact]) -> Judged:
    sets = [str(e.id) for e in _standing(book) if e.asset.kind is AssetKind.GENERATOR]
    if not sets:
        return NOT_KNOWN, "no generator is in the site file", (), ()
    named = f"of {', '.join(sets[:4])}"
    return NOT_KNOWN, f"no test {named} under degraded conditions is on the record; a twin proves nothing here", (), ()


def _status(book: Book, facts: Sequence[Fact]) -> Judged:
    banks = [e for e in _standing(book) if e.asset.kind is AssetKind.BANK]
    told = {e.id: [d for d in e.devices if isinstance(d, Seen)] for e in banks}
    dark = [e for e in banks if not any(d.reached_us and not d.lost_us for d in told[e.id])]
    why = f"{len(banks) - len(dark)} of {len(banks)} banks answer our own poll on the site's network"
    proofs = tuple(Proof(f"{d.device} described itself", d.seq) for e in banks for d in told[e.id] if d.seq)
    if not banks:
        return NOT_KNOWN, "no bank is in the site file", (), ()
    if dark and book.polled:
        return NOT_DONE, f"{why}; silent or not read: {', '.join(str(e.id) for e in dark[:4])}", (), proofs
    if dark:
        return NOT_KNOWN, "no bank was ever polled", (), proofs
    if far := sorted({d.host for d in book.site.devices if d.asset in told and _is_far(d.host)}):
        return NOT_KNOWN, f"{why}, but through {', '.join(far)}, which lies beyond the site's own network", (), proofs
    clouds = ", ".join(sorted({e.known("cloud") for e in banks} - {"", "none"})) or "none"
    seen = (f"clouds named: {clouds}; whether they were ever blocked for a test is not on the record",)
    return DONE, f"{why}, and no cloud stands between", seen, proofs


def _is_far(host: str) -> bool:
    """Is it an address of the public internet? A name is taken to be the site's own."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return False


JUDGES: Final[Mapping[DutyItem, Callable[[Book, Sequence[Fact]], Judged]]] = {
    DutyItem.INVENTORY: _inventory,
    DutyItem.INTERFACES: _interfaces,
    DutyItem.VERSIONS: _versions,
    DutyItem.PHYSICAL_ACCESS: _physical,
    DutyItem.SHUTDOWN: _shutdown,
    DutyItem.REVOCATION: _revocation,
    DutyItem.LOCAL_CONTROL: _local,
    DutyItem.HAND_OVER: _hand_over,
    DutyItem.STATUS: _status,
}
