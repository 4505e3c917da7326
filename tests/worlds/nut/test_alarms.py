"""What a real upsd says becomes alarms of the rooms that conclude; what it cannot say any more neither raises nor ends
one. A turn of the rooms counts as a second, so that delays pass quickly; the server and its driver run in real time.
"""

import asyncio

import msgspec
import pytest

from ironkeep.decisions import alarms
from ironkeep.model.ids import AssetId, SiteId
from ironkeep.model.picture import Picture
from ironkeep.model.site import Asset, AssetKind, Site
from ironkeep.model.time import SECOND_US, Now
from tests.adapters.equipment.nut.watch import QUICK, device, watching
from tests.adapters.equipment.watch import Watch
from tests.stories.site_at_work import START_US, Rooms
from tests.worlds.nut.real import RealUpsd

ROOM = {"ups.status": "OL", "battery.charge": "90", "battery.runtime": "900", "ups.load": "40"}
OUR_PACE = msgspec.structs.replace(QUICK, period_min_s=0.05, steady_s=5.0)
TURN_S = 0.06  # of real time, for a second of the rooms
TURNS_MAX = 900


class Turns:
    """The rooms before a reader, and what they raised."""

    def __init__(self, watch: Watch, port: int) -> None:
        ups = device(port, "room", period_s=1.0)
        self.watch = watch
        self.rooms = Rooms(Site(SiteId("s"), "S", (Asset(AssetId("room"), AssetKind.UPS),), (ups,)))
        self.turn = 0

    def take(self) -> None:
        """One turn, a second after the last."""
        self.turn += 1
        now = Now(START_US + self.turn * SECOND_US, self.turn * SECOND_US)
        reader = self.watch.reader
        picture = Picture(now.at_us, self.turn, self.watch.frames(), reader.links(), reader.particulars())
        self.rooms.turn(picture, now)

    def standing(self) -> set[str]:
        """Rules whose alarm stands and has not returned."""
        return {each.rule for each in alarms.standing(self.rooms.alarms) if each.returned_us is None}

    async def until(self, rules: set[str]) -> None:
        """Turn until exactly these alarms stand."""
        for _ in range(TURNS_MAX):
            self.take()
            if self.standing() == rules:
                return
            await asyncio.sleep(TURN_S)
        raise AssertionError(f"{self.standing()} stand, not {rules}")

    async def go_on(self, turns: int) -> None:
        for _ in range(turns):
            self.take()
            await asyncio.sleep(TURN_S)


def run(story) -> None:
    asyncio.run(asyncio.wait_for(story, 110))


@pytest.mark.parametrize(
    ("status", "rules"),
    [
        ("OB DISCHRG", {"ups-on-battery"}),
        ("OL BYPASS", {"ups-on-bypass"}),
        ("OL RB OVER ALARM", {"nut-overload", "nut-replace-battery"}),
        ("OL CHRG LB", {"nut-battery-low"}),
        ("FSD OB LB", {"nut-shutdown-forced", "nut-battery-at-its-end", "ups-on-battery"}),
    ],
)
def test_what_a_real_server_says_is_raised_and_returns_with_the_word(tmp_path, status, rules):
    async def story():
        async with (
            RealUpsd(tmp_path, {"room": ROOM}) as upsd,
            watching(device(upsd.port, "room"), config=OUR_PACE) as watch,
        ):
            await watch.until(lambda: watch.value("room", "battery_charge_pct") == 90.0)
            turns = Turns(watch, upsd.port)
            await turns.go_on(15)
            assert turns.standing() == set()
            upsd.say("room", ROOM | {"ups.status": status})
            await turns.until(rules)
            upsd.say("room", ROOM)
            await turns.until(set())

    run(story())


def test_a_driver_that_dies_on_battery_ends_no_alarm_and_its_return_with_good_news_does(tmp_path):
    async def story():
        async with (
            RealUpsd(tmp_path, {"room": ROOM | {"ups.status": "OB DISCHRG"}}) as upsd,
            watching(device(upsd.port, "room"), config=OUR_PACE) as watch,
        ):
            await watch.until(lambda: watch.value("room", "battery_charge_pct") == 90.0)
            turns = Turns(watch, upsd.port)
            await turns.until({"ups-on-battery"})
            upsd.kill_driver("room")
            upsd.say("room", ROOM)
            await turns.until({"ups-on-battery", "communications-lost"})
            await turns.go_on(40)
            assert turns.standing() == {"ups-on-battery", "communications-lost"}, "silence is no good news"
            upsd.start_driver("room")
            await turns.until(set())

    run(story())
