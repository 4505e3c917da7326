"""The access room: a fold of facts, two people where a row says so, and nobody beyond the table."""

import msgspec
import numpy as np
import pytest

from ironkeep.decisions import access
from ironkeep.facts import access as told
from ironkeep.facts.envelope import Body, Draft
from ironkeep.facts.seal import seal
from ironkeep.model.access import Act, Role, Table
from ironkeep.model.errors import Refused
from ironkeep.model.ids import RequestId, SiteId, derive
from ironkeep.model.request import Request, RequestKind
from ironkeep.model.time import SECOND_US, Now
from ironkeep.packs.access.read import shipped

POLICY = access.Policy(table=shipped())
START_US = 1_795_000_000_000_000


class Record:
    """Facts, and the room's memory of them."""

    def __init__(self, **roles: str) -> None:
        self.memory, self.facts, self.at_us = access.empty(POLICY), [], START_US
        self.say(*(told.AccountEnrolled(name, role) for name, role in roles.items()))

    @property
    def now(self) -> Now:
        return Now(self.at_us, self.at_us)

    def say(self, *bodies: Body, actor: str = "console") -> None:
        for body in bodies:
            fact, _ = seal(Draft(body, actor), len(self.facts), SiteId("s"), self.now)
            self.facts.append(fact)
            self.memory = access.absorb(self.memory, (fact,))

    def ask(self, who: str, kind: RequestKind, subject: str, /, **body: object) -> access.Ruling:
        """The ruling; what goes on the record of it is absorbed."""
        made = RequestId(derive("request", self.at_us, who, kind, subject, len(self.facts)))
        ruling = access.decide(self.memory, Request(made, kind, who, subject, body), POLICY, self.now)
        for draft in ruling.drafts:
            self.say(draft.body, actor=draft.actor)
        return ruling


LOWER = RequestKind.LOWER_STAGE
CONFIRM = RequestKind.CONFIRM_REQUEST


def test_a_stage_is_lowered_by_two_and_the_first_asker_stays_the_actor():
    record = Record(kim="operator", lee="operator")
    assert record.ask("person:kim", LOWER, "incident_1", stage=1, why="cool").verdict is access.Verdict.WAIT
    (waits,) = access.waiting(record.memory, record.now)
    ruling = record.ask("person:lee", CONFIRM, waits.asked)
    assert ruling.verdict is access.Verdict.CARRY
    assert (ruling.request.kind, ruling.request.actor, ruling.request.subject) == (LOWER, "person:kim", "incident_1")
    assert ruling.request.body == {"stage": 1, "why": "cool"}
    assert access.waiting(record.memory, record.now) == ()


def test_nobody_is_both_and_nobody_confirms_what_they_could_not_ask():
    record = Record(kim="engineer", lee="operator", max="engineer")
    record.ask("person:kim", RequestKind.APPROVE_SETTING, "cab-a")
    (waits,) = access.waiting(record.memory, record.now)
    with pytest.raises(Refused, match="whoever asked cannot confirm"):
        record.ask("person:kim", CONFIRM, waits.asked)
    with pytest.raises(Refused, match="an operator may not approve setting"):
        record.ask("person:lee", CONFIRM, waits.asked)
    assert record.ask("person:max", CONFIRM, waits.asked).verdict is access.Verdict.CARRY


def test_what_was_asked_by_somebody_who_may_no_longer_is_not_confirmed():
    record = Record(kim="engineer", max="engineer")
    record.ask("person:kim", RequestKind.APPROVE_SETTING, "cab-a")
    (waits,) = access.waiting(record.memory, record.now)
    record.say(told.AccountClosed("kim", "person:max"))
    with pytest.raises(Refused, match="no open account"):
        record.ask("person:max", CONFIRM, waits.asked)


def test_one_person_alone_acts_alone_and_it_is_said():
    record = Record(kim="operator", vic="viewer", ida="auditor")
    ruling = record.ask("person:kim", LOWER, "incident_1", stage=1, why="cool")
    assert ruling.verdict is access.Verdict.CARRY
    assert [type(draft.body) for draft in ruling.drafts] == [told.ActedAlone]


