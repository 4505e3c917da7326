"""What was read at a past moment: on the line, at the banks and at one asset, as of then and never as live."""

import html
import re
from dataclasses import replace

import numpy as np
import pytest

from ironkeep.model.errors import Refused
from ironkeep.model.time import SECOND_US, rfc3339
from ironkeep.ports.history import Trend
from tests.faces.stand_in import House

AGO_S = 600


class Kept:
    """A history of a few samples, by (asset, point): (time, number)."""

    def __init__(self) -> None:
        self.samples: dict[tuple[str, str], list[tuple[int, float]]] = {}
        self.finest_us = SECOND_US

    def trend(self, asset, point, first_us, last_us, buckets):
        if (asset, point) not in self.samples:
            raise Refused("never recorded")
        width = (last_us - first_us) // buckets
        at_us = first_us + np.arange(buckets) * width
        mean, count = np.full(buckets, np.nan), np.zeros(buckets, np.int64)
        for when_us, number in self.samples[asset, point] if width >= self.finest_us else ():
            if first_us <= when_us < last_us:
                i = (when_us - first_us) // width
                mean[i], count[i] = number, 1
        return Trend(asset, point, "%", at_us, mean, mean, mean, count, np.zeros(buckets, np.uint16))

    def points(self, asset):
        return tuple(point for who, point in self.samples if who == asset)


class Remembering(House):
    """A house with a history."""

    def sources(self):
        return replace(super().sources(), history=self.kept)


@pytest.fixture
def house(tmp_path):
    made = Remembering(tmp_path)
    made.kept = Kept()
    made.account()
    yield made
    made.vault.shut()


def asked(house, **more):
    return {"at": rfc3339(house.clock().at_us - AGO_S * SECOND_US, digits=6)} | more


def then_us(house) -> int:
    return house.clock().at_us - AGO_S * SECOND_US


def test_values_of_then_stand_beside_the_state_with_their_moment(run, house):
    async def story(page):
        house.raise_alarm("Temperature rising", "cab-b", 1, ago_s=AGO_S + 60)
        params = asked(house)
        house.kept.samples = {("cab-a", "soc_pct"): [(then_us(house) - SECOND_US, 12.0)]}
        text = (await page.get("/past", params=params)).text
        bank = re.search(r"UPS battery cabinet A</a>.*?</tr>", text, re.DOTALL)[0]
        assert re.search(r"<b>12 <i>%</i></b>", bank)
        assert "as of " + params["at"][:19].replace("T", " ") in text
        other = re.search(r"UPS battery cabinet B</a>.*?</tr>", text, re.DOTALL)[0]
        assert "not known" in other
        assert 'data-live="/live/plain"' in text

    run(story)


def test_the_points_of_one_asset_are_listed_and_old_ones_are_means_of_a_minute(run, house):
    async def story(page):
        house.raise_alarm("Temperature rising", "cab-b", 1, ago_s=AGO_S + 600)
        at_us = then_us(house)
        house.kept.samples = {("ups-a", "load_pct"): [(at_us - at_us % (60 * SECOND_US) - 30 * SECOND_US, 37.0)]}
        house.kept.finest_us = 60 * SECOND_US
        text = (await page.get("/past", params=asked(house, asset="ups-a"))).text
        assert "means of the minute before" in text
        row = re.search(r"<tr>(?:(?!</tr>).)*<code>load_pct</code>.*?</tr>", text, re.DOTALL)[0]
        assert "<b>37 <i>%</i></b>" in row

    run(story)


def test_without_a_reading_of_then_the_page_says_so(run, house):
    async def story(page):
        house.raise_alarm("Temperature rising", "cab-b", 1, ago_s=AGO_S + 60)
        text = (await page.get("/past", params=asked(house))).text
        assert "nothing was read then" in text
        assert "past-line" not in text

    run(story)


def test_every_step_to_another_time_leads_to_a_page(run, house):
    async def story(page):
        house.raise_alarm("Temperature rising", "cab-b", 1, ago_s=AGO_S + 90)
        text = (await page.get("/past", params=asked(house))).text
        form = re.search(r'<form action="/past".*?</form>', text, re.DOTALL)[0]
        steps = [html.unescape(each) for each in re.findall(r'href="(/past\?[^"]*)"', form)]
        assert len(steps) + form.count('aria-disabled="true"') == 5
        assert steps
        assert [(await page.get(step)).status_code for step in steps] == [200] * len(steps)

    run(story)
