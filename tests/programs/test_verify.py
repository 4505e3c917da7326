"""`verify` on spines and tile folders that somebody meddled with: each change is found, the first bad fact is named."""

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from ironkeep.adapters.keys.files.adapter import FileSigner, open_signer
from ironkeep.adapters.stores.sqlite import export
from ironkeep.adapters.stores.sqlite.adapter import open_reader, open_store
from ironkeep.facts import history, note, tiles, tree
from ironkeep.facts.checkpoint import Checkpoint
from ironkeep.facts.engine import ClockJumped
from ironkeep.facts.envelope import Body, Draft, Fact
from ironkeep.model.time import Now
from ironkeep.programs.verify.run import run
from tests.ports.test_fact_store import SITE, START_US, fill

SIZES = (1, 6, 300, 2, 3800, 1, 1, 40)
COUNT = sum(SIZES)


@dataclass
class Kept:
    """A spine as it was left, and what was carried away from it."""

    spine: Path
    folder: Path
    signer: FileSigner
    facts: list[Fact]
    newest: Path
    older: Path


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> Kept:
    home = tmp_path_factory.mktemp("site")
    signer = open_signer(home / "keys", "ironkeep/harbor")
    store = open_store(home / "spine.sqlite", signer, SITE)
    rng = np.random.default_rng(9)
    facts = fill(store, rng, SIZES[:3])
    (home / "older").write_bytes(store.checkpoint())
    facts += fill(store, rng, SIZES[3:])
    (home / "newest").write_bytes(store.checkpoint())
    export.export(store, home / "tiles")
    store.close()
    return Kept(home / "spine.sqlite", home / "tiles", signer, facts, home / "newest", home / "older")


@pytest.fixture
def meddle(kept, tmp_path) -> Callable[..., Path]:
    """A copy of the spine after these statements."""

    def change(*statements: str | tuple[str, tuple[object, ...]]) -> Path:
        path = tmp_path / "copy.sqlite"
        shutil.copy(kept.spine, path)
        connection = sqlite3.connect(path, isolation_level=None)
        for each in statements:
            connection.execute(*([each] if isinstance(each, str) else each))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.close()
        return path

    return change


def bundle(path: Path, seq: int) -> tuple[int, list[bytes], bytes]:
    """The stored row that holds a fact."""
    with sqlite3.connect(path) as connection:
        query = "SELECT first, entries, leaves FROM bundles WHERE first <= ? ORDER BY first DESC LIMIT 1"
        first, packed, leaves = connection.execute(query, (seq,)).fetchone()
    return first, tiles.unpack(packed), leaves


def stored(first: int, entries: list[bytes], leaves: bytes | None = None) -> tuple[str, tuple[object, ...]]:
    made = b"".join(tree.leaf_hashes(entries)) if leaves is None else leaves
    return "UPDATE bundles SET entries = ?, leaves = ? WHERE first = ?", (tiles.pack(entries), made, first)


def test_a_whole_spine_is_good_with_everything_given(kept) -> None:
    found = run(kept.spine, kept.signer.verifier_key, kept.newest)
    assert (found.code, found.problems, found.facts) == (0, (), COUNT)
    assert found.root == kept.newest.read_text().split("\n")[2]
    assert run(kept.spine, str(kept.spine.parent / "keys" / "log.vkey"), kept.older).code == 0
    assert run(kept.spine.parent, kept.signer.verifier_key).code == 0


def test_a_key_file_may_lie_anywhere(kept, tmp_path) -> None:
    (tmp_path / "a+b").write_text(kept.signer.verifier_key)
    assert run(kept.spine, str(tmp_path / "a+b")).code == 0


def test_what_was_not_checked_is_said_plainly(kept) -> None:
    said = " ".join(run(kept.spine).notes)
    assert "no key was given" in said
    assert "no checkpoint was given" in said
    assert "cut short" in said
    assert "--segments" in said


def test_checking_changes_nothing_on_disk(kept, tmp_path) -> None:
    copy = tmp_path / "spine.sqlite"
    shutil.copy(kept.spine, copy)
    copy.chmod(0o400)
    assert run(copy, kept.signer.verifier_key).code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["spine.sqlite"]
    assert copy.read_bytes() == kept.spine.read_bytes()


