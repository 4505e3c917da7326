"""The site's own authority: it signs the console's certificate, on a network that has no other and no internet.

Rules. The key of the authority lies in the data folder, for its owner alone. The authority may vouch for the names and
networks named at its making and for nothing else, so that whoever steals it cannot pass for another place. What is
inside them is signed again without a new authority, so that no phone has to be visited twice.
"""

import ipaddress
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ironkeep.model.errors import Refused, Unavailable
from ironkeep.model.time import SECOND_US
from ironkeep.programs.tls import pair as pairs
from ironkeep.programs.tls.pair import Pair

AUTHORITY_DAYS: Final = 3_650
LEAF_DAYS: Final = 365  # Apple takes at most 825 days from an authority that a person installed (HT210176)
RENEW_DAYS: Final = 30  # a certificate of our own with fewer days left is made anew
EARLIER_DAYS: Final = 1  # phones whose clock is behind take it too
ALWAYS: Final = ("localhost", "127.0.0.1", "::1")
FOLDER_NAME: Final = "tls"  # in the data folder
AUTHORITY, AUTHORITY_KEY = "authority.pem", "authority.key"
CERTIFICATE, KEY = "console.pem", "console.key"
PRIVATE, PUBLIC, FOLDER = 0o600, 0o644, 0o700
NAME: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
NAME_LENGTH_MAX: Final = 253  # RFC 1035, 2.3.4
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Made:
    """The site's own pair and the authority behind it; `anew` says that phones must take the authority once."""

    pair: Pair
    authority: Path
    authority_fingerprint: str
    anew: bool


def make(folder: Path, names: Sequence[str], within: Sequence[str], now_us: int, *, anew: bool = False) -> Made:
    """Sign a certificate for these names, by the authority of the folder; it is made where there is none, or `anew`.

    `within` are further domains and networks for which it may sign later. Raises Refused for what is no name, or for
    one outside what the authority may sign; Unavailable when the disk refuses.
    """
    wanted = _names(names)
    try:
        folder.mkdir(mode=FOLDER, parents=True, exist_ok=True)
        fresh = anew or not (folder / AUTHORITY_KEY).exists()
        if fresh:
            _make_authority(folder, wanted, _limits(wanted, within), now_us)
        return _sign(folder, wanted, now_us, fresh)
    except OSError as exc:
        what = f"the certificate cannot be written: {exc.strerror}"
        raise Unavailable(what, where=str(folder), remedy="check who may write the folder") from exc


def renewed(folder: Path, now_us: int) -> Made | None:
    """The site's own certificate made anew for the same names, where it has few days left; None where it has more, or
    where the authority's key is not here. Raises as `make` does.
    """
    if not own(folder) or not (folder / AUTHORITY_KEY).exists():
        return None
    leaf = certificate_of(folder / CERTIFICATE)
    left_us = int(leaf.not_valid_after_utc.timestamp()) * SECOND_US - now_us
    return make(folder, pairs.names_of(leaf), (), now_us) if left_us < RENEW_DAYS * pairs.DAY_US else None


def own(folder: Path) -> bool:
    """Does the folder hold a certificate of the site's own authority?"""
    return all((folder / name).exists() for name in (AUTHORITY, CERTIFICATE, KEY))


def certificate_of(path: Path) -> x509.Certificate:
    """The certificate in a file of ours. Raises Refused where there is none."""
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as exc:
        remedy = "make one: `ironkeep certificate make --name ...`"
        raise Refused("here is no certificate of the site's own", where=str(path), remedy=remedy) from exc


