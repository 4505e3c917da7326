"""What each scenario of the twin must raise, within how long, and how bad the case is that opens (issue 2, 6)."""

from dataclasses import dataclass, field

import pytest

from ironkeep.decisions import alarms, incidents
from ironkeep.model.alarm import IncidentClass
from ironkeep.twin.scenarios import load
from tests.stories.site_at_work import Story

CALM_S = 5
THERMAL, CHARGING = IncidentClass.THERMAL, IncidentClass.CHARGING
DISCHARGE, COMMS = IncidentClass.DISCHARGE, IncidentClass.COMMUNICATIONS
FIRMWARE, GRID = IncidentClass.FIRMWARE, IncidentClass.GRID


@dataclass(frozen=True)
class Expected:
    """`raises`: rule and asset -> seconds within which it is raised. `cases`: class -> seconds until it opens. `trust`:
    asset -> state at the end. `findings`: asset and code -> seconds. `stage` of the thermal case at the end. Rules not
    listed under `raises` or `also` must not be raised at all. Seconds count from the injection.
    """

    seconds: int
    raises: dict[tuple[str, str], int] = field(default_factory=dict)
    cases: dict[IncidentClass, int] = field(default_factory=dict)
    trust: dict[str, str] = field(default_factory=dict)
    findings: dict[tuple[str, str], int] = field(default_factory=dict)
    stage: int = 0
    also: tuple[str, ...] = ()
    shared: bool = False  # the same cause on several banks (S05)
    quiet_s: int = 0  # before, for detectors that must first learn what is usual
    pace_s: int = 1  # seconds between turns
    calm: tuple[int, int] = (0, 0)  # seconds between which the story only grows, and a turn every CALM_S is enough


