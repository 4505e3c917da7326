"""The register in the console and the API: what a page, a card and an answer say, and what they never say."""

import dataclasses
import hashlib
import re

import msgspec
import pytest

from ironkeep.facts import access, device, register, telemetry
from ironkeep.facts.envelope import Draft
from ironkeep.model.errors import Refused
from ironkeep.model.register import Form, Import, Record, Talk
from ironkeep.programs.inventory import lore
from tests.faces.stand_in import House

PAGES = (
    *("/inventory", "/inventory/gaps", "/inventory/dates", "/inventory/unknown", "/inventory/readiness"),
    *("/inventory/imports", "/inventory/asset/cab-a"),
)
FORBIDDEN = re.compile(r"\bsafe (to|for)\b|\b(is|are|now|all) safe\b|all[ -]clear", re.IGNORECASE)


class Blobs:
    """A blob store in memory."""

    def __init__(self):
        self.kept = {}

    def put(self, data):
        digest = hashlib.sha256(data).hexdigest()
        self.kept[digest] = data
        return digest

    def get(self, digest):
        if digest not in self.kept:
            raise Refused("no such blob", where=digest)
        return self.kept[digest]


HOSTS = ("127.0.0.1", "console.site")  # reached on this machine, and by a name


class Site(House):
    """A house with a register."""

    blobs = None

    def sources(self):
        self.blobs = self.blobs or Blobs()
        return dataclasses.replace(super().sources(), lore=lore(), blobs=self.blobs, hosts=HOSTS)

    def take(self, form, *fields, name="list.csv", talks=(), keep=True):
        self.blobs = self.blobs or Blobs()
        made = Import(form, name, hashlib.sha256(repr((name, fields)).encode()).hexdigest(),
                      tuple(Record(f"{name}:{n}", f) for n, f in enumerate(fields, 2)), talks)  # fmt: skip
        data = msgspec.json.encode(made, order="sorted")
        digest = self.blobs.put(data) if keep else hashlib.sha256(data).hexdigest()
        taken = f"import_{self.spine.size():026d}"
        body = register.ImportTaken(taken, form, name, digest, made.sha256, len(made.records), len(made.talks))
        self.say(body, actor="person:kim")
        return taken


@pytest.fixture
def house(tmp_path):
    made = Site(tmp_path)
    made.account()
    made.say(
        device.DeviceReached("cab-a-bms", "cab-a", "10.0.0.5:502 unit 1", 0),
        device.DeviceDescribed("cab-a-bms", "cab-a", "Ironkeep Twin", "UPS-LFP-82", "", "9.9.9", "TW-CAB-A", ()),
        actor="room:telemetry",
    )
    yield made
    made.vault.shut()


async def text_of(visitor, path):
    answer = await visitor.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("path", [*PAGES, "/inventory/card/cab-a", "/inventory/hands/cab-a"])
def test_a_page_of_the_register_is_whole_without_scripts_and_says_nothing_that_is_forbidden(run, house, path):
    async def story(visitor):
        page = await text_of(visitor, path)
        assert "<h1" in page
        assert "DEMO PLANT" in page
        assert not FORBIDDEN.search(re.sub(r"<[^>]+>", " ", page))
        assert not re.search(r"<[^>]+ style=|<[^>]+\son[a-z]+=", page)

    run(story)


def test_every_value_stands_beside_its_source_and_a_version_that_differs_is_seen(run, house):
    house.take(Form.CSV, {"asset": "cab-a", "owner": "Somebody else", "retention": "90 days"})

    async def story(visitor):
        page = await text_of(visitor, "/inventory/asset/cab-a")
        assert "version differs" in page
        assert "the site file says 3.4.1, UPS battery cabinet A (cab-a-bms) itself says 9.9.9" in page
        assert "list.csv:2, matched by asset id" in re.sub(r"\s+", " ", page)
        whole = (await visitor.get("/api/v1/inventory/assets/cab-a")).json()
        by_name = {line["field"]: line for line in whole["fields"]}
        assert by_name["firmware"]["counts"] == "9.9.9"
        assert by_name["firmware"]["declared"][0]["value"] == "3.4.1"
        assert by_name["owner"]["imported"][0]["differs"]
        assert by_name["retention"]["counts"] == "90 days"

    run(story)


def test_an_asset_that_is_only_read_leads_to_what_it_is_part_of(run, house):
    async def story(visitor):
        page = await text_of(visitor, "/inventory/asset/cab-a.s1.m01.cell03")
        assert "is not in the site file; this is what it is part of" in page
        assert (await visitor.get("/inventory/asset/nowhere")).status_code == 404
        assert (await visitor.get("/api/v1/inventory/assets/cab-a.s1.m01.cell03")).status_code == 404

    run(story)


