"""A site is carried away while it writes, and brought back whole or not at all."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ironkeep.adapters.blobs.files.adapter import FileBlobs
from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.history.adapter import open_history
from ironkeep.adapters.stores.sqlite.adapter import SqliteFactStore, open_reader, open_store
from ironkeep.adapters.vaults.accounts.adapter import AccountVault
from ironkeep.facts.envelope import Draft
from ironkeep.facts.site import SiteDeclared
from ironkeep.facts.telemetry import SettingChanged
from ironkeep.model.errors import Conflict, Refused, Trouble, Untrusted
from ironkeep.model.ids import SiteId
from ironkeep.ports.history import HistoryPolicy
from ironkeep.programs.backup import backup, restore
from ironkeep.programs.folder import MARK, MARK_TEXT, DataFolder
from tests.worlds.history.recording import Clock, frame, layout

UPKEEP_LIMIT_S = 60.0
SITE = SiteId("carried")


@dataclass
class Site:
    """A site that goes on writing while it is copied."""

    folder: DataFolder
    store: SqliteFactStore
    clock: Clock

    def change(self, count: int) -> None:
        """Write as many facts."""
        body = SettingChanged("cab-a", "trip_over_c", "60", "62", "°C", "cell over-temperature trip", True)
        for _ in range(count):
            self.store.append([Draft(body, "room:telemetry")], self.clock())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Some hundred facts with sealed telemetry, a blob, an account vault, a site file; the writer is at work."""
    folder = DataFolder(tmp_path / "data")
    folder.path.mkdir()
    (folder.path / MARK).write_text(MARK_TEXT)
    folder.site.write_text('[site]\nid = "carried"\nname = "Carried"\n')
    FileBlobs(folder.blobs).put(b"a site file of old")
    AccountVault(folder.vault).shut()
    clock = Clock()
    store = open_store(folder.spine, open_signer(folder.keys, SITE), SITE)
    history = open_history(folder.history, HistoryPolicy(seal_every_s=60), clock, open_reader(folder.spine))
    for turn in range(130):
        history.append([frame(layout(), turn, clock.at_us)], "")
        clock.pass_s(1)
    for _ in range(2):
        if sealed := history.outcomes():
            store.append([Draft(body, "engine") for body in sealed], clock())
        history.wait(UPKEEP_LIMIT_S)
    if sealed := history.outcomes():
        store.append([Draft(body, "engine") for body in sealed], clock())
    made = Site(folder, store, clock)
    made.change(300)
    yield made
    history.close()
    store.close()


def test_a_running_site_comes_back_and_its_record_goes_on(site: Site, tmp_path: Path) -> None:
    made = backup(site.folder, tmp_path / "away", keys=False)
    site.change(5)  # the writer was never stopped
    assert any(name.endswith(".parquet") for name in made.files)
    assert {"spine.sqlite", "vault.sqlite", "site.toml"} <= made.files.keys()

    back = restore(tmp_path / "away", tmp_path / "back", keys=site.folder.keys)
    assert (back.facts, back.root) == (made.facts, made.root)
    again = open_store(tmp_path / "back/spine.sqlite", open_signer(tmp_path / "back/keys", SITE), SITE)
    assert again.size() == made.facts
    (fact,) = again.append([Draft(SettingChanged("a", "b", "1", "2", "", "", False), "engine")], site.clock())
    assert fact.seq == made.facts
    again.close()
    assert FileBlobs(tmp_path / "back/blobs").get(next(iter_digests(site.folder))) == b"a site file of old"
    DataFolder(tmp_path / "back").open()  # a folder of ours, which nobody holds


def iter_digests(folder: DataFolder) -> Iterator[str]:
    """Digests of the blobs of a site."""
    return (path.name for path in sorted(folder.blobs.rglob("*")) if path.is_file())


def test_the_signing_key_leaves_only_when_asked(site: Site, tmp_path: Path) -> None:
    backup(site.folder, tmp_path / "without", keys=False)
    backup(site.folder, tmp_path / "with", keys=True)
    private = [path.name for path in site.folder.keys.iterdir() if path.read_bytes().startswith(b"-----BEGIN")]
    assert len(private) == 1
    assert not (tmp_path / "without/keys" / private[0]).exists()
    assert (tmp_path / "with/keys" / private[0]).stat().st_mode & 0o077 == 0

    with pytest.raises(Refused, match="without the signing key"):
        restore(tmp_path / "without", tmp_path / "back", keys=None)
    restore(tmp_path / "with", tmp_path / "back", keys=None)


