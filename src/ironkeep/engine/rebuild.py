"""What the rooms knew, rebuilt from the spine: the newest snapshot of each fold, then the facts after it.

A snapshot is never needed, only quick: without one, or with one that cannot be read, the fold starts at fact 0 and
ends in the same state.
"""

from collections.abc import Callable, Iterator
from itertools import islice

from ironkeep.decisions import access, alarms, incidents, inventory, telemetry
from ironkeep.engine.turn import Policies, Rooms
from ironkeep.facts.envelope import Fact
from ironkeep.model.errors import Refused
from ironkeep.ports.facts import FactReader, SnapshotStore

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
) -> Rooms:
    """Rooms as they stood after the last fact. `progress(done, total)` is called between batches."""
    size = reader.size()
    rooms = Rooms.empty(policies)
    first = _take_up(rooms, snapshots, size)
    facts: Iterator[Fact] = reader.read(first, size)
    done = first
    while batch := list(islice(facts, BATCH)):
        rooms.absorb(batch)
        done += len(batch)
        if progress:
            progress(done, size)
    return rooms


def _take_up(rooms: Rooms, snapshots: SnapshotStore, size: int) -> int:
    """Give the rooms what the newest snapshots hold; returns how many facts that is, 0 where there is nothing to take:
    they must be of one moment, of no longer spine than this one, and all be readable.
    """
    kept = {name: snapshots.load(room.FOLD.name, room.FOLD.version) for name, room in FOLDS.items()}
    seqs = {found[0] if found else 0 for found in kept.values()}
    if len(seqs) > 1 or not 0 < max(seqs) <= size:
        return 0
    try:
        thawed = {name: FOLDS[name].thaw(found[1]) for name, found in kept.items() if found}
    except Refused:
        return 0
    for name, memory in thawed.items():
        setattr(rooms, name, memory)
    return max(seqs)


def save(rooms: Rooms, snapshots: SnapshotStore, size: int) -> None:
    """Keep the state of every fold as of `size` facts."""
    for name, room in FOLDS.items():
        snapshots.save(room.FOLD.name, room.FOLD.version, size, room.freeze(getattr(rooms, name)))
