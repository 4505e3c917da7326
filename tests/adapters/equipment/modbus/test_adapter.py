"""What the reader shows of well-behaved, dead, slow and changing devices over real sockets."""

import asyncio
import math
import socket

import msgspec
import numpy as np
import pytest

from ironkeep.adapters.equipment.modbus.adapter import ModbusReader
from ironkeep.adapters.equipment.modbus.config import Config
from ironkeep.adapters.equipment.modbus.meet import meet
from ironkeep.model.errors import Refused, Unavailable, Untrusted
from ironkeep.model.link import LinkState
from ironkeep.model.quality import Quality
from ironkeep.model.site import Device
from ironkeep.packs.equipment.library import knowledge
from ironkeep.programs.clock import now
from tests.adapters.equipment.modbus.plant import Plant, common, image
from tests.adapters.equipment.modbus.watch import device, soc, watching


def battery(soc_raw: int = 50, scale: int = 0, length: int = 62) -> tuple[int, ...]:
    words = [0] * length
    words[9], words[52 + 3] = soc_raw, scale
    return (802, length, *words)


def strings(count: int) -> tuple[int, ...]:
    fixed = [0] * 26
    fixed[0] = count
    rows = [word for n in range(count) for word in [20, 0, 0, 0, 80 + n, *[0] * 27]]
    return (803, 26 + 32 * count, *fixed, *rows)


def module(number: int, cells: int = 16) -> tuple[int, ...]:
    words = [0] * (42 + 4 * cells)
    words[1], words[2], words[3] = number, cells, 60 + number
    return (805, len(words), *words)


def test_like_assets_of_several_devices_stand_in_one_frame_in_declared_order(run):
    async def story():
        units = {
            11: image(common(), *(module(n) for n in (1, 2, 3))),
            12: image(common(), *(module(n) for n in (4, 5))),
        }
        async with Plant(units) as plant:
            two = [device(plant, f"s{n}", unit=10 + n, children={"805": f"cab.s{n}.m{{n:02}}"}) for n in (1, 2)]
            async with watching(*two) as watch:
                await watch.until(lambda: watch.value("cab.s1.m01", "soc_pct") and watch.value("cab.s2.m01", "soc_pct"))
                frame = watch.frame("sunspec-805x16")
                assert frame.layout.assets == ("cab.s1.m01", "cab.s1.m02", "cab.s1.m03", "cab.s2.m01", "cab.s2.m02")
                assert frame.layout.devices == ("s1", "s1", "s1", "s2", "s2")
                assert frame.column("soc_pct").tolist() == [61, 62, 63, 64, 65]
                assert "cell_voltage_16_v" in frame.layout.analog_index
                assert not frame.analog.flags.writeable
                assert (frame.polls > 0).all()
            assert plant.connections == 1, "units of one address share one connection"
            assert plant.most_at_once == 1, "one request in flight"

    run(story())


def test_repeats_become_assets_by_pattern_and_columns_without_one(run):
    async def story():
        async with Plant({1: image(common(), strings(3))}) as plant:
            async with watching(device(plant, children={"803": "bms.s{n}"})) as watch:
                await watch.until(
                    lambda: watch.value("bms.s3", "via_bank_soc_pct") == 0.0 or watch.frame("sunspec-803.*")
                )
                frame = watch.frame("sunspec-803.*")
                assert frame.layout.assets == ("bms.s1", "bms.s2", "bms.s3")
                await watch.until(lambda: watch.value("bms", "strings_count") == 3)
            async with watching(device(plant)) as watch:
                await watch.until(lambda: watch.frame("sunspec-803x3") is not None)
                assert "m803_StrSoC_01" not in watch.frame("sunspec-803x3").layout.integer_index

    run(story())


def test_an_asset_never_has_a_point_twice(run):
    async def story():
        models = (common(), battery(), strings(2), module(1), module(2))
        async with Plant({1: image(*models)}) as plant:
            patterns = {"803": "bms.s{n}", "805": "bms.s1.m{n:02}"}
            async with watching(device(plant, children=patterns, maps=("sunspec",))) as watch:
                await watch.until(lambda: watch.value("bms.s1.m02", "soc_pct") is not None)
                seen = [
                    (asset, spec.name)
                    for frame in watch.frames()
                    for asset in frame.layout.assets
                    for spec in (*frame.layout.analog, *frame.layout.integer)
                ]
                assert len(seen) == len(set(seen))

    run(story())


