"""Getting in: one-time enrolment, log-in, log-out; and who is kept out, with a fact for each."""

import asyncio
from contextlib import ExitStack

import httpx
import pytest

from ironkeep.faces.console.doors import WEIGHED_MAX, Crowd
from ironkeep.faces.console.gate import POLICY, local_path
from ironkeep.model.errors import Unavailable
from tests.faces.stand_in import PASSWORD


def kinds(house):
    return [fact.kind for fact in house.spine.facts]


def test_without_a_log_in_every_page_leads_to_the_door_and_every_api_call_is_401(run):
    async def story(visitor):
        for path in ("/", "/alarms", "/evidence", "/rack/cab-a", "/proof/0", "/help"):
            answer = await visitor.get(path)
            assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/login")
        for path in ("/api/v1/site", "/api/v1/facts", "/api/v1/openapi.json", "/api/v1/alarms"):
            answer = await visitor.get(path)
            assert answer.status_code == 401
            assert answer.headers["content-type"] == "application/problem+json"
        assert (await visitor.get("/live/site")).status_code == 401

    run(story, entered=False)


def test_the_first_start_says_that_there_is_no_account_and_where_the_link_is(run, house, tmp_path):
    async def story(visitor):
        house.vault._rows("DELETE FROM account")
        text = (await visitor.get("/login")).text
        assert "No account exists yet" in text
        assert "no default password" in text

    run(story, entered=False)


def test_the_enrolment_link_makes_one_account_and_is_then_spent(run, house):
    async def story(visitor):
        token = house.vault.invite("operator", house.clock().at_us)
        assert "makes one account" in (await visitor.get(f"/enrol?token={token}")).text
        fields = {"token": token, "name": "lee", "password": PASSWORD, "again": PASSWORD}
        assert (await visitor.post("/enrol", fields)).status_code == 303
        assert (await visitor.get("/")).status_code == 200
        assert (await visitor.get(f"/enrol?token={token}")).status_code == 404
        assert (await visitor.post("/enrol", fields | {"name": "max"})).status_code == 422
        assert kinds(house)[-4:] == ["AccountEnrolled", "SessionOpened", "SessionDenied", "SessionDenied"]
        assert token not in str(house.spine.facts)

    run(story, entered=False)


def test_a_wrong_password_is_denied_on_the_record_without_saying_which_part_was_wrong(run, house):
    async def story(visitor):
        answer = await visitor.log_in(password="not the right one")
        assert answer.status_code == 401
        assert "the name or the password is wrong" in answer.text
        assert kinds(house) == ["SessionDenied"]
        assert PASSWORD not in str(house.spine.facts)

    run(story, entered=False)


def test_a_session_that_ran_out_leads_to_the_door_and_is_told_once(run, house):
    async def story(visitor):
        house.vault._rows("UPDATE session SET expires_us = 1")
        for _ in range(2):
            answer = await visitor.get("/alarms")
            assert (answer.status_code, answer.headers["location"]) == (303, "/login?to=%2Falarms")
        told = [(fact.kind, fact.body["account"]) for fact in house.spine.facts if fact.kind != "SessionOpened"]
        assert told == [("SessionClosed", "kim"), ("SessionDenied", "kim")]

    run(story)


def test_a_session_that_nobody_came_back_to_is_told_at_the_next_log_in(run, house):
    async def story(visitor):
        house.vault._rows("UPDATE session SET expires_us = 1")
        visitor.client.cookies.clear()
        await visitor.log_in()
        assert kinds(house)[:3] == ["SessionOpened", "SessionClosed", "SessionOpened"]

    run(story)


def test_guessing_is_slowed_with_429_and_the_known_browser_still_gets_in(run, house):
    async def story(visitor):
        kept = dict(visitor.client.cookies)
        visitor.client.cookies.clear()
        answers = [await visitor.log_in(password="wrong again") for _ in range(8)]
        assert [each.status_code for each in answers] == [401] * 5 + [429] * 3
        assert all(int(each.headers["retry-after"]) >= 1 for each in answers[5:])
        visitor.client.cookies.set("ironkeep_browser", kept["ironkeep_browser"], domain="127.0.0.1")
        assert (await visitor.log_in()).status_code == 303

    run(story)


