"""Logs of Zeek: conn, modbus, dnp3 and dhcp, as tables with their own head or as JSON, one object a line.

Rules. 1. A table says its separator, path and fields in its head; a JSON log says its path, or is told by its fields.
2. Requests are counted as they are in captures: what a function's name says it does. 3. Lines of other logs in a mixed
JSON file are left out and counted; a line that is no entry refuses the file. 4. A connection that got no packet back is
no conversation.
Source: Zeek 7, base/protocols/conn, modbus, dhcp, dnp3 (log columns); zeek-log ASCII writer.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from ironkeep.codecs.conversations import PORTS, SHELL, WEB
from ironkeep.codecs.plaintext import text_of
from ironkeep.codecs.taken import (
    FILE_BYTES_MAX,
    RECORDS_MAX,
    TALKS_MAX,
    Taken,
    ip_of,
    mac_of,
    printable,
    station,
    told,
)
from ironkeep.model.errors import Refused
from ironkeep.model.register import Record, Talk

COLUMNS_MAX: Final = 200
COUNT_MAX: Final = 1 << 53
TIME_MAX_S: Final = 253_402_300_799  # the year 9999
_UNSET: Final = frozenset(("", "-", "(empty)"))
_MARKS: Final = {
    "conn": ("conn_state", "orig_pkts"),
    "modbus": ("func",),
    "dnp3": ("fc_request",),
    "dhcp": ("mac", "msg_types", "assigned_addr"),
}
_READ_WORDS: Final = ("READ", "REPORT", "GET", "ENCAP")
_WRITE_WORDS: Final = (
    "WRITE",
    "OPERATE",
    "SELECT",
    "RESTART",
    "STOP",
    "INITIALIZE",
    "SAVE",
    "DELETE",
    "ENABLE",
    "DISABLE",
)
_ADVICE: Final = "give conn.log, modbus.log, dnp3.log or dhcp.log as Zeek wrote it, not compressed"

Line = tuple[int, Mapping[str, str]]


class _Sums:
    """Conversations and stations so far."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.talks: dict[tuple[str, str, str, int], list[int]] = {}
        self.stations: dict[str, tuple[int, dict[str, str]]] = {}
        self.left: dict[str, int] = {}

    def station(self, address: str, line: int, **fields: str) -> None:
        if not station(address):
            return
        if address not in self.stations and len(self.stations) >= RECORDS_MAX:
            raise Refused(
                f"more than {RECORDS_MAX} stations", where=f"{self.name}: line {line}", remedy="split the log"
            )
        _, known = self.stations.setdefault(address, (line, {"address": address}))
        known.update({key: value for key, value in fields.items() if value and key not in known})

    def talk(
        self, key: tuple[str, str, str, int], line: int, at_us: int, counts: Sequence[int], until_us: int = 0
    ) -> None:
        if not (station(key[0]) and station(key[1])):
            return
        if key not in self.talks and len(self.talks) >= TALKS_MAX:
            raise Refused(
                f"more than {TALKS_MAX} conversations", where=f"{self.name}: line {line}", remedy="split the log"
            )
        row = self.talks.setdefault(key, [0, 0, 0, 0, at_us, at_us])
        for n, count in enumerate(counts):
            row[n] = min(row[n] + count, COUNT_MAX)
        row[4], row[5] = min(row[4], at_us), max(row[5], at_us, until_us)

    def leave(self, what: str) -> None:
        self.left[what] = self.left.get(what, 0) + 1


def parse(data: bytes, name: str) -> Taken:
    """Stations and conversations of a log. Raises Refused naming the line that is no entry."""
    text = text_of(data, name, FILE_BYTES_MAX)
    sums = _Sums(name)
    json = next((line for line in text.lines if line.strip()), "").lstrip().startswith("{")
    path, lines = ("", _json(text.lines, name)) if json else _table(text.lines, name)
    seen = 0
    for number, entry in lines:
        seen += 1
        kind = path or entry.get("_path", "") or _guessed(entry)
        if kind in _MARKS:
            _KINDS[kind](entry, number, sums)
        else:
            sums.leave(f"lines of other logs ({printable(kind)[:40] or 'not known'})")
    if not seen or not (sums.stations or sums.talks):
        raise Refused("no station and no conversation in it", where=name, remedy=_ADVICE)
    talks = tuple(Talk(*key, *row) for key, row in sorted(sums.talks.items()))
    left = [f"{count} {what}" for what, count in sorted(sums.left.items())]
    return Taken(_records(sums, talks), talks, text.mended, told(left))


