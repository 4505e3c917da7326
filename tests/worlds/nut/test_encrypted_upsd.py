"""The reader and `discover` against Debian's real upsd over TLS: believed by its certificate alone, never in clear."""

import asyncio
import subprocess
from pathlib import Path

import msgspec
import pytest

from ironkeep.adapters.equipment.nut.config import Server
from ironkeep.faces.cli.wiring import Papers
from ironkeep.model.errors import Unavailable, Untrusted
from ironkeep.model.link import LinkState
from ironkeep.packs.sites.declare import declare_text
from ironkeep.programs.discover.run import discover
from tests.adapters.equipment.nut.watch import QUICK, device, watching
from tests.worlds.nut.real import PASSWORD, RealUpsd

ROOM = {"ups.status": "OL", "battery.charge": "90", "battery.runtime": "900", "ups.load": "40"}
PATIENT = msgspec.structs.replace(QUICK, period_min_s=0.1, connect_timeout_s=5.0)

PATIENCE = 20


def openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def authority(folder: Path, name: str) -> tuple[str, str, str]:
    """An authority, and a certificate and key that it gave to 127.0.0.1; PEM files."""
    ca, ca_key = folder / f"{name}.pem", folder / f"{name}.key"
    mine, key, asked = folder / f"{name}-upsd.pem", folder / f"{name}-upsd.key", folder / f"{name}.csr"
    new = ("-newkey", "rsa:2048", "-nodes")
    openssl("req", "-x509", *new, "-days", "2", "-subj", f"/CN={name}", "-keyout", str(ca_key), "-out", str(ca))
    openssl("req", *new, "-subj", "/CN=upsd.test", "-keyout", str(key), "-out", str(asked))
    names = folder / f"{name}.ext"
    names.write_text("subjectAltName=IP:127.0.0.1,DNS:upsd.test")
    sign = ("-CA", str(ca), "-CAkey", str(ca_key), "-CAcreateserial", "-days", "2", "-extfile", str(names))
    openssl("x509", "-req", "-in", str(asked), *sign, "-out", str(mine))
    return str(ca), str(mine), str(key)


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("papers"), "ours")


def run(story) -> None:
    asyncio.run(asyncio.wait_for(story, 90))


def test_a_real_server_is_read_encrypted_and_a_password_is_shown_to_it_alone(tmp_path, papers):
    async def story():
        async with RealUpsd(tmp_path, {"room": ROOM}, papers) as upsd:
            servers = {f"127.0.0.1:{upsd.port}": Server(ca=papers[0], username="reader", password=PASSWORD)}
            async with watching(device(upsd.port, "room"), config=PATIENT, servers=servers) as watch:
                await watch.until(lambda: watch.value("room", "battery_charge_pct") == 90.0)
                assert watch.link().authenticated
                upsd.say("room", ROOM | {"ups.status": "OB DISCHRG", "battery.charge": "44"})
                await watch.until(lambda: watch.value("room", "battery_charge_pct") == 44.0)
                assert watch.value("room", "mode") == 2.0
                assert watch.link().faults == {}

    run(story())


def test_a_real_server_of_another_authority_or_without_encryption_is_not_read(tmp_path, papers):
    other = authority(tmp_path, "theirs")
    places = [tmp_path / "with", tmp_path / "without"]
    for place in places:
        place.mkdir()

    async def story():
        async with RealUpsd(places[0], {"room": ROOM}, papers) as one, RealUpsd(places[1], {"room": ROOM}) as two:
            servers = {f"127.0.0.1:{one.port}": Server(ca=other[0]), f"127.0.0.1:{two.port}": Server(ca=papers[0])}
            both = (device(one.port, "room"), device(two.port, "room", id="plain", asset="plain"))
            async with watching(*both, config=PATIENT, servers=servers) as watch:
                await watch.until(lambda: "encryption failed" in watch.link().detail)
                await watch.until(lambda: "does not offer encryption" in watch.link(1).detail)
                assert {watch.link(n).state for n in (0, 1)} <= {LinkState.NEVER, LinkState.BACKING_OFF}
                assert watch.frames() == ()

    run(story())


def test_discover_asks_a_real_server_encrypted_or_not_at_all(tmp_path, papers):
    other = authority(tmp_path, "theirs")

    async def story():
        async with RealUpsd(tmp_path, {"room": ROOM}, papers) as upsd:
            address = f"127.0.0.1:{upsd.port}"
            async with watching(device(upsd.port, "room"), config=PATIENT) as watch:
                await watch.until(lambda: watch.value("room", "battery_charge_pct") == 90.0)
            found = await asyncio.to_thread(look, address, papers[0])
            with pytest.raises(Untrusted, match="encryption failed"):
                await asyncio.to_thread(look, address, other[0])
            with pytest.raises(Untrusted, match="encryption failed"):
                await asyncio.to_thread(look, address, papers[0], "somebody.else")
        return found

    found = asyncio.run(asyncio.wait_for(story(), 90))
    assert any("proved by its certificate" in text for text in found.found)
    assert not any("without encryption" in text for text in found.missing)
    assert found.requests == 5
    assert [each.ups for each in declare_text(found.entry).devices] == ["room"]


def look(address: str, ca: str, name: str = ""):
    """What is discovered, in the end: on a busy machine an answer may come later than `discover` waits."""
    for _ in range(PATIENCE):
        try:
            return discover(address, protocol="nut", unit=1, requests_max=50, papers=Papers(Path(ca), name))
        except Unavailable:
            continue
    raise AssertionError("waited in vain")