EXPECTED: dict[str, Expected] = {
    "utility-loss-late-generator": Expected(
        60,
        {
            ("ups-on-battery", "ups-a"): 5,
            ("ups-on-battery", "ups-b"): 5,
            ("generator-late", "gen-1"): 45,
            ("battery-holds-too-long", "ups-a"): 50,
            ("relay-tripped", "relay-1"): 10,
        },
        {DISCHARGE: 6, GRID: 11},
        also=("battery-holds-too-long",),
        shared=True,
    ),
    "generator-accepted-by-ats-rejected-by-rectifier": Expected(
        32,
        {("ups-on-battery", "ups-a"): 5, ("ups-input-refused", "ups-a"): 30, ("ups-input-refused", "ups-b"): 30},
        {DISCHARGE: 6},
        also=("ups-on-battery", "relay-tripped"),
        shared=True,
    ),
    "six-dips-transfer-lockout": Expected(
        90,
        {
            ("ups-on-battery", "ups-a"): 5,
            ("ups-locked-on-battery", "ups-a"): 70,
            ("ups-locked-on-battery", "ups-b"): 70,
            ("transfer-switch-locked", "ats-1"): 90,
        },
        {DISCHARGE: 6},
        findings={("ats-1", "chatter-event"): 60},
        also=("ups-on-battery",),
        shared=True,
    ),
    "hvac-loss": Expected(60, {("cooling-failed", "hvac-a"): 10}, {THERMAL: 12}, stage=1),
    "aux-loss": Expected(
        30,
        {("auxiliary-supply-lost", "room-a"): 10, ("gas-detector-blind", "room-a"): 10},
        {THERMAL: 11},
        stage=1,
    ),
    "cell-heating": Expected(
        310,
        {("cell-temperature-spread", "con-1.s03.m07"): 180, ("cell-temperature-rising", "con-1.s03.m07"): 300},
        {THERMAL: 182},
        stage=2,
        calm=(10, 150),
    ),
    "off-gas-without-heat": Expected(
        45,
        {("off-gas", "room-b"): 15, ("gas-panel", "room-b"): 40, ("hydrogen", "room-b"): 45},
        {THERMAL: 16},
        stage=2,
    ),
    "coolant-leak": Expected(
        280,
        {("coolant-leak", "room-1"): 10, ("coolant-pressure-low", "hvac-1"): 150, ("insulation-warning", "con-1"): 275},
        {THERMAL: 11, CHARGING: 277},
        stage=1,
        calm=(20, 240),
    ),
    "string-contactor-fault": Expected(20, {("contactor-dropped", "con-1.s05"): 10}, {DISCHARGE: 11}),
    "welded-contactor": Expected(
        20,
        {("contactor-welded", "con-1.s06"): 12},
        {DISCHARGE: 13},
        trust={"con-1.s06": "VERIFY-LOCALLY", "con-1": "DEGRADED"},
        findings={("con-1.s06", "verify:contactor"): 12},
    ),
    "low-string-reconnecting": Expected(
        60,
        {("string-difference", "con-1.s08"): 20, ("string-current-apart", "con-1.s08"): 60},
        {CHARGING: 21},
        also=("charge-disagrees",),
    ),
    "stuck-sensor": Expected(
        60,
        {("verify-locally", "con-1"): 15},
        {COMMS: 16},
        trust={"con-1.s04": "DEGRADED", "con-1": "VERIFY-LOCALLY"},
        findings={("con-1.s04", "frozen:string-current-still"): 60, ("con-1", "verify:string-currents"): 15},
        quiet_s=130,
    ),
    "gateway-frozen": Expected(
        20,
        {("gateway-frozen", "con-1"): 10},
        {COMMS: 11},
        trust={"con-1": "UNTRUSTED"},
        findings={("con-1", "frozen:gateway"): 10},
    ),
    "comms-loss": Expected(30, {("communications-lost", "cab-a"): 10}, {COMMS: 11}, trust={"cab-a": "UNTRUSTED"}),
    "limit-changed": Expected(
        30,
        {("protective-setting-changed", "con-1"): 5, ("grid-setting-changed", "pcs-1"): 25},
        {FIRMWARE: 6, GRID: 26},
        trust={"con-1": "VERIFY-LOCALLY", "pcs-1": "VERIFY-LOCALLY"},
        findings={("con-1", "changed:setting"): 5, ("pcs-1", "changed:setting"): 25},
    ),
    "soc-forged": Expected(
        15,
        {("charge-disagrees", "con-1"): 10},
        {CHARGING: 11},
        trust={"con-1": "VERIFY-LOCALLY"},
        findings={("con-1", "verify:charge-count"): 10},
    ),
    "soc-forged-slow": Expected(
        220,
        {("charge-disagrees", "con-1"): 220},
        {CHARGING: 221},
        trust={"con-1": "VERIFY-LOCALLY"},
        findings={("con-1", "verify:charge-count"): 220},
        calm=(10, 180),
    ),
    "replayed": Expected(
        200,
        {("values-replayed", "con-1"): 181},
        {COMMS: 182},
        trust={"con-1": "UNTRUSTED"},
        findings={("con-1", "replayed"): 180},
        also=("verify-locally",),
        quiet_s=40,
    ),
    "replayed-with-fresh-noise": Expected(
        160,
        {("verify-locally", "con-1"): 131},
        {COMMS: 132},
        trust={"con-1": "VERIFY-LOCALLY"},
        findings={("con-1", "verify:converter-current.drift"): 130, ("con-1", "verify:bank-power-metered"): 160},
        quiet_s=130,
    ),
    "current-scaled": Expected(
        150,
        {("verify-locally", "con-1"): 61},
        {COMMS: 62},
        trust={"con-1": "VERIFY-LOCALLY"},
        findings={("con-1", "verify:converter-current.drift"): 60, ("con-1", "verify:converter-current.gain"): 150},
        quiet_s=130,
    ),
    "current-drifting": Expected(
        130,
        {("verify-locally", "cab-a"): 121},
        {COMMS: 122},
        trust={"cab-a": "VERIFY-LOCALLY"},
        findings={("cab-a", "verify:meter-current.drift"): 120},
        quiet_s=130,
    ),
    "energy-counter-fast": Expected(
        1200,
        trust={"pcs-1": "VERIFY-LOCALLY"},
        findings={("pcs-1", "verify:feeder-energy"): 1200},
        pace_s=5,
    ),
    "ups-registers-forged": Expected(
        60,
        {("ups-ways-disagree", "ups-a"): 50},
        {COMMS: 52},
        trust={"ups-a": "VERIFY-LOCALLY", "ups-a-nut": "VERIFY-LOCALLY"},
        findings={("ups-a", "verify:way-charge"): 50, ("ups-a-nut", "verify:way-charge"): 50},
    ),
    "ups-card-forged": Expected(
        60,
        {("ups-ways-disagree", "ups-b"): 50},
        {COMMS: 52},
        trust={"ups-b": "VERIFY-LOCALLY", "ups-b-nut": "VERIFY-LOCALLY"},
        findings={("ups-b", "verify:way-load"): 50, ("ups-b-nut", "verify:way-dc-voltage"): 50},
    ),
    "ups-asks-for-battery": Expected(
        70,
        {("nut-own-alarm", "ups-a-nut"): 5, ("nut-replace-battery", "ups-a-nut"): 62},
        {DISCHARGE: 6},
    ),
    "chattering-contact": Expected(60, findings={("room-a", "chatter:door_open"): 30}),
    "temperature-masked": Expected(
        3300,
        {("cooling-failed", "hvac-a"): 30, ("verify-locally", "cab-a"): 3250},
        {THERMAL: 40, COMMS: 3260},
        trust={"cab-a": "VERIFY-LOCALLY"},
        findings={("cab-a", "verify:cells-and-room"): 3240},
        stage=1,
        pace_s=10,
    ),
}


