"""The demo site, from the plant's signals over real Modbus/TCP into the frames of our own reader: nothing is lost on
the way, and nothing changed by more than the register's step.
"""

import asyncio
from dataclasses import dataclass

import numpy as np
import pytest

from ironkeep.adapters.equipment.modbus.adapter import ModbusReader
from ironkeep.model.frame import Frame
from ironkeep.model.link import Link, LinkState, Particulars
from ironkeep.model.quality import Quality
from ironkeep.packs.equipment.library import knowledge
from ironkeep.packs.sites.declare import declare_text
from ironkeep.packs.sites.demo import address_demo, demo_text
from ironkeep.programs import clock
from ironkeep.twin.layout import SITE
from ironkeep.twin.plant import Plant
from ironkeep.twin.serve.chain import units
from ironkeep.twin.serve.naming import point_name
from ironkeep.twin.serve.site import SiteServer
from ironkeep.twin.signals import SIGNALS

LOOKS = 600  # of 0.05 s: how long the reader may take to describe and poll the whole site
COPIES = ("via_bank_", "via_string_")

Key = tuple[str, str]


def steps() -> dict[tuple[str, int, int], float]:
    """The coarsest register step by which each (signal, row, column) is served, in the signal's unit."""
    found: dict[tuple[str, int, int], float] = {}
    for device in units().values():
        for unit in device.values():
            for block in (*unit.chain, *(block for _, block in unit.apart)):
                for shown in block.shown:
                    step = 10.0 ** block.exponent(block.layout.places[shown.path]) / shown.factor
                    key = (shown.signal, shown.row, shown.column)
                    found[key] = max(step, found.get(key, 0.0))
    return found


def expected(server: SiteServer, plant: Plant) -> dict[Key, tuple[float, float]]:
    """Value and register step of every point of the plant and of its summaries, by asset and canonical name."""
    found: dict[Key, tuple[float, float]] = {}
    values = {**plant.signals, **server.image.summary.values}
    by = steps()
    for name, array in values.items():
        group = name.partition(".")[0]
        columns = SIGNALS[name].columns if name in SIGNALS else ()
        for row, asset in enumerate(SITE.rows[group]):
            for column, word in enumerate(columns or ("",)):
                value = float(array[row, column] if columns else array[row])
                where, point = asset, point_name(name, word)
                if group == "cell":
                    where, _, cell = asset.rpartition(".")
                    point = point_name(name, cell.removeprefix("c"))
                    point = f"cell_{point}"
                if (name, row, column) in by:
                    found[where, point] = (value, by[name, row, column])
    return found


@dataclass(frozen=True)
class Arrived:
    """What the reader held when every row had been read, and what it should be."""

    frames: tuple[Frame, ...]
    wanted: dict[Key, tuple[float, float]]
    links: tuple[Link, ...]
    particulars: tuple[Particulars, ...]


@pytest.fixture(scope="module")
def site() -> Arrived:
    async def run() -> Arrived:
        plant = Plant(11)
        plant.inject("utility-loss-late-generator")
        plant.step(30.0)
        server = SiteServer(plant)
        site = declare_text(address_demo(demo_text(), await server.start()))
        devices = [device for device in site.devices if device.protocol == "modbus"]
        reader = ModbusReader(devices, knowledge(), clock.now, np.random.default_rng(1))
        reading = asyncio.create_task(reader.run())
        try:
            for _ in range(LOOKS):
                await asyncio.sleep(0.05)
                frames = reader.frames(clock.now().at_us)
                if len(reader.particulars()) == len(devices) and all(f.polls.min() > 0 for f in frames):
                    break
            frames = reader.frames(clock.now().at_us)
            return Arrived(frames, expected(server, plant), reader.links(), reader.particulars())
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await server.stop()

    return asyncio.run(run())


