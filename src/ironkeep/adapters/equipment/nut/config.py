"""How upsd servers are reached, beyond what the site file says: waits, encryption and who asks.

Rules. 1. Names and secrets of accounts stand in a file of their own, never in the site file. It belongs to the user who
runs Ironkeep and nobody else can read it, or it is refused. 2. A server that has a certificate authority here is spoken
to encrypted or not at all, and its certificate must come from that authority. 3. A password without encryption is
refused: it would cross the network for everybody to read.
"""

import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from ironkeep.model.errors import Refused, Unavailable

PERIOD_MIN_S: Final = 1.0  # safety S48; upsd itself hears from its drivers every 2 s or less often
AGE_LIMIT_PERIODS: Final = 3.0  # missed polls after which a value is lost
DEVICES_MAX: Final = 2_000
DOWN_FAILURES: Final = 2  # in a row before the link is down: one lost answer is no lost device (NUT issue 661)
FILE_BYTES_MAX: Final = 64 * 1024
SECRET_LETTERS_MAX: Final = 256
_SHARED: Final = stat.S_IRWXG | stat.S_IRWXO


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to wait. All in seconds."""

    period_min_s: float = PERIOD_MIN_S
    connect_timeout_s: float = 3.0
    reconnect_min_s: float = 0.5  # after the first refusal; doubled at each further one
    reconnect_max_s: float = 60.0
    retry_max_s: float = 10.0  # between questions about a UPS whose answers cannot be believed
    unknown_again_s: float = 30.0  # between questions about a UPS that the server does not know
    steady_s: float = 5.0  # how long a UPS must say the same of itself; upsd looks at drivers every 2 s
    start_spread_s: float = 0.5  # first connections are spread over this time
    close_s: float = 1.0  # how long a good-bye may take


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one server wants to be spoken to. `ca` is the PEM file of the one authority that may vouch for it; `name` is
    what its certificate calls it (its host when empty).
    """

    ca: str = ""
    name: str = ""
    username: str = ""
    password: str = ""


Servers = Mapping[str, Server]  # by "host:port"


def read_servers(path: Path) -> Servers:
    """The servers that a file names, by "host:port"; none when there is no such file.

    Raises Refused for a file that others can read or write, belongs to another user, or is not understood; Unavailable
    when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            seen = os.fstat(file.fileno())
            data = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        return {}
    except OSError as exc:
        raise Unavailable(f"cannot be read: {exc.strerror}", where=str(path), remedy="see its owner and mode") from exc
    if seen.st_uid != os.geteuid():
        raise Refused("belongs to another user", where=str(path), remedy="chown it to who runs Ironkeep")
    if seen.st_mode & _SHARED:
        raise Refused("others can read or change it, and it may hold a password", where=str(path), remedy="chmod 600")
    if len(data) > FILE_BYTES_MAX:
        raise Refused(f"larger than {FILE_BYTES_MAX} bytes", where=str(path), remedy="one table a server")
    try:
        found = msgspec.convert(tomllib.loads(data.decode()), dict[str, Server])
    except (ValueError, RecursionError, msgspec.ValidationError) as exc:
        raise Refused(str(exc), where=str(path), remedy='["host:3493"] with ca, name, username, password') from exc
    for address, server in found.items():
        _check(address, server, f"{path}: {address}")
    return found


def _check(address: str, server: Server, where: str) -> None:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise Refused("is no address", where=where, remedy="host:port, as in the site file")
    if server.password and not server.username:
        raise Refused("a password without a username", where=where, remedy="give both or none; reading needs neither")
    if server.username and not server.ca:
        raise Refused(
            "an account without encryption would send its password in clear",
            where=where,
            remedy="give `ca`, or leave the account out: upsd lets everybody read",
        )
    for text in (server.username, server.password):
        if len(text) > SECRET_LETTERS_MAX or not text.isprintable():
            raise Refused("a name or password that is too long or not printable", where=where)
    if server.ca and not Path(server.ca).is_file():
        raise Refused(f"there is no file {server.ca}", where=where, remedy="name the authority's PEM file")
