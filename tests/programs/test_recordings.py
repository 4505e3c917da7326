"""`ironkeep analyse` and `ironkeep replay` as a person uses them: real processes, real files, real signals."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from ironkeep.faces.cli.show import Events
from ironkeep.model.errors import Refused
from ironkeep.programs.replay import replay
from tests.recorded import cycled, sheet

WAIT_S = 100.0


def ironkeep(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ironkeep", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "bank.csv"
    path.write_text(sheet(cycled()).text())
    return path


def test_a_recording_is_analysed_to_words_json_page_and_mapping(recording: Path, tmp_path: Path) -> None:
    page, mapping = tmp_path / "report.html", tmp_path / "map.toml"
    found = ironkeep("analyse", str(recording), "--html", str(page), "--write-map", str(mapping))
    assert found.returncode == 0, found.stderr
    assert "THE MAPPING IS A GUESS" in found.stdout
    assert "Round-trip efficiency 96." in found.stdout
    assert page.read_text().startswith("<!doctype html>")
    told = ironkeep("analyse", str(recording), "--map", str(mapping), "--json")
    assert told.returncode == 0, told.stderr
    answer = json.loads(told.stdout)
    assert answer["guessed"] is False
    assert 279 < answer["batteries"][0]["balance"]["capacity_ah"] < 281


def test_what_is_not_understood_ends_with_exit_code_2_and_its_line(recording: Path, tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.csv"
    lines = recording.read_text().splitlines(keepends=True)
    lines[41] = lines[41].replace(",", ",x", 1)
    spoilt.write_text("".join(lines))
    found = ironkeep("analyse", str(spoilt), "--html", str(tmp_path / "never.html"))
    assert found.returncode == 2
    assert re.search(r"spoilt.csv:42: column 'Pack Voltage \[V\]'", found.stderr)
    assert found.stdout == ""
    assert not (tmp_path / "never.html").exists()


def test_the_guess_is_written_even_where_the_file_cannot_be_read_yet(tmp_path: Path) -> None:
    path, mapping = tmp_path / "rec.csv", tmp_path / "map.toml"
    path.write_text(sheet(cycled(), every=60, stamp="d.m.y").text(";"))
    refused = ironkeep("analyse", str(path), "--write-map", str(mapping))
    assert refused.returncode == 2
    assert "cannot be told apart" in refused.stderr
    mapping.write_text(mapping.read_text().replace('form = "?"', 'form = "d/m/y"'))
    assert ironkeep("analyse", str(path), "--map", str(mapping)).returncode == 0


class Replay:
    """One `ironkeep replay` with its output in a file."""

    def __init__(self, recording: Path, log: Path, *more: str) -> None:
        self.port, self.log = free_port(), log
        command = [sys.executable, "-m", "ironkeep", "replay", str(recording), "--port", str(self.port), *more]
        with log.open("w") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)

    def health(self) -> tuple[int, dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as exc:
            return exc.code, json.loads(exc.read())
        except OSError:
            return 0, {}

    def wait(self, what: str) -> None:
        deadline = time.monotonic() + WAIT_S
        while what not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            if time.monotonic() > deadline:
                pytest.fail(self.log.read_text())
            time.sleep(0.3)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(40)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "replayed"


def test_a_replay_is_marked_recorded_and_never_live_and_keeps_a_folder_of_its_own(
    recording: Path, tmp_path: Path, data: Path
) -> None:
    running = Replay(recording, tmp_path / "log", "--data", str(data), "--speed", "10000", "--json")
    try:
        running.wait("The recording ended")
        said = [json.loads(line) for line in running.log.read_text().splitlines() if line.startswith("{")]
        up = next(each["up"] for each in said if "up" in each)
        assert up["address"] == f"http://127.0.0.1:{running.port}"
        assert up["recorded"] == "bank.csv, 10000 times as fast"
        assert (up["data"], up["link"].startswith(up["address"])) == (str(data), True)
        status, health = running.health()
        assert status == 503
        assert health["live"] is False
        assert health["reasons"][0].startswith("RECORDED: bank.csv")
        with urllib.request.urlopen(f"http://127.0.0.1:{running.port}/login", timeout=10) as answer:
            assert "RECORDED" in answer.read().decode()
    finally:
        assert running.stop() == 0, running.log.read_text()
    facts = ironkeep("facts", "--data", str(data), "--json", "--limit", "1000").stdout.splitlines()
    kinds = [json.loads(line)["kind"] for line in facts]
    declared = json.loads(facts[kinds.index("SiteDeclared")])["body"]
    assert declared["name"] == "RECORDED: bank.csv"
    assert declared["site"].startswith("recording-")
    assert ironkeep("verify", str(data)).returncode == 0
    assert (data / "ironkeep.replay").exists()
    assert not (data / "ironkeep.data").exists()
    refused = ironkeep("run", "--data", str(data), "--port", str(free_port()))
    assert refused.returncode == 2
    assert "not one of Ironkeep's" in refused.stderr


def test_a_replay_never_runs_on_the_data_of_a_site(recording: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "ironkeep.data").write_text("The data of one Ironkeep site.\n")
    (site / "spine.sqlite").write_bytes(b"precious")
    found = ironkeep("replay", str(recording), "--data", str(site), "--port", str(free_port()))
    assert found.returncode == 2
    assert "a replay never runs on the data of a site" in found.stderr
    assert (site / "spine.sqlite").read_bytes() == b"precious"
    assert sorted(each.name for each in site.iterdir()) == ["ironkeep.data", "spine.sqlite"]


@pytest.mark.parametrize("speed", [0.0, -1.0, 1e9])
def test_a_speed_out_of_range_is_refused(recording: Path, speed: float) -> None:
    with pytest.raises(Refused, match=r"0.1 to 10000 times"):
        replay(recording, None, data=None, port=free_port(), speed=speed, voice=Events())
