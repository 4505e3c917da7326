"""Who may do what, walked whole: every role at every address of the running application and at the desk; and no address
or request kind without a row.
"""

import re

import pytest

from ironkeep.decisions import access
from ironkeep.decisions.access.memory import Memory, Standing, Token
from ironkeep.facts.access import AccountEnrolled
from ironkeep.facts.envelope import Draft
from ironkeep.model.access import DAY_US, ROLES, Act, Role, Table
from ironkeep.model.errors import Refused
from ironkeep.model.ids import RequestId, derive
from ironkeep.model.request import Request, RequestKind
from ironkeep.model.time import Now
from ironkeep.packs.access.read import parse, shipped
from tests.faces.real import Building, Person, enter, tell
from tests.faces.stand_in import PASSWORD

TABLE = shipped()
DENIED = {403}
STREAMS = ("/live/{name}",)  # never ends when it is let in; the guard is the same
FORMS = frozenset(
    {
        *("GET /login", "POST /login", "POST /login/code", "GET /enrol", "POST /enrol", "POST /logout"),
        "GET /static/{name}",
    }
)


def routes(app) -> set[str]:
    """Every way into the application."""
    return {f"{method} {each.path}" for each in app.routes for method in each.methods if method != "HEAD"}


def address(path: str) -> str:
    """A path with something in each place."""
    return re.sub(r"{(\w+)}", lambda m: {"seq": "0"}.get(m[1], "nothing"), path)


async def ask(who: Person, way: str):
    method, path = way.split(" ")
    if method == "GET":
        return await who.client.get(address(path), params={"poll": "1"} if path in STREAMS else {})
    if path.startswith("/api/"):
        return await who.client.request(method, address(path), json={}, headers={"x-csrf": who.csrf})
    return await who.client.request(method, address(path), data={"csrf": who.csrf})


def test_every_address_has_one_row_and_every_row_an_address(tmp_path):
    async def story(house):
        named = [way for act in TABLE.acts for way in act.ways]
        assert len(named) == len(set(named))
        found = routes(house.app)
        assert found - set(named) == set(), "say who may, in packs/access/roles.toml"
        assert set(named) - found == set(), "these addresses are no more"

    tell(tmp_path, story)


def test_every_request_kind_has_a_row():
    assert [kind for kind in RequestKind if TABLE.act(kind) is None] == []


@pytest.mark.parametrize("role", ROLES)
def test_every_role_gets_to_every_address_that_its_rows_name_and_to_no_other(tmp_path, role):
    async def story(house: Building) -> None:
        await enter(house, "boss", "admin")
        house.account("who", role)
        who = Person(house, "who")
        wrong = []
        for act in TABLE.acts:
            for way in act.ways:
                if way in FORMS or way == "POST /account/end-sessions":
                    continue
                house.room.clock.mono_us += 1_000_000  # so that nobody asks too fast
                if not who.csrf or (await who.get("/api/v1/session")).status_code != 200:
                    await who.log_in()
                denied = (await ask(who, way)).status_code in DENIED
                if denied is (role in act.roles or Role.ANYONE in act.roles):
                    wrong.append((way, "denied" if denied else "let in"))
        assert wrong == []

    tell(tmp_path, story)


def test_nobody_gets_anywhere_without_a_log_in_but_to_the_doors(tmp_path):
    async def story(house):
        nobody = Person(house, "nobody")
        for act in TABLE.acts:
            for way in act.ways:
                if way in FORMS:
                    continue
                house.room.clock.mono_us += 1_000_000  # so that nobody asks too fast and has to wait
                said = await ask(nobody, way)
                if Role.ANYONE in act.roles:
                    assert said.status_code == 200, way
                else:
                    turned_away = said.status_code == 401 or said.headers.get("location", "").startswith("/login")
                    assert turned_away, (way, said.status_code)

    tell(tmp_path, story)