def test_a_safety_officer_is_the_second_of_two_and_never_the_first():
    record = Record(kim="operator", sam="safety officer")
    with pytest.raises(Refused, match="a safety officer may not lower stage"):
        record.ask("person:sam", LOWER, "incident_1", stage=1, why="cool")
    ruling = record.ask("person:kim", LOWER, "incident_1", stage=1, why="cool")
    assert ruling.verdict is access.Verdict.WAIT, "somebody else may confirm it: nobody acts alone"
    (waits,) = access.waiting(record.memory, record.now)
    ruling = record.ask("person:sam", CONFIRM, waits.asked)
    assert (ruling.verdict, ruling.request.actor) == (access.Verdict.CARRY, "person:kim")


def test_a_safety_officer_declines_what_two_must_do():
    record = Record(kim="operator", sam="safety officer")
    record.ask("person:kim", LOWER, "incident_1", stage=1, why="cool")
    (waits,) = access.waiting(record.memory, record.now)
    ruling = record.ask("person:sam", RequestKind.DECLINE_REQUEST, waits.asked, why="gas is not known")
    assert ruling.verdict is access.Verdict.SETTLED


def test_nobody_confirms_that_they_themselves_become_an_admin():
    record = Record(ann="admin", eve="admin", sam="safety officer")
    record.ask("person:ann", RequestKind.CHANGE_ROLE, "sam", role="admin")
    (waits,) = access.waiting(record.memory, record.now)
    with pytest.raises(Refused, match="nobody makes themselves an admin"):
        record.ask("person:sam", CONFIRM, waits.asked)
    assert record.ask("person:eve", CONFIRM, waits.asked).verdict is access.Verdict.CARRY


# --------------------------------------------------------------------------------------------------------- contracts

END_US = START_US + 1_000 * SECOND_US


def under_contract() -> Record:
    """An admin and a vendor's person whose contract ends soon."""
    record = Record(ann="admin")
    record.say(told.AccountEnrolled("vera", "vendor", "ACME", END_US))
    return record


def test_a_vendors_person_is_nobody_from_the_end_of_the_contract_on():
    record = under_contract()
    with pytest.raises(Refused, match="a vendor may not acknowledge alarm"):
        record.ask("person:vera", RequestKind.ACKNOWLEDGE_ALARM, "alarm_1")
    record.at_us = END_US
    with pytest.raises(Refused, match="the contract of vera has ended"):
        record.ask("person:vera", RequestKind.ACKNOWLEDGE_ALARM, "alarm_1")


def test_a_vendors_person_of_whom_the_record_knows_no_end_is_nobody():
    record = Record(ann="admin")
    record.say(told.SessionOpened("vera", "127.0.0.1", "vendor"))
    with pytest.raises(Refused, match="no open account"):
        record.ask("person:vera", RequestKind.ACKNOWLEDGE_ALARM, "alarm_1")


def test_a_program_for_which_a_vendors_person_answers_ends_with_the_contract():
    record = under_contract()
    record.say(told.TokenCreated("bot", "aaaaaaaa", "vera", ("take import",), END_US + SECOND_US, "person:ann"))
    record.at_us = END_US - 1
    assert record.ask("service:bot", RequestKind.TAKE_IMPORT, "x").verdict is access.Verdict.CARRY
    record.at_us = END_US
    with pytest.raises(Refused, match="no token of service:bot"):
        record.ask("service:bot", RequestKind.TAKE_IMPORT, "x")


def admitted(record: Record, kind: RequestKind, subject: str, /, **body: object) -> Body:
    request = Request(RequestId("request_1"), kind, "person:ann", subject, body)
    (draft,) = access.admit(record.memory, request, POLICY, record.now)
    return draft.body


def test_an_invitation_of_a_vendors_person_names_employer_and_end_and_no_other_does():
    record, day_us = Record(ann="admin"), 86_400 * SECOND_US
    invite, until_us = RequestKind.INVITE_ACCOUNT, START_US + day_us
    body = admitted(record, invite, "vendor", employer=" ACME  GmbH ", until_us=until_us)
    assert body == told.AccountInvited("vendor", "person:ann", "ACME GmbH", until_us)
    far_us = START_US + (POLICY.contract_days_max + 1) * day_us
    for wrong in (
        *({}, {"employer": "ACME"}, {"until_us": until_us}, {"employer": " ", "until_us": until_us}),
        *({"employer": "ACME", "until_us": bad} for bad in (START_US, far_us, True, "tomorrow", None)),
    ):
        with pytest.raises(Refused):
            admitted(record, invite, "vendor", **wrong)
    with pytest.raises(Refused, match="only a vendor's person"):
        admitted(record, invite, "viewer", employer="ACME", until_us=until_us)


