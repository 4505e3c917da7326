"""The services under a real systemd: process 1 of a machine made of namespaces, which goes with the test."""

import json
import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BOOT_S = 500
UNITS = ("ironkeep-engine", "ironkeep-console")


@pytest.fixture(scope="module")
def result(unpacked: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a machine wrote that installed the services, used them and took them away."""
    assert os.geteuid() == 0, "only root can make a machine with a systemd of its own"
    work, seen = tmp_path_factory.mktemp("machine"), tmp_path_factory.mktemp("result")
    command = ["sh", str(HERE / "boot.sh"), work, unpacked, seen, HERE / "services.sh", str(BOOT_S)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=BOOT_S + 30, check=False)
    told = [(seen / name).read_text() if (seen / name).exists() else "" for name in ("seen", "said")]
    assert "user left=" in told[0], "\n".join((f"ended with {done.returncode}", done.stdout, done.stderr, *told))
    return seen


@pytest.mark.slow
@pytest.mark.timeout(700)
def test_the_services_run_shut_in_come_back_after_a_kill_and_go_without_a_trace(result: Path) -> None:
    seen = dict(line.split("=", 1) for line in (result / "seen").read_text().splitlines())
    for unit in UNITS:
        assert seen[f"{unit} active"] == "active"
        assert seen[f"{unit} user"] == "ironkeep"
        assert int(seen[f"{unit} capabilities"], 16) == 0
        assert (seen[f"{unit} new privileges"], seen[f"{unit} seccomp"]) == ("1", "2")
        places = {place: seen[f"{unit} writes {place}"] for place in ("/etc/ironkeep", "/opt/ironkeep", "/tmp")}
        assert places == {"/etc/ironkeep": "no", "/opt/ironkeep": "no", "/tmp": "yes"}
        assert seen[f"{unit} writes /var/lib/ironkeep"] == "yes"
    assert seen["probe outside"] == "none", "each has a /tmp of its own"
    assert (seen["ironkeep-engine nice"], seen["ironkeep-console nice"]) == ("0", "10")
    assert seen["data mode"] == "700 ironkeep"
    assert (seen["engine restarts"], seen["console restarts"]) == ("1", "0")
    assert "the last stop was not orderly" in (result / "journal").read_text()
    assert json.loads((result / "health").read_text())["live"]
    assert (seen["engine ended"], seen["console ended"], seen["record"]) == ("success", "success", "good")
    assert (seen["left"], seen["user left"]) == ("", "none")
