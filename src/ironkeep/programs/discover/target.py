"""Which one device a person means.

Rules. One host and one port, never a network, a range, a list or a wildcard: this is no scanner. A name must stand for
one address. Addresses that mean many (multicast, broadcast) or none are refused.
"""

import ipaddress
import re
import socket
from typing import Final, NamedTuple

from ironkeep.codecs.nut import PORT as NUT_PORT
from ironkeep.model.errors import Refused, Unavailable
from ironkeep.packs.sites.known import MODBUS, MODBUS_TLS_PORT, NUT, PROTOCOLS
from ironkeep.packs.sites.values import Wrong
from ironkeep.packs.sites.values import host as checked_host

MODBUS_PORT: Final = 502  # IANA: mbap; over TLS: MODBUS_TLS_PORT
WHERE: Final = "HOST[:PORT]"
_ONE: Final = "name one device, as in 10.20.0.5, 10.20.0.5:502 or [fd00::5]:502"
_LIKE_ADDRESSES: Final = re.compile(r"[0-9.:-]+")  # no name has digits alone
_BROADCAST: Final = ipaddress.ip_address("255.255.255.255")


class Target(NamedTuple):
    """One device to ask. `host` is what the person wrote, `address` what is connected to."""

    host: str
    address: str
    port: int
    protocol: str


def target(text: str, protocol: str, secure: bool = False) -> Target:
    """The device that a text names; protocol "" follows from the port (3493 is NUT, anything else Modbus), and the port
    from the protocol, `secure` or not.

    Raises Refused for anything but one device, Unavailable for a name that nobody knows.
    """
    if protocol and protocol not in PROTOCOLS:
        raise Refused(f"{protocol!r} is no protocol", where="--protocol", remedy=f"one of {', '.join(PROTOCOLS)}")
    host, port_text = _split(text.strip())
    if port_text and (not port_text.isascii() or not port_text.isdigit() or not 1 <= int(port_text) <= 65_535):
        raise Refused(f"{port_text!r} is not one port", where=WHERE, remedy=_ONE)
    try:
        host = checked_host(host)
    except Wrong as exc:
        raise Refused(str(exc), where=WHERE, remedy=_ONE) from exc
    port = int(port_text) if port_text else 0
    chosen = protocol or (NUT if port == NUT_PORT else MODBUS)
    usual = NUT_PORT if chosen == NUT else MODBUS_TLS_PORT if secure else MODBUS_PORT
    return Target(host, _address(host), port or usual, chosen)


def _split(text: str) -> tuple[str, str]:
    """Host and port as written, the port "" where there is none."""
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise Refused(f"{text!r} is not one device", where=WHERE, remedy=_ONE)
        return host, rest[1:]
    if text.count(":") > 1:
        return text, ""
    host, _, port = text.partition(":")
    if text.endswith(":"):
        raise Refused(f"{text!r} names no port", where=WHERE, remedy=_ONE)
    return host, port


def _address(host: str) -> str:
    """The one address of a host."""
    try:
        return _allowed(ipaddress.ip_address(host.partition("%")[0]), host)
    except ValueError:
        if _LIKE_ADDRESSES.fullmatch(host):
            raise Refused(f"{host!r} is not one address", where=WHERE, remedy=_ONE) from None
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as exc:
        raise Unavailable(f"nobody knows the name {host!r}", where=WHERE, remedy="give its address") from exc
    first = found[0][0]
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found if entry[0] == first))
    if len(addresses) > 1:
        raise Refused(f"{host} stands for {len(addresses)} addresses", where=WHERE, remedy="give the one you mean")
    return _allowed(ipaddress.ip_address(addresses[0].partition("%")[0]), addresses[0])


def _allowed(address: ipaddress.IPv4Address | ipaddress.IPv6Address, text: str) -> str:
    if address.is_multicast or address.is_unspecified or address == _BROADCAST:
        raise Refused(f"{text} is not the address of one device", where=WHERE, remedy=_ONE)
    return text
