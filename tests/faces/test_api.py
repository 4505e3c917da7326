"""The JSON API: what it says equals what the pages show; what it refuses it refuses by name."""

import re

from ironkeep.faces.console import proofs


def test_healthz_needs_no_log_in_and_tells_live_data(run):
    async def story(visitor):
        answer = await visitor.get("/healthz")
        assert answer.status_code == 200
        assert answer.json()["live"] is True

    run(story, entered=False)


def test_every_address_of_the_description_answers(run, house):
    async def story(visitor):
        ids = house.bad_night()
        await visitor.app.state.watch.catch_up()
        told = (await visitor.get("/api/v1/openapi.json")).json()
        fixed = {"asset": "cab-b", "string": "cab-b.s2", "incident": ids["case"], "seq": "1"}
        fixed |= {"subject": ids["heat"], "alarm": ids["heat"]}
        assert len(told["paths"]) > 20
        for path, methods in told["paths"].items():
            address = re.sub(r"{(\w+)}", lambda m: fixed[m[1]], path)
            if "get" in methods:
                answer = await visitor.get(
                    address, params={"asset": "cab-b", "point": "soc_pct"} if "trend" in path else {}
                )
                assert answer.status_code == 200, (path, answer.text)
        names = set(re.findall(r"#/components/schemas/([\w-]+)", str(told)))
        assert names <= set(told["components"]["schemas"])

    run(story)


def test_the_api_acts_with_the_mark_and_not_without(run, house):
    async def story(visitor):
        alarm = house.raise_alarm("Hot", "cab-a")
        await visitor.app.state.watch.catch_up()
        assert (await visitor.client.post(f"/api/v1/alarms/{alarm}/acknowledge", json={})).status_code == 403
        answer = await visitor.api(f"/api/v1/alarms/{alarm}/acknowledge")
        assert answer.status_code == 200
        assert house.spine.facts[answer.json()["facts"][0]].kind == "AlarmAcknowledged"
        one = (await visitor.get(f"/api/v1/alarms/{alarm}")).json()
        assert one["alarm"]["id"] == alarm
        assert all(one[word] for word in ("place", "isolation", "contact"))
        assert (await visitor.get("/api/v1/alarms/alarm_none")).status_code == 404
        board = (await visitor.get("/api/v1/alarms")).json()
        assert (board["unacknowledged"], board["alarms"][0]["acknowledged_by"]) == (0, "person:kim")

    run(story)


def test_a_bad_body_is_a_problem_that_names_the_key(run, house):
    async def story(visitor):
        alarm = house.raise_alarm("Hot", "cab-a")
        for body, where in (
            ({"for_s": "soon", "reason": "x"}, "$.for_s"),
            ({"for_s": 10, "reason": "x"}, "$.for_s"),
            ({"for_s": 600, "reason": "x", "more": 1}, "body"),
            ({}, "body"),
        ):
            answer = await visitor.api(f"/api/v1/alarms/{alarm}/shelve", body)
            assert answer.status_code == 422
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["where"] == where

    run(story)


def test_every_refusal_is_a_problem_with_its_address_and_what_to_do(run, house):
    async def story(visitor):
        client, alarm = visitor.client, house.raise_alarm("Hot", "cab-a")
        answers = {
            404: await visitor.get("/api/v1/nowhere"),
            405: await client.delete("/api/v1/site"),
            413: await visitor.api("/api/v1/incidents/x/note", {"text": "x" * 20_000}),
            421: await visitor.get("/api/v1/site", headers={"host": "example.org"}),
            422: await visitor.api(f"/api/v1/alarms/{alarm}/shelve", {"for_s": 10}),
            403: await client.post(f"/api/v1/alarms/{alarm}/acknowledge", json={}, headers={"x-csrf": "other"}),
        }
        answers[401] = await client.get("/api/v1/site", headers={"authorization": "Bearer ik_nobody"})
        for status, answer in answers.items():
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"
            told = answer.json()
            assert (told["type"], told["status"]) == ("about:blank", status)
            assert told["title"] == answer.reason_phrase
            assert told["instance"] == answer.request.url.path
            assert told["detail"]
            assert told["remedy"]
        assert "GET" in answers[405].headers["allow"]

    run(story)


def test_head_is_answered_like_get_without_the_body(run):
    async def story(visitor):
        for path in ("/", "/alarms", "/help", "/api/v1/site", "/nowhere"):
            got, told = await visitor.get(path), await visitor.client.head(path)
            assert told.status_code == got.status_code
            assert told.headers["content-type"] == got.headers["content-type"]
            assert got.content
            assert told.content == b""
        assert (await visitor.client.request("PUT", "/alarms")).status_code == 405

    run(story)


def test_a_trend_keeps_its_gaps_as_null(run):
    async def story(visitor):
        found = (await visitor.get("/api/v1/trend?asset=cab-a&point=soc_pct")).json()
        assert None in found["mean"]
        assert any(v is not None for v in found["mean"])
        assert found["unit"] == "%"
        for bad in ("span_s=1", "buckets=1", "buckets=99999"):
            assert (await visitor.get(f"/api/v1/trend?asset=cab-a&point=soc_pct&{bad}")).status_code == 422
        assert (await visitor.get("/api/v1/trend?asset=cab-a&point=nothing")).status_code == 422

    run(story)


def test_a_value_that_is_not_known_is_null_with_its_reason(run, house):
    async def story(visitor):
        house.desk.lost = {"cab-a"}
        visitor.app.state.watch.take(house.desk.step())
        bank = (await visitor.get("/api/v1/banks")).json()[0]
        assert bank["soc"]["number"] is None
        assert bank["soc"]["why"] == ["no reply"]

    run(story)


def test_a_proof_holds_only_for_what_it_was_made_of(house):
    house.bad_night()
    for seq in range(house.spine.size()):
        found = proofs.proof(house.spine, seq)
        assert proofs.check(found)
        assert not proofs.check(found | {"seq": seq + 1})
        assert not proofs.check(found | {"root": found["leaf_hash"] + "="})
        if found["path"]:
            assert not proofs.check(found | {"path": found["path"][1:]})
