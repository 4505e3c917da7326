"""What must stay quiet does: no alarm, no case, no change of trust (safety S47). Nor does the plant move an event,
a limit, the load or gas. Quiet is not unrecorded.
"""

import numpy as np
import pytest

from ironkeep.twin.codes import BankState, UpsMode
from ironkeep.twin.scenarios import load
from ironkeep.twin.signals import SIGNALS
from tests.stories.site_at_work import Story

PACE_S = 5  # seconds between turns here: long stretches, nothing happens
LOUD = ("AlarmRaised", "IncidentOpened", "TrustChanged", "SettingChanged", "DeviceLost", "FloodBegan")
HOUR_S = 3600
QUIET = sorted(name for name, each in load().items() if each.quiet)
RECORDED = {"quiet-card-reboot": {"FindingOpened"}}
EACH_SECOND = ("quiet-card-reboot", "quiet-ntp-step", "quiet-soc-recalibration")  # what they do passes within seconds
BUSY_S = 60  # of those, with a turn each second; it begins within 5


def test_there_are_quiet_scenarios_to_tell() -> None:
    assert len(QUIET) == 7


SETTINGS = [name for name, signal in SIGNALS.items() if signal.kind == "setting"]


def moved(signals: dict[str, np.ndarray], settings: dict[str, np.ndarray]) -> list[str]:
    """What a plant shows that it does not show in quiet."""
    quiet = {
        "no event of a bank": not signals["bank.event_bits"].any(),
        "no event of a string": not signals["string.event_bits"].any(),
        "every bank connected": (signals["bank.state"] == BankState.CONNECTED).all(),
        "every ups online": (signals["ups.mode"] == UpsMode.ONLINE).all(),
        "the load served": signals["it.served"][0] == 1,
        "no hot cell": signals["cell.temperature_c"].max() < 35.0,
        "no warm room": signals["room.temperature_c"].max() < 26.0,
        "no alarm of a room": not any(signals[f"room.{each}"].any() for each in ("gas_alarm", "smoke_alarm", "leak")),
        "every detector well": signals["room.detector_ok"].all(),
        **{name: (signals[name] == before).all() for name, before in settings.items()},
    }
    return [what for what, holds in quiet.items() if not holds]


@pytest.mark.safety("S46", "S47")
@pytest.mark.parametrize("name", QUIET)
def test_a_quiet_scenario_raises_nothing_over_its_whole_length(name: str) -> None:
    story = Story()
    settings = {each: story.plant.signals[each].copy() for each in SETTINGS}
    duration = int(story.plant.catalogue[name].duration_s)
    busy_s = BUSY_S if name in EACH_SECOND else 0
    story.play(name, busy_s)
    for _ in range((duration - busy_s) // PACE_S):
        story.run(PACE_S, PACE_S)
        assert moved(story.plant.signals, settings) == []
    loud = [(story.second(f), f.kind, f.body) for f in story.since if f.kind in LOUD]
    assert loud == []
    assert {f.kind for f in story.since} >= RECORDED.get(name, set())


@pytest.mark.safety("S46")
@pytest.mark.slow
def test_an_hour_in_which_nothing_happens_raises_nothing() -> None:
    story = Story(seed=11)
    story.run(HOUR_S, pace_s=PACE_S)
    assert [(story.second(f), f.kind, f.body) for f in story.since] == []