def looks_like(lines: Sequence[str]) -> bool:
    """Is it a log of Zeek's: a table with its head, or JSON lines with its fields?"""
    first = next((line for line in lines[:50] if line.strip()), "")
    if first.startswith("#separator"):
        return True
    if not first.lstrip().startswith("{"):
        return False
    try:
        entry = msgspec.json.decode(first)
    except (msgspec.DecodeError, RecursionError):
        return False
    return isinstance(entry, dict) and (entry.get("_path") in _MARKS or bool(_guessed(entry)))


# ---------------------------------------------------------------------------------------------------------------- lines


def _table(lines: Sequence[str], name: str) -> tuple[str, Iterator[Line]]:
    """The log's path and its entries."""
    head: dict[str, str] = {}
    for line in lines[:50]:
        if line.startswith("#"):
            key, _, value = line[1:].replace("\t", " ", 1).partition(" ")
            head.setdefault(key, value)
    if "fields" not in head or "path" not in head:
        raise Refused("no head with path and fields", where=f"{name}: line 1", remedy=_ADVICE)
    if head.get("separator", "\\x09").strip() not in ("\\x09", "\\t"):
        raise Refused("a separator other than the tab", where=f"{name}: line 1", remedy=_ADVICE)
    if head["path"].strip() not in _MARKS:
        raise Refused(f"a {printable(head['path'])[:40]} log, which is not read", where=name, remedy=_ADVICE)
    fields = head["fields"].split("\t")
    if len(fields) > COLUMNS_MAX:
        raise Refused(f"more than {COLUMNS_MAX} columns", where=name, remedy=_ADVICE)
    return head["path"].strip(), _rows(lines, fields, name)


def _rows(lines: Sequence[str], fields: Sequence[str], name: str) -> Iterator[Line]:
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        cells = line.split("\t")
        if len(cells) != len(fields):
            where = f"{name}: line {number}"
            raise Refused(f"{len(cells)} cells where the head has {len(fields)}", where=where, remedy=_ADVICE)
        yield number, {key: cell for key, cell in zip(fields, cells, strict=True) if cell not in _UNSET}


def _json(lines: Sequence[str], name: str) -> Iterator[Line]:
    decoder = msgspec.json.Decoder(dict[str, Any])
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = decoder.decode(line)
        except (msgspec.DecodeError, RecursionError) as exc:
            raise Refused("not a JSON object", where=f"{name}: line {number}", remedy=_ADVICE) from exc
        if len(entry) > COLUMNS_MAX:
            raise Refused(f"more than {COLUMNS_MAX} fields", where=f"{name}: line {number}", remedy=_ADVICE)
        yield number, {key: str(value) for key, value in entry.items() if isinstance(value, str | int | float)}


def _guessed(entry: Mapping[str, Any]) -> str:
    """The path of a log, by the fields that only it has."""
    return next((kind for kind, marks in _MARKS.items() if any(mark in entry for mark in marks)), "")


# -------------------------------------------------------------------------------------------------------------- entries


def _ends(entry: Mapping[str, str], line: int, name: str) -> tuple[str, str, int]:
    asker, answerer = ip_of(entry.get("id.orig_h", "")), ip_of(entry.get("id.resp_h", ""))
    port = _number(entry.get("id.resp_p", "0"), line, name)
    if not asker or not answerer or port > 65_535:
        raise Refused("an entry without its two addresses", where=f"{name}: line {line}", remedy=_ADVICE)
    return asker, answerer, port


def _number(text: str, line: int, name: str) -> int:
    if len(text) > 18 or not text.isascii() or not text.isdecimal():
        raise Refused(f"{printable(text)[:24]!r} is no count", where=f"{name}: line {line}", remedy=_ADVICE)
    return int(text)


