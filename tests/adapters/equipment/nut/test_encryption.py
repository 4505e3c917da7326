"""Encryption and accounts: asked for or not at all, proved by one authority, secrets in a file of their own."""

import ssl
import subprocess
from pathlib import Path

import pytest

from ironkeep.adapters.equipment.nut.config import Server, read_servers
from ironkeep.model.errors import Refused
from ironkeep.model.link import LinkState
from tests.adapters.equipment.nut.upsd import ON_LINE, Upsd
from tests.adapters.equipment.nut.watch import device, watching


def certificate(folder: Path, name: str) -> tuple[Path, ssl.SSLContext]:
    """A self-signed authority for 127.0.0.1, and the context of a server that has it."""
    pem, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(pem)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return pem, context


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("ours"), "ours")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("theirs"), "theirs")


def test_where_an_authority_is_declared_everything_is_asked_encrypted(run, ours):
    pem, context = ours

    async def story():
        async with Upsd({"ups-1": ON_LINE}, context) as upsd:
            servers = {f"127.0.0.1:{upsd.port}": Server(ca=str(pem), username="reader", password='s e"cret')}
            async with watching(device(upsd.port), servers=servers) as watch:
                await watch.until(lambda: watch.value("ups-1", "battery_charge_pct") == 93.0)
                assert watch.link().authenticated
            assert upsd.said[:3] == [("STARTTLS",), ("USERNAME", "reader"), ("PASSWORD", 's e"cret')]
            assert upsd.encrypted[0] is False
            assert all(upsd.encrypted[1:])

    run(story())


def test_a_server_that_another_authority_vouches_for_is_not_asked(run, ours, theirs):
    async def story():
        async with Upsd({"ups-1": ON_LINE}, theirs[1]) as upsd:
            servers = {f"127.0.0.1:{upsd.port}": Server(ca=str(ours[0]))}
            async with watching(device(upsd.port), servers=servers) as watch:
                await watch.until(lambda: "encryption failed" in watch.link().detail)
                assert watch.link().state is LinkState.NEVER
            assert set(upsd.said) == {("STARTTLS",)}

    run(story())


def test_a_server_that_offers_no_encryption_is_not_asked_without_it(run, ours):
    async def story():
        async with Upsd({"ups-1": ON_LINE}) as upsd:
            servers = {f"127.0.0.1:{upsd.port}": Server(ca=str(ours[0]))}
            async with watching(device(upsd.port), servers=servers) as watch:
                await watch.until(lambda: "FEATURE-NOT-CONFIGURED" in watch.link().detail)
            assert set(upsd.said) <= {("STARTTLS",), ("LOGOUT",)}

    run(story())


def test_words_smuggled_in_before_the_encryption_end_the_connection(run, ours):
    async def story():
        async with Upsd({"ups-1": ON_LINE}, ours[1]) as upsd:
            upsd.after_consent = b"BEGIN LIST VAR ups-1\n"
            servers = {f"127.0.0.1:{upsd.port}": Server(ca=str(ours[0]))}
            async with watching(device(upsd.port), servers=servers) as watch:
                await watch.until(lambda: watch.link().faults.get("unasked", 0) >= 1)
                assert watch.link().replies == 0

    run(story())


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_no_file_means_no_secrets(tmp_path):
    assert read_servers(tmp_path / "nut.toml") == {}


def test_a_file_of_ours_is_read(tmp_path, ours):
    path = write(tmp_path / "nut.toml", f'["192.0.2.1:3493"]\nca = "{ours[0]}"\nusername = "u"\npassword = "p"\n')
    assert read_servers(path) == {"192.0.2.1:3493": Server(ca=str(ours[0]), username="u", password="p")}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o622])
def test_a_file_that_others_can_read_or_change_is_refused(tmp_path, mode):
    with pytest.raises(Refused, match="chmod 600"):
        read_servers(write(tmp_path / "nut.toml", "", mode))


@pytest.mark.parametrize(
    "text",
    [
        '["192.0.2.1:3493"]\nusername = "u"\npassword = "p"\n',
        '["192.0.2.1:3493"]\npassword = "p"\n',
        '["192.0.2.1"]\n',
        '["192.0.2.1:3493"]\nca = "/nowhere/ca.pem"\n',
        '["192.0.2.1:3493"]\nsecret = "p"\n',
        "[[",
        "\x00",
    ],
)
def test_a_file_that_would_send_a_password_in_clear_or_is_not_understood_is_refused(tmp_path, text):
    with pytest.raises(Refused) as told:
        read_servers(write(tmp_path / "nut.toml", text))
    assert "nut.toml" in str(told.value)
