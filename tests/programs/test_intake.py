"""`ironkeep import`: files looked at offline, taken whole by a running site, and taken back."""

import asyncio
import json
from pathlib import Path

import msgspec
import numpy as np
import pytest
from typer.testing import CliRunner

from ironkeep.adapters.equipment.modbus.adapter import ModbusReader
from ironkeep.codecs import intake, inventory
from ironkeep.faces.cli.app import create_cli
from ironkeep.model.register import FIELDS, Form, Import
from ironkeep.packs.equipment.library import knowledge
from ironkeep.packs.sites.declare import declare_text
from ironkeep.packs.sites.demo import address_demo, demo_text
from ironkeep.programs import clock
from ironkeep.programs.intake import understood
from ironkeep.programs.main import Programs
from ironkeep.twin.plant import Plant
from ironkeep.twin.serve.site import SiteServer
from tests.codecs import wire
from tests.codecs.wire import Stream
from tests.programs.test_run import Run, free_port

POLLS = 3
LOOKS = 400  # of 0.05 s


def command(*words: object):
    return CliRunner().invoke(create_cli(Programs()), [*map(str, words)])


class Tap:
    """Stands between client and server, passes every byte on, and keeps who sent what in which order."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.kept: list[tuple[int, int, bytes]] = []
        self.links = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link, self.links = self.links, self.links + 1
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)

        async def pump(side: int, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(65_536):
                self.kept.append((link, side, data))
                target.write(data)
                await target.drain()
            target.close()

        await asyncio.gather(pump(0, reader, far_writer), pump(1, far_reader, writer), return_exceptions=True)


async def overheard() -> tuple[Tap, set[int]]:
    """What our own client and the twin's server say to each other about one battery, and the units that it has."""
    server = SiteServer(Plant(7))
    try:
        site = declare_text(address_demo(demo_text(), await server.start()))
        bank = next(device for device in site.devices if device.id == "cab-a-bms")
        tap = Tap(bank.port)
        listening = await asyncio.start_server(tap, "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        own = [d for d in site.devices if (d.host, d.port) == (bank.host, bank.port)]
        devices = [msgspec.structs.replace(device, port=port) for device in own]
        reader = ModbusReader(devices, knowledge(), clock.now, np.random.default_rng(1))
        reading = asyncio.create_task(reader.run())
        for _ in range(LOOKS):
            await asyncio.sleep(0.05)
            frames = reader.frames(clock.now().at_us)
            if frames and all(frame.polls.min() >= POLLS for frame in frames):
                break
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        listening.close()
        return tap, {device.unit for device in devices}
    finally:
        await server.stop()


def test_our_own_polling_overheard_is_reads_and_nothing_else(tmp_path: Path) -> None:
    tap, units = asyncio.run(overheard())
    stories = {}
    frames = []
    for link, side, data in tap.kept:
        ends = ("02:00:00:00:00:01", "10.20.4.10", 50_000 + link), ("02:00:00:00:00:02", "10.20.4.31", 15_020)
        if link not in stories:
            stories[link] = Stream(*ends)
            stories[link].open()
            frames += stories[link].frames
        for start in range(0, len(data), 1400):
            stories[link].send(side, data[start : start + 1400])
            frames.append(stories[link].frames[-1])
    path = tmp_path / "tap.pcapng"
    path.write_bytes(wire.pcapng(frames))
    held = understood(path)
    (talk,) = held.talks
    asked = sum(side == 0 for _, side, _ in tap.kept)
    assert (talk.asker, talk.answerer, talk.protocol, talk.port) == ("10.20.4.10", "10.20.4.31", "modbus", 15_020)
    assert talk.reads == asked > 20
    assert (talk.writes, talk.others) == (0, 0)
    place = next(record.place for record in held.records if record.fields["address"] == "10.20.4.31")
    assert place.endswith(f"units {' '.join(map(str, sorted(units)))})")


def test_a_dry_run_shows_what_would_be_taken_and_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("asset,maker,colour\ncab-a,Helion,blue\n")
    told = command("import", tmp_path / "list.csv", "--dry-run", "--data", tmp_path / "data")
    assert told.exit_code == 0
    assert "asset cab-a; maker Helion" in told.stdout
    assert "left out: column 'colour'" in told.stdout
    assert not (tmp_path / "data").exists()
    held = msgspec.json.decode(command("import", tmp_path / "list.csv", "--dry-run", "--json").stdout, type=Import)
    assert held == understood(tmp_path / "list.csv")
    assert held.form is Form.CSV


def test_the_template_comes_from_the_command_and_reads_back(tmp_path: Path) -> None:
    text = command("import", "--template").stdout
    assert text == inventory.template()
    (tmp_path / "list.csv").write_text(text + "cab-a" + "," * (len(FIELDS) - 1) + "\n")
    assert len(understood(tmp_path / "list.csv").records) == 1


def test_a_file_that_is_refused_ends_with_two_and_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("asset,state\na,running\n")
    (tmp_path / "good.csv").write_text("asset,state\na,active\n")
    told = command("import", tmp_path / "bad.csv", tmp_path / "good.csv", "--dry-run")
    assert told.exit_code == 2
    assert "bad.csv: line 2, column 2 (state)" in told.output
    assert "good.csv: would be taken" in told.output


@pytest.mark.parametrize(
    "words",
    [
        ("import",),
        ("import", "nowhere.csv", "--dry-run"),
        ("import", __file__, "--dry-run", "--form", "yaml"),
        ("import", __file__, "--form", "pcap", "--dry-run"),
    ],
)
def test_what_cannot_be_taken_is_said_with_its_remedy(words: tuple[str, ...]) -> None:
    told = command(*words)
    assert told.exit_code == 2
    assert "Remedy:" in told.output


def test_the_same_file_is_the_same_import(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("asset,maker\ncab-a,Helion\n")
    one, other = understood(tmp_path / "list.csv"), understood(tmp_path / "list.csv")
    assert intake.canonical(one) == intake.canonical(other)


@pytest.mark.slow
def test_a_running_site_takes_an_import_once_and_gives_it_back(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("asset,owner\ncab-a,Kim Ito\n")
    data = tmp_path / "data"
    assert command("import", tmp_path / "list.csv", "--data", data).exit_code == 2
    run = Run(data, free_port(), "--demo")
    try:
        run.ready()
        assert command("import", tmp_path / "list.csv", "--data", data).exit_code == 0
        again = command("import", tmp_path / "list.csv", "--data", data)
        assert again.exit_code == 2
        assert "already" in again.output
        (row,) = json.loads(command("imports", "--data", data, "--json").stdout)
        assert (row["form"], row["records"], row["withdrawn"]) == ("csv", 1, "")
        assert (data / "blobs" / row["digest"][:2] / row["digest"]).exists()
        assert command("import", "--withdraw", row["id"], "--data", data).exit_code == 2
        assert command("import", "--withdraw", row["id"], "--why", "wrong list", "--data", data).exit_code == 0
        (row,) = json.loads(command("imports", "--data", data, "--json").stdout)
        assert row["withdrawn"].endswith("wrong list")
    finally:
        run.stop()