def _us(text: str, line: int, name: str) -> int:
    """Microseconds of a time in seconds, or as Zeek's JSON::TS_ISO8601 writes it. Raises Refused for none."""
    try:
        seconds = float(text) if len(text) <= 40 else -1.0
    except ValueError:
        seconds = _iso_s(text)
    if TIME_MAX_S < seconds <= TIME_MAX_S * 1000:  # JSON::TS_MILLIS
        seconds /= 1000
    if not 0 <= seconds <= TIME_MAX_S:
        raise Refused(f"{printable(text)[:24]!r} is no time", where=f"{name}: line {line}", remedy=_ADVICE)
    return int(seconds * 1_000_000)


def _iso_s(text: str) -> float:
    """Seconds of a time in UTC such as 2026-11-20T10:00:00.000000Z; below zero for what is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return -1.0
    return moment.timestamp() if moment.tzinfo is not None else -1.0


def _conn(entry: Mapping[str, str], line: int, sums: _Sums) -> None:
    asker, answerer, port = _ends(entry, line, sums.name)
    at_us = _us(entry.get("ts", "0"), line, sums.name)
    asked, answered = (_number(entry.get(key, "0"), line, sums.name) for key in ("orig_pkts", "resp_pkts"))
    sums.station(asker, line, mac=mac_of(entry.get("orig_l2_addr", "")))
    if not answered:
        sums.leave("connections that nobody answered")
        return
    sums.station(answerer, line, mac=mac_of(entry.get("resp_l2_addr", "")))
    service = entry.get("service", "").partition(",")[0]
    protocol = {"ssl": "https" if port in (443, 8443) else "tls", "modbus_tcp": "modbus", "dnp3_tcp": "dnp3"}.get(
        service, service
    )
    until = at_us + _us(entry.get("duration", "0"), line, sums.name)
    key = (asker, answerer, protocol or PORTS.get(port, "") or entry.get("proto", "unknown"), port)
    sums.talk(key, line, at_us, (asked + answered,), min(until, TIME_MAX_S * 1_000_000))


def _requests(entry: Mapping[str, str], line: int, sums: _Sums, protocol: str, function: str) -> None:
    asker, answerer, port = _ends(entry, line, sums.name)
    at_us = _us(entry.get("ts", "0"), line, sums.name)
    sums.station(asker, line)
    sums.station(answerer, line)
    word = function.upper()
    if not function or entry.get("pdu_type", "REQ").upper() == "RESP":
        sums.talk((asker, answerer, protocol, port), line, at_us, (1,))
    else:
        writes = any(each in word for each in _WRITE_WORDS)
        reads = not writes and any(each in word for each in _READ_WORDS)
        sums.talk((asker, answerer, protocol, port), line, at_us, (1, reads, writes, not reads and not writes))


def _modbus(entry: Mapping[str, str], line: int, sums: _Sums) -> None:
    _requests(entry, line, sums, "modbus", entry.get("func", ""))


def _dnp3(entry: Mapping[str, str], line: int, sums: _Sums) -> None:
    _requests(entry, line, sums, "dnp3", entry.get("fc_request", ""))


def _dhcp(entry: Mapping[str, str], line: int, sums: _Sums) -> None:
    address = ip_of(entry.get("assigned_addr", "")) or ip_of(entry.get("client_addr", ""))
    mac = mac_of(entry.get("mac", ""))
    if not address or not mac:
        sums.leave("leases without address and hardware address")
    else:
        sums.station(address, line, mac=mac, name=printable(entry.get("host_name", ""))[:200])


_KINDS: Final = {"conn": _conn, "modbus": _modbus, "dnp3": _dnp3, "dhcp": _dhcp}


def _records(sums: _Sums, talks: Sequence[Talk]) -> tuple[Record, ...]:
    answers: dict[str, dict[str, None]] = {}
    for talk in talks:
        answers.setdefault(talk.answerer, {})[talk.protocol] = None
    records = []
    for address, (line, fields) in sums.stations.items():
        spoken = answers.get(address, {})
        doors = [word for word, some in (("web page", WEB), ("shell", SHELL)) if any(each in some for each in spoken)]
        more = {"protocol": ", ".join(spoken), "interfaces": ", ".join(doors)}
        records.append(Record(f"line {line}", {**fields, **{key: value for key, value in more.items() if value}}))
    return tuple(records)
