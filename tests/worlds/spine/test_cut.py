"""The power fails: the write-ahead log is there up to some byte. What was acknowledged before is there, what was not is
there whole or not at all, and growth goes on.
"""

import shutil
import sqlite3

import numpy as np
import pytest

from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.sqlite.adapter import open_store
from ironkeep.facts.envelope import Fact
from ironkeep.programs.verify.run import run
from tests.ports.test_fact_store import SITE, fill

CUTS = 4  # sampled bytes after each acknowledgement


@pytest.mark.parametrize("seed", [1, 2])
def test_a_log_cut_at_any_byte_keeps_what_was_acknowledged_and_halves_nothing(tmp_path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    home = tmp_path / "home"
    signer = open_signer(home / "keys", "ironkeep/harbor")
    store = open_store(home / "spine.sqlite", signer, SITE)
    facts: list[Fact] = fill(store, rng, (200,))
    log = home / "spine.sqlite-wal"
    for _ in range(5):
        durable = log.stat().st_size
        fresh = fill(store, rng, (int(rng.choice([1, 2, 60, 300])),))
        grown = log.stat().st_size
        assert grown > durable
        cuts = {durable, grown, *(int(at) for at in rng.integers(durable, grown, CUTS))}
        for at in sorted(cuts):
            after = tmp_path / "after"
            shutil.copytree(home, after)
            (after / "spine.sqlite-shm").unlink(missing_ok=True)
            with (after / "spine.sqlite-wal").open("r+b") as file:
                file.truncate(at)
            again = open_store(after / "spine.sqlite", signer, SITE)
            assert any("not orderly" in each for each in again.found)
            have = list(again.read())
            assert have in (facts, facts + fresh), f"cut at {at} of {durable} to {grown}"
            assert have == facts + fresh or at < grown
            fill(again, rng, (3,))
            assert [fact.seq for fact in again.read()] == list(range(len(have) + 3))
            again.close()
            assert run(after / "spine.sqlite", signer.verifier_key).code == 0
            shutil.rmtree(after)
        facts += fresh
    store.close()


def test_a_disk_that_lied_about_what_it_kept_is_found_with_a_checkpoint_kept_elsewhere(tmp_path, rng) -> None:
    signer = open_signer(tmp_path / "keys", "ironkeep/harbor")
    store = open_store(tmp_path / "spine.sqlite", signer, SITE)
    fill(store, rng, (50,))
    before = (tmp_path / "spine.sqlite-wal").stat().st_size
    facts = fill(store, rng, (5,))
    (tmp_path / "kept").write_bytes(store.checkpoint())
    after = tmp_path / "after"
    after.mkdir()
    shutil.copy(tmp_path / "spine.sqlite", after)
    (after / "spine.sqlite-wal").write_bytes((tmp_path / "spine.sqlite-wal").read_bytes()[:before])
    assert run(after, signer.verifier_key).code == 0
    found = run(after, signer.verifier_key, tmp_path / "kept")
    assert found.code == 1
    assert f"{len(facts)} facts are missing" in found.problems[0]
    store.close()


def test_a_log_with_a_flipped_byte_is_dropped_from_there_on(tmp_path, rng) -> None:
    signer = open_signer(tmp_path / "keys", "ironkeep/harbor")
    store = open_store(tmp_path / "spine.sqlite", signer, SITE)
    facts = fill(store, rng, (20, 20, 20, 20))
    data = (tmp_path / "spine.sqlite-wal").read_bytes()
    for nth, at in enumerate(np.linspace(len(data) // 2, len(data) - 1, 6).astype(int)):
        after = tmp_path / f"after-{nth}"
        after.mkdir()
        shutil.copy(tmp_path / "spine.sqlite", after)
        (after / "spine.sqlite-wal").write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        again = open_store(after / "spine.sqlite", signer, SITE)
        have = list(again.read())
        assert have == facts[: len(have)]
        assert len(have) % 20 == 0
        again.close()
    store.close()


def test_sqlite_itself_finds_the_file_sound_after_every_kind_of_use(tmp_path, rng) -> None:
    signer = open_signer(tmp_path / "keys", "ironkeep/harbor")
    for sizes in ((1, 5000), (4000,)):
        store = open_store(tmp_path / "spine.sqlite", signer, SITE)
        fill(store, rng, sizes)
        store.close()
    with sqlite3.connect(tmp_path / "spine.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
