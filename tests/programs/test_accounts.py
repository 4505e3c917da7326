"""People and programs from the command line of the machine: the vault changes, the record is told, also later."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.adapters.stores.sqlite.adapter import open_store
from ironkeep.adapters.vaults.accounts.adapter import AccountVault
from ironkeep.adapters.vaults.accounts.config import Config
from ironkeep.faces.cli.app import create_cli
from ironkeep.model.ids import SiteId
from ironkeep.model.time import SECOND_US
from ironkeep.programs import clock
from ironkeep.programs.main import Programs

GOOD = "four plain words here"
CHEAP = Config(hash_memory_kib=1024, hash_passes=1, hash_lanes=1)  # what a password hash costs is not looked at here


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with a spine and one admin, and no engine running."""
    site = SiteId("here")
    open_store(tmp_path / "spine.sqlite", open_signer(tmp_path / "keys", site), site).close()
    vault = AccountVault(tmp_path / "vault.sqlite", CHEAP)
    vault.enrol(vault.invite("admin", clock.now().at_us), "ann", GOOD, clock.now().at_us)
    vault.shut()
    return tmp_path


def ironkeep(data: Path, *arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(create_cli(Programs()), [*arguments, "--data", str(data)])
    assert done.exit_code == code, (done.stdout, done.stderr)
    return done


def owed(data: Path) -> list[tuple[str, str]]:
    vault = AccountVault(data / "vault.sqlite", CHEAP)
    found = [(each.kind, each.fields["by"].split(":")[0]) for each in vault.owed()]
    vault.shut()
    return found


def test_an_account_is_reset_on_the_machine_and_the_fact_waits_for_an_engine(data: Path) -> None:
    done = ironkeep(data, "account", "reset", "ann", "--port", "9000")
    assert done.stdout.startswith("http://127.0.0.1:9000/enrol?token=")
    assert "as soon as one runs" in done.stderr
    vault, now_us = AccountVault(data / "vault.sqlite", CHEAP), clock.now().at_us
    vault.enrol(done.stdout.strip().split("token=")[1], "ann", "another good password", now_us)
    assert vault.open("ann", "another good password", "", now_us).session.role == "admin"
    vault.shut()
    assert owed(data) == [("AccountReset", "machine")]


def test_accounts_are_invited_listed_given_a_role_and_closed(data: Path) -> None:
    link = json.loads(ironkeep(data, "account", "invite", "--role", "viewer", "--json").stdout)
    assert link["on_record"] is False
    vault, now_us = AccountVault(data / "vault.sqlite", CHEAP), clock.now().at_us
    vault.enrol(link["once"].split("token=")[1], "bob", GOOD, now_us)
    vault.shut()
    ironkeep(data, "account", "role", "bob", "operator")
    assert [(a["name"], a["role"]) for a in json.loads(ironkeep(data, "account", "list", "--json").stdout)] == [
        ("ann", "admin"),
        ("bob", "operator"),
    ]
    ironkeep(data, "account", "close", "bob")
    assert "closed" in ironkeep(data, "account", "list").stdout
    assert [kind for kind, _ in owed(data)] == ["AccountInvited", "RoleChanged", "AccountClosed"]
    for arguments in (("close", "ann"), ("role", "ann", "viewer"), ("reset", "bob"), ("role", "ann", "root")):
        assert "Remedy" in ironkeep(data, "account", *arguments, code=2).stderr


def test_a_vendors_person_is_invited_with_employer_and_last_day_and_prolonged(data: Path) -> None:
    day = timedelta(days=1)
    today = datetime.fromtimestamp(clock.now().at_us // SECOND_US, UTC).date()
    for wrong in (("--employer", "ACME"), ("--last-day", f"{today + day}"), ("--employer", "A", "--last-day", "soon")):
        ironkeep(data, "account", "invite", "--role", "vendor", *wrong, code=2)
    contract = ("--employer", "ACME", "--last-day", f"{today + day}")
    ironkeep(data, "account", "invite", "--role", "viewer", *contract, code=2)
    link = json.loads(ironkeep(data, "account", "invite", "--role", "vendor", *contract, "--json").stdout)["once"]
    vault = AccountVault(data / "vault.sqlite", CHEAP)
    vault.enrol(link.split("token=")[1], "vera", GOOD, clock.now().at_us)
    vault.shut()
    assert f"ACME, ends after {today + day}" in ironkeep(data, "account", "list").stdout
    ironkeep(data, "account", "prolong", "vera", f"{today + 2 * day}")
    assert f"ACME, ends after {today + 2 * day}" in ironkeep(data, "account", "list").stdout
    assert [kind for kind, _ in owed(data)] == ["AccountInvited", "ContractProlonged"]
    for name, last in (("vera", today), ("vera", today + 500 * day), ("ann", today + day), ("nobody", today + day)):
        ironkeep(data, "account", "prolong", name, f"{last}", code=2)
    ironkeep(data, "account", "role", "vera", "viewer", code=2)
    ironkeep(data, "account", "role", "ann", "vendor", code=2)


def test_a_token_is_printed_once_and_revoked(data: Path) -> None:
    scopes = ("--scope", "see readings", "--scope", "see site")
    text = ironkeep(data, "token", "create", "historian", "--owner", "ann", *scopes).stdout.strip()
    listed = ironkeep(data, "token", "list").stdout
    assert text not in listed
    assert text.split("_")[1] in listed
    vault = AccountVault(data / "vault.sqlite", CHEAP)
    assert vault.bearer(text, clock.now().at_us).acts == ("see site", "see readings")
    vault.shut()
    ironkeep(data, "token", "revoke", text.split("_")[1])
    assert "revoked" in ironkeep(data, "token", "list").stdout
    assert [kind for kind, _ in owed(data)] == ["TokenCreated", "TokenRevoked"]
    ironkeep(data, "token", "revoke", "00000000", code=2)
    ironkeep(data, "token", "create", "x1", "--owner", "nobody", *scopes, code=2)
    ironkeep(data, "token", "create", "x1", "--owner", "ann", "--scope", "everything", code=2)


def test_a_folder_without_a_site_has_no_office(tmp_path: Path) -> None:
    ironkeep(tmp_path, "account", "list", code=2)
    assert not (tmp_path / "vault.sqlite").exists()
