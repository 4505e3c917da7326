"""Many captured packets at once: IPv4 with TCP or UDP taken apart in columns, everything else handed on one by one.

Rules. 1. What comes out is what `packets` and `Gathering.talk` would have made of the same packets in their order. 2. A
conversation is counted in columns where its bytes follow each other without gap, repeat or cut and who asks does not
change; where not, its packets of this batch go one by one. 3. Nothing is read beyond what was captured.
Source: IEEE 802.3, 802.1Q; RFC 791, 9293, 768; MODBUS Messaging on TCP/IP 1.0b 3.1.3; IEEE 1815-2012 9.2.
"""

import ipaddress
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ironkeep.codecs.conversations import (
    ACK,
    DNP3_READS,
    DNP3_REQUEST_MAX,
    DNP3_WRITES,
    MODBUS_LENGTH_MAX,
    READS,
    RST,
    SYN,
    WRITES,
    Flow,
    Gathering,
)
from ironkeep.codecs.packets import LINKS, TAGS, TAGS_MAX

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_LISTENED: Final = ("", "modbus", "dnp3")
_IPV4: Final = 0x0800
_TCP, _UDP = 6, 17
# Where a link layer keeps the kind of what it carries, its length, the sender's hardware address, and where it says
# that this is an Ethernet address (-1: always).
_LINK_PLACES: Final = {1: (12, 14, 6, -1, 0), 113: (14, 16, 6, 4, 2), 276: (0, 20, 12, 11, 1)}


@dataclass(frozen=True, slots=True)
class Batch:
    """Packets of one link layer: where each stands in `data`, how long it is, when it came (us), its number."""

    link: int
    data: bytes
    at: Ints
    size: Ints
    at_us: Ints
    number: Ints


@dataclass(slots=True)
class _Columns:
    """The plain packets of a batch, (N,) each: row in the batch, addresses, ports, payload."""

    row: Ints
    source: Ints
    target: Ints
    here: Ints
    there: Ints
    tcp: Mask
    flags: Ints
    seq: Ints
    at: Ints  # of the payload
    size: Ints


def gather(batch: Batch, to: Gathering) -> None:
    """Take a batch in. Raises Refused when the tables are full."""
    octets = np.frombuffer(batch.data, np.uint8)
    columns = _plain(batch, octets)
    rest = np.ones(batch.at.size, np.bool_)
    if columns is not None:
        rest[columns.row] = False
    for row in np.flatnonzero(rest).tolist():
        to.packet = int(batch.number[row])
        at, at_us = int(batch.at[row]), int(batch.at_us[row])
        LINKS[batch.link](batch.data[at : at + int(batch.size[row])], at_us, to)
    if columns is not None and columns.row.size:
        _stations(batch, columns, octets, to)
        _conversations(batch, columns, octets, to)
    to.packet = int(batch.number[-1])


# ------------------------------------------------------------------------------------------------------------- headers


def _plain(batch: Batch, octets: NDArray[np.uint8]) -> _Columns | None:
    """The packets that are IPv4 with TCP or UDP and whole in every header."""
    if batch.link not in _LINK_PLACES:
        return None
    kind_at, head, *_ = _LINK_PLACES[batch.link]
    row = np.flatnonzero(batch.size >= head + 20)
    at, left = batch.at[row], batch.size[row] - head
    kind = _word(octets, at + kind_at)
    at = at + head
    if batch.link == 1:
        for _ in range(TAGS_MAX):
            tagged = np.isin(kind, TAGS) & (left >= 4)
            kind = np.where(tagged, _word(octets, at + np.where(tagged, 2, 0)), kind)
            at, left = at + 4 * tagged, left - 4 * tagged
    good = (kind == _IPV4) & (left >= 20)
    row, at, left = row[good], at[good], left[good]
    first = octets[at].astype(np.int64)
    length, size = (first & 15) * 4, _word(octets, at + 2)
    protocol = octets[at + 9]
    good = (first >> 4 == 4) & (length >= 20) & ((size == 0) | (size >= length)) & (_word(octets, at + 6) & 0x1FFF == 0)
    body = np.where(size == 0, left, np.minimum(left, size)) - length
    good &= ((protocol == _TCP) & (body >= 14)) | ((protocol == _UDP) & (body >= 8))
    row, ip, at, body, tcp = row[good], at[good], (at + length)[good], body[good], protocol[good] == _TCP
    offset = np.where(tcp, octets[at + np.where(tcp, 12, 0)].astype(np.int64) >> 4, 0) * 4
    good = ~tcp | (offset >= 20)
    row, ip, at, body, tcp, offset = row[good], ip[good], at[good], body[good], tcp[good], offset[good]
    payload = np.where(tcp, offset, 8)
    told = np.where(tcp, body, np.minimum(body, np.maximum(_word(octets, at + np.where(tcp, 0, 4)), 8)))
    return _Columns(
        row=row,
        source=_double(octets, ip + 12),
        target=_double(octets, ip + 16),
        here=_word(octets, at),
        there=_word(octets, at + 2),
        tcp=tcp,
        flags=np.where(tcp, octets[at + np.where(tcp, 13, 0)].astype(np.int64), 0),
        seq=np.where(tcp, _double(octets, at + np.where(tcp, 4, 0)), 0),
        at=at + payload,
        size=np.maximum(told - payload, 0),
    )


