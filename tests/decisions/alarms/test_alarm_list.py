"""The alarm list holds one alarm of a rule on an asset, whatever the facts say and in which order."""

from hypothesis import given
from hypothesis import strategies as st

from ironkeep.decisions.alarms.alarm_list import place, tell
from tests.views.test_board import WALK, facts


@given(WALK, st.integers(0, 14))
def test_where_an_alarm_stands_is_known_of_every_alarm_on_the_list_and_of_no_other(bodies, cut):
    told = facts(*bodies)
    alarms, places, left = {}, {}, []
    for fact in told:
        gone = tell(alarms, places, fact, fact.typed())
        if gone is not None:
            left.append(gone.id)
            assert alarms.get(gone.id) != gone
        assert places == {place(a.rule, a.asset): a.id for a in alarms.values()}
    assert all(name == alarm.id for name, alarm in alarms.items())
