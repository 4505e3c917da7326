"""What the console knows: the newest turn, and what the facts fold to. One watch serves every page and every stream.

It follows the desk (newest turn only, never a backlog) and reads the spine read-only. When the desk falls silent the
last turn stays, its ages grow, and its values become *not known* by themselves. A slow or dead page costs the engine
nothing: pages read from here.
"""

import asyncio
import contextlib
import traceback
from dataclasses import dataclass

import structlog

from ironkeep.faces.console.recent import BUCKET_US, BUCKETS, Recent
from ironkeep.faces.console.sources import Sources
from ironkeep.model.errors import Trouble
from ironkeep.model.frame import FrameLayout
from ironkeep.model.ids import PointName, parent
from ironkeep.model.live import Live
from ironkeep.model.site import AssetKind, Site
from ironkeep.model.time import SECOND_US, Now, age_text
from ironkeep.ports.facts import FactQuery
from ironkeep.views import banks, board, registers, scene, story

SILENT_S = 3.0  # without a turn for this long the engine is called silent
RETRY_S = 1.0
LAYOUTS_MAX = 200
KINDS = tuple(dict.fromkeys((*board.KINDS, *story.KINDS, *registers.KINDS)))
SPARKS: dict[AssetKind, tuple[str, ...]] = {
    AssetKind.BANK: ("soc_pct", "power_w", "voltage_v"),
    AssetKind.STRING: ("current_a", "voltage_v", "soc_pct"),
}
HOTTEST = "hottest_c"
log = structlog.get_logger("console")


@dataclass(frozen=True)
class Moment:
    """Everything a page may show, frozen together."""

    site: Site
    now: Now
    scene: scene.Scene
    board: board.Board
    stories: story.Stories
    registers: registers.Registers
    recent: Recent
    facts: int
    folded: bool
    silent: str  # why the engine is not heard, empty while it is

    @property
    def live(self) -> bool:
        """Does fresh data flow?"""
        return not self.silent and self.scene.health is not None and self.scene.health.live

    @property
    def why_not_live(self) -> tuple[str, ...]:
        """Each reason in words; empty while live."""
        if self.silent:
            return (self.silent,)
        health = self.scene.health
        return () if health is None or health.live else health.reasons or ("the engine does not say why",)


class Watch:
    """Follow the engine and the spine until closed."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._drawn = {asset.id: asset for asset in sources.site.assets if asset.kind in SPARKS}
        self._scene = scene.EMPTY
        self._layouts: dict[str, FrameLayout] = {}
        self._board, self._stories, self._registers = board.EMPTY, story.EMPTY, registers.EMPTY
        self._seen = 0
        self._folded = False
        self._heard_mono_us: int | None = None
        self._detail = "no turn of the engine was heard yet"
        self._recent = Recent()
        self._changed = asyncio.Event()
        self._folding = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        self.version = 0  # counts what changed, so that what was drawn is drawn once

    def moment(self) -> Moment:
        """What is known at this reading of the clock."""
        now = self._sources.clock()
        return Moment(
            site=self._sources.site,
            now=now,
            scene=self._scene,
            board=self._board,
            stories=self._stories,
            registers=self._registers,
            recent=self._recent,
            facts=self._seen,
            folded=self._folded,
            silent=self._silence(now),
        )

    async def start(self) -> None:
        """Begin to follow."""
        self._tasks = [asyncio.create_task(self._follow_desk()), asyncio.create_task(self._follow_facts())]

    async def close(self) -> None:
        """Stop following."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def next(self, wait_s: float) -> None:
        """Return when something changed, or after `wait_s`."""
        changed = self._changed
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await changed.wait()

    async def catch_up(self) -> None:
        """Fold every fact that is on the spine now. Raises what the reader raises."""
        async with self._folding:
            size = self._sources.facts.size()
            step = self._sources.limits.facts_per_step
            while self._seen < size:
                query = FactQuery(kinds=KINDS, first_seq=self._seen, last_seq=size, limit=step)
                found = self._sources.facts.find(query)
                self._board = board.fold(self._board, found)
                self._stories = story.fold(self._stories, found)
                self._registers = registers.fold(self._registers, found)
                self._seen = found[-1].seq + 1 if len(found) == step else size
                await asyncio.sleep(0)
                self._mark()
            self._folded = True

    def take(self, live: Live) -> None:
        """Show one turn."""
        for layout in live.layouts:
            self._layouts[layout.digest] = layout
        if len(self._layouts) > LAYOUTS_MAX:
            used = {frame.layout for frame in live.frames}
            self._layouts = {key: layout for key, layout in self._layouts.items() if key in used}
        self._scene = scene.assemble(live, self._layouts)
        self._heard_mono_us = self._sources.clock().mono_us
        self._note(live.at_us)
        self._mark()

    def _mark(self) -> None:
        self.version += 1
        self._changed.set()
        self._changed = asyncio.Event()

    def _silence(self, now: Now) -> str:
        if self._heard_mono_us is None:
            return self._detail
        quiet_us = now.mono_us - self._heard_mono_us
        if quiet_us > SILENT_S * SECOND_US:
            return f"the engine has not been heard for {age_text(quiet_us)}: {self._detail}"
        return ""

    def _note(self, at_us: int) -> None:
        found = self._scene
        values: dict[tuple[str, str], float | None] = {}
        declared = self._drawn
        strings = [a for a in found.assets() if a.count(".") == 1 and parent(a) in declared]
        for asset in declared.values():
            for point in SPARKS[asset.kind]:
                values[asset.id, point] = found.value(asset.id, point, at_us).number
        for string in strings:
            for point in SPARKS[AssetKind.STRING]:
                values[string, point] = found.value(string, point, at_us).number
        wanted = tuple(asset.id for asset in declared.values() if asset.kind is AssetKind.BANK)
        spans = banks.cell_spans(found, wanted, at_us)
        values |= {(bank, HOTTEST): span.hottest.number for bank, span in spans.items()}
        self._recent.note(at_us, values)

    async def _follow_desk(self) -> None:
        first = True
        while True:
            try:
                async for live in self._sources.desk.follow():
                    self.take(live)
                    if first:
                        first = False
                        await self._fill(live.at_us)
                self._detail = "the engine closed its desk"
            except Trouble as trouble:
                self._detail = trouble.what
            except Exception:  # noqa: BLE001 - a bug of ours must show on the page, not end it
                self._detail = "the console met a bug while reading a turn; see its log"
                log.error("reading a turn failed", trace=traceback.format_exc())
            await asyncio.sleep(RETRY_S)

    async def _follow_facts(self) -> None:
        while True:
            try:
                await self.catch_up()
            except Trouble as trouble:
                log.warning("the spine cannot be read", trouble=str(trouble))
            except Exception:  # noqa: BLE001 - a bug of ours must show on the page, not end it
                log.error("folding facts failed", trace=traceback.format_exc())
            await self.next(RETRY_S)
            await asyncio.sleep(RETRY_S / 4)

    async def _fill(self, at_us: int) -> None:
        """Take the hour before the first turn from the history, where there is one."""
        history = self._sources.history
        if history is None:
            return
        for bank in banks.banks(self._sources.site):
            for point in SPARKS[AssetKind.BANK]:
                with contextlib.suppress(Trouble):
                    first = at_us - BUCKETS * BUCKET_US
                    trend = await asyncio.to_thread(history.trend, bank.id, PointName(point), first, at_us, BUCKETS)
                    self._recent.fill((bank.id, point), trend.at_us, trend.mean)