def test_a_crowd_at_the_door_never_stands_before_a_browser_that_is_known(run, house):
    crowd = Crowd()
    with ExitStack() as inside:
        for _ in range(WEIGHED_MAX):
            inside.enter_context(crowd.place(known=False))
        for _ in range(2 * WEIGHED_MAX):
            inside.enter_context(crowd.place(known=True))
        with pytest.raises(Unavailable, match="many log-ins"), crowd.place(known=False):
            pass
    with crowd.place(known=False):
        pass

    async def story(visitor):
        """Whoever is known here gets in while strangers try more names than can be weighed at once."""
        transport = httpx.ASGITransport(visitor.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as stranger:
            forms = [{"name": f"name{i}", "password": "not a password", "to": "/"} for i in range(3 * WEIGHED_MAX)]
            tries = [stranger.post("/login", data=form) for form in forms]
            known, *others = await asyncio.gather(visitor.log_in(), *tries)
        assert known.status_code == 303
        assert {answer.status_code for answer in others} <= {401, 429}

    run(story)


def test_the_session_cookie_is_http_only_and_strict(run):
    async def story(visitor):
        said = (await visitor.log_in()).headers.get_list("set-cookie")
        session = next(text for text in said if text.startswith("ironkeep_session="))
        assert "HttpOnly" in session
        assert "SameSite=strict" in session

    run(story, entered=False)


def test_logging_out_ends_the_session_and_is_a_fact(run, house):
    async def story(visitor):
        assert (await visitor.post("/logout")).status_code == 303
        assert (await visitor.get("/")).status_code == 303
        assert kinds(house)[-1] == "SessionClosed"

    run(story)


def test_no_other_site_and_no_old_page_logs_anybody_out(run):
    async def story(visitor):
        evil = {"origin": "http://elsewhere.example"}
        for told in ({"headers": evil}, {"data": {"csrf": "of an earlier log-in"}}):
            said = await visitor.client.post("/logout", **told)
            assert said.status_code == 403
            assert "set-cookie" not in said.headers
        assert (await visitor.get("/")).status_code == 200
        visitor.client.cookies.clear()  # a browser sends a strict cookie to nobody but us, yet it obeys what comes back
        assert "set-cookie" not in (await visitor.client.post("/logout", headers=evil)).headers

    run(story)


def test_a_form_without_the_mark_or_from_another_site_is_refused_and_becomes_a_fact(run, house):
    async def story(visitor):
        alarm = house.raise_alarm("Hot", "cab-a")
        await visitor.app.state.watch.catch_up()
        bad = await visitor.client.post("/alarms/acknowledge", data={"alarm": alarm, "csrf": "guess"})
        elsewhere = await visitor.post("/alarms/acknowledge", {"alarm": alarm}, headers={"origin": "http://evil.test"})
        cross = await visitor.post("/alarms/acknowledge", {"alarm": alarm}, headers={"sec-fetch-site": "cross-site"})
        assert [r.status_code for r in (bad, elsewhere, cross)] == [403] * 3
        assert kinds(house)[-3:] == ["SessionDenied"] * 3
        assert "AlarmAcknowledged" not in kinds(house)

    run(story)


def test_a_viewer_sees_no_button_and_may_not_act(run, house):
    async def story(visitor):
        house.account("vic", "viewer")
        alarm = house.raise_alarm("Hot", "cab-a")
        await visitor.app.state.watch.catch_up()
        await visitor.log_in("vic")
        page = (await visitor.get("/alarms")).text
        assert "vic, may look" in page.replace("</a>", "")
        assert "data-ack" not in page
        assert (await visitor.post("/alarms/acknowledge", {"alarm": alarm})).status_code == 403
        assert (await visitor.api(f"/api/v1/alarms/{alarm}/acknowledge")).status_code == 403
        assert kinds(house)[-2:] == ["SessionDenied"] * 2

    run(story)


def test_a_foreign_host_header_is_refused_before_anything_reads_the_request(run, house):
    async def story(visitor):
        for host in ("evil.test", "127.0.0.1.evil.test", "", "127.0.0.1@evil.test", "[::2]"):
            assert (await visitor.get("/", headers={"host": host})).status_code == 421
        for host in ("127.0.0.1:8470", "localhost:1", "LOCALHOST", "[::1]:8470"):
            assert (await visitor.get("/login", headers={"host": host})).status_code in (200, 303)
        assert kinds(house) == ["SessionOpened", *["SessionDenied"] * 5]
        assert {fact.body["why"] for fact in house.spine.facts[1:]} == {"a Host that is not ours"}

    run(story)


def test_every_answer_carries_the_strict_policy(run):
    async def story(visitor):
        for path in ("/", "/login", "/nowhere", "/static/console.css", "/api/v1/site", "/healthz"):
            headers = (await visitor.get(path)).headers
            assert headers["content-security-policy"] == POLICY
            assert headers["x-content-type-options"] == "nosniff"
        assert "unsafe" not in POLICY
        assert POLICY.startswith("default-src 'none'; script-src 'self';")

    run(story)


def test_a_log_in_leads_back_to_a_path_of_ours_and_never_elsewhere():
    assert local_path("/alarms?p=2") == "/alarms?p=2"
    for bad in ("//evil.test", "https://evil.test", "/\\evil.test", "\\\\evil", "javascript:x", "", "/a\r\nx: y"):
        assert local_path(bad) == "/"


def test_a_body_that_is_too_large_or_of_unknown_length_is_refused(run):
    async def story(visitor):
        assert (await visitor.post("/login", {"name": "x" * 20_000})).status_code == 413

        async def endless():
            yield b"name=kim"

        assert (await visitor.client.post("/login", content=endless())).status_code == 413

    run(story, entered=False)
