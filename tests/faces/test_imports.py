"""Files taken into the register by a page: what is shown before, who may, what is refused, and the way back."""

import dataclasses
import re

import pytest

from ironkeep.faces.console.imports import OFFERS_MAX
from ironkeep.faces.console.sources import Intake, Limits
from ironkeep.facts.register import ImportTaken, ImportWithdrawn
from ironkeep.model.request import RequestKind
from ironkeep.packs.access import read as access_pack
from ironkeep.programs import intake
from tests.faces.stand_in import PlantDesk
from tests.faces.test_inventory import Site

CSV = b"asset,owner,contact,serial\nups-a,Power team,2210,U-1\nups-b,Power team,2210,U-2\n,,,X-9\n"
TAKE, WITHDRAW = RequestKind.TAKE_IMPORT, RequestKind.WITHDRAW_IMPORT


class Registry(PlantDesk):
    """A desk that takes imports and takes them back; one request id is carried out once."""

    def __init__(self, *args):
        super().__init__(*args)
        self.known = {}

    async def ask(self, request):
        if request.id not in self.known:
            self.known[request.id] = await super().ask(request)
        return self.known[request.id]

    def _body(self, request):
        if request.kind is TAKE:
            return ImportTaken(f"import_{self.turn:026d}", "csv", "list.csv", request.subject, "f" * 64, 3, 0)
        if request.kind is WITHDRAW:
            return ImportWithdrawn(request.subject, request.body["why"])
        return super()._body(request)


class Desk(Site):
    """A house whose console takes files."""

    def __post_init__(self):
        super().__post_init__()
        self.desk = Registry(self.site, self.spine, self.clock)

    def sources(self):
        found = super().sources()
        blobs = self.blobs

        def kept(held):
            return blobs.put(intake.intake.canonical(held))

        return dataclasses.replace(found, intake=Intake(intake.understood_bytes, kept, intake.template))


@pytest.fixture
def house(tmp_path):
    made = Desk(tmp_path)
    made.account()
    yield made
    made.vault.shut()


async def upload(visitor, data=CSV, name="list.csv", form="", mark=None):
    page = (await visitor.get("/inventory/imports")).text
    csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1] if mark is None else mark
    fields = {"csrf": csrf, "form": form}
    return await visitor.post("/inventory/imports/read", fields, files={"file": (name, data)})


def marks(page, action):
    """The hidden fields of the form that goes to an address."""
    form = re.search(rf'<form[^>]+action="{action}".*?</form>', page, re.DOTALL)[0]
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))


def test_a_file_is_shown_taken_and_taken_back_without_any_script(run, house):
    async def story(visitor):
        answer = await upload(visitor, name="C:\\papers\\list.csv")
        assert answer.status_code == 303
        assert house.blobs is None or not house.blobs.kept
        where = answer.headers["location"]
        page = (await visitor.get(where)).text
        for said in ("list.csv: what it would say", "csv", "speaks about", "2 of your assets", "line 2", "Power team"):
            assert said in page, said
        assert re.search(r"matches nothing declared</a></dt><dd>1 record<", page)
        assert house.desk.asked == [] or all(each.kind is not TAKE for each in house.desk.asked)
        taken = await visitor.send("/inventory/imports/take", marks(page, "/inventory/imports/take"))
        assert "taken into the register" in taken.text
        (asked,) = [each for each in house.desk.asked if each.kind is TAKE]
        assert asked.actor == "person:kim"
        assert asked.subject in house.blobs.kept
        asset = (await visitor.get("/inventory/asset/ups-a")).text
        assert "Power team" in asset
        back = marks(taken.text, "/inventory/imports/withdraw")
        gone = await visitor.send("/inventory/imports/withdraw", back | {"why": "wrong site"})
        assert "taken back" in gone.text
        assert "wrong site" in gone.text
        assert "list.csv, line 2" not in (await visitor.get("/inventory/asset/ups-a")).text
        once = marks(gone.text, "/inventory/imports/take")
        again = await visitor.send("/inventory/imports/take", once)
        assert "taken into the register" in again.text
        assert 'name="again"' not in again.text  # of what stands nothing is taken again
        assert "Power team" in (await visitor.get("/inventory/asset/ups-a")).text
        asked = [each.subject for each in house.desk.asked if each.kind is TAKE]
        assert len(asked) == 2
        assert len(set(asked)) == 1
        standing = once | {"again": marks(again.text, "/inventory/imports/withdraw")["import"]}
        assert (await visitor.post("/inventory/imports/take", standing)).status_code == 404

    run(story)


def test_a_list_that_leaves_one_of_its_kind_out_says_before_it_is_taken_what_that_means(run, house):
    async def story(visitor):
        some = b"asset,kind,owner\ncab-a,bank,Power team\ncab-b,bank,Power team\n"
        page = (await visitor.get((await upload(visitor, some)).headers["location"])).text
        assert "missing device (1)" in page
        assert "what it does not name is then missing" in page
        all_ = some + b"con-1,bank,Power team\n"
        assert "is then missing" not in (await visitor.get((await upload(visitor, all_)).headers["location"])).text

    run(story)


