"""`ironkeep run` as a person uses it: real processes, real sockets, real signals."""

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ironkeep.adapters.desks.unix.adapter import DeskClient
from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.sqlite.adapter import open_reader, open_store
from ironkeep.facts.envelope import Draft
from ironkeep.facts.site import SiteDeclared
from ironkeep.model.errors import Unavailable
from ironkeep.model.ids import SiteId
from ironkeep.model.live import EngineHealth
from ironkeep.model.time import Now
from ironkeep.programs.folder import DataFolder

READY_S, STOP_S = 120.0, 40.0
OLD = Path(__file__).parents[1] / "upgrades/0.4.0.tar.xz"  # the data of a site on which somebody enrolled


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ironkeep(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ironkeep", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)


def kinds(data: Path) -> list[str]:
    """The kind of every fact on record."""
    reader = open_reader(DataFolder(data).spine)
    try:
        return [fact.kind for fact in reader.read()]
    finally:
        reader.close()


def health_of(data: Path) -> EngineHealth | None:
    """What the engine says of itself; None while it does not answer."""
    try:
        return asyncio.run(DeskClient(DataFolder(data).desk).health())
    except Unavailable:
        return None


def family(data: Path) -> list[int]:
    """Every process that names the data folder on its command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(data).encode() in words:
                found.append(int(entry.name))
    return found


def wait_for(what: object, limit_s: float) -> None:
    deadline = time.monotonic() + limit_s
    while not what():  # type: ignore[operator]
        if time.monotonic() > deadline:
            pytest.fail("waited in vain")
        time.sleep(0.2)


class Run:
    """One `ironkeep run` with its output in a file."""

    def __init__(self, data: Path, port: int, *more: str) -> None:
        self.data, self.port = data, port
        self.log = data.parent / f"{data.name}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ironkeep", "run", "--data", str(data), "--port", str(port), *more],
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self.log.read_text()

    def ready(self) -> None:
        up = ("Ctrl-C stops everything", '{"up":')
        wait_for(lambda: any(word in self.said for word in up) or self.process.poll() is not None, READY_S)
        assert self.process.poll() is None, self.said
        wait_for(lambda: self.health()[0] == 200, READY_S)

    def health(self) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as exc:
            return exc.code, exc.read().decode()
        except OSError as exc:
            return 0, str(exc)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOP_S)

    def pid_of(self, part: str) -> int:
        for pid in family(self.data):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if part.encode() in words and b"run" not in words:
                return pid
        raise AssertionError(f"no {part} runs")


@contextmanager
def running(data: Path, port: int, *more: str) -> Iterator[Run]:
    run = Run(data, port, *more)
    try:
        run.ready()
        yield run
    finally:
        if run.process.poll() is None:
            run.process.kill()
            run.process.wait()


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_a_site_runs_resumes_survives_the_loss_of_its_parts_and_leaves_no_process(tmp_path: Path) -> None:
    data, port = tmp_path / "data", free_port()
    with tarfile.open(OLD) as archive:
        archive.extractall(data, filter="data")
    assert "AccountEnrolled" in kinds(data)
    with running(data, port, "--fresh") as run:
        assert "AccountEnrolled" not in kinds(data), "forgotten"
        link = re.search(rf"http://127\.0\.0\.1:{port}/enrol\?token=[\w-]{{40,}}", run.said)
        assert link, run.said
        assert ironkeep("status", "--data", str(data)).returncode == 0
        wait_for(lambda: (told := health_of(data)) and told.devices_up == told.devices >= 20, READY_S)
        health = health_of(data)
        assert health.live
        assert health.points > 5_000

        second = ironkeep("run", "--data", str(data), "--port", str(free_port()))
        assert second.returncode == 2
        assert "another `ironkeep run` uses this data folder" in second.stderr
        taken = ironkeep("run", "--data", str(tmp_path / "other"), "--port", str(port))
        assert taken.returncode == 2
        assert f"port {port} is taken by another program" in taken.stderr
        assert "PORT=8471" in taken.stderr

        turn = health.turn
        os.kill(run.pid_of("console"), signal.SIGKILL)  # the engine does not notice, and the console comes back
        wait_for(lambda: run.health()[0] == 200, READY_S)
        wait_for(lambda: (told := health_of(data)) and told.turn > turn, READY_S)
        assert health_of(data).started_us == health.started_us

        os.kill(run.pid_of("engine"), signal.SIGKILL)  # it says what it found and goes on
        wait_for(lambda: "engine ended (killed by SIGKILL)" in run.said, READY_S)
        wait_for(lambda: (told := health_of(data)) and told.live, READY_S)
        after = health_of(data)
        assert after.started_us > health.started_us
        assert any("not" in text for text in after.found), after.found
        assert run.stop() == 0
    wait_for(lambda: family(data) == [], STOP_S)
    facts = len(kinds(data))
    assert facts > 0

    run.log.unlink()
    with running(data, port, "--json") as run:
        said = [json.loads(line) for line in run.said.splitlines() if line.startswith("{")]
        up = next(each["up"] for each in said if "up" in each)
        assert (up["address"], up["data"]) == (f"http://127.0.0.1:{port}", str(data))
        assert (up["site"], up["recorded"]) == ("harbor-dc1", "")
        assert f"{up['address']}/enrol?token=" in up["link"]
        assert len(kinds(data)) > facts
        wait_for(lambda: run.health()[0] == 200, READY_S)
        os.kill(run.process.pid, signal.SIGKILL)  # even so nothing stays behind
        run.process.wait()
        wait_for(lambda: family(data) == [], STOP_S)
    found = ironkeep("verify", str(data))
    assert found.returncode == 0, found.stdout


def test_a_folder_that_is_not_ours_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    refused = ironkeep("run", "--data", str(tmp_path), "--port", str(free_port()), "--fresh")
    assert refused.returncode == 2
    assert "not one of Ironkeep's" in refused.stderr
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_the_demo_is_not_played_into_the_record_of_a_site(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    store = open_store(folder.spine, open_signer(folder.keys, "own"), SiteId("own"))
    store.append((Draft(SiteDeclared("own", "Own site", "0" * 64, 1, 1, simulated=False), "engine"),), Now(1, 1))
    store.close()
    refused = ironkeep("run", "--data", str(folder.path), "--port", str(free_port()))
    assert refused.returncode == 2
    assert "site 'own'" in refused.stderr
    assert "--site" in refused.stderr
    assert not folder.site.exists()


def test_a_port_that_is_none_is_refused_with_a_remedy(tmp_path: Path) -> None:
    refused = ironkeep("run", "--data", str(tmp_path / "data"), "--port", "70000")
    assert refused.returncode == 2
    assert "is not a port" in refused.stderr
    assert "name one from 1024 to 65535, or 0 for a free one" in refused.stderr


def test_a_wrong_site_file_is_told_at_once_with_every_error(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text('[site]\nid = "a b"\nnam = "x"\n\n[[device]]\nid = "d"\nport = 99999\n')
    found = ironkeep("site", "check", str(site))
    assert found.returncode == 2
    for word in ("site.toml:2", "nam", "99999"):
        assert word in found.stderr, word


def test_status_without_an_engine_says_so_and_exits_three(tmp_path: Path) -> None:
    found = ironkeep("status", "--data", str(tmp_path))
    assert found.returncode == 3
    assert "no engine answers" in found.stderr
