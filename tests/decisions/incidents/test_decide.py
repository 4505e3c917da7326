"""The incidents room, row by row: opening, joining, stages, what people may ask, and the words it uses."""

import itertools
import re

import pytest

from ironkeep.decisions import incidents
from ironkeep.decisions.incidents.stages import ROLES, stage_of
from ironkeep.decisions.incidents.steps import next_step
from ironkeep.facts.alarm import AlarmRaised, AlarmReturned
from ironkeep.facts.incident import StageRaised
from ironkeep.model.alarm import AlarmRule, Comparison, IncidentClass
from ironkeep.model.annunciation import Annunciator, Priority
from ironkeep.model.errors import Refused
from ironkeep.model.ids import AssetId, PointName, RequestId
from ironkeep.model.incident import IncidentState, ThermalStage
from ironkeep.model.request import Request, RequestKind
from ironkeep.model.trust import AssetTrust, Trust, TrustReason
from ironkeep.packs import alarms as alarm_pack
from tests.decisions.rooms import facts, judged, now, site

THERMAL, COMMS = IncidentClass.THERMAL, IncidentClass.COMMUNICATIONS
UNSAFE = re.compile(
    r"\bsafe\b|\bsafely\b|all clear|no danger|may (be )?enter|can (be )?enter|may be touched", re.IGNORECASE
)


def rule(name: str, role: str = "", kind: IncidentClass = THERMAL, **more) -> AlarmRule:
    return AlarmRule(
        id=name,
        title=name,
        point=PointName("x"),
        compare=Comparison.ABOVE,
        limit=1.0,
        priority=Priority.LOW,
        incident=kind,
        cause="c",
        consequence="q",
        action="a",
        respond_s=1,
        annunciator=Annunciator.IRONKEEP,
        role=role,
        **more,
    )


RULES = (
    *(rule(role, role) for role in sorted(ROLES) if role),
    rule("vent", "gas", life_safety=True),
    rule("comms", kind=COMMS),
    rule("minor", kind=IncidentClass.CHARGING, opens_case=False),
    rule("charge", kind=IncidentClass.CHARGING),
)


class Room:
    """One incidents room fed second by second."""

    def __init__(self, *banks: str) -> None:
        self.policy = incidents.Policy(site(*banks), RULES)
        self.memory = incidents.empty(self.policy)
        self.second = self.size = 0
        self.trust = {}

    def commit(self, *bodies):
        made = facts(self.size, self.second, *bodies)
        self.size += len(made)
        self.memory = incidents.absorb(self.memory, made)
        return made

    def raise_(self, name: str, asset: str = "bank"):
        kind = next(r.incident for r in RULES if r.id == name)
        return self.commit(
            AlarmRaised(
                f"alarm_{self.size}", name, asset, 3, name, "1", "", "c", "q", "a", 1, "us", kind, False, False, (), ""
            )
        )[0]

    def turn(self, seconds: int = 1):
        bodies = []
        for _ in range(seconds):
            self.second += 1
            sight = (judged(second=self.second, trust=self.trust), (), ())
            self.memory, self.cases, drafts = incidents.decide(self.memory, sight, self.policy, now(self.second))
            self.drafts = drafts
            bodies += [d.body for d in drafts]
            self.commit(*drafts)
        return bodies

    def ask(self, kind: RequestKind, actor: str = "person:kim", **body):
        request = Request(RequestId("request_1"), kind, actor, self.only.id, body)
        return self.commit(*incidents.admit(self.memory, request, self.policy, now(self.second)))

    @property
    def only(self):
        (case,) = incidents.standing(self.memory)
        return case


def kinds(bodies) -> list[str]:
    return [type(b).__name__ for b in bodies]


@pytest.mark.safety("S10")
def test_a_case_opens_at_once_under_the_shift_lead_and_names_the_alarm_that_led_to_it() -> None:
    room = Room()
    fact = room.raise_("sensor")
    assert kinds(room.turn()) == ["IncidentOpened"]
    assert room.drafts[0].cause == fact.id
    assert room.only.commander == "shift lead"
    assert (room.only.severity, room.only.stage) == (1, ThermalStage.T1)
    assert room.turn(10) == []


