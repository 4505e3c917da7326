"""Safety S20: open is said only of all three together."""

import itertools

import pytest

from ironkeep.views.contactors import ContactorState, judge


@pytest.mark.safety("S17", "S20")
def test_open_needs_mirror_contact_and_voltage_across_the_pole_and_no_current():
    for aux, pole, current in itertools.product((None, 0.0, 1.0), (None, 0.0, 40.0, -40.0), (None, 0.0, 0.2, 12.0)):
        state, _ = judge(aux, pole, current)
        allowed = aux == 0 and pole is not None and abs(pole) > 2 and current is not None and abs(current) < 0.5
        assert (state is ContactorState.OPEN) == allowed


@pytest.mark.safety("S20")
@pytest.mark.parametrize(
    ("aux", "pole", "current"),
    [(0.0, 0.0, 0.0), (0.0, 0.0, 30.0), (None, 40.0, 0.0), (0.0, None, 0.0), (0.0, 40.0, None), (1.0, 40.0, 0.0)],
)
def test_a_welded_or_unread_contactor_is_unknown(aux, pole, current):
    assert judge(aux, pole, current)[0] is ContactorState.UNKNOWN


def test_a_closed_one_says_what_it_rests_on():
    state, because = judge(1.0, 0.1, 55.0)
    assert state is ContactorState.CLOSED
    assert because == ("mirror contact closed", "current flows", "no voltage across the pole")
