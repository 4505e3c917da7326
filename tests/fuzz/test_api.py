"""Nonsense sent to the console: a clear refusal each time, never a bug of ours, nothing half-done."""

import asyncio
import json
from urllib.parse import quote

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faces.conftest import visit
from tests.faces.stand_in import House, noise

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
WORDS = st.text(max_size=80)
PLACES = ("acknowledge", "unshelve", "reset", "shelve")
FORMS = ("/alarms/acknowledge", "/alarms/shelve", "/alarms/acknowledge-group", "/incidents/note", "/incidents/close")
FORMS += ("/incidents/lower", "/settings/approve", "/twin/inject", "/login", "/enrol", "/logout", "/evidence/export")
FIELDS = "alarm rule for_s reason text stage why token name password to back page incident scenario asset arg_p".split()
LOOKED = ("/", "/alarms", "/evidence", "/rack", "/search", "/api/v1/facts", "/api/v1/trend", "/trend.svg")
HEADS = ("/rack/", "/alarms/", "/incidents/", "/proof/", "/static/", "/live/", "/api/v1/assets/")
ARGUMENTS = "p rule at kind asset actor since until before h q limit point span_s tone".split()
BUGS = range(500, 503)


@pytest.fixture(scope="module")
def console(tmp_path_factory):
    """One console and one loop for many examples."""
    house = House(tmp_path_factory.mktemp("console"))
    house.account()
    house.bad_night()
    loop = asyncio.new_event_loop()
    context = visit(house)
    visitor = loop.run_until_complete(context.__aenter__())
    loop.run_until_complete(visitor.log_in())

    def play(story):
        house.clock.shift_us += 15_000_000  # the paces of changes and programs are tested elsewhere
        loop.run_until_complete(story(visitor))

    yield play
    loop.run_until_complete(context.__aexit__(None, None, None))
    loop.close()
    house.vault.shut()


@settings(max_examples=60)
@given(place=st.sampled_from(PLACES), body=JSON)
def test_any_json_is_answered_and_only_a_right_one_is_taken(console, place, body):
    async def story(visitor):
        before = visitor.house.spine.size()
        text = json.dumps(body)
        answer = await visitor.client.post(
            f"/api/v1/alarms/alarm_none/{place}", content=text, headers={"x-csrf": visitor.csrf}
        )
        assert answer.status_code not in BUGS
        if answer.status_code == 422:
            assert answer.json()["detail"]
            assert visitor.house.spine.size() == before

    console(story)


def test_any_bytes_are_answered(console):
    async def story(visitor):
        for data in noise(np.random.default_rng(7), 50):
            answer = await visitor.client.post(
                "/api/v1/incidents/x/note", content=data, headers={"x-csrf": visitor.csrf}
            )
            assert answer.status_code == 422
            assert answer.headers["content-type"] == "application/problem+json"

    console(story)


@settings(max_examples=60)
@given(path=st.sampled_from(FORMS), fields=st.dictionaries(st.sampled_from(FIELDS), WORDS, max_size=6))
def test_any_form_is_answered(console, path, fields):
    async def story(visitor):
        answer = await visitor.post(path, fields)
        assert answer.status_code not in BUGS, answer.text
        if "location" in answer.headers:
            assert answer.headers["location"].startswith("/")
            assert not answer.headers["location"].startswith("//")
        if path == "/logout":
            visitor.client.cookies.clear()
            await visitor.log_in()

    console(story)


@settings(max_examples=80)
@given(
    page=st.sampled_from(LOOKED),
    query=st.dictionaries(st.sampled_from(ARGUMENTS), WORDS, max_size=4),
)
def test_any_query_is_answered(console, page, query):
    async def story(visitor):
        assert (await visitor.get(page, params=query)).status_code not in BUGS

    console(story)


@settings(max_examples=140)
@given(head=st.sampled_from(HEADS), name=WORDS)
def test_any_address_is_answered(console, head, name):
    async def story(visitor):
        if head == "/live/" and name in ("site", "fleet"):
            return  # a stream without end
        assert (await visitor.get(head + quote(name, safe=""))).status_code not in BUGS

    console(story)