def _word(octets: NDArray[np.uint8], at: Ints) -> Ints:
    return octets[at].astype(np.int64) << 8 | octets[at + 1]


def _double(octets: NDArray[np.uint8], at: Ints) -> Ints:
    return _word(octets, at) << 16 | _word(octets, at + 2)


def _stations(batch: Batch, columns: _Columns, octets: NDArray[np.uint8], to: Gathering) -> None:
    """Every sender, in the order in which they first spoke."""
    _, _, mac_at, says_at, says_size = _LINK_PLACES[batch.link]
    sources, first = np.unique(columns.source, return_index=True)
    for n in np.argsort(first, kind="stable").tolist():
        row = int(columns.row[first[n]])
        at = int(batch.at[row])
        mac = batch.data[at + mac_at : at + mac_at + 6]
        if says_at >= 0 and int.from_bytes(batch.data[at + says_at : at + says_at + says_size], "big") != 6:
            mac = b""
        to.packet = int(batch.number[row])
        to.seen(_address(int(sources[n])), "" if not mac or mac[0] & 1 or not any(mac) else mac.hex(":"))


def _address(number: int) -> str:
    return str(ipaddress.IPv4Address(number))


# ------------------------------------------------------------------------------------------------------- conversations


@dataclass(slots=True)
class _Payloads:
    """What the payloads say, (N,) each. `message`: exactly one Modbus message; `frame`: exactly one DNP3 frame."""

    message: Mask
    frame: Mask
    telling: Mask  # could tell the protocol of a conversation on an unknown port
    request: Mask  # a DNP3 request
    function: Ints  # of Modbus
    code: Ints  # of DNP3
    unit: Ints


