"""`ironkeep doctor`: what is good is said to be good, and each thing that is broken is found with place and remedy."""

import json
import os
import shutil
import socket
import sqlite3
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from ironkeep.adapters.blobs.files.adapter import FileBlobs
from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.sqlite.adapter import open_store
from ironkeep.faces.cli.app import create_cli
from ironkeep.faces.cli.wiring import Ailment, Gravity, Tell
from ironkeep.facts.engine import ClockJumped, EngineStarted, RoomFailed
from ironkeep.facts.envelope import Draft
from ironkeep.facts.policy import PolicyAdopted
from ironkeep.facts.site import SiteDeclared
from ironkeep.model.ids import SiteId
from ironkeep.model.time import SECOND_US, ClockQuality, Now
from ironkeep.ports.history import HistoryPolicy
from ironkeep.programs import clock
from ironkeep.programs.doctor import data, machine, processes, record, taps
from ironkeep.programs.doctor.run import examine
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.main import Programs

SITE = SiteId("doctor-site")


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    """A data folder as a run leaves it: our mark, keys, a record of 300 facts."""
    found = DataFolder(tmp_path / "data")
    found.open()
    assert found._lock is not None
    found._lock.close()
    keep(found, *[EngineStarted("1", "sqlite", (), n, True) for n in range(300)])
    return found


def keep(folder: DataFolder, *bodies: object) -> None:
    store = open_store(folder.spine, open_signer(folder.keys, SITE), SITE)
    store.append([Draft(body, actor="engine") for body in bodies], clock.now())
    store.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def told(found, word: str) -> Ailment:
    """The one finding that contains a word."""
    (one,) = [each for each in found if word in each.what]
    return one


def test_a_folder_in_order_has_nothing_bad_and_every_finding_has_a_place(folder) -> None:
    found = examine(folder.path, free_port(), program=tuple)
    assert [each for each in found if each.gravity is Gravity.BAD] == []
    assert all(each.where for each in found)
    assert all(each.remedy for each in found if each.gravity is not Gravity.GOOD)
    assert told(found, "newest 200 stand").gravity is Gravity.GOOD
    assert told(found, "no engine runs").gravity is Gravity.WARN
    assert told(found, "port is free").gravity is Gravity.GOOD


def test_the_worst_comes_first(folder) -> None:
    folder.path.chmod(0o755)
    order = [each.gravity for each in examine(folder.path, free_port(), program=tuple)]
    assert order == sorted(order, key=list(Gravity).index)
    assert order[0] is Gravity.BAD


def test_a_folder_that_is_not_there_and_one_that_is_not_ours_are_told_apart(tmp_path) -> None:
    (missing,) = data.ownership(DataFolder(tmp_path / "none"))
    assert missing.gravity is Gravity.WARN
    (foreign,) = data.ownership(DataFolder(tmp_path))
    assert foreign.gravity is Gravity.BAD


@pytest.mark.parametrize("name", ["keys", "keys/log.pem", "vault.sqlite", "nut.toml"])
def test_a_secret_that_others_may_use_is_bad(folder, name) -> None:
    path = folder.path / name
    path.touch() if not path.exists() else None
    for each in (folder.vault, folder.nut):
        if each.exists():
            each.chmod(0o600)
    path.chmod(0o755 if path.is_dir() else 0o644)
    found = [each for each in data.secrets(folder) if each.gravity is Gravity.BAD]
    assert [each.where for each in found] == [str(path)]
    assert "chmod" in found[0].remedy


def test_a_fact_changed_on_the_disk_is_found(folder) -> None:
    raw = folder.spine.read_bytes()
    at = raw.rindex(b'"facts_before":299')
    folder.spine.write_bytes(raw[:at] + b'"facts_before":298' + raw[at + 18 :])
    found = list(record.look(folder, clock.now().at_us))
    assert any(each.gravity is Gravity.BAD for each in found)


def test_a_record_signed_by_another_key_is_found(folder, tmp_path) -> None:
    open_signer(tmp_path / "other", SITE)
    shutil.copy(tmp_path / "other" / "log.vkey", folder.keys / "log.vkey")
    found = list(record.look(folder, clock.now().at_us))
    assert any(each.gravity is Gravity.BAD and "signed" in each.what for each in found)


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100])
def test_a_record_that_is_none_is_bad_and_no_bug_of_ours(folder, content) -> None:
    folder.spine.write_bytes(content)
    for beside in folder.path.glob("spine.sqlite-*"):
        beside.unlink()
    found = examine(folder.path, free_port(), program=tuple)
    assert any(each.gravity is Gravity.BAD and each.where == str(folder.spine) for each in found)


def test_jumps_of_the_clock_and_broken_rooms_are_told_from_the_record(folder) -> None:
    keep(folder, ClockJumped(5_000), RoomFailed("alarms", "AssertionError", 7))
    found = list(record.look(folder, clock.now().at_us))
    assert told(found, "jumped 1 times").gravity is Gravity.WARN
    assert told(found, "alarms broke").gravity is Gravity.BAD