def test_alarms_of_one_class_and_bank_are_one_case_and_others_are_their_own() -> None:
    room = Room("bank", "other")
    room.raise_("sensor", "bank.s1")
    room.turn()
    room.raise_("cooling", "room")  # the room of the bank
    room.raise_("charge", "bank")
    bodies = room.turn()
    assert sorted(kinds(bodies)) == ["AlarmJoined", "IncidentOpened"]


def test_a_mass_event_on_one_bank_is_one_case_of_facts_that_fit_and_life_safety_is_in_it_first() -> None:
    room = Room()
    long = "x" * 115  # an id has up to 128 characters
    for i in range(1_999):
        room.raise_("sensor", f"bank.{long}-{i:04}")
    gas = room.raise_("vent", "bank").body["alarm"]
    (opened,) = room.turn()  # sealing refuses what does not fit
    assert gas == opened.alarms[0]
    joins = [kinds(room.turn()) for _ in range(3)]
    assert [set(each) for each in joins] == [{"AlarmJoined"}, {"AlarmJoined"}, set()]
    assert len(room.only.alarms) == 2_000


def test_where_nothing_follows_nothing_is_looked_at_until_facts_come() -> None:
    room = Room()
    room.raise_("sensor")
    room.turn(3)
    assert room.memory.calm_at == room.memory.version
    room.raise_("rise")
    assert sorted(kinds(room.turn(2))) == ["AlarmJoined", "StageRaised"]


def test_a_minor_alarm_opens_no_case_and_joins_one_that_is_open() -> None:
    room = Room()
    room.raise_("minor")
    assert room.turn(5) == []
    room.raise_("charge")
    (opened,) = room.turn()
    assert len(opened.alarms) == 2


@pytest.mark.safety("S23", "S24", "S25", "S27")
@pytest.mark.parametrize(
    ("shown", "stage"),
    [
        ([("sensor", "a")], 1),
        ([("cooling", "a")], 1),
        ([("blind", "a")], 1),
        ([("heat", "a")], 1),
        ([("sensor", "a"), ("heat", "b")], 2),
        ([("rise", "a")], 2),
        ([("spread", "a")], 2),
        ([("gas", "a")], 2),
        ([("gas", "a"), ("sensor", "b")], 2),
        ([("gas", "a"), ("heat", "b")], 3),
        ([("gas", "a"), ("rise", "b")], 3),
        ([("smoke", "a")], 3),
        ([], 0),
    ],
)
def test_the_stage_follows_the_safety_rules(shown, stage: int) -> None:
    assert stage_of(shown)[0] == stage


@pytest.mark.safety("S26", "S27")
def test_more_evidence_never_shows_a_lower_stage() -> None:
    roles = [(role, "a") for role in sorted(ROLES)]
    for one, two in itertools.product(roles, roles):
        assert stage_of([one, two])[0] >= max(stage_of([one])[0], stage_of([two])[0])


@pytest.mark.safety("S26")
def test_a_worse_alarm_raises_the_stage_and_returned_alarms_never_lower_it() -> None:
    room = Room()
    first = room.raise_("sensor")
    room.turn()
    second = room.raise_("gas", "room")
    assert kinds(room.turn(2)) == ["AlarmJoined", "StageRaised"]
    assert room.only.stage is ThermalStage.T2
    room.commit(*(AlarmReturned(f.body["alarm"], "bank", "0") for f in (first, second)))
    assert kinds(room.turn(5)) == ["IncidentQuieted"]
    assert room.only.stage is ThermalStage.T2


