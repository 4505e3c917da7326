"""A unit that shows a part of what it is, or something odd: it is searched again, and the rest of it is read."""

import msgspec

from ironkeep.codecs.definition import Knowledge
from ironkeep.model.link import LinkState
from ironkeep.packs.equipment.library import knowledge
from ironkeep.packs.equipment.maps import parse
from tests.adapters.equipment.modbus.plant import Plant, common, image
from tests.adapters.equipment.modbus.test_adapter import battery, module, strings
from tests.adapters.equipment.modbus.watch import device, soc, watching

MAP = """
name = "own"
title = "Own"
source = "made for a test"
kind = "bank"
base = 60000
[[point]]
name = "insulation_ohm"
register = 0
type = "u16"
class = "measurement"
unit = "ohm"
"""


def known(base: int = 60_000) -> Knowledge:
    own = msgspec.structs.replace(parse(MAP, "own.toml"), base=base)
    return knowledge({"own": own})


def test_a_model_that_refused_while_the_unit_was_starting_is_read_later(run):
    async def story():
        async with Plant({1: image(common(), battery(), module(1))}) as plant:
            plant.exceptions[1, 40_070] = 4
            async with watching(device(plant, children={"805": "bms.m{n}"})) as watch:
                await watch.until(lambda: "without its end marker" in watch.link().detail)
                assert watch.link().state is LinkState.UP
                plant.exceptions.clear()
                await watch.until(lambda: soc(watch) == 50.0 and watch.value("bms.m1", "soc_pct") == 61.0)
                assert watch.link().detail == ""

    run(story())


def test_models_come_back_although_a_map_was_read_all_the_while(run):
    async def story():
        whole = {**image(common(), battery()), 60_000: 7}
        async with (
            Plant({1: dict(whole)}) as plant,
            watching(device(plant, maps=("sunspec", "own")), known=known()) as watch,
        ):
            await watch.until(lambda: soc(watch) == 50.0)
            plant.units[1].update({address: 0 for address in whole if address < 60_000})
            await watch.until(lambda: "no SunSpec marker" in watch.link().detail)
            await watch.until(lambda: watch.value("bms", "insulation_ohm") == 7.0)
            plant.units[1].update(whole)
            await watch.until(lambda: soc(watch) == 50.0)

    run(story())


def test_a_unit_that_shows_the_same_part_each_time_is_polled_all_the_while(run):
    async def story():
        async with Plant({1: image(common(), battery(), end=())}) as plant, watching(device(plant)) as watch:
            await watch.until(lambda: soc(watch) == 50.0)
            searches = [asked for asked in plant.asked if asked[2:] == (40_000, 2)]
            await watch.until(lambda: plant.asked.count((1, 3, 40_000, 2)) > len(searches) + 1)
            await watch.until(lambda: watch.frame("sunspec-802").polls[0] > 2)
            await watch.until(lambda: soc(watch) == 50.0)
            plant.mangle[1] = lambda asked: [] if asked.address == 40_000 else [asked.right]
            await watch.until(lambda: watch.link().timeouts > 0)
            polls = watch.frame("sunspec-802").polls[0]
            await watch.until(lambda: watch.frame("sunspec-802").polls[0] > polls + 2)

    run(story())


def test_a_unit_that_says_only_its_name_is_asked_again_and_missed_when_it_is_silent(run):
    async def story():
        async with Plant({1: image(common())}) as plant, watching(device(plant, timeout_s=0.1)) as watch:
            await watch.until(lambda: watch.link().replies > 12)
            assert watch.link().state is LinkState.UP
            plant.mangle[1] = lambda asked: []
            await watch.until(lambda: watch.link().state is LinkState.DOWN)

    run(story())


def test_many_repeats_on_one_asset_are_told_apart(run):
    async def story():
        async with (
            Plant({1: image(common(), strings(4))}) as plant,
            watching(device(plant, children={"803": "bank"})) as watch,
        ):
            await watch.until(lambda: watch.frame("sunspec-803.*") is not None)
            frame = watch.frame("sunspec-803.*")
            assert frame.layout.assets == ("bank", "bank@bms", "bank@bms@2", "bank@bms@3")
            await watch.until(lambda: (watch.frame("sunspec-803.*").polls > 0).all())

    run(story())


def test_a_model_over_all_registers_leaves_room_for_a_map(run):
    async def story():
        room = 65_536 - 6
        unit = image((803, room - 2, 3, *[0] * (room - 3)), base=0)
        async with (
            Plant({1: unit}) as plant,
            watching(device(plant, maps=("sunspec", "own")), known=known(100)) as watch,
        ):
            await watch.until(lambda: watch.value("bms", "insulation_ohm") == 0.0)
            assert watch.link().state is LinkState.UP

    run(story())


def test_a_unit_that_never_stays_what_it_was_is_searched_less_and_less_often(run):
    async def story():
        async with Plant({1: image(common(), strings(9))}) as plant:

            def change(asked):
                if asked.address == 40_070 and asked.count > 28:  # a poll: the next one finds fewer strings
                    plant.units[1][40_072] -= 1
                return [asked.right]

            plant.mangle[1] = change
            async with watching(device(plant, children={"803": "bms.s{n}"})) as watch:
                await watch.until(lambda: "4 times in a row: next look in" in watch.link().detail)
                plant.mangle.clear()
                await watch.until(lambda: watch.link().detail == "" and watch.frame("sunspec-803.*") is not None)
                rows = len(watch.frame("sunspec-803.*").layout.assets)
                assert rows == plant.units[1][40_072] < 9

    run(story())
