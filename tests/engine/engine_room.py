"""The engine put together in a test: real rooms, real spine, a clock and a plant that only the test moves."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from ironkeep.adapters.blobs.files.adapter import FileBlobs
from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.sqlite.adapter import open_store
from ironkeep.engine.desk import EngineDesk
from ironkeep.engine.health import Newest
from ironkeep.engine.heartbeat import Heartbeat
from ironkeep.engine.scribe import Scribe
from ironkeep.engine.shelf import Shelf
from ironkeep.engine.turn import Rooms
from ironkeep.facts.access import AccountEnrolled
from ironkeep.facts.envelope import Draft, Fact
from ironkeep.model.time import SECOND_US
from ironkeep.programs.policies import policies
from ironkeep.programs.site import demo_declaration
from ironkeep.twin.plant import Plant
from tests.worlds.engine.world import QuietHistory, RefusingStore, WorldClock
from tests.worlds.simulated.reader import SimulatedReader


@dataclass
class EngineRoom:
    """What a test may turn and look at."""

    plant: Plant
    reader: SimulatedReader
    rooms: Rooms
    store: RefusingStore
    scribe: Scribe
    desk: EngineDesk
    newest: Newest
    heart: Heartbeat
    clock: WorldClock

    async def seconds(self, count: int) -> None:
        """That many turns, the plant moving with them."""
        for _ in range(count):
            self.clock.mono_us += SECOND_US
            self.plant.step(1.0)
            self.reader.tick(self.clock().at_us)
            await self.heart.once()

    def facts(self, *kinds: str) -> list[Fact]:
        """The facts of those kinds so far."""
        return [fact for fact in self.store.read() if not kinds or fact.kind in kinds]


@asynccontextmanager
async def engine_room(folder: Path, seed: int = 1) -> AsyncIterator[EngineRoom]:
    """An engine that serves its desk until the block ends."""
    site, clock, plant = demo_declaration(), WorldClock(), Plant(seed)
    reader = SimulatedReader(plant)
    store = RefusingStore(open_store(folder / "spine.sqlite", open_signer(folder / "keys", site.id), site.id))
    rooms = Rooms.empty(policies(site))
    rooms.absorb(tuple(store.read()))
    scribe = Scribe(store, rooms)
    newest = Newest("test", clock(), ())
    shelf = Shelf(FileBlobs(folder / "blobs"))
    desk = EngineDesk(rooms, scribe, newest, clock, shelf)
    desk.recall(store.read())
    heart = Heartbeat(site, (reader,), rooms, scribe, QuietHistory(), newest, clock, shelf)
    if not store.size():
        await scribe.commit([Draft(AccountEnrolled("kim", "operator"), "console")], clock())
    serving = asyncio.create_task(desk.run())
    try:
        yield EngineRoom(plant, reader, rooms, store, scribe, desk, newest, heart, clock)
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        scribe.close()
