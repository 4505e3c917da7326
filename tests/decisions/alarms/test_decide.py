"""The alarms room, row by row: raising, returning, what missing data may do, and what people may ask."""

import msgspec
import numpy as np
import pytest

from ironkeep.decisions import alarms
from ironkeep.facts.device import DeviceLost, DeviceReached
from ironkeep.facts.telemetry import PassportTaken, SettingChanged
from ironkeep.model.alarm import AlarmRule, Comparison, IncidentClass
from ironkeep.model.annunciation import AlarmState, Annunciator, Priority
from ironkeep.model.errors import Refused
from ironkeep.model.ids import AssetId, PointName, RequestId
from ironkeep.model.point import PointKind
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.model.request import Request, RequestKind
from ironkeep.model.time import Now
from ironkeep.model.trust import AssetTrust, Trust, TrustReason
from tests.decisions.rooms import SECOND, WALL, facts, frame, judged, layout, link, now, point, site


def rule(name: str = "hot", compare: Comparison = Comparison.ABOVE, **more) -> AlarmRule:
    base = {
        "id": name,
        "title": "Hot",
        "point": PointName("temperature_c"),
        "compare": compare,
        "limit": 50.0,
        "priority": Priority.MEDIUM,
        "incident": IncidentClass.THERMAL,
        "cause": "c",
        "consequence": "q",
        "action": "a",
        "respond_s": 60,
        "annunciator": Annunciator.IRONKEEP,
        "hysteresis": 5.0,
        "on_delay_s": 2.0,
        "off_delay_s": 3.0,
    }
    return AlarmRule(**{**base, **more})


class Room:
    """One alarms room fed second by second."""

    def __init__(self, *rules: AlarmRule, assets=("bank",), points=("temperature_c",), integer=(), where=None) -> None:
        self.policy = alarms.Policy(where or site(), rules)
        self.memory = alarms.empty(self.policy)
        self.layout = layout(assets, [point(p) for p in points], [point(p, PointKind.ENUM) for p in integer])
        self.second = 0
        self.size = 0
        self.links = ()

    def commit(self, *bodies) -> tuple:
        made = facts(self.size, self.second, *bodies)
        self.size += len(made)
        self.memory = alarms.absorb(self.memory, made)
        return made

    def see(self, values, quality=None, integer=None, trust=None, seconds: int = 1) -> list[str]:
        kinds = []
        for _ in range(seconds):
            self.second += 1
            seen = judged(frame(self.layout, self.second, values, integer, quality), second=self.second, trust=trust)
            self.memory, self.list, drafts = alarms.decide(
                self.memory, (seen, self.links), self.policy, now(self.second)
            )
            kinds += [type(d.body).__name__ for d in drafts]
            self.drafts = drafts
            self.commit(*drafts)
        return kinds

    def ask(self, kind: RequestKind, subject: str, actor: str = "person:kim", **body) -> None:
        request = Request(RequestId("request_1"), kind, actor, subject, body)
        self.commit(*alarms.admit(self.memory, request, self.policy, now(self.second)))

    @property
    def only(self):
        (alarm,) = alarms.standing(self.memory)
        return alarm


def test_an_alarm_is_raised_after_its_on_delay_and_returns_after_its_off_delay_beyond_the_hysteresis() -> None:
    room = Room(rule())
    assert room.see([51.0], seconds=2) == []
    assert room.see([51.0]) == ["AlarmRaised"]
    assert room.only.value_text == "51 °C"
    assert room.see([47.0], seconds=20) == []  # inside the hysteresis
    assert room.see([44.0], seconds=3) == []
    assert room.see([44.0]) == ["AlarmReturned"]
    assert room.only.state is AlarmState.RETURNED_UNACKNOWLEDGED


def test_a_short_excursion_raises_nothing() -> None:
    room = Room(rule())
    for _ in range(10):
        assert room.see([51.0], seconds=2) + room.see([44.0]) == []


