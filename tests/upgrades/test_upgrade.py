"""Data that earlier versions wrote are taken up by this one: nothing lost, nothing changed, the record goes on.

Each archive here is the data folder of a demo site that a released version ran for a minute: named accounts, alarms,
an incident, passports, and a history cut off in the middle of a turn, as a power failure leaves it. A new archive is
added with each release, and none is ever made anew.
"""

import hashlib
import json
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.adapters.vaults.accounts.adapter import AccountVault
from ironkeep.faces.cli.app import create_cli
from ironkeep.ports.facts import FactQuery
from ironkeep.programs import clock
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.main import Programs
from ironkeep.programs.site import demo_site
from tests.programs.test_run import READY_S, STOP_S, free_port, health_of, running, wait_for

ARCHIVES = sorted(Path(__file__).parent.glob("*.tar.xz"), key=lambda path: [int(n) for n in path.name.split(".")[:3]])
NAME, PASSWORD = "robin", "correct horse battery staple 9"  # of the account in the archives


def version(archive: Path) -> str:
    """Of the release that wrote it."""
    return archive.name.removesuffix(".tar.xz")


@pytest.fixture(params=ARCHIVES, ids=version)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> DataFolder:
    """The data folder as that version left it."""
    with tarfile.open(request.param) as archive:
        archive.extractall(tmp_path / "data", filter="data")
    (tmp_path / "data/keys").chmod(0o700)
    return DataFolder(tmp_path / "data")


def entries(folder: DataFolder, last: int | None = None) -> str:
    """A digest over the bytes of every fact."""
    reader = open_reader(folder.spine)
    found = hashlib.sha256(b"".join(reader.entries(0, last))).hexdigest()
    reader.close()
    return found


def said(*words: str) -> dict[str, Any]:
    """What a command answers, as JSON."""
    done = CliRunner().invoke(create_cli(Programs()), [*words, "--json"])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@contextmanager
def part(log: Path, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of a site, which ends in order."""
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", "ironkeep", *words], stdout=out, stderr=out)
    try:
        yield process
        process.send_signal(signal.SIGINT)
        assert process.wait(STOP_S) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the devices of a demo plant listen, for one engine after the other."""
    home = DataFolder(tmp_path_factory.mktemp("plant"))
    with part(home.path / "twin.log", "twin", "serve", "--data", str(home.path)) as twin:
        wait_for(lambda: home.ports.exists() or twin.poll() is not None, READY_S)
        yield home.ports


def test_every_old_fact_still_reads_and_verifies(folder: DataFolder) -> None:
    verdict = said("verify", str(folder.spine), "--key", str(folder.keys / "log.vkey"))
    assert verdict["good"], verdict
    reader = open_reader(folder.spine)
    kinds = {fact.kind for fact in reader.read() if fact.typed() is not None}
    reader.close()
    assert {"AlarmRaised", "IncidentOpened", "PassportTaken", "DeviceDescribed"} <= kinds


def test_an_old_account_still_opens(folder: DataFolder) -> None:
    vault = AccountVault(folder.vault)
    opened = vault.open(NAME, PASSWORD, "", clock.now().at_us)
    assert opened.session.account == NAME
    vault.shut()


def goes_on(folder: DataFolder, site: Callable[[], AbstractContextManager[object]]) -> None:
    """Let a site run on the folder until live data flow; nothing old is lost or changed, and all verifies."""
    reader = open_reader(folder.spine)
    size, incidents = reader.size(), len(reader.find(FactQuery(kinds=("IncidentOpened",))))
    reader.close()
    before = entries(folder)
    with site():
        wait_for(lambda: (told := health_of(folder.path)) and told.live, READY_S)
        assert health_of(folder.path).facts > size
        assert len(said("state", "--data", str(folder.path))["incidents"]) >= incidents >= 1
    assert entries(folder, size) == before
    verdict = said("verify", str(folder.path), "--key", str(folder.keys / "log.vkey"), "--segments")
    assert verdict["good"], verdict


@pytest.mark.slow
@pytest.mark.parametrize("folder", ARCHIVES[-1:], indirect=True, ids=version)
def test_a_whole_site_goes_on_with_what_the_newest_old_version_wrote(folder: DataFolder) -> None:
    @contextmanager
    def whole() -> Iterator[None]:
        with running(folder.path, free_port()) as run:
            yield
            assert run.stop() == 0

    goes_on(folder, whole)


@pytest.mark.slow
@pytest.mark.parametrize("folder", ARCHIVES[:-1], indirect=True, ids=version)
def test_an_engine_goes_on_with_what_an_old_version_wrote(folder: DataFolder, ports: Path) -> None:
    folder.site.write_text(demo_site(ports))
    words = ("engine", "--data", str(folder.path), "--site", str(folder.site))
    goes_on(folder, lambda: part(folder.path / "engine.log", *words))