def cells(frames: tuple[Frame, ...]) -> dict[Key, tuple[float, int]]:
    """Value (NaN where absent) and quality of every point of every frame."""
    found: dict[Key, tuple[float, int]] = {}
    for frame in frames:
        for spec in (*frame.layout.analog, *frame.layout.integer):
            column, quality = frame.column(spec.name), frame.quality_of(spec.name)
            assert column is not None
            assert quality is not None
            for row, asset in enumerate(frame.layout.assets):
                assert spec.name.startswith(("m1_", "device_")) or (asset, spec.name) not in found, (asset, spec.name)
                found[asset, spec.name] = (float(column[row]), int(quality[row]))
    return found


def test_every_device_of_the_demo_is_reached_and_nothing_that_it_says_is_refused(site) -> None:
    assert {link.device: link.state for link in site.links if link.state != LinkState.UP} == {}
    # a request given up on a busy machine goes out again, and the peer's server then answers one of the two twice
    slow = {link.address.partition(" ")[0] for link in site.links if link.timeouts}
    prompt = [link for link in site.links if link.address.partition(" ")[0] not in slow]
    assert {link.device: link.faults for link in prompt if link.faults} == {}
    assert {link.device: link.exceptions for link in site.links if link.exceptions} == {}


def test_every_point_of_the_plant_arrives_under_its_name_within_the_register_s_step(site) -> None:
    got, wanted = cells(site.frames), site.wanted
    missing = sorted(wanted.keys() - got.keys())
    assert missing == [], (len(missing), missing[:20])
    wrong = []
    for key, (value, step) in wanted.items():
        read, quality = got[key]
        if np.isnan(value):
            good = np.isnan(read) and bool(quality & Quality.ABSENT)
        else:
            near = abs(read - value) <= step / 2 + 1e-6 * max(1.0, abs(value))
            good = near or (read == 0.0 and -5 * step < value < 0)
        if not good:
            wrong.append((key, value, read, step))
    assert wrong == [], (len(wrong), wrong[:20])


def test_the_far_copies_of_a_point_agree_with_the_near_one(site) -> None:
    got, wanted = cells(site.frames), site.wanted
    near = {
        key: key[1].removeprefix("via_bank_").removeprefix("via_string_") for key in got if key[1].startswith(COPIES)
    }
    both = {key: (key[0], name) for key, name in near.items() if (key[0], name) in wanted}
    assert len(both) > 1000
    for copy, original in both.items():
        value, step = wanted[original]
        assert got[copy][0] == pytest.approx(value, abs=step / 2 + 1e-6), copy


def test_more_than_five_thousand_points_arrive_with_values(site) -> None:
    assert sum(not np.isnan(value) for value, _ in cells(site.frames).values()) > 5_000


def test_every_device_says_who_it_is(site) -> None:
    serials = {particulars.serial for particulars in site.particulars}
    assert {f"TW-{device.id.upper()}" for device in SITE.devices} <= serials
    assert len(serials) == len(site.particulars)


def test_a_card_that_falls_silent_and_comes_back_is_lost_and_found_without_one_false_reply() -> None:
    async def run() -> tuple[set[LinkState], tuple[Link, ...]]:
        plant = Plant(11)
        server = SiteServer(plant)
        site = declare_text(address_demo(demo_text(), await server.start()))
        cabinet = [device for device in site.devices if device.asset.startswith("cab-a")]
        reader = ModbusReader(cabinet, knowledge(), clock.now, np.random.default_rng(1))
        reading = asyncio.create_task(reader.run())

        async def until(up: bool) -> None:
            for _ in range(LOOKS):
                await asyncio.sleep(0.05)
                if all((link.state == LinkState.UP) == up and link.replies for link in reader.links()):
                    return

        try:
            await until(up=True)
            plant.inject("comms-loss")
            plant.step(2.0)
            server.refresh()
            await until(up=False)
            silent = {link.state for link in reader.links()}
            plant.clear()
            plant.step(1.0)
            server.refresh()
            await until(up=True)
            return silent, reader.links()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            await server.stop()

    silent, links = asyncio.run(run())
    assert LinkState.UP not in silent
    assert {link.state for link in links} == {LinkState.UP}
    assert [link.faults for link in links if link.faults] == []