def _payloads(columns: _Columns, octets: NDArray[np.uint8]) -> _Payloads:
    size = columns.size
    at = np.where(size >= 8, columns.at, 0)
    length = _word(octets, at + 4)
    function = octets[at + 7].astype(np.int64)
    header = (size >= 8) & (_word(octets, at + 2) == 0) & (length >= 2) & (length <= MODBUS_LENGTH_MAX)
    message = header & (size == 6 + length)
    dnp3 = (size >= 10) & (_word(octets, at) == 0x0564)
    user = np.maximum(octets[at + 2].astype(np.int64) - 5, 0)
    frame = dnp3 & (size == 10 + user + 2 * -(-user // 16))
    far = np.where(frame & (user >= 3), at, 0)
    code = octets[far + 12].astype(np.int64)
    request = frame & (user >= 3) & (octets[far + 10] & 0x40 > 0) & (code > 0) & (code <= DNP3_REQUEST_MAX)
    plain = function & 0x7F
    telling = (message & (plain > 0) & (plain <= 43)) | dnp3
    return _Payloads(message, frame, telling, request, function, code, octets[at + 6].astype(np.int64))


def _conversations(batch: Batch, columns: _Columns, octets: NDArray[np.uint8], to: Gathering) -> None:
    """Every conversation, its packets together, counted in columns where that is the same."""
    one, other = columns.source << 16 | columns.here, columns.target << 16 | columns.there
    low, high, turned = np.minimum(one, other), np.maximum(one, other), one > other
    group, firsts = _grouped(low, high << 1 | columns.tcp)
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(firsts.size + 1))
    sums = _sums(batch, columns, _payloads(columns, octets), group, turned, order, starts)
    for n, first in enumerate(firsts.tolist()):
        to.packet = int(batch.number[columns.row[first]])
        here, there = int(low[first]), int(high[first])
        sides = ((_address(here >> 16), here & 0xFFFF), (_address(there >> 16), there & 0xFFFF))
        carrier = "tcp" if columns.tcp[first] else "udp"
        flow = to.flow(*sides, carrier, int(batch.at_us[columns.row[first]]))
        flipped = flow.sides[0] != sides[0]
        if not _counted(flow, n, flipped, sums, carrier):
            _one_by_one(batch, columns, order[starts[n] : starts[n + 1]].tolist(), to)


def _grouped(one: Ints, other: Ints) -> tuple[Ints, Ints]:
    """The number of each pair's group (N,), and the first row of each group."""
    _, a = np.unique(one, return_inverse=True)
    some, b = np.unique(other, return_inverse=True)
    _, first, group = np.unique(a * some.size + b, return_index=True, return_inverse=True)
    return group, first


def _one_by_one(batch: Batch, columns: _Columns, rows: list[int], to: Gathering) -> None:
    for row in rows:
        packet = int(columns.row[row])
        to.packet = int(batch.number[packet])
        at = int(columns.at[row])
        to.talk(
            (_address(int(columns.source[row])), int(columns.here[row])),
            (_address(int(columns.target[row])), int(columns.there[row])),
            "tcp" if columns.tcp[row] else "udp",
            int(batch.at_us[packet]),
            int(columns.flags[row]),
            int(columns.seq[row]),
            batch.data[at : at + int(columns.size[row])],
        )


def _sums(
    batch: Batch,
    columns: _Columns,
    said: _Payloads,
    group: Ints,
    turned: Mask,
    order: Ints,
    starts: Ints,
) -> dict[str, list[Any]]:
    """What each conversation needs, as lists by its number; those of a direction by twice its number plus direction."""
    begin, count = starts[:-1], starts.size - 1
    way = group * 2 + turned
    full = columns.size > 0
    syn, reset = columns.tcp & (columns.flags & SYN > 0), columns.tcp & (columns.flags & RST > 0)
    asker = np.where(columns.flags & ACK > 0, ~turned, turned).astype(np.int64)  # as a SYN tells it
    at_us = batch.at_us[columns.row][order]

    def every(mask: Mask) -> list[bool]:
        return np.logical_and.reduceat(mask[order], begin).tolist()  # type: ignore[no-any-return]

    def some(mask: Mask) -> list[bool]:
        return np.logical_or.reduceat(mask[order], begin).tolist()  # type: ignore[no-any-return]

    def tally(mask: Mask, by: Ints = way, size: int = 2 * count) -> list[int]:
        return np.bincount(by[mask], minlength=size).tolist()  # type: ignore[no-any-return]

    last_syn = np.maximum.reduceat(np.where(syn, np.arange(syn.size), -1)[order], begin)
    reads, writes = np.isin(said.function, list(READS)), np.isin(said.function, list(WRITES))
    gets, sets = np.isin(said.code, list(DNP3_READS)), np.isin(said.code, list(DNP3_WRITES))
    units: list[list[int]] = [[] for _ in range(2 * count)]
    for key in np.unique((way << 8 | said.unit)[said.message]).tolist():
        units[key >> 8].append(key & 0xFF)
    return {
        "packets": np.diff(starts).tolist(),
        "first_us": np.minimum.reduceat(at_us, begin).tolist(),
        "last_us": np.maximum.reduceat(at_us, begin).tolist(),
        "messages": every(~full | said.message),
        "frames": every(~full | said.frame),
        "telling": some(full & said.telling),
        "full": some(full),
        "opens": syn[order[begin]].tolist(),
        "asked_one": some(syn & (asker == 0)),
        "asked_other": some(syn & (asker == 1)),
        "last_asker": np.where(last_syn >= 0, asker[last_syn], -1).tolist(),
        "spoke": tally(~reset),
        "reads": tally(said.message & reads),
        "writes": tally(said.message & ~reads & writes),
        "others": tally(said.message & ~reads & ~writes),
        "gets": tally(said.request & gets),
        "sets": tally(said.request & ~gets & sets),
        "does": tally(said.request & ~gets & ~sets),
        "units": units,
        **_streams(columns, way, syn, full, 2 * count),
    }


def _streams(columns: _Columns, way: Ints, syn: Mask, full: Mask, count: int) -> dict[str, list[Any]]:
    """For each direction: do its bytes follow each other, with which number they begin (-1: by a SYN, -2: there are
    none) and which one is next.
    """
    moves = np.flatnonzero(columns.tcp & (syn | full))
    moves = moves[np.argsort(way[moves], kind="stable")]
    by, seq = way[moves], columns.seq[moves]
    following = (seq + np.where(syn[moves], 1, columns.size[moves])) & 0xFFFFFFFF
    breaks = syn[moves] & full[moves]
    breaks[1:] |= (by[1:] == by[:-1]) & ~syn[moves][1:] & (seq[1:] != following[:-1])
    whole, begins, follows = np.ones(count, np.bool_), np.full(count, -2), np.full(count, -1)
    whole[by[breaks]] = False
    first = np.flatnonzero(np.concatenate(([True], by[1:] != by[:-1]))) if by.size else by
    begins[by[first]] = np.where(syn[moves][first], -1, seq[first])
    follows[by] = following  # the last one of each direction stays
    return {"whole": whole.tolist(), "begins": begins.tolist(), "follows": follows.tolist()}


def _counted(flow: Flow, n: int, flipped: bool, sums: dict[str, list[Any]], carrier: str) -> bool:
    """Count a conversation's packets of this batch; False, and nothing done, where they must go one by one."""
    listened = flow.protocol in _LISTENED and sums["full"][n]
    asker = flow.asker
    if carrier == "udp":
        if listened and (flow.protocol or sums["telling"][n]):
            return False
    elif flow.protocol in _LISTENED:
        if not _follows(flow, n, flipped, sums):
            return False
        if listened and not (sums["messages"][n] if flow.protocol == "modbus" else sums["frames"][n]) and flow.protocol:
            return False
        if listened and not flow.protocol and sums["telling"][n]:
            return False
        told = {side for side, name in ((0, "asked_one"), (1, "asked_other")) if sums[name][n]}
        told = {side ^ flipped for side in told} | ({asker} if asker is not None else set())
        if len(told) > 1 or (listened and flow.protocol and asker is None and not sums["opens"][n]):
            return False
    _add(flow, n, flipped, sums, carrier)
    return True


def _follows(flow: Flow, n: int, flipped: bool, sums: dict[str, list[Any]]) -> bool:
    """Do the bytes of both directions follow each other and what came before, with nothing held back?"""
    for side in (0, 1):
        way, me = 2 * n + side, side ^ flipped
        begins, expected = sums["begins"][way], flow.next_seq[me]
        if flow.held[me] or not sums["whole"][way] or (begins >= 0 and expected not in (-1, begins)):
            return False
    return True


def _add(flow: Flow, n: int, flipped: bool, sums: dict[str, list[Any]], carrier: str) -> None:
    flow.packets += sums["packets"][n]
    flow.first_us, flow.last_us = min(flow.first_us, sums["first_us"][n]), max(flow.last_us, sums["last_us"][n])
    if carrier == "tcp" and sums["last_asker"][n] >= 0:
        flow.asker = sums["last_asker"][n] ^ flipped
    for side in (0, 1):
        way, me = 2 * n + side, side ^ flipped
        flow.answered[me] |= sums["spoke"][way] > 0
        if sums["follows"][way] >= 0:
            flow.next_seq[me] = sums["follows"][way]
        if flow.protocol == "modbus" and flow.asker == me and carrier == "tcp":
            flow.reads += sums["reads"][way]
            flow.writes += sums["writes"][way]
            flow.others += sums["others"][way]
            flow.units.update(sums["units"][way])
        elif flow.protocol == "dnp3" and carrier == "tcp":
            flow.reads += sums["gets"][way]
            flow.writes += sums["sets"][way]
            flow.others += sums["does"][way]
