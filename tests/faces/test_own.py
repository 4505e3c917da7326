"""One's own account: a second factor on a phone, the password, the sessions. Nobody does any of it for another."""

import base64
import re

import msgspec

from ironkeep.adapters.vaults.accounts.codes import code_of
from ironkeep.faces.console.own import address
from ironkeep.model.access import Role
from tests.faces.stand_in import PASSWORD, Clock

FRESH = "another good phrase"
NOW_US = 1_795_000_000_000_000
S = 1_000_000


def kinds(house):
    return [fact.kind for fact in house.spine.facts]


def ask_for(house, *roles):
    house.site = msgspec.structs.replace(
        house.site, access=msgspec.structs.replace(house.site.access, second_factor=roles)
    )


def code(house, secret):
    return code_of(secret, house.clock().at_us // (30 * S))


async def phone(visitor, house):
    """Set up a phone on the page; its secret and the recovery codes."""
    page = (await visitor.post("/account/second-factor", {"present": PASSWORD})).text
    assert "<svg" in page
    assert "style=" not in page.split("<svg")[1].split("</svg>")[0], "the policy allows no style inside"
    secret = base64.b32decode(re.search(r'id="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", ""))
    page = (await visitor.post("/account/second-factor/confirm", {"code": code(house, secret)})).text
    return secret, re.search(r'id="recovery">([^<]+)<', page)[1].split()


def test_a_mistyped_first_code_leaves_what_was_scanned_in_force(run, house):
    house.clock = Clock(NOW_US)

    async def story(visitor):
        page = (await visitor.post("/account/second-factor", {"present": PASSWORD})).text
        secret = base64.b32decode(re.search(r'id="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", ""))
        wrong = await visitor.post("/account/second-factor/confirm", {"code": "000000"})
        assert wrong.status_code == 422
        assert "type again what the phone shows" in wrong.text
        assert 'action="/account/second-factor/confirm"' in wrong.text
        assert re.search(r'id="secret"', wrong.text) is None, "the secret is shown once"
        right = await visitor.post("/account/second-factor/confirm", {"code": code(house, secret)})
        assert 'id="recovery"' in right.text

    run(story)


async def half(visitor, to="/"):
    page = (await visitor.client.post("/login", data={"name": "kim", "password": PASSWORD, "to": to})).text
    return re.search(r'name="ticket" value="([^"]+)"', page)[1]


def test_a_phone_is_set_up_and_from_then_on_a_log_in_takes_its_code(run, house):
    house.clock = Clock(NOW_US)

    async def story(visitor):
        secret, recovery = await phone(visitor, house)
        assert len(recovery) == 10
        assert kinds(house)[-1] == "SecondFactorEnrolled"
        house.clock.at_us += 60 * S
        visitor.client.cookies.clear()
        ticket = await half(visitor, "/alarms")
        assert (await visitor.get("/")).status_code == 303, "the password alone opens nothing"
        wrong = await visitor.client.post("/login/code", data={"ticket": ticket, "code": "000000", "to": "/alarms"})
        assert (wrong.status_code, "wrong, was used" in wrong.text) == (401, True)
        told = {"ticket": ticket, "code": code(house, secret), "to": "/alarms"}
        right = await visitor.client.post("/login/code", data=told)
        assert (right.status_code, right.headers["location"]) == (303, "/alarms")
        assert (await visitor.get("/")).status_code == 200
        assert kinds(house)[-4:-1] == ["SessionDenied", "SecondFactorUsed", "SessionOpened"]
        denied = house.spine.facts[-4].body
        assert (denied["account"], denied["why"].split(":")[0]) == ("kim", "second factor"), "somebody has the password"
        again = await visitor.client.post("/login/code", data=told | {"ticket": await half(visitor)})
        assert again.status_code == 401, "a code counts once"
        paper = await visitor.client.post("/login/code", data={"ticket": await half(visitor), "code": recovery[0]})
        assert paper.status_code == 303
        used = [fact.body for fact in house.spine.facts if fact.kind == "SecondFactorUsed"]
        assert [(each["how"], each["left"]) for each in used] == [("phone", 10), ("recovery code", 9)]
        said = str(house.spine.facts)
        assert base64.b32encode(secret).decode() not in said
        assert not any(each in said for each in recovery)

    run(story)


def test_where_the_site_asks_a_role_for_it_nothing_else_opens_before(run, house):
    ask_for(house, Role.ADMIN)

    async def story(visitor):
        for path in ("/", "/alarms", "/accounts", "/tokens"):
            answer = await visitor.get(path)
            assert (answer.status_code, answer.headers["location"]) == (303, "/account/second-factor")
        for path in ("/api/v1/site", "/api/v1/alarms"):
            answer = await visitor.get(path)
            assert answer.status_code == 403
            assert "second factor" in answer.json()["detail"]
            assert house.spine.facts[-1].body["why"] == "admin without a second factor"
        assert (await visitor.post("/alarms/acknowledge", {"alarm": "x"})).status_code == 303
        assert "asks for a second factor" in (await visitor.get("/account/second-factor")).text
        assert (await visitor.get("/account")).status_code == 200
        await phone(visitor, house)
        assert (await visitor.get("/")).status_code == 200

    run(story)


def test_a_role_that_is_not_asked_gets_in_without(run, house):
    ask_for(house, Role.ENGINEER)

    async def story(visitor):
        assert (await visitor.get("/")).status_code == 200

    run(story)


def test_a_phone_is_set_up_with_the_password_and_exchanged_with_a_code_too(run, house):
    house.clock = Clock(NOW_US)

    async def story(visitor):
        assert (await visitor.post("/account/second-factor", {"present": "a wrong one"})).status_code == 422
        assert kinds(house)[-1] == "SessionDenied"
        _, recovery = await phone(visitor, house)
        refused = await visitor.post("/account/second-factor", {"present": PASSWORD})
        assert refused.status_code == 422
        assert "secret" not in refused.text.split('id="factor"')[1]
        offered = await visitor.post("/account/second-factor", {"present": PASSWORD, "code": recovery[0]})
        assert 'id="secret"' in offered.text

    run(story)


def test_the_secret_is_spelled_as_apps_read_it():
    found = address("kim", "harbor-dc1", "ABCD")
    assert found == "otpauth://totp/Ironkeep:kim@harbor-dc1?secret=ABCD&issuer=Ironkeep"


def test_a_person_changes_the_own_password_and_the_other_sessions_end(run, house):
    async def story(visitor):
        other = house.vault.open("kim", PASSWORD, "", house.clock().at_us).token
        for told in (
            {"present": "a wrong one", "password": FRESH, "again": FRESH},
            {"present": PASSWORD, "password": FRESH, "again": FRESH + "s"},
            {"present": PASSWORD, "password": "password1234", "again": "password1234"},
        ):
            assert (await visitor.post("/account/password", told)).status_code == 422
        told = {"present": PASSWORD, "password": FRESH, "again": FRESH}
        done = await visitor.send("/account/password", told)
        assert "the password is changed" in done.text
        assert (await visitor.get("/")).status_code == 200, "this session goes on"
        assert house.vault.session(other, house.clock().at_us) is None
        assert kinds(house)[-4:] == ["SessionDenied"] * 3 + ["PasswordChanged"]
        assert FRESH not in str(house.spine.facts)
        assert (await visitor.log_in()).status_code == 401
        assert (await visitor.log_in(password=FRESH)).status_code == 303

    run(story)


def test_a_person_sees_the_own_sessions_and_ends_one(run, house):
    async def story(visitor):
        other = house.vault.open("kim", PASSWORD, "", house.clock().at_us, "10.0.0.9").token
        page = (await visitor.get("/account")).text
        assert "10.0.0.9" in page
        assert page.count('name="mark"') == 1, "the own session has no button"
        mark = re.search(r'name="mark" value="(\w+)"', page)[1]
        assert (await visitor.post("/account/sessions/end", {"mark": mark})).status_code == 303
        assert house.vault.session(other, house.clock().at_us) is None
        assert kinds(house)[-1] == "SessionClosed"
        assert (await visitor.post("/account/sessions/end", {"mark": mark})).status_code == 409
        assert (await visitor.client.post("/account/sessions/end", data={"mark": mark})).status_code == 403

    run(story)


def test_a_person_reads_an_instrument_over_the_api_once_a_key_and_under_the_own_name(run, house):
    async def story(visitor):
        path, body = (
            "/api/v1/assets/cab-a/readings",
            {"point": "dc_voltage_v", "value": 801.5, "instrument": "Fluke 87"},
        )
        mark = {"x-csrf": visitor.csrf}
        first = await visitor.client.post(path, json=body, headers=mark | {"idempotency-key": "one"})
        again = await visitor.client.post(path, json=body, headers=mark | {"idempotency-key": "one"})
        assert (first.status_code, again.status_code) == (200, 200)
        assert again.headers["idempotency-replayed"] == "true"
        asked = [each for each in house.desk.asked if each.kind == "record reading"]
        assert [(each.actor, each.subject) for each in asked] == [("person:kim", "cab-a")]
        assert set(asked[0].body) == {"point", "value", "instrument", "calibrated_until", "read_us"}
        assert asked[0].body["read_us"] > 0
        other = await visitor.client.post(path, json=body | {"value": 1.0}, headers=mark | {"idempotency-key": "one"})
        assert other.status_code == 422
        assert (await visitor.client.post(path, json=body)).status_code == 403, "without the mark"
        for bad in ({"value": "801"}, {"point": ""}, {"more": 1}, {"read_us": -1}):
            assert (await visitor.client.post(path, json=body | bad, headers=mark)).status_code == 422

    run(story)
