"""What a site file may say of a device that is listened to and never connected to (safety S50), and what it may not.

Rules. 1. Traffic knows addresses and no names, so its host is an IP address. 2. Nothing that only a connection needs
can be said of it. 3. Encrypted traffic shows no registers. 4. A chain has one model after the other, as a device has.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any, Final

from ironkeep.codecs.overheardunit import declared
from ironkeep.codecs.unit import SUNSPEC
from ironkeep.packs.sites import values

CHAIN_MAX: Final = 512  # models, as many as a device may have
TAP_CHARACTERS_MAX: Final = 100  # sun_path of a Unix socket holds 108
POLLING: Final = ("in_flight", "reads_registers_max", "slots", "slot_holders")
"""Keys that only somebody who connects needs."""


def tap(value: Any) -> str:
    """The whole path of a FIFO or Unix socket."""
    word = values.text(value)
    if not word.startswith("/") or len(word) > TAP_CHARACTERS_MAX or "\x00" in word:
        raise values.Wrong(
            f"{values.shown(value)} is not the whole path of a FIFO or socket", 'as in "/run/ironkeep-tap/span"'
        )
    return word


def chain(value: Any) -> tuple[str, ...]:
    """SunSpec models in their order, each as model@register+length."""
    example = 'write ["1@40002+66", "802@40070+62"], as `ironkeep discover` tells it'
    found = values.texts(value)
    if not found or len(found) > CHAIN_MAX:
        raise values.Wrong(f"a chain has 1 to {CHAIN_MAX} models", example)
    try:
        told = declared(found)
    except ValueError as exc:
        raise values.Wrong(f"this is no chain: {exc}", example) from None
    for entry in told.entries:
        if str(entry) not in found:
            raise values.Wrong(f"this is no chain: {entry} is written otherwise", example)
        if not 0 < entry.model < 0xFFFF or not 2 <= entry.address <= entry.address + entry.length <= 65_532:
            raise values.Wrong(f"{entry} lies outside what a device has", example)
    return found


def writers(value: Any) -> tuple[str, ...]:
    """IP addresses, as they stand in packets; none at all is an answer too."""
    found = values.texts(value)
    for each in found:
        _address(each)
    return found


def _address(word: str) -> None:
    """Raises Wrong for what is no IP address, or not written as a packet's address is told."""
    try:
        plain = str(ipaddress.ip_address(word))
    except ValueError:
        raise values.Wrong("traffic shows addresses, not names", 'an IP address, as in "10.20.0.5"') from None
    if plain != word:
        raise values.Wrong(f"{values.shown(word)} is written otherwise in packets", f'"{plain}"')


def mistakes(table: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Key, what is wrong, remedy: of a device whose keys are good one by one."""
    if "tap" not in table:
        if "chain" in table:
            yield "chain", "a device that is polled tells its chain itself", "leave chain out, or name its tap"
        if "writers" in table:
            yield "writers", "who writes to a device that is polled is not heard", "leave writers out, or name its tap"
        return
    for key in POLLING:
        if key in table:
            yield key, f"nothing is asked of a device that is listened to, so {key} means nothing", f"leave {key} out"
    if "tls" in table:
        yield "tls", "encrypted traffic shows nothing to somebody who listens", "leave tls out, or poll the device"
    try:
        _address(table["host"])
    except values.Wrong as wrong:
        yield "host", wrong.what, wrong.remedy
    if "chain" in table and SUNSPEC not in table.get("maps", (SUNSPEC,)):
        yield "chain", "the device is not read by SunSpec models", 'add "sunspec" to maps, or leave chain out'