@pytest.mark.safety("S14", "S16", "S17", "S19")
def test_from_an_alarm_one_step_leads_to_place_isolation_dependants_and_contact(run, house):
    house.raise_alarm("Temperature rising", "cab-a.s1.m03", 2)

    async def story(visitor):
        page = await text_of(visitor, "/inventory/asset/cab-a.s1.m03")
        for said in ("room A", "battery breaker QA3", "Power desk, ext. 2210", "it-1", "Temperature rising"):
            assert said in page, said

    run(story)


def test_the_table_filters_pages_and_comes_as_csv(run, house):
    async def story(visitor):
        page = await text_of(visitor, "/inventory?kind=module&p=2")
        assert "51 to " in page
        assert 'value="2"' in page  # the page that one is on, to be written over
        assert 'href="/inventory/asset/cab-a"' not in page
        gaps = await text_of(visitor, "/inventory?gap=no+isolation+point")
        assert 'href="/inventory/asset/ats-1"' in gaps
        assert 'href="/inventory/asset/ups-a"' not in gaps
        text = (await visitor.get("/inventory/assets.csv?kind=ups")).text.splitlines()
        assert [line.split(",")[0] for line in text] == ["asset", "ups-a", "ups-b"]
        assert (await visitor.get("/inventory?p=999999999999")).status_code == 200
        (head,) = (await visitor.get("/inventory/unknown.csv?way=writes")).text.splitlines()
        assert head.startswith("device,name,maker,mac,serial,addresses")

    run(story)


def test_a_cell_that_a_spreadsheet_would_carry_out_stays_text(run, house):
    house.site = msgspec.structs.replace(
        house.site,
        assets=tuple(msgspec.structs.replace(a, name="=cmd()") if a.id == "ups-a" else a for a in house.site.assets),
    )

    async def story(visitor):
        text = (await visitor.get("/inventory/assets.csv?kind=ups")).text
        assert "'=cmd()" in text

    run(story)


def test_an_import_appears_with_its_fact_and_one_that_cannot_be_read_is_named(run, house):
    talks = (Talk("10.9.0.1", "10.9.0.2", "modbus", 502, 9, 4, 2, 0, 1, 2),)
    house.take(Form.PCAP, name="tap.pcap", talks=talks)
    house.take(Form.CSV, {"asset": "cab-a"}, name="gone.csv", keep=False)

    async def story(visitor):
        page = await text_of(visitor, "/inventory/unknown")
        assert "10.9.0.1" in page
        assert "tap.pcap (pcap" in page
        assert "Cannot be read, so nothing follows from it: gone.csv" in page

    run(story)


def test_the_card_keeps_four_states_apart_says_what_stays_live_and_invents_nothing(run, house):
    async def story(visitor):
        page = re.sub(r"\s+", " ", await text_of(visitor, "/inventory/card/cab-a.s1"))
        states = [
            page.index(f'<th scope="row">{state}</th>') for state in ("stopped", "separated", "locked", "proven dead")
        ]
        assert states == sorted(states)
        assert page.count('<td class="blank"></td>') == 8
        assert "Modules stay live inside whatever is opened around them" in page
        assert "not set: use the site&#39;s own plan" in page
        assert "its read-back is not isolation" in page
        assert "<svg" in page
        digest = (await visitor.get("/api/v1/inventory/assets/cab-a.s1/card")).json()["digest"]
        assert f"/inventory/card/cab-a.s1#{digest[:16]}" in page
        assert "http://" not in page.replace("http://www.w3.org", "")

    run(story)


def test_the_qr_of_a_card_leads_to_the_address_by_which_it_was_printed_and_never_to_this_machine_alone(run, house):
    async def story(visitor):
        here = await text_of(visitor, "/inventory/card/cab-a")
        assert "<figcaption>/inventory/card/cab-a#" in here
        there = (await visitor.get("/inventory/card/cab-a", headers={"host": "console.site:8443"})).text
        assert "http://console.site:8443/inventory/card/cab-a#" in there
        assert re.search(r'class="qr"', there)
        assert (await visitor.get("/inventory/card/cab-a", headers={"host": "evil.site"})).status_code == 421

    run(story)


def test_a_card_that_nobody_can_fill_says_not_known_and_old_values_are_gone(run, house):
    async def story(visitor):
        house.desk.silent = True
        house.clock.at_us = house.clock().at_us + 600_000_000
        page = await text_of(visitor, "/inventory/card/ats-1")
        assert "no source names one" in page
        cab = await text_of(visitor, "/inventory/card/cab-a")
        values = cab.split('id="c-values"')[1].split("</table>")[0]
        assert "not known" in values
        assert not re.search(r"\d V<", values)

    run(story)