def test_a_second_press_of_a_button_is_the_same_request(run, house):
    async def story(visitor):
        page = (await visitor.get((await upload(visitor)).headers["location"])).text
        fields = marks(page, "/inventory/imports/take")
        for _ in range(2):
            answer = await visitor.send("/inventory/imports/take", fields)
        assert [f.kind for f in house.spine.facts if f.kind == "ImportTaken"] == ["ImportTaken"]
        back = marks(answer.text, "/inventory/imports/withdraw") | {"why": "twice"}
        for _ in range(2):
            await visitor.post("/inventory/imports/withdraw", back)
        assert len([f for f in house.spine.facts if f.kind == "ImportWithdrawn"]) == 1

    run(story)


@pytest.mark.parametrize(
    ("data", "form", "said"),
    [
        (b"asset,password\na,b\n", "", "holds secrets"),
        (b"asset,installed_on\nups-a,soon\n", "", "line 2, column 2 (installed_on)"),
        (b"\x00\x01", "", "bytes of no text"),
        (b"hello", "pcap", ""),
        (b"", "", "no file was chosen"),
        (CSV, "poem", "no form"),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place_and_nothing_is_kept(run, house, data, form, said):
    async def story(visitor):
        answer = await upload(visitor, data, form=form)
        assert answer.status_code == 422
        text = re.sub(r"<[^>]+>", " ", answer.text)
        assert said in text or said == "bytes of no text", text
        assert "Traceback" not in answer.text
        assert not house.blobs.kept

    run(story)


def test_a_form_without_the_mark_of_the_log_in_takes_nothing(run, house):
    async def story(visitor):
        assert (await upload(visitor, mark="forged")).status_code == 403
        page = (await visitor.get((await upload(visitor)).headers["location"])).text
        fields = marks(page, "/inventory/imports/take") | {"csrf": "forged"}
        assert (await visitor.post("/inventory/imports/take", fields)).status_code == 403
        assert all(each.kind is not TAKE for each in house.desk.asked)

    run(story)


def test_a_file_beyond_the_limit_is_refused_before_it_is_read_and_other_forms_stay_small(run, house):
    house.limits = Limits(strangers_per_s=10_000.0, logged_in_per_s=10_000.0, import_bytes=4_096)

    async def story(visitor):
        assert (await upload(visitor, CSV + b"," * 8_000)).status_code == 413
        assert (await upload(visitor)).status_code == 303
        assert (await visitor.post("/inventory/imports/take", {"offer": "a" * 20_000})).status_code == 413

    run(story)


def test_an_upload_waits_for_whoever_brought_it_and_not_for_ever(run, house):
    house.account("lee", "engineer")

    async def story(visitor):
        where = (await upload(visitor)).headers["location"]
        assert (await visitor.get(where)).status_code == 200
        assert (await visitor.get("/inventory/imports/offer/guessed")).status_code == 404
        for _ in range(OFFERS_MAX):
            await upload(visitor)
        assert (await visitor.get(where)).status_code == 404

    run(story)


def test_the_same_file_again_is_said_to_stand_already(run, house):
    async def story(visitor):
        held = intake.understood_bytes(CSV, "list.csv")
        house.say(ImportTaken("import_1", "csv", "list.csv", "d" * 64, held.sha256, 3, 0), actor="person:kim")
        page = (await visitor.get((await upload(visitor)).headers["location"])).text
        assert "is in the register already" in page
        assert "/inventory/imports/take" not in page

    run(story)


def test_who_may_take_a_file_is_said_by_the_table():
    table = access_pack.shipped()
    for role, may in (("viewer", False), ("operator", False), ("auditor", False), ("engineer", True), ("admin", True)):
        assert table.allows(role, "take import") is may
        assert table.allows(role, "withdraw import") is may


API = "/api/v1/inventory/imports"


async def send(visitor, path, data=CSV, key="", **query):
    headers = {"x-csrf": visitor.csrf, "content-type": "application/octet-stream"}
    headers |= {"idempotency-key": key} if key else {}
    return await visitor.client.post(path, content=data, params=query, headers=headers)


def test_the_api_looks_takes_once_under_a_key_lists_and_takes_back(run, house):
    async def story(visitor):
        seen = (await send(visitor, f"{API}/preview", name="list.csv")).json()
        assert (seen["form"], seen["records"], seen["taken"]) == ("csv", 3, "")
        assert seen["follows"]["assets"] == 2
        assert seen["follows"]["unmatched"] == 1
        assert house.blobs is None or not house.blobs.kept
        assert all(each.kind is not TAKE for each in house.desk.asked)
        answers = [await send(visitor, API, key="april", name="list.csv") for _ in range(2)]
        assert [each.status_code for each in answers] == [200, 200]
        assert answers[0].json() == answers[1].json()
        assert [fact.kind for fact in house.spine.facts if fact.kind == "ImportTaken"] == ["ImportTaken"]
        (standing,) = (await visitor.get(API)).json()
        back = await visitor.client.post(
            f"{API}/{standing['taken']}/withdraw", json={"why": "wrong site"}, headers={"x-csrf": visitor.csrf}
        )
        assert back.status_code == 200
        assert (await visitor.get(API)).json()[0]["why"] == "wrong site"

    run(story)


def test_the_api_keeps_nothing_of_a_file_that_is_not_understood_or_comes_without_the_mark(run, house):
    async def story(visitor):
        refused = await send(visitor, API, b"asset,installed_on\nups-a,soon\n", name="list.csv")
        assert refused.status_code == 422
        assert "line 2, column 2 (installed_on)" in refused.text
        assert (await send(visitor, f"{API}/preview", b"")).status_code == 422
        assert (await visitor.client.post(API, content=CSV)).status_code == 403
        assert house.blobs is None or not house.blobs.kept

    run(story)
