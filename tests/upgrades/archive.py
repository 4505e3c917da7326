"""The data folder of a demo site as a released version leaves it when the power fails in the middle of its work.

`python -m tests.upgrades.archive PYTHON FILE`: PYTHON is an interpreter with that release installed, FILE the archive
to write (`tests/upgrades/0.5.0.tar.xz`). A person enrols, gas leaks from cells, an alarm is acknowledged, a register
is imported; then all is killed. Of the history only the first part is kept, cut within a turn. No archive is made anew.
"""

import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.console.conftest import CHROMIUM
from tests.programs.test_run import family, free_port
from tests.upgrades.test_upgrade import NAME, PASSWORD

WAIT_S = 120.0
QUARTER_S = 900  # no snapshot or sealing of a quarter of an hour may fall into the run: the archive stays small
NEEDED_S = 240
SCENARIO = "off-gas-without-heat"
HISTORY_BYTES = 1_500_001  # odd, so that it ends within a turn
REGISTER = "asset,kind,serial\nharbor-dc1.spare-ups,ups,SN-4711\n"
LEFT_OUT = (".lock", ".sock", ".log")


def main(python: str, file: Path) -> None:
    """Run the release for as long as it takes, kill it, and write the archive."""
    if file.exists():
        raise SystemExit(f"{file} stands there already, and no archive is made anew")
    while time.time() % QUARTER_S > QUARTER_S - NEEDED_S:
        time.sleep(1)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        log = Path(folder) / "run.log"
        port = free_port()
        with log.open("wb") as out:
            process = subprocess.Popen(
                [python, "-m", "ironkeep", "run", "--data", str(data), "--port", str(port)], stdout=out, stderr=out
            )
        try:
            until(lambda: "Ctrl-C stops everything" in log.read_text(), "the site does not come up")
            work(python, data, Path(folder) / "register.csv", log.read_text())
        finally:
            process.kill()
            for pid in family(data):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        (frames,) = (data / "history/hot").iterdir()
        os.truncate(frames, min(HISTORY_BYTES, frames.stat().st_size))
        with tarfile.open(file, "x:xz") as archive:
            archive.add(data, "", filter=lambda each: None if each.name.endswith(LEFT_OUT) else each)
    print(f"{file}: {file.stat().st_size:,} bytes")


def work(python: str, data: Path, register: Path, said: str) -> None:
    """What people do in that time."""

    def ironkeep(*words: str) -> str:
        return subprocess.run([python, "-m", "ironkeep", *words], capture_output=True, text=True, check=True).stdout

    def written(kind: str) -> bool:
        return f'"{kind}"' in ironkeep("facts", "--kind", kind, "--json", "--data", str(data))

    link = re.search(r"http://127\.0\.0\.1:\d+/enrol\?token=[\w-]+", said)
    assert link, said
    until(lambda: '"live":true' in ironkeep("status", "--json", "--data", str(data)), "no live data")
    register.write_text(REGISTER)
    ironkeep("import", str(register), "--data", str(data))
    ironkeep("twin", "inject", SCENARIO, "--data", str(data))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(link[0])
        page.fill("input[name=name]", NAME)
        for field in page.query_selector_all("input[type=password]"):
            field.fill(PASSWORD)
        page.keyboard.press("Enter")
        base = link[0].partition("/enrol")[0]
        page.wait_for_url(f"{base}/")
        until(lambda: written("AlarmRaised"), "no alarm was raised")
        page.goto(f"{base}/alarms")
        page.click("button[data-ack]")
        page.wait_for_load_state()
        browser.close()
    wanted = ("AlarmAcknowledged", "IncidentOpened", "PassportTaken", "ImportTaken")
    until(lambda: all(map(written, wanted)), f"not all of {wanted} were written")


def until(true: Callable[[], bool], else_: str) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + WAIT_S
    while not true():
        if time.monotonic() > deadline:
            raise SystemExit(else_)
        time.sleep(0.5)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
