"""A twin that is started again on its seed is the same site with other noise, and nobody takes it for a playback."""

from ironkeep.twin.plant import Plant
from tests.stories.site_at_work import SETTLE_S, Story

BEFORE_S = 90
AFTER_S = 80


def restarted(run: int) -> Story:
    """A story whose plant died and was started again, under rooms that went on."""
    story = Story(seed=7, quiet_s=BEFORE_S)
    plant = Plant(7, run=run)
    story.plant = story.reader.plant = story.reader.cards.plant = plant
    story.run(AFTER_S)
    return story


def played_back(story: Story) -> list[str]:
    return [f.body["asset"] for f in story.since if f.kind == "AlarmRaised" and f.body["rule"] == "values-replayed"]


def test_the_same_plant_with_other_noise_is_no_playback() -> None:
    assert played_back(restarted(run=1)) == []


def test_the_same_plant_with_the_same_noise_is_one() -> None:
    assert played_back(restarted(run=0)), "else the story above could not fail"


def test_another_run_is_the_same_equipment() -> None:
    one, other = Plant(7), Plant(7, run=3)
    assert (one.truth["cell.voltage_v"] == other.truth["cell.voltage_v"]).all()
    assert (one.signals["cell.voltage_v"] != other.signals["cell.voltage_v"]).any()
    again = Plant(7, run=3)
    for plant in (other, again):
        plant.step(SETTLE_S)
    assert (again.signals["cell.voltage_v"] == other.signals["cell.voltage_v"]).all()
