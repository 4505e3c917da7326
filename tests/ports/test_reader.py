"""What every Reader does, whatever it reads."""

import asyncio

import numpy as np
import pytest

from ironkeep.adapters.equipment.modbus.adapter import ModbusReader
from ironkeep.adapters.equipment.nut.adapter import NutReader
from ironkeep.model.site import Device
from ironkeep.packs.equipment.library import knowledge
from ironkeep.packs.nut.read import shipped as variables
from ironkeep.ports.reader import Reader
from ironkeep.programs.clock import now


def modbus() -> Reader:
    """Two devices at an address where nobody answers (discard)."""
    given = {"asset": "a", "protocol": "modbus", "host": "127.0.0.1", "port": 9}
    return ModbusReader(
        [Device(id=name, **given) for name in ("one", "two")], knowledge(), now, np.random.default_rng(3)
    )


def nut() -> Reader:
    """Two UPSes behind a server that is not there (discard)."""
    given = {"asset": "a", "protocol": "nut", "host": "127.0.0.1", "port": 9}
    devices = [Device(id=name, ups=name, **given) for name in ("one", "two")]
    return NutReader(devices, variables(), {}, now, np.random.default_rng(3))


@pytest.fixture(params=[modbus, nut], ids=lambda maker: maker.__name__)
def reader(request) -> Reader:
    return request.param()


def test_before_anything_is_described_there_are_links_and_nothing_else(reader):
    assert reader.frames(1) == ()
    assert reader.particulars() == ()
    assert [link.device for link in reader.links()] == ["one", "two"]
    assert all(link.state == "never" and link.replies == 0 for link in reader.links())


def test_trouble_of_a_device_never_ends_run_and_cancelling_does(reader):
    async def story():
        task = asyncio.create_task(reader.run())
        async with asyncio.timeout(20):
            while all(link.state == "never" for link in reader.links()):
                assert not task.done()
                await asyncio.sleep(0.01)
        assert all(link.detail for link in reader.links())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(story())
