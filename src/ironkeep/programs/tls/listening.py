"""Where the console listens and as whom: from the command line, else from the site file, else this machine alone.

Rules. Beyond this machine nobody is answered without TLS. Only names are answered that are declared, or that the
certificate is for; a declared name that it is not for is refused at start, for no browser would take it.
"""

import errno
import ipaddress
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from ironkeep.faces.cli.wiring import Listen
from ironkeep.model.errors import Conflict, Refused
from ironkeep.model.site import Console
from ironkeep.programs.folder import DataFolder
from ironkeep.programs.tls import authority
from ironkeep.programs.tls.pair import Pair, covers, host_header, names_of, pair, plain_name

HOST: Final = "127.0.0.1"
PORT: Final = 8470
EVERY: Final = ("0.0.0.0", "::")  # noqa: S104 - compared with, never bound unasked
LOCAL_HOSTS: Final = ("127.0.0.1", "localhost", "[::1]")
PORT_MAX: Final = 65_535


@dataclass(frozen=True)
class Listening:
    """An address and port; with a pair over TLS. `names` are those that people type, the first for links."""

    host: str
    port: int
    pair: Pair | None
    names: tuple[str, ...]
    oldest: str = "1.3"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The Host headers that are answered, without port."""
        return tuple(host_header(name) for name in self.names) if self.pair else LOCAL_HOSTS

    @property
    def address(self) -> str:
        """What people type."""
        name = host_header(self.names[0]) if self.pair else host_header(self.host)
        return f"{'https' if self.pair else 'http'}://{name}:{self.port}"

    @property
    def near(self) -> str:
        """The address at which this machine itself reaches it."""
        return {"0.0.0.0": HOST, "::": "::1"}.get(self.host, self.host)  # noqa: S104


def chosen(asked: Listen) -> Listen:
    """The same; with a port that is free now where port 0 was asked for."""
    if asked.port != 0:
        return asked
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return msgspec.structs.replace(asked, port=probe.getsockname()[1])


def listening(asked: Listen, said: Console, folder: DataFolder, now_us: int) -> Listening:
    """Where to listen, all of it checked. Raises Refused with what mends it."""
    host, port = _address(asked.address or ("" if asked.port is not None else said.listen), asked.port or PORT)
    files = _files(asked, said, folder, beyond=not _is_loopback(host))
    if files is None:
        _require_loopback(host)
        return Listening(host, port, None, ())
    found = pair(*files, now_us)
    names = tuple(plain_name(name) for name in (asked.names or said.names))
    for name in names:
        if not covers(found.leaf, name):
            held = ", ".join(names_of(found.leaf))
            remedy = f"it is for {held}; have one made for {name} too, or declare another name"
            raise Refused(f"the certificate is not for {name}", where=str(found.certificate), remedy=remedy)
    names = names or tuple(name for name in names_of(found.leaf) if not name.startswith("*"))
    if not names:
        what = "the certificate is for any name under a domain, and none is declared"
        raise Refused(what, where="--name", remedy="declare the names that people type: --name battery.lan")
    return Listening(host, port, found, names, asked.oldest or said.tls_oldest)


def remember(folder: DataFolder, where: Listening) -> None:
    """Write down where the console listens now, for links and for the doctor."""
    files = (str(where.pair.certificate), str(where.pair.key)) if where.pair else ()
    folder.address.write_text("\n".join((where.address, where.host, *files, "")))


def address_of(folder: DataFolder) -> str:
    """Where people reach the console, as it last started; its usual place where it never did."""
    return folder.address.read_text().split("\n")[0] if folder.address.exists() else f"http://{HOST}:{PORT}"


def last_known(folder: DataFolder, now_us: int) -> Listening:
    """Where the console listened when it last started over TLS. Raises Refused when its certificate is not fit now."""
    address, host, certificate, key, *_ = folder.address.read_text().split("\n")
    name, _, port = address.removeprefix("https://").rpartition(":")
    return Listening(host, int(port), pair(Path(certificate), Path(key), now_us), (plain_name(name),))


def require_free(where: Listening) -> None:
    """Raise Conflict when something else listens there, Refused when this machine has no such address or port."""
    if not 1 <= where.port <= PORT_MAX:
        raise Refused(f"{where.port} is not a port", where="--port", remedy="name one from 1024 to 65535")
    family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((where.host, where.port))
        except PermissionError:
            remedy = "name one from 1024 to 65535"
            raise Refused(f"port {where.port} needs root", where="--port", remedy=remedy) from None
        except OSError as exc:
            if exc.errno == errno.EADDRNOTAVAIL:
                remedy = "name one that `ip address` shows, or 0.0.0.0 for every one"
                raise Refused(f"this machine has no address {where.host}", where="--listen", remedy=remedy) from None
            raise Conflict(
                f"port {where.port} is taken by another program",
                where=f"{where.host}:{where.port}",
                remedy="make run PORT=8471, or --port 8471",
            ) from None


def _files(asked: Listen, said: Console, folder: DataFolder, *, beyond: bool) -> tuple[Path, Path] | None:
    """Certificate and key: as asked, as declared, or, beyond this machine, those of the site's own authority."""
    if (asked.certificate is None) != (asked.key is None):
        raise Refused("certificate and key belong together", where="--tls-cert, --tls-key", remedy="name both")
    if asked.certificate is not None and asked.key is not None:
        return asked.certificate, asked.key
    if said.certificate and asked.port is None:
        return Path(said.certificate), Path(said.key)
    if beyond and authority.own(folder.tls):
        return folder.tls / authority.CERTIFICATE, folder.tls / authority.KEY
    return None


def _address(text: str, port: int) -> tuple[str, int]:
    if not text:
        found, number = HOST, str(port)
    else:
        found, _, number = text.rpartition(":")
    found = found.removeprefix("[").removesuffix("]")
    found = HOST if found == "localhost" else found
    try:
        address = str(ipaddress.ip_address(found))
    except ValueError:
        remedy = "give an address of this machine with a port: 10.20.0.4:8470, [fd00::4]:8470, 0.0.0.0:8470"
        raise Refused(f"{text!r} is no address with a port", where="--listen", remedy=remedy) from None
    if not (number.isascii() and number.isdigit() and len(number) <= len(str(PORT_MAX))):
        raise Refused(f"{number} is not a port", where="--listen", remedy="name one from 1024 to 65535")
    return address, int(number)


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host).is_loopback


def _require_loopback(host: str) -> None:
    if not _is_loopback(host):
        raise Refused(
            f"the console does not listen on {host} without TLS",
            where="--listen",
            remedy="`ironkeep certificate make --name ...` makes a certificate; or name yours: --tls-cert, --tls-key",
        )
