"""Who talks with whom and what is asked, gathered packet by packet: stations, conversations, Modbus and DNP3 requests.

Rules. 1. Who opened a conversation is told by its SYN, else by a well-known port, else by the request itself, else by
the lower port. 2. Modbus is told by port 502 or by headers that can be nothing else, DNP3 by its start bytes; what
their function codes do is counted. Every other protocol is told by its port alone and only its packets are counted. 3.
A conversation that nobody answered is no conversation: it is left out and counted, unless a request was read in it. 4.
Tables have bounds; a capture beyond them is refused. 5. Contents of packets are never kept.
Source: MODBUS Messaging on TCP/IP 1.0b 3.1.3; MODBUS Application Protocol 1.1b3 5.1; IEEE 1815-2012 (DNP3) 9.2, 8.2,
4.4.
"""

import struct
from typing import Final

from ironkeep.codecs.taken import RECORDS_MAX, TALKS_MAX, Taken, station, told
from ironkeep.model.errors import Refused
from ironkeep.model.register import Record, Talk

FLOWS_MAX: Final = 400_000  # conversations by address and port of both sides, at one time
HELD_BYTES_MAX: Final = 1024  # of a message that goes on in the next packet
UNITS_TOLD_MAX: Final = 16
PORTS: Final = {
    502: "modbus",
    802: "modbus-tls",
    20000: "dnp3",
    2404: "iec104",
    102: "mms",
    4840: "opcua",
    44818: "ethernet-ip",
    47808: "bacnet",
    3493: "nut",
    161: "snmp",
    162: "snmp-trap",
    80: "http",
    8080: "http",
    443: "https",
    8443: "https",
    1883: "mqtt",
    8883: "mqtts",
    22: "ssh",
    23: "telnet",
    21: "ftp",
    69: "tftp",
    53: "dns",
    67: "dhcp",
    123: "ntp",
    514: "syslog",
    3389: "rdp",
    5900: "vnc",
    1194: "openvpn",
    51820: "wireguard",
}
WEB: Final = ("http", "https")
SHELL: Final = ("ssh", "telnet")

READS: Final = frozenset((1, 2, 3, 4, 7, 11, 12, 17, 20, 24, 43))
WRITES: Final = frozenset((5, 6, 15, 16, 21, 22, 23))
DNP3_READS: Final = frozenset((1,))
DNP3_WRITES: Final = frozenset((2, 3, 4, 5, 6, 9, 10, 13, 14, 15, 16, 17, 18, 19, 20, 21, 24, 25, 26, 27, 30, 31))
DNP3_REQUEST_MAX: Final = 33  # function codes of requests; 129 and above are responses
_MODBUS: Final = struct.Struct(">HHHBB")
MODBUS_LENGTH_MAX: Final = 254
FIN, SYN, RST, ACK = 1, 2, 4, 16


class Flow:
    """One conversation: two sides by address and port. `asker` 0 or 1, None while nobody knows."""

    __slots__ = (
        "answered",
        "asker",
        "first_us",
        "held",
        "last_us",
        "next_seq",
        "others",
        "packets",
        "protocol",
        "reads",
        "sides",
        "units",
        "writes",
    )

    def __init__(self, sides: tuple[tuple[str, int], tuple[str, int]], at_us: int) -> None:
        self.sides = sides
        self.asker: int | None = None
        self.answered = [False, False]  # did this side send more than a refusal?
        self.first_us = self.last_us = at_us
        self.packets = self.reads = self.writes = self.others = 0
        self.protocol = next((PORTS[port] for _, port in sides if port in PORTS), "")
        self.held = [b"", b""]
        self.next_seq = [-1, -1]
        self.units: set[int] = set()


