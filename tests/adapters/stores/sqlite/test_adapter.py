"""What is SQLite's own: one writer, what a start finds and says, and a spine that does not prove itself."""

import os
import resource
import shutil
import sqlite3
from pathlib import Path

import pytest

from ironkeep.adapters.keys.files.adapter import FileSigner, open_signer
from ironkeep.adapters.stores.sqlite import export
from ironkeep.adapters.stores.sqlite.adapter import open_reader, open_store
from ironkeep.adapters.stores.sqlite.config import CHECKPOINT_EVERY
from ironkeep.facts import note, proof
from ironkeep.facts.envelope import canonical
from ironkeep.model.errors import Conflict, Refused, Unavailable, Untrusted
from ironkeep.model.ids import SiteId
from ironkeep.programs.verify.run import run
from tests.ports.test_fact_store import SITE, check, fill, key_of


@pytest.fixture
def signer(tmp_path) -> FileSigner:
    return open_signer(tmp_path / "keys", "ironkeep/harbor")


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "spine.sqlite"


def test_a_second_writer_is_a_conflict_in_words_and_readers_are_welcome(path, signer, rng) -> None:
    store = open_store(path, signer, SITE)
    fill(store, rng, (3,))
    with pytest.raises(Conflict, match="another program writes this spine"):
        open_store(path, signer, SITE)
    reader = open_reader(path)
    assert reader.size() == 3
    reader.close()
    store.close()
    open_store(path, signer, SITE).close()


def test_the_files_are_private_and_the_settings_are_the_durable_ones(path, signer, rng) -> None:
    store = open_store(path, signer, SITE)
    fill(store, rng, (3,))
    for name in ("spine.sqlite", "spine.sqlite-wal", "spine.sqlite.lock"):
        assert path.with_name(name).stat().st_mode & 0o777 == 0o600
    assert sqlite3.sqlite_version in store.described
    assert "synchronous FULL" in store.described
    with sqlite3.connect(path) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()


def test_a_reader_cannot_change_a_byte(path, signer, rng) -> None:
    store = open_store(path, signer, SITE)
    fill(store, rng, (3,))
    store.close()
    reader = open_reader(path)
    with pytest.raises(sqlite3.OperationalError, match=r"readonly|read-only"):
        reader._connection.execute("DELETE FROM bundles")
    reader.close()


def test_a_start_says_in_plain_words_what_it_found(path, signer, rng) -> None:
    first = open_store(path, signer, SITE)
    assert first.clean
    assert "a new spine was made" in first.found
    fill(first, rng, (700,))
    first.close()
    second = open_store(path, signer, SITE)
    assert second.clean
    assert "the last stop was orderly" in second.found
    assert any("700 facts stand; the newest is" in each for each in second.found)
    fill(second, rng, (2,))
    second.abandon()
    third = open_store(path, signer, SITE)
    assert not third.clean
    said = "; ".join(third.found)
    assert "the last stop was not orderly" in said
    assert "checked whole and is sound" in said
    assert "hashed anew" in said
    assert "702 facts stand" in said
    third.close()


def test_a_spine_that_is_gone_is_said_and_its_log_is_not_thrown_away(path, signer, rng) -> None:
    store = open_store(path, signer, SITE)
    reader = open_reader(path)  # keeps the log beside the file
    fill(store, rng, (5,))
    store.abandon()
    log = path.with_name(f"{path.name}-wal")
    held = log.read_bytes()
    reader.close()
    log.write_bytes(held)
    for left in (b"", None):
        path.unlink() if left is None else path.write_bytes(left)
        with pytest.raises(Untrusted, match="its log of"):
            open_store(path, signer, SITE)
        assert log.read_bytes() == held
    log.unlink()
    anew = open_store(path, signer, SITE)
    assert "that one is gone" in " ".join(anew.found)
    assert not anew.clean
    anew.close()


