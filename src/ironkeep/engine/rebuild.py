"""What the rooms knew, rebuilt from the spine: the newest snapshot of each fold, then the facts after it.

A snapshot is never needed, only quick: without one, or with one that cannot be read, that room's fold starts at fact 0,
over the kinds that concern it alone, and ends in the same state.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from ironkeep.decisions import access, alarms, incidents, inventory, telemetry
from ironkeep.engine.turn import Policies, Rooms
from ironkeep.facts.envelope import Fact
from ironkeep.model.errors import Refused
from ironkeep.ports.facts import FactQuery, FactReader, SnapshotStore

BATCH = 5_000  # facts absorbed at a time
SNAPSHOT_EVERY = 20_000  # facts between two snapshots while the engine runs

FOLDS = {
    "telemetry": telemetry,
    "alarms": alarms,
    "incidents": incidents,
    "access": access,
    "inventory": inventory,
}


def rebuild(
    reader: FactReader, snapshots: SnapshotStore, policies: Policies, progress: Callable[[int, int], None] | None = None
) -> tuple[Rooms, int]:
    """Rooms as they stood after the last fact, and the seq up to which snapshots held for all of them.
    `progress(done, total)` is called between batches.

    A state that knows more facts than there are is of a past that a backup took the place of. It goes before the spine
    has grown to its length again by other facts.
    """
    size = reader.size()
    snapshots.forget(size)
    rooms = Rooms.empty(policies)
    held = {name: _take_up(rooms, name, snapshots, size) for name in FOLDS}
    first = max(held.values())
    tell = progress or (lambda _done, _total: None)
    for name, done in held.items():
        for facts in _of_kinds(reader, FOLDS[name].FOLD.kinds, done, first):
            setattr(rooms, name, FOLDS[name].absorb(getattr(rooms, name), facts))
            tell(facts[-1].seq, size)
    rest: Iterator[Fact] = reader.read(first, size)
    while batch := list(islice(rest, BATCH)):
        rooms.absorb(batch)
        tell(batch[-1].seq + 1, size)
    return rooms, min(held.values())


def _take_up(rooms: Rooms, name: str, snapshots: SnapshotStore, size: int) -> int:
    """Give a room what its newest snapshot holds; returns how many facts that is. 0 where there is none, where it
    cannot be read, or where it could not be forgotten.
    """
    room = FOLDS[name]
    found = snapshots.load(room.FOLD.name, room.FOLD.version)
    if found is None or not 0 < found[0] <= size:
        return 0
    try:
        setattr(rooms, name, room.thaw(found[1]))
    except Refused:
        return 0
    return found[0]


def _of_kinds(reader: FactReader, kinds: frozenset[str], first: int, last: int) -> Iterator[Sequence[Fact]]:
    """The facts of some kinds with first <= seq < last, in order, batch by batch."""
    while first < last:
        query = FactQuery(kinds=tuple(sorted(kinds)), first_seq=first, last_seq=last, limit=BATCH)
        if not (facts := reader.find(query)):
            return
        yield facts
        first = facts[-1].seq + 1


def save(rooms: Rooms, snapshots: SnapshotStore, size: int) -> None:
    """Keep the state of every fold as of `size` facts."""
    for name, room in FOLDS.items():
        snapshots.save(room.FOLD.name, room.FOLD.version, size, room.freeze(getattr(rooms, name)))
