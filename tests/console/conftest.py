"""A real browser against a real server. Chromium is Debian's, from its standard place; nothing is downloaded."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.console.running import Running, running
from tests.faces.stand_in import PASSWORD

CHROMIUM = "/usr/bin/chromium"
WIDE = {"width": 1440, "height": 900}


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--force-color-profile=srgb"]
        )
        yield found
        found.close()


@pytest.fixture(scope="module")
def quiet(tmp_path_factory) -> Running:
    """A site where nothing is wrong."""
    made = running(tmp_path_factory.mktemp("quiet"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def bad(tmp_path_factory) -> Running:
    """A site on a bad night."""
    made = running(tmp_path_factory.mktemp("bad"))
    made.ids = made.house.bad_night()
    yield made
    made.stop()


class Seat:
    """One window, logged in, that remembers what the browser complained about."""

    def __init__(self, browser: Browser, console: Running, **told) -> None:
        self.console = console
        self.context = browser.new_context(**({"viewport": WIDE} | told))
        self.complaints: list[str] = []
        self.page = self.window()

    def window(self) -> Page:
        page = self.context.new_page()
        page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: self.complaints.append(str(e)))
        return page

    def enter(self, name: str = "kim") -> "Seat":
        self.page.goto(f"{self.console.url}/login")
        self.page.fill("[name=name]", name)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(f"{self.console.url}/")
        return self

    def go(self, path: str) -> Page:
        self.page.goto(f"{self.console.url}{path}")
        return self.page


@pytest.fixture
def sit(browser):
    """Open a window at a console: sit(console, **context options)."""
    seats = []

    def make(console: Running, enter: bool = True, **told) -> Seat:
        seat = Seat(browser, console, **told)
        seats.append(seat)
        return seat.enter() if enter else seat

    yield make
    for seat in seats:
        seat.context.close()


@pytest.fixture(scope="session")
def axe() -> str:
    return (Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js").read_text()
