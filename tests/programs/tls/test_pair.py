"""A certificate and its key are looked at before anybody is served by them; what is wrong is told with its remedy."""

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ironkeep.model.errors import Refused
from ironkeep.programs.tls.pair import covers, days_left, mark_of, names_of, pair

NOW = datetime(2026, 11, 21, tzinfo=UTC)
NOW_US = int(NOW.timestamp()) * 1_000_000
DAY_US = 86_400_000_000


def files(folder, *, names=("battery.lan", "10.0.0.5"), key=None, use=None, days=30, lock=None, other=None):
    key = key or ec.generate_private_key(ec.SECP256R1())
    title = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "battery.lan")])
    held = []
    for name in names:
        try:
            held.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            held.append(x509.DNSName(name))
    made = x509.CertificateBuilder(title, title, key.public_key(), 1, NOW - timedelta(days=1), NOW + timedelta(days))
    if held:
        made = made.add_extension(x509.SubjectAlternativeName(held), critical=False)
    if use:
        made = made.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    certificate, secret = folder / "c.pem", folder / "k.pem"
    certificate.write_bytes(made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    form = BestAvailableEncryption(lock) if lock else NoEncryption()
    secret.write_bytes((other or key).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, form))
    secret.chmod(0o600)
    return certificate, secret


def test_a_pair_that_is_fit_tells_its_names_its_end_and_its_fingerprint(tmp_path):
    found = pair(*files(tmp_path), NOW_US)
    assert names_of(found.leaf) == ("battery.lan", "10.0.0.5")
    assert days_left(found, NOW_US) == 30
    assert len(found.fingerprint.split(":")) == 32
    assert found.mark == mark_of(found.certificate, found.key)


def test_the_mark_changes_with_either_file_and_is_empty_where_one_is_gone(tmp_path):
    found = pair(*files(tmp_path), NOW_US)
    files(tmp_path)
    assert mark_of(found.certificate, found.key) not in ("", found.mark)
    found.key.unlink()
    assert mark_of(found.certificate, found.key) == ""


@pytest.mark.parametrize(
    ("told", "at_us", "says"),
    [
        ({"other": ec.generate_private_key(ec.SECP256R1())}, NOW_US, "does not belong to the certificate"),
        ({"lock": b"secret"}, NOW_US, "locked by a password"),
        ({"names": ()}, NOW_US, "names nobody"),
        ({"use": ExtendedKeyUsageOID.CLIENT_AUTH}, NOW_US, "not for serving"),
        ({"key": rsa.generate_private_key(65537, 1024)}, NOW_US, "1024 bits"),
        ({}, NOW_US + 31 * DAY_US, "ran out at 2026-12-21"),
        ({}, NOW_US - 2 * DAY_US, "counts from 2026-11-20"),
    ],
)
def test_a_pair_that_is_not_fit_is_refused_with_a_remedy(tmp_path, told, at_us, says):
    with pytest.raises(Refused, match=says) as refused:
        pair(*files(tmp_path, **told), at_us)
    assert refused.value.remedy
    assert refused.value.where


def test_a_key_that_others_may_read_is_refused(tmp_path):
    certificate, key = files(tmp_path)
    for mode in (0o640, 0o604, 0o620):
        key.chmod(mode)
        with pytest.raises(Refused, match="others may read the private key"):
            pair(certificate, key, NOW_US)


@pytest.mark.parametrize("text", ["", "no pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_or_no_key_is_refused(tmp_path, text):
    certificate, key = files(tmp_path)
    whole = certificate.read_text()
    certificate.write_text(text)
    with pytest.raises(Refused, match="no certificate"):
        pair(certificate, key, NOW_US)
    certificate.write_text(whole)
    key.write_text(text)
    with pytest.raises(Refused, match="no private key"):
        pair(certificate, key, NOW_US)
    key.unlink()
    with pytest.raises(Refused, match="cannot be read"):
        pair(certificate, key, NOW_US)


def test_a_star_stands_for_one_label_and_addresses_are_compared_as_addresses(tmp_path):
    leaf = pair(*files(tmp_path, names=("*.battery.lan", "fd00::5")), NOW_US).leaf
    for name in ("a.battery.lan", "A.Battery.LAN", "fd00::5", "[fd00:0::5]"):
        assert covers(leaf, name), name
    for name in ("battery.lan", "a.b.battery.lan", "fd00::6", "10.0.0.5", "lan", ""):
        assert not covers(leaf, name), name
