"""Imports as people look at them: those that were given, and what one would say before anybody takes it.

A trial draws the register up as if the import stood, and tells the difference. It keeps nothing and is no promise: what
the sources say may be other when the import is taken.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from ironkeep.decisions.inventory.memory import Taken
from ironkeep.facts.envelope import Fact
from ironkeep.model.register import GapKind, Import, Lore
from ironkeep.views.register import Book, Register

KINDS: Final = ("ImportTaken", "ImportWithdrawn")
TRIAL: Final = "import that nobody took yet"


class Given(msgspec.Struct, frozen=True):
    """An import that was taken: when, by whom, and when and why it was taken back, where it was."""

    taken: str
    seq: int
    at_us: int
    by: str
    form: str
    name: str
    records: int
    talks: int
    digest: str
    file_sha256: str
    withdrawn_us: int | None = None
    withdrawn_by: str = ""
    why: str = ""


def given(facts: Iterable[Fact]) -> tuple[Given, ...]:
    """Every import of the facts of KINDS, oldest first."""
    found: dict[str, Given] = {}
    for fact in facts:
        taken, body = str(fact.body["taken"]), fact.body
        if fact.kind == "ImportTaken":
            told = {key: body[key] for key in ("form", "name", "records", "talks", "digest", "file_sha256")}
            found[taken] = Given(taken=taken, seq=fact.seq, at_us=fact.at, by=fact.actor, **told)
        elif taken in found:
            found[taken] = msgspec.structs.replace(
                found[taken], withdrawn_us=fact.at, withdrawn_by=fact.actor, why=body["why"]
            )
    return tuple(found.values())


class Trial(msgspec.Struct, frozen=True):
    """What would follow from an import. `by` counts its records by what ties them to an asset; `unmatched` are about
    things that the site file does not name. `fewer` and `more` are kinds of gap with by how many assets.
    """

    assets: int
    by: tuple[tuple[str, int], ...]
    unmatched: int
    unknown_before: int
    unknown_after: int
    answered_pct_before: float
    answered_pct_after: float
    fewer: tuple[tuple[GapKind, int], ...]
    more: tuple[tuple[GapKind, int], ...]


def trial(register: Register, now: Book, held: Import, shelf: Mapping[str, Import], lore: Lore) -> Trial:
    """What would follow if the import were taken as the newest; `now` is the book as it stands."""
    taken = Taken(TRIAL, held.form, held.name, TRIAL, held.sha256, len(held.records), len(held.talks), "", now.at_us,
                  max((each.seq for each in now.imports), default=0) + 1, "")  # fmt: skip
    then = register.book({**shelf, TRIAL: held}, lore, now.at_us, (taken,))
    mine = [
        (entry.id, match.by)
        for entry in then.ledger.entries.values()
        for match in entry.said
        if match.said.seq == taken.seq and match.said.origin == held.name
    ]
    moved = {kind: then.counts.get(kind, 0) - now.counts.get(kind, 0) for kind in GapKind}
    return Trial(
        assets=len({asset for asset, _ in mine}),
        by=tuple(Counter(by for _, by in mine).most_common()),
        unmatched=len(held.records) - len(mine),
        unknown_before=len(now.unknown),
        unknown_after=len(then.unknown),
        answered_pct_before=now.score.pct,
        answered_pct_after=then.score.pct,
        fewer=tuple((kind, -by) for kind, by in moved.items() if by < 0),
        more=tuple((kind, by) for kind, by in moved.items() if by > 0),
    )