@pytest.mark.parametrize("seq", [0, 3, 255, 256, 308, 4096, COUNT - 1])
def test_a_changed_fact_is_named(kept, meddle, seq: int) -> None:
    first, entries, leaves = bundle(kept.spine, seq)
    entries[seq - first] = entries[seq - first].replace(b'"kind":"', b'"kind":"X')
    found = run(meddle(stored(first, entries, leaves)))
    assert (found.code, found.first_bad) == (1, seq)
    assert f"fact {seq} " in found.problems[0]


@pytest.mark.parametrize("seq", [0, 3, 300, 4095, COUNT - 1])
def test_a_changed_fact_is_named_beside_whatever_else_its_change_spoils(kept, meddle, tmp_path, seq: int) -> None:
    first, entries, leaves = bundle(kept.spine, seq)
    entries[seq - first] = entries[seq - first].replace(b'"at":1', b'"at":2')
    found = run(meddle(stored(first, entries, leaves)), kept.signer.verifier_key, kept.newest)
    assert (found.code, found.first_bad) == (1, seq), found.problems
    copy = tmp_path / "tiles"
    shutil.copytree(kept.folder, copy)
    number, place = divmod(seq, 256)
    name = copy / f"tile/entries/{number:03d}{'' if number < COUNT // 256 else f'.p/{COUNT % 256}'}"
    entries = tiles.unpack(name.read_bytes())
    entries[place] = entries[place].replace(b'"at":1', b'"at":2')
    name.write_bytes(tiles.pack(entries))
    found = run(copy, kept.signer.verifier_key, kept.newest)
    assert (found.code, found.first_bad) == (1, seq), found.problems


def test_where_no_fact_is_known_to_be_bad_the_narrowest_span_comes_first(kept, meddle) -> None:
    first, entries, _ = bundle(kept.spine, COUNT - 1)
    entries[-1] = entries[-1].replace(b'"at":1', b'"at":2')
    found = run(meddle(stored(first, entries)), kept.signer.verifier_key, kept.newest)
    assert f"one of facts {sum(SIZES[:3]) + 2} to {COUNT - 1} was changed" in found.problems[0]
    assert found.first_bad == sum(SIZES[:3]) + 2
    assert "the past was rewritten" in found.problems[1]


@pytest.mark.parametrize("seq", [2, 300, 4000, COUNT - 2])
def test_the_fact_whose_bytes_were_cut_is_named_not_the_one_where_the_lengths_end(
    kept, meddle, tmp_path, seq: int
) -> None:
    first, entries, _ = bundle(kept.spine, seq)
    before = len(tiles.pack(entries[: seq - first])) + 40
    packed = tiles.pack(entries)
    short = packed[:before] + packed[before + 1 :]
    found = run(meddle(("UPDATE bundles SET entries = ? WHERE first = ?", (short, first))))
    assert (found.code, found.first_bad) == (1, seq), found.problems
    copy = tmp_path / "tiles"
    shutil.copytree(kept.folder, copy)
    number, place = divmod(seq, 256)
    name = copy / f"tile/entries/{number:03d}{'' if number < COUNT // 256 else f'.p/{COUNT % 256}'}"
    packed = name.read_bytes()
    before = len(tiles.pack(tiles.unpack(packed)[:place])) + 40
    name.write_bytes(packed[:before] + packed[before + 1 :])
    assert run(copy).first_bad == seq


