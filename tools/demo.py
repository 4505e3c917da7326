"""A demo site on a free port for the time of a block, and a browser that is logged in: for pictures and tasks."""

import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
READY_S = 180
WORD = "a long sentence that nobody guesses"


@dataclass(frozen=True)
class Demo:
    """A running demo: its address, its one-time enrolment link, its data folder."""

    address: str
    link: str
    data: Path

    def play(self, scenario: str) -> None:
        """Let the twin play a scenario."""
        command = [sys.executable, "-m", "ironkeep", "twin", "inject", scenario, "--data", str(self.data)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def demo() -> Iterator[Demo]:
    """A demo that shows live data. Raises TimeoutError when it does not come up within READY_S."""
    with tempfile.TemporaryDirectory() as made, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        data, log = Path(made) / "data", Path(made) / "log"
        with log.open("w") as out:
            command = [sys.executable, "-m", "ironkeep", "run", "--data", str(data), "--port", str(port)]
            run = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + READY_S
            while not (link := re.search(r"http://\S+/enrol\?token=\S+", log.read_text())):
                if run.poll() is not None or time.monotonic() > until:
                    raise TimeoutError(f"the demo did not start: {log.read_text()[-500:]}")
                time.sleep(0.5)
            yield Demo(f"http://127.0.0.1:{port}", link[0], data)
        finally:
            run.terminate()
            run.wait(60)


@contextmanager
def browser() -> Iterator[Browser]:
    """Debian's chromium, without a window."""
    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


def enter(page: Page, link: str) -> None:
    """Make the first account by the link and wait for the site page."""
    page.goto(link)
    page.fill("[name=name]", "kim")
    for field in page.query_selector_all("input[type=password]"):
        field.fill(WORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#r-strip")
