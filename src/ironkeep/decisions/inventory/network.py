"""What traffic shows about declared assets: interfaces that nobody declared, equipment that should be silent and talks.

Everything here was overheard; nothing was asked. A port that only requests went to is no interface: somebody answered
when the conversation counts as one.
"""

from typing import Final

from ironkeep.decisions.inventory.memory import Seen
from ironkeep.decisions.inventory.reconcile import Entry
from ironkeep.decisions.inventory.statements import POLLED, parts
from ironkeep.model.register import GapKind, Source, Talk
from ironkeep.model.time import rfc3339

SAME: Final = {
    "web page": ("http", "https"),
    "api": ("http", "https", "rest"),
    "shell": ("ssh", "telnet"),
    "modbus": ("modbus", "modbus/tcp", "modbus_tcp"),
    "vendor cloud": ("mqtt", "mqtts"),
}
"""Words of a site file, and the protocols of captures that they cover."""
QUIET: Final = frozenset({"arp", "icmp", "icmp6", "ntp", "dns", "mdns", "dhcp", "lldp", "igmp", "unknown", ""})
"""What every station speaks: no management interface."""


def gaps(entry: Entry) -> dict[GapKind, str]:
    """The gaps that overheard traffic shows of one asset."""
    new = [talk for talk in entry.answered if not declared(entry, talk)]
    if not new:
        return {}
    told = dict.fromkeys(f"{talk.protocol} on port {talk.port}" for talk in sorted(new, key=lambda t: t.port))
    askers = sorted({talk.asker for talk in new})
    return {GapKind.INTERFACE_UNDECLARED: f"{', '.join(told)} answered to {', '.join(askers[:4])}"}


def declared(entry: Entry, talk: Talk) -> bool:
    """Does the paper know that the asset answers in this way?"""
    protocol = talk.protocol.casefold()
    if protocol in QUIET:
        return True
    if any(each.endswith(f":{talk.port}") for each in parts(entry.declared.get("address", ""))):
        return True
    words = [*parts(entry.declared.get("interfaces", "")), *parts(entry.declared.get("protocol", ""))]
    for match in entry.said:
        if match.said.source is Source.IMPORTED:
            words += [*parts(match.said.fields.get("interfaces", "")), *parts(match.said.fields.get("protocol", ""))]
    return any(word.casefold() == protocol or protocol in SAME.get(word.casefold(), ()) for word in words)


def talking(entry: Entry) -> str | None:
    """When something that should be silent was last heard, in words; None where it is silent."""
    for device in entry.devices:
        if isinstance(device, Seen) and device.reached_us and not device.lost_us:
            return f"{device.device} answers, since {rfc3339(device.reached_us, digits=0)}"
    heard = (*entry.answered, *entry.asked)
    if heard:
        last = max(heard, key=lambda talk: talk.last_us)
        return f"heard speaking {last.protocol} on {rfc3339(last.last_us, digits=0)}"
    for match in entry.said:
        if match.said.source is Source.OBSERVED and match.said.origin != POLLED:
            return f"seen in {match.said.origin} ({match.said.place})"
    return None


def seen(entry: Entry) -> bool:
    """Did any capture or sighting show the asset?"""
    return bool(entry.answered or entry.asked) or any(m.said.source is Source.OBSERVED for m in entry.said)
