"""What the rooms knew, rebuilt from the spine: the newest snapshot of each fold, then the facts after it.

A snapshot is never needed, only quick: without one the fold starts at fact 0 and ends in the same state.
"""

from collections.abc import Callable, Iterator
from itertools import islice

from ironkeep.decisions import alarms, incidents, telemetry
from ironkeep.engine.turn import Policies, Rooms
from ironkeep.facts.envelope import Fact
from ironkeep.ports.facts import FactReader, SnapshotStore

BATCH = 5_000  # facts absorbed at a time
SNAPSHOT_EVERY = 20_000  # facts between two snapshots while the engine runs

FOLDS = {"telemetry": telemetry, "alarms": alarms, "incidents": incidents}


def rebuild(
    reader: FactReader, snapshots: SnapshotStore, policies: Policies, progress: Callable[[int, int], None] | None = None
) -> Rooms:
    """Rooms as they stood after the last fact. `progress(done, total)` is called between batches."""
    rooms = Rooms.empty(policies)
    size = reader.size()
    start = size
    for name, room in FOLDS.items():
        found = snapshots.load(room.FOLD_NAME, room.FOLD_VERSION)
        if found is None or found[0] > size:  # none, or of a longer spine than this one: do not use it
            return _replay(Rooms.empty(policies), reader, 0, size, progress)
        setattr(rooms, name, room.thaw(found[1]))
        start = min(start, found[0])
    if any(snapshots.load(room.FOLD_NAME, room.FOLD_VERSION)[0] != start for room in FOLDS.values()):  # type: ignore[index]
        return _replay(Rooms.empty(policies), reader, 0, size, progress)
    return _replay(rooms, reader, start, size, progress)


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