@pytest.mark.safety("S12", "S26")
@pytest.mark.parametrize("bit", [b for b in Quality if not Quality(b).usable])
def test_no_unusable_value_ever_clears_a_condition(bit: Quality) -> None:
    room = Room(rule())
    room.see([51.0], seconds=3)
    assert room.see([20.0], quality=[int(bit)], seconds=30) == []
    assert room.only.returned_us is None


@pytest.mark.parametrize("bit", [b for b in Quality if not Quality(b).usable])
def test_no_unusable_value_raises_an_alarm_unless_the_rule_says_so(bit: Quality) -> None:
    assert Room(rule()).see([99.0], quality=[int(bit)], seconds=10) == []


@pytest.mark.safety("S26")
def test_a_doubtful_value_may_raise_to_the_safe_side_where_the_rule_says_so_and_never_clears() -> None:
    room = Room(rule(doubtful_raises=True))
    assert "AlarmRaised" in room.see([99.0], quality=[int(Quality.RATE)], seconds=4)
    assert room.see([20.0], quality=[int(Quality.RATE)], seconds=20) == []
    lost = Room(rule(doubtful_raises=True))
    assert lost.see([99.0], quality=[int(Quality.LOST)], seconds=10) == []


def test_a_column_that_once_had_a_value_must_have_one_before_the_alarm_returns() -> None:
    cells = ("cell_temperature_01_c", "cell_temperature_02_c")
    room = Room(rule(point=PointName("cell_temperature_*_c")), points=cells)
    room.see([[20.0, 60.0]], seconds=3)
    assert room.only.value_text == "60 °C (cell_temperature_02_c)"
    assert room.see([[20.0, np.nan]], quality=[[0, int(Quality.ABSENT)]], seconds=30) == []
    assert "AlarmReturned" in room.see([[20.0, 20.0]], seconds=5)


def test_after_a_restart_an_alarm_needs_every_column_again_before_it_returns() -> None:
    cells = ("cell_temperature_01_c", "cell_temperature_02_c")
    room = Room(rule(point=PointName("cell_temperature_*_c")), points=cells)
    room.see([[20.0, 60.0]], seconds=3)
    room.memory = alarms.thaw(alarms.freeze(room.memory))
    assert room.see([[20.0, np.nan]], quality=[[0, int(Quality.ABSENT)]], seconds=30) == []


def test_acknowledged_and_returned_is_normal_and_leaves_the_list() -> None:
    room = Room(rule())
    room.see([51.0], seconds=3)
    room.ask(RequestKind.ACKNOWLEDGE_ALARM, room.only.id)
    assert room.only.state is AlarmState.ACKNOWLEDGED
    room.see([20.0], seconds=5)
    assert alarms.standing(room.memory) == ()


def test_a_latched_alarm_stays_until_it_is_reset_after_it_returned() -> None:
    room = Room(rule(latched=True))
    room.see([51.0], seconds=3)
    room.ask(RequestKind.ACKNOWLEDGE_ALARM, room.only.id)
    with pytest.raises(Refused, match="not positively returned"):
        room.ask(RequestKind.RESET_ALARM, room.only.id)
    room.see([20.0], seconds=5)
    assert room.only.state is AlarmState.LATCHED
    room.ask(RequestKind.RESET_ALARM, room.only.id)
    assert alarms.standing(room.memory) == ()


def test_a_condition_that_comes_back_before_anybody_saw_it_takes_the_place_of_the_old_alarm() -> None:
    room = Room(rule())
    room.see([51.0], seconds=3)
    first = room.only.id
    room.see([20.0], seconds=5)
    room.see([51.0], seconds=3)
    assert room.only.id != first
    assert room.only.state is AlarmState.UNACKNOWLEDGED


