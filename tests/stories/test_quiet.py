"""What must stay quiet does: no alarm, no case, no change of trust (safety S47). Quiet is not unrecorded."""

import pytest

from ironkeep.twin.scenarios import load
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


@pytest.mark.safety("S46", "S47")
@pytest.mark.parametrize("name", QUIET)
def test_a_quiet_scenario_raises_nothing_over_its_whole_length(name: str) -> None:
    story = Story()
    duration = int(story.plant.catalogue[name].duration_s)
    busy_s = BUSY_S if name in EACH_SECOND else 0
    story.play(name, busy_s).run(duration - busy_s, PACE_S)
    loud = [(story.second(f), f.kind, f.body) for f in story.since if f.kind in LOUD]
    assert loud == []
    assert {f.kind for f in story.since} >= RECORDED.get(name, set())


@pytest.mark.safety("S46")
@pytest.mark.slow
def test_an_hour_in_which_nothing_happens_raises_nothing() -> None:
    story = Story(seed=11)
    story.run(HOUR_S, pace_s=PACE_S)
    assert [(story.second(f), f.kind, f.body) for f in story.since] == []
