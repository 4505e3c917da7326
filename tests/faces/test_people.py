"""People and programs over the real desk, spine and vault: two people where two are needed, tokens, and what ends."""

import asyncio
import re

from ironkeep.faces.console.denials import SINGLES_MAX, Denials
from ironkeep.model.access import Role, end_of_day
from ironkeep.model.time import SECOND_US, rfc3339
from tests.faces.real import Building, Person, enter, tell
from tests.faces.stand_in import PASSWORD


def once(text: str) -> str:
    """What a page shows once: a link or a token."""
    found = re.search(r'id="once">([^<]+)<', text)
    return found[1] if found else ""


def of(house: Building, *kinds: str) -> list[dict]:
    return [fact.body for fact in house.room.facts(*kinds)]


def test_the_first_admin_invites_alone_and_the_colleague_gets_in_with_that_role(tmp_path):
    async def story(house):
        ann = await enter(house, "ann", "admin")
        link = once((await ann.post("/accounts/invite", role="operator")).text)
        token = link.split("token=")[1]
        bob = Person(house, "bob")
        fields = {"token": token, "name": "bob", "password": PASSWORD, "again": PASSWORD}
        assert (await bob.client.post("/enrol", data=fields)).status_code == 303
        assert (await bob.get("/api/v1/session")).json()["role"] == "operator"
        assert of(house, "AccountInvited") == [{"role": "operator", "by": "person:ann", "employer": "", "until_us": 0}]
        assert {"account": "bob", "role": "operator", "employer": "", "until_us": 0} in of(house, "AccountEnrolled")
        assert token not in str(of(house))
        assert (await bob.client.post("/enrol", data=fields | {"name": "max"})).status_code == 422

    tell(tmp_path, story)


def test_a_second_admin_is_made_by_one_while_there_is_one_and_by_two_from_then_on(tmp_path):
    async def story(house):
        ann = await enter(house, "ann", "admin")
        alone = (await ann.post("/accounts/invite", role="admin")).text
        assert once(alone)
        assert "you acted alone" in alone
        assert of(house, "ActedAlone") == [{"request_kind": "invite account", "subject": "admin", "by": "person:ann"}]
        eve = await enter(house, "eve", "admin")
        await ann.post("/accounts/invite", role="admin")
        page = await ann.get("/accounts")
        assert not once(page.text)
        assert "waits until" in page.text
        (asked,) = of(house, "ConfirmationAsked")
        own = await ann.post("/waiting/confirm", asked=asked["asked"])
        assert own.status_code == 409
        assert "whoever asked cannot confirm" in own.text
        assert once((await eve.post("/waiting/confirm", asked=asked["asked"])).text)
        assert of(house, "ConfirmationGiven") == [
            {"asked": asked["asked"], "asked_by": "person:ann", "by": "person:eve"}
        ]
        assert (await eve.post("/waiting/confirm", asked=asked["asked"])).status_code == 409

    tell(tmp_path, story)


def test_what_is_not_confirmed_in_time_is_void_and_the_late_try_is_on_the_record(tmp_path):
    async def story(house):
        ann, eve = await enter(house, "ann", "admin"), await enter(house, "eve", "admin")
        await enter(house, "ida", "auditor")
        await ann.post("/accounts/close", account="ida")
        (asked,) = of(house, "ConfirmationAsked")
        assert (await eve.get("/api/v1/waiting")).json()[0]["asked"] == asked["asked"]
        house.room.clock.mono_us += 901 * SECOND_US
        assert (await eve.get("/api/v1/waiting")).json() == []
        late = await eve.api(f"/api/v1/waiting/{asked['asked']}/confirm")
        assert late.status_code == 409
        assert "void" in late.json()["reason"]
        assert "void" in of(house, "RequestRefused")[-1]["reason"]
        assert not of(house, "AccountClosed")

    tell(tmp_path, story)