def test_a_shelf_needs_a_reason_and_an_end_and_ends_by_itself() -> None:
    room = Room(rule())
    room.see([51.0], seconds=3)
    until = now(room.second + 5).at_us
    for body in (
        {},
        {"reason": " ", "until": until},
        {"reason": "x", "until": WALL},
        {"reason": "x", "until": until + 10**12},
    ):
        with pytest.raises(Refused):
            room.ask(RequestKind.SHELVE_ALARM, room.only.id, **body)
    room.ask(RequestKind.SHELVE_ALARM, room.only.id, reason="works on the sensor", until=until)
    assert room.only.state is AlarmState.SHELVED
    assert "AlarmUnshelved" in room.see([51.0], seconds=6)
    assert room.only.state is AlarmState.UNACKNOWLEDGED


def test_what_is_raised_again_stays_on_its_shelf_until_the_end_that_a_person_gave_it() -> None:
    room = Room(rule())
    room.see([51.0], seconds=3)
    room.ask(RequestKind.SHELVE_ALARM, room.only.id, reason="flaps", until=now(room.second + 30).at_us)
    assert room.see([20.0], seconds=4) + room.see([51.0], seconds=4) == ["AlarmReturned", "AlarmRaised"]
    assert room.only.state is AlarmState.SHELVED
    assert room.see([51.0], seconds=30) == ["AlarmUnshelved"]
    assert room.only.state is AlarmState.UNACKNOWLEDGED


@pytest.mark.safety("S42")
@pytest.mark.parametrize(
    "fixed", [rule(life_safety=True, shelvable=False), rule(shelvable=False)], ids=["life safety", "trust"]
)
def test_life_safety_and_trust_alarms_are_never_shelved(fixed: AlarmRule) -> None:
    room = Room(fixed)
    room.see([51.0], seconds=3)
    with pytest.raises(Refused, match="never shelved"):
        room.ask(RequestKind.SHELVE_ALARM, room.only.id, reason="noise", until=now(room.second + 60).at_us)


@pytest.mark.safety("S42")
@pytest.mark.parametrize("subject", ["*", "all", "", "alarm_1,alarm_2"])
def test_alarms_are_acknowledged_one_by_one(subject: str) -> None:
    room = Room(rule(life_safety=True, shelvable=False))
    room.see([51.0], seconds=3)
    with pytest.raises(Refused, match="no alarm"):
        room.ask(RequestKind.ACKNOWLEDGE_ALARM, subject)


@pytest.mark.parametrize("actor", ["engine", "console", "room:alarms", ""])
def test_only_a_named_person_acts_on_alarms(actor: str) -> None:
    room = Room(rule())
    room.see([51.0], seconds=3)
    with pytest.raises(Refused, match="named person"):
        room.ask(RequestKind.ACKNOWLEDGE_ALARM, room.only.id, actor=actor)


def test_a_lost_gateway_is_one_alarm_with_its_members_that_cites_the_fact() -> None:
    lost = rule("comms", Comparison.LOST, point=PointName(""), limit=1.0, on_delay_s=1.0)
    room = Room(lost, assets=("bank", "bank.s1", "bank.s2"))
    (fact,) = room.commit(DeviceLost("bank-dev", "bank", "h:1", "silent"))
    assert room.see([[20.0]] * 3, seconds=2) == ["AlarmRaised"]
    assert room.drafts[0].cause == fact.id
    assert room.only.members == ("bank", "bank.s1", "bank.s2")
    room.commit(DeviceReached("bank-dev", "bank", "h:1", 10))
    assert "AlarmReturned" in room.see([[20.0]] * 3, seconds=5)


def test_all_devices_lost_is_one_alarm() -> None:
    names = tuple(f"b{i}" for i in range(6))
    one = rule("comms", Comparison.LOST, point=PointName(""), limit=1.0, on_delay_s=1.0)
    many = rule("comms-many", Comparison.LOST, point=PointName(""), limit=3.0, on_delay_s=0.0)
    room = Room(many, one, assets=names, where=site(*names))
    room.links = tuple(link(n, 1) for n in names)
    room.commit(*(DeviceLost(f"{n}-dev", n, "h:1", "silent") for n in names))
    assert room.see([[20.0]] * 6, seconds=5) == ["AlarmRaised"]
    assert room.only.rule == "comms-many"
    assert room.only.members == names


