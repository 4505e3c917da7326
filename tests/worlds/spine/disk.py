"""A spine on a small disk of its own, run inside a mount namespace of its own: full, then read-only, then well again.

It prints one line for each thing that it saw; the test reads them. Called with the empty folder to mount upon.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.sqlite.adapter import SqliteFactStore, open_reader, open_store
from ironkeep.adapters.stores.sqlite.snapshots import open_snapshots
from ironkeep.facts.envelope import Fact
from ironkeep.model.errors import Unavailable
from ironkeep.programs.verify.run import run
from tests.ports.test_fact_store import SITE, fill

SIZE = "5m"
BATCHES_MAX = 4_000


def until_refused(store: SqliteFactStore, rng: np.random.Generator, sizes: tuple[int, ...]) -> tuple[list[Fact], str]:
    """Append until the disk refuses; what was acknowledged, and the words of the refusal."""
    facts: list[Fact] = []
    for nth in range(BATCHES_MAX):
        try:
            facts += fill(store, rng, (sizes[nth % len(sizes)],))
        except Unavailable as exc:
            return facts, str(exc)
    raise AssertionError("the disk never refused")


def same(store: SqliteFactStore, facts: list[Fact]) -> bool:
    return list(store.read()) == facts and store.size() == len(facts)


def main(folder: Path) -> None:
    """Fill the disk with a spine, free it, make it read-only, and go on each time."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], check=True)
    rng = np.random.default_rng(4)
    signer = open_signer(folder / "keys", "ironkeep/harbor")
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(2_500_000))
    store = open_store(folder / "spine.sqlite", signer, SITE)
    facts, words = until_refused(store, rng, (1, 30, 300))
    print("full:", words)
    for _ in range(3):
        more, words = until_refused(store, rng, (300,))
        facts += more
    print("full, nothing half:", same(store, facts))
    ballast.unlink()
    facts += fill(store, rng, (1, 20))
    print("space again:", same(store, facts))
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=False)
    remounted = subprocess.run(
        ["findmnt", "-n", "-o", "OPTIONS", str(folder)], capture_output=True, text=True, check=True
    )
    if "ro" not in remounted.stdout.strip().split(","):  # busy: a file is open for writing; then by closing it first
        store.abandon()
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        try:
            open_store(folder / "spine.sqlite", signer, SITE)
        except Unavailable as exc:
            print("read-only:", exc)
        print("read-only, verify:", run(folder / "spine.sqlite", signer.verifier_key).code)
        subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
        store = open_store(folder / "spine.sqlite", signer, SITE)
        print("found:", " | ".join(store.found))
    facts += fill(store, rng, (1, 2))
    print("writable again:", same(store, facts))
    snapshots = open_snapshots(folder / "snapshots.sqlite")
    try:
        snapshots.save("fold", 1, 5, bytes(9_000_000))
    except Unavailable as exc:
        print("snapshot:", exc)
    snapshots.save("fold", 1, 5, b"small")
    print("snapshot after:", snapshots.load("fold", 1) == (5, b"small"))
    store.close()
    print("verify:", run(folder / "spine.sqlite", signer.verifier_key).code)
    snapshots.close()
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    print("read-only, read:", list(open_reader(folder / "spine.sqlite").read()) == facts)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
