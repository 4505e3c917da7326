"""What every parser of a register file gives back, the names of addresses, and the bounds that all of them keep.

Rules. 1. A file is understood whole or refused; what is left out on purpose is named, each with its place. 2. Addresses
have one spelling: IP addresses compressed, hardware addresses lower case with colons. 3. Lists that people read are cut
at `TOLD_MAX` lines, and the last one says how many more there are.
"""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

import msgspec

from ironkeep.model.errors import Refused
from ironkeep.model.register import Record, Talk

FILE_BYTES_MAX: Final = 64 << 20  # of a text or JSON file; captures are read in pieces and may be larger
RECORDS_MAX: Final = 50_000
TALKS_MAX: Final = 200_000
FIELD_CHARACTERS_MAX: Final = 1_000
JSON_VALUES_MAX: Final = 3_000_000  # by their commas; an empty object is three bytes in the file and 64 in memory
TOLD_MAX: Final = 200
_MAC: Final = re.compile(
    r"[0-9A-Fa-f]{1,2}(?:[:-][0-9A-Fa-f]{1,2}){5}|[0-9A-Fa-f]{4}(?:[.-][0-9A-Fa-f]{4}){2}|[0-9A-Fa-f]{12}"
)


class Taken(msgspec.Struct, frozen=True):
    """What a file says, as understood."""

    records: tuple[Record, ...] = ()
    talks: tuple[Talk, ...] = ()
    mended: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def json_of(data: bytes, where: str) -> Any:
    """The JSON value of a file's bytes. Raises Refused when it is too large, holds too many values, or is none."""
    if len(data) > FILE_BYTES_MAX:
        raise Refused(f"{len(data)} bytes; the limit is {FILE_BYTES_MAX}", where=where, remedy="export one site alone")
    if data.count(b",") > JSON_VALUES_MAX:
        raise Refused(f"more than {JSON_VALUES_MAX} values", where=where, remedy="export one site alone")
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as exc:
        raise Refused(f"not JSON: {exc}", where=where, remedy="export it again, whole") from exc


def mac_of(text: str) -> str:
    """The hardware address in its one spelling, or an empty text for none, a group's or nobody's address."""
    plain = text.strip()
    if not _MAC.fullmatch(plain):
        return ""
    if len(re.findall("[:-]", plain)) == 5:
        digits = "".join(part.zfill(2) for part in re.split("[:-]", plain))
    else:
        digits = re.sub("[.-]", "", plain)
    made = ":".join(digits[n : n + 2] for n in range(0, 12, 2)).lower()
    return "" if int(made[:2], 16) & 1 or made == "00:00:00:00:00:00" else made


def ip_of(text: str) -> str:
    """The IP address in its one spelling, without its prefix length or zone, or an empty text for none."""
    plain = text.strip().partition("/")[0].partition("%")[0].strip("[]")
    try:
        return str(ipaddress.ip_address(plain))
    except ValueError:
        return ""


@lru_cache(maxsize=65_536)
def station(address: str) -> bool:
    """Is it the address of one station, not of a group, of all, or of nobody?"""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return False
    return not (known.is_multicast or known.is_unspecified or known.is_loopback or address.endswith(".255"))


def told(lines: Iterable[str]) -> tuple[str, ...]:
    """The lines as people get them: the first ones, and how many more there are."""
    every = tuple(lines)
    return every if len(every) <= TOLD_MAX else (*every[:TOLD_MAX], f"and {len(every) - TOLD_MAX} more like these")


def bounded(records: list[Record], where: str) -> tuple[Record, ...]:
    """The records within bounds. Raises Refused when there are too many, or none of anything."""
    if len(records) > RECORDS_MAX:
        raise Refused(f"{len(records)} records; the limit is {RECORDS_MAX}", where=where, remedy="split the file")
    for record in records:
        for name, text in record.fields.items():
            if len(text) > FIELD_CHARACTERS_MAX:
                raise Refused(
                    f"{name} has {len(text)} characters; the limit is {FIELD_CHARACTERS_MAX}",
                    where=f"{where}: {record.place}",
                    remedy="shorten it",
                )
    return tuple(records)


def printable(text: str) -> str:
    """The text without what no screen shows."""
    return "".join(each if each.isprintable() else " " for each in text).strip()