def test_a_protective_setting_that_changed_raises_and_its_way_back_returns() -> None:
    changed = rule("setting", Comparison.CHANGED, point=PointName("trip_*"), limit=0.0, on_delay_s=0.0, off_delay_s=0.0)
    room = Room(changed)
    room.commit(PassportTaken("bank", "d", {"trip_over_c": "60 C"}, ""))
    room.commit(SettingChanged("bank", "label", "a", "b", "", "a name"))  # not protective
    room.commit(SettingChanged("bank", "trip_over_c", "60", "75", "C", "trip", protective=True))
    assert room.see([20.0]) == ["AlarmRaised"]
    assert room.only.value_text == "trip_over_c 60 → 75 C (trip)"
    room.commit(SettingChanged("bank", "trip_over_c", "75", "60", "C", "trip", protective=True))
    assert "AlarmReturned" in room.see([20.0], seconds=2)


def test_a_further_protective_setting_on_the_same_asset_is_raised_anew_though_the_first_was_acknowledged() -> None:
    changed = rule("setting", Comparison.CHANGED, point=PointName("*"), limit=0.0, on_delay_s=0.0, off_delay_s=9.0)
    room = Room(changed)
    room.commit(SettingChanged("bank", "droop_pct", "5", "2", "%", "droop", protective=True))
    room.see([20.0])
    room.ask(RequestKind.ACKNOWLEDGE_ALARM, room.only.id)
    assert room.see([20.0], seconds=9) == []
    room.commit(SettingChanged("bank", "trip_c", "60", "75", "C", "trip", protective=True))
    assert room.see([20.0], seconds=9) == ["AlarmReturned", "AlarmRaised"]
    assert room.only.state is AlarmState.UNACKNOWLEDGED
    assert room.only.value_text == "droop_pct 5 → 2 % (droop); trip_c 60 → 75 C (trip)"


def test_an_update_that_changed_a_thousand_settings_is_one_alarm_of_a_fact_that_fits() -> None:
    room = Room(
        rule("setting", Comparison.CHANGED, point=PointName("trip_*"), limit=0.0, on_delay_s=0.0, off_delay_s=0.0)
    )
    names = [f"trip_{i:04}_v" for i in range(1_000)]
    room.commit(*(SettingChanged("bank", n, "60", "75", "V", "limit of a curve " * 5, protective=True) for n in names))
    assert room.see([20.0]) == ["AlarmRaised"]  # sealing refuses what does not fit
    assert room.only.value_text.endswith("; and 980 more")


@pytest.mark.safety("S26")
def test_after_a_restart_a_cell_that_never_was_holds_no_alarm_and_the_one_that_it_named_does() -> None:
    cells = ("cell_01_c", "cell_02_c", "cell_03_c")
    absent = int(Quality.ABSENT)
    for named, ends in ((absent, []), (0, ["AlarmReturned"])):
        room = Room(rule(point=PointName("cell_*_c")), points=cells)
        room.see([51.0, 20.0, np.nan], quality=[0, 0, absent], seconds=3)
        assert room.only.value_text == "51 °C (cell_01_c)"
        room.memory = alarms.thaw(alarms.freeze(room.memory))
        value = np.nan if named else 20.0
        assert room.see([value, 20.0, np.nan], quality=[named, 0, absent], seconds=20) == ends


def test_a_rise_and_a_spread_name_the_cell_that_they_come_from() -> None:
    cells = ("cell_01_c", "cell_02_c", "cell_03_c")
    rise = rule("rise", Comparison.RISING, point=PointName("cell_*_c"), limit=2.5, window_s=60.0)
    spread = rule("spread", Comparison.SPREAD, point=PointName("cell_*_c"), limit=4.0)
    room = Room(rise, spread, points=cells)
    for second in range(40):
        room.see([[30.0, 25.0 + 0.1 * second, 99.0]], quality=[[0, 0, int(Quality.RANGE)]])
    told = {a.rule: a.value_text for a in alarms.standing(room.memory)}
    assert told == {"rise": "6 °C/min (cell_02_c)", "spread": "4.8 °C (highest cell_01_c)"}