def test_an_operator_cannot_confirm_what_only_an_admin_may(tmp_path):
    async def story(house):
        ann = await enter(house, "ann", "admin")
        await enter(house, "eve", "admin")
        bob = await enter(house, "bob", "operator")
        await ann.post("/accounts/invite", role="admin")
        (asked,) = of(house, "ConfirmationAsked")
        said = await bob.api(f"/api/v1/waiting/{asked['asked']}/confirm")
        assert (said.status_code, said.json()["reason"]) == (409, "an operator may not invite account")

    tell(tmp_path, story)


def test_a_changed_role_ends_the_sessions_and_a_closed_account_never_comes_back(tmp_path):
    async def story(house):
        ann, bob = await enter(house, "ann", "admin"), await enter(house, "bob", "operator")
        await ann.post("/accounts/role", account="bob", role="viewer")
        assert (await bob.get("/")).status_code == 303
        await bob.log_in()
        assert (await bob.get("/api/v1/session")).json()["role"] == "viewer"
        await ann.post("/accounts/close", account="bob")
        assert (await bob.get("/")).status_code == 303
        told = {"name": "bob", "password": PASSWORD, "to": "/"}
        assert (await bob.client.post("/login", data=told)).status_code == 401
        last = await ann.post("/accounts/close", account="ann")
        assert "last admin" in last.text
        assert [b["role"] for b in of(house, "RoleChanged")] == ["viewer"]
        assert [b["account"] for b in of(house, "AccountClosed")] == ["bob"]

    tell(tmp_path, story)


def test_two_admins_who_close_each_other_at_once_leave_one(tmp_path):
    async def story(house):
        people = [await enter(house, name, "admin") for name in ("ann", "eve", "zoe")]
        await asyncio.gather(
            people[0].post("/accounts/close", account="eve"), people[1].post("/accounts/close", account="ann")
        )
        asked = [row["asked"] for row in of(house, "ConfirmationAsked")]
        assert len(asked) == 2
        await asyncio.gather(*(people[2].post("/waiting/confirm", asked=each) for each in asked))
        assert len(of(house, "AccountClosed")) == 1

    tell(tmp_path, story)


def test_a_vendors_person_gets_in_until_the_contract_ends_and_again_when_an_admin_prolongs_it(tmp_path):
    async def story(house):
        ann = await enter(house, "ann", "admin")
        today = rfc3339(house.room.clock().at_us)[:10]
        page = await ann.post("/accounts/invite", role="vendor", employer="ACME", last_day=today)
        token = once(page.text).split("token=")[1]
        vera = Person(house, "vera")
        assert f"ends by itself after {today}" in (await vera.get(f"/enrol?token={token}")).text
        fields = {"token": token, "name": "vera", "password": PASSWORD, "again": PASSWORD}
        assert (await vera.client.post("/enrol", data=fields)).status_code == 303
        (invited,), end_us = of(house, "AccountInvited"), end_of_day(today)
        contract = {"employer": "ACME", "until_us": end_us}
        assert invited == {"role": "vendor", "by": "person:ann", **contract}
        assert {"account": "vera", "role": "vendor", **contract} in of(house, "AccountEnrolled")
        assert "Contracts that end soon" in (await ann.get("/accounts")).text
        assert (await ann.get("/api/v1/accounts")).json()[-1]["until"] == rfc3339(end_us)
        assert (await vera.get("/accounts")).status_code == 403

        house.room.clock.mono_us += end_us - house.room.clock().at_us
        assert (await vera.get("/")).status_code == 303
        told = {"name": "vera", "to": "/"}
        wrong = await vera.client.post("/login", data=told | {"password": "not the password"})
        assert "contract" not in wrong.text
        late = await vera.client.post("/login", data=told | {"password": PASSWORD})
        assert (late.status_code, "the contract of vera ended after" in late.text) == (401, True)
        assert "the contract of vera ended" in of(house, "SessionDenied")[-1]["why"]

        await ann.log_in()
        assert "Contracts that have ended" in (await ann.get("/accounts")).text
        tomorrow = rfc3339(end_us)[:10]
        assert (await ann.post("/accounts/prolong", account="vera", last_day=tomorrow)).status_code == 303
        assert [fact["until_us"] for fact in of(house, "ContractProlonged")] == [end_of_day(tomorrow)]
        await vera.log_in()
        assert (await vera.get("/")).status_code == 200
        assert (await ann.post("/accounts/prolong", account="vera", last_day="soon")).status_code == 422
        assert (await ann.post("/accounts/role", account="vera", role="operator")).status_code == 409

    tell(tmp_path, story)


