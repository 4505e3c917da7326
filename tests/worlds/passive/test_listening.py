"""A real master, a real capturer, and the product that listens to them: the same values, and no connection of ours."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

REMEDY = (
    "a network of its own could not be made; run the tests as root, or allow user namespaces:"
    " sysctl -w kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0"
)


@pytest.mark.safety("S50")
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_is_overheard_equals_what_is_polled_and_nobody_is_connected_to(tmp_path: Path) -> None:
    apart = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    command = [*apart, sys.executable, "-m", "tests.worlds.passive.listening", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if "unshare:" in done.stderr:
        pytest.fail(f"{REMEDY}\n{done.stderr}")
    assert done.returncode == 0, done.stderr[-4000:]
    seen = json.loads(done.stdout)
    assert (seen["before"], seen["after"]) == (50.5, 61.1)
    assert seen["connections"] == 2, "the master and the stranger who wrote; none of ours"
    assert seen["write"]["writer"] == "127.0.0.2"
    assert seen["write"]["what"] == "unit 1, function 6, register 40081 = 1: done"
    assert seen["strangers"] == ["127.0.0.2 writes to bms and is not in the site file"]
    assert seen["doctor"] == [
        "somebody writes, and 1 devices are heard",
        "the tap is there, but the capturer stopped writing",
    ]
    assert "stopped writing" in seen["why"]
    assert seen["described"] == ["S1"]