def _make_authority(folder: Path, names: Sequence[str], limits: Sequence[x509.GeneralName], now_us: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    title = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Ironkeep at {names[0]}"[:64])])
    begins, ends = _span(now_us, AUTHORITY_DAYS)
    usage = {name: name in ("key_cert_sign", "crl_sign") for name in USES}
    made = (
        x509.CertificateBuilder(title, title, key.public_key(), x509.random_serial_number(), begins, ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=limits, excluded_subtrees=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )
    _write(folder / AUTHORITY_KEY, _pem(key), PRIVATE)
    _write(folder / AUTHORITY, made.public_bytes(Encoding.PEM), PUBLIC)


def _sign(folder: Path, names: Sequence[str], now_us: int, anew: bool) -> Made:
    authority = certificate_of(folder / AUTHORITY)
    outside = [name for name in names if not _inside(authority, name)]
    if outside:
        what = f"the site's authority may not sign for {', '.join(outside)}"
        remedy = "leave it out, or make the authority anew with --anew and install it on every phone again"
        raise Refused(what, where=str(folder / AUTHORITY), remedy=remedy)
    signer = load_pem_private_key((folder / AUTHORITY_KEY).read_bytes(), password=None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey), "made by us, on a curve"
    key = ec.generate_private_key(ec.SECP256R1())
    title = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    begins, ends = _span(now_us, LEAF_DAYS)
    usage = {name: name == "digital_signature" for name in USES}
    made = (
        x509.CertificateBuilder(authority.subject, title, key.public_key(), x509.random_serial_number(), begins, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([_general(name) for name in names]), critical=False)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, SHA256())
    )
    chain = made.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM)
    _write(folder / KEY, _pem(key), PRIVATE)
    _write(folder / CERTIFICATE, chain, PUBLIC)
    found = pairs.pair(folder / CERTIFICATE, folder / KEY, now_us)
    return Made(found, folder / AUTHORITY, pairs.fingerprint(authority), anew)


USES: Final = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def _names(names: Iterable[str]) -> tuple[str, ...]:
    """The names and addresses as certificates write them, each once, those of this machine last."""
    wanted = dict.fromkeys(pairs.plain_name(name) for name in names)
    if not set(wanted) - set(ALWAYS):
        raise Refused("no name is given", where="--name", remedy="name what people will type: battery.lan, 10.0.0.5")
    for name in wanted:
        if isinstance(_general(name), x509.DNSName) and (len(name) > NAME_LENGTH_MAX or not NAME.fullmatch(name)):
            raise Refused(f"{name!r} is no name of a machine", where="--name", remedy="letters, digits, dashes, dots")
    return tuple(dict.fromkeys((*(name for name in wanted if name not in ALWAYS), *ALWAYS)))


def _limits(names: Iterable[str], within: Iterable[str]) -> list[x509.GeneralName]:
    """For whom the authority may sign. Both kinds are always named: a kind that is not named would be free (RFC 5280,
    4.2.1.10).
    """
    found: dict[str, x509.GeneralName] = {}
    for each in (*names, *within):
        network = _network(each)
        text = str(network) if network is not None else pairs.plain_name(each)
        if network is None and (len(text) > NAME_LENGTH_MAX or not NAME.fullmatch(text)):
            raise Refused(f"{each!r} is no domain and no network", where="--within", remedy="battery.lan, 10.0.0.0/24")
        found[text] = x509.IPAddress(network) if network is not None else x509.DNSName(text)
    return list(found.values())


def _inside(authority: x509.Certificate, name: str) -> bool:
    limits = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    address = _network(name)
    for limit in limits:
        if address is not None and isinstance(limit, x509.IPAddress):
            held = limit.value
            if isinstance(held, Network) and held.version == address.version and address.network_address in held:
                return True
        elif address is None and isinstance(limit, x509.DNSName) and f".{name}".endswith(f".{limit.value}"):
            return True
    return False


def _network(text: str) -> Network | None:
    """A network, or an address as the network of itself alone; None for a name."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _general(name: str) -> x509.GeneralName:
    network = _network(name)
    return x509.DNSName(name) if network is None else x509.IPAddress(network.network_address)


def _span(now_us: int, days: int) -> tuple[datetime, datetime]:
    now = datetime.fromtimestamp(now_us // SECOND_US, UTC)
    return now - timedelta(days=EARLIER_DAYS), now + timedelta(days=days)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, data: bytes, mode: int) -> None:
    """Write a file whole; a reader sees the old one or the new one, and a key is never open to others."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    beside.unlink(missing_ok=True)
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
