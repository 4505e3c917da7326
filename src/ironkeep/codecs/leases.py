"""Who has which address, as machines write it down: ARP and neighbour tables, leases of DHCP servers.

Rules. 1. An ARP line is read by the IP and the hardware address in it, whatever words stand around them, so that every
system's table and language is understood. 2. Of an ISC lease file the last block of an address counts, as that server
means it; a lease that ended is left out, and named. 3. Group, broadcast and nobody's addresses are left out. 4. A line
that is neither an entry nor a head of its form refuses the file.
Source: iproute2 `ip neigh`, net-tools `arp`, Windows `arp -a`, `show ip arp` (Cisco), `display arp` (Comware, VRP); ISC
dhcpd.leases(5); dnsmasq(8); Kea lease file (memfile).
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ironkeep.codecs.csvtable import table_of
from ironkeep.codecs.plaintext import text_of
from ironkeep.codecs.taken import FILE_BYTES_MAX, Taken, bounded, ip_of, mac_of, printable, station, told
from ironkeep.model.errors import Refused
from ironkeep.model.register import Record

_WORDS: Final = re.compile(r"[^\s()<>\[\],;]+")
_UNANSWERED: Final = re.compile(r"incomplete|failed|unreachable|\bnone\b", re.IGNORECASE)
_LEASE: Final = re.compile(r"\s*lease\s+(\S+)\s*\{\s*$")
_STATEMENT: Final = re.compile(r"\s*(hardware ethernet|client-hostname|binding state)\s+(.+?)\s*;\s*$")
_HARDWARE: Final = re.compile(r"[0-9A-Fa-f]{1,2}(?:[:-][0-9A-Fa-f]{1,2}){5}|[0-9A-Fa-f]{4}(?:[.-][0-9A-Fa-f]{4}){2}")
KEA_HEAD: Final = ("address", "hwaddr")


def arp(data: bytes, name: str) -> Taken:
    """Who was heard on the wire. Raises Refused naming the line that holds no address."""
    text = text_of(data, name, FILE_BYTES_MAX)
    records: list[Record] = []
    left: list[str] = []
    for number, line in enumerate(text.lines, 1):
        words = _WORDS.findall(line)[:24]
        address = next((ip for word in words if (ip := _bare_ip(word))), "")
        mac = next((mac for word in words if (mac := _any_mac(word))), "")
        if not address or _is_head(line):
            if mac:
                raise Refused("a hardware address without an IP address", where=f"{name}: line {number}", remedy=_ARP)
            continue
        if not mac:
            if not _UNANSWERED.search(line) and len(words) > 1 and not _is_head(line):
                raise Refused("an IP address without a hardware address", where=f"{name}: line {number}", remedy=_ARP)
            left.append(f"line {number}: {address} did not answer")
        elif not mac_of(mac) or not station(address):
            left.append(f"line {number}: {address} is a group's address, not a station's")
        else:
            records.append(Record(f"line {number}", {"address": address, "mac": mac_of(mac)}))
    if not records and not left:
        raise Refused("no address in it", where=name, remedy=_ARP)
    return Taken(bounded(records, name), mended=text.mended, left_out=told(left))


_ARP: Final = "give the output of `ip neigh`, `arp -an`, `arp -a` or `show ip arp` as it is"


def _bare_ip(word: str) -> str:
    return ip_of(word) if "/" not in word and ("." in word or word.count(":") > 1) and not _any_mac(word) else ""


def _any_mac(word: str) -> str:
    """The word when it is written as a hardware address is, a group's too."""
    return word if _HARDWARE.fullmatch(word) else ""


def _is_head(line: str) -> bool:
    """Is it Windows' line that names an interface and its own address?"""
    return " --- 0x" in line


def dhcp(data: bytes, name: str) -> Taken:
    """Who was given an address. Raises Refused naming the line that is no lease."""
    text = text_of(data, name, FILE_BYTES_MAX)
    content = [line for line in text.lines if line.strip() and not line.lstrip().startswith("#")]
    first = content[0].strip().lower() if content else ""
    if first.startswith("address,hwaddr"):
        records, left = _kea(text.lines, name)
    elif any(_LEASE.match(line) for line in content):
        records, left = _isc(text.lines, name)
    else:
        records, left = _dnsmasq(text.lines, name)
    if not records and not left:
        raise Refused("no lease in it", where=name, remedy="dhcpd.leases, dnsmasq.leases or Kea's kea-leases4.csv")
    return Taken(bounded(records, name), mended=text.mended, left_out=told(left))