def test_a_start_that_the_disk_refuses_does_not_hide_that_the_stop_before_was_not_orderly(path, signer, rng) -> None:
    store = open_store(path, signer, SITE)
    fill(store, rng, (5,))
    store.abandon()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limits[1]))  # no file takes a byte more
    try:
        with pytest.raises(Unavailable):
            open_store(path, signer, SITE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    again = open_store(path, signer, SITE)
    assert not again.clean
    assert any("not orderly" in each for each in again.found)
    again.close()
    assert open_store(path, signer, SITE).clean


def test_another_key_than_before_is_said(path, signer, rng, tmp_path) -> None:
    store = open_store(path, signer, SITE)
    fill(store, rng, (2,))
    store.close()
    store = open_store(path, open_signer(tmp_path / "new", "ironkeep/harbor"), SITE)
    assert any("another key" in each for each in store.found)
    store.close()


def test_a_start_that_was_refused_leaves_the_last_stop_as_orderly_as_it_was(path, signer, rng) -> None:
    store = open_store(path, signer, SITE)
    fill(store, rng, (3,))
    store.close()
    with pytest.raises(Refused):
        open_store(path, signer, SiteId("elsewhere"))
    again = open_store(path, signer, SITE)
    assert again.clean, again.found
    again.abandon()
    with pytest.raises(Refused):
        open_store(path, signer, SiteId("elsewhere"))
    assert not open_store(path, signer, SITE).clean


def test_the_spine_of_another_site_is_refused(path, signer) -> None:
    open_store(path, signer, SITE).close()
    with pytest.raises(Refused, match="harbor"):
        open_store(path, signer, SiteId("elsewhere"))
    open_store(path, signer, SITE).close()


def test_what_is_no_spine_is_not_trusted_and_left_alone(path, signer) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE theirs (x)")
    for wrong in (lambda: open_store(path, signer, SITE), lambda: open_reader(path)):
        with pytest.raises(Untrusted, match="no spine"):
            wrong()
    path.write_bytes(b"some text " * 1000)
    with pytest.raises(Untrusted):
        open_reader(path)
    assert path.read_bytes().startswith(b"some text")


def test_a_spine_of_a_newer_layout_is_refused(path, signer) -> None:
    open_store(path, signer, SITE).close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 2")
    for wrong in (lambda: open_store(path, signer, SITE), lambda: open_reader(path)):
        with pytest.raises(Refused, match="layout 2"):
            wrong()


def test_a_place_without_a_spine_is_unavailable(tmp_path, signer) -> None:
    with pytest.raises(Unavailable, match="no spine"):
        open_reader(tmp_path / "nothing.sqlite")
    with pytest.raises(Unavailable):
        open_store(tmp_path / "no" / "folder" / "spine.sqlite", signer, SITE)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tiles SET root = zeroblob(32) WHERE place = 0",
        "UPDATE tiles SET hashes = zeroblob(8192) WHERE place = 1",
        "DELETE FROM bundles WHERE first = 512",
        "UPDATE bundles SET leaves = zeroblob(length(leaves)) WHERE first = 512",
        "UPDATE bundles SET entries = zeroblob(100) WHERE first = 512",
        "UPDATE bundles SET entries = CAST(replace(CAST(entries AS TEXT), 'room:', 'loom:') AS BLOB)",
        "UPDATE checkpoints SET note = zeroblob(10)",
    ],
)
def test_a_spine_that_does_not_prove_itself_is_not_written_on(path, signer, rng, change: str) -> None:
    store = open_store(path, signer, SITE)
    fill(store, rng, (700,))
    store.abandon()
    with sqlite3.connect(path) as other:
        other.execute(change)
    with pytest.raises(Untrusted, match="verify"):
        open_store(path, signer, SITE)
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT count(*) FROM checkpoints").fetchone() == (1,)


def test_writing_goes_on_after_the_writer_s_connection_broke(path, signer, rng) -> None:
    store = open_store(path, signer, SITE)
    facts = fill(store, rng, (300,))
    connection = store._connection
    assert connection is not None
    connection.close()
    with pytest.raises(Unavailable):
        fill(store, rng, (1,))
    facts += fill(store, rng, (5, 300))
    assert list(store.read()) == facts
    store.close()


def test_the_newest_checkpoint_and_the_last_of_each_stretch_stay(path, signer, rng) -> None:
    store = open_store(path, signer, SITE)
    fill(store, rng, (1,) * (2 * CHECKPOINT_EVERY + 10))
    store.close()
    with sqlite3.connect(path) as other:
        sizes = [row[0] for row in other.execute("SELECT size FROM checkpoints ORDER BY size")]
    assert sizes == [CHECKPOINT_EVERY - 1, 2 * CHECKPOINT_EVERY - 1, 2 * CHECKPOINT_EVERY + 10]