def test_a_token_of_every_scope_gets_where_rows_name_services_and_nowhere_else(tmp_path):
    async def story(house):
        ann = await enter(house, "ann", "admin")
        fields = {"service": "all", "owner": "ann", "days": "1"} | {f"scope {s}": "on" for s in TABLE.scopes()}
        page = await ann.client.post("/tokens/create", data={"csrf": ann.csrf} | fields)
        program = Person(house, "all")
        program.client.headers["authorization"] = f"Bearer {re.search(r'(ik_[0-9a-f]{8}_[^<]+)<', page.text)[1]}"
        for act in TABLE.acts:
            for way in act.ways:
                house.room.clock.mono_us += 1_000_000
                said = await ask(program, way)
                if Role.ANYONE in act.roles:
                    continue
                if "/api/" in way:
                    assert (said.status_code == 403) is (Role.SERVICE not in act.roles), (way, said.status_code)
                else:
                    assert said.status_code in (303, 401), way

    tell(tmp_path, story)


def test_an_application_without_a_table_refuses_everybody_everything(tmp_path):
    async def story(house):
        nobody = Person(house, "nobody")
        for act in TABLE.acts:
            for way in act.ways:
                house.room.clock.mono_us += 1_000_000
                said = await ask(nobody, way)
                assert said.status_code in (303, 401), way
                assert said.headers.get("location", "/login").startswith("/login")
        assert (await nobody.get("/login", headers={"accept": "text/plain"})).status_code == 401

    tell(tmp_path, story, Table())


# ------------------------------------------------------------------------------------------------------ at the desk

NOW = Now(1_795_000_000_000_000, 0)
ACTORS = {role: f"person:{role}" for role in ROLES} | {
    Role.SERVICE: "service:historian",
    Role.MACHINE: "machine:root",
    Role.CONSOLE: "console",
    Role.ANYONE: "person:stranger",
}


def everybody(kind: str) -> Memory:
    """A record with one account of each role, another admin and engineer, and a token with every scope."""
    roles = {str(role): str(role) for role in ROLES} | {"second": "admin", "third": "engineer"}
    token = Token("historian", "admin", TABLE.scopes(), NOW.at_us + 1)
    return Memory(Standing(roles, {"0a1b2c3d": token}, ends={"vendor": NOW.at_us + 1}))


@pytest.mark.parametrize("kind", RequestKind)
@pytest.mark.parametrize("who", ACTORS)
def test_the_desk_lets_each_actor_ask_what_its_row_names_and_nothing_else(kind, who):
    row = TABLE.act(kind)
    request = Request(RequestId(derive("request", 0, kind, who)), kind, ACTORS[who], "nothing", {})
    policy = access.Policy(table=TABLE)
    if kind in (RequestKind.CONFIRM_REQUEST, RequestKind.DECLINE_REQUEST):
        with pytest.raises(Refused, match="nothing waits" if who in row.roles else "may not|no open account"):
            access.decide(everybody(kind), request, policy, NOW)
    elif who in row.roles:
        ruling = access.decide(everybody(kind), request, policy, NOW)
        assert (ruling.verdict is access.Verdict.WAIT) is row.four_eyes
    else:
        with pytest.raises(Refused, match=r"may not|no open account"):
            access.decide(everybody(kind), request, policy, NOW)


@pytest.mark.parametrize("kind", RequestKind)
def test_an_empty_table_refuses_every_request_of_everybody(kind):
    for actor in ACTORS.values():
        request = Request(RequestId("request_x"), kind, actor, "nothing", {})
        with pytest.raises(Refused, match="no rule says who may"):
            access.decide(everybody(kind), request, access.Policy(), NOW)


def test_the_running_desk_refuses_by_the_record_and_says_so(tmp_path):
    async def story(house):
        until_us = house.room.clock().at_us + DAY_US
        drafts = [Draft(AccountEnrolled(f"r-{role}", role, until_us=until_us), "console") for role in ROLES]
        await house.room.scribe.commit(drafts, house.room.clock())
        for kind in RequestKind:
            for role in ROLES:
                made = RequestId(derive("request", 0, kind, role))
                said = await house.room.desk.ask(Request(made, kind, f"person:r-{role}", "nothing", {}))
                refused_by_role = not said.accepted and "may not" in said.reason
                assert refused_by_role is (role not in TABLE.act(kind).roles), (kind, role, said)

    tell(tmp_path, story)


