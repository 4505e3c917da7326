"""A process that appends to a spine and says so: after each commit it writes the seqs and the root to its own output.

Called with the folder, a seed and how many commits to make. What it says is said only after `append` returned.
"""

import sys
from pathlib import Path

import numpy as np

from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.sqlite.adapter import open_store
from ironkeep.model.time import Now
from tests.ports.test_fact_store import SITE, START_US, draft


def main(folder: Path, seed: int, commits: int) -> None:
    """Append until killed or done."""
    rng = np.random.default_rng(seed)
    store = open_store(folder / "spine.sqlite", open_signer(folder / "keys", "ironkeep/harbor"), SITE)
    print(f"found {' | '.join(store.found)}", flush=True)
    at_us = START_US
    for _ in range(commits):
        at_us += int(rng.choice([1_000_000, 3_600_000_000, -3_600_000_000]))  # the clock leaps an hour either way
        facts = store.append([draft(rng) for _ in range(int(rng.choice([1, 1, 1, 3, 40, 300])))], Now(at_us, 0))
        print(f"kept {facts[-1].seq + 1} {store.checkpoint().decode().split()[2]}", flush=True)
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
