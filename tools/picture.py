"""Draws docs/console.png again: starts the demo, makes an account, plays a scenario, and photographs the site page."""

import sys
from pathlib import Path

from tools.demo import browser, demo, enter

ROOT = Path(__file__).resolve().parent.parent
SCENARIO, PLAY_S = "off-gas-without-heat", 45


def main() -> int:
    """Write the picture; 0 when it is there."""
    with demo() as site, browser() as window:
        site.play(SCENARIO)
        page = window.new_page(viewport={"width": 1440, "height": 900})
        enter(page, site.link)
        page.wait_for_timeout(PLAY_S * 1000)
        page.goto(site.address)
        page.wait_for_timeout(4000)
        page.screenshot(path=str(ROOT / "docs/console.png"), full_page=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
