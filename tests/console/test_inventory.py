"""The register in a real browser: no axe violation, no sideways scrolling at 400 px, a card on two sides of A4."""

import re
from dataclasses import replace

import pytest

from ironkeep.programs.inventory import lore
from tests.console.running import Running
from tests.faces.stand_in import House

PAGES = ("/inventory", "/inventory/gaps", "/inventory/dates", "/inventory/unknown", "/inventory/asset/cab-a")
PAGES += ("/inventory/hands/cab-b", "/inventory/card/cab-a")


class Site(House):
    """A house whose register has its knowledge."""

    def sources(self):
        return replace(super().sources(), lore=lore())


@pytest.fixture(scope="module")
def registered(tmp_path_factory):
    house = Site(tmp_path_factory.mktemp("register"))
    house.account()
    house.bad_night()
    made = Running(house)
    yield made
    made.stop()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_of_the_register_has_an_axe_violation_and_the_browser_does_not_complain(sit, registered, axe, scheme):
    seat = sit(registered, color_scheme=scheme, bypass_csp=True)
    for path in PAGES:
        page = seat.go(path)
        page.evaluate(axe)
        found = page.evaluate("async () => (await axe.run(document)).violations")
        assert [(v["id"], [n["html"][:160] for n in v["nodes"]][:3]) for v in found] == [], path
    assert seat.complaints == []


def test_on_a_telephone_nothing_scrolls_sideways_and_without_scripts_all_is_there(sit, registered):
    seat = sit(registered, viewport={"width": 400, "height": 800}, java_script_enabled=False)
    for path in PAGES:
        page = seat.go(path)
        assert page.locator("h1").count() == 1, path
    seat = sit(registered, viewport={"width": 400, "height": 800})
    for path in PAGES:
        page = seat.go(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 400, (path, wide)


@pytest.mark.parametrize(("asset", "sides"), [("cab-a", 2), ("con-1.s01", 2), ("ups-a", 1)])
def test_a_card_fits_its_sides_of_paper(sit, registered, asset, sides):
    page = sit(registered).go(f"/inventory/card/{asset}")
    data = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", data)) == sides
