"""The twin as a process of its own: ports, stage, an orderly end, and the same ports again."""

import asyncio
import json
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, repeat
from pathlib import Path

import pytest

from ironkeep.adapters.stages.unix.adapter import StageClient
from ironkeep.model.errors import Refused, Unavailable
from ironkeep.model.time import Now
from ironkeep.packs.sites.declare import declare_text
from ironkeep.programs.site import demo_site
from ironkeep.programs.twin import BACKLOG_STEPS_MAX, play, serve
from ironkeep.twin.layout import SITE
from ironkeep.twin.plant import Plant
from ironkeep.twin.serve.site import SiteServer

RUN = "import sys; from pathlib import Path; from ironkeep.programs.twin import serve; p = Path(sys.argv[1]); "
WAIT_S = 30.0
STARTS_MAX = 5  # a port may be taken by another program meanwhile; then it rightly takes others


@contextmanager
def twin(data: Path, pace: float = 1.0) -> Iterator[subprocess.Popen[bytes]]:
    ports = data / "ports.json"
    ports.unlink(missing_ok=True)
    code = f"{RUN}serve(p, 5, {pace}, p / 'ports.json')"
    process = subprocess.Popen([sys.executable, "-c", code, str(data)])
    try:
        for _ in range(int(WAIT_S / 0.05)):
            if ports.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        assert process.poll() is None
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(WAIT_S)


def heartbeat(port: int) -> int:
    """Register Hb of the 802 on unit 1: chain at 40000, mark 2, model 1 has 68 registers."""
    with socket.create_connection(("127.0.0.1", port), 5) as wire:
        wire.sendall(struct.pack(">HHHBBHH", 1, 0, 6, 1, 3, 40_070 + 18, 1))
        return int.from_bytes(wire.recv(64)[9:11], "big")


def test_a_twin_writes_its_ports_plays_a_scenario_and_ends_in_order(tmp_path: Path) -> None:
    with twin(tmp_path, pace=20.0) as process:
        ports = json.loads((tmp_path / "ports.json").read_text())
        assert set(ports) == {device.id for device in SITE.devices} | {"nut"}
        site = declare_text(demo_site(tmp_path / "ports.json"))
        assert {device.port for device in site.devices} == set(ports.values())
        stage = StageClient(tmp_path / "stage.sock")
        asyncio.run(stage.inject("hvac-loss"))
        first = asyncio.run(stage.state())
        before = heartbeat(ports["cab-a"])
        for _ in range(100):
            if asyncio.run(stage.state()).plant_s > first.plant_s + 10:
                break
            time.sleep(0.05)
        later = asyncio.run(stage.state())
        assert later.plant_s > first.plant_s + 10
        assert [name for name, _ in later.playing] == ["hvac-loss"]
        assert heartbeat(ports["cab-a"]) != before
    assert process.returncode == 0
    assert not (tmp_path / "stage.sock").exists()


def ports_of_a_start(data: Path) -> dict[str, int]:
    with twin(data):
        found: dict[str, int] = json.loads((data / "ports.json").read_text())
        return found


def test_a_twin_that_is_started_again_has_the_same_ports(tmp_path: Path) -> None:
    ports = ports_of_a_start(tmp_path)
    for _ in range(STARTS_MAX):
        last, ports = ports, ports_of_a_start(tmp_path)
        if ports == last:
            return
    pytest.fail("it took others each time")


def test_the_site_is_not_known_before_the_twin_has_written_its_ports(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="ironkeep run"):
        demo_site(tmp_path / "ports.json")


@pytest.mark.parametrize("pace", [0.0, -1.0, 1000.0, float("nan")])
def test_a_pace_that_is_none_is_refused(tmp_path: Path, pace: float) -> None:
    with pytest.raises(Refused, match="pace"):
        serve(tmp_path, 1, pace, tmp_path / "ports.json")


def held_up() -> Callable[[], Now]:
    """A clock that stands at zero for one look and at an hour ever after."""
    looks = chain([0], repeat(3_600_000_000))

    def now() -> Now:
        mono_us = next(looks)
        return Now(at_us=mono_us, mono_us=mono_us)

    return now


def test_a_twin_that_was_held_up_catches_up_a_few_steps_and_forgets_the_rest() -> None:
    async def run() -> float:
        plant = Plant(1)
        began = plant.elapsed_s
        stopping = asyncio.Event()
        playing = asyncio.create_task(play(plant, SiteServer(plant), 1.0, held_up(), stopping))
        while not playing.done() and plant.elapsed_s < began + BACKLOG_STEPS_MAX:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await asyncio.sleep(0.2)
        stopping.set()
        await playing
        return plant.elapsed_s - began

    assert BACKLOG_STEPS_MAX <= asyncio.run(run()) <= BACKLOG_STEPS_MAX + 2
