"""The site's own authority signs for its site and for nothing else; a key is its owner's alone."""

import stat
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from ironkeep.model.errors import Refused
from ironkeep.programs.tls import authority
from ironkeep.programs.tls.pair import days_left, names_of

NOW_US = 1_795_000_000_000_000
DAY_US = 86_400_000_000


def checked(root, leaf, *more):
    """What OpenSSL says of a chain at that time."""
    command = ["openssl", "verify", "-attime", str(NOW_US // 1_000_000), "-x509_strict", *more]
    return subprocess.run([*command, "-CAfile", str(root), str(leaf)], capture_output=True, text=True, check=False)


def test_it_signs_for_the_names_given_and_for_this_machine_and_openssl_agrees(tmp_path):
    made = authority.make(tmp_path / "tls", ["Battery.LAN", "10.0.0.5"], [], NOW_US)
    assert made.anew
    assert names_of(made.pair.leaf) == ("battery.lan", "localhost", "10.0.0.5", "127.0.0.1", "::1")
    for name in (("-verify_hostname", "battery.lan"), ("-verify_ip", "10.0.0.5")):
        assert checked(made.authority, made.pair.certificate, *name).returncode == 0
    assert checked(made.authority, made.pair.certificate, "-verify_hostname", "other.lan").returncode != 0


def test_keys_are_their_owners_alone(tmp_path):
    made = authority.make(tmp_path / "tls", ["battery.lan"], [], NOW_US)
    for path in (made.pair.key, tmp_path / "tls" / "authority.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700


def test_a_renewal_and_a_further_name_inside_the_limits_need_no_new_authority(tmp_path):
    first = authority.make(tmp_path, ["battery.lan"], ["10.0.0.0/24"], NOW_US)
    again = authority.make(tmp_path, ["room.battery.lan", "10.0.0.77"], [], NOW_US)
    assert not again.anew
    assert again.authority_fingerprint == first.authority_fingerprint
    assert checked(again.authority, again.pair.certificate, "-verify_ip", "10.0.0.77").returncode == 0
    with pytest.raises(Refused, match=r"may not sign for other\.lan, 10\.0\.1\.1") as told:
        authority.make(tmp_path, ["other.lan", "10.0.1.1"], [], NOW_US)
    assert "--anew" in told.value.remedy
    anew = authority.make(tmp_path, ["other.lan"], [], NOW_US, anew=True)
    assert anew.authority_fingerprint != first.authority_fingerprint


@pytest.mark.parametrize("name", ["bank.example", "10.9.9.9", "battery.lan.evil.example", "xbattery.lan"])
def test_whoever_steals_the_authoritys_key_can_pass_for_nobody_else(tmp_path, name):
    made = authority.make(tmp_path, ["battery.lan", "10.0.0.5"], [], NOW_US)
    stolen = load_pem_private_key((tmp_path / "authority.key").read_bytes(), None)
    root, key = x509.load_pem_x509_certificate(made.authority.read_bytes()), ec.generate_private_key(ec.SECP256R1())
    forged = (
        x509.CertificateBuilder(root.subject, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(made.pair.leaf.not_valid_before_utc)
        .not_valid_after(made.pair.leaf.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName([authority._general(name)]), critical=False)
        .sign(stolen, SHA256())
    )
    (tmp_path / "forged.pem").write_bytes(forged.public_bytes(Encoding.PEM))
    assert "permitted subtree violation" in checked(made.authority, tmp_path / "forged.pem").stderr


def test_it_renews_itself_in_its_last_month_and_not_before(tmp_path):
    authority.make(tmp_path, ["battery.lan"], [], NOW_US)
    assert authority.renewed(tmp_path, NOW_US + 300 * DAY_US) is None
    late_us = NOW_US + 340 * DAY_US
    made = authority.renewed(tmp_path, late_us)
    assert made is not None
    assert not made.anew
    assert days_left(made.pair, late_us) == 365
    (tmp_path / "authority.key").unlink()
    assert authority.renewed(tmp_path, late_us + 340 * DAY_US) is None, "its key is kept elsewhere"


@pytest.mark.parametrize("name", ["", "a b", "-x.lan", "*.lan", "x" * 64, "127.0.0.1", "bad_name.lan"])
def test_what_is_no_name_for_a_certificate_is_refused(tmp_path, name):
    with pytest.raises(Refused):
        authority.make(tmp_path / "tls", [name], [], NOW_US)
    assert not (tmp_path / "tls").exists()
