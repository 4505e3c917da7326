"""Sharing a connection fairly: a dead, slow or lying unit delays another by one poll period at most."""

import asyncio

import msgspec
import pytest

from ironkeep.model.link import LinkState
from tests.adapters.equipment.modbus.plant import Plant, common, image
from tests.adapters.equipment.modbus.test_adapter import battery, module
from tests.adapters.equipment.modbus.watch import QUICK, device, watching
from tests.adapters.equipment.watch import HANG_S

UNITS = {unit: image(common(), battery(unit), module(1), module(2)) for unit in (1, 2, 3, 4)}
POLLS = 16
PERIOD_S = 0.2
WELL = ("d1", "d3", "d4")


def silent(_):
    return []


def lying(asked):
    return [asked.frame(unit=77)]


@pytest.mark.parametrize("trouble", ["dead", "lying", "slow", "gateway"])
def test_a_troubled_unit_on_a_shared_connection_leaves_the_others_their_polls(trouble, run):
    """Counts polls, measures no time: while the troubled unit's own turn comes again and again, the others lose at
    most one poll to each of its requests, beside a unit that has its connection to itself.
    """

    async def story():
        async with Plant(UNITS) as plant, Plant({1: UNITS[1]}) as apart:
            waits = dict.fromkeys(WELL, HANG_S) | {"d2": PERIOD_S}  # nothing but its own trouble is too late
            four = [
                device(plant, f"d{unit}", unit=unit, period_s=PERIOD_S, timeout_s=waits[f"d{unit}"])
                for unit in (1, 2, 3, 4)
            ]
            alone = device(apart, "alone", period_s=PERIOD_S, timeout_s=HANG_S)
            async with watching(*four, alone) as watch:
                await watch.until(lambda: all(watch.link(n).state is LinkState.UP for n in range(5)))
                if trouble == "dead":
                    plant.mangle[2] = silent
                elif trouble == "lying":
                    plant.mangle[2] = lying
                elif trouble == "slow":
                    plant.delay_s[2] = 0.15
                else:
                    plant.exceptions |= {(2, address): 11 for address in range(40_000, 40_400)}

                def polls(name):
                    frame = watch.frame("sunspec-802")
                    return int(frame.polls[frame.layout.row_index[name]])

                before, asked = {name: polls(name) for name in (*WELL, "alone")}, plant.reads[2]
                await watch.until(lambda: polls("alone") - before["alone"] >= POLLS)
                got = {name: polls(name) - before[name] for name in before}
                troubled = plant.reads[2] - asked
                assert troubled >= 1, "the troubled unit is still asked"
                assert max(got[name] for name in WELL) - min(got[name] for name in WELL) <= 2, "they go on alike"
                least = min(got["alone"] - troubled, got["alone"] / 2) - 3
                assert all(got[name] >= least for name in WELL), "each request of it costs one poll at most"

    run(story())


def test_a_dead_host_takes_nothing_from_another(run):
    async def story():
        async with Plant({1: UNITS[1]}) as well, Plant({1: UNITS[2]}) as dead:
            dead.mangle[1] = silent
            two = [device(well, "well"), device(dead, "dead", timeout_s=0.3)]
            async with watching(*two) as watch:
                await watch.until(lambda: watch.link(1).timeouts >= 2)
                assert watch.link(0).timeouts == 0
                assert watch.link(0).replies > 10
                assert watch.link(1).state is not LinkState.UP

    run(story())


@pytest.mark.safety("S48", "S49")
def test_a_silent_device_is_asked_ever_less_often(run):
    async def story():
        async with Plant({1: UNITS[1]}) as plant:
            plant.mangle[1] = silent
            async with watching(device(plant, timeout_s=0.02)) as watch:
                await watch.until(lambda: watch.link().timeouts >= 4)
                assert plant.connections >= 2, "three times nothing: the connection is opened anew"
                assert watch.link().state is LinkState.NEVER
                assert watch.link().detail
                plant.mangle.clear()
                await watch.until(lambda: watch.link().state is LinkState.UP)

    run(story())


@pytest.mark.safety("S48")
def test_more_in_flight_only_where_declared(run):
    async def story():
        async with Plant({1: UNITS[1]}) as plant, watching(device(plant, in_flight=4)) as watch:
            await watch.until(lambda: watch.link().replies > 40)
            assert watch.value("bms", "soc_pct") == 1.0
            assert watch.link().faults == {}

    run(story())


def test_cancelling_the_reader_closes_every_connection(run):
    async def story():
        async with Plant(UNITS) as plant:
            async with watching(device(plant), device(plant, "two", unit=2)) as watch:
                await watch.until(lambda: watch.link(1).replies > 3)
            async with asyncio.timeout(HANG_S):
                while plant._writers:  # noqa: ASYNC110
                    await asyncio.sleep(0.005)

    run(story())


@pytest.mark.parametrize("lie", ["bytes that are no reply", "every reply many times"])
def test_a_unit_that_spoils_the_shared_connection_does_not_make_the_others_wait_longer_and_longer(run, lie):
    lies = {
        "bytes that are no reply": lambda asked: [asked.frame(length=60_000)],
        "every reply many times": lambda asked: [asked.right] * 6,
    }
    patient = msgspec.structs.replace(QUICK, reconnect_max_s=600.0)

    async def story():
        async with Plant({1: image(common(), battery(50)), 2: image(common(), battery(60))}) as plant:
            plant.mangle[2] = lies[lie]
            two = [device(plant, "good", unit=1), device(plant, "bad", unit=2)]
            async with watching(*two, config=patient) as watch:
                await watch.until(lambda: watch.frame("sunspec-802") is not None)
                await watch.until(lambda: plant.connections > 15)  # waits that double would come to minutes by now
                polls = watch.frame("sunspec-802").polls[0]
                await watch.until(lambda: watch.frame("sunspec-802").polls[0] > polls + 2)
                assert sum(watch.link(1).faults.values()) > 10
                assert not watch.link(0).faults

    run(story())
