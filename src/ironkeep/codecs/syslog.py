"""Syslog lines of facts, and back: RFC 5424 with structured data that names the fact on the spine.

Rules. 1. A line carries the sequence number of its fact and the hash of its leaf, so that it can be proved against the
spine long after. 2. Nothing that a fact says can end a line, begin another or leave its quotes: control characters
become U+FFFD, and quotes, backslashes and brackets are escaped. 3. A line has a largest size; the text is cut, the
structured data never. 4. On a stream each line is preceded by its count of octets.
Source: RFC 5424; RFC 5425 section 4.3 and RFC 6587 section 3.4.1 for the counting.
"""

import re
from enum import IntEnum
from typing import Final

import msgspec

from ironkeep.model.errors import Refused
from ironkeep.model.time import rfc3339

LINE_BYTES_MAX: Final = 8_192  # what RFC 5425 section 4.3.1 wants a receiver to take; rsyslog's own limit
NAME_LETTERS_MAX: Final = 48  # APP-NAME
HOST_LETTERS_MAX: Final = 255
ELEMENT: Final = "ironkeep"  # and behind an @ the enterprise number of whoever runs it
NO_NUMBER: Final = 32_473  # RFC 5612 keeps it for documents: where nobody has named a number of the own
NUMBER_MAX: Final = 2**32 - 1
APP: Final = "ironkeep"
BOM: Final = b"\xef\xbb\xbf"  # RFC 5424 section 6.4: says that the text is UTF-8
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ELEMENT: Final = re.compile(re.escape(f"[{ELEMENT}@") + r'\d{1,10}((?: [a-z]+="(?:[^"\\\]]|\\.)*")*)\]')
_FIELD: Final = re.compile(r' ([a-z]+)="((?:[^"\\\]]|\\.)*)"')


class Severity(IntEnum):
    """Source: RFC 5424, table 2. Emergency is nobody's to use but the machine's."""

    ALERT = 1
    CRITICAL = 2
    ERROR = 3
    WARNING = 4
    NOTICE = 5
    INFORMATIONAL = 6


class Facility(IntEnum):
    """Which of the receiver's drawers. Source: RFC 5424, table 1."""

    AUTHPRIV = 10  # who came in and who was refused
    LOCAL0 = 16  # all else


class Place(msgspec.Struct, frozen=True):
    """Where a fact stands on the spine: its site, sequence number and the SHA-256 of its leaf, in hexadecimal."""

    site: str
    seq: int
    leaf: str


def line(
    place: Place,
    *,
    facility: Facility,
    severity: Severity,
    at_us: int,
    host: str,
    kind: str,
    text: str,
    more: tuple[tuple[str, str], ...] = (),
    number: int = NO_NUMBER,
) -> bytes:
    """The line of one fact, without its end or count. `more` are further fields, their names of small letters; an empty
    value is left out. `number` is the enterprise number in the name of the structured data.
    """
    fields = (("site", place.site), ("seq", str(place.seq)), ("leaf", place.leaf), *more)
    said = "".join(f' {name}="{_value(value)}"' for name, value in fields if value)
    head = f"<{facility * 8 + severity}>1 {rfc3339(at_us)} {_name(host, HOST_LETTERS_MAX)} {APP} - {_name(kind, 32)}"
    start = f"{head} [{ELEMENT}@{number}{said}] ".encode()
    words = one_line(text).encode()
    if not words.isascii():
        start += BOM
    room = LINE_BYTES_MAX - len(start)
    assert room > 0, kind
    return start + words[:room].decode(errors="ignore").encode()


def one_line(text: str) -> str:
    """The text with U+FFFD for each character that could end a line or move a cursor."""
    return _CONTROL.sub("\ufffd", text)


def framed(raw: bytes) -> bytes:
    """A line as it goes on a stream: its count of octets before it."""
    return b"%d %b" % (len(raw), raw)


def place(raw: str) -> Place:
    """The place that a line names, however a receiver has dressed it. Raises Refused when it names none."""
    found = _ELEMENT.search(raw)
    fields = dict(_FIELD.findall(found[1])) if found else {}
    seq, leaf = fields.get("seq", ""), fields.get("leaf", "")
    if not seq.isdecimal() or re.fullmatch(r"[0-9a-f]{64}", leaf) is None:
        raise Refused(
            "the line names no fact", where="syslog line", remedy=f"keep the structured data [{ELEMENT}@... ] of lines"
        )
    return Place(fields.get("site", ""), int(seq), leaf)


def _value(text: str) -> str:
    """A value between quotes. Source: RFC 5424 section 6.3.3."""
    return re.sub(r'(["\\\]])', r"\\\1", one_line(text))


def _name(text: str, letters_max: int) -> str:
    """A field of the head: printable ASCII without spaces, "-" when nothing is left."""
    return re.sub(r"[^!-~]", "", text)[:letters_max] or "-"
