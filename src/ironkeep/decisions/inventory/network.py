"""What traffic shows about declared assets: interfaces that nobody declared, equipment that should be silent and talks.

Everything here was overheard; nothing was asked. A port that only requests went to is no interface: somebody answered
when the conversation counts as one.
"""

from heapq import nsmallest
from operator import attrgetter
from typing import Final

from ironkeep.decisions.inventory.memory import Seen
from ironkeep.decisions.inventory.reconcile import Entry
from ironkeep.decisions.inventory.statements import POLLED, parts
from ironkeep.decisions.inventory.study import Steps, whole
from ironkeep.model.register import GapKind, Source
from ironkeep.model.time import rfc3339

SAME: Final = {
    "web page": ("http", "https"),
    "api": ("http", "https", "rest"),
    "shell": ("ssh", "telnet"),
    "modbus": ("modbus", "modbus/tcp", "modbus_tcp"),
    "vendor cloud": ("mqtt", "mqtts"),
}
"""Words of a site file, and the protocols of captures that they cover."""
GONE: Final = ("retired", "disposed")
ASKERS_TOLD: Final = 4  # stations named beside an interface that nobody declared
QUIET: Final = frozenset({"arp", "icmp", "icmp6", "ntp", "dns", "mdns", "dhcp", "lldp", "igmp", "unknown", ""})
"""What every station speaks: no management interface."""


def gaps(entry: Entry) -> dict[GapKind, str]:
    """The gaps that overheard traffic shows of one asset."""
    words = whole(undeclared(entry))
    return {GapKind.INTERFACE_UNDECLARED: words} if words else {}


def undeclared(entry: Entry) -> Steps[str]:
    """In which ways the asset answered that no paper knows, and to whom, in words; empty for none. A step a talk."""
    if not entry.answered:
        return ""
    ports, protocols = _declared(entry)
    ways: set[tuple[int, str]] = set()
    askers: set[str] = set()
    for talk in entry.answered:
        yield
        protocol = talk.protocol.casefold()
        if protocol not in QUIET and protocol not in protocols and str(talk.port) not in ports:
            ways.add((talk.port, talk.protocol))
            askers.add(talk.asker)
    told = ", ".join(f"{protocol} on port {port}" for port, protocol in sorted(ways))
    return f"{told} answered to {', '.join(nsmallest(ASKERS_TOLD, askers))}" if told else ""


def _declared(entry: Entry) -> tuple[frozenset[str], frozenset[str]]:
    """The ports and the protocols in which papers know that the asset answers."""
    ports = frozenset(each.rpartition(":")[2] for each in parts(entry.declared.get("address", "")) if ":" in each)
    papers = [entry.declared, *(m.said.fields for m in entry.said if m.said.source is Source.IMPORTED)]
    words: set[str] = set()
    for fields in papers:
        for name in ("interfaces", "protocol"):
            words.update(word.casefold() for word in parts(fields.get(name, "")))
    return ports, frozenset(words).union(*(SAME.get(word, ()) for word in words))


def retired(entry: Entry) -> str:
    """What says that the asset should be silent: the state that counts, else any list that calls it retired while the
    site file calls it something else; empty where nothing does.
    """
    if (state := entry.known("state")) in GONE:
        return f"{state} on paper"
    for match in reversed(entry.said):
        if match.said.source is Source.IMPORTED and (told := match.said.fields.get("state", "").casefold()) in GONE:
            return f"{told} in {match.said.origin}, {state or 'without a state'} in the site file"
    return ""


def talking(entry: Entry) -> str | None:
    """When something that should be silent was last heard, in words; None where it is silent."""
    for device in entry.devices:
        if isinstance(device, Seen) and device.reached_us and not device.lost_us:
            return f"{device.device} answers, since {rfc3339(device.reached_us, digits=0)}"
    heard = (*entry.answered, *entry.asked)
    if heard:
        last = max(heard, key=attrgetter("last_us"))
        return f"heard speaking {last.protocol} on {rfc3339(last.last_us, digits=0)}"
    for match in entry.said:
        if match.said.source is Source.OBSERVED and match.said.origin != POLLED:
            return f"seen in {match.said.origin} ({match.said.place})"
    return None


def seen(entry: Entry) -> bool:
    """Did any capture or sighting show the asset?"""
    return bool(entry.answered or entry.asked) or any(m.said.source is Source.OBSERVED for m in entry.said)
