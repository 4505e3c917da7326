"""The engine whole: 100,000 points a second from sockets to the disk, and a console flood.

(1) One process reads scripted devices over real sockets at 1 Hz, judges, decides, commits and appends to the history;
its turn times and its CPU share are its own. (2) A whole demo site is flooded with page requests: by a crowd that asks
again as soon as it was answered, then by one that asks at a fixed rate whether it was answered or not and holds more
connections than the console lets wait; turn p99 against the same site quiet before and after, same run. How an engine
starts on a long spine is `longspine.py`'s.
"""

import asyncio
import multiprocessing
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from bench.poll import STRINGS, server
from ironkeep.adapters.blobs.files.adapter import FileBlobs
from ironkeep.adapters.desks.unix.adapter import DeskClient
from ironkeep.adapters.equipment.modbus.adapter import ModbusReader
from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.history.adapter import open_history
from ironkeep.adapters.stores.sqlite.adapter import open_store
from ironkeep.engine.health import Newest
from ironkeep.engine.heartbeat import Heartbeat
from ironkeep.engine.scribe import Scribe
from ironkeep.engine.shelf import Shelf
from ironkeep.engine.turn import Rooms
from ironkeep.model.ids import AssetId, DeviceId, SiteId
from ironkeep.model.live import EngineHealth
from ironkeep.model.site import Asset, AssetKind, Device, Site
from ironkeep.packs.equipment.library import knowledge
from ironkeep.ports.history import HistoryPolicy
from ironkeep.programs import clock
from ironkeep.programs.policies import policies

SETTLE_S, MEASURE_S = int(os.environ.get("BENCH_SETTLE_SECONDS", "30")), int(os.environ.get("BENCH_SECONDS", "30"))
BANKS = 216  # devices; 466 points each
FLOOD_THREADS = 32  # open connections, each asking again as soon as it was answered or refused
OPEN_PER_S = 150  # requests a second of the crowd that does not wait: seven times what strangers are answered
HELD = 300  # connections that this crowd holds open without a word
CROWD_UP_S = 60  # a crowd that nobody has answered by then is measured as it is
Flag = Any  # multiprocessing.Event and Value of a context have no public types
Count = Any


def bank_site(ports: list[int]) -> Site:
    """A site of banks, each a scripted device of models 802 and 803 with its strings."""
    assets, devices = [], []
    for n, port in enumerate(ports):
        bank = AssetId(f"bank-{n:03d}")
        assets.append(Asset(id=bank, kind=AssetKind.BANK))
        devices.append(Device(id=DeviceId(f"bms-{n:03d}"), asset=bank, protocol="modbus", host="127.0.0.1", port=port))
    return Site(id=SiteId("bench"), name="Bench", assets=tuple(assets), devices=tuple(devices))


async def wire_to_history(folder: Path, ports: list[int]) -> tuple[int, list[float], float]:
    """Points, turn times in ms, and CPU share of this process over the measured time."""
    site = bank_site(ports)
    store = open_store(folder / "spine.sqlite", open_signer(folder / "keys", site.id), site.id)
    rooms = Rooms.empty(policies(site))
    scribe = Scribe(store, rooms)
    newest = Newest("bench", clock.now(), ())
    reader = ModbusReader(site.devices, knowledge(), clock.now, np.random.default_rng(1))
    history = open_history(folder / "history", HistoryPolicy(), clock.now)
    shelf = Shelf(FileBlobs(folder / "blobs"))
    heart = Heartbeat(site, (reader,), rooms, scribe, history, newest, clock.now, shelf)
    reading = asyncio.create_task(reader.run())
    beating = asyncio.create_task(heart.run())
    await asyncio.sleep(SETTLE_S)
    times: list[float] = []
    cpu, wall = time.process_time(), time.monotonic()
    seen = heart.turn
    while time.monotonic() - wall < MEASURE_S:
        await asyncio.sleep(0.2)
        if heart.turn > seen:
            seen = heart.turn
            times.append(newest.health(clock.now()).turn_ms)
    share = (time.process_time() - cpu) / (time.monotonic() - wall)
    health = newest.health(clock.now())
    for task in (reading, beating):
        task.cancel()
    await asyncio.gather(reading, beating, return_exceptions=True)
    history.close()
    scribe.close()
    return health.points, times, share


def ingest_rows(folder: Path) -> list[dict]:
    """Figures of the wire-to-history run."""
    with server(BANKS) as ports:
        points, times, share = asyncio.run(wire_to_history(folder, ports))
    p99 = float(np.percentile(times, 99))
    name = f"{points:,} points at 1 Hz from the wire to the history ({BANKS} devices, 803 x {STRINGS})"
    return [
        {"name": f"{name}: turn p99", "ours": round(p99, 1), "unit": "ms", "target": "< 250", "met": p99 < 250},
        {"name": f"{name}: CPU", "ours": round(share, 2), "unit": "cores", "target": "<= 1", "met": share <= 1},
    ]


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def turn_times(data: Path, seconds: int) -> list[float]:
    """Turn times in ms as the engine's health tells them, one a turn."""
    desk, times, seen = DeskClient(data / "desk.sock"), [], 0
    until = time.monotonic() + seconds
    async for live in desk.follow():
        health: EngineHealth = live.health
        if health.turn != seen:
            seen = health.turn
            times.append(health.turn_ms)
        if time.monotonic() > until:
            break
    return times


def ask(port: int, stop: Flag, count: Count) -> None:
    """Ask for pages, each as soon as the one before was answered or refused, until told to stop."""
    while not stop.is_set():
        for page in ("/login", "/healthz", "/api/v1/alarms", "/"):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{page}", timeout=10) as answer:
                    answer.read()
            except (urllib.error.URLError, OSError):
                pass
            with count.get_lock():
                count.value += 1


