"""The history: appending frames against a raw write of the same bytes, a 30-day trend against SQLite, bytes a value.

The 30-day set is made by the product's own segment writer, day by day as compaction leaves it: 1,000 signals at 1 Hz,
2.6 thousand million values, which takes minutes; IRONKEEP_BENCH_HISTORY_DAYS and IRONKEEP_BENCH_HISTORY_SIGNALS make it
smaller, and the rows say what was measured. Rollups are written for all signals, samples only for those of the first
file of each day (three assets in ten), because a trend opens no other: the catalogue says where an asset lies. SQLite
gets the same signal and as many others as IRONKEEP_BENCH_HISTORY_PEERS says, keyed (signal, time) WITHOUT ROWID: its
query reads one range of the key, so further signals would cost it disk and depth but next to no time. Values are a slow
curve with noise of about a step, rounded to a millivolt, as cell voltages are.

A whole day is also recorded, sealed every quarter of an hour and compacted by the product's own upkeep process, each
value fresh every second. IRONKEEP_BENCH_HISTORY_DAY_POINTS says of how many points; what a day of 100,000 would take is
reckoned from the rate, since no file of it is larger for there being more of them.
"""

import dataclasses
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from ironkeep.adapters.stores.history import catalogue as cat
from ironkeep.adapters.stores.history import config
from ironkeep.adapters.stores.history.adapter import WORKER, open_history, open_history_reader
from ironkeep.adapters.stores.history.compaction import files_of
from ironkeep.adapters.stores.history.door import connect
from ironkeep.adapters.stores.history.minutes import MINUTE_US, roll
from ironkeep.adapters.stores.history.parquet import write_minutes, write_samples
from ironkeep.adapters.stores.history.sealing import DAY_US, spread, width
from ironkeep.adapters.stores.history.upkeep import Job
from ironkeep.codecs.chunks import Block, Minutes, digests
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.ids import AssetId, DeviceId, PointName
from ironkeep.model.point import PointClass, PointKind, PointSpec
from ironkeep.model.time import SECOND_US, Now
from ironkeep.ports.history import HistoryPolicy

START_US = 1_795_132_800 * SECOND_US
DAY_S = 86_400
DAYS = int(os.environ.get("IRONKEEP_BENCH_HISTORY_DAYS", "30"))
SIGNALS = int(os.environ.get("IRONKEEP_BENCH_HISTORY_SIGNALS", "1000"))
DAY_POINTS = int(os.environ.get("IRONKEEP_BENCH_HISTORY_DAY_POINTS", "1000"))
SITE_POINTS = 100_000
PEERS = int(os.environ.get("IRONKEEP_BENCH_HISTORY_PEERS", "1"))
ASSETS = 10
BUCKETS = 1_000
TURNS = 150
ASKED = 9
MINUTE_COLUMNS = ("asset", "point", "minute_us", "low", "mean", "high", "count", "quality")


def shape(assets: int, points: int) -> FrameLayout:
    def spec(i: int) -> PointSpec:
        return PointSpec(
            name=PointName(f"cell_voltage_{i:03d}_v"),
            unit="V",
            kind=PointKind.ANALOG,
            point_class=PointClass.MEASUREMENT,
        )

    return FrameLayout(
        group=f"bench-{assets}x{points}",
        assets=tuple(AssetId(f"cab-a.s{i // 20}.m{i % 20:02d}") for i in range(assets)),
        devices=tuple(DeviceId("bms") for _ in range(assets)),
        analog=tuple(spec(i) for i in range(points)),
        integer=(),
        period_s=1.0,
        age_limit_s=5.0,
    )


def frames(layout: FrameLayout, turns: int) -> list[Frame]:
    rng = np.random.default_rng(7)
    rows, points = len(layout.assets), len(layout.analog)
    values = np.round(3.3 + rng.normal(0, 0.001, (rows, points)), 3).astype(np.float32)
    return [
        Frame(
            layout,
            START_US + turn * SECOND_US,
            values + np.float32(turn * 0.001),
            np.empty((rows, 0), np.int64),
            np.zeros((rows, points), np.uint16),
            np.full(rows, START_US + turn * SECOND_US - 1, np.int64),
            np.full(rows, turn + 1, np.int64),
        )
        for turn in range(turns)
    ]