@pytest.mark.safety("S25")
def test_a_raised_stage_names_the_alarm_with_which_it_came_true() -> None:
    room = Room()
    room.raise_("sensor")
    room.turn()
    room.raise_("cooling", "room")
    gas = room.raise_("gas", "room")
    room.raise_("cooling", "bank")
    raised = next(body for body in room.turn(2) if isinstance(body, StageRaised))
    assert (raised.stage, raised.raised_by, raised.shown_by) == (2, gas.body["alarm"], f"{gas.body['title']} at room")
    assert next(draft for draft in room.drafts if draft.body is raised).cause == gas.id
    heat = room.raise_("heat", "bank")
    room.raise_("minor")
    raised = next(body for body in room.turn(2) if isinstance(body, StageRaised))
    assert (raised.stage, raised.raised_by) == (3, heat.body["alarm"])


@pytest.mark.safety("S26")
def test_a_stage_is_lowered_by_a_named_person_after_its_alarms_returned_on_readings_that_can_be_believed() -> None:
    room = Room()
    gas = room.raise_("gas", "room")
    room.turn(2)
    with pytest.raises(Refused, match="still show T2"):
        room.ask(RequestKind.LOWER_STAGE, stage=1, why="it smells of nothing")
    room.commit(AlarmReturned(gas.body["alarm"], "room", "0 ppm"))
    room.trust = {AssetId("room"): AssetTrust(AssetId("room"), Trust.UNTRUSTED, (TrustReason("lost", "x"),), 0)}
    room.turn()
    with pytest.raises(Refused, match="no fresh readings"):
        room.ask(RequestKind.LOWER_STAGE, stage=1, why="the panel is quiet")
    room.trust = {}
    room.turn()
    for bad in ({"stage": 2, "why": "x"}, {"stage": -1, "why": "x"}, {"stage": 1}, {"stage": True, "why": "x"}):
        with pytest.raises(Refused):
            room.ask(RequestKind.LOWER_STAGE, **bad)
    with pytest.raises(Refused, match="named person"):
        room.ask(RequestKind.LOWER_STAGE, actor="engine", stage=1, why="x")
    room.ask(RequestKind.LOWER_STAGE, stage=1, why="measured 0 ppm at the vent")
    assert room.only.stage is ThermalStage.T1
    assert room.turn(5) == []  # what had returned does not raise it again
    room.raise_("gas", "room")
    room.turn(2)
    assert room.only.stage is ThermalStage.T2


@pytest.mark.safety("S26")
def test_before_the_first_turn_no_stage_is_lowered() -> None:
    room = Room()
    gas = room.raise_("gas", "room")
    room.turn(2)
    room.commit(AlarmReturned(gas.body["alarm"], "room", "0"))
    room.memory = incidents.thaw(incidents.freeze(room.memory))
    with pytest.raises(Refused, match="no fresh readings"):
        room.ask(RequestKind.LOWER_STAGE, stage=1, why="x")


@pytest.mark.safety("S05")
def test_the_same_class_on_several_banks_says_so_in_every_case() -> None:
    room = Room("bank", "other")
    room.raise_("sensor", "bank")
    room.turn()
    room.raise_("sensor", "other")
    room.turn(3)
    assert len(room.cases) == 2
    assert all("bank, other" in case.next_step and "S05" in case.next_step for case in room.cases)


@pytest.mark.safety("S17", "S29")
@pytest.mark.parametrize(
    ("first", "then", "words"),
    [("cooling", "blind", "treat it as present"), ("sensor", "contactor", "take the string as live")],
)
def test_what_the_next_step_must_warn_of_is_said_also_in_a_case_that_stands_already(first, then, words) -> None:
    room = Room()
    room.raise_(first)
    room.turn(2)
    assert words not in room.only.next_step
    fact = room.raise_(then)
    assert kinds(room.turn(9)) == ["AlarmJoined", "StageRaised"]
    assert words in room.only.next_step
    assert room.only.stage == ThermalStage.T1
    room.commit(AlarmReturned(fact.body["alarm"], "bank", "0"))
    assert room.turn(3) == []


