"""Modbus/TCP Security: both sides show a certificate, or no value is read."""

import asyncio
import ssl
from pathlib import Path

import pytest

from ironkeep.adapters.equipment.modbus.adapter import ModbusReader
from ironkeep.model.errors import Refused
from ironkeep.model.link import LinkState
from ironkeep.model.site import Tls
from tests.adapters.equipment.modbus.papers import Authority
from tests.adapters.equipment.modbus.plant import Plant, common, image
from tests.adapters.equipment.modbus.test_adapter import battery
from tests.adapters.equipment.modbus.watch import QUICK, device, soc, watching

UNITS = {unit: image(common(), battery(unit)) for unit in (1, 2)}


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "ours")


@pytest.fixture
def theirs(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "theirs")


def plant(authority: Authority, certificate: tuple[str, str], oldest=ssl.TLSVersion.TLSv1_2) -> Plant:
    """A device that shows this certificate and asks for one of this authority."""
    found = Plant(UNITS)
    found.ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.ssl.minimum_version = oldest
    found.ssl.load_cert_chain(*certificate)
    found.ssl.load_verify_locations(authority.path)
    found.ssl.verify_mode = ssl.CERT_REQUIRED
    return found


def tls(authority: Authority, certificate: tuple[str, str], name: str = "bms") -> Tls:
    return Tls(authority.path, *certificate, name)


def test_values_come_over_a_connection_on_which_both_sides_showed_who_they_are(ours, run):
    async def story():
        async with plant(ours, ours.issue("bms")) as there:
            known = tls(ours, ours.issue("ironkeep"))
            two = [device(there, tls=known), device(there, "two", unit=2, tls=known)]
            async with watching(*two) as watch:
                await watch.until(lambda: soc(watch) == 1.0 and soc(watch, "two") == 2.0)
                assert there.connections == 1
                assert all(watch.link(n).authenticated for n in (0, 1))

    run(story())


def test_a_plain_connection_is_never_called_authenticated(run):
    async def story():
        async with Plant(UNITS) as there, watching(device(there)) as watch:
            await watch.until(lambda: soc(watch) == 1.0)
            assert not watch.link().authenticated

    run(story())


@pytest.mark.parametrize(
    ("story", "words"),
    [
        ("of another authority", "not believed"),
        ("of another name", "not believed"),
        ("run out", "not believed"),
        ("with our certificate of another authority", ""),
        ("without our key file", "cannot be used"),
        ("with a key that is not ours", "cannot be used"),
    ],
)
def test_any_doubt_about_either_side_is_no_connection_and_no_value(story, words, ours, theirs, tmp_path, run):
    shown = ours.issue("bms")
    mine = ours.issue("ironkeep")
    if story == "of another authority":
        shown = theirs.issue("bms")
    elif story == "of another name":
        shown = ours.issue("meter")
    elif story == "run out":
        shown = ours.issue("bms", days=(-9, -2))
    elif story == "with our certificate of another authority":
        mine = theirs.issue("ironkeep")
    elif story == "without our key file":
        mine = (mine[0], str(tmp_path / "none.key"))
    elif story == "with a key that is not ours":
        mine = (mine[0], theirs.issue("ironkeep")[1])

    async def told():
        there = plant(ours, shown)
        async with there, watching(device(there, tls=tls(ours, mine))) as watch:
            await watch.until(lambda: bool(watch.link().detail) and words in watch.link().detail)
            assert watch.link().state is not LinkState.UP
            assert watch.link().replies == 0
            assert watch.frames() == ()
            assert not watch.link().authenticated
            assert there.asked == []

    run(told())


def test_a_device_that_speaks_plainly_is_not_spoken_to_where_tls_is_declared(ours, run):
    got = []

    async def plainly(reader, writer):
        got.append(await reader.read(100))
        writer.write(b"\0\1\0\0\0\3\1\x83\2")
        await writer.drain()
        writer.close()

    async def story():
        server = await asyncio.start_server(plainly, "127.0.0.1", 0)
        there = Plant(UNITS)
        there.port = server.sockets[0].getsockname()[1]
        async with server, watching(device(there, tls=tls(ours, ours.issue("ironkeep")))) as watch:
            await watch.until(lambda: "TLS failed" in watch.link().detail)
            assert watch.link().requests == 0
            assert all(data.startswith(b"\x16\x03") for data in got), "nothing but TLS was ever sent"

    run(story())


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_a_device_of_old_tls_is_not_spoken_to(ours, run):
    async def story():
        there = plant(ours, ours.issue("bms"), oldest=ssl.TLSVersion.TLSv1)
        there.ssl.maximum_version = ssl.TLSVersion.TLSv1_1
        async with there, watching(device(there, tls=tls(ours, ours.issue("ironkeep")))) as watch:
            await watch.until(lambda: bool(watch.link().detail))
            assert watch.link().state is not LinkState.UP
            assert watch.link().replies == 0

    run(story())


def test_devices_of_one_address_cannot_differ_in_it(ours):
    known = tls(ours, ours.issue("ironkeep"))
    there = Plant(UNITS)
    there.port = 802
    with pytest.raises(Refused, match="different tls"):
        ModbusReader([device(there, tls=known), device(there, "two", unit=2)], None, None, None, QUICK)