def test_another_key_is_not_taken_for_the_sites(site: Site, tmp_path: Path) -> None:
    backup(site.folder, tmp_path / "away", keys=False)
    open_signer(tmp_path / "other", SITE)
    with pytest.raises(Untrusted, match="not the one of this record"):
        restore(tmp_path / "away", tmp_path / "back", keys=tmp_path / "other")
    assert not (tmp_path / "back").exists()


def test_another_private_key_beside_the_right_public_one_is_not_taken_for_the_sites(site: Site, tmp_path: Path) -> None:
    backup(site.folder, tmp_path / "away", keys=False)
    other = tmp_path / "keys"
    open_signer(other, SITE)
    shutil.copy(site.folder.keys / "log.vkey", other / "log.vkey")
    with pytest.raises(Untrusted, match="not the one of this record"):
        restore(tmp_path / "away", tmp_path / "back", keys=other)
    assert not (tmp_path / "back").exists()


def test_a_site_whose_file_lies_elsewhere_is_carried_with_the_file_in_force(site: Site, tmp_path: Path) -> None:
    site.folder.site.unlink()
    backup(site.folder, tmp_path / "undeclared", keys=True)
    assert not (tmp_path / "undeclared" / "site.toml").exists()
    for text in (b"an older one", b"the one in force"):
        digest = FileBlobs(site.folder.blobs).put(text)
        site.store.append([Draft(SiteDeclared(SITE, "Carried", digest, 1, 1, False), "engine")], site.clock())
    backup(site.folder, tmp_path / "away", keys=True)
    restore(tmp_path / "away", tmp_path / "back", keys=None)
    assert (tmp_path / "back" / "site.toml").read_bytes() == b"the one in force"


def test_every_changed_missing_or_foreign_file_is_named_and_nothing_is_made(site: Site, tmp_path: Path) -> None:
    made = backup(site.folder, tmp_path / "away", keys=True)
    for name in made.files:
        broken = tmp_path / "broken"
        shutil.copytree(tmp_path / "away", broken)
        data = bytearray((broken / name).read_bytes())
        data[len(data) // 2] ^= 1
        (broken / name).write_bytes(data)
        with pytest.raises(Trouble) as caught:
            restore(broken, tmp_path / "back", keys=None)
        assert name in str(caught.value)
        (broken / name).unlink()
        with pytest.raises(Untrusted, match="missing"):
            restore(broken, tmp_path / "back", keys=None)
        shutil.rmtree(broken)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["away", "data"]


def test_a_list_that_points_outside_is_refused(site: Site, tmp_path: Path) -> None:
    backup(site.folder, tmp_path / "away", keys=True)
    listed = json.loads((tmp_path / "away/backup.json").read_text())
    for name in ("../outside", "/outside", "blobs/../../outside", "out\0side"):
        (tmp_path / "away/backup.json").write_text(
            json.dumps({**listed, "files": {**listed["files"], name: {"size": 0, "sha256": ""}}})
        )
        with pytest.raises(Untrusted, match="outside the backup"):
            restore(tmp_path / "away", tmp_path / "back", keys=None)
    for text in ("", "[]", "{", '{"form": 1}', json.dumps({**listed, "form": 99})):
        (tmp_path / "away/backup.json").write_text(text)
        with pytest.raises(Refused, match=r"backup\.json"):
            restore(tmp_path / "away", tmp_path / "back", keys=None)


def test_nothing_that_stands_there_is_overwritten(site: Site, tmp_path: Path) -> None:
    backup(site.folder, tmp_path / "away", keys=True)
    with pytest.raises(Conflict, match="exists already"):
        backup(site.folder, tmp_path / "away", keys=True)
    with pytest.raises(Conflict, match="not empty"):
        restore(tmp_path / "away", site.folder.path, keys=None)
    (tmp_path / "empty").mkdir()
    restore(tmp_path / "away", tmp_path / "empty", keys=None)


def test_a_record_that_does_not_verify_is_not_carried_away(site: Site, tmp_path: Path) -> None:
    next((site.folder.history / "raw").rglob("*.parquet")).unlink()
    with pytest.raises(Untrusted, match="does not verify"):
        backup(site.folder, tmp_path / "away", keys=True)
    assert not (tmp_path / "away").exists()
