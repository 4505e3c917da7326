"""The reader against Debian's real upsd: changing values, drivers that hang and die, a server that goes and comes."""

import asyncio

import msgspec
import pytest

from ironkeep.model.link import LinkState
from ironkeep.model.quality import Quality
from tests.adapters.equipment.nut.watch import QUICK, device, watching
from tests.worlds.nut.real import RealUpsd

OUR_PACE = msgspec.structs.replace(QUICK, period_min_s=0.1, unknown_again_s=0.5)
ROOM = {"ups.status": "OL", "battery.charge": "90", "battery.runtime": "900", "ups.load": "40", "ups.serial": "R-1"}


@pytest.fixture
def run():
    def runner(story):
        asyncio.run(asyncio.wait_for(story, 90))

    return runner


def charge(watch, asset="room"):
    return watch.value(asset, "battery_charge_pct")


def test_the_values_of_a_real_server_are_shown_and_follow_the_driver(tmp_path, run):
    async def story():
        async with (
            RealUpsd(tmp_path, {"room": ROOM, "hall": ROOM | {"battery.charge": "12"}}) as upsd,
            watching(device(upsd.port, "room"), device(upsd.port, "hall"), config=OUR_PACE) as watch,
        ):
            await watch.until(lambda: charge(watch) == 90.0 and charge(watch, "hall") == 12.0)
            assert watch.value("room", "mode") == 1.0
            await watch.until(lambda: [each.serial for each in watch.reader.particulars()][:1] == ["R-1"])
            upsd.say("room", ROOM | {"ups.status": "OB DISCHRG LB", "battery.charge": "55"})
            await watch.until(lambda: charge(watch) == 55.0)
            assert watch.value("room", "mode") == 2.0
            assert watch.value("room", "ups_status_bits") == 0b1000110
            assert charge(watch, "hall") == 12.0
            assert watch.link().faults == {}

    run(story())


def test_a_driver_that_is_killed_loses_its_values_at_once_and_the_other_ups_keeps_its_own(tmp_path, run):
    async def story():
        async with (
            RealUpsd(tmp_path, {"room": ROOM, "hall": ROOM}) as upsd,
            watching(device(upsd.port, "room"), device(upsd.port, "hall"), config=OUR_PACE) as watch,
        ):
            await watch.until(lambda: charge(watch) == charge(watch, "hall") == 90.0)
            upsd.kill_driver("room")
            await watch.until(lambda: watch.shown("room", "battery_charge_pct") == (None, Quality.LOST))
            await watch.until(lambda: watch.link().state is LinkState.DOWN)
            assert "DRIVER-NOT-CONNECTED" in watch.link().detail
            assert charge(watch, "hall") == 90.0
            upsd.start_driver("room")
            await watch.until(lambda: charge(watch) == 90.0)
            assert watch.link().state is LinkState.UP

    run(story())


def test_a_driver_that_hangs_is_stale_and_its_old_values_are_not_shown(tmp_path, run):
    async def story():
        async with (
            RealUpsd(tmp_path, {"room": ROOM}) as upsd,
            watching(device(upsd.port, "room"), config=OUR_PACE) as watch,
        ):
            await watch.until(lambda: charge(watch) == 90.0)
            upsd.pause_driver("room")
            await watch.until(lambda: "DATA-STALE" in watch.link().detail)
            assert watch.shown("room", "battery_charge_pct") == (None, Quality.LOST)
            upsd.go_on_driver("room")
            await watch.until(lambda: charge(watch) == 90.0)

    run(story())


def test_a_server_that_is_stopped_and_started_again_is_found_again(tmp_path, run):
    async def story():
        async with (
            RealUpsd(tmp_path, {"room": ROOM}) as upsd,
            watching(device(upsd.port, "room"), config=OUR_PACE) as watch,
        ):
            await watch.until(lambda: charge(watch) == 90.0)
            upsd.stop_server()
            await watch.until(lambda: watch.link().state is LinkState.BACKING_OFF)
            await watch.until(lambda: charge(watch) is None)
            upsd.say("room", ROOM | {"battery.charge": "33"})
            upsd.start_server()
            await watch.until(lambda: charge(watch) == 33.0)

    run(story())


def test_a_name_that_the_server_does_not_know_is_told_and_disturbs_nobody(tmp_path, run):
    async def story():
        async with (
            RealUpsd(tmp_path, {"room": ROOM}) as upsd,
            watching(device(upsd.port, "room"), device(upsd.port, "cellar"), config=OUR_PACE) as watch,
        ):
            await watch.until(lambda: charge(watch) == 90.0 and "UNKNOWN-UPS" in watch.link(1).detail)
            assert watch.link(1).state is LinkState.NEVER
            assert watch.shown("cellar", "battery_charge_pct") is None

    run(story())


def test_a_variable_that_the_driver_drops_is_absent(tmp_path, run):
    async def story():
        async with (
            RealUpsd(tmp_path, {"room": ROOM}) as upsd,
            watching(device(upsd.port, "room"), config=OUR_PACE) as watch,
        ):
            await watch.until(lambda: watch.value("room", "load_pct") == 40.0)
            upsd.say("room", {"ups.status": "OL", "battery.charge": "no number", "battery.runtime": "800"})
            await watch.until(lambda: watch.value("room", "battery_runtime_s") == 800.0)
            await watch.until(lambda: watch.shown("room", "battery_charge_pct") == (None, Quality.ABSENT))
            assert watch.whole()

    run(story())