def test_a_safety_officer_confirms_on_the_page_what_an_admin_asked(tmp_path):
    async def story(house):
        ann, sam = await enter(house, "ann", "admin"), await enter(house, "sam", "safety officer")
        await enter(house, "ida", "auditor")
        await ann.post("/accounts/close", account="ida")
        (asked,) = of(house, "ConfirmationAsked")
        for who in (ann, sam):
            assert "close account (ida), asked by ann" in (await who.get("/")).text, (
                "every page says that something waits"
            )
        assert ">Confirm</button>" in (await sam.get("/waiting")).text
        assert (await sam.post("/waiting/confirm", asked=asked["asked"])).status_code == 303
        assert [fact["account"] for fact in of(house, "AccountClosed")] == ["ida"]
        assert (await sam.post("/accounts/close", account="ann")).status_code == 403

    tell(tmp_path, story)


async def token_of(ann: Person, service: str, *scopes: str, days: str = "30") -> str:
    fields = {"service": service, "owner": "ann", "days": days} | {f"scope {scope}": "on" for scope in scopes}
    return once((await ann.client.post("/tokens/create", data={"csrf": ann.csrf} | fields)).text)


def test_a_token_reads_what_its_scopes_say_and_nothing_else_until_it_is_revoked_or_runs_out(tmp_path):
    async def story(house):
        ann = await enter(house, "ann", "admin")
        text = await token_of(ann, "historian", "see readings")
        program = house.client()
        program.headers["authorization"] = f"Bearer {text}"
        assert (await program.get("/api/v1/banks")).status_code == 200
        assert (await program.get("/api/v1/alarms")).status_code == 403
        assert (await program.get("/rack")).status_code == 303, "a token opens no page"
        assert (await program.post("/api/v1/alarms/x/acknowledge", json={})).status_code == 403
        (made,) = of(house, "TokenCreated")
        assert (made["service"], made["owner"], made["scopes"]) == ("historian", "ann", ["see readings"])
        assert text not in str(of(house))
        row = (await ann.get("/api/v1/tokens")).json()[0]
        assert (row["token"], row["state"]) == (made["token"], "in force")
        assert row["last_use"] is not None
        await ann.post("/tokens/revoke", token=made["token"])
        assert (await program.get("/api/v1/banks")).status_code == 401
        assert "see alarms" in str(of(house, "SessionDenied"))
        other = await token_of(ann, "second", "see site", days="1")
        program.headers["authorization"] = f"Bearer {other}"
        assert (await program.get("/api/v1/site")).status_code == 200
        house.room.clock.mono_us += 86_401 * SECOND_US
        assert (await program.get("/api/v1/site")).status_code == 401

    tell(tmp_path, story)


def test_a_token_of_more_than_a_year_of_an_unknown_scope_or_a_persons_name_is_refused(tmp_path):
    async def story(house):
        ann = await enter(house, "ann", "admin")
        assert not await token_of(ann, "historian", "see site", days="366")
        assert not await token_of(ann, "historian", "approve setting")
        assert not await token_of(ann, "ann", "see site")
        assert await token_of(ann, "historian", "see site", days="365")

    tell(tmp_path, story)


def test_a_program_that_asks_too_fast_is_told_when_to_come_back(tmp_path):
    async def story(house):
        ann = await enter(house, "ann", "admin")
        program = house.client()
        program.headers["authorization"] = f"Bearer {await token_of(ann, 'fast', 'see site')}"
        codes = [(await program.get("/api/v1/coverage")).status_code for _ in range(101)]
        assert codes == [200] * 100 + [429]
        said = await program.get("/api/v1/site")
        assert int(said.headers["retry-after"]) >= 1
        house.room.clock.mono_us += SECOND_US
        assert (await program.get("/api/v1/site")).status_code == 200

    tell(tmp_path, story)