def timed(action: Callable[[], object]) -> float:
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def appending(folder: Path, points: int) -> list[dict]:
    """Turn by turn: our append, then a raw write and fdatasync of as many bytes."""
    layout = shape(points // 100, 100)
    held = frames(layout, TURNS)
    now = Now(START_US, 1)
    history = open_history(folder / f"append-{points}", HistoryPolicy(), lambda: now)
    raw = os.open(folder / f"raw-{points}", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    history.append(held[:1], "")
    path = next((folder / f"append-{points}" / "hot").iterdir())
    before = path.stat().st_size
    history.append(held[1:2], "")
    size = path.stat().st_size - before
    data = os.urandom(size)
    ours, peer = [], []

    def write_raw() -> None:
        os.write(raw, data)
        os.fdatasync(raw)

    for frame in held[2:]:
        ours.append(timed(lambda frame=frame: history.append([frame], "")))
        peer.append(timed(write_raw))
    history.close()
    os.close(raw)
    mean_ours, mean_peer = statistics.mean(ours), statistics.mean(peer)
    return [
        {
            "name": f"history: append a turn of {points:,} points ({size:,} bytes), against raw write + fdatasync",
            "ours": round(mean_ours * 1e3, 3),
            "peer": round(mean_peer * 1e3, 3),
            "ratio": round(mean_peer / mean_ours, 2),
            "unit": "ms",
            "target": ">= 0.5x",
            "met": mean_peer / mean_ours >= 0.5,
        },
        {
            "name": f"history: append a turn of {points:,} points, 99th percentile",
            "ours": round(sorted(ours)[int(len(ours) * 0.99)] * 1e3, 3),
            "unit": "ms",
        },
    ]


def day_block(layout: FrameLayout, day: int, first: int, last: int) -> Block:
    """A day at 1 Hz of some assets."""
    rng = np.random.default_rng([day, first])
    assets, points = last - first, len(layout.analog)
    samples = assets * DAY_S
    seconds = np.tile(np.arange(DAY_S, dtype=np.int64), assets)
    at_us = START_US + day * DAY_US + seconds * SECOND_US
    curve = (3300 + 50 * np.sin(np.arange(samples) / 13_000)).astype(np.float32)
    noise = rng.standard_normal(samples + points, np.float32)  # each point a second later in the same noise
    analog = np.empty((points, samples), np.float32)
    for point in range(points):
        np.rint(curve + noise[point : point + samples] + np.float32(point), out=analog[point])
    analog *= np.float32(0.001)
    return Block(
        layout=layout,
        first=first,
        last=last,
        bounds=np.arange(assets + 1, dtype=np.int64) * DAY_S,
        frame=seconds.astype(np.uint32),
        at_us=at_us,
        collected_us=at_us + rng.integers(0, 30_000, samples),
        polls=seconds + 1,
        analog=analog,
        integer=np.empty((0, samples), np.int64),
        quality=np.zeros((points, samples), np.uint16),
    )


def build(folder: Path, layout: FrameLayout) -> tuple[cat.Catalogue, int, float, float]:
    """The set of DAYS days: its catalogue, values written as samples, the seconds that took, values digested a
    second.
    """
    engine = connect(folder, config.WRITER_MEMORY, 2)
    cat.save_layout(folder, layout)
    stretches = []
    writing = digesting = 0.0
    for day in range(DAYS):
        file = f"{layout.group}/day-{day:03d}/whole"
        raw: list[cat.Part] = []
        minutes: list[Minutes] = []
        for i, (a, b) in enumerate(spread(ASSETS, DAY_S, width(layout), config.CELLS_A_DAY_PART)):
            block = day_block(layout, day, a, b)
            begin = time.perf_counter()
            size = 0
            if not i:
                size = write_samples(engine, cat.raw_files(folder, file, 1)[0], layout, [("s", block)])
                writing += time.perf_counter() - begin
            raw.append(cat.Part(a, b, size))
            minutes.append(roll(block))
            middle = time.perf_counter()
            if not stretches and not i:
                digests(block)
                digesting = block.analog.size / (time.perf_counter() - middle)
        whole = Minutes(*(np.concatenate([getattr(each, name) for each in minutes]) for name in MINUTE_COLUMNS))
        rolled = cat.Part(
            0, ASSETS, write_minutes(engine, cat.minute_files(folder, file, 1)[0], layout, [("s", whole)])
        )
        begins = START_US + day * DAY_US
        stretches.append(
            cat.Stretch(day + 1, file, layout.group, layout.digest, begins // DAY_US, begins, begins + DAY_US, 96,
                        tuple(raw), (rolled,))
        )  # fmt: skip
    engine.close()
    book = cat.Catalogue(stretches=tuple(stretches))
    cat.save(folder, book)
    return book, DAYS * DAY_S * book.stretches[0].raw[0].last * len(layout.analog), writing, digesting


def sqlite_set(path: Path, layout: FrameLayout) -> sqlite3.Connection:
    """The same signal (signal 0) and some others in SQLite, keyed (signal, time)."""
    store = sqlite3.connect(path)
    store.execute("PRAGMA journal_mode=OFF")
    store.execute("PRAGMA synchronous=OFF")
    store.execute("PRAGMA cache_size=-262144")
    store.execute("PRAGMA temp_store=MEMORY")
    store.execute("CREATE TABLE s (sig INTEGER, ts INTEGER, v REAL, q INTEGER, PRIMARY KEY (sig, ts)) WITHOUT ROWID")
    for signal in range(1 + PEERS):
        for day in range(DAYS):
            block = day_block(shape(ASSETS, 1), day, 0, 1)
            rows = zip(
                [signal] * DAY_S, block.collected_us.tolist(), block.analog[0].tolist(), [0] * DAY_S, strict=True
            )
            store.executemany("INSERT INTO s VALUES (?, ?, ?, ?)", rows)
    store.commit()
    return store


def trends(folder: Path) -> list[dict]:
    layout = shape(ASSETS, SIGNALS // ASSETS)
    here = folder / "sealed"
    here.mkdir()
    book, values, writing, digesting = build(here, layout)
    there = book.stretches[0].raw[0].last  # assets whose samples were written
    reader = open_history_reader(here)
    first, last = START_US + 17 * SECOND_US, START_US + DAYS * DAY_US - 17 * SECOND_US
    asked = [
        (layout.assets[i % there], layout.analog[(i * 7) % len(layout.analog)].name) for i in range(ASKED)
    ]  # another signal each time: nothing of it is cached by us
    cold = timed(lambda: open_history_reader(here).trend(*asked[0], first, last, BUCKETS))
    ours = statistics.median(timed(lambda each=each: reader.trend(*each, first, last, BUCKETS)) for each in asked)
    # One second less than a minute a bucket is not whole minutes: samples are read.
    hours = 16
    fine = statistics.median(
        timed(lambda each=each: reader.trend(*each, last - hours * 3600 * SECOND_US, last, BUCKETS)) for each in asked
    )
    without = here.parent / "samples-only"
    shutil.copytree(here, without, copy_function=os.link)
    every_sample = samples_only(without, layout, first, last)
    store = sqlite_set(folder / "peer.sqlite", layout)
    bucket_us = -(-(last - first) // BUCKETS // MINUTE_US) * MINUTE_US
    sql = (
        "SELECT (ts - ?) / ?, min(v), avg(v), max(v), count(*), max(q) FROM s "
        "WHERE sig = 0 AND ts >= ? AND ts < ? GROUP BY 1"
    )
    peer = statistics.median(
        timed(lambda: store.execute(sql, (first, bucket_us, first, last)).fetchall()) for _ in range(3)
    )
    store.close()
    sizes = dict.fromkeys((cat.RAW, cat.MINUTES), 0)
    for stretch in book.stretches:
        for path in files_of(here, stretch):
            if path.exists():
                sizes[path.relative_to(here).parts[0]] += path.stat().st_size
    what = f"{DAYS} days at 1 Hz of one signal among {SIGNALS:,}"
    return [
        {
            "name": f"history: trend over {what}, against SQLite keyed (signal, time)",
            "ours": round(ours, 4),
            "peer": round(peer, 4),
            "ratio": round(peer / ours, 1),
            "unit": "s",
            "target": "< 0.2 s",
            "met": ours < 0.2,
        },
        {
            "name": "history: the same from every sample instead of rollups, against SQLite",
            "ours": round(every_sample, 4),
            "peer": round(peer, 4),
            "ratio": round(peer / every_sample, 1),
            "unit": "s",
        },
        {
            "name": f"history: trend over {what}, first question of a new process's reader",
            "ours": round(cold, 4),
            "unit": "s",
        },
        {"name": f"history: trend over the last {hours} h, from samples", "ours": round(fine, 4), "unit": "s"},
        {
            "name": "history: samples on disk, with times and quality",
            "ours": round(sizes[cat.RAW] / values, 3),
            "unit": "bytes/value",
        },
        {
            "name": "history: one-minute rollups on disk",
            "ours": round(sizes[cat.MINUTES] / (DAYS * DAY_S * SIGNALS / 60), 2),
            "unit": "bytes/signal-minute",
        },
        {
            "name": "history: writing samples",
            "ours": round(values / writing / 1e6, 1),
            "unit": "M values/s",
        },
        {
            "name": "history: digesting canonical chunks",
            "ours": round(digesting / 1e6, 1),
            "unit": "M values/s",
        },
    ]


def samples_only(folder: Path, layout: FrameLayout, first: int, last: int) -> float:
    """Seconds for the 30-day trend when only samples are there."""
    book = cat.load(folder)
    (folder / cat.NAME).unlink()
    cat.save(
        folder,
        msgspec.structs.replace(
            book, stretches=tuple(msgspec.structs.replace(each, minutes=()) for each in book.stretches)
        ),
    )
    reader = open_history_reader(folder)
    signal = layout.assets[0], layout.analog[1].name
    return statistics.median(timed(lambda: reader.trend(*signal, first, last, BUCKETS)) for _ in range(3))


def record_day(folder: Path) -> int:
    """Append a day at 1 Hz as an engine does, without its upkeep; returns the number of the next log."""
    layout = shape(DAY_POINTS // 100, 100)
    held = frames(layout, 60)
    clock = [Now(START_US, 0)]
    history = open_history(folder, HistoryPolicy(hot_kept_s=0), lambda: clock[0])
    for second in range(DAY_S):
        at_us = START_US + second * SECOND_US
        clock[0] = Now(at_us, second * SECOND_US)
        assets = len(layout.assets)
        history.append(
            [
                dataclasses.replace(
                    held[second % 60],
                    at_us=at_us,
                    collected_us=np.full(assets, at_us - 1, np.int64),
                    polls=np.full(assets, second + 1, np.int64),
                )
            ],
            "",
        )
    history.close()
    return 1 + max(int(path.stem.split("-")[-1]) for path in (folder / cat.HOT).iterdir())


def upkeep(folder: Path, at_us: int, open_log: int) -> tuple[float, float, int]:
    """A run of the upkeep process: seconds, seconds of processor, and the most bytes it had in memory."""
    job = Job(folder=str(folder), policy=HistoryPolicy(hot_kept_s=0), at_us=at_us, open_log=open_log, steady=False)
    begin = time.perf_counter()
    with subprocess.Popen([sys.executable, "-m", WORKER], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(job) + b"\n")
        process.stdin.flush()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, process.returncode
    return time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def whole_day(folder: Path) -> list[dict]:
    next_log = record_day(folder)
    values = DAY_POINTS * DAY_S
    found = []
    for name, at_us in (("sealed in quarters of an hour", START_US + DAY_US - 1), ("compacted", START_US + 2 * DAY_US)):
        seconds, cpu_s, peak = upkeep(folder, at_us, next_log)
        site_s = cpu_s * SITE_POINTS / DAY_POINTS
        found += [
            {
                "name": f"history: a day at 1 Hz of {DAY_POINTS:,} points {name}",
                "ours": round(values / cpu_s / 1e6, 2),
                "unit": "M values a second of processor",
                "note": f"{seconds:.1f} s; at this rate a day of {SITE_POINTS:,} points costs"
                f" {site_s / 3600:.1f} h of one core at the lowest priority, spread over the day",
                "target": "a day in under 12 h of one core",
                "met": site_s < DAY_S / 2,
            },
            {
                "name": f"history: the upkeep process, a day {name}, most memory",
                "ours": round(peak / 1e6),
                "unit": "MB",
                "target": "< 2,000 MB",
                "met": peak < 2e9,
            },
        ]
    book = cat.load(folder)
    assert sum(each.segments for each in book.stretches) == DAY_S // 900, book.stretches
    return found


def rows() -> list[dict]:
    """One row a figure."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("IRONKEEP_BENCH_DIR")) as name:
        folder = Path(name)
        return [*appending(folder, 10_000), *appending(folder, 100_000), *trends(folder), *whole_day(folder / "day")]
