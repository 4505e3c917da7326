"""What an engine is made of, opened on one data folder, and how all of it is set to work and closed again.

A site at work and a replay are the same engine: they differ in the time that it follows, in what it reads and in what
it says of itself, and in nothing else.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import structlog

from ironkeep.adapters.blobs.files.adapter import FileBlobs
from ironkeep.adapters.desks.unix.adapter import DeskServer
from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.history.adapter import FrameHistory, open_history
from ironkeep.adapters.stores.history.unkept import Unkept
from ironkeep.adapters.stores.sqlite.adapter import SqliteFactStore, open_reader, open_store
from ironkeep.adapters.stores.sqlite.snapshots import SqliteSnapshotStore, open_snapshots
from ironkeep.engine.desk import EngineDesk
from ironkeep.engine.health import Newest
from ironkeep.engine.heartbeat import Heartbeat
from ironkeep.engine.rebuild import rebuild, save
from ironkeep.engine.scribe import Scribe
from ironkeep.engine.shelf import Shelf
from ironkeep.engine.turn import Policies, Rooms
from ironkeep.facts.engine import EngineStopped
from ironkeep.facts.envelope import Draft
from ironkeep.model.errors import Unavailable, Untrusted
from ironkeep.model.site import Site
from ironkeep.model.time import SECOND_US, Now
from ironkeep.ports.history import History, HistoryPolicy
from ironkeep.ports.reader import Reader
from ironkeep.programs.folder import DataFolder

_log = structlog.get_logger("engine")

TELL_EVERY_US: Final = 5 * SECOND_US


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one engine, wired to each other; `found` says what the last stop left behind, `remembered` how many
    facts snapshots held at the start.
    """

    site: Site
    clock: Callable[[], Now]
    blobs: FileBlobs
    store: SqliteFactStore
    snapshots: SqliteSnapshotStore
    remembered: int
    history: History
    rooms: Rooms
    scribe: Scribe
    shelf: Shelf
    newest: Newest
    desk: EngineDesk
    door: DeskServer
    found: tuple[str, ...]

    def heart(self, readers: Sequence[Reader]) -> Heartbeat:
        """What takes the turns over these readers."""
        return Heartbeat(self.site, readers, self.rooms, self.scribe, self.history, self.newest, self.clock, self.shelf)

    async def work(
        self, tasks: Mapping[str, Coroutine[Any, Any, None]], stopping: asyncio.Event, heart: Heartbeat
    ) -> None:
        """Let the desk and the tasks work until told to stop or one of them breaks; then close everything in order.

        Raises what broke a task: a bug of ours is shown whole.
        """
        named = {"desk": self.desk.run(), **tasks}
        working = [asyncio.create_task(work, name=name) for name, work in named.items()]
        stop = asyncio.create_task(stopping.wait())
        done, _ = await asyncio.wait({stop, *working}, return_when=asyncio.FIRST_COMPLETED)
        for task in (stop, *working):
            task.cancel()
        await asyncio.gather(stop, *working, return_exceptions=True)
        broken = [task for task in done - {stop} if task.exception() is not None]
        await self._close(f"{broken[0].get_name()} broke" if broken else "asked to stop", heart.turn)
        for task in broken:
            await task

    async def _close(self, reason: str, turn: int) -> None:
        await self.door.close()
        try:
            await self.scribe.commit([Draft(EngineStopped(reason, turn), actor="engine")], self.clock())
            save(self.rooms, self.snapshots, self.scribe.size)
        except Unavailable as exc:
            _log.warning("the stop could not be written", why=str(exc))
        self.history.close()
        self.snapshots.close()
        self.scribe.close()


def open_parts(
    folder: DataFolder,
    site: Site,
    chosen: Policies,
    keeping: HistoryPolicy,
    clock: Callable[[], Now],
    newest: Callable[[tuple[str, ...]], Newest],
) -> Parts:
    """Open the stores of a folder, fold what they know into rooms, and wire an engine. `newest` makes what tells of
    its turns from what was found. Raises Conflict when another engine holds the record, Unavailable when it cannot be
    written.
    """
    blobs = FileBlobs(folder.blobs)
    store = open_store(folder.spine, open_signer(folder.keys, site.id), site.id)
    snapshots = open_snapshots(folder.snapshots)
    rooms, remembered = rebuild(store, snapshots, chosen, _progress(clock))
    history = _history(folder, keeping, clock)
    found = (*store.found, *history.found)
    for text in found:
        _log.info("found at start", what=text)
    scribe, shelf, told = Scribe(store, rooms), Shelf(blobs), newest(found)
    desk = EngineDesk(rooms, scribe, told, clock, shelf)
    door = DeskServer(desk, folder.desk)
    return Parts(
        site, clock, blobs, store, snapshots, remembered, history, rooms, scribe, shelf, told, desk, door, found
    )


def _history(folder: DataFolder, keeping: HistoryPolicy, clock: Callable[[], Now]) -> FrameHistory | Unkept:
    """The history of a folder; none, which says why, when what is there cannot be used: a site is watched without."""
    try:
        return open_history(folder.history, keeping, clock, open_reader(folder.spine))
    except (Unavailable, Untrusted) as exc:
        return Unkept(exc)


def _progress(clock: Callable[[], Now]) -> Callable[[int, int], None]:
    """Says now and then how far the record was read; nothing when it takes less than `TELL_EVERY_US`."""
    told_us = clock().mono_us

    def tell(done: int, size: int) -> None:
        nonlocal told_us
        now_us = clock().mono_us
        if now_us - told_us >= TELL_EVERY_US:
            told_us = now_us
            _log.info("reading the record", facts=done, of=size)

    return tell
