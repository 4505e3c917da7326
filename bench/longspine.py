"""A long spine: `verify` over all of it, and an engine that starts on it.

SPINE_VERIFY says how many facts (ten million when it says nothing). SPINE_KEPT names a folder in which the spine stays
for the next run, because making it takes most of the time; without it, it is gone afterwards. The spine is that of the
demo site, with the snapshot that its engine would have kept: 20,000 facts before the end, the most that it lets come
together.
"""

import asyncio
import itertools
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from spine import START_US, drafts, folder

from ironkeep.adapters.desks.unix.adapter import DeskClient
from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.sqlite.adapter import open_reader, open_store
from ironkeep.adapters.stores.sqlite.snapshots import open_snapshots
from ironkeep.engine.rebuild import SNAPSHOT_EVERY, save
from ironkeep.engine.turn import Rooms
from ironkeep.model.errors import Unavailable
from ironkeep.model.time import Now
from ironkeep.packs.sites.demo import demo_text
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.policies import policies
from ironkeep.programs.site import demo_declaration

COUNT = int(os.environ.get("SPINE_VERIFY", "10000000"))
KEPT = os.environ.get("SPINE_KEPT", "")
BULK = 5_000  # facts a commit while the spine is made ready
STARTS = 3  # of each kind; the slowest counts
FIRST_TURN_S_MAX = 300
"""Seconds; an engine that shows no turn by then shows none."""


@contextmanager
def long_spine() -> Iterator[DataFolder]:
    """The data folder of a site with a long spine: the kept one, or one made for this run."""
    if KEPT:
        kept = Path(KEPT)
        if not (kept / "made").exists():
            make(DataFolder(kept))
        yield DataFolder(kept)
        return
    with folder() as path:
        made = DataFolder(path / "data")
        make(made)
        yield made


def make(data: DataFolder) -> None:
    """Write the spine and the snapshot. What the rooms remember of it, one round of the stock teaches them whole."""
    data.prepare()
    site = demo_declaration()
    nobody = itertools.count(1024)  # ports at which nobody answers
    data.site.write_text(re.sub(r'(?m)^port = "[^"\n]*"', lambda _: f"port = {next(nobody)}", demo_text()))
    store = open_store(data.spine, open_signer(data.keys, site.id), site.id)
    snapshots = open_snapshots(data.snapshots)
    rooms = Rooms.empty(policies(site))
    stock = drafts(np.random.default_rng(4), BULK)
    before = max(COUNT - SNAPSHOT_EVERY, 0)
    while store.size() < before:
        facts = store.append(stock[: before - store.size()], Now(START_US, 0))
        if before - store.size() < 2 * BULK:
            rooms.absorb(facts)
    save(rooms, snapshots, store.size())
    while store.size() < COUNT:
        store.append(stock[: COUNT - store.size()], Now(START_US, 0))
    store.close()
    snapshots.close()
    (data.path / "made").touch()


def verify_rows(data: DataFolder) -> list[dict[str, Any]]:
    """`verify` with key and checkpoint: seconds and the memory of all its processes together."""
    reader = open_reader(data.spine)
    count = reader.size()
    (data.path / "kept").write_bytes(reader.checkpoint())
    reader.close()
    key = (data.keys / "log.vkey").read_text().strip()
    begun = time.perf_counter()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, __file__, str(data.path), key]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        peak = watched(process)
        assert process.stdout is not None
        said = process.stdout.read()
    seconds = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    assert said.strip() == f"0 {count}", said
    share = count / 10_000_000
    note = (
        f"{data.spine.stat().st_size / 1e9:.1f} GB; {cpu_s:.1f} s of processor, {cpu_s / count * 1e6:.1f} us a fact;"
        " a checking process for each processor, four at most, and one that puts together"
    )
    return [
        {
            "name": f"verify of {count:,} facts", "ours": round(seconds, 1), "unit": "s", "note": note,
            "target": f"< {60 * share:g} s on two cores", "met": seconds < 60 * share,
        },
        {
            "name": f"memory of verify over {count:,} facts", "ours": round(peak / 1e6), "unit": "MB",
            "note": "resident, shared pages counted in each process", "target": "< 500 MB", "met": peak < 500e6,
        },
    ]  # fmt: skip


def start_rows(data: DataFolder) -> list[dict[str, Any]]:
    """From starting the engine's process to its first turn as a face sees it: after an orderly end, and after it was
    killed. The devices of the site do not answer; the turn judges them all the same.
    """
    started(data, signal.SIGTERM)  # declares site and policies; after it, starts are like each other
    orderly = [started(data, signal.SIGTERM) for _ in range(STARTS - 1)]
    orderly.append(started(data, signal.SIGKILL))
    killed = [started(data, signal.SIGKILL) for _ in range(STARTS - 1)]
    killed.append(started(data, signal.SIGTERM))
    reader = open_reader(data.spine)
    count = reader.size()
    reader.close()
    return [
        {
            "name": f"{count:,} facts to the first turn {words}, the engine's process whole, slowest of {STARTS}",
            "ours": round(max(wall for wall, _ in found), 2), "unit": "s",
            "note": f"{max(cpu for _, cpu in found):.1f} s of processor, imports included",
            "target": "< 5", "met": max(wall for wall, _ in found) < 5,
        }
        for words, found in (("after an orderly end", orderly), ("after a kill", killed))
    ]  # fmt: skip


def started(data: DataFolder, end: signal.Signals) -> tuple[float, float]:
    """Seconds, and seconds of processor, to the first turn of an engine, which is then ended by that signal."""
    command = [sys.executable, "-m", "ironkeep", "engine", "--data", str(data.path), "--site", str(data.site)]
    begun = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as engine:
        try:
            asyncio.run(first_turn(data.desk, engine))
            return time.monotonic() - begun, used_s(engine.pid)
        finally:
            engine.send_signal(end)


async def first_turn(desk: Path, engine: "subprocess.Popen[bytes]") -> None:
    """Wait until a follower is shown a turn. Raises RuntimeError when the engine ends, TimeoutError when none comes."""
    async with asyncio.timeout(FIRST_TURN_S_MAX):
        while engine.poll() is None:
            try:
                async for live in DeskClient(desk).follow():
                    if live.health.turn >= 1:
                        return
            except (Unavailable, OSError):
                await asyncio.sleep(0.02)
    raise RuntimeError(f"the engine ended with {engine.returncode}")


def used_s(pid: int) -> float:
    """Seconds of processor that a process has used, as proc(5) has it: fields 14 and 15 of its stat, in ticks."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def watched(process: "subprocess.Popen[str]") -> int:
    """The most memory, in bytes, that a process and its children had resident together."""
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(resident(pid) for pid in family(process.pid)))
        time.sleep(0.1)
    return peak


def family(pid: int) -> list[int]:
    """A process and everything below it."""
    try:
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(each for child in below for each in family(int(child)))]


def resident(pid: int) -> int:
    """Bytes of a process in memory now."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def rows() -> list[dict[str, Any]]:
    """The figures of a long spine."""
    with long_spine() as data:
        return [*verify_rows(data), *start_rows(data)]


if __name__ == "__main__":  # the process that verify_rows() measures
    from ironkeep.programs.verify.run import run

    found = run(Path(sys.argv[1]) / "spine.sqlite", sys.argv[2], Path(sys.argv[1]) / "kept")
    print(found.code, found.facts)
