"""Draws docs/console.png again: starts the demo, makes an account, plays a scenario, and photographs the site page."""

import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
SCENARIO, PLAY_S = "off-gas-without-heat", 45
READY_S = 120


def main() -> int:
    """Write the picture; 0 when it is there."""
    with tempfile.TemporaryDirectory() as made, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        data, log = Path(made) / "data", Path(made) / "log"
        with log.open("w") as out:
            command = [sys.executable, "-m", "ironkeep", "run", "--data", str(data), "--port", str(port)]
            run = subprocess.Popen(command, stdout=out)
        try:
            until = time.monotonic() + READY_S
            while not (link := re.search(r"http://\S+/enrol\?token=\S+", log.read_text())):
                if run.poll() is not None or time.monotonic() > until:
                    print("the demo did not start", file=sys.stderr)
                    return 1
                time.sleep(0.5)
            subprocess.run(
                [sys.executable, "-m", "ironkeep", "twin", "inject", SCENARIO, "--data", str(data)], check=True
            )
            photograph(link[0], f"http://127.0.0.1:{port}/")
        finally:
            run.terminate()
            run.wait(60)
    return 0


def photograph(link: str, page_address: str) -> None:
    """Enrol by the link and photograph the page once the scenario has played for PLAY_S."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(link)
        page.fill("input[type=text], input:not([type])", "kim")
        for field in page.query_selector_all("input[type=password]"):
            field.fill("a long sentence that nobody guesses")
        page.keyboard.press("Enter")
        page.wait_for_timeout(PLAY_S * 1000)
        page.goto(page_address)
        page.wait_for_timeout(4000)
        page.screenshot(path=str(ROOT / "docs/console.png"), full_page=True)
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
