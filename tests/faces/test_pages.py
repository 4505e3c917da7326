"""What the pages say, in each state that the console must be able to draw."""

import re

import pytest

from ironkeep.faces.console.pages.evidence import FACTS_MOST, FACTS_SHOWN
from ironkeep.faces.console.render import SHEET
from ironkeep.faces.console.routes import PAGES
from ironkeep.facts.engine import EngineStopped
from ironkeep.facts.incident import CommandTaken
from ironkeep.facts.proof import parse_inclusion
from ironkeep.model.request import Outcome
from ironkeep.model.trust import Trust
from tools.house.words import unsafe_in

WHERE = ("/", "/fleet", "/rack", "/rack/cab-b", "/rack/cab-b.s2", "/rack/ups-a", "/alarms", "/incidents", "/evidence")
WHERE += ("/diagnostics", "/twin", "/help")


def text_of(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_every_page_draws_and_says_demo_plant_on_every_region(run, house):
    async def story(visitor):
        ids = house.bad_night()
        await visitor.app.state.watch.catch_up()
        for path in (*WHERE, f"/alarms/{ids['heat']}", f"/incidents/{ids['case']}", "/proof/0"):
            answer = await visitor.get(path)
            assert answer.status_code == 200, path
            for region in re.split(r'(?=<section [^>]*class="region)', answer.text)[1:]:
                if path not in ("/help", "/proof/0"):
                    assert "DEMO PLANT" in region, path
            assert "DEMO PLANT" in answer.text
            assert not unsafe_in(text_of(answer.text))
            assert re.findall(r"<style>(.*?)</style>", answer.text, re.S) == [SHEET]  # the policy names its digest
            assert answer.text.count("<style") == 1
            assert " style=" not in answer.text
            assert not re.search(r"\son[a-z]+=", answer.text)

    run(story)


def test_before_the_first_turn_the_page_says_that_there_are_no_data(run, house):
    async def story(visitor):
        from ironkeep.views import scene

        visitor.app.state.watch._scene = scene.EMPTY
        visitor.app.state.watch._heard_mono_us = None
        visitor.app.state.watch.version += 1
        page = (await visitor.get("/")).text
        assert "No data yet" in page
        assert "not known" in page
        assert (await visitor.get("/healthz")).status_code == 503

    house.desk.silent = True
    run(story)


def test_when_the_engine_stops_every_value_becomes_not_known_and_the_page_says_so(run, house):
    async def story(visitor):
        house.desk.silent = True
        house.clock.shift_us = 0
        house.clock.at_us = house.clock().at_us + 60_000_000
        visitor.app.state.watch._heard_mono_us = house.clock().mono_us - 60_000_000
        page = (await visitor.get("/")).text
        assert "Engine stopped or not heard" in page
        assert not re.search(r'class="val"><b>\d', page)
        assert page.count("not known") > 10
        assert not re.search("<(td|span)>up<", (await visitor.get("/diagnostics")).text)
        health = await visitor.get("/healthz")
        assert health.status_code == 503
        assert "has not been heard" in health.json()["reasons"][0]

    run(story)


def test_one_silent_device_takes_only_its_own_values(run, house):
    async def story(visitor):
        house.desk.lost = {"cab-a"}
        visitor.app.state.watch.take(house.desk.step())
        page = (await visitor.get("/")).text
        row = {name: page.split(f'id="bank-{name}"')[1].split("</tr>")[0] for name in ("cab-a", "cab-b")}
        assert row["cab-a"].count("not known") >= 4
        assert "not known" not in row["cab-b"]

    run(story)


def test_no_link_of_an_alarm_about_the_whole_site_leads_nowhere(run, house):
    async def story(visitor):
        alarm = house.raise_alarm("Most devices silent at once", house.site.id)
        await visitor.app.state.watch.catch_up()
        page = (await visitor.get(f"/alarms/{alarm}")).text
        assert "the whole site" in page
        for link in set(re.findall(r'href="(/(?:rack|inventory)[^"]*)"', page)):
            assert (await visitor.get(link)).status_code in (200, 303), link

    run(story)


def test_when_all_devices_are_silent_the_page_is_not_live(run, house):
    async def story(visitor):
        house.desk.lost = {asset.id.partition(".")[0] for asset in house.site.assets}
        visitor.app.state.watch.take(house.desk.step())
        assert "Not live" in (await visitor.get("/")).text
        assert (await visitor.get("/healthz")).json()["reasons"] == ["no device answers"]

    run(story)


def test_a_quiet_site_says_that_nothing_stands_and_has_no_colour_of_alarm(run):
    async def story(visitor):
        page = (await visitor.get("/")).text
        assert "No alarm stands" in page
        assert "runtime: not yet computed" in page
        assert 'class="shape' not in page
        assert 'class="badge' not in page

    run(story)


def test_a_bank_that_nobody_may_believe_is_left_out_of_the_charge(run, house):
    async def story(visitor):
        house.doubt("cab-a", Trust.UNTRUSTED, "its charge was forged")
        house.clock.at_us = house.clock().at_us  # on a slow machine the turn is too old before the page is drawn
        visitor.app.state.watch.take(house.desk.step())
        page = (await visitor.get("/")).text
        assert "from 1 of 2 banks" in page
        assert "UNTRUSTED" in page
        assert (await visitor.get("/api/v1/site")).json()["charge_from_banks"] == 1

    run(story)


def test_an_alarm_line_says_what_where_what_to_do_who_is_primary_and_how_long(run, house):
    async def story(visitor):
        house.bad_night()
        await visitor.app.state.watch.catch_up()
        said = text_of((await visitor.get("/alarms")).text)
        for words in (
            "Off-gas without heat life safety",
            "Room B : 118 ppm . Fire panel is primary, we repeat",
            "Clear the room, no entry, call the fire service.",
            "explosive gas may gather",
            "unacknowledged",
        ):
            assert words.replace(" :", ":").replace(" .", ".") in said.replace(" :", ":").replace(" .", ".").replace(
                " , ", ", "
            ), words

    run(story)


def test_an_alarm_leads_in_one_step_to_its_place_its_isolation_points_and_whom_to_call(run, house):
    async def story(visitor):
        ids = house.bad_night()
        await visitor.app.state.watch.catch_up()
        said = text_of((await visitor.get(f"/alarms/{ids['heat']}")).text)
        declared = house.site.asset("cab-b")
        for words in (declared.location, *declared.paper.isolation, declared.paper.contact):
            assert words in said
        page = (await visitor.get("/")).text
        case = page.split('id="r-incident_side"')[1].split("</section>")[0]
        assert 'formaction="/incidents/command"' in case
        house.say(CommandTaken(ids["case"], "room-b", "person:kim"), actor="person:kim")
        await visitor.app.state.watch.catch_up()
        for path in ("/", f"/incidents/{ids['case']}"):
            assert "/incidents/command" not in (await visitor.get(path)).text, "to whoever commands already"
        house.say(CommandTaken(ids["case"], "room-b", "person:lee"), actor="person:lee")
        await visitor.app.state.watch.catch_up()
        assert 'formaction="/incidents/command"' in (await visitor.get("/")).text

    run(story)


def test_ten_thousand_alarms_are_folded_and_paged_and_the_api_walks_them(run, house):
    async def story(visitor):
        for i in range(10_000):
            house.raise_alarm("No reply" if i % 2 else f"Other {i}", f"cab-a.x{i}", 3)
        gas = house.raise_alarm("Off-gas", "room-a", 1, life_safety=True)
        await visitor.app.state.watch.catch_up()
        page = (await visitor.get("/alarms")).text
        assert "10\u202f001 standing" in page
        assert page.count('<tr id="row-alarm-') <= 50
        assert page.index(gas.replace("_", "-")) < page.index("more</a>")
        assert "5\u202f000 of them" in (await visitor.get("/alarms?p=1")).text + (await visitor.get("/")).text
        assert len(page) < 120_000
        answer, walked = await visitor.get("/api/v1/alarms?limit=990"), []
        walked += answer.json()["alarms"]
        while "next" in answer.links:
            answer = await visitor.get(answer.links["next"]["url"])
            walked += answer.json()["alarms"]
        assert answer.json()["standing"] == 10_001
        assert len(walked) == len({row["id"] for row in walked}) == 10_001

    run(story)


@pytest.mark.safety("S42")
def test_a_group_is_acknowledged_together_and_life_safety_never(run, house):
    async def story(visitor):
        for i in range(6):
            house.raise_alarm("Fan slow", f"cab-a.m{i}", 3)
            house.raise_alarm("Off-gas", f"room-{i}", 1, life_safety=True)
        await visitor.app.state.watch.catch_up()
        assert (await visitor.post("/alarms/acknowledge-group", {"rule": "fan-slow"})).status_code == 303
        assert (await visitor.post("/alarms/acknowledge-group", {"rule": "off-gas"})).status_code == 409
        done = [f.body["asset"] for f in house.spine.facts if f.kind == "AlarmAcknowledged"]
        assert sorted(done) == [f"cab-a.m{i}" for i in range(6)]
        assert "Acknowledge all" not in (await visitor.get("/alarms?rule=off-gas")).text

    run(story)


@pytest.mark.safety("S42")
def test_what_concerns_life_or_trust_is_never_offered_to_be_put_aside(run, house):
    async def story(visitor):
        gas = house.raise_alarm("Off-gas", "room-a", 1, life_safety=True)
        fan = house.raise_alarm("Fan slow", "cab-a.m1", 3)
        card = house.raise_alarm("Card contradicts", "ups-a", 3)
        await visitor.app.state.watch.catch_up()
        told = [(await visitor.get(f"/alarms{each}")).text for each in ("", f"/{gas}", f"/{card}", f"/{fan}")]
        lines, one, trust, other = told
        assert f'href="/alarms/{fan}#shelve"' in lines
        assert "/alarms/shelve" in other
        for never, text in ((gas, one), (card, trust)):
            assert f'href="/alarms/{never}#shelve"' not in lines
            assert "/alarms/shelve" not in text
            assert "never shelved" in text

    run(story)


def test_acknowledge_shelve_and_the_rest_reach_the_desk_as_the_person(run, house):
    async def story(visitor):
        ids = house.bad_night()
        await visitor.app.state.watch.catch_up()
        steps = [
            ("/alarms/acknowledge", {"alarm": ids["gas"]}),
            ("/alarms/shelve", {"alarm": ids["fuel"], "for_s": "3600", "reason": "charger is on order"}),
            ("/alarms/unshelve", {"alarm": ids["fuel"]}),
            ("/incidents/command", {"incident": ids["case"]}),
            ("/incidents/note", {"incident": ids["case"], "text": "fire service called 11:20"}),
            ("/incidents/close", {"incident": ids["case"], "cause_class": "test", "reason": "was a drill"}),
        ]
        for path, fields in steps:
            answer = await visitor.post(path, fields | {"back": "/alarms"})
            assert (path, answer.status_code, answer.headers.get("location")) == (path, 303, "/alarms")
        made = [(f.kind, f.actor) for f in house.spine.facts[-6:]]
        assert made == [
            (kind, "person:kim")
            for kind in (
                *("AlarmAcknowledged", "AlarmShelved", "AlarmUnshelved"),
                *("CommandTaken", "IncidentNoted", "IncidentClosed"),
            )
        ]

    run(story)


@pytest.mark.parametrize(
    ("path", "fields", "says"),
    [
        ("/alarms/shelve", {"for_s": "3600", "reason": ""}, "reason is empty"),
        ("/alarms/shelve", {"for_s": "9999999", "reason": "x"}, "for_s is"),
        ("/alarms/shelve", {"for_s": "²", "reason": "x"}, "for_s is"),
        ("/alarms/acknowledge", {"alarm": ""}, "names no alarm"),
    ],
)
def test_a_form_that_does_not_do_is_refused_with_what_would_be_right(run, house, path, fields, says):
    async def story(visitor):
        alarm = house.raise_alarm("Hot", "cab-a")
        await visitor.app.state.watch.catch_up()
        answer = await visitor.post(path, {"alarm": alarm} | fields)
        assert answer.status_code == 422
        assert says in text_of(answer.text)
        assert house.desk.asked[-1].kind == "record access"

    run(story)


def test_what_the_desk_refuses_is_told_with_its_remedy(run, house):
    async def story(visitor):
        alarm = house.raise_alarm("Hot", "cab-a")
        await visitor.app.state.watch.catch_up()
        house.desk.refuse = Outcome("r", False, "the alarm was acknowledged already", "look again")
        answer = await visitor.post("/alarms/acknowledge", {"alarm": alarm})
        assert answer.status_code == 409
        assert "the alarm was acknowledged already look again" in text_of(answer.text)
        house.desk.refuse, house.desk.silent = None, True
        assert (await visitor.post("/alarms/acknowledge", {"alarm": alarm})).status_code == 503

    run(story)


def test_every_line_of_a_story_opens_a_proof_that_holds(run, house):
    async def story(visitor):
        ids = house.bad_night()
        await visitor.app.state.watch.catch_up()
        page = (await visitor.get(f"/incidents/{ids['case']}")).text
        lines = re.findall(r'href="/proof/(\d+)"', page.split('id="r-incident_story"')[1])
        assert len(lines) >= 3
        for seq in lines:
            assert "leads to the root of the signed checkpoint" in (await visitor.get(f"/proof/{seq}")).text
            assert (await visitor.get(f"/proof/{seq}?form=txt")).headers["content-disposition"].startswith("attachment")
            assert (await visitor.get(f"/proof/{seq}?form=json")).json()["seq"] == int(seq)
            file = parse_inclusion((await visitor.get(f"/proof/{seq}?form=tlog-proof")).content)
            assert (file.seq, file.checkpoint) == (int(seq), house.spine.checkpoint())

    run(story)


def test_a_proof_that_does_not_hold_is_called_so(run, house):
    async def story(visitor):
        house.bad_night()
        house.spine.leaves[2] = b"\0" * 32
        assert "PROOF DOES NOT HOLD" in (await visitor.get("/proof/2")).text

    run(story)


def test_what_is_not_there_is_a_page_with_a_remedy(run):
    async def story(visitor):
        for path in ("/alarms/alarm_none", "/incidents/incident_none", "/rack/cab-z", "/rack/cab-z.s1", "/nowhere"):
            answer = await visitor.get(path)
            assert answer.status_code == 404
            assert "Not there" in answer.text

    run(story)


def test_a_filter_that_does_not_read_keeps_the_page(run):
    async def story(visitor):
        answer = await visitor.get("/evidence?since=yesterday")
        assert answer.status_code == 200
        assert "not a time" in answer.text

    run(story)


def test_markup_in_a_fact_stays_text(run, house):
    async def story(visitor):
        house.raise_alarm("<script>alert(1)</script>", "cab-a", value='"><img src=x>')
        await visitor.app.state.watch.catch_up()
        for path in ("/", "/alarms", "/evidence"):
            page = (await visitor.get(path)).text
            assert "<script>alert" not in page
            assert "<img src=x" not in page

    run(story)


def test_a_clock_that_jumped_is_told_on_every_page(run, house):
    from ironkeep.facts.engine import ClockJumped

    async def story(visitor):
        house.say(ClockJumped(3_600_000), actor="engine")
        await visitor.app.state.watch.catch_up()
        assert "The clock jumped by +3600.0 s" in (await visitor.get("/alarms")).text

    run(story)


def test_search_leads_to_the_fact_the_asset_or_the_case(run):
    async def story(visitor):
        for words, where in (
            ("12", "/proof/12"),
            ("cab-b.s2", "/rack/cab-b.s2"),
            ("ups b", "/rack/ups-b"),
            ("incident_1", "/incidents/incident_1"),
        ):
            assert (await visitor.get("/search", params={"q": words})).headers["location"] == where

    run(story)


def test_the_twin_is_steered_in_the_demo_and_absent_elsewhere(run, house):
    async def story(visitor):
        assert (await visitor.post("/twin/inject", {"scenario": "hvac-loss"})).status_code == 303
        assert house.desk.plant.active == ["hvac-loss"]
        assert (await visitor.post("/twin/inject", {"scenario": "nonsense"})).status_code == 422
        assert (await visitor.post("/twin/clear")).status_code == 303
        assert house.desk.plant.active == []

    run(story)


def test_a_real_site_has_no_twin_page_and_no_demo_mark(tmp_path):
    import asyncio

    from tests.faces.conftest import visit
    from tests.faces.stand_in import House

    house = House(tmp_path, simulated=False)
    house.account()

    async def story():
        async with visit(house) as visitor:
            await visitor.log_in()
            assert (await visitor.get("/twin")).status_code == 404
            assert (await visitor.post("/twin/inject", {"scenario": "hvac-loss"})).status_code == 404
            assert "DEMO PLANT" not in (await visitor.get("/")).text

    asyncio.run(story())


def test_the_export_is_a_zip_of_tiles_and_a_fact(run, house):
    import io
    import zipfile

    async def story(visitor):
        house.bad_night()
        answer = await visitor.post("/evidence/export", {"what": "tiles"})
        names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
        assert names == ["checkpoint", "tile/0/000"]
        assert house.spine.facts[-1].kind == "EvidenceExported"

    run(story)


def test_every_region_is_named_by_its_template():
    from ironkeep.faces.console import render

    env = render.environment({})
    for page in PAGES.values():
        for name in page.all_regions:
            assert env.get_template(f"regions/{name}")


def test_a_reason_known_since_commissioning_is_said_in_grey_and_a_new_one_in_violet(run, house):
    from ironkeep.model.ids import AssetId
    from ironkeep.model.trust import STANDING, AssetTrust, TrustReason

    async def story(visitor):
        old = TrustReason(STANDING + "unauthenticated", "its protocol proves nothing")
        for bank in ("cab-a", "cab-b", "con-1"):
            house.desk.trust[bank] = AssetTrust(AssetId(bank), Trust.DEGRADED, (old,), 0)
        visitor.app.state.watch.take(house.desk.step())
        page = (await visitor.get("/")).text
        assert page.count("degraded: its protocol proves nothing") == 3
        assert 'class="badge' not in page
        assert 'class="doubtbox"' not in page
        new = TrustReason("verify:soc", "charge moved without current")
        house.desk.trust["cab-b"] = AssetTrust(AssetId("cab-b"), Trust.DEGRADED, (new, old), 0)
        visitor.app.state.watch.take(house.desk.step())
        page = (await visitor.get("/")).text
        assert 'class="badge trust-1">DEGRADED' in page
        assert page.count('class="doubtbox"') == 1

    run(story)


def test_a_flood_is_told_while_it_lasts(run, house):
    from ironkeep.facts.alarm import FloodBegan, FloodEnded

    async def story(visitor):
        house.say(FloodBegan(11))
        await visitor.app.state.watch.catch_up()
        assert "Alarm flood since" in (await visitor.get("/alarms")).text
        house.say(FloodEnded(40))
        await visitor.app.state.watch.catch_up()
        assert "Alarm flood since" not in (await visitor.get("/alarms")).text

    run(story)


def test_the_list_of_facts_looks_further_back_where_one_line_stands_for_many(run, house):
    async def story(visitor):
        first = house.raise_alarm("Temperature rising", "cab-b")
        house.say(*[EngineStopped("asked", 1)] * 3 * FACTS_SHOWN, actor="engine")
        page = (await visitor.get("/evidence")).text
        assert first in page, "what happened is not buried under what repeats"
        assert "older facts" not in page
        house.say(*[EngineStopped("asked", 1)] * FACTS_MOST, actor="engine")
        page = (await visitor.get("/evidence")).text
        oldest = re.search(r'\?before=(\d+)">older facts', page)[1]
        assert first in (await visitor.get(f"/evidence?before={int(oldest)}")).text

    run(story)
