"""What every SnapshotStore does: the newest whole state of a fold comes back, and losing it costs time alone."""

import sqlite3

import pytest

from ironkeep.adapters.stores.sqlite.snapshots import SqliteSnapshotStore, open_snapshots


@pytest.fixture
def path(tmp_path):
    return tmp_path / "snapshots.sqlite"


@pytest.fixture
def snapshots(path):
    made = open_snapshots(path)
    yield made
    made.close()


def test_there_is_nothing_before_the_first_save(snapshots) -> None:
    assert snapshots.load("alarms", 1) is None


def test_the_state_saved_last_comes_back_by_fold_and_version(snapshots) -> None:
    for seq, state in ((10, b"ten"), (30, b"thirty"), (20, b"twenty")):
        snapshots.save("alarms", 2, seq, state)
    snapshots.save("incidents", 2, 99, b"other fold")
    assert snapshots.load("alarms", 2) == (20, b"twenty")
    assert snapshots.load("incidents", 2) == (99, b"other fold")
    assert snapshots.load("alarms", 1) is None


def test_a_state_of_an_older_version_is_not_handed_out(snapshots) -> None:
    snapshots.save("alarms", 1, 10, b"old shape")
    snapshots.save("alarms", 2, 5, b"new shape")
    assert snapshots.load("alarms", 2) == (5, b"new shape")
    assert snapshots.load("alarms", 1) is None


def test_states_survive_closing(path) -> None:
    first = open_snapshots(path)
    first.save("alarms", 1, 10, b"state" * 10_000)
    first.close()
    second = open_snapshots(path)
    assert second.load("alarms", 1) == (10, b"state" * 10_000)
    second.close()


def test_a_changed_state_is_not_handed_out(path, snapshots: SqliteSnapshotStore) -> None:
    snapshots.save("alarms", 1, 10, b"ten")
    snapshots.save("alarms", 1, 20, b"twenty")
    with sqlite3.connect(path) as other:
        other.execute("UPDATE snapshots SET state = ? WHERE seq = 20", (b"forged",))
    assert snapshots.load("alarms", 1) == (10, b"ten")


def test_a_state_of_more_facts_than_there_are_is_gone_for_good(snapshots) -> None:
    snapshots.save("alarms", 1, 10, b"ten")
    snapshots.save("alarms", 1, 20, b"twenty")
    snapshots.forget(19)
    assert snapshots.load("alarms", 1) == (10, b"ten")
    snapshots.forget(9)
    assert snapshots.load("alarms", 1) is None


def test_a_file_that_is_damaged_is_made_anew(path) -> None:
    path.write_bytes(b"this is no database" * 100)
    made = open_snapshots(path)
    assert made.load("alarms", 1) is None
    made.save("alarms", 1, 10, b"ten")
    assert made.load("alarms", 1) == (10, b"ten")
    made.close()