def test_alarms_of_what_is_no_longer_declared_return_and_say_so() -> None:
    silent = rule("silent", Comparison.LOST, limit=1.0, on_delay_s=0.0)
    changed = rule("setting", Comparison.CHANGED, point=PointName("*"), limit=0.0, on_delay_s=0.0)
    room = Room(rule(), silent, changed, where=site("bank", "old"))
    room.commit(DeviceLost("old-dev", "old", "h:1", "x"))
    room.commit(SettingChanged("old", "trip_c", "60", "75", "C", "trip", protective=True))
    assert room.see([51.0], seconds=3) == ["AlarmRaised"] * 3
    room.memory = alarms.thaw(alarms.freeze(room.memory))
    room.policy = alarms.Policy(site("bank"), (silent, changed))  # neither the old bank nor the rule for heat any more
    assert room.see([51.0], seconds=20) == ["AlarmReturned"] * 3
    assert {a.state for a in alarms.standing(room.memory)} == {AlarmState.RETURNED_UNACKNOWLEDGED}


def test_lost_trust_raises_for_new_reasons_and_never_for_standing_ones() -> None:
    lie = rule("lie", Comparison.TRUST, point=PointName("verify:*"), limit=2.0, on_delay_s=0.0)
    room = Room(lie)
    bank = AssetId("bank")
    standing = AssetTrust(bank, Trust.DEGRADED, (TrustReason("standing:unauthenticated", "x"),), 0)
    assert room.see([20.0], trust={bank: standing}, seconds=3) == []
    new = AssetTrust(bank, Trust.VERIFY_LOCALLY, (TrustReason("verify:x", "they differ"),), 0)
    assert room.see([20.0], trust={bank: new}) == ["AlarmRaised"]


def test_a_stronger_alarm_on_the_same_equipment_suppresses_the_weaker_one() -> None:
    strong = rule("strong", limit=60.0, on_delay_s=0.0)
    weak = rule("weak", on_delay_s=0.0, suppressed_by=("strong",))
    room = Room(strong, weak, assets=("bank", "other"), where=site("bank", "other"))
    assert room.see([[70.0], [55.0]]) == ["AlarmRaised", "AlarmRaised"]
    assert {(a.rule, a.asset) for a in alarms.standing(room.memory)} == {("strong", "bank"), ("weak", "other")}


def test_a_flood_is_told_and_no_alarm_is_dropped() -> None:
    names = tuple(f"b{i}" for i in range(12))
    room = Room(rule(on_delay_s=0.0), assets=names, where=site(*names))
    kinds = room.see([[70.0]] * 12)
    assert kinds.count("AlarmRaised") == 12
    assert kinds.count("FloodBegan") == 1
    assert len(alarms.standing(room.memory)) == 12
    assert alarms.flood(room.memory) is not None
    assert "FloodEnded" in room.see([[70.0]] * 12, seconds=601)


def test_a_clock_set_back_makes_no_flood_of_alarms_that_were_raised_an_hour_apart() -> None:
    names = tuple(f"b{i}" for i in range(12))
    room = Room(rule(on_delay_s=0.0), assets=names, where=site(*names))
    room.see([[70.0]] * 8 + [[20.0]] * 4, seconds=2)
    back = Now(WALL - 3_600 * SECOND, now(3).mono_us)
    sight = (judged(frame(room.layout, 3, [[70.0]] * 12), second=3), ())
    _, _, drafts = alarms.decide(room.memory, sight, room.policy, back)
    assert [type(draft.body).__name__ for draft in drafts] == ["AlarmRaised"] * 4


