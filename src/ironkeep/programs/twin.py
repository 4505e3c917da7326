"""The twin process of the demo: the plant, its devices on loopback ports, and the stage's socket.

Rules. The plant moves in equal steps that follow the clock, so that a seed and a number of steps always give the same
site. A process that was held up catches up a little and forgets the rest. The ports are written at once and whole when
everything listens; a twin that is started again takes the ports that it had, as far as they are free. It counts its
starts: the same equipment with the same noise would rightly be taken for a playback.
"""

import asyncio
import contextlib
import json
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

import structlog

from ironkeep.adapters.stages.unix.adapter import StageServer
from ironkeep.model.errors import Refused, Unavailable
from ironkeep.model.time import SECOND_US, Now
from ironkeep.ports.stage import Scenario, StageState
from ironkeep.programs import clock
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.site import read_ports
from ironkeep.twin.plant import Plant
from ironkeep.twin.serve.site import SiteServer

PACE_MAX = 100.0  # times real time; a busy plant at this pace takes half a core
STEP_MIN_S = 1.0  # plant seconds a step
TICK_MIN_S = 0.2  # real seconds between two steps
BACKLOG_STEPS_MAX = 5
LAST_PORTS = "ports.last.json"
RUNS = "twin.runs"  # how often a twin was started on this folder

_log = structlog.get_logger("twin")


class Stagehand:
    """The stage of a plant: what `ironkeep twin` and the console's demo page may ask (ports/stage.py)."""

    def __init__(self, plant: Plant, pace: float) -> None:
        self._plant = plant
        self._pace = pace

    async def scenarios(self) -> tuple[Scenario, ...]:
        """All that can be played."""
        found = self._plant.catalogue.values()
        return tuple(Scenario(s.name, s.title, " ".join(s.happens.split()), s.quiet) for s in found)

    async def inject(self, scenario: str) -> StageState:
        """Start one; it acts with the plant's next step."""
        self._plant.inject(scenario)
        _log.info("scenario started", scenario=scenario)
        return await self.state()

    async def clear(self) -> StageState:
        """End all."""
        self._plant.clear()
        _log.info("scenarios cleared")
        return await self.state()

    async def state(self) -> StageState:
        """What is playing."""
        at = self._plant.elapsed_s
        playing = tuple((run.scenario.name, at - run.began_s) for run in self._plant.running)
        return StageState(playing, at, self._pace)


def serve(data: Path, seed: int, pace: float, ports_file: Path) -> None:
    """Be the twin process until SIGINT or SIGTERM.

    Raises Refused for a pace that is none, Conflict when another twin runs on the folder, Unavailable when it cannot
    listen.
    """
    asyncio.run(_serve(DataFolder(data), seed, pace, ports_file))


async def _serve(folder: DataFolder, seed: int, pace: float, ports_file: Path) -> None:
    if not 0.0 < pace <= PACE_MAX:
        raise Refused(f"a pace of {pace:g}", where="--pace", remedy=f"give more than 0 and at most {PACE_MAX:g}")
    stopping = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    plant = Plant(seed, run=_count(ports_file.with_name(RUNS)))
    devices = SiteServer(plant)
    stage = StageServer(Stagehand(plant, pace), folder.stage)
    await stage.start()
    try:
        last = ports_file.with_name(LAST_PORTS)
        ports = await _listen(devices, _known_ports(ports_file) or _known_ports(last))
        for path in (last, ports_file):
            _write_whole(path, json.dumps(dict(ports), indent=1))
        _log.info("the twin is up", devices=len(ports), seed=seed, pace=pace)
        await play(plant, devices, pace, clock.now, stopping)
    finally:
        await stage.close()
        await devices.stop()


async def play(plant: Plant, devices: SiteServer, pace: float, now: Callable[[], Now], stopping: asyncio.Event) -> None:
    """Step the plant after the clock, and show it, until told to stop."""
    step_s = max(STEP_MIN_S, pace * TICK_MIN_S)
    period_us = round(step_s / pace * SECOND_US)
    due_us = now().mono_us + period_us
    while not stopping.is_set():
        wait_us = due_us - now().mono_us
        if wait_us > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), wait_us / SECOND_US)
            continue
        plant.step(step_s)
        devices.refresh()
        due_us = max(due_us + period_us, now().mono_us - BACKLOG_STEPS_MAX * period_us)
        await asyncio.sleep(0)  # answer those who wait, even while catching up


async def _listen(devices: SiteServer, wanted: Mapping[str, int]) -> Mapping[str, int]:
    """Listen on the wanted ports; on free ones when one of those is taken."""
    if wanted:
        try:
            return await devices.start(wanted)
        except Unavailable as exc:
            _log.warning("the ports of the last run are not free; taking others", why=str(exc))
    return await devices.start()


def _known_ports(path: Path) -> dict[str, int]:
    try:
        return read_ports(path)
    except Unavailable:
        return {}


def _count(path: Path) -> int:
    """How many starts there were before this one, which is counted."""
    try:
        before = int(path.read_text())
    except (OSError, ValueError):
        before = 0
    _write_whole(path, str(before + 1))
    return before


def _write_whole(path: Path, text: str) -> None:
    """Write so that a reader sees all or nothing."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text)
    beside.replace(path)