@pytest.mark.safety("S05")
def test_a_bank_whose_alarm_returned_long_ago_shares_no_cause_with_another_in_the_same_case() -> None:
    room = Room("bank", "other")
    fact = room.raise_("comms", "bank")
    room.turn()
    room.commit(AlarmReturned(fact.body["alarm"], "bank", "0"))
    room.turn(900)
    room.raise_("comms", "other")
    assert kinds(room.turn(3)) == ["AlarmJoined"]
    assert "S05" not in room.only.next_step
    room.raise_("comms", "bank")
    room.turn(3)
    assert "bank, other" in room.only.next_step


@pytest.mark.safety("S03")
def test_lost_communications_of_several_banks_are_one_case_of_the_worst_severity() -> None:
    room = Room("bank", "other")
    room.raise_("comms", "bank")
    room.turn()
    room.raise_("comms", "other")
    room.turn(3)
    assert room.only.severity == 1
    assert "S03" in room.only.next_step


def test_a_case_is_closed_by_a_named_person_once_its_alarms_returned_and_then_leaves() -> None:
    room = Room()
    fact = room.raise_("charge")
    room.turn(2)
    with pytest.raises(Refused, match="have not returned"):
        room.ask(RequestKind.CLOSE_INCIDENT, cause_class="fault", reason="x")
    room.commit(AlarmReturned(fact.body["alarm"], "bank", "0"))
    room.turn()
    assert room.only.state is IncidentState.QUIET
    with pytest.raises(Refused):
        room.ask(RequestKind.CLOSE_INCIDENT, cause_class="", reason="x")
    room.ask(RequestKind.CLOSE_INCIDENT, cause_class="fault", reason="meter replaced")
    assert incidents.standing(room.memory) == ()
    assert room.memory.standing.lines == {}


@pytest.mark.safety("S10")
def test_command_and_notes_are_on_the_record_by_name() -> None:
    room = Room()
    room.raise_("charge")
    room.turn()
    room.ask(RequestKind.TAKE_COMMAND)
    assert room.only.commander == "person:kim"
    room.ask(RequestKind.NOTE_INCIDENT, text="called the maker")
    with pytest.raises(Refused):
        room.ask(RequestKind.NOTE_INCIDENT, text="")


def test_a_case_long_quiet_is_another_story() -> None:
    room = Room()
    fact = room.raise_("charge")
    room.turn()
    room.commit(AlarmReturned(fact.body["alarm"], "bank", "0"))
    room.turn()
    room.second += 1801
    room.raise_("charge")
    assert kinds(room.turn()) == ["IncidentOpened"]


def all_words() -> list[str]:
    steps = [
        next_step(kind, stage, banks, blind=blind, contactor=contactor)
        for kind in IncidentClass
        for stage in ThermalStage
        for banks in ((), ("a", "b"))
        for blind in (False, True)
        for contactor in (False, True)
    ]
    rules = [f"{r.title} {r.cause} {r.consequence} {r.action}" for r in alarm_pack.shipped()]
    return steps + rules


@pytest.mark.safety("S11")
def test_no_text_says_or_hints_that_anything_may_be_entered_or_worked_on() -> None:
    assert [text for text in all_words() if UNSAFE.search(text)] == []
    assert UNSAFE.search("It is safe to enter")


@pytest.mark.safety("S28")
def test_no_text_asks_to_switch_ventilation_suppression_or_detection() -> None:
    verbs, things = "switch|turn|start|stop|shut", "fan|hvac|exhaust|air handling|suppression|detection|ventilation"
    order = re.compile(rf"\b({verbs})\w* (on|off|down)? ?(the )?({things})", re.IGNORECASE)
    assert order.search("Switch off the fan")
    assert [text for text in all_words() if order.search(text)] == []


def test_the_same_memory_decides_the_same_again_and_freezes_whole() -> None:
    room = Room()
    room.raise_("sensor")
    sight = (judged(second=1), (), ())
    one = incidents.decide(room.memory, sight, room.policy, now(1))
    assert one[2] == incidents.decide(room.memory, sight, room.policy, now(1))[2] != ()
    room.turn(2)
    assert incidents.thaw(incidents.freeze(room.memory)).standing == room.memory.standing
