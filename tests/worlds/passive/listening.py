"""Run in a network of its own: a device, a master that polls it, a capturer, and `ironkeep run`, which only listens.

It prints one JSON object with what was seen. Every step waits for what it is about, and fails when it never comes.
"""

import asyncio
import json
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from ironkeep.adapters.desks.unix.adapter import DeskClient
from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.model.errors import Unavailable
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.live import Live, unpack_frame
from ironkeep.ports.facts import FactQuery
from ironkeep.programs.doctor import taps
from ironkeep.programs.folder import DataFolder
from tests.adapters.equipment.modbus.plant import Plant
from tests.adapters.equipment.modbus.watch import Watch, device, watching
from tests.adapters.equipment.passive.traffic import site

HANG_S, LOOK_S = 120.0, 0.2
STRANGER = "127.0.0.2"


class Glass:
    """What `ironkeep run` shows: the newest turn, and its frames."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self.live: Live | None = None
        self._layouts: dict[str, FrameLayout] = {}

    async def follow(self) -> None:
        while True:
            with suppress(Unavailable, OSError):
                async for live in DeskClient(self._folder.desk).follow():
                    self._layouts.update({layout.digest: layout for layout in live.layouts})
                    self.live = live
            await asyncio.sleep(0.2)

    @property
    def frame(self) -> Frame | None:
        if self.live is None or not self.live.frames:
            return None
        packed = self.live.frames[0]
        return unpack_frame(packed, self._layouts[packed.layout])

    @property
    def detail(self) -> str:
        return self.live.links[0].detail if self.live is not None else ""

    def value(self, point: str) -> float | None:
        column = None if self.frame is None else self.frame.column(point)
        return None if column is None else round(float(column[0]), 3)

    def alarms(self) -> set[object]:
        return {body["rule"] for body in self.facts("AlarmRaised")}

    def shows(self, watch: Watch) -> bool:
        """Does it show, of good quality, what the master reads?"""
        mine, theirs = self.frame, watch.frame("sunspec-802")
        if mine is None or theirs is None:
            return False
        return bool(
            np.array_equal(mine.analog, theirs.analog, equal_nan=True)
            and np.array_equal(mine.integer, theirs.integer)
            and mine.quality_of("soc_pct")[0] == 0
        )

    def blind(self) -> bool:
        """Is every value gone?"""
        mine = self.frame
        return mine is not None and bool(np.isnan(mine.analog).all() and (mine.quality & 4).all())

    def facts(self, kind: str) -> list[dict[str, object]]:
        with suppress(Unavailable, OSError):
            return [fact.body for fact in open_reader(self._folder.spine).find(FactQuery(kinds=(kind,)))]
        return []


async def until(true: Callable[[], object], what: str) -> None:
    for _ in range(int(HANG_S / LOOK_S)):
        if true():
            print(f"seen: {what}", file=sys.stderr)
            return
        await asyncio.sleep(LOOK_S)
    raise AssertionError(f"waited in vain for {what}")


class Capturer:
    """tcpdump on the loopback; it is there when it says that it listens."""

    def __init__(self, tap: Path, port: int) -> None:
        words = ["tcpdump", "-i", "lo", "-Z", "root", "-U", "--immediate-mode", "-w", str(tap), f"tcp port {port}"]
        self._process = subprocess.Popen(words, stderr=subprocess.PIPE)
        assert self._process.stderr is not None
        said = iter(self._process.stderr.readline, b"")
        assert any(b"listening on" in line for line in said), "tcpdump did not begin: run `make system`"

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


def registers(soc: int) -> dict[int, int]:
    """Of a battery at so many tenths of a percent, which offers no heartbeat: one that stood still would be doubted."""
    return site(soc=soc, scale=0xFFFF) | {40_088: 0xFFFF}


def write_something(port: int) -> None:
    """A stranger sets a register."""
    with socket.create_connection(("127.0.0.1", port), source_address=(STRANGER, 0)) as line:
        line.sendall(struct.pack(">HHHBBHH", 7, 0, 6, 1, 6, 40_081, 1))
        line.recv(100)


def strangers(glass: Glass) -> list[object]:
    """The address of each unknown device that was found, with what is said of it."""
    found = [body for body in glass.facts("FindingOpened") if str(body["code"]).startswith(f"device:{STRANGER}")]
    return [body["what"] for body in found if "writes" in str(body["what"])]


def site_file(port: int, tap: Path) -> str:
    return f"""
[site]
id = "listening"
name = "A site that is listened to"

[[asset]]
id = "bms"
kind = "bank"

[[device]]
id = "bms"
asset = "bms"
protocol = "modbus"
host = "127.0.0.1"
port = {port}
tap = "{tap}"
"""


async def story(folder: Path) -> dict[str, object]:
    """What was seen, step by step."""
    tap, data = folder / "tap", DataFolder(folder / "data")
    glass, capturers = Glass(data), list[Capturer]()
    seen: dict[str, object] = {}
    follower = asyncio.create_task(glass.follow())
    async with Plant({1: registers(505)}) as plant:
        (folder / "site.toml").write_text(site_file(plant.port, tap))
        product = run_product(folder / "site.toml", data)
        try:
            await until(lambda: "no capturer has written" in glass.detail, "it waits for a capturer")
            capturers.append(await asyncio.to_thread(Capturer, tap, plant.port))
            async with watching(device(plant, period_s=0.25)) as watch:
                await until(lambda: glass.shows(watch), "what the master reads")
                seen["before"] = glass.value("soc_pct")
                seen["doctor"] = [(await asyncio.to_thread(taps.look, data))[0].what]
                plant.units[1].update(registers(611))
                await until(lambda: glass.shows(watch) and glass.value("soc_pct") != seen["before"], "a change")
                seen["after"] = glass.value("soc_pct")
                await asyncio.to_thread(write_something, plant.port)
                await until(lambda: glass.facts("WriteOverheard"), "who wrote")
                seen["write"] = glass.facts("WriteOverheard")[0]
                await until(lambda: strangers(glass), "that nobody knows who it is")
                seen["strangers"] = strangers(glass)
                capturers[0].stop()
                await until(glass.blind, "nothing, once the capturer ended")
                seen["why"] = glass.detail
                seen["doctor"] += [(await asyncio.to_thread(taps.look, data))[0].what]
                await until(lambda: glass.facts("DeviceLost"), "that the device is lost")
                await until(lambda: "communications-lost" in glass.alarms(), "the alarm of it")
                capturers.append(await asyncio.to_thread(Capturer, tap, plant.port))
                await until(lambda: glass.shows(watch), "the same again, with another capturer")
                await until(lambda: len(glass.facts("DeviceReached")) == 2, "that the device is back")
            seen["connections"] = plant.connections
            seen["described"] = [body["serial"] for body in glass.facts("DeviceDescribed")]
        finally:
            for each in capturers:
                each.stop()
            follower.cancel()
            product.send_signal(signal.SIGINT)
            product.wait()
    return seen


def run_product(site: Path, data: DataFolder) -> subprocess.Popen[bytes]:
    """`ironkeep run`, as a person starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = ["run", "--site", str(site), "--data", str(data.path), "--port", str(port)]
    return subprocess.Popen([sys.executable, "-m", "ironkeep", *words], stdout=sys.stderr)


if __name__ == "__main__":
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["mkfifo", "-m", "600", str(Path(sys.argv[1]) / "tap")], check=True)
    print(json.dumps(asyncio.run(story(Path(sys.argv[1])))))