# --------------------------------------------------------------------------------------------------------- the file


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[row]]\nact = "see"\nmay = ["root"]', "root"),
        ('[[row]]\nact = "see"\nmay = ["viewer"]\nways = ["LOOK /x"]', "not a way"),
        ('[[row]]\nact = "see"\nmay = ["viewer"]\n[[row]]\nact = "see"\nmay = []', "stands twice"),
        (
            '[[row]]\nact = "a"\nmay = []\nways = ["GET /"]\n[[row]]\nact = "b"\nmay = []\nways = ["GET /"]',
            "stands twice",
        ),
        ("[[row]]\nact = 1", "does not read"),
        ('[[row]]\nact = "see"\nmay = ["viewer"]\nconfirm = ["admin"]', "nobody who confirms"),
    ],
)
def test_a_table_that_does_not_hold_together_is_refused(text, says):
    with pytest.raises(Refused, match=says):
        parse(text)


def test_least_privilege_holds_where_it_matters():
    def only(name: str) -> set[str]:
        return {str(role) for role in TABLE.act(name).roles}

    assert only("approve setting") == {"engineer", "admin"}
    assert only("close account") == only("create token") == only("change role") == {"admin"}
    changing = [act for act in TABLE.acts if act.request and act.name != "record access"]
    assert not [act.name for act in changing if {Role.VIEWER, Role.VENDOR, Role.AUDITOR} & set(act.confirmers)]
    assert {act.name for act in changing if act.four_eyes} == {"lower stage", "approve setting"}
    assert isinstance(TABLE.act("lower stage"), Act)


def test_a_safety_officer_confirms_what_takes_two_reads_all_and_asks_for_nothing():
    acts = [act for act in TABLE.acts if act.request and Role.SAFETY_OFFICER in act.roles]
    assert {act.name for act in acts} == {"confirm request", "decline request"}
    two = {act.name for act in TABLE.acts if act.four_eyes or act.four_eyes_for}
    assert {act.name for act in TABLE.acts if Role.SAFETY_OFFICER in act.confirm} == two
    seen = [act for act in TABLE.acts if act.name.startswith("see ")]
    assert not [act.name for act in seen if Role.SAFETY_OFFICER not in act.roles and Role.ANYONE not in act.roles]


def test_a_vendors_person_sees_the_plant_and_neither_people_nor_tokens_nor_the_record():
    seen = {act.name for act in TABLE.acts if Role.VENDOR in act.roles}
    assert seen == {
        *("see own account", "read the API's description", "see twin"),
        *("see site", "see readings", "see alarms", "see register"),
    }


def test_a_stream_and_a_search_show_a_vendors_person_no_more_than_the_pages_do(tmp_path):
    async def story(house):
        ann, vera = await enter(house, "ann", "admin"), await enter(house, "vera", "vendor")
        for name in ("evidence", "inventory-hands"):
            assert (await vera.get(f"/live/{name}", params={"poll": "1", "asset": "cab-a"})).status_code == 403, name
        assert (await vera.get("/live/site", params={"poll": "1"})).status_code == 200
        assert "SessionOpened" in (await ann.get("/search", params={"q": "SessionOpened"})).text
        assert "/proof/" not in (await vera.get("/search", params={"q": "SessionOpened"})).text
        for page in ("/", "/diagnostics", "/alarms", "/inventory/asset/cab-a", "/account"):
            text = (await vera.get(page)).text
            assert not re.findall('href="(?:/proof|/evidence|/accounts|/tokens|/waiting|/inventory/hands)', text), page
            assert "ann" not in re.findall(r"person:(\w+)", text)
        denied = [fact.body["why"] for fact in house.room.facts("SessionDenied")]
        assert denied == ["vendor may not see facts", "vendor may not see hands"]

    tell(tmp_path, story)


def test_the_page_of_the_table_is_the_table(root):
    from tools.reference import who_may

    assert (root / "docs/reference/who-may-do-what.md").read_text() == who_may(TABLE), "run `make reference`"


def test_passwords_never_stand_in_a_fact(tmp_path):
    async def story(house):
        await enter(house, "ann", "admin")
        assert PASSWORD not in str([f.body for f in house.room.facts()])

    tell(tmp_path, story)