def test_a_contract_is_prolonged_also_after_its_end_and_never_shortened():
    record, prolong = under_contract(), RequestKind.PROLONG_CONTRACT
    for until_us in (END_US, END_US - 1):
        with pytest.raises(Refused, match="later than that already"):
            admitted(record, prolong, "vera", until_us=until_us)
    record.at_us = END_US + SECOND_US
    body = admitted(record, prolong, "vera", until_us=END_US + 9 * SECOND_US, why="the work goes on")
    assert body == told.ContractProlonged("vera", END_US + 9 * SECOND_US, "person:ann", "the work goes on")
    record.say(body)
    with pytest.raises(Refused, match="a vendor may not"):
        record.ask("person:vera", RequestKind.ACKNOWLEDGE_ALARM, "alarm_1")
    for account in ("ann", "nobody"):
        with pytest.raises(Refused, match="no open account of a vendor's person"):
            admitted(record, prolong, account, until_us=END_US + 99 * SECOND_US)


def test_a_new_password_by_a_link_moves_no_end():
    record = under_contract()
    record.say(told.ContractProlonged("vera", END_US + 9 * SECOND_US, "person:ann"))
    record.say(told.AccountEnrolled("vera", "vendor", "ACME", END_US))
    assert record.memory.standing.ends == {"vera": END_US + 9 * SECOND_US}


def test_a_vendors_person_becomes_nothing_else_and_nobody_becomes_one_but_the_account_is_closed_also_when_it_ended():
    record = under_contract()
    record.say(told.AccountEnrolled("vic", "viewer"))
    for account, role in (("vera", "viewer"), ("vic", "vendor")):
        with pytest.raises(Refused, match="becomes nothing else"):
            admitted(record, RequestKind.CHANGE_ROLE, account, role=role)
    record.at_us = END_US
    assert admitted(record, RequestKind.CLOSE_ACCOUNT, "vera") == told.AccountClosed("vera", "person:ann")


@pytest.mark.parametrize(("after_s", "void"), [(899, False), (900, True), (1800, True), (10_000, True)])
def test_a_confirmation_counts_until_its_time_and_not_at_it(after_s, void):
    record = Record(kim="operator", lee="operator")
    record.ask("person:kim", LOWER, "incident_1", stage=1, why="cool")
    (waits,) = access.waiting(record.memory, record.now)
    record.at_us += after_s * SECOND_US
    if void:
        with pytest.raises(Refused, match="void"):
            record.ask("person:lee", CONFIRM, waits.asked)
        record.ask("person:lee", LOWER, "incident_1", stage=1, why="asked anew")
    else:
        assert record.ask("person:lee", CONFIRM, waits.asked).verdict is access.Verdict.CARRY


def test_the_same_thing_waits_once_and_only_so_many_things_wait():
    record = Record(kim="operator", lee="operator")
    record.ask("person:kim", LOWER, "incident_0", stage=1, why="cool")
    with pytest.raises(Refused, match="asked for this already"):
        record.ask("person:lee", LOWER, "incident_0", stage=1, why="cool")
    for i in range(1, POLICY.waiting_max):
        record.ask("person:kim", LOWER, f"incident_{i}", stage=1, why="cool")
    with pytest.raises(Refused, match="wait already"):
        record.ask("person:kim", LOWER, "incident_x", stage=1, why="cool")


def test_a_declined_request_is_gone_and_the_asker_may_take_it_back():
    for who in ("person:kim", "person:lee"):
        record = Record(kim="operator", lee="operator")
        record.ask("person:kim", LOWER, "incident_1", stage=1, why="cool")
        (waits,) = access.waiting(record.memory, record.now)
        assert record.ask(who, RequestKind.DECLINE_REQUEST, waits.asked).verdict is access.Verdict.SETTLED
        with pytest.raises(Refused, match="nothing waits"):
            record.ask("person:lee", CONFIRM, waits.asked)


