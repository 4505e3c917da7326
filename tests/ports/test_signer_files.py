"""What every Signer does, and how key files are kept."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ironkeep.adapters.keys.files.adapter import open_signer
from ironkeep.facts import note
from ironkeep.model.errors import Refused, Unavailable, Untrusted


def test_a_signature_verifies_with_the_public_key_alone(tmp_path) -> None:
    signer = open_signer(tmp_path / "keys", "ironkeep/harbor")
    public = Ed25519PublicKey.from_public_bytes(signer.public_key)
    public.verify(signer.sign(b"message"), b"message")
    with pytest.raises(InvalidSignature):
        public.verify(signer.sign(b"message"), b"another")
    assert (signer.name, signer.algorithm) == ("ironkeep/harbor", note.ED25519)


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path) -> None:
    first = open_signer(tmp_path / "keys", "ironkeep/harbor")
    second = open_signer(tmp_path / "keys", "ironkeep/harbor")
    assert first.public_key == second.public_key
    assert (tmp_path / "keys" / "log.pem").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert open_signer(tmp_path / "others", "ironkeep/harbor").public_key != first.public_key
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["log.pem", "log.vkey"]


def test_the_verifier_key_lies_beside_it_and_follows_the_name(tmp_path) -> None:
    for name in ("ironkeep/harbor", "ironkeep/renamed"):
        signer = open_signer(tmp_path / "keys", name)
        key = note.parse_verifier_key((tmp_path / "keys" / "log.vkey").read_text())
        assert (key.name, key.public_key) == (name, signer.public_key)


def test_the_verifier_key_of_a_key_that_is_gone_stays(tmp_path) -> None:
    first = open_signer(tmp_path, "ironkeep/harbor")
    (tmp_path / "log.pem").unlink()
    second = open_signer(tmp_path, "ironkeep/harbor")
    assert (tmp_path / "log.vkey").read_text().strip() == second.verifier_key
    (kept,) = tmp_path.glob("log.vkey.*")
    assert kept.read_text().strip() == first.verifier_key


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601, 0o644])
def test_a_key_that_others_may_use_is_refused(tmp_path, mode: int) -> None:
    open_signer(tmp_path / "keys", "ironkeep/harbor")
    (tmp_path / "keys" / "log.pem").chmod(mode)
    with pytest.raises(Refused, match="chmod 600"):
        open_signer(tmp_path / "keys", "ironkeep/harbor")


def test_a_file_that_is_no_ed25519_key_is_not_trusted(tmp_path) -> None:
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content in (b"", b"no key", other):
        path = tmp_path / "keys" / "log.pem"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(Untrusted):
            open_signer(tmp_path / "keys", "ironkeep/harbor")


def test_a_link_in_place_of_the_key_is_not_followed(tmp_path) -> None:
    open_signer(tmp_path / "real", "ironkeep/harbor")
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "log.pem").symlink_to(tmp_path / "real" / "log.pem")
    with pytest.raises(Unavailable):
        open_signer(tmp_path / "keys", "ironkeep/harbor")


def test_a_name_that_no_note_may_carry_is_refused(tmp_path) -> None:
    with pytest.raises(Refused):
        open_signer(tmp_path / "keys", "my site")