def test_an_export_is_brought_up_to_date_in_place_and_proofs_hold(path, signer, rng, tmp_path) -> None:
    store = open_store(path, signer, SITE)
    with pytest.raises(Refused, match="no facts"):
        export.export(store, tmp_path / "tiles")
    facts = fill(store, rng, (300,))
    older = store.checkpoint()
    export.export(store, tmp_path / "tiles")
    facts += fill(store, rng, (400,))
    assert export.export(store, tmp_path / "tiles").encode() == store.checkpoint()
    assert (tmp_path / "tiles" / "checkpoint").read_bytes() == store.checkpoint()
    keys = (key_of(signer),)
    found = proof.parse_inclusion(export.inclusion(store, 299).text())
    assert found.verify(canonical(facts[299]), keys, check).size == 700
    grown = proof.parse_consistency(export.consistency(store, 300).text())
    assert grown.verify(older, keys, check).size == 700
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").write_text("x")
    with pytest.raises(Refused, match="not empty"):
        export.export(store, tmp_path / "other")
    store.close()


def test_an_export_that_the_log_does_not_continue_is_left_as_it_is(path, signer, rng, tmp_path) -> None:
    longer = open_store(tmp_path / "longer.sqlite", signer, SITE)
    fill(longer, rng, (300,))
    export.export(longer, tmp_path / "tiles")
    longer.close()
    held = {each: each.read_bytes() for each in (tmp_path / "tiles").rglob("*") if each.is_file()}
    store = open_store(path, signer, SITE)
    for more in (5, 300, 300):  # shorter, then as long and longer but of another past
        fill(store, rng, (more,))
        with pytest.raises(Untrusted, match="300 facts of ironkeep/harbor, which this record does not continue"):
            export.export(store, tmp_path / "tiles")
    other = open_store(tmp_path / "other.sqlite", open_signer(tmp_path / "keys", "ironkeep/other"), SITE)
    fill(other, rng, (301,))
    with pytest.raises(Untrusted, match="it is of ironkeep/other"):
        export.export(other, tmp_path / "tiles")
    other.close()
    assert {each: each.read_bytes() for each in (tmp_path / "tiles").rglob("*") if each.is_file()} == held
    (tmp_path / "tiles" / "checkpoint").write_text("none")
    with pytest.raises(Refused, match="no checkpoint"):
        export.export(store, tmp_path / "tiles")
    store.close()


def test_a_path_that_is_no_text_holds_a_spine_like_any_other(signer, rng, tmp_path) -> None:
    folder = tmp_path / os.fsdecode(b"site\xe4?#%20")
    folder.mkdir()
    store = open_store(folder / "spine.sqlite", signer, SITE)
    facts = fill(store, rng, (3,))
    store.close()
    assert list(open_reader(folder / "spine.sqlite").read()) == facts
    assert run(folder).code == 0


def test_a_copy_made_of_file_and_log_is_a_whole_spine(path, signer, rng, tmp_path) -> None:
    store = open_store(path, signer, SITE)
    facts = fill(store, rng, (20,))
    (tmp_path / "copy").mkdir()
    for name in ("spine.sqlite", "spine.sqlite-wal"):
        shutil.copy(path.with_name(name), tmp_path / "copy")
    store.close()
    reader = open_reader(tmp_path / "copy" / "spine.sqlite")
    assert list(reader.read()) == facts
    reader.close()


def test_every_note_of_a_checkpoint_is_one_that_other_tools_read(path, signer, rng) -> None:
    store = open_store(path, signer, SITE)
    fill(store, rng, (3,))
    text = store.checkpoint().decode()
    lines = text.split("\n")
    assert lines[0] == "ironkeep/harbor"
    assert lines[1] == "3"
    assert lines[3] == ""
    assert lines[4].startswith("— ironkeep/harbor ")
    assert text.endswith("\n")
    assert note.parse(text.encode()).signatures[0].key_id == key_of(signer).id
    store.close()