def test_an_exception_makes_the_values_absent_with_that_reason_and_spares_the_rest(run):
    async def story():
        units = {1: image(common(), battery(), module(1))}
        async with Plant(units) as plant, watching(device(plant, children={"805": "bms.m{n}"})) as watch:
            await watch.until(lambda: soc(watch) == 50.0)
            plant.exceptions[1, 40_070] = 4
            await watch.until(lambda: soc(watch) is None)
            frame = watch.frame("sunspec-802")
            assert (frame.quality == Quality.EXCEPTION).all()
            assert watch.value("bms.m1", "soc_pct") == 61.0
            assert watch.link().state is LinkState.UP
            assert watch.link().exceptions > 0
            plant.exceptions.clear()
            await watch.until(lambda: soc(watch) == 50.0)

    run(story())


def test_a_value_of_a_slow_poll_is_as_old_as_its_own_read_and_the_link_says_what_to_change(run):
    async def story():
        models = (common(), battery(), *(module(n) for n in range(1, 5)))
        given = {"children": {"805": "bms.m{n}"}, "period_s": 0.2}
        async with Plant({1: image(*models)}) as plant, watching(device(plant, **given)) as watch:
            await watch.until(lambda: soc(watch) == 50.0)
            polls, after_us = 0, 0  # of the row when its read was asked for; when the reader had it and asked for more

            def note(asked):
                nonlocal polls, after_us
                after_us = after_us or (now().at_us if polls else 0)
                if asked.address <= 40_070 + 9 < asked.address + asked.count:
                    polls = polls or watch.frame("sunspec-802").polls[0]
                return [asked.right]

            plant.delay_s[1] = 0.15
            plant.mangle[1] = note
            await watch.until(lambda: polls and watch.frame("sunspec-802").polls[0] > polls)
            first = watch.frame("sunspec-802")
            assert 0 < first.collected_us[0] <= after_us
            await watch.until(lambda: "longer than its period of 0.2 s: raise period_s" in watch.link().detail)

    run(story())


SEAM = 40_070 + 64  # where the model after the 802 begins


def _crosses(asked) -> bool:
    return asked.address < SEAM < asked.address + asked.count


def test_models_that_follow_each_other_are_read_as_one_run(run):
    async def story():
        units = {1: image(common(), battery(), module(1))}
        async with Plant(units) as plant, watching(device(plant, children={"805": "bms.m{n}"})) as watch:
            await watch.until(lambda: soc(watch) == 50.0 and watch.value("bms.m1", "soc_pct") == 61.0)
            await watch.until(lambda: watch.frame("sunspec-802").polls[0] > 2)
            polled = set(plant.asked[-4:])
            assert (1, 3, 40_070, 125) in polled
            assert (1, 3, 40_070, 64) not in plant.asked

    run(story())


@pytest.mark.parametrize("how", ["refuses", "is silent", "hangs up", "answers with nothing behind the seam"])
def test_a_unit_that_cannot_be_read_across_models_is_read_model_by_model(run, how):
    async def story():
        async with Plant({1: image(common(), battery(), module(1))}) as plant:

            def odd(asked) -> list[bytes]:
                if not _crosses(asked):
                    return [asked.right]
                if how == "refuses":
                    return [asked.frame(pdu=bytes([asked.function | 0x80, 2]))]
                if how == "hangs up":
                    for writer in list(plant._writers):
                        writer.close()
                elif how != "is silent":
                    kept = 2 + 2 * (SEAM - asked.address)
                    return [asked.frame(pdu=asked.pdu[:kept].ljust(len(asked.pdu), b"\0"))]
                return []

            plant.mangle[1] = odd
            one = device(plant, children={"805": "bms.m{n}"}, timeout_s=0.2)
            async with watching(one) as watch:
                await watch.until(lambda: soc(watch) == 50.0 and watch.value("bms.m1", "soc_pct") == 61.0)
                assert watch.link().state is LinkState.UP
                before = sum(map(_wide, plant.asked))
                polls = watch.frame("sunspec-802").polls[0]
                await watch.until(lambda: watch.frame("sunspec-802").polls[0] > polls + 3)
                assert before == sum(map(_wide, plant.asked)) == 1, "it is tried once"

    run(story())


def _wide(asked: tuple[int, int, int, int]) -> bool:
    _, _, address, count = asked
    return address < SEAM < address + count