def _isc(lines: Sequence[str], name: str) -> tuple[list[Record], list[str]]:
    newest: dict[str, Record] = {}
    ended: dict[str, str] = {}
    address, at, depth, said = "", 0, 0, dict[str, str]()
    for number, line in enumerate(lines, 1):
        if not address and (lease := _LEASE.match(line)):
            address, at, said = ip_of(lease[1]), number, {}
            depth = 1
            if not address:
                raise Refused("a lease of no IP address", where=f"{name}: line {number}", remedy="give the file whole")
            continue
        if not address:
            continue
        depth += line.count("{") - line.count("}")
        if statement := _STATEMENT.match(line):
            said[statement[1]] = statement[2].removeprefix('"').removesuffix('"').replace('\\"', '"')
        if depth <= 0:
            newest.pop(address, None)
            ended.pop(address, None)
            mac = mac_of(said.get("hardware ethernet", ""))
            if said.get("binding state", "active") == "active" and mac:
                newest[address] = _lease(address, mac, said.get("client-hostname", ""), at)
            else:
                ended[address] = f"line {at}: the lease of {address} has ended or names no hardware"
            address = ""
    if address:
        raise Refused("the last lease does not end", where=f"{name}: line {at}", remedy="give the file whole")
    return list(newest.values()), list(ended.values())


def _dnsmasq(lines: Sequence[str], name: str) -> tuple[list[Record], list[str]]:
    records: list[Record] = []
    left: list[str] = []
    for number, line in enumerate(lines, 1):
        words = line.split()
        if not words or line.lstrip().startswith("#"):
            continue
        place = f"{name}: line {number}"
        if words[0] == "duid":  # the server's own id, before its IPv6 leases
            left.append(f"line {number}: the server's own id")
            continue
        if len(words) < 4 or not words[0].isdecimal() or not ip_of(words[2]):
            raise Refused("no lease", where=place, remedy="expiry, hardware address, IP address, name, client id")
        mac = mac_of(words[1].rpartition("-")[2] if words[1][:3] in ("06-", "01-") else words[1])
        if not mac:
            left.append(f"line {number}: {ip_of(words[2])} without a hardware address")
        else:
            records.append(_lease(ip_of(words[2]), mac, "" if words[3] == "*" else words[3], number))
    return records, left


def _kea(lines: Sequence[str], name: str) -> tuple[list[Record], list[str]]:
    table = table_of(lines, name, ",")
    head = [cell.casefold() for cell in table.rows[0].cells]
    at = {column: head.index(column) for column in (*KEA_HEAD, "hostname", "state", "valid_lifetime") if column in head}
    if absent := [column for column in KEA_HEAD if column not in at]:
        raise Refused(
            f"no column {absent[0]}", where=f"{name}: line 1", remedy="give the file of leases as Kea wrote it"
        )
    newest: dict[str, Record] = {}
    left: dict[str, str] = {}
    for row in table.rows[1:]:
        address, mac = ip_of(row.cells[at["address"]]), mac_of(row.cells[at["hwaddr"]])
        if not address:
            raise Refused("a lease of no IP address", where=f"{name}: line {row.line}", remedy="give the file whole")
        newest.pop(address, None)
        left.pop(address, None)
        over = ("state" in at and row.cells[at["state"]] not in ("", "0")) or (
            "valid_lifetime" in at and row.cells[at["valid_lifetime"]] == "0"
        )
        if over or not mac:
            left[address] = f"line {row.line}: the lease of {address} has ended or names no hardware"
        else:
            newest[address] = _lease(
                address, mac, _unescaped(row.cells[at["hostname"]] if "hostname" in at else ""), row.line
            )
    return list(newest.values()), list(left.values())


def _unescaped(cell: str) -> str:
    """A cell of Kea's, which writes a comma in it as `&#x2c`."""
    return re.sub(r"&#x([0-9a-fA-F]{2});?", lambda found: chr(int(found[1], 16)), cell)


def _lease(address: str, mac: str, host: str, line: int) -> Record:
    fields = {"address": address, "mac": mac}
    if plain := printable(host).rstrip("."):
        fields["name"] = plain
    return Record(f"line {line}", fields)


def looks_like_arp(lines: Sequence[str]) -> bool:
    """Do most lines with an IP address carry a hardware address too, or say that there is none?"""
    with_ip = [line for line in lines if any(map(_bare_ip, _WORDS.findall(line)[:24])) and not _is_head(line)]
    return bool(with_ip) and sum(map(_tells, with_ip)) >= 0.8 * len(with_ip)


def _tells(line: str) -> bool:
    return any(map(_any_mac, _WORDS.findall(line)[:24])) or _UNANSWERED.search(line) is not None


def looks_like_dhcp(lines: Sequence[str]) -> bool:
    """Is it one of the lease files?"""
    content = [line for line in _first(lines) if not line.lstrip().startswith("#")]
    if not content:
        return False
    if content[0].strip().lower().startswith("address,hwaddr") or any(_LEASE.match(line) for line in content):
        return True
    words = content[0].split()
    if words and words[0] == "duid" and len(content) > 1:
        words = content[1].split()
    return len(words) in (4, 5) and words[0].isdecimal() and bool(ip_of(words[2]))


def _first(lines: Sequence[str]) -> Iterator[str]:
    return (line for line in lines[:500] if line.strip())
