"""The spine against its peers, each pair in one run and in turns, so that a busy moment hits both.

Sizes come from the environment, so that a small run is possible: SPINE_APPENDS (facts a durable append), SPINE_BATCHES
(batches of 100), SPINE_PROOFS (facts in the trees proved on). A spine of ten million facts is `longspine.py`'s.
"""

import os
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pymerkle

from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.sqlite.adapter import SqliteFactStore, open_store
from ironkeep.facts.alarm import AlarmRaised, AlarmReturned
from ironkeep.facts.envelope import Draft, canonical
from ironkeep.facts.telemetry import SettingChanged
from ironkeep.model.ids import SiteId
from ironkeep.model.time import Now

APPENDS = int(os.environ.get("SPINE_APPENDS", "1000"))
BATCHES = int(os.environ.get("SPINE_BATCHES", "400"))
PROOFS = int(os.environ.get("SPINE_PROOFS", "1000000"))
QUERIES = 200  # proofs asked of ours; a tenth of that of the peer, which takes long
BATCH = 100
BULK = 5_000  # facts a commit where a long spine is only made ready
START_US = 1_795_132_800_000_000
SITE = SiteId("bench")


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="spine-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)


def drafts(rng: np.random.Generator, count: int) -> list[Draft]:
    """Facts as a site has them: a third alarms raised, a third returned, a third changed settings; 240 assets."""
    made: list[Draft] = []
    for kind, module in zip(rng.integers(0, 3, count), rng.integers(0, 240, count), strict=True):
        asset = f"cab-{'ab'[module % 2]}.s{module // 40}.m{module % 40:02d}"
        body: Any
        if kind == 0:
            body = AlarmRaised(
                "alarm_01JABCDEFGHJKMNPQRSTVWXYZ0", "cell-hot", asset, 1, "Cell temperature high", "61.2 °C", "55 °C",
                "A cell heats up", "Thermal runaway may follow", "Stop charging; keep out; look remotely", 120, "BMS",
                "thermal alarm", True, False, (asset,), "",
            )  # fmt: skip
        elif kind == 1:
            body = AlarmReturned("alarm_01JABCDEFGHJKMNPQRSTVWXYZ0", asset, "51.0 °C")
        else:
            body = SettingChanged(asset, "trip_over_c", "60", "62", "°C", "cell over-temperature trip", True)
        made.append(Draft(body, "room:alarms", "fact_01JABCDEFGHJKMNPQRSTVWXYZ0", START_US, START_US))
    return made


def now() -> Now:
    """The time of a commit."""
    return Now(START_US, 0)


def store_in(path: Path) -> SqliteFactStore:
    """A new spine."""
    return open_store(path / "spine.sqlite", open_signer(path / "keys", "ironkeep/bench"), SITE)


def one_by_one() -> dict[str, Any]:
    """Durable appends of one fact, ours signing a checkpoint each time, theirs not."""
    rng = np.random.default_rng(1)
    ours: list[float] = []
    theirs: list[float] = []
    with folder() as path:
        store = store_in(path)
        peer = pymerkle.SqliteTree(str(path / "peer.sqlite"))
        for draft in drafts(rng, APPENDS):
            begun = time.perf_counter()
            (fact,) = store.append((draft,), now())
            ours.append(time.perf_counter() - begun)
            entry = canonical(fact)
            begun = time.perf_counter()
            peer.append_entry(entry)
            theirs.append(time.perf_counter() - begun)
        store.close()
        peer.close()
    rate, other = APPENDS / sum(ours), APPENDS / sum(theirs)
    return figure("durable appends of one fact", rate, "pymerkle SqliteTree", other, rate / other, "facts/s", 2)


def batches() -> dict[str, Any]:
    """Batches of 100 facts against SQLite writing the same bytes by executemany, as durably."""
    rng = np.random.default_rng(2)
    ours: list[float] = []
    raw: list[float] = []
    with folder() as path:
        store = store_in(path)
        peer = sqlite3.connect(path / "peer.sqlite", isolation_level=None)
        peer.execute("PRAGMA journal_mode = WAL")
        peer.execute("PRAGMA synchronous = FULL")
        peer.execute("CREATE TABLE facts (seq INTEGER PRIMARY KEY, data BLOB NOT NULL)")
        for _ in range(BATCHES):
            batch = drafts(rng, BATCH)
            begun = time.perf_counter()
            facts = store.append(batch, now())
            ours.append(time.perf_counter() - begun)
            rows = [(fact.seq, canonical(fact)) for fact in facts]
            begun = time.perf_counter()
            peer.execute("BEGIN IMMEDIATE")
            peer.executemany("INSERT INTO facts VALUES (?, ?)", rows)
            peer.execute("COMMIT")
            raw.append(time.perf_counter() - begun)
        store.close()
        peer.close()
    rate, other = BATCHES * BATCH / sum(ours), BATCHES * BATCH / sum(raw)
    return figure("batches of 100 facts", rate, "SQLite executemany", other, rate / other, "facts/s", 0.5)


def proofs() -> dict[str, Any]:
    """Inclusion proofs at random places of long logs."""
    rng = np.random.default_rng(3)
    with folder() as path:
        store = store_in(path)
        peer_file = path / "peer.sqlite"
        pymerkle.SqliteTree(str(peer_file)).close()
        connection = sqlite3.connect(peer_file)  # fill theirs in bulk; their own way is one commit an entry
        for first in range(0, PROOFS, BULK):
            facts = store.append(drafts(rng, min(BULK, PROOFS - first)), now())
            entries = [canonical(fact) for fact in facts]
            hashes = pymerkle.InmemoryTree(algorithm="sha256")
            connection.executemany(
                "INSERT INTO leaf(entry, hash) VALUES (?, ?)", [(each, hashes.hash_buff(each)) for each in entries]
            )
        connection.commit()
        connection.close()
        peer = pymerkle.SqliteTree(str(peer_file))
        peer.prove_inclusion(1)
        store.inclusion(0)
        ours: list[float] = []
        theirs: list[float] = []
        for nth, seq in enumerate(rng.integers(0, PROOFS, QUERIES)):
            begun = time.perf_counter()
            store.inclusion(int(seq))
            ours.append(time.perf_counter() - begun)
            if nth % 10 == 0:
                begun = time.perf_counter()
                peer.prove_inclusion(int(seq) + 1)
                theirs.append(time.perf_counter() - begun)
        store.close()
        peer.close()
    mine, other = statistics.median(ours) * 1e3, statistics.median(theirs) * 1e3
    return figure(
        f"inclusion proof p50 at {PROOFS:,} facts", mine, "pymerkle SqliteTree", other, other / mine, "ms", 50
    )


def figure(name: str, ours: float, peer: str, theirs: float, ratio: float, unit: str, target: float) -> dict[str, Any]:
    """One row: our side, the peer's, and how many times better ours is."""
    return {
        "name": name, "ours": round(ours, 3), "peer": f"{peer}: {theirs:.3f}", "ratio": round(ratio, 2), "unit": unit,
        "target": f">= {target:g}x", "met": ratio >= target,
    }  # fmt: skip


def rows() -> list[dict[str, Any]]:
    """The figures of the spine."""
    return [one_by_one(), batches(), proofs()]
