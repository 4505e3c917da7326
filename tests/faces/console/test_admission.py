"""Admission: a purse for each, waiting that costs nothing, and a refusal that says when to come back."""

import asyncio

from ironkeep.faces.console.admission import DOOR_PER_S, WAITING, Admission, Pace, Purse, Rate, Who, rate
from ironkeep.faces.console.cookies import BROWSER, SESSION, Cookies
from ironkeep.model.time import SECOND_US, Now

STRANGERS, LOGGED_IN = rate(20.0), rate(40.0)
RATE = Rate(per_s=10.0, saved=5.0, waiting=3, wait_s=0.25)


def test_a_saved_purse_answers_at_once_then_each_later_request_waits_longer():
    purse = Purse(RATE, 0)
    assert [purse.take(0) for _ in range(7)] == [0, 0, 0, 0, 0, 0.1, 0.2]
    assert purse.take(0) is None  # it would wait 0.3 s


def test_a_purse_fills_again_but_never_beyond_what_may_be_saved():
    purse = Purse(RATE, 0)
    assert [purse.take(0) for _ in range(5)] == [0.0] * 5
    assert purse.take(SECOND_US // 10) == 0.0
    assert [purse.take(3600 * SECOND_US) for _ in range(6)] == [0, 0, 0, 0, 0, 0.1]


def test_more_than_may_wait_are_told_to_come_back():
    async def crowd() -> list[float | None]:
        purse = Purse(Rate(per_s=1000.0, saved=1.0, waiting=2, wait_s=10.0), 0)
        purse.take(0)
        waiting = [asyncio.create_task(purse.turn(purse.take(0) or 0.0)) for _ in range(2)]
        await asyncio.sleep(0)
        refused = purse.take(0)
        await asyncio.gather(*waiting)
        return [refused, purse.take(SECOND_US)]

    assert asyncio.run(crowd()) == [None, 0.0]


def drive(
    count: int, path: str = "/login", cookie: str = "", token: str = "", name: str = SESSION
) -> tuple[list[int], list[bytes]]:
    """Statuses of so many requests at one reading of the clock, and the header names of the last answer."""
    statuses: list[int] = []
    names: list[bytes] = []

    async def page(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message):
        if message["type"] == "http.response.start":
            statuses.append(message["status"])
            names[:] = [name for name, _ in message["headers"]]

    async def go() -> None:
        who = Who(lambda told: told == "good", lambda told: told == "ik_good", lambda told: told == "desk")
        gate = Admission(page, lambda: Now(0, 0), Cookies(secure=False), who, Pace(STRANGERS, LOGGED_IN))
        headers = [(b"cookie", f"{name}={cookie}".encode())] if cookie else []
        headers += [(b"authorization", f"Bearer {token}".encode())] if token else []
        scope = {"type": "http", "path": path, "headers": headers}
        asked = [asyncio.create_task(gate(scope, None, send)) for _ in range(count)]
        await asyncio.sleep(0.01)
        for each in asked:
            each.cancel()
        await asyncio.gather(*asked, return_exceptions=True)

    asyncio.run(go())
    return statuses, names


def test_strangers_share_one_purse_and_the_refused_are_told_when_to_return():
    statuses, names = drive(int(STRANGERS.saved) + WAITING + 5)
    assert statuses.count(200) == STRANGERS.saved
    assert statuses.count(503) == 5
    assert b"retry-after" in names


def test_who_is_logged_in_has_a_purse_of_their_own_and_a_made_up_cookie_has_not():
    assert drive(int(LOGGED_IN.saved), cookie="good")[0].count(200) == LOGGED_IN.saved
    assert drive(int(LOGGED_IN.saved), cookie="made-up")[0].count(200) == STRANGERS.saved


def test_a_browser_that_was_in_before_has_a_purse_of_its_own_at_the_door():
    saved = int(STRANGERS.saved)
    assert drive(saved, cookie="desk", name=BROWSER)[0].count(200) == rate(DOOR_PER_S).saved < saved
    assert drive(saved, cookie="made-up", name=BROWSER)[0].count(200) == saved, "the strangers' one"


def test_a_program_has_a_purse_by_its_token_on_the_api_alone():
    saved = int(LOGGED_IN.saved)
    assert drive(saved, "/api/v1/site", token="ik_good")[0].count(200) == LOGGED_IN.saved
    assert drive(saved, "/api/v1/site", token="ik_made_up")[0].count(200) == STRANGERS.saved
    assert drive(saved, "/login", token="ik_good")[0].count(200) == STRANGERS.saved
    assert drive(saved, "/api/v1/site", cookie="good", token="ik_made_up")[0].count(200) == STRANGERS.saved


def test_a_session_token_is_read_from_the_cookie_header_alone():
    plain, over_tls = Cookies(secure=False), Cookies(secure=True)
    assert plain.session_in(f"a=b; {SESSION}=tok; c=d") == "tok"
    assert plain.session_in("a=b") == ""
    assert plain.session_in(f"{SESSION}") == ""
    assert over_tls.session_in(f"a=b; {SESSION}=tok") == "", "a cookie that any page of the host could set"
    assert over_tls.session_in(f"a=b; __Host-{SESSION}=tok") == "tok"
