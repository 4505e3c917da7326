"""Search, words, the past and trends as pages: whole without scripts, and the past never looks live."""

import asyncio
import re

import pytest

from ironkeep.faces.console.pages.past import Past
from ironkeep.model.errors import Refused
from ironkeep.model.time import rfc3339
from ironkeep.views import words
from tests.faces.conftest import visit
from tests.faces.stand_in import House


def test_an_exact_name_or_number_leads_straight_there(run):
    async def story(page):
        for wanted, place in (("3", "/proof/3"), ("cab-a", "/rack/cab-a"), ("ups battery cabinet b", "/rack/cab-b")):
            answer = await page.get("/search", params={"q": wanted}, follow_redirects=False)
            assert (answer.status_code, answer.headers["location"]) == (303, place)

    run(story)


def test_search_finds_assets_alarms_cases_facts_and_words(run, house):
    async def story(page):
        house.bad_night()
        await page.app.state.watch.catch_up()
        found = (await page.get("/search", params={"q": "temperature"})).text
        assert "Alarms," in found
        assert 'href="/words#hottest-cell"' in found
        assert "AlarmRaised" in (await page.get("/search", params={"q": "alarmRaised"})).text
        assert "Nothing holds" in (await page.get("/search", params={"q": "no such thing at all"})).text

    run(story)


def test_what_a_person_wrote_is_never_markup(run):
    async def story(page):
        found = (await page.get("/search", params={"q": "<script>alert(1)</script>"})).text
        assert "<script>alert" not in found

    run(story)


def test_every_word_of_the_pages_has_its_line_in_the_glossary(run):
    async def story(page):
        glossary = (await page.get("/words")).text
        seen = 0
        for path in ("/", "/rack", "/rack/cab-a.s1", "/alarms"):
            for mark, line in re.findall(
                r'class="(?:ro )?w" href="/words#([^"]+)" title="([^"]+)"', (await page.get(path)).text
            ):
                assert f'id="{mark}"' in glossary
                assert line in glossary
                seen += 1
        assert seen > 20

    run(story)


@pytest.mark.safety("S11")
def test_no_line_says_that_something_is_safe():
    assert not [w.word for w in words.WORDS if re.search(r"\bsafe\b|may be entered", w.says)]


def test_the_past_shows_what_stood_then_and_says_that_it_is_not_live(run, house):
    async def story(page):
        before_us = house.clock().at_us
        house.raise_alarm("Temperature rising", "cab-b.s2.m07", 1, ago_s=0)
        then = (await page.get("/past", params={"at": rfc3339(before_us, digits=6)})).text
        now = (await page.get("/past", params={"at": rfc3339(house.clock().at_us, digits=6)})).text
        assert "Temperature rising" not in then
        assert "Temperature rising" in now
        for text in (then, now):
            assert "Nothing here is live" in text
            assert set(re.findall(r'id="(r-[a-z_]+)"', text)) == {"r-pulse", "r-state"}

    run(story)


def test_while_somebody_types_the_best_hits_of_each_kind_come_back(run, house):
    async def story(page):
        house.bad_night()
        await page.app.state.watch.catch_up()
        hints = (await page.get("/search", params={"q": "ca"}, headers={"accept": "application/json"})).json()
        assert {"kind": "Assets", "name": "UPS battery cabinet A", "href": "/rack/cab-a"}.items() <= hints[0].items()
        assert len({each["kind"] for each in hints}) > 1
        assert len(hints) <= 8
        assert (await page.get("/search", params={"q": ""}, headers={"accept": "application/json"})).json() == []

    run(story)


PLAIN_PATHS = ("/help", "/words", "/past", "/search", "/trends", "/proof/0", "/account", "/accounts", "/tokens")
PLAIN_PATHS += ("/waiting",)


@pytest.mark.parametrize("path", PLAIN_PATHS)
def test_every_plain_page_has_the_header_and_its_live_part(run, house, path):
    async def story(page):
        text = (await page.get(path)).text
        assert ">kim</a>" in text
        assert 'action="/logout"' in text
        assert 'id="r-pulse"' in text
        assert 'data-live="/live/plain"' in text
        assert text.count("<h1") == 1
        assert text.count('id="notice"') <= 1
        moved = (await page.get("/live/plain", params={"poll": "1"})).text
        assert set(re.findall(r'hx-target="#([a-z_-]+)"', moved)) == {"r-pulse", "r-state"}

    run(story)


def test_a_visitor_sees_no_header_of_somebody(house, run):
    async def story(page):
        page.client.cookies.clear()
        text = (await page.get("/login")).text
        assert "r-pulse" not in text
        assert "logout" not in text

    run(story)


def test_a_time_after_any_address_leads_to_the_past(run, house):
    async def story(page):
        at = rfc3339(house.clock().at_us, digits=0)
        for path in ("/", "/rack/cab-a", "/alarms"):
            answer = await page.get(path, params={"at": at}, follow_redirects=False)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/past?at=2")

    run(story)


def test_a_time_that_has_not_come_is_refused(run):
    async def story(page):
        assert (await page.get("/past", params={"at": "2999-01-01T00:00:00Z"})).status_code == 422
        assert (await page.get("/past", params={"at": "yesterday"})).status_code == 422

    run(story)


def test_before_the_first_fact_there_is_no_past(house):
    with pytest.raises(Refused, match="nothing was on record"):
        asyncio.run(Past(house.sources()).at(0))


def test_several_points_are_drawn_in_one_view_each_with_its_csv(run):
    async def story(page):
        text = (await page.get("/trends", params={"p": "cab-a/soc_pct cab-b/soc_pct", "span_s": 86400})).text
        assert text.count("<figure") == 2
        assert text.count('href="/api/v1/trend.csv?') == 2
        assert "last 24 h" in text
        twice = (await page.get("/trends?p=cab-a/soc_pct&p=cab-b/soc_pct,cab-b/power_w")).text
        assert 'value="cab-a/soc_pct cab-b/soc_pct cab-b/power_w"' in twice
        assert (await page.get("/trends", params={"p": "cab-a"})).status_code == 422
        assert (await page.get("/trends", params={"span_s": 1})).status_code == 422

    run(story)


@pytest.mark.parametrize("path", [*PLAIN_PATHS, "/", "/rack/cab-a", "/alarms", "/evidence", "/inventory/card/cab-a"])
def test_a_replay_says_recorded_on_every_page(tmp_path, path):
    house = House(tmp_path, simulated=False)
    house.account()
    house.desk.recorded = True

    async def story():
        async with visit(house) as page:
            await page.log_in()
            page.app.state.watch.take(house.desk.step())
            text = (await page.get(path)).text
            title = text.split("<title>")[1].split("</title>")[0]
            assert title.endswith("· RECORDED")
            assert 'class="demo">RECORDED</span>' in text
            assert "DEMO PLANT" not in text

    asyncio.run(story())