def test_a_change_is_told_with_what_it_means_who_reviewed_it_and_that_nobody_says_who_did_it(run, house):
    house.passport("cab-b")
    settings = {"trip_over_c": "65 C"}
    now = house.clock()
    house.say(access.AccountEnrolled("ada", "engineer"), actor="console")
    house.spine.add(
        now,
        Draft(access.ConfirmationGiven("asked_1", "person:bo", "person:ada"), "person:ada", "request_9"),
        Draft(telemetry.PassportTaken("cab-b", "d", settings, "person:bo"), "person:bo", "request_9"),
    )

    async def story(visitor):
        page = re.sub(r"\s+", " ", await text_of(visitor, "/inventory/hands/cab-b"))
        assert re.search("“[^”]+”: 55 to 65 C", page)
        assert "not known: neither the device nor any source says who wrote it" in page
        assert "approved by bo, asked by bo, confirmed by ada" in page
        assert "ada (engineer)" in page
        assert "nobody changes a setting through it" in page
        later = (await visitor.get("/inventory/hands/cab-b?since=2030-01-01T00:00:00Z")).text
        assert "No change of a setting" in later
        assert (await visitor.get("/inventory/hands/cab-b?since=yesterday")).status_code == 422

    run(story)


def test_the_api_says_what_the_pages_say(run, house):
    async def story(visitor):
        gaps = (await visitor.get("/api/v1/inventory/gaps")).json()
        assert gaps["gaps"][0]["kind"] == "version differs"
        assert 0 < gaps["complete_pct"] < 100
        worst = (await visitor.get("/api/v1/inventory?sort=worst+first&whole=1&limit=1000")).json()
        plain = (await visitor.get("/api/v1/inventory?limit=1000")).json()
        assert 0 < len(worst) < len(plain)
        assert {row["asset"] for row in worst} <= {row["asset"] for row in plain}
        soon = (await visitor.get("/api/v1/inventory?tier=1&limit=1000")).json()
        assert 0 < len(soon) < len(plain)
        assert (await visitor.get("/api/v1/inventory?tier=9")).status_code == 422
        assert (await visitor.get("/api/v1/inventory/unknown?way=writes&q=nobody")).json() == []
        first = await visitor.get("/api/v1/inventory?limit=3")
        assert [row["asset"] for row in first.json()] == ["utility", "meter-1", "gen-1"]
        assert 'rel="next"' in first.headers["link"]
        assert (await visitor.get("/api/v1/inventory/dates")).json()["due"]
        assert (await visitor.get("/api/v1/inventory/unknown")).json() == []
        assert (await visitor.get("/api/v1/inventory/assets/cab-a/hands")).json()["could"]

    run(story)


def test_nobody_looks_at_the_register_without_a_log_in(run, house):
    async def story(visitor):
        for path in PAGES:
            assert (await visitor.get(path)).status_code == 303

    run(story, entered=False)


def test_an_asset_of_which_paper_says_nothing_reads_not_known_everywhere(run, house):
    bare = tuple(msgspec.structs.replace(a, paper=type(a.paper)(), location="") for a in house.site.assets)
    house.site = msgspec.structs.replace(house.site, assets=bare)

    async def story(visitor):
        for path in (*PAGES, "/inventory/hands/cab-a"):
            await text_of(visitor, path)
        steer = (await text_of(visitor, "/inventory/asset/cab-a")).split('class="facts steer"')[1].split("</dl>")[0]
        assert steer.count("not known") >= 4
        card = await text_of(visitor, "/inventory/card/cab-a")
        assert "No entry" in card or "no entry" in card
        assert "not known" in card.split('id="c-call"')[1].split("</section>")[0]

    run(story)


def test_the_checklist_has_nine_items_with_proof_links_on_page_and_api_and_takes_a_word(run, house):
    async def story(visitor):
        page = await text_of(visitor, "/inventory/readiness")
        assert len(re.findall(r'<li id="duty-', page)) == 9
        told = (await visitor.get("/api/v1/inventory/readiness")).json()["items"]
        assert [each["number"] for each in told] == list(range(1, 10))
        assert {each["state"] for each in told} <= {"done", "not done", "not known"}
        for each in told:
            for proof in each["proofs"]:
                if proof["seq"] is None:
                    assert (await visitor.get(proof["path"])).status_code == 200, proof
        body = {"done_on": "2026-11-01", "document": "report 7", "found": "works"}
        await visitor.post("/inventory/readiness/record", body | {"item": "local control", "once": "1"})
        (asked,) = [each for each in house.desk.asked if each.kind == "record check"]
        assert asked.actor == "person:kim"
        assert asked.body == body
        house.say(register.CheckRecorded("local control", "2026-11-01", "report 7", "panel works", "person:kim"))
        page = await text_of(visitor, "/inventory/readiness")
        assert "by word of kim" in page
        assert "panel works" in page

    run(story)