class Gathering:
    """All that a capture shows so far. `packet` is the number of the packet at hand, `read` of the last one read."""

    def __init__(self, where: str) -> None:
        self.where, self.packet, self.read = where, 0, 0
        self.flows: dict[tuple[tuple[str, int], tuple[str, int], str], Flow] = {}
        self.stations: dict[str, tuple[str, int]] = {}  # IP address -> hardware address that spoke for it, packet
        self.sure: dict[str, str] = {}  # the same, as ARP said it
        self.counts: dict[str, int] = {}

    def count(self, what: str, times: int = 1) -> None:
        """One more, or several, of what is left out."""
        self.counts[what] = self.counts.get(what, 0) + times

    def seen(self, address: str, mac: str, *, sure: bool = False) -> None:
        """A station spoke. `sure`: ARP itself ties the two addresses together."""
        known = self.stations.get(address)
        if known is None:
            if not station(address):
                return
            if len(self.stations) >= RECORDS_MAX:
                raise self._beyond(f"more than {RECORDS_MAX} stations")
        if known is None or self.packet < known[1]:  # packets of one batch do not come in their order
            self.stations[address] = (mac, self.packet)
        if sure and mac:
            self.sure[address] = mac

    def flow(self, one: tuple[str, int], other: tuple[str, int], carrier: str, at_us: int) -> Flow:
        """The conversation of two sides, begun with this packet where there is none. Raises Refused when there are too
        many.
        """
        sides = (one, other) if one <= other else (other, one)
        key = (*sides, carrier)
        found = self.flows.get(key)
        if found is None:
            if len(self.flows) >= FLOWS_MAX:
                raise self._beyond(f"more than {FLOWS_MAX} conversations")
            found = self.flows[key] = Flow(sides, at_us)
        return found

    def talk(
        self,
        source: tuple[str, int],
        target: tuple[str, int],
        carrier: str,
        at_us: int,
        flags: int,
        seq: int,
        data: bytes,
    ) -> None:
        """A packet from `source` to `target` (address, port) over `carrier` (tcp, udp) with its payload."""
        flow = self.flow(source, target, carrier, at_us)
        me = 0 if flow.sides[0] == source else 1
        flow.packets += 1
        flow.first_us, flow.last_us = min(flow.first_us, at_us), max(flow.last_us, at_us)
        if carrier == "tcp":
            if flags & SYN:
                flow.asker = 1 - me if flags & ACK else me
                flow.next_seq[me] = (seq + 1) & 0xFFFFFFFF
                flow.held[me] = b""
            if not flags & RST:
                flow.answered[me] = True
            data = _fresh(flow, me, seq, data) if data else data
        else:
            flow.answered[me] = True
        if data:
            _listen(flow, me, data)

    def taken(self, mended: list[str]) -> Taken:
        """Records and talks of everything seen. Raises Refused when there are too many."""
        talks, silent = _talks(self.flows)
        if len(talks) > TALKS_MAX:
            raise self._beyond(f"more than {TALKS_MAX} conversations")
        left = [f"{count} {what}" for what, count in sorted(self.counts.items())]
        if silent:
            left.append(f"{silent} conversations that nobody answered")
        return Taken(tuple(self._records(talks)), tuple(talks), told(mended), told(left))

    def _records(self, talks: list[Talk]) -> list[Record]:
        answers: dict[str, dict[str, None]] = {}
        for talk in talks:
            answers.setdefault(talk.answerer, {})[talk.protocol] = None
        units: dict[str, set[int]] = {}
        for flow in self.flows.values():
            if flow.units and flow.asker is not None:
                units.setdefault(flow.sides[1 - flow.asker][0], set()).update(flow.units)
        behind: dict[str, int] = {}
        for address, (mac, _) in self.stations.items():
            behind[self.sure.get(address, mac)] = behind.get(self.sure.get(address, mac), 0) + 1
        records = []
        for address, (mac, packet) in sorted(self.stations.items(), key=lambda item: item[1][1]):
            fields = {"address": address}
            own = self.sure.get(address) or (mac if behind[mac] == 1 else "")  # one that speaks for many is a router
            if own:
                fields["mac"] = own
            spoken = answers.get(address, {})
            if spoken:
                fields["protocol"] = ", ".join(spoken)
            doors = [
                word for word, some in (("web page", WEB), ("shell", SHELL)) if any(each in some for each in spoken)
            ]
            if doors:
                fields["interfaces"] = ", ".join(doors)
            records.append(Record(f"packet {packet}{_units(units.get(address, set()))}", fields))
        return records

    def _beyond(self, what: str) -> Refused:
        return Refused(
            what, where=f"{self.where}: packet {self.packet}", remedy="capture one network of the site alone"
        )


def _units(units: set[int]) -> str:
    if not units:
        return ""
    shown = " ".join(map(str, sorted(units)[:UNITS_TOLD_MAX]))
    return f" (Modbus unit{'s' if len(units) > 1 else ''} {shown}{' ...' if len(units) > UNITS_TOLD_MAX else ''})"


def _talks(flows: dict[tuple[tuple[str, int], tuple[str, int], str], Flow]) -> tuple[list[Talk], int]:
    """Flows gathered by who asks whom about what, and how many nobody answered."""
    sums: dict[tuple[str, str, str, int], list[int]] = {}
    silent = 0
    for (*_, carrier), flow in flows.items():
        asker = _asker(flow)
        (client, _), (server, port) = flow.sides[asker], flow.sides[1 - asker]
        if not (station(client) and station(server)):
            continue
        if not (flow.answered[1 - asker] or flow.reads or flow.writes or flow.others):
            silent += 1
            continue
        key = (client, server, flow.protocol or carrier, port)
        row = sums.setdefault(key, [0, 0, 0, 0, flow.first_us, flow.last_us])
        for n, value in enumerate((flow.packets, flow.reads, flow.writes, flow.others)):
            row[n] += value
        row[4], row[5] = min(row[4], flow.first_us), max(row[5], flow.last_us)
    return [Talk(*key, *row) for key, row in sorted(sums.items())], silent