def test_a_fact_from_the_future_is_bad(folder) -> None:
    found = list(record.look(folder, clock.now().at_us - 3600 * SECOND_US))
    assert told(found, "still to come").gravity is Gravity.BAD


NOON = Now(1_800_000_000 * SECOND_US, 50 * SECOND_US, ClockQuality.SYNCED)


@pytest.mark.parametrize(
    ("wall_us", "mono_us", "clock_quality", "gravity"),
    [
        (500_000, 500_000, ClockQuality.SYNCED, Gravity.GOOD),
        (500_000, 500_000, ClockQuality.UNKNOWN, Gravity.WARN),
        (3_500_000, 500_000, ClockQuality.SYNCED, Gravity.WARN),
        (-3_500_000, 500_000, ClockQuality.SYNCED, Gravity.WARN),
        (-NOON.at_us, 500_000, ClockQuality.SYNCED, Gravity.BAD),
    ],
)
def test_clocks_are_judged_by_each_other(wall_us, mono_us, clock_quality, gravity) -> None:
    after = Now(NOON.at_us + wall_us, NOON.mono_us + mono_us, clock_quality)
    (found,) = machine.judge_clocks(NOON, after)
    assert found.gravity is gravity


@pytest.mark.parametrize(
    ("version", "clauses", "good"),
    [
        ("3.11.7", ">=3.11", True),
        ("3.10.2", ">=3.11", False),
        ("0.163.1", ">=0.163,<0.164", True),
        ("0.164", ">=0.163,<0.164", False),
        ("2.4", ">=2.4.0,<3", True),
        ("2.4.0rc1", ">=2.4,<3", True),
        ("1.2.3", "==1.2.3", True),
        ("1.2.4", "!=1.2.4", False),
        ("9.9", "", True),
    ],
)
def test_versions_are_compared_as_numbers(version, clauses, good) -> None:
    assert machine.fits(version, clauses) is good


def test_this_python_and_its_packages_are_those_that_were_built_against() -> None:
    assert [each.gravity for each in (*machine.python(), *machine.packages())] == [Gravity.GOOD, Gravity.GOOD]


def test_a_port_that_something_else_has_is_bad(folder) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        (found,) = processes.console(other.getsockname()[1], held=False)
        assert found.gravity is Gravity.BAD
        assert "something else" in found.what


def test_a_held_folder_without_an_engine_is_bad(folder) -> None:
    folder.open()
    assert data.held(DataFolder(folder.path))
    found = examine(folder.path, free_port(), program=tuple)
    assert told(found, "does not answer").gravity is Gravity.BAD


def test_looking_at_the_lock_does_not_take_it(folder) -> None:
    assert not data.held(folder)
    folder.open()


def test_a_twin_beside_a_real_site_is_bad_and_beside_a_demo_good(folder) -> None:
    with socket.socket(socket.AF_UNIX) as stage:
        stage.bind(str(folder.stage))
        stage.listen()
        keep(folder, SiteDeclared(SITE, "real", "0" * 64, 1, 1, False))
        assert [each.gravity for each in processes.twin(folder)] == [Gravity.BAD]
        keep(folder, SiteDeclared(SITE, "demo", "0" * 64, 1, 1, True))
        found = list(processes.twin(folder))
        assert [each.gravity for each in found] == [Gravity.GOOD, Gravity.WARN]
        assert found[1].where == str(folder.ports)
    assert list(processes.twin(folder)) == []


def test_a_port_of_the_twin_on_which_nothing_listens_is_bad_and_named(folder) -> None:
    keep(folder, SiteDeclared(SITE, "demo", "0" * 64, 1, 1, True))
    with socket.socket(socket.AF_UNIX) as stage, socket.socket() as device:
        stage.bind(str(folder.stage))
        stage.listen()
        device.bind(("127.0.0.1", 0))
        device.listen()
        ports = {"cab-a": device.getsockname()[1]}
        folder.ports.write_text(json.dumps(ports))
        assert [each.gravity for each in processes.twin(folder)] == [Gravity.GOOD, Gravity.GOOD]
        folder.ports.write_text(json.dumps(ports | {"ups-b": free_port()}))
        _, silent = processes.twin(folder)
        assert (silent.gravity, silent.where) == (Gravity.BAD, str(folder.ports))
        assert silent.what == "nothing listens on 1 of the twin's 2 ports: ups-b"


