"""A real writer, killed at any moment: no acknowledged fact is lost, none is there twice, and the next start says
so.
"""

import base64
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.sqlite.adapter import open_store
from ironkeep.facts import tree
from ironkeep.programs.verify.run import run
from tests.ports.test_fact_store import SITE, fill


def written(folder, seed: int, wait_s: float, root) -> list[tuple[int, bytes]]:
    """Let a writer run, kill it after it has said something and some time more; what it acknowledged."""
    command = [sys.executable, "-m", "tests.worlds.spine.writer", str(folder), str(seed), "100000"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        assert lines[0].startswith("found"), lines
        time.sleep(wait_s)
        os.kill(process.pid, signal.SIGKILL)
        lines += process.stdout.readlines()
    assert process.returncode == -signal.SIGKILL
    kept = [line.split() for line in lines if line.startswith("kept") and line.endswith("\n")]
    return [(int(size), base64.b64decode(head)) for _, size, head in kept]


@pytest.mark.parametrize("seed", [3, 20261121])
def test_a_writer_killed_at_random_loses_nothing_acknowledged_and_repeats_nothing(tmp_path, root, seed: int) -> None:
    rng = np.random.default_rng(seed)
    acknowledged: list[tuple[int, bytes]] = []
    for life in range(4):
        acknowledged += written(tmp_path, seed * 100 + life, float(rng.uniform(0.0, 0.5)), root)
        store = open_store(tmp_path / "spine.sqlite", open_signer(tmp_path / "keys", "ironkeep/harbor"), SITE)
        assert not store.clean
        assert any("not orderly" in each for each in store.found), store.found
        leaves = tree.leaf_hashes(store.entries())
        assert [fact.seq for fact in store.read()] == list(range(len(leaves)))
        assert len({fact.id for fact in store.read()}) == len(leaves)
        frontier = tree.Frontier()
        for size, head in acknowledged:
            assert size <= len(leaves)
            frontier = frontier.grown(leaves[frontier.size : size])
            assert frontier.root() == head
        fill(store, rng, (2,))
        acknowledged.append((len(leaves) + 2, tree.subtree_root(tree.leaf_hashes(store.entries()))))
        if life % 2:
            store.close()
        else:
            store.abandon()
    assert acknowledged
    assert run(tmp_path / "spine.sqlite").code == 0