def test_the_same_account_in_two_browsers_at_once_is_a_fact_that_says_no_more_than_that(tmp_path):
    async def story(house):
        await enter(house, "ann", "admin")
        again = Person(house, "ann")
        await again.log_in()
        (seen,) = of(house, "SharedUseSeen")
        assert (seen["account"], seen["browsers"], seen["origins"]) == ("ann", 2, ["127.0.0.1"])
        await again.log_in()
        assert len(of(house, "SharedUseSeen")) == 2

    tell(tmp_path, story)


def test_logging_out_everywhere_ends_every_session_of_that_account_alone(tmp_path):
    async def story(house):
        ann, bob = await enter(house, "ann", "admin"), await enter(house, "bob", "viewer")
        other = await Person(house, "ann").log_in()
        assert (await ann.post("/account/end-sessions")).status_code == 303
        assert (await other.get("/")).status_code == 303
        assert (await bob.get("/")).status_code == 200
        assert of(house, "SessionsEnded") == [{"account": "ann", "by": "person:ann", "count": 2}]

    tell(tmp_path, story)


def test_what_strangers_type_as_a_name_is_not_kept_unless_it_is_one(tmp_path):
    async def story(house):
        house.account("ann", "admin")
        client = house.client()
        for name in ("my secret passphrase", "ann"):
            await client.post("/login", data={"name": name, "password": "wrong wrong wrong", "to": "/"})
        assert [b["account"] for b in of(house, "SessionDenied")] == ["", "ann"]
        assert "passphrase" not in str(of(house))

    tell(tmp_path, story)


def test_a_flood_of_denials_is_counted_and_stands_as_one_fact(tmp_path):
    async def story(house):
        told = []

        async def record(kind, account, fields):
            told.append((kind, fields))

        denials = Denials(record, house.room.clock)
        for i in range(5_000):
            await denials.note("", f"10.0.0.{i % 50}", "the name or the password is wrong")
        await denials.close()
        assert [kind for kind, _ in told] == ["SessionDenied"] * SINGLES_MAX + ["DenialsFolded"]
        assert told[-1][1]["count"] == 5_000 - SINGLES_MAX
        assert len(told[-1][1]["origins"]) == 8

    tell(tmp_path, story)


def test_facts_of_access_outlive_a_silent_engine(tmp_path):
    async def story(house):
        house.account("ann", "admin")
        house.room.store.full = True
        ann = await Person(house, "ann").log_in()
        assert not of(house, "SessionOpened")
        assert [owed.kind for owed in house.vault.owed()] == ["SessionOpened"]
        house.room.store.full = False
        await ann.post("/logout")
        assert [f.kind for f in house.room.facts("SessionOpened", "SessionClosed")] == [
            "SessionOpened",
            "SessionClosed",
        ]
        assert house.vault.owed() == ()

    tell(tmp_path, story)


def test_an_idempotency_key_is_the_same_request_again_and_never_another(tmp_path):
    async def story(house):
        ann = await enter(house, "ann", "admin")
        await enter(house, "eve", "admin")
        await ann.post("/accounts/invite", role="admin")
        (asked,) = of(house, "ConfirmationAsked")
        path = f"/api/v1/waiting/{asked['asked']}/decline"
        key = {"idempotency-key": "k1"}
        first = await ann.api(path, {"why": "not now"}, **key)
        again = await ann.api(path, {"why": "not now"}, **key)
        assert first.status_code == again.status_code == 200
        assert first.json() == again.json()
        assert again.headers["idempotency-replayed"] == "true"
        assert len(of(house, "ConfirmationDeclined")) == 1
        assert (await ann.api(path, {"why": "other"}, **key)).status_code == 422
        assert (await ann.api(path, {"why": "not now"})).status_code == 409

    tell(tmp_path, story)


def test_a_role_claimed_by_a_request_counts_for_nothing_at_the_desk(tmp_path):
    async def story(house):
        ann = await enter(house, "ann", "viewer")
        house.vault.change_role("ann", Role.ADMIN)  # behind the record's back
        assert house.room.rooms.access.standing.roles["ann"] == "viewer"
        await ann.log_in()
        assert house.room.rooms.access.standing.roles["ann"] == "admin", "the log-in says so on the record"

    tell(tmp_path, story)