def test_a_model_that_begins_to_refuse_spares_the_one_it_was_read_with(run):
    async def story():
        units = {1: image(common(), battery(), module(1))}
        async with Plant(units) as plant, watching(device(plant, children={"805": "bms.m{n}"})) as watch:
            await watch.until(lambda: soc(watch) == 50.0 and watch.value("bms.m1", "soc_pct") == 61.0)

            def gone(asked) -> list[bytes]:
                touched = asked.address + asked.count > SEAM
                return [asked.frame(pdu=bytes([asked.function | 0x80, 4])) if touched else asked.right]

            plant.mangle[1] = gone
            plant.units[1][40_070 + 2 + 9] = 51
            await watch.until(lambda: soc(watch) == 51.0 and watch.value("bms.m1", "soc_pct") is None)
            assert (watch.frame("sunspec-805x16").quality == Quality.EXCEPTION).all()

    run(story())


def test_a_changed_scale_factor_rescales_and_shows_as_a_changed_setting(run):
    async def story():
        async with Plant({1: image(common(), battery())}) as plant, watching(device(plant)) as watch:
            await watch.until(lambda: soc(watch) == 50.0)
            layout = watch.frame("sunspec-802").layout
            spec = next(spec for spec in layout.integer if spec.name == "m802_SoC_SF")
            assert spec.point_class == "setting"
            assert watch.value("bms", "m802_SoC_SF") == 0
            plant.units[1][_scale_address()] = 0xFFFF
            await watch.until(lambda: soc(watch) == 5.0)
            assert watch.value("bms", "m802_SoC_SF") == -1

    run(story())


def _scale_address() -> int:
    known = knowledge().model(802)
    at = 40_070
    for point in known.group.points:
        if point.key == "SoC_SF":
            return at
        at += point.registers
    raise AssertionError


def test_a_longer_chain_or_other_length_is_described_anew(run):
    async def story():
        async with Plant({1: image(common(), battery())}) as plant, watching(device(plant)) as watch:
            await watch.until(lambda: soc(watch) == 50.0)
            plant.units[1] = image(common(), battery(70), module(1, 4))
            await watch.until(lambda: watch.frame("sunspec-805x4") is not None)
            await watch.until(lambda: soc(watch) == 70.0)
            await watch.until(lambda: watch.reader.particulars()[0].chain[-1].startswith("805@"))
            plant.units[1] = image(common(version="2.0"), module(3, 8), battery(71))
            await watch.until(lambda: soc(watch) == 71.0)
            await watch.until(lambda: watch.reader.particulars()[0].version == "2.0")
            assert watch.frame("sunspec-805x4") is None

    run(story())


def test_unknown_models_are_stepped_over_and_named(run):
    async def story():
        units = {1: image(common(), (64_999, 5, 1, 2, 3, 4, 5), battery())}
        async with Plant(units) as plant, watching(device(plant)) as watch:
            await watch.until(lambda: soc(watch) == 50.0)
            assert watch.reader.particulars()[0].chain == ("1@40002+66", "64999@40070+5", "802@40077+62")

    run(story())


def test_a_map_after_the_chain_and_strings_as_particulars(run):
    chart = knowledge().maps["example"]
    registers = image(common("Acme", serial="X9"), battery())
    end = max(registers) + 1
    placed = {end + n: 0 for n in range(30)} | {end + 1: 5}

    async def story():
        after = msgspec.structs.replace(chart, base=None)
        known = msgspec.structs.replace(knowledge(), maps={"example": after})
        maps = ("sunspec", "example")
        async with Plant({1: registers | placed}) as plant, watching(device(plant, maps=maps), known=known) as watch:
            await watch.until(lambda: watch.value("bms", "insulation_ohm") == 500.0)
            (told,) = watch.reader.particulars()
            assert (told.manufacturer, told.serial) == ("Acme", "X9")
            placed_text = {end + 10: 0x3733, end + 11: 0}
            plant.units[1].update(placed_text)
            await watch.until(lambda: watch.reader.particulars()[0].version == "73")

    run(story())


def test_a_device_of_vendor_registers_alone_needs_no_sunspec(run):
    async def story():
        registers = {45_000 + n: 0 for n in range(30)} | {45_001: 7}
        async with Plant({1: registers}) as plant, watching(device(plant, maps=("example",))) as watch:
            await watch.until(lambda: watch.value("bms", "insulation_ohm") == 700.0)
            assert watch.link().detail == ""

    run(story())


def test_a_device_that_shows_nothing_we_know_is_up_and_says_why(run):
    async def story():
        async with Plant({1: {0: 0}}) as plant, watching(device(plant)) as watch:
            await watch.until(lambda: "no SunSpec marker" in watch.link().detail)
            assert watch.link().state is LinkState.UP
            assert watch.frames() == ()
            plant.units[1] = image(common(), battery())
            await watch.until(lambda: soc(watch) == 50.0)

    run(story())


