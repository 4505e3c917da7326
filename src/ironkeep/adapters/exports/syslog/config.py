"""How the collector is reached: a file of its own in the data folder, since it names our key.

Rules. 1. TLS unless the collector is on this machine: what Ironkeep says of a site is not for everybody on the way.
2. Nothing is taken by default: the authority that may vouch for the collector is named. 3. The file belongs to the user
who runs Ironkeep, and nobody else can change it.
"""

import ipaddress
import os
import stat
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from ironkeep.codecs.syslog import NO_NUMBER, NUMBER_MAX
from ironkeep.model.errors import Refused, Unavailable

FILE_BYTES_MAX: Final = 64 * 1024
PORT_MAX: Final = 65_535
TLS_PORT: Final = 6514  # RFC 5425 section 4.1
_CHANGEABLE: Final = stat.S_IWGRP | stat.S_IWOTH


class Transport(StrEnum):
    """How lines travel."""

    TLS = "tls"  # RFC 5425
    TCP = "tcp"  # RFC 6587 with counting; this machine alone
    UDP = "udp"  # RFC 5426; this machine alone, and nothing tells whether a line arrived


class Beginning(StrEnum):
    """Which fact is the first that a new collector gets."""

    NOW = "now"
    FIRST = "first"


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The collector. `ca` is the PEM file of the authority that may vouch for it, `certificate` and `key` ours where it
    asks for one, `name` what its certificate calls it (its host when empty). `from` says where a new export begins.
    `enterprise` is your number at IANA, which the structured data of each line is named by. Waits in seconds.
    """

    host: str
    port: int = TLS_PORT
    transport: Transport = Transport.TLS
    ca: str = ""
    certificate: str = ""
    key: str = ""
    name: str = ""
    begin: Beginning = msgspec.field(name="from", default=Beginning.NOW)
    enterprise: int = NO_NUMBER
    connect_timeout_s: float = 5.0
    hand_timeout_s: float = 20.0  # a collector that takes nothing for so long is away
    retry_min_s: float = 1.0
    retry_max_s: float = 60.0


def read_config(path: Path) -> Config:
    """The collector that a file names. Raises Refused where there is no file, or one that others can change or that is
    not understood, Unavailable when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            seen = os.fstat(file.fileno())
            data = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError as exc:
        raise Refused("no collector is named", where=str(path), remedy="docs/how-to/send-to-a-siem.md") from exc
    except OSError as exc:
        raise Unavailable(f"cannot be read: {exc.strerror}", where=str(path), remedy="see its owner and mode") from exc
    if seen.st_uid != os.geteuid() or seen.st_mode & _CHANGEABLE:
        raise Refused("somebody else can change it", where=str(path), remedy="chown it to who runs Ironkeep; chmod 600")
    if len(data) > FILE_BYTES_MAX:
        raise Refused(f"larger than {FILE_BYTES_MAX} bytes", where=str(path), remedy="one collector a file")
    try:
        found = msgspec.convert(tomllib.loads(data.decode()), Config, strict=False)
    except (ValueError, RecursionError, msgspec.ValidationError) as exc:
        raise Refused(str(exc), where=str(path), remedy="host, port, ca: see docs/how-to/send-to-a-siem.md") from exc
    _check(found, str(path))
    return found


def _check(found: Config, where: str) -> None:
    if not found.host or not 1 <= found.port <= PORT_MAX:
        raise Refused(f"no address: {found.host}:{found.port}", where=where, remedy="host, and a port from 1 to 65535")
    if not 1 <= found.enterprise <= NUMBER_MAX:
        raise Refused(f"no enterprise number: {found.enterprise}", where=where, remedy="your own from IANA, or none")
    waits = (found.connect_timeout_s, found.hand_timeout_s, found.retry_min_s, found.retry_max_s - found.retry_min_s)
    if min(waits) < 0 or found.retry_min_s == 0:
        raise Refused("a wait of nothing or less", where=where, remedy="seconds above 0, retry_min_s the smaller one")
    if found.transport is not Transport.TLS and not _here(found.host):
        raise Refused(
            f"{found.transport} to {found.host} would show the site to everybody on the way",
            where=where,
            remedy='transport = "tls"; plain ones go to an address of this machine alone, such as 127.0.0.1',
        )
    if found.transport is Transport.TLS and not found.ca:
        raise Refused("nobody is named who may vouch for the collector", where=where, remedy="ca: its authority's PEM")
    if bool(found.certificate) != bool(found.key):
        raise Refused("a certificate without its key, or the other way", where=where, remedy="give both or none")


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
