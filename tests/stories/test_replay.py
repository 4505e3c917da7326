"""The same pictures and times give the same facts, ids included, and what stands is a fold of those facts."""

from ironkeep.decisions import alarms, incidents, telemetry
from ironkeep.model.picture import Picture
from ironkeep.model.time import Now
from tests.stories.site_at_work import SETTLE_S, AtWork, Rooms, Story


class Recorded(Story):
    """A story that lived its first seconds itself and keeps every picture it showed."""

    def __init__(self) -> None:
        AtWork.__init__(self, seed=7)
        self.pictures: list[tuple[Picture, Now]] = []
        self.run(SETTLE_S)
        self.begin()

    def run(self, seconds: int, pace_s: int = 1) -> None:
        for _ in range(seconds // pace_s):
            self.turns += pace_s
            self.plant.step(float(pace_s))
            now = self.now()
            self.pictures.append((self.reader.picture(self.turns, now.at_us), now))
            self.rooms.turn(*self.pictures[-1])


def state(rooms: Rooms) -> tuple[bytes, bytes, bytes]:
    return telemetry.freeze(rooms.telemetry), alarms.freeze(rooms.alarms), incidents.freeze(rooms.incidents)


def test_a_replay_gives_the_same_facts_and_the_fold_of_them_is_what_stands() -> None:
    story = Recorded()
    story.play("off-gas-without-heat", 20)
    again = Rooms(story.site)
    for picture, now in story.pictures:
        again.turn(picture, now)
    assert again.facts == story.rooms.facts
    assert Story(seed=7).play("off-gas-without-heat", 20).rooms.facts == again.facts, "a copied site is the same site"
    assert state(again) == state(story.rooms)
    assert telemetry.digest(again.telemetry) == telemetry.digest(story.rooms.telemetry)
    assert alarms.digest(again.alarms) == alarms.digest(story.rooms.alarms)
    folded = Rooms(story.site)
    folded.telemetry = telemetry.absorb(folded.telemetry, story.rooms.facts)
    folded.alarms = alarms.absorb(folded.alarms, story.rooms.facts)
    folded.incidents = incidents.absorb(folded.incidents, story.rooms.facts)
    assert state(folded) == state(story.rooms)
    assert len(alarms.standing(folded.alarms)) > 0


def test_rooms_thawed_in_the_middle_of_a_story_raise_nothing_twice() -> None:
    story = Story().play("gateway-frozen", 12)
    rooms = story.rooms
    rooms.telemetry = telemetry.thaw(telemetry.freeze(rooms.telemetry))
    rooms.alarms = alarms.thaw(alarms.freeze(rooms.alarms))
    rooms.incidents = incidents.thaw(incidents.freeze(rooms.incidents))
    before = len(rooms.facts)
    story.run(20)
    fresh = {fact.kind for fact in rooms.facts[before:]}
    assert fresh <= {"FindingOpened", "FindingClosed"}, fresh
    assert [alarm.rule for alarm in alarms.standing(rooms.alarms)] == ["gateway-frozen"]
