"""The log of a process is words for people: losing it stops nothing."""

import subprocess
import sys

import pytest

CALM = """
import sys, structlog
from ironkeep.programs import logs
logs.begin(json={json})
log = structlog.get_logger("engine")
log.info("heard")
sys.std{name}.close()
log.warning("lost")
sys.std{other}.write("on it goes")
"""


@pytest.mark.parametrize(("json", "name", "other"), [(False, "err", "out"), (True, "out", "err")])
def test_a_log_that_nobody_can_take_is_lost_and_the_work_goes_on(json: bool, name: str, other: str) -> None:
    text = CALM.format(json=json, name=name, other=other)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "heard" in getattr(done, f"std{name}")
    assert getattr(done, f"std{other}") == "on it goes"
