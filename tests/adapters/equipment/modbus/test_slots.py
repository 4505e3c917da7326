"""Connection slots (safety S48, S49): none for us, one too few, and a controller that closes its oldest client."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest

from ironkeep.adapters.equipment.modbus.config import EVICTIONS_MAX
from ironkeep.model.link import LinkState
from tests.adapters.equipment.modbus.plant import Plant, common, image
from tests.adapters.equipment.modbus.test_adapter import battery
from tests.adapters.equipment.modbus.watch import device, soc, watching

UNITS = {unit: image(common(), battery(unit)) for unit in (1, 2)}
READ = bytes([0, 1, 0, 0, 0, 6, 1, 3, 0x9C, 0x40, 0, 2])


class Ems:
    """Somebody else's controller: holds a connection, reads over it, and comes back whenever it is closed."""

    def __init__(self) -> None:
        self.connections = self.answers = 0


@asynccontextmanager
async def ems(plant):
    found = Ems()

    async def hold():
        while True:
            with suppress(OSError, asyncio.IncompleteReadError):
                reader, writer = await asyncio.open_connection("127.0.0.1", plant.port)
                found.connections += 1
                try:
                    while True:
                        writer.write(READ)
                        await reader.readexactly(13)
                        found.answers += 1
                        await asyncio.sleep(0.01)
                finally:
                    writer.close()
            await asyncio.sleep(0.1)

    task = asyncio.create_task(hold())
    try:
        yield found
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def answered(other, times):
    aim = other.answers + times
    return lambda: other.answers >= aim


@pytest.mark.safety("S49")
@pytest.mark.parametrize(("slots", "holders"), [(1, ("EMS",)), (2, ("EMS", "vendor gateway")), (1, ("EMS", "spare"))])
def test_where_others_hold_every_slot_we_never_connect_and_say_who_holds_them(slots, holders, run):
    async def story():
        async with Plant(UNITS) as plant, Plant(UNITS) as other:
            full = device(plant, slots=slots, slot_holders=holders)
            async with watching(full, device(other, "well")) as watch:
                await watch.until(lambda: soc(watch, "well") == 1.0)
                assert plant.connections == 0
                assert watch.link(0).state is LinkState.NEVER
                assert "not polled" in watch.link(0).detail
                assert all(holder in watch.link(0).detail for holder in holders)

    run(story())


def test_the_devices_of_one_address_need_say_it_only_once(run):
    async def story():
        async with Plant(UNITS) as plant, Plant(UNITS) as other:
            two = [device(plant), device(plant, "two", unit=2, slots=1, slot_holders=("EMS",))]
            async with watching(*two, device(other, "well")) as watch:
                await watch.until(lambda: soc(watch, "well") == 1.0)
                assert plant.connections == 0
                assert all("EMS" in watch.link(n).detail for n in (0, 1))

    run(story())


@pytest.mark.safety("S48", "S49")
def test_where_a_slot_is_left_we_take_it_and_no_more_than_one(run):
    async def story():
        async with Plant(UNITS) as plant, ems(plant) as other:
            await asyncio.sleep(0.05)
            plant.slots = 2
            both = [device(plant, slots=2, slot_holders=("EMS",)), device(plant, "two", unit=2)]
            async with watching(*both) as watch:
                await watch.until(lambda: watch.link(0).replies > 30 and watch.link(1).replies > 30)
                assert (plant.connections, other.connections) == (2, 1)

    run(story())


@pytest.mark.safety("S49")
def test_when_we_and_another_throw_each_other_out_we_stop_and_the_other_stays(run):
    async def story():
        async with Plant(UNITS) as plant, ems(plant) as other:
            await asyncio.sleep(0.05)
            plant.slots = 1
            async with watching(device(plant)) as watch:
                await watch.until(lambda: "stopped" in watch.link().detail)
                assert watch.link().state is LinkState.BACKING_OFF
                assert "may be losing theirs" in watch.link().detail
                # Both ends count a connection, each in its own time: they agree once the other reads in peace again.
                await watch.until(answered(other, 30))
                ours = plant.connections - other.connections
                assert ours >= EVICTIONS_MAX
                await watch.until(answered(other, 30))
                assert plant.connections - other.connections == ours, "we came back no more"

    run(story())


def test_a_connection_dropped_before_any_answer_is_a_refusal_and_not_taken_for_a_quarrel(run):
    async def story():
        async with Plant(UNITS) as plant:
            plant.drop_at_once = True
            async with watching(device(plant)) as watch:
                await watch.until(lambda: plant.connections > EVICTIONS_MAX + 1)
                assert watch.link().state is LinkState.BACKING_OFF
                plant.drop_at_once = False
                await watch.until(lambda: soc(watch) == 1.0)

    run(story())
