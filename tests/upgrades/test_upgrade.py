"""Data that earlier versions wrote are taken up by this one: nothing lost, nothing changed, the record goes on.

Each archive here is the data folder of a demo site that a released version ran for a minute: named accounts, alarms,
an incident, passports, and a history cut off in the middle of a turn, as a power failure leaves it. A new archive is
added with each release, and none is ever made anew.
"""

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from ironkeep.adapters.stores.sqlite.adapter import open_reader
from ironkeep.adapters.vaults.accounts.adapter import AccountVault
from ironkeep.ports.facts import FactQuery
from ironkeep.programs import clock
from ironkeep.programs.folder import DataFolder
from tests.programs.test_run import free_port, ironkeep, running

ARCHIVES = sorted(Path(__file__).parent.glob("*.tar.xz"))
NAME, PASSWORD = "robin", "correct horse battery staple 9"  # of the account in the archives


@pytest.fixture(params=ARCHIVES, ids=lambda path: path.name.removesuffix(".tar.xz"))
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


def test_every_old_fact_still_reads_and_verifies(folder: DataFolder) -> None:
    verdict = ironkeep("verify", str(folder.spine), "--key", str(folder.keys / "log.vkey"), "--json")
    assert json.loads(verdict.stdout)["good"], verdict.stdout
    reader = open_reader(folder.spine)
    kinds = {fact.kind for fact in reader.read() if fact.typed() is not None}
    reader.close()
    assert {"AlarmRaised", "IncidentOpened", "PassportTaken", "DeviceDescribed"} <= kinds


def test_an_old_account_still_opens(folder: DataFolder) -> None:
    vault = AccountVault(folder.vault)
    opened = vault.open(NAME, PASSWORD, "", clock.now().at_us)
    assert opened.session.account == NAME
    vault.shut()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_site_goes_on_with_what_an_old_version_wrote(folder: DataFolder) -> None:
    reader = open_reader(folder.spine)
    size, incidents = reader.size(), len(reader.find(FactQuery(kinds=("IncidentOpened",))))
    reader.close()
    before = entries(folder)
    with running(folder.path, free_port()) as run:
        health = json.loads(ironkeep("status", "--json", "--data", str(folder.path)).stdout)
        assert health["live"]
        assert health["facts"] > size
        state = json.loads(ironkeep("state", "--json", "--data", str(folder.path)).stdout)
        assert len(state["incidents"]) >= incidents >= 1
        assert run.stop() == 0
    assert entries(folder, size) == before
    verdict = ironkeep("verify", str(folder.path), "--key", str(folder.keys / "log.vkey"), "--segments", "--json")
    assert json.loads(verdict.stdout)["good"], verdict.stdout
