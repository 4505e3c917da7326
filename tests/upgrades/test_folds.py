"""Snapshots that earlier versions kept of what their rooms knew are taken up, or thrown away and the facts folded anew.

Each file here holds facts, and what the rooms of a released version made of them.
"""

import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ironkeep.engine.rebuild import FOLDS, rebuild
from ironkeep.engine.turn import Rooms
from ironkeep.facts.envelope import Fact, parse
from ironkeep.model.errors import Refused
from ironkeep.ports.facts import FactQuery
from tests.upgrades.folds import drawn, folded, of_the_site

FILES = sorted(Path(__file__).parent.glob("folds-*.json.xz"))
FIRST = 300  # facts that a snapshot holds


@pytest.fixture(params=FILES, ids=lambda path: path.name.removesuffix(".json.xz"))
def old(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What that version wrote."""
    found: dict[str, Any] = json.loads(lzma.decompress(request.param.read_bytes()))
    return found


class Spine:
    """The FactReader of some facts; `read_from` is where it was read, `looked_for` which kinds from where besides."""

    def __init__(self, facts: list[Fact]) -> None:
        self.facts, self.read_from = facts, -1
        self.looked_for: list[tuple[int, frozenset[str]]] = []

    def size(self) -> int:
        return len(self.facts)

    def read(self, first: int = 0, last: int | None = None) -> Iterator[Fact]:
        self.read_from = first
        return iter(self.facts[first:last])

    def find(self, query: FactQuery) -> list[Fact]:
        self.looked_for.append((query.first_seq, frozenset(query.kinds)))
        found = [fact for fact in self.facts[query.first_seq : query.last_seq] if fact.kind in query.kinds]
        return found[: query.limit]


class Kept(dict[tuple[str, int], tuple[int, bytes]]):
    """A SnapshotStore: states by fold and version."""

    def load(self, fold: str, version: int) -> tuple[int, bytes] | None:
        return self.get((fold, version))

    def save(self, fold: str, version: int, seq: int, state: bytes) -> None:
        self[fold, version] = seq, state

    def forget(self, beyond: int) -> None:
        for key in [key for key, (seq, _) in self.items() if seq > beyond]:
            del self[key]


def started(facts: list[Fact], kept: Kept) -> tuple[dict[str, str], Spine]:
    """What the rooms know after a start, and the spine that they read."""
    spine = Spine(facts)
    rooms, _ = rebuild(spine, kept, of_the_site())  # type: ignore[arg-type]
    return {name: room.freeze(getattr(rooms, name)).decode() for name, room in FOLDS.items()}, spine


def snapshots(states: dict[str, str], versions: dict[str, int], seq: int) -> Kept:
    kept = Kept()
    for name, state in states.items():
        kept.save(name, versions[name], seq, state.encode())
    return kept


def test_the_facts_of_an_earlier_version_fold_to_what_it_made_of_them(old: dict[str, Any]) -> None:
    """Where this fails, what stands in a state or what a fact does to it has changed: count the fold's version up."""
    now = folded([parse(entry.encode()) for entry in old["facts"]])
    for name, room in FOLDS.items():
        if room.FOLD.version == old["versions"][name]:
            assert now[name] == room.freeze(room.thaw(old["states"][name].encode())).decode(), name
            assert json.loads(now[name]) == json.loads(old["states"][name]), name


def test_a_start_takes_up_the_snapshots_of_an_earlier_version_and_folds_the_other_rooms_anew(
    old: dict[str, Any],
) -> None:
    facts = [parse(entry.encode()) for entry in old["facts"]]
    stale = [name for name, room in FOLDS.items() if room.FOLD.version != old["versions"][name]]
    states, spine = started(facts, snapshots(old["states"], old["versions"], len(facts)))
    assert states == folded(facts)
    none_left = len(stale) == len(FOLDS)  # then there is one reading of all facts instead of one a room
    assert spine.read_from == (0 if none_left else len(facts))
    anew = set() if none_left else {FOLDS[name].FOLD.kinds for name in stale}
    assert {kinds for _, kinds in spine.looked_for} == anew


@pytest.mark.parametrize("spoiled", ["version", "bytes", "moment", ""])
def test_a_snapshot_that_cannot_be_taken_up_costs_a_fold_of_its_own_kinds_and_nothing_else(spoiled: str) -> None:
    facts = drawn()
    versions = {name: room.FOLD.version for name, room in FOLDS.items()}
    kept = snapshots(folded(facts[:FIRST]), versions, FIRST)
    seq, state = kept["alarms", versions["alarms"]]
    begun = 0
    match spoiled:
        case "version":
            del kept["alarms", versions["alarms"]]
        case "bytes":
            kept["alarms", versions["alarms"]] = seq, state[:-2]
        case "moment":
            begun = FIRST // 2
            kept["alarms", versions["alarms"]] = begun, folded(facts[:begun])["alarms"].encode()
    states, spine = started(facts, kept)
    assert states == folded(facts)
    assert spine.read_from == FIRST
    assert spine.looked_for[:1] == ([(begun, FOLDS["alarms"].FOLD.kinds)] if spoiled else [])
    assert {kinds for _, kinds in spine.looked_for} <= {FOLDS["alarms"].FOLD.kinds}


def test_snapshots_that_know_more_facts_than_the_spine_has_are_not_taken_up() -> None:
    """A backup of the spine was put back."""
    facts = drawn()
    kept = snapshots(folded(facts[:FIRST]), {name: room.FOLD.version for name, room in FOLDS.items()}, FIRST)
    states, spine = started(facts[: FIRST - 1], kept)
    assert states == folded(facts[: FIRST - 1])
    assert (spine.read_from, spine.looked_for) == (0, [])


def test_progress_is_told_up_to_the_last_fact_and_how_much_was_remembered() -> None:
    facts, told = drawn(), []
    versions = {name: room.FOLD.version for name, room in FOLDS.items()}
    kept = snapshots(folded(facts[:FIRST]), versions, FIRST)
    _, held = rebuild(Spine(facts), kept, of_the_site(), lambda done, size: told.append((done, size)))  # type: ignore[arg-type]
    assert (held, told[-1]) == (FIRST, (len(facts), len(facts)))
    del kept["access", versions["access"]]
    assert rebuild(Spine(facts), kept, of_the_site())[1] == 0  # type: ignore[arg-type]


def test_in_which_batches_facts_come_changes_nothing() -> None:
    facts, rooms = drawn(), Rooms.empty(of_the_site())
    for first in range(0, len(facts), 7):
        rooms.absorb(facts[first : first + 7])
        for name, room in FOLDS.items():
            setattr(rooms, name, room.thaw(room.freeze(getattr(rooms, name))))
    assert {name: room.freeze(getattr(rooms, name)).decode() for name, room in FOLDS.items()} == folded(facts)


def test_a_state_that_somebody_holds_stays_as_it_was() -> None:
    facts, rooms = drawn(), Rooms.empty(of_the_site())
    rooms.absorb(facts[:FIRST])
    held = {name: (getattr(rooms, name), room.freeze(getattr(rooms, name))) for name, room in FOLDS.items()}
    rooms.absorb(facts[FIRST:])
    for name, (memory, state) in held.items():
        assert FOLDS[name].freeze(memory) == state != FOLDS[name].freeze(getattr(rooms, name))


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[]", b'{"alarms": 3}', b'{"alarms": {"a": {}}}'])
def test_what_is_no_snapshot_is_refused_by_name_and_version(data: bytes) -> None:
    with pytest.raises(Refused, match="cannot be read") as told:
        FOLDS["alarms"].thaw(data)
    assert told.value.where == f"snapshot of the fold alarms, version {FOLDS['alarms'].FOLD.version}"