@pytest.mark.parametrize("seq", [0, 300, 4095, COUNT - 1])
def test_a_fact_changed_with_its_hash_is_found_by_what_was_signed(kept, meddle, seq: int) -> None:
    first, entries, _ = bundle(kept.spine, seq)
    entries[seq - first] = entries[seq - first].replace(b'"clock":"unknown"', b'"clock":"synced"')
    found = run(meddle(stored(first, entries)))
    assert found.code == 1
    assert found.first_bad is not None
    assert found.first_bad == seq or (seq >= COUNT // 256 * 256 and found.first_bad <= seq)


@pytest.mark.parametrize("seq", [0, 6, 260, 4100, COUNT - 2])
def test_a_fact_taken_out_is_named(kept, meddle, seq: int) -> None:
    first, entries, leaves = bundle(kept.spine, seq)
    del entries[seq - first]
    gone = leaves[: (seq - first) * 32] + leaves[(seq - first + 1) * 32 :]
    change = stored(first, entries, gone) if entries else ("DELETE FROM bundles WHERE first = ?", (first,))
    found = run(meddle(change))
    assert (found.code, found.first_bad) == (1, seq)


@pytest.mark.parametrize("seq", [1, 257, 4100])
def test_two_facts_in_each_other_s_place_are_named(kept, meddle, seq: int) -> None:
    first, entries, _ = bundle(kept.spine, seq)
    at = seq - first
    entries[at], entries[at + 1] = entries[at + 1], entries[at]
    found = run(meddle(stored(first, entries)))
    assert (found.code, found.first_bad) == (1, seq)
    assert f"where fact {seq} belongs stands fact {seq + 1}" in found.problems[0]


@pytest.mark.parametrize("seq", [2, 260, 4100])
def test_a_fact_put_in_is_named(kept, meddle, seq: int) -> None:
    first, entries, _ = bundle(kept.spine, seq)
    entries.insert(seq - first, entries[seq - first].replace(b'"at":', b'"at":1'))
    found = run(meddle(stored(first, entries)))
    assert found.code == 1
    assert found.first_bad is not None
    assert seq - 1 <= found.first_bad <= seq + 1 or found.first_bad == first


def test_facts_put_in_after_the_newest_checkpoint_are_found(kept, meddle) -> None:
    extra = tree.leaf_hash(b"{}"), tiles.pack([b"{}"])
    found = run(meddle(("INSERT INTO bundles VALUES (?, ?, ?)", (COUNT, *extra))))
    assert found.code == 1
    assert "after the newest checkpoint" in found.problems[0]


def cut_to(kept: Kept, path: Path, size: int) -> None:
    """What somebody with the file, but not the key, can do at best: fall back to an older state that was signed."""
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM bundles WHERE first >= ?", (size,))
        connection.execute("DELETE FROM checkpoints WHERE size > ?", (size,))
        connection.execute("INSERT OR REPLACE INTO checkpoints VALUES (?, ?)", (size, kept.older.read_bytes()))
        connection.execute("DELETE FROM tiles WHERE place >= ?", (size // 256,))
        connection.execute("DELETE FROM blocks")
        connection.execute("DELETE FROM terms")


def test_a_spine_cut_short_to_a_signed_past_is_found_with_a_checkpoint_and_only_with_one(kept, tmp_path) -> None:
    copy = tmp_path / "spine.sqlite"
    shutil.copy(kept.spine, copy)
    size = sum(SIZES[:3])
    cut_to(kept, copy, size)
    alone = run(copy, kept.signer.verifier_key)
    assert (alone.code, alone.facts) == (0, size)
    assert any("cut short" in each for each in alone.notes)
    found = run(copy, kept.signer.verifier_key, kept.newest)
    assert found.code == 1
    assert f"{COUNT - size} facts are missing from fact {size} on" in found.problems[0]
    assert run(copy, kept.signer.verifier_key, kept.older).code == 0


def test_a_spine_written_anew_with_another_key_is_found_with_the_key_or_a_checkpoint(kept, tmp_path) -> None:
    forger = open_signer(tmp_path / "keys", "ironkeep/harbor")
    forged = open_store(tmp_path / "spine.sqlite", forger, SITE)
    fill(forged, np.random.default_rng(10), SIZES)
    forged.close()
    assert run(tmp_path / "spine.sqlite").code == 0
    by_key = run(tmp_path / "spine.sqlite", kept.signer.verifier_key)
    assert by_key.code == 1
    ids = [each.verifier_key.split("+")[1] for each in (kept.signer, forger)]
    assert f"harbor+{ids[0]} did not sign it; ironkeep/harbor+{ids[1]} did" in by_key.problems[0]
    by_checkpoint = run(tmp_path / "spine.sqlite", "", kept.older)
    assert by_checkpoint.code == 1
    assert "the past was rewritten" in by_checkpoint.problems[0]


def test_a_checkpoint_kept_elsewhere_that_is_forged_or_of_another_log_is_found(kept, tmp_path) -> None:
    forger = open_signer(tmp_path / "keys", "ironkeep/harbor")
    key = note.parse_verifier_key(forger.verifier_key)
    text = kept.newest.read_text().split("\n\n")[0] + "\n"
    (tmp_path / "forged").write_bytes(note.signed(text, ((key, forger.sign(text.encode())),)))
    assert run(kept.spine, kept.signer.verifier_key, tmp_path / "forged").code == 1
    other = Checkpoint("ironkeep/elsewhere", 5, bytes(32)).text()
    (tmp_path / "other").write_bytes(note.signed(other, ((key, forger.sign(other.encode())),)))
    assert any("ironkeep/elsewhere" in each for each in run(kept.spine, "", tmp_path / "other").problems)


TAMPERINGS = {
    "a checkpoint changed": "UPDATE checkpoints SET note = CAST(replace(CAST(note AS TEXT), 'A', 'B') AS BLOB)",
    "no checkpoint": "DELETE FROM checkpoints",
    "the newest checkpoint gone": f"DELETE FROM checkpoints WHERE size = {COUNT}",
    "a checkpoint of another size": f"UPDATE checkpoints SET size = {COUNT + 1} WHERE size = {COUNT}",
    "a checkpoint that is text": "UPDATE checkpoints SET note = 'none'",
    "a fact hidden from the index": "DELETE FROM terms WHERE term = 'k:ClockJumped'",
    "a fact moved in the index": "UPDATE terms SET term = 'r:person:nobody' WHERE term = 'r:person:kim'",
    "a term that is no word": "UPDATE terms SET term = CAST(term AS BLOB) WHERE term = 'r:person:kim'",
    "a term of no sort that we know": "UPDATE terms SET term = 'x:' || term WHERE term = 'r:person:kim'",
    "a term too many": "INSERT INTO terms VALUES (0, 'a:nothing', x'0001')",
    "a fact under two kinds": "INSERT INTO terms VALUES (0, 'k:Other', x'0001')",
    "a term without facts": "UPDATE terms SET places = x'' WHERE term = 'r:person:kim'",
    "places that are text": "UPDATE terms SET places = 'text' WHERE term = 'r:person:kim'",
    "places cut in the middle": "UPDATE terms SET places = substr(places, 1, 3) WHERE term = 'k:ClockJumped'",
    "a place beyond the block": "UPDATE terms SET places = CAST(substr(places, 3) || x'ffff' AS BLOB)"
    " WHERE term = 'k:ClockJumped'",
    "places that do not rise": "UPDATE terms SET places = CAST(substr(places, 3, 2) || substr(places, 1, 2)"
    " || substr(places, 5) AS BLOB) WHERE term = 'k:ClockJumped'",
    "a block without times": "DELETE FROM blocks",
    "a block with other times": "UPDATE blocks SET at_max = at_max + 1",
    "times that are text": "UPDATE blocks SET at_max = 'now'",
    "a block too many": "INSERT INTO blocks VALUES (99, 1, 2)",
    "a tile gone": "DELETE FROM tiles WHERE place = 3",
    "a tile too many": "INSERT INTO tiles VALUES (99999, x'00', x'00', x'00')",
    "a tile with another root": "UPDATE tiles SET root = zeroblob(32) WHERE place = 3",
    "a tile with other hashes": "UPDATE tiles SET hashes = zeroblob(8192) WHERE place = 3",
    "a tile with other middles": "UPDATE tiles SET middles = zeroblob(512) WHERE place = 3",
    "a row that is text": "UPDATE bundles SET entries = 'text' WHERE first = 7",
    "a row that is a number": "UPDATE bundles SET entries = 5 WHERE first = 7",
    "a row without bytes": "UPDATE bundles SET entries = x'' WHERE first = 7",
    "hashes that are text": "UPDATE bundles SET leaves = 'text' WHERE first = 7",
    "no hashes": "UPDATE bundles SET leaves = x'' WHERE first = 7",
    "a row moved": "UPDATE bundles SET first = 3 WHERE first = 7",
    "all facts gone": "DELETE FROM bundles",
    "a row before the first": "INSERT INTO bundles VALUES (-1, zeroblob(32), x'00027b7d')",
    "a row after the last, without hashes": f"INSERT INTO bundles VALUES ({COUNT}, x'', x'00027b7d')",
    "a row after the last, with half a hash": f"INSERT INTO bundles VALUES ({COUNT}, x'00', x'00027b7d')",
    "terms of a block to come": "INSERT INTO terms VALUES (1, 'k:AlarmRaised', x'0001')",
    "terms before the first block": "INSERT INTO terms VALUES (-1, 'k:AlarmRaised', x'0001')",
    "a checkpoint of no facts": "INSERT INTO checkpoints VALUES (0, x'00')",
    "a trigger": "CREATE TRIGGER eater AFTER INSERT ON bundles BEGIN DELETE FROM bundles WHERE first = 3; END",
    "a table more": "CREATE TABLE other (place INTEGER)",
    "an older checkpoint under another log's name": "UPDATE checkpoints SET note = CAST(replace(CAST(note AS TEXT),"
    f" 'ironkeep/harbor', 'ironkeep/elsewhere') AS BLOB) WHERE size < {COUNT}",
    "another log's name": "UPDATE spine SET value = 'ironkeep/elsewhere' WHERE key = 'origin'",
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERINGS)
def test_meddling_with_any_table_is_bad(meddle, what: str) -> None:
    found = run(meddle(TAMPERINGS[what]))
    assert found.code == 1, found
    assert found.problems


@pytest.mark.parametrize("what", ["DROP TABLE tiles", "PRAGMA application_id = 1", "PRAGMA user_version = 99"])
def test_what_is_no_spine_of_ours_is_unreadable(meddle, what: str) -> None:
    assert run(meddle(what)).code == 2


def test_what_cannot_be_read_is_unreadable_and_says_why(kept, tmp_path) -> None:
    (tmp_path / "text").write_text("hello")
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    (tmp_path / "cut").write_bytes(kept.spine.read_bytes()[:3000])
    for path in ("text", "empty", "folder", "cut", "missing"):
        found = run(tmp_path / path)
        assert (found.code, len(found.problems)) == (2, 1), path
        assert str(tmp_path) in found.problems[0]
    for key in ("nonsense", "name+00000000+AQ=="):
        assert run(kept.spine, key).code == 2
    assert run(kept.spine, "", tmp_path / "text").code == 2
    assert run(kept.spine, "", tmp_path / "missing").code == 2


def test_an_empty_spine_is_good_and_says_that_it_is_empty(tmp_path) -> None:
    open_store(tmp_path / "spine.sqlite", open_signer(tmp_path / "keys", "ironkeep/harbor"), SITE).close()
    found = run(tmp_path / "spine.sqlite")
    assert (found.code, found.facts) == (0, 0)
    assert "there are no facts" in found.notes


def test_a_spine_is_checked_with_its_log_while_somebody_writes_it(tmp_path, rng) -> None:
    signer = open_signer(tmp_path / "keys", "ironkeep/harbor")
    store = open_store(tmp_path / "spine.sqlite", signer, SITE)
    facts = fill(store, rng, (300, 7))
    (tmp_path / "link").symlink_to("spine.sqlite")
    for name in ("spine.sqlite", "link"):
        found = run(tmp_path / name, signer.verifier_key)
        assert (found.code, found.facts) == (0, len(facts))
    store.close()


def test_the_newest_checkpoint_counts_though_the_writer_replaces_it_meanwhile(tmp_path, rng) -> None:
    signer = open_signer(tmp_path / "keys", "ironkeep/harbor")
    path = tmp_path / "spine.sqlite"
    store = open_store(path, signer, SITE)
    facts = fill(store, rng, (10, 10))
    found = run(path, signer.verifier_key, progress=lambda done, total: done or fill(store, rng, (1,)))
    assert (found.code, found.facts) == (0, len(facts))
    assert f"1 checkpoints are signed by {signer.name}" in found.notes
    size = store.size()
    first, entries, _ = bundle(path, size - 1)
    with sqlite3.connect(path) as connection:
        connection.execute(*stored(first, [entries[0].replace(b'"at":1', b'"at":2')]))
    found = run(path, signer.verifier_key, progress=lambda done, total: done or fill(store, rng, (1,)))
    assert (found.code, found.facts) == (1, size)
    store.close()


def test_a_checkpoint_of_no_facts_is_said_to_show_nothing(kept, tmp_path) -> None:
    key = note.parse_verifier_key(kept.signer.verifier_key)
    text = Checkpoint("ironkeep/harbor", 0, tree.EMPTY_ROOT).text()
    (tmp_path / "kept").write_bytes(note.signed(text, ((key, kept.signer.sign(text.encode())),)))
    found = run(kept.spine, kept.signer.verifier_key, tmp_path / "kept")
    assert found.code == 0
    assert any("before the first fact" in each for each in found.notes)


def test_a_tile_folder_is_good_with_everything_given(kept) -> None:
    found = run(kept.folder, kept.signer.verifier_key, kept.older)
    assert (found.code, found.problems, found.facts) == (0, (), COUNT)


def test_any_changed_file_of_a_tile_folder_is_bad(kept, tmp_path) -> None:
    files = sorted(path.relative_to(kept.folder) for path in kept.folder.rglob("*") if path.is_file())
    for nth, name in enumerate(files[:: len(files) // 9]):
        copy = tmp_path / "tiles"
        shutil.copytree(kept.folder, copy)
        data = bytearray((copy / name).read_bytes())
        data[len(data) * (nth + 1) // 20] ^= 0x10
        (copy / name).write_bytes(bytes(data))
        found = run(copy, kept.signer.verifier_key)
        assert found.code in ((1,) if str(name) != "checkpoint" else (1, 2)), name
        if "entries" in name.parts:
            assert found.first_bad is not None
        shutil.rmtree(copy)


def test_a_missing_file_of_a_tile_folder_is_bad_and_named(kept, tmp_path) -> None:
    edge = COUNT // 256
    for name in ("tile/entries/001", "tile/0/001", f"tile/1/000.p/{edge}", f"tile/0/{edge:03d}.p/{COUNT % 256}"):
        copy = tmp_path / "tiles"
        shutil.copytree(kept.folder, copy)
        (copy / name).unlink()
        found = run(copy)
        assert found.code == 1
        assert name in found.problems[0]
        shutil.rmtree(copy)


def test_a_checkpoint_that_claims_an_endless_log_is_bad_at_once(kept, tmp_path) -> None:
    copy = tmp_path / "tiles"
    shutil.copytree(kept.folder, copy)
    key = note.parse_verifier_key(kept.signer.verifier_key)
    text = Checkpoint("ironkeep/harbor", 9_000_000_000_000_000, bytes(32)).text()
    (copy / "checkpoint").write_bytes(note.signed(text, ((key, kept.signer.sign(text.encode())),)))
    assert run(copy).code == 1


def test_sealed_telemetry_is_checked_by_the_function_given_with_the_history_facts_in_order(tmp_path, rng) -> None:
    signer = open_signer(tmp_path / "keys", "ironkeep/harbor")
    store = open_store(tmp_path / "spine.sqlite", signer, SITE)
    fill(store, rng, (5,))
    gone = history.SegmentsExpired(("segment_a",), "file", "raw", "0" * 64, "age")
    store.append([Draft(gone, "engine"), Draft(ClockJumped(1), "engine")], Now(START_US, 0))
    store.close()
    seen: list[Body] = []

    def broken(bodies) -> list[str]:
        seen.extend(bodies)
        return ["segment_a: column x is not what was sealed"]

    assert run(tmp_path / "spine.sqlite", segments=lambda bodies: []).code == 0
    found = run(tmp_path / "spine.sqlite", segments=broken)
    assert seen == [gone]
    assert found.code == 1
    assert "segment_a" in found.problems[0]


def test_progress_is_told_up_to_the_end(kept) -> None:
    told: list[tuple[int, int]] = []
    run(kept.spine, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (COUNT, COUNT)


@pytest.mark.parametrize("seed", range(4))
def test_a_flipped_byte_anywhere_in_the_file_never_breaks_the_check(kept, tmp_path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray(kept.spine.read_bytes())
    copy = tmp_path / "copy.sqlite"
    codes = []
    for _ in range(8):
        at = int(rng.integers(len(data)))
        kept_byte = data[at]
        data[at] ^= int(rng.integers(1, 256))
        copy.write_bytes(bytes(data))
        codes.append(run(copy, kept.signer.verifier_key, kept.newest).code)
        if codes[-1] == 0:  # only where the change touches nothing that is read: the facts are the same, byte for byte
            reader = open_reader(copy)
            assert list(reader.read()) == kept.facts
            reader.close()
        data[at] = kept_byte
    assert codes.count(1) > len(codes) // 2
