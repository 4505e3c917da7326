"""A switch in the way of the current and what flows: they agree, or one of them is wrong."""

from dataclasses import replace

import numpy as np

from ironkeep.model.analysis import Battery
from ironkeep.model.recording import Bank, Track
from ironkeep.physics.recorded import battery

ROWS = 4_000
AT = np.arange(ROWS, dtype=np.int64) * 10_000_000
QUESTION = "Contactor against current"


def recorded(switch: str = "contactor_state", seed: int = 1) -> Track:
    """A battery that works in stretches; its contactor is open in between, and logged a row late."""
    rng = np.random.default_rng(seed)
    works = (np.arange(ROWS) // 400) % 2 == 1
    current = np.round(np.where(works, 80.0 + rng.normal(0, 2, ROWS), 0.0), 1)
    state = np.concatenate(([0.0], works[:-1].astype(float)))
    return Track("b", AT, {"current_a": current, switch: state}, states={switch: ("open", "closed")})


def found(track: Track) -> Battery:
    return battery(track, Bank("b"), ())


def changed(track: Track, point: str, rows: slice, value: float) -> Track:
    x = track.values[point].copy()
    x[rows] = value
    return replace(track, values={**track.values, point: x})


def test_a_contactor_that_agrees_raises_nothing_and_is_told() -> None:
    told = found(recorded())
    assert told.through == told.frozen == ()
    (state,) = told.states
    assert (state.off, state.on, state.changes) == ("open", "closed", 9)
    assert abs(state.share_on - 0.5) < 0.01
    assert QUESTION not in {each.question for each in told.asked}


def test_current_through_an_open_contactor_is_found_with_its_stretch_and_size() -> None:
    (through,) = found(changed(recorded(), "contactor_state", slice(500, 600), 0.0)).through
    assert (through.first_us, through.last_us, through.still) == (AT[500], AT[599], False)
    assert 80 < through.worst < 95


def test_a_current_that_keeps_its_value_while_the_contactor_opens_is_told_to_look_frozen() -> None:
    (through,) = found(changed(recorded(), "current_a", slice(700, 1_000), 81.3)).through
    assert (through.first_us, through.last_us, through.worst) == (AT[801], AT[999], 81.3)
    assert through.still


def test_no_current_that_stays_none_while_the_contactor_moves_is_rest() -> None:
    told = found(changed(recorded(), "current_a", slice(0, ROWS // 2), 0.0))
    assert told.frozen == told.through == ()


def test_a_contactor_that_others_pass_by_is_held_against_nothing_and_that_is_said() -> None:
    told = found(recorded("precharge_contactor_state"))
    assert told.through == ()
    asked = {each.question: each.missing for each in told.asked}
    assert asked[QUESTION] == "the state of a contactor or breaker"
    assert "The state of precharge contactor" in asked


def test_a_state_that_nobody_knows_is_no_open_contactor() -> None:
    told = found(changed(recorded(), "contactor_state", slice(0, ROWS), np.nan))
    assert told.through == ()
    assert np.isnan(told.states[0].share_on)