def test_every_loud_scenario_of_the_twin_has_its_story() -> None:
    assert sorted(EXPECTED) == sorted(name for name, each in load().items() if not each.quiet)


@pytest.mark.slow
@pytest.mark.parametrize("name", EXPECTED)
def test_a_scenario_raises_what_it_must_in_time_and_nothing_else(name: str) -> None:
    wanted = EXPECTED[name]
    story = Story(quiet_s=wanted.quiet_s)
    calm, last = wanted.calm
    story.play(name, calm, wanted.pace_s)
    story.run(last - calm, CALM_S)
    story.run(wanted.seconds - last, wanted.pace_s)
    raised = story.raised()
    late = {}
    for (rule, asset), within in wanted.raises.items():
        seconds = [second for second, where in raised.get(rule, []) if where == asset]
        if not seconds or seconds[0] > within:
            late[rule, asset] = seconds
    assert not late, f"not raised in time: {late}; raised: {raised}"
    allowed = {rule for rule, _ in wanted.raises} | set(wanted.also)
    assert set(raised) <= allowed, f"raised beyond the story: {set(raised) - allowed}"
    check_cases(story, wanted)
    check_trust(story, wanted)
    check_findings(story, wanted)


def check_cases(story: Story, wanted: Expected) -> None:
    opened = {}
    for fact in story.since:
        if fact.kind == "IncidentOpened":
            assert fact.body["incident_class"] not in opened, "one story, one case"
            opened[fact.body["incident_class"]] = story.second(fact)
            assert fact.body["commander"] == "Shift lead, control room"  # S10
            assert fact.cause is not None, "a case names the alarm that led to it"
            assert fact.cause.startswith("fact_")
    late = {
        kind: opened.get(str(kind)) for kind, within in wanted.cases.items() if opened.get(str(kind), 9999) > within
    }
    assert not late, f"not opened in time: {late}"
    cases = incidents.standing(story.rooms.incidents)
    assert max((case.stage for case in cases), default=0) == wanted.stage
    assert any("S05" in case.next_step for case in cases) == wanted.shared
    standing = {alarm.id for alarm in alarms.standing(story.rooms.alarms)}
    grouped = {alarm for case in cases for alarm in case.alarms}
    fresh = {f.body["alarm"] for f in story.since if f.kind == "AlarmRaised" and story.second(f) >= wanted.seconds - 1}
    assert standing - fresh <= grouped, "every alarm belongs to a case one second later"


def check_trust(story: Story, wanted: Expected) -> None:
    assert story.rooms.judged is not None
    changed = {}
    for fact in story.since:
        if fact.kind == "TrustChanged":
            changed[fact.body["asset"]] = fact.body["after"]
    for asset, state in wanted.trust.items():
        assert changed.get(asset) == state, (asset, changed)
    beyond = {asset: state for asset, state in changed.items() if asset not in wanted.trust and state != "TRUSTED"}
    assert not {a for a, s in beyond.items() if s == "UNTRUSTED"}, beyond


def check_findings(story: Story, wanted: Expected) -> None:
    found = {
        (fact.body["asset"], fact.body["code"]): story.second(fact)
        for fact in story.since
        if fact.kind == "FindingOpened"
    }
    late = {key: found.get(key) for key, within in wanted.findings.items() if found.get(key, 9999) > within}
    assert not late, f"not found in time: {late}; found {found}"
    chatter = {key for key in found if key[1].startswith("chatter")}
    assert chatter <= set(wanted.findings), "one event is one finding, and no other contact is called worn"
