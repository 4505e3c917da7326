"""What a site file may say of the console and of those who log in: where it listens, under which names, by which files,
and which roles need a second factor.
"""

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

from ironkeep.model.access import ROLES, Role
from ironkeep.packs.sites import values

OLDEST: Final = ("1.2", "1.3")


def listen(value: Any) -> str:
    """An address of this machine with a port, as in "10.20.0.4:8470" or "[fd00::4]:8470"."""
    word = values.text(value)
    address, _, port = word.rpartition(":")
    try:
        ipaddress.ip_address(address.removeprefix("[").removesuffix("]"))
        good = port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535
    except ValueError:
        good = False
    if not good or (":" in address and not address.startswith("[")):
        raise values.Wrong(f"{values.shown(value)} is no address with a port", 'as in "10.20.0.4:8470"')
    return word


def path(value: Any) -> str:
    """The whole path of a file."""
    word = values.text(value)
    if not word.startswith("/"):
        raise values.Wrong(f"{values.shown(value)} is not the whole path of a file", 'as in "/etc/ironkeep/tls.pem"')
    return word


def names(value: Any) -> tuple[str, ...]:
    """Names or addresses without ports, one at least."""
    found = tuple(values.host(each) for each in values.texts(value))
    if not found:
        raise values.Wrong("the list is empty", "name what people type, or leave the key out")
    return found


def roles(value: Any) -> tuple[Role, ...]:
    """Roles of accounts, each once."""
    found = values.texts(value)
    for each in found:
        if each not in ROLES:
            guess = values.nearest(each, ROLES)
            raise values.Wrong(f"there is no role {values.shown(each)}", f"one of {', '.join(ROLES)}{guess}")
    return tuple(Role(each) for each in found)


CONSOLE: Final[Mapping[str, values.Check]] = {
    "listen": listen,
    "names": names,
    "certificate": path,
    "key": path,
    "tls_oldest": values.word_of(OLDEST, "version of TLS"),
}
ACCESS: Final[Mapping[str, values.Check]] = {"second_factor": roles}