def test_a_rate_of_rise_is_seen_and_a_slow_one_is_not() -> None:
    rising = rule("rise", Comparison.RISING, limit=2.0, hysteresis=0.5, window_s=60.0, on_delay_s=0.0)
    fast, slow = Room(rising), Room(rising)
    assert "AlarmRaised" in [k for s in range(90) for k in fast.see([20.0 + s * 3 / 60])]
    assert [k for s in range(90) for k in slow.see([20.0 + s * 1 / 60])] == []


def test_bits_states_spreads_and_siblings_are_compared() -> None:
    bit = Room(
        rule("bit", Comparison.BIT, point=PointName("event_bits"), limit=3.0, on_delay_s=0.0), integer=("event_bits",)
    )
    assert bit.see([20.0], integer=[[0b0111]]) == []
    assert bit.see([20.0], integer=[[0b1000]]) == ["AlarmRaised"]
    state = Room(
        rule("state", Comparison.EQUALS, point=PointName("mode"), limit=2.0, on_delay_s=0.0), integer=("mode",)
    )
    assert state.see([20.0], integer=[[1]]) == []
    assert state.see([20.0], integer=[[ABSENT_INTEGER]], quality=[[0, int(Quality.ABSENT)]]) == []
    assert state.see([20.0], integer=[[2]]) == ["AlarmRaised"]
    cells = ("cell_temperature_01_c", "cell_temperature_02_c")
    spread = Room(
        rule(
            "s", Comparison.SPREAD, point=PointName("cell_temperature_*_c"), limit=4.0, hysteresis=0.5, on_delay_s=0.0
        ),
        points=cells,
    )
    assert spread.see([[20.0, 23.0]]) == []
    assert spread.see([[20.0, 25.0]]) == ["AlarmRaised"]
    apart = Room(
        rule("a", Comparison.APART, point=PointName("current_a"), limit=20.0, on_delay_s=0.0),
        assets=("bank.s1", "bank.s2", "bank.s3"),
        points=("current_a",),
    )
    assert apart.see([[30.0], [31.0], [29.0]]) == []
    assert apart.see([[30.0], [31.0], [-40.0]]) == ["AlarmRaised"]


def test_a_limit_is_read_from_the_asset_above_where_it_can_be() -> None:
    room = Room(
        rule(
            "gap",
            Comparison.OUTSIDE,
            point=PointName("pole_voltage_v"),
            limit=9.0,
            limit_point=PointName("reclose_v"),
            hysteresis=0.5,
            on_delay_s=0.0,
        ),
        assets=("bank", "bank.s1"),
        points=("reclose_v", "pole_voltage_v"),
    )
    room.layout = layout(("bank", "bank.s1"), [point("reclose_v"), point("pole_voltage_v")])
    absent = int(Quality.ABSENT)
    mask = [[0, absent], [absent, 0]]
    assert room.see([[4.0, np.nan], [np.nan, -3.0]], quality=mask) == []
    assert room.see([[4.0, np.nan], [np.nan, -6.0]], quality=mask) == ["AlarmRaised"]


def test_the_same_memory_decides_the_same_again_ids_included() -> None:
    room = Room(rule())
    room.see([51.0], seconds=2)
    sight = (judged(frame(room.layout, 3, [51.0]), second=3), ())
    one = alarms.decide(room.memory, sight, room.policy, now(3))
    two = alarms.decide(room.memory, sight, room.policy, now(3))
    assert one[2] == two[2] != ()


def test_the_folded_state_survives_freezing_and_equals_a_fold_of_all_facts() -> None:
    room = Room(rule(latched=True))
    room.see([51.0], seconds=4)
    room.ask(RequestKind.ACKNOWLEDGE_ALARM, room.only.id)
    room.see([20.0], seconds=6)
    assert alarms.thaw(alarms.freeze(room.memory)).standing == room.memory.standing
    assert msgspec.json.decode(alarms.freeze(room.memory))["alarms"]
    assert SECOND == 1_000_000
