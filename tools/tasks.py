"""Five people with five tasks on the running demo: what each presses, how long the machine takes, and how long a
practised person would. Writes the table of docs/explanation/console.md between its two marks.

The person's time is the keystroke-level model. Source: Card, Moran and Newell, Communications of the ACM 23 (1980):
a key 0.28 s, pointing 1.1 s, a button 0.1 s, a hand between mouse and keys 0.4 s, one thought 1.35 s.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from tools.demo import Demo, browser, demo, enter

DOC = Path(__file__).resolve().parent.parent / "docs/explanation/console.md"
BEGIN, END = "<!-- tasks: written by tools/tasks.py -->", "<!-- end of tasks -->"
KEY_S, POINT_S, BUTTON_S, HAND_S, THINK_S = 0.28, 1.1, 0.1, 0.4, 1.35
PLAY_S = 60
LIVE = r"main[hx-sse\:connect]"


@dataclass
class Hands:
    """A person at a page: every press is counted."""

    page: Page
    clicks: int = 0
    keys: int = 0
    person_s: float = 0.0

    def click(self, selector: str) -> None:
        """Think, point, press."""
        self.page.locator(selector).first.click()
        self.clicks += 1
        self.person_s += THINK_S + POINT_S + BUTTON_S

    def key(self, name: str) -> None:
        """Think, press one key."""
        self.page.keyboard.press(name)
        self.keys += 1
        self.person_s += THINK_S + KEY_S

    def write(self, text: str) -> None:
        """Type a text."""
        self.page.keyboard.type(text)
        self.keys += len(text)
        self.person_s += HAND_S + KEY_S * len(text)

    def see(self, selector: str, text: str = "") -> None:
        """What the task is about must stand on the page."""
        found = self.page.locator(selector, has_text=text) if text else self.page.locator(selector)
        found.first.wait_for(timeout=15_000)


def lead(hands: Hands) -> None:
    """Says how full, what is wrong and what may be believed, then finds the worst gaps."""
    hands.see("#r-strip", "How full")
    hands.click("nav.rooms a[href='/inventory']")
    hands.see("main", "gap")


def facilities(hands: Hands) -> None:
    """Comes from the alarm to location, isolation points and contacts."""
    hands.click("#r-alarms_side .what a")
    hands.see("#r-alarm_one", "isolation points")


def analyst(hands: Hands) -> None:
    """Finds which setting moved, with its proof."""
    hands.key("/")
    hands.write("SettingChanged")
    hands.key("Enter")
    hands.click(".hits a[href^='/proof/']")
    hands.see("#proof", "leads to the root")


def commander(hands: Hands) -> None:
    """Acknowledges the worst alarm and takes command on the record."""
    hands.see("[data-ack]")
    hands.see(LIVE)  # before that a press loads the page anew: right, and without the line that says so
    hands.key("ArrowDown")
    hands.key("Enter")
    hands.see("#notice", "acknowledged")
    hands.click("#r-incident_side [formaction='/incidents/command']")
    hands.see("#r-incident_side", "Commander: kim")


def compliance(hands: Hands) -> None:
    """Shows what stood a minute ago and that it can be proved."""
    hands.click(".foot a[href='/past']")
    hands.see(".past", "Nothing here is live")
    hands.click("a.proof")
    hands.see("#proof", "leads to the root")


TASKS: tuple[tuple[str, Callable[[Hands], None]], ...] = (
    ("resilience lead", lead),
    ("facilities engineer", facilities),
    ("OT security analyst", analyst),
    ("incident commander", commander),
    ("compliance lead", compliance),
)


def table(site: Demo, page: Page) -> str:
    """The table in Markdown, a row a person."""
    rows = ["| Who | Task | Clicks | Keys | Machine | Practised person |", "|---|---|---|---|---|---|"]
    for who, task in TASKS:
        page.goto(site.address)
        page.wait_for_selector("#r-strip")
        hands, began = Hands(page), time.monotonic()
        task(hands)
        spent = time.monotonic() - began
        told = (task.__doc__ or "").strip().rstrip(".")
        rows.append(f"| {who} | {told} | {hands.clicks} | {hands.keys} | {spent:.1f} s | {hands.person_s:.0f} s |")
    return "\n".join(rows)


def main() -> int:
    """Write the table; 0 when every task was done."""
    with demo() as site, browser() as window:
        page = window.new_page(viewport={"width": 1440, "height": 900})
        enter(page, site.link)
        site.play("limit-changed")
        site.play("off-gas-without-heat")
        page.wait_for_timeout(PLAY_S * 1000)
        found = table(site, page)
    text = DOC.read_text()
    head, _, rest = text.partition(BEGIN)
    DOC.write_text(f"{head}{BEGIN}\n{found}\n{END}{rest.partition(END)[2]}")
    print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