def flood(port: int, stop: Flag, count: Count) -> None:
    """A process of askers that yields to the site, as other machines' processors do not compete with it."""
    os.nice(10)
    threads = [threading.Thread(target=ask, args=(port, stop, count)) for _ in range(FLOOD_THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


async def ask_on(port: int, stop: Flag, count: Count) -> None:
    """Hold HELD connections, and ask OPEN_PER_S times a second on new ones, whatever became of those before."""

    async def hold() -> None:
        while True:  # one that the console closes is opened again
            with suppress(OSError):
                reader, _ = await asyncio.open_connection("127.0.0.1", port)
                await reader.read()

    async def one() -> None:
        try:
            async with asyncio.timeout(20):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET /login HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n")
                await reader.read()
                writer.close()
        except (OSError, TimeoutError):
            return
        with count.get_lock():
            count.value += 1

    asked = {asyncio.create_task(hold()) for _ in range(HELD)}
    began, sent = time.monotonic(), 0
    while not stop.is_set():
        while sent < (time.monotonic() - began) * OPEN_PER_S:
            sent += 1
            task = asyncio.create_task(one())
            asked.add(task)
            task.add_done_callback(asked.discard)
        await asyncio.sleep(1 / OPEN_PER_S)
    for task in asked:
        task.cancel()


def open_flood(port: int, stop: Flag, count: Count) -> None:
    """A process of the crowd that does not wait; it yields to the site as `flood` does."""
    os.nice(10)
    asyncio.run(ask_on(port, stop, count))


def enter(log: Path, port: int) -> urllib.request.OpenerDirector:
    """A person's browser, logged in by the enrolment link that the log shows."""
    link = re.search(r"enrol\?token=(\S+)", log.read_text())
    assert link is not None, "the log shows no enrolment link"
    word = "a long sentence that nobody guesses"
    fields = {"token": link[1], "name": "kim", "password": word, "again": word}
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    browser.open(f"http://127.0.0.1:{port}/enrol", urllib.parse.urlencode(fields).encode(), timeout=30).read()
    return browser


def read_pages(browser: urllib.request.OpenerDirector, port: int, until_s: float) -> list[float]:
    """How long the site page took, in ms, once a second until the monotonic clock says `until_s`."""
    found = []
    while time.monotonic() < until_s:
        began = time.monotonic()
        browser.open(f"http://127.0.0.1:{port}/", timeout=30).read()
        found.append((time.monotonic() - began) * 1000)
        time.sleep(1)
    return found


def crowded(crowd: Any, port: int, data: Path, browser: Any) -> tuple[list[float], list[float], float]:
    """Turn times and a person's page times in ms while a crowd is at the console, and the answers it got a second."""
    context = multiprocessing.get_context("spawn")
    stop, count = context.Event(), context.Value("q", 0)
    process = context.Process(target=crowd, args=(port, stop, count), daemon=True)
    process.start()
    until = time.monotonic() + CROWD_UP_S
    while not count.value and time.monotonic() < until:
        time.sleep(0.2)
    first = count.value
    with ThreadPoolExecutor() as pool:
        pages = pool.submit(read_pages, browser, port, time.monotonic() + MEASURE_S)
        turns = asyncio.run(turn_times(data, MEASURE_S))
    found = turns, pages.result(), (count.value - first) / MEASURE_S
    stop.set()
    process.join()
    return found


def flood_rows(folder: Path) -> list[dict]:
    """Turn p99 of the demo site while its console is flooded, against the same site quiet before and after."""
    data, port = folder / "data", free_port()
    log = (folder / "run.log").open("w+")
    command = [sys.executable, "-m", "ironkeep", "run", "--data", str(data), "--port", str(port)]
    run = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + 120
        while not re.search("Ctrl-C", (folder / "run.log").read_text()) and time.monotonic() < until:
            time.sleep(0.5)
        time.sleep(SETTLE_S)
        quiet = asyncio.run(turn_times(data, MEASURE_S))
        browser = enter(folder / "run.log", port)
        closed = crowded(flood, port, data, browser)
        open_loop = crowded(open_flood, port, data, browser)
        quiet += asyncio.run(turn_times(data, MEASURE_S))
    finally:
        run.send_signal(signal.SIGINT)
        run.wait(60)
        log.close()
    base = float(np.percentile(quiet, 99))
    told = {
        f"{FLOOD_THREADS} strangers who ask without pause": closed,
        f"strangers who ask {OPEN_PER_S} times a second whatever they are told, and hold {HELD} connections": open_loop,
    }
    return [row for crowd, found in told.items() for row in crowd_rows(crowd, *found, base)]


def crowd_rows(crowd: str, turns: list[float], pages: list[float], answers_per_s: float, base: float) -> list[dict]:
    """The two figures of one crowd: the turn against the quiet one, and a person's page."""
    told, p99 = f"{crowd} ({answers_per_s:.0f} answers/s)", float(np.percentile(turns, 99))
    page = float(np.percentile(pages, 95))
    return [
        {
            "name": f"turn p99 under {told} against quiet",
            "ours": round(p99, 1),
            "peer": round(base, 1),
            "ratio": round(p99 / base, 2),
            "unit": "ms",
            "target": "<= 1.2",
            "met": p99 <= 1.2 * base,
        },
        {
            "name": f"site page of a person who is logged in, under {told}: p95",
            "ours": round(page),
            "unit": "ms",
            "target": "< 500",
            "met": page < 500,
        },
    ]


def rows() -> list[dict]:
    """All figures of this page."""
    found = []
    for measure in (ingest_rows, flood_rows):
        with tempfile.TemporaryDirectory() as made:
            found += measure(Path(made))
    return found