def test_a_tap_that_cannot_be_listened_to_is_told_with_what_mends_it(folder, tmp_path) -> None:
    tap = tmp_path / "span"
    device = f'id = "b"\nasset = "b"\nprotocol = "modbus"\nhost = "10.0.0.5"\nport = 502\ntap = "{tap}"'
    text = f'[site]\nid = "s"\nname = "s"\n[[asset]]\nid = "b"\nkind = "bank"\n[[device]]\n{device}\n'
    keep(folder, SiteDeclared(SITE, "s", FileBlobs(folder.blobs).put(text.encode()), 1, 1, False))

    def only() -> tuple[Gravity, str]:
        (found,) = taps.look(folder)
        assert found.where == str(tap)
        assert found.remedy or found.gravity is Gravity.GOOD
        return found.gravity, found.what

    assert only() == (Gravity.BAD, "there is no such tap")
    tap.touch()
    assert only() == (Gravity.BAD, "the tap is neither a FIFO nor a Unix socket")
    tap.unlink()
    os.mkfifo(tap)
    tap.chmod(0o622)
    assert only() == (Gravity.BAD, "everybody may write to the tap, and forge what is read")
    tap.chmod(0o600)
    assert only() == (
        Gravity.GOOD,
        "the tap is there and may be read; whether somebody writes is heard once the engine runs",
    )
    tap.unlink()
    with socket.socket(socket.AF_UNIX) as capturer:
        capturer.bind(str(tap))
        assert only() == (Gravity.WARN, "the tap is a socket at which nobody listens")
        capturer.listen()
        assert only()[0] is Gravity.GOOD
    keep(folder, SiteDeclared(SITE, "s", "0" * 64, 1, 1, False))
    assert list(taps.look(folder)) == []


def test_the_budget_of_the_history_is_the_one_that_the_site_adopted(folder) -> None:
    assert record.keeping(folder) == HistoryPolicy()
    small = msgspec.structs.replace(HistoryPolicy(), bytes_max=9_000)
    digest = FileBlobs(folder.blobs).put(msgspec.json.encode(small))
    keep(folder, PolicyAdopted("alarms", "1" * 64, ""), PolicyAdopted("history", digest, ""))
    assert record.keeping(folder) == small
    folder.history.mkdir()
    (folder.history / "one").write_bytes(b"x" * 10_000)
    assert told(examine(folder.path, free_port(), program=tuple), "more than its budget").where == str(folder.history)
    keep(folder, PolicyAdopted("history", "2" * 64, ""))  # a text that is gone
    assert record.keeping(folder) == HistoryPolicy()


def test_a_dead_socket_and_a_half_written_file_are_told(folder) -> None:
    folder.desk.touch()
    (folder.path / ".ports.json.new").touch()
    found = list(data.leftovers(folder, running=False))
    assert {Path(each.where).name for each in found} == {"desk.sock", ".ports.json.new"}
    assert list(data.leftovers(folder, running=True)) == []


def test_a_history_beyond_its_budget_and_a_disk_too_small_for_it_are_told(folder) -> None:
    folder.history.mkdir()
    (folder.history / "one").write_bytes(b"x" * 10_000)
    small = msgspec.structs.replace(HistoryPolicy(), bytes_max=9_000)
    over, _ = data.room(folder, small)
    assert (over.gravity, over.where) == (Gravity.WARN, str(folder.history))
    near, _ = data.room(folder, msgspec.structs.replace(HistoryPolicy(), bytes_max=10_500))
    assert "oldest samples go soon" in near.what
    _, disk = data.room(folder, msgspec.structs.replace(HistoryPolicy(), bytes_max=10**18))
    assert (disk.gravity, disk.where) == (Gravity.WARN, str(folder.path))


def test_the_doctor_writes_nothing(folder) -> None:
    def seen() -> dict[str, bytes]:
        return {
            str(path): path.read_bytes()
            for path in folder.path.rglob("*")
            if path.is_file() and not path.name.endswith(("-shm", "-wal"))
        }

    before = seen()
    examine(folder.path, free_port(), program=tuple)
    assert seen() == before
    assert sqlite3.connect(f"file:{folder.spine}?mode=ro", uri=True).execute("pragma integrity_check").fetchone()


class Brief(Programs):
    """The programs, but the doctor takes the program's own files as they are: to digest all of them takes seconds."""

    def examine(self, data: Path, port: int, tell: Tell) -> tuple[Ailment, ...]:
        return examine(data, port, program=tuple, tell=tell)


def test_the_command_ends_with_one_when_something_is_bad_and_says_the_same_as_json(folder) -> None:
    runner, port = CliRunner(), str(free_port())
    good = runner.invoke(create_cli(Programs()), ["doctor", "--data", str(folder.path), "--port", port, "--json"])
    told = json.loads(good.stdout)
    # some machines put a certificate of their own into every package of authorities, which is told, and is not ours
    wrong = [each["what"] for each in told["found"] if each["gravity"] == "bad"]
    assert not [what for what in wrong if "certifi was changed" not in what]
    assert (good.exit_code == 0) == told["good"]
    cli = create_cli(Brief())
    folder.path.chmod(0o755)
    words = runner.invoke(cli, ["doctor", "--data", str(folder.path), "--port", port])
    assert words.exit_code == 1
    assert words.output.startswith("bad ")
    bad = runner.invoke(cli, ["doctor", "--data", str(folder.path), "--port", port, "--json"])
    assert bad.exit_code == 1
    found = json.loads(bad.stdout)
    assert not found["good"]
    assert (found["found"][0]["gravity"], found["found"][0]["where"]) == ("bad", str(folder.path))