@pytest.mark.safety("S12")
def test_values_of_a_lost_device_are_gone_and_not_kept(run):
    async def story():
        plant = Plant({1: image(common(), battery())})
        await plant.start()
        async with watching(device(plant)) as watch:
            await watch.until(lambda: soc(watch) == 50.0)
            port = plant.port
            await plant.stop()
            await watch.until(lambda: soc(watch) is None)
            frame = watch.frame("sunspec-802")
            assert (frame.quality == Quality.LOST).all()
            assert np.isnan(frame.analog).all()
            assert watch.link().state in (LinkState.DOWN, LinkState.BACKING_OFF)
            await plant.start(port)
            await watch.until(lambda: soc(watch) == 50.0)
            assert watch.link().state is LinkState.UP
            await plant.stop()

    run(story())


def test_a_device_that_drops_every_connection_is_asked_later_and_later(run):
    async def story():
        async with Plant({1: image(common(), battery())}) as plant:
            plant.drop_at_once = True
            slow, began = Config(start_spread_s=0.0, reconnect_min_s=0.02, reconnect_max_s=30.0), now().mono_us
            async with watching(device(plant), config=slow) as watch:
                await watch.until(lambda: plant.connections >= 3)
                assert watch.link().state is LinkState.BACKING_OFF
                await asyncio.sleep(0.5)
                halves = (now().mono_us - began) / (slow.reconnect_min_s * 0.5e6)
                assert plant.connections <= 2 + math.log2(1 + halves), (
                    "each wait is at least half of twice the one before"
                )
                assert watch.link().replies == 0

    run(story())


def test_nobody_at_the_address_is_a_link_state_with_a_reason(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        async def story():
            gone = Device(id="x", asset="x", protocol="modbus", host="127.0.0.1", port=port)
            async with watching(gone) as watch:
                await watch.until(lambda: watch.link().state is LinkState.BACKING_OFF)
                assert watch.link().detail
                assert watch.reader.particulars() == ()

        run(story())


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"maps": ("nonesuch",)}, "no map 'nonesuch'"),
        ({"unit": 256}, "unit 256"),
        ({"port": 0}, "port 0"),
        ({"base": 70_000}, "base 70000"),
        ({"power_sign": 2}, "power_sign 2"),
        ({"period_s": 0.0}, "period"),
    ],
)
def test_an_impossible_declaration_is_refused_with_the_device_named(wrong, what, rng):
    given = {"id": "bms-7", "asset": "a", "protocol": "modbus", "host": "127.0.0.1", "port": 502}
    with pytest.raises(Refused, match=what) as refused:
        ModbusReader([Device(**{**given, **wrong})], knowledge(), now, rng)
    assert "bms-7" in str(refused.value)


def test_devices_of_other_protocols_are_left_alone(rng):
    other = Device(id="u", asset="u", protocol="nut", host="127.0.0.1", port=3493)
    assert ModbusReader([other], knowledge(), now, rng).links() == ()


def test_discovery_alone_tells_the_chain_or_why_there_is_none(run):
    async def story():
        async with Plant({1: image(common(), battery(), base=50_000), 2: {5: 5}}) as plant:
            chain = (await meet(device(plant), knowledge(), now, 50)).described.chain
            assert chain.base == 50_000
            assert [entry.model for entry in chain.entries] == [1, 802]
            other = await meet(device(plant, unit=2), knowledge(), now, 50)
            assert "no SunSpec marker" in other.described.trouble
            with pytest.raises(Unavailable, match="the gateway says that this unit does not answer"):
                await meet(device(plant, unit=3), knowledge(), now, 50)
            plant.exceptions[1, 50_070] = 6
            with pytest.raises(Unavailable, match="the device says that it is busy"):
                await meet(device(plant), knowledge(), now, 50)
            plant.mangle[1] = lambda asked: [asked.frame(unit=9)]
            with pytest.raises(Untrusted, match="unit id"):
                await meet(device(plant), knowledge(), now, 50)
            plant.mangle[1] = lambda asked: []
            with pytest.raises(Unavailable):
                await meet(device(plant, timeout_s=0.05), knowledge(), now, 50)

    run(story())


def test_the_beat_of_polls_never_exceeds_the_declared_period(run):
    async def story():
        async with Plant({1: image(common(), battery())}) as plant, watching(device(plant, period_s=0.1)) as watch:
            await watch.until(lambda: soc(watch) == 50.0)
            start, before = now().mono_us, int(watch.frame("sunspec-802").polls[0])
            await asyncio.sleep(0.6)
            polled = int(watch.frame("sunspec-802").polls[0]) - before
            assert polled <= math.ceil((now().mono_us - start) / 100_000) + 1

    run(story())