def _asker(flow: Flow) -> int:
    """Which side opened the conversation, as far as that can be told."""
    if flow.asker is not None:
        return flow.asker
    ports = [port for _, port in flow.sides]
    known = [port in PORTS for port in ports]
    if known[0] != known[1]:
        return 1 if known[0] else 0
    return 1 if ports[0] < ports[1] else 0


def _fresh(flow: Flow, me: int, seq: int, data: bytes) -> bytes:
    """The payload that was not seen before; a gap drops what was held for it."""
    expected = flow.next_seq[me]
    flow.next_seq[me] = (seq + len(data)) & 0xFFFFFFFF
    if expected < 0 or seq == expected:
        return data
    ahead = (seq - expected) & 0xFFFFFFFF
    if ahead < 1 << 31:
        flow.held[me] = b""
        return data
    over = (1 << 32) - ahead
    if over >= len(data):
        flow.next_seq[me] = expected
        return b""
    return data[over:]


def _listen(flow: Flow, me: int, data: bytes) -> None:
    """Count the requests in a payload, where the protocol is one that we read."""
    if not flow.protocol:
        if _is_modbus(data):
            flow.protocol = "modbus"
        elif data[:2] == b"\x05\x64" and len(data) >= 10:
            flow.protocol = "dnp3"
    if flow.protocol == "modbus":
        _modbus(flow, me, data)
    elif flow.protocol == "dnp3":
        _dnp3(flow, me, data)


def _is_modbus(data: bytes) -> bool:
    """Can the payload be nothing but one Modbus message?"""
    if len(data) < 8:
        return False
    _, protocol, length, _, function = _MODBUS.unpack_from(data)
    fits = protocol == 0 and 2 <= length <= MODBUS_LENGTH_MAX and len(data) == 6 + length
    return bool(fits and 0 < function & 0x7F <= 43)


def _modbus(flow: Flow, me: int, data: bytes) -> None:
    data = flow.held[me] + data
    at = 0
    while len(data) - at >= 8:
        _, protocol, length, unit, function = _MODBUS.unpack_from(data, at)
        if protocol or not 2 <= length <= MODBUS_LENGTH_MAX:
            flow.held[me] = b""
            return
        if at + 6 + length > len(data):
            break
        if flow.asker is None:
            _tell_asker(flow, me, length, data[at + 8] if length > 2 else -1)
        if flow.asker == me:
            _count(flow, function in READS, function in WRITES)
            flow.units.add(unit)
        at += 6 + length
    flow.held[me] = data[at:][:HELD_BYTES_MAX]


def _tell_asker(flow: Flow, me: int, length: int, third: int) -> None:
    """Without a SYN: port 502 answers; elsewhere a message of the length of a read request whose third byte is not the
    count of bytes that follow is a request.
    """
    ports = [port for _, port in flow.sides]
    if (ports[0] == 502) != (ports[1] == 502):
        flow.asker = 1 if ports[0] == 502 else 0
    elif length == 6 and third != 3:
        flow.asker = me
    else:
        flow.asker = 1 - me


def _dnp3(flow: Flow, me: int, data: bytes) -> None:
    """Link frames in a payload; the application's function code stands in the first block of a first fragment."""
    data = flow.held[me] + data
    at = 0
    while (start := data.find(b"\x05\x64", at)) >= 0:
        if start + 10 > len(data):
            flow.held[me] = data[start:][:HELD_BYTES_MAX]
            return
        user = max(data[start + 2] - 5, 0)
        size = 10 + user + 2 * -(-user // 16)
        if start + size > len(data):
            flow.held[me] = data[start:][:HELD_BYTES_MAX]
            return
        if user >= 3 and data[start + 10] & 0x40:
            function = data[start + 12]
            if function <= DNP3_REQUEST_MAX and function:
                flow.asker = me if flow.asker is None else flow.asker
                _count(flow, function in DNP3_READS, function in DNP3_WRITES)
        at = start + size
    flow.held[me] = b""


def _count(flow: Flow, reads: bool, writes: bool) -> None:
    if reads:
        flow.reads += 1
    elif writes:
        flow.writes += 1
    else:
        flow.others += 1
