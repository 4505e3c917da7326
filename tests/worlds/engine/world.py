"""A world: the real engine on a simulated plant, clock, disk trouble and power cuts, all from one seed.

Time moves only when the world says so. A power cut leaves the files as they are on disk at that moment and starts a new
engine on a copy of them, as a machine does. The checker looks from outside: what was acknowledged is on the spine
exactly once, and what the rooms know is what the facts say.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

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
from ironkeep.facts.envelope import Body, Draft, Fact
from ironkeep.model.errors import Unavailable
from ironkeep.model.frame import Frame
from ironkeep.model.ids import RequestId, derive
from ironkeep.model.request import Outcome, Request, RequestKind
from ironkeep.model.time import SECOND_US, Now
from ironkeep.ports.facts import FactStore
from ironkeep.programs.policies import policies
from ironkeep.programs.site import demo_declaration
from ironkeep.twin.plant import Plant
from tests.worlds.simulated.reader import SimulatedReader

START_US = 1_790_000_000_000_000


@dataclass
class WorldClock:
    """Wall and monotonic time that only the world moves; `skew_us` is what the wall clock is off."""

    mono_us: int = 1_000_000
    skew_us: int = 0

    def __call__(self) -> Now:
        return Now(at_us=START_US + self.mono_us + self.skew_us, mono_us=self.mono_us)


@dataclass
class QuietHistory:
    """A History that keeps nothing: worlds about the spine do not need frames on disk (worlds/history does)."""

    appended: int = 0
    trouble: str = ""

    def append(self, frames: Sequence[Frame], memory_digest: str) -> None:
        self.appended += len(frames)

    def outcomes(self) -> tuple[Body, ...]:
        return ()

    def close(self) -> None:
        pass


class RefusingStore:
    """A store in front of which the disk is full while `full` is set."""

    def __init__(self, inner: FactStore) -> None:
        self._inner = inner
        self.full = False

    def append(self, drafts: Sequence[Draft], now: Now) -> tuple[Fact, ...]:
        if self.full:
            raise Unavailable("the disk is full", where="spine", remedy="make room")
        return self._inner.append(drafts, now)

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


@dataclass
class World:
    """One seeded run. `acknowledged` maps each answered request to its fact numbers."""

    folder: Path
    seed: int
    acknowledged: dict[str, Outcome] = field(default_factory=dict)
    lives: int = 0
    clock: WorldClock = field(default_factory=WorldClock)

    def __post_init__(self) -> None:
        self.draws = np.random.default_rng(self.seed)
        self.site = demo_declaration()
        self.plant = Plant(self.seed)
        self.reader = SimulatedReader(self.plant)
        self.asked = 0
        self.plant.inject("off-gas-without-heat")  # so that there is always something to acknowledge

    @property
    def spine(self) -> Path:
        """Where this life keeps its spine."""
        return self.folder / f"life-{self.lives}" / "spine.sqlite"

    async def live(self, turns: int, *, cut: bool) -> Rooms:
        """Run for some turns; with `cut` the power goes at the end and nothing is closed."""
        self.spine.parent.mkdir(parents=True, exist_ok=True)
        signer = open_signer(self.folder / "keys", self.site.id)
        store = RefusingStore(open_store(self.spine, signer, self.site.id))
        rooms = Rooms.empty(policies(self.site))
        rooms.absorb(tuple(store.read()))
        scribe = Scribe(store, rooms)
        newest = Newest("world", self.clock(), ())
        shelf = Shelf(FileBlobs(self.folder / "blobs"))
        desk = EngineDesk(rooms, scribe, newest, self.clock, shelf)
        desk.recall(store.read())
        heart = Heartbeat(self.site, (self.reader,), rooms, scribe, QuietHistory(), newest, self.clock, shelf)
        if not store.size():
            await scribe.commit([Draft(AccountEnrolled("kim", "operator"), "console")], self.clock())
        serving = asyncio.create_task(desk.run())
        try:
            for _ in range(turns):
                await self._second(heart, desk, store, rooms)
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
        if cut:
            self._cut()
        scribe.close()
        return rooms

    async def _second(self, heart: Heartbeat, desk: EngineDesk, store: RefusingStore, rooms: Rooms) -> None:
        chance = self.draws.random()
        if chance < 0.02:
            self.clock.skew_us += int(self.draws.integers(-3600, 3600)) * SECOND_US
        store.full = bool(self.draws.random() < 0.05)
        if self.draws.random() < 0.02:
            names = sorted(self.plant.catalogue)
            self.plant.inject(names[int(self.draws.integers(len(names)))])
        elif self.draws.random() < 0.01:
            self.plant.clear()
        self.clock.mono_us += SECOND_US
        self.plant.step(1.0)
        self.reader.tick(self.clock().at_us)
        conclusions = await heart.once()
        for alarm in conclusions.alarms[:3]:
            if self.draws.random() < 0.2:
                await self._ask(desk, RequestKind.ACKNOWLEDGE_ALARM, alarm.id)
        for case in conclusions.incidents[:1]:
            if self.draws.random() < 0.05:
                await self._ask(desk, RequestKind.TAKE_COMMAND, case.id)
        store.full = False

    async def _ask(self, desk: EngineDesk, kind: RequestKind, subject: str) -> None:
        self.asked += 1
        request = Request(
            id=RequestId(derive("request", self.clock().at_us, self.seed, self.asked)),
            kind=kind,
            actor="person:kim",
            subject=subject,
        )
        with contextlib.suppress(Unavailable):  # refused by the disk: nothing was promised
            self.acknowledged[request.id] = await desk.ask(request)

    def _cut(self) -> None:
        """The power goes: the next life starts from the files as they lie there now."""
        here = self.spine.parent
        self.lives += 1
        there = self.spine.parent
        shutil.copytree(here, there)