@pytest.mark.parametrize(
    ("kind", "subject", "body", "two"),
    [
        (RequestKind.INVITE_ACCOUNT, "viewer", {}, False),
        (RequestKind.INVITE_ACCOUNT, "admin", {}, True),
        (RequestKind.CHANGE_ROLE, "kim", {"role": "engineer"}, False),
        (RequestKind.CHANGE_ROLE, "kim", {"role": "admin"}, True),
        (RequestKind.CHANGE_ROLE, "ida", {"role": "viewer"}, True),
        (RequestKind.CLOSE_ACCOUNT, "kim", {}, False),
        (RequestKind.CLOSE_ACCOUNT, "ida", {}, True),
        (RequestKind.CLOSE_ACCOUNT, "eve", {}, True),
        (RequestKind.INVITE_ACCOUNT, "safety officer", {}, True),
        (RequestKind.CHANGE_ROLE, "kim", {"role": "safety officer"}, True),
    ],
)
def test_people_are_named_by_two_where_an_admin_or_an_auditor_comes_or_goes(kind, subject, body, two):
    record = Record(ann="admin", eve="admin", ida="auditor", kim="operator")
    assert (record.ask("person:ann", kind, subject, **body).verdict is access.Verdict.WAIT) is two


def test_a_programs_scopes_end_with_its_token():
    record = Record(ann="admin")
    record.say(told.TokenCreated("bot", "aaaaaaaa", "ann", ("take import",), START_US + SECOND_US, "person:ann"))
    assert record.ask("service:bot", RequestKind.TAKE_IMPORT, "x").verdict is access.Verdict.CARRY
    record.at_us += SECOND_US
    with pytest.raises(Refused, match="no token"):
        record.ask("service:bot", RequestKind.TAKE_IMPORT, "x")
    record.say(told.TokenCreated("bot", "bbbbbbbb", "ann", ("take import",), START_US + 9 * SECOND_US, "person:ann"))
    assert record.ask("service:bot", RequestKind.TAKE_IMPORT, "x").verdict is access.Verdict.CARRY
    record.say(told.TokenRevoked("bot", "bbbbbbbb", "person:ann"))
    with pytest.raises(Refused, match="no token"):
        record.ask("service:bot", RequestKind.TAKE_IMPORT, "x")


@pytest.mark.parametrize(
    "actor", ["", "person:", "kim", "person:KIM", "consoles", "machine", "person:kim ", "service:"]
)
def test_only_an_exact_name_of_the_record_is_somebody(actor):
    record = Record(kim="admin")
    with pytest.raises(Refused):
        record.ask(actor, RequestKind.ACKNOWLEDGE_ALARM, "alarm_1")


def test_a_late_log_in_never_brings_a_closed_account_back():
    record = Record(kim="operator")
    record.say(told.AccountClosed("kim", "person:ann"), told.SessionOpened("kim", "127.0.0.1", "operator"))
    assert record.memory.standing.roles["kim"] == ""


def test_the_fold_is_the_same_however_it_is_cut_and_frozen():
    rng = np.random.default_rng(5)
    record = Record(ann="admin", eve="admin", kim="operator", lee="operator")
    for _ in range(200):
        record.at_us += int(rng.integers(1, 400)) * SECOND_US
        who = str(rng.choice(["person:kim", "person:lee", "person:ann"]))
        try:
            if rng.random() < 0.5:
                record.ask(who, LOWER, f"incident_{rng.integers(4)}", stage=1, why="w")
            elif waits := access.waiting(record.memory, record.now):
                record.ask(who, CONFIRM, waits[0].asked)
        except Refused:
            continue
    assert len(record.facts) > 50
    whole = access.absorb(access.empty(POLICY), record.facts)
    cut = access.empty(POLICY)
    for first in range(0, len(record.facts), 7):
        cut = access.thaw(access.freeze(access.absorb(cut, record.facts[first : first + 7])))
    assert access.freeze(whole) == access.freeze(cut) == access.freeze(record.memory)
    assert len(whole.standing.waiting) <= POLICY.waiting_max


def test_a_row_that_names_nobody_refuses_everybody():
    table = Table((Act("acknowledge alarm", ()),))
    record = Record(**{str(role): str(role) for role in (Role.ADMIN, Role.OPERATOR)})
    for actor in ("person:admin", "machine:root", "console"):
        request = Request(RequestId("request_1"), RequestKind.ACKNOWLEDGE_ALARM, actor, "x")
        with pytest.raises(Refused, match="may not"):
            access.decide(record.memory, request, msgspec.structs.replace(POLICY, table=table), record.now)
