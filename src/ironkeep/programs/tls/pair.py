"""A certificate and its key, looked at before anybody is served by them.

Rules. The key belongs to its owner alone. Certificate and key belong together, the certificate is in force now, names
whom it is for in its alternative names, and may serve. What is wrong is told with the file and what mends it. A
certificate that runs out while it is in use is not taken away from the people who look at the page: it is said.
"""

import hashlib
import ipaddress
import os
import stat
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from ironkeep.model.errors import Refused
from ironkeep.model.time import SECOND_US, rfc3339

FILE_BYTES_MAX: Final = 262_144  # a chain of certificates; no key is larger
OTHERS: Final = 0o077
RSA_BITS_MIN: Final = 2048  # BSI TR-02102-2 and NIST SP 800-57 part 1: the least that is still in use
DAY_US: Final = 86_400 * SECOND_US


@dataclass(frozen=True)
class Pair:
    """A certificate file and its key file, and what the certificate says. `mark` changes when either file does."""

    certificate: Path
    key: Path
    leaf: x509.Certificate
    mark: str

    @property
    def ends_us(self) -> int:
        """When it runs out."""
        return _micros(self.leaf.not_valid_after_utc)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as browsers and phones write it."""
        return fingerprint(self.leaf)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 over the DER form: pairs of digits with colons."""
    return certificate.fingerprint(SHA256()).hex(":").upper()


def pair(certificate: Path, key: Path, now_us: int) -> Pair:
    """The pair of two files, fit to serve at this time. Raises Refused naming the file and what mends it."""
    chain, secret = _read(certificate, "certificate"), _read_key(key)
    try:
        leaf = x509.load_pem_x509_certificates(chain)[0]
    except (ValueError, IndexError) as exc:
        remedy = "name a PEM file: the console's certificate first, then those between it and its authority"
        raise Refused(f"this is no certificate: {exc}", where=str(certificate), remedy=remedy) from exc
    found = Pair(certificate, key, leaf, hashlib.sha256(chain + b"\0" + secret).hexdigest())
    _require_match(found, secret)
    _require_fit(found)
    require_in_force(found, now_us)
    return found


def mark_of(certificate: Path, key: Path) -> str:
    """The mark of what the two files hold now, unlooked at; empty where one cannot be read."""
    try:
        return hashlib.sha256(certificate.read_bytes() + b"\0" + key.read_bytes()).hexdigest()
    except OSError:
        return ""


def require_in_force(found: Pair, now_us: int) -> None:
    """Raise Refused when the certificate does not count yet or any more."""
    begins_us, where = _micros(found.leaf.not_valid_before_utc), str(found.certificate)
    if now_us >= found.ends_us:
        when = rfc3339(found.ends_us, digits=0)
        remedy = "bring a new one; `ironkeep certificate make` renews the site's own"
        raise Refused(f"the certificate ran out at {when}", where=where, remedy=remedy)
    if now_us < begins_us:
        when = rfc3339(begins_us, digits=0)
        raise Refused(f"the certificate counts from {when} only", where=where, remedy="is this machine's clock right?")


def days_left(found: Pair, now_us: int) -> int:
    """Whole days until the certificate runs out, negative afterwards."""
    return (found.ends_us - now_us) // DAY_US


def names_of(leaf: x509.Certificate) -> tuple[str, ...]:
    """The names and addresses that a certificate is for, names first; its subject counts for nothing (RFC 9525)."""
    try:
        held = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    names = [name.lower() for name in held.get_values_for_type(x509.DNSName)]
    return (*names, *(str(address) for address in held.get_values_for_type(x509.IPAddress)))


def covers(leaf: x509.Certificate, name: str) -> bool:
    """Is the certificate for this name or address? A star stands for one label, the first (RFC 9525, 6.3)."""
    wanted, held = plain_name(name), names_of(leaf)
    first, _, rest = wanted.partition(".")
    return wanted in held or (bool(first and rest) and not _is_address(wanted) and f"*.{rest}" in held)


def plain_name(name: str) -> str:
    """A name or address as certificates write it: small letters, an address in its one short form."""
    bare = name.strip().lower().removeprefix("[").removesuffix("]")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return bare


def host_header(name: str) -> str:
    """A name as a Host header holds it, without port: an IPv6 address stands in brackets."""
    plain = plain_name(name)
    return f"[{plain}]" if ":" in plain else plain


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _read(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(FILE_BYTES_MAX)
    except OSError as exc:
        remedy = "name one that exists and that this user may read"
        raise Refused(f"the {what} cannot be read: {exc.strerror}", where=str(path), remedy=remedy) from exc


def _read_key(path: Path) -> bytes:
    try:
        mode = path.stat()
    except OSError as exc:
        what = f"the key cannot be read: {exc.strerror}"
        raise Refused(what, where=str(path), remedy="name one that exists") from exc
    if stat.S_IMODE(mode.st_mode) & OTHERS:
        what = f"others may read the private key (mode {stat.S_IMODE(mode.st_mode):04o})"
        raise Refused(what, where=str(path), remedy=f"chmod 600 {path}; and replace it, if others may have read it")
    if mode.st_uid not in (0, os.geteuid()):
        raise Refused(
            "the private key belongs to another user",
            where=str(path),
            remedy="give it to the user who runs the console",
        )
    return _read(path, "key")


def _require_match(found: Pair, secret: bytes) -> None:
    where = str(found.key)
    try:
        key = load_pem_private_key(secret, password=None)
    except TypeError as exc:
        remedy = "keep it unlocked in a file that only this user may read; a password would have to lie beside it"
        raise Refused("the private key is locked by a password", where=where, remedy=remedy) from exc
    except (ValueError, UnsupportedAlgorithm) as exc:
        raise Refused("this is no private key", where=where, remedy="name the PEM file of the key") from exc
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != found.leaf.public_key().public_bytes(*form):
        what = f"the key does not belong to the certificate {found.certificate}"
        raise Refused(what, where=where, remedy="name the two that were made together; the console's own comes first")


def _require_fit(found: Pair) -> None:
    where, key = str(found.certificate), found.leaf.public_key()
    if not names_of(found.leaf):
        what = "the certificate names nobody in its alternative names; no browser takes its subject for one"
        raise Refused(what, where=where, remedy="have one made for the console's names and addresses")
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < RSA_BITS_MIN:
        remedy = f"have one made with {RSA_BITS_MIN} bits or more, or on a curve"
        raise Refused(f"its RSA key has {key.key_size} bits", where=where, remedy=remedy)
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        remedy = "have one made with ECDSA or RSA"
        raise Refused("its key is of a kind that nobody serves by", where=where, remedy=remedy)
    try:
        uses = found.leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return
    if ExtendedKeyUsageOID.SERVER_AUTH not in uses:
        remedy = "have one made for servers; it may be one for clients"
        raise Refused("the certificate is not for serving", where=where, remedy=remedy)


def _micros(at: datetime) -> int:
    return int(at.timestamp()) * SECOND_US
