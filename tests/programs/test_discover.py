"""`ironkeep discover`: one device and never two, within its requests, and a site file that the check accepts."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from ironkeep.faces.cli.app import create_cli
from ironkeep.faces.cli.wiring import Papers
from ironkeep.model.errors import Conflict, Refused, Unavailable, Untrusted
from ironkeep.model.site import Tls
from ironkeep.packs.sites.declare import declare_text
from ironkeep.programs.discover.entry import clean, identifier
from ironkeep.programs.discover.run import REQUESTS_MAX, discover, require_new, write
from ironkeep.programs.discover.target import target
from ironkeep.programs.main import Programs
from tests.adapters.equipment.modbus.papers import Authority
from tests.adapters.equipment.modbus.plant import Plant, common, image
from tests.adapters.equipment.nut.upsd import ON_LINE, Upsd

HUNDRED = 100


@contextmanager
def running(server: AbstractAsyncContextManager) -> Iterator:
    """Keep an asyncio server in a thread of its own, for a program that has a loop of its own."""
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def life() -> None:
        async with server:
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(life()))
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def battery(heartbeat: int | None = 7) -> tuple[int, ...]:
    """A model 802 of 62 registers, in which only the state of charge and perhaps the heartbeat are implemented."""
    words = [0xFFFF] * 62
    words[9] = 50
    words[16] = 0xFFFF if heartbeat is None else heartbeat
    words[50:62] = [0] * 12
    return (802, 62, *words)


def ask(server: Plant | Upsd, protocol: str = "modbus", requests_max: int = HUNDRED, unit: int = 1):
    return discover(f"127.0.0.1:{server.port}", protocol=protocol, unit=unit, requests_max=requests_max)


@pytest.mark.parametrize(
    "text",
    [
        "10.0.0.0/24",
        "10.0.0.1-20",
        "10.0.0.*",
        "10.0.0.1,10.0.0.2",
        "10.0.0.1 10.0.0.2",
        "10.0.0.1:502-510",
        "10.0.0.1:502,503",
        "10.0.0.1:0",
        "10.0.0.1:65536",
        "10.0.0.1:",
        "10.0.0.1:٥٠٢",
        "0.0.0.0",
        "::",
        "255.255.255.255",
        "224.0.0.1",
        "ff02::1",
        "[::1",
        "[::1]502",
        "",
        "modbus://10.0.0.1",
        "user@10.0.0.1",
    ],
)
def test_anything_but_one_device_is_refused_before_anything_is_sent(text):
    with pytest.raises(Refused):
        discover(text, protocol="", unit=1, requests_max=HUNDRED)


@pytest.mark.parametrize(
    ("text", "protocol", "expected"),
    [
        ("10.20.0.5", "", ("10.20.0.5", 502, "modbus")),
        ("10.20.0.5:1502", "", ("10.20.0.5", 1502, "modbus")),
        ("10.20.0.5:3493", "", ("10.20.0.5", 3493, "nut")),
        ("10.20.0.5", "nut", ("10.20.0.5", 3493, "nut")),
        ("[fd00::5]:502", "", ("fd00::5", 502, "modbus")),
        ("fd00::5", "nut", ("fd00::5", 3493, "nut")),
        ("localhost:3493", "", ("localhost", 3493, "nut")),
    ],
)
def test_a_device_is_a_host_a_port_and_the_protocol_that_follows(text, protocol, expected):
    at = target(text, protocol)
    assert (at.host, at.port, at.protocol) == expected


def test_a_name_that_nobody_knows_is_unavailable():
    with pytest.raises(Unavailable):
        target("no-such-device.invalid", "")


@pytest.mark.parametrize(
    "given", [{"protocol": "snmp"}, {"unit": 256}, {"unit": -1}, {"requests_max": REQUESTS_MAX + 1}]
)
def test_an_impossible_option_is_refused(given):
    with pytest.raises(Refused):
        discover("127.0.0.1:9", **({"protocol": "", "unit": 1, "requests_max": HUNDRED} | given))


def test_nobody_there_is_said_with_the_address():
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9"):
        discover("127.0.0.1:9", protocol="modbus", unit=1, requests_max=HUNDRED)


def test_a_battery_over_modbus_becomes_a_site_file_with_its_gaps():
    with running(Plant({1: image(common(), battery())})) as plant:
        found = ask(plant)
        asked = len(plant.asked)
    assert found.requests == asked <= HUNDRED
    site = declare_text(found.entry)
    assert [asset.kind.value for asset in site.assets] == ["bank"]
    assert (site.devices[0].port, site.devices[0].base, site.devices[0].protocol) == (plant.port, 40_000, "modbus")
    told = "\n".join(found.missing)
    assert "S58" in told
    assert "S40" in told
    assert "S59" not in told
    assert any("sunspec-802" in text for text in found.found)


def test_a_device_over_tls_is_asked_with_both_certificates_and_declared_with_them(tmp_path):
    ours = Authority(tmp_path, "ours")
    certificate, key = ours.issue("ironkeep")
    plant = Plant({1: image(common(), battery())})
    plant.ssl = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    plant.ssl.load_cert_chain(*ours.issue("bms"))
    plant.ssl.load_verify_locations(ours.path)
    plant.ssl.verify_mode = ssl.CERT_REQUIRED
    papers = Papers(Path(ours.path), "bms", Path(certificate), Path(key))
    how = {"protocol": "modbus", "unit": 1, "requests_max": HUNDRED}
    with running(plant):
        found = discover(f"127.0.0.1:{plant.port}", papers=papers, **how)
        with pytest.raises(Untrusted, match="not believed"):
            discover(f"127.0.0.1:{plant.port}", papers=msgspec.structs.replace(papers, name="other"), **how)
    (device,) = declare_text(found.entry).devices
    assert device.tls == Tls(ours.path, certificate, key, "bms")
    assert "both sides showed a certificate" in found.found[0]
    assert not any("proves neither who speaks" in text for text in found.missing)
    with pytest.raises(Refused, match="both sides"):
        discover(f"127.0.0.1:{plant.port}", papers=Papers(Path(ours.path)), **how)
    assert target("10.0.0.1", "modbus", secure=True).port == 802


def test_a_battery_without_a_heartbeat_is_told_that_a_detector_stays_off():
    with running(Plant({1: image(common(), battery(heartbeat=None))})) as plant:
        assert any("S59" in text for text in ask(plant).missing)


def test_a_model_that_nobody_knows_is_named():
    with running(Plant({1: image(common(), (59_999, 2, 1, 2), battery())})) as plant:
        found = ask(plant)
    assert any("59999" in text and "not known" in text for text in found.found)
    assert any("59999" in text and "map" in text for text in found.missing)


def test_modules_of_a_chain_become_assets_of_their_own():
    module = (805, 42, *[0] * 42)
    with running(Plant({1: image(common(), battery(), module, module)})) as plant:
        site = declare_text(ask(plant).entry)
    assert [asset.id for asset in site.assets] == ["bank-1", "bank-1.m01", "bank-1.m02"]
    assert site.devices[0].children == {"805": "bank-1.m{n:02}"}


def strings(count: int) -> tuple[int, ...]:
    return (803, 26 + 32 * count, *[0] * (26 + 32 * count))


def string(modules: int) -> tuple[int, ...]:
    return (804, 46 + 16 * modules, *[0] * (46 + 16 * modules))


CELLS = (805, 42, *[0] * 42)


@pytest.mark.parametrize(
    ("models", "assets", "children"),
    [
        (
            (battery(), strings(3)),
            ["bank-1", "bank-1.s01", "bank-1.s02", "bank-1.s03"],
            {"803": "bank-1.s{n:02}"},
        ),
        (
            (string(2), CELLS, CELLS),
            ["string-1", "string-1.m01", "string-1.m02"],
            {"804": "string-1.m{n:02}", "805": "string-1.m{n:02}"},
        ),
        (
            (battery(), strings(2), string(2), string(1)),
            ["bank-1", "bank-1.s01", "bank-1.s02", "bank-1.s01.m01", "bank-1.s01.m02", "bank-1.s02.m01"],
            {"803": "bank-1.s{n:02}", "804#": "bank-1.s{n:02}", "804.*": "bank-1.s{m:02}.m{n:02}"},
        ),
        (
            (battery(), strings(1), string(1), CELLS),
            ["bank-1", "bank-1.s01", "bank-1.s01.m01"],
            {
                "803": "bank-1.s{n:02}",
                "804#": "bank-1.s{n:02}",
                "804.*": "bank-1.s{m:02}.m{n:02}",
                "805": "bank-1.s01.m{n:02}",
            },
        ),
        ((battery(), strings(0)), ["bank-1"], {}),
    ],
)
def test_strings_and_modules_inside_models_become_assets_of_their_own(models, assets, children):
    with running(Plant({1: image(common(), *models)})) as plant:
        site = declare_text(ask(plant).entry)
    assert [asset.id for asset in site.assets] == assets
    assert site.devices[0].children == children


def test_modules_of_which_nobody_says_whose_they_are_stand_under_the_bank_and_are_told():
    with running(Plant({1: image(common(), battery(), strings(2), CELLS, CELLS, CELLS)})) as plant:
        found = ask(plant)
    assert declare_text(found.entry).devices[0].children["805"] == "bank-1.m{n:02}"
    assert any("which module is of which string" in text for text in found.missing)


def test_registers_without_sunspec_still_become_a_file_that_the_check_accepts():
    with running(Plant({1: {0: 1}})) as plant:
        found = ask(plant)
    assert any("no SunSpec marker" in text for text in found.missing)
    assert declare_text(found.entry).devices[0].port == plant.port


def test_never_more_requests_than_were_said():
    with running(Plant({1: image(common(), battery())})) as plant:
        found = ask(plant, requests_max=5)
        assert len(plant.asked) == found.requests == 5
        assert any("left out" in text for text in found.missing)
    with running(Plant({1: image(common(), *[battery()] * 4)})) as plant:
        with pytest.raises(Refused, match="more than 4 requests"):
            ask(plant, requests_max=4)
        assert len(plant.asked) == 4


def test_a_reply_that_does_not_answer_ends_the_look():
    with running(Plant({1: image(common(), battery())})) as plant:
        plant.mangle[1] = lambda asked: [asked.frame(transaction=asked.transaction + 1)]
        with pytest.raises(Untrusted):
            ask(plant)


def test_the_upses_of_a_server_become_a_site_file_with_their_gaps():
    upses = {"room a": {}, "UPS_1": ON_LINE, "ups-1": {"ups.status": "OB", "battery.current": "3"}}
    del upses["room a"]
    with running(Upsd(upses)) as upsd:
        found = ask(upsd, "nut")
        said = list(upsd.said)
    assert {words[0] for words in said} == {"VER", "LIST", "LOGOUT"}
    assert found.requests == len(said) == 5
    site = declare_text(found.entry)
    assert [(device.ups, device.protocol) for device in site.devices] == [("UPS_1", "nut"), ("ups-1", "nut")]
    assert len({asset.id for asset in site.assets}) == 2
    told = "\n".join(found.missing)
    assert "ups-1: no battery.runtime" in told
    assert "UPS_1: no battery.runtime" not in told
    assert "S40" in told


def test_a_ups_whose_values_are_stale_is_told_and_still_declared():
    with running(Upsd({"ups-1": ON_LINE})) as upsd:
        upsd.errors["ups-1"] = "DATA-STALE"
        found = ask(upsd, "nut")
    assert any("DATA-STALE" in text for text in found.found)
    assert declare_text(found.entry).devices[0].ups == "ups-1"


def test_upses_beyond_the_requests_are_named_and_not_asked():
    with running(Upsd({f"ups-{n}": ON_LINE for n in range(5)})) as upsd:
        found = ask(upsd, "nut", requests_max=5)
        assert len(upsd.said) == found.requests == 5
    assert any("ups-2, ups-3, ups-4" in text for text in found.missing)


def test_a_lying_server_ends_the_look():
    with running(Upsd({"ups-1": ON_LINE})) as upsd:
        upsd.mangle["ups-1"] = lambda right: right.replace(b"ups-1", b"ups-2")
        with pytest.raises(Untrusted):
            ask(upsd, "nut")


def test_what_a_device_says_of_itself_cannot_break_out_of_the_file():
    evil = ON_LINE | {"device.mfr": 'x" [[device]] \\', "device.model": "m\u2028[site]"}
    with running(Upsd({"ups-1": evil})) as upsd:
        site = declare_text(ask(upsd, "nut").entry)
    assert len(site.devices) == 1


def test_a_file_is_never_overwritten(tmp_path):
    with running(Upsd({"ups-1": ON_LINE})) as upsd:
        found = ask(upsd, "nut")
    path = tmp_path / "site.toml"
    require_new(path)
    write(found, path)
    assert path.read_text() == found.entry
    with pytest.raises(Conflict):
        require_new(path)
    with pytest.raises(Conflict):
        write(found, path)


def test_texts_and_ids_are_cleaned():
    assert clean("a\nb\x1b[0m" + "x" * 200) == "a?b?[0m" + "x" * 73
    assert identifier("Rack 7 / UPS A", "ups-1") == "rack-7-ups-a"
    assert identifier("7", "ups-1") == "ups-1"
    assert identifier("", "ups-1") == "ups-1"


def test_the_command_prints_the_file_alone_and_the_words_beside_it(tmp_path):
    runner, cli, path = CliRunner(), create_cli(Programs()), tmp_path / "site.toml"
    with running(Upsd({"ups-1": ON_LINE})) as upsd:
        words = ["discover", f"127.0.0.1:{upsd.port}", "--protocol", "nut"]
        shown = runner.invoke(cli, words)
        kept = runner.invoke(cli, [*words, "--out", str(path)])
        again = runner.invoke(cli, [*words, "--out", str(path)])
    assert (shown.exit_code, kept.exit_code, again.exit_code) == (0, 0, 2)
    assert declare_text(shown.stdout).devices[0].ups == "ups-1"
    assert path.read_text() == shown.stdout.removesuffix("\n")
    assert "missing, or to be known" in shown.stderr
    assert "at most 400 requests" in shown.stderr
    assert runner.invoke(cli, ["site", "check", str(path)]).exit_code == 0
