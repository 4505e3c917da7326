"""What the rooms knew, rebuilt from the spine: the newest snapshot of each fold, then the facts after it.

A snapshot is never needed, only quick: without one the fold starts at fact 0 and ends in the same state.
"""

from collections.abc import Callable, Iterator
from itertools import islice

from ironkeep.decisions import access, alarms, incidents, inventory, telemetry
from ironkeep.engine.turn import Policies, Rooms
from ironkeep.facts.envelope import Fact
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
    kept = {name: snapshots.load(room.FOLD_NAME, room.FOLD_VERSION) for name, room in FOLDS.items()}
    seqs = {found[0] if found else 0 for found in kept.values()}
    if len(seqs) == 1 and 0 < max(seqs) <= size:  # all of one moment, and of no longer spine than this one
        for name, found in kept.items():
            assert found is not None
            setattr(rooms, name, FOLDS[name].thaw(found[1]))
        return _replay(rooms, reader, max(seqs), size, progress)
    return _replay(rooms, reader, 0, size, progress)


def save(rooms: Rooms, snapshots: SnapshotStore, size: int) -> None:
    """Keep the state of every fold as of `size` facts."""
    for name, room in FOLDS.items():
        snapshots.save(room.FOLD_NAME, room.FOLD_VERSION, size, room.freeze(getattr(rooms, name)))


def _replay(
    rooms: Rooms, reader: FactReader, first: int, size: int, progress: Callable[[int, int], None] | None
) -> Rooms:
    facts: Iterator[Fact] = reader.read(first, size)
    done = first
    while batch := list(islice(facts, BATCH)):
        rooms.absorb(batch)
        done += len(batch)
        if progress:
            progress(done, size)
    return rooms
