"""What holds of the alarm list whatever is read and whatever people ask: floods, latches, shelves, life safety."""

from hypothesis import given
from hypothesis import strategies as st

from ironkeep.decisions import alarms
from ironkeep.model.annunciation import AlarmState
from ironkeep.model.errors import Refused
from ironkeep.model.quality import Quality
from ironkeep.model.request import RequestKind
from tests.decisions.alarms.test_decide import Room, rule
from tests.decisions.rooms import now, site

ASSETS = tuple(f"bank-{i}" for i in range(6))
RULES = (
    rule("warm", limit=40.0, on_delay_s=0.0, off_delay_s=0.0, suppressed_by=("hot",)),
    rule("hot", limit=50.0, on_delay_s=1.0, off_delay_s=1.0, latched=True),
    rule("gas", limit=60.0, on_delay_s=0.0, life_safety=True, suppressed_by=("hot",)),
)
LATCHED = frozenset(r.id for r in RULES if r.latched)
SILENT = (AlarmState.SHELVED, AlarmState.SUPPRESSED, AlarmState.OUT_OF_SERVICE)
ENDINGS = {"AlarmReturned", "AlarmAcknowledged", "AlarmUnshelved"}  # what may take an alarm off that does not latch
SHIFT_S = 8 * 3600
BAD = int(Quality.STALE)

READING = st.tuples(st.sampled_from((20.0, 38.0, 45.0, 55.0, 65.0)), st.sampled_from((0, 0, 0, BAD)))
TURN = st.tuples(st.lists(READING, min_size=len(ASSETS), max_size=len(ASSETS)), st.sampled_from((1, 1, 3, 700)))
ASK = st.tuples(
    st.sampled_from(
        (RequestKind.ACKNOWLEDGE_ALARM, RequestKind.SHELVE_ALARM, RequestKind.UNSHELVE_ALARM, RequestKind.RESET_ALARM)
    ),
    st.integers(0, 20),
    st.sampled_from((5, 600, SHIFT_S)),
)
WALK = st.lists(st.one_of(TURN, TURN, ASK), max_size=24)


class Watched(Room):
    """A room whose facts are kept."""

    def __init__(self) -> None:
        self.told = []
        super().__init__(*RULES, assets=ASSETS, where=site(*ASSETS))
        self.policy = alarms.Policy(site(*ASSETS), RULES, out_of_service=("gas@bank-0", "warm@bank-1"))

    def commit(self, *bodies):
        made = super().commit(*bodies)
        self.told += made
        return made

    def walk(self, steps) -> None:
        for step in steps:
            before = dict(self.memory.standing.alarms), self.memory.standing.flood
            start = len(self.told)
            if isinstance(step[0], list):
                readings, skipped = step
                self.second += skipped - 1
                self.see([[v] for v, _ in readings], quality=[[q] for _, q in readings])
                self.check_turn(readings)
            else:
                self.person(*step)
            self.check(before, self.told[start:])

    def person(self, kind, which, seconds) -> None:
        standing = alarms.standing(self.memory)
        if standing:
            alarm = standing[which % len(standing)]
            body = {"reason": "part ordered", "until": now(self.second + seconds).at_us}
            try:
                self.ask(kind, alarm.id, **(body if kind is RequestKind.SHELVE_ALARM else {}))
            except Refused:
                return
            assert kind is not RequestKind.SHELVE_ALARM or not alarm.life_safety

    def check_turn(self, readings) -> None:
        at_us = now(self.second).at_us
        for alarm in self.list:  # what was announced this turn
            assert not (alarm.life_safety and alarm.state in SILENT)
        unusable = {asset for asset, (_, quality) in zip(ASSETS, readings, strict=True) if quality}
        for draft in self.drafts:
            kind = type(draft.body).__name__
            if kind in ("AlarmRaised", "AlarmReturned"):
                assert draft.body.asset not in unusable
        for alarm in self.memory.standing.alarms.values():
            assert alarm.shelved_until_us is None or at_us < alarm.shelved_until_us <= at_us + SHIFT_S * 1_000_000

    def check(self, before, news) -> None:
        alarms_before, flood_before = before
        standing = self.memory.standing
        assert len({(a.rule, a.asset) for a in standing.alarms.values()}) == len(standing.alarms)
        raised = {(f.body["rule"], f.body["asset"]) for f in news if f.kind == "AlarmRaised"}
        reset = {f.body["alarm"] for f in news if f.kind == "AlarmReset"}
        at_us = now(self.second).at_us
        shelved = {(a.rule, a.asset) for a in alarms_before.values() if (a.shelved_until_us or 0) > at_us}
        for name, old in alarms_before.items():
            if name in standing.alarms:
                continue
            if (old.rule, old.asset) in raised:
                assert old.returned_us is not None, "only what has returned is raised again"
            elif old.rule in LATCHED:
                assert name in reset
                assert old.returned_us is not None
                assert old.acknowledged_us is not None
            else:
                assert {f.kind for f in news if f.body.get("alarm") == name} & ENDINGS
        told = [f.kind for f in news if f.kind.startswith("Flood")]
        assert len(told) <= 1
        assert told != (["FloodBegan"] if flood_before else ["FloodEnded"])
        for rule_id, asset in raised:
            alarm = next(a for a in standing.alarms.values() if (a.rule, a.asset) == (rule_id, asset))
            assert alarm.state is (AlarmState.SHELVED if (rule_id, asset) in shelved else AlarmState.UNACKNOWLEDGED)


@given(WALK)
def test_whatever_is_read_and_asked_the_alarm_list_keeps_its_rules(steps):
    room = Watched()
    room.walk(steps)
    assert alarms.freeze(alarms.absorb(alarms.empty(room.policy), room.told)) == alarms.freeze(room.memory)
