"""Network UPS Tools as lines of text: requests that can only read, and answers that must belong to them.

Rules. 1. Variables can be listed and nothing else: no code here can form a request that sets, commands, logs in as a
dependant or shuts down. 2. The protocol numbers nothing, so an answer counts only when every line of it names what was
asked: list, UPS, order, no variable twice, the end that belongs to the beginning. Anything else is a fault with a name
and no value of it is used. 3. A line and a list have a largest size; a stream that is beyond it, or that says anything
unasked, is broken, for nothing after it can be told from what it should have said. 4. Inside quotes, bytes that are no
printable text are shown as U+FFFD: people read such a text, no number contains it.
Source: RFC 9271, commands and responses of the attachment daemon; the names of errors are those of NUT 2.8.
"""

import re
from enum import StrEnum
from typing import Final

import msgspec

from ironkeep.model.link import LineFault

PORT: Final = 3493  # RFC 9271: the port that IANA keeps for it
LINE_BYTES_MAX: Final = 4096  # NUT's own buffers hold 1024
LIST_LINES_MAX: Final = 2048  # the richest drivers list some 300 variables
NAME_LETTERS_MAX: Final = 128
_NAME: Final = re.compile(rf"[!#-\[\]-~]{{1,{NAME_LETTERS_MAX}}}")
_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,15}(\.[0-9]{1,15})?")
_BAD_TEXT: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Verb(StrEnum):
    """All that we ever say to a server. None of it changes anything at a UPS."""

    LIST = "LIST"
    VER = "VER"
    STARTTLS = "STARTTLS"
    USERNAME = "USERNAME"
    PROOF = "PASSWORD"
    LOGOUT = "LOGOUT"


class ErrorCode(StrEnum):
    """Errors that mean something of their own to a reader; every other one only says no."""

    DATA_STALE = "DATA-STALE"  # the driver says or shows that its values are old
    DRIVER_NOT_CONNECTED = "DRIVER-NOT-CONNECTED"
    UNKNOWN_UPS = "UNKNOWN-UPS"
    ACCESS_DENIED = "ACCESS-DENIED"


class Request(msgspec.Struct, frozen=True):
    """One question. `words` are the verb and its arguments, unquoted."""

    verb: Verb
    words: tuple[str, ...] = ()

    @property
    def wire(self) -> bytes:
        """The line to send."""
        return line(self.verb.value, *self.words)


def is_name(text: str) -> bool:
    """Can it be the name of a UPS or of a variable? Printable, no space, no quote, no backslash."""
    return _NAME.fullmatch(text) is not None


def list_ups() -> Request:
    """Which UPSes are there?"""
    return Request(Verb.LIST, ("UPS",))


def list_variables(ups: str) -> Request:
    """Every variable of a UPS, all of one moment. Precondition: `is_name(ups)`."""
    assert is_name(ups), ups
    return Request(Verb.LIST, ("VAR", ups))


def version() -> Request:
    """Which server is it?"""
    return Request(Verb.VER)


def start_tls() -> Request:
    """Go on encrypted."""
    return Request(Verb.STARTTLS)


def username(name: str) -> Request:
    """Who asks; only ever sent encrypted. Precondition: printable."""
    return Request(Verb.USERNAME, (name,))


def password(word: str) -> Request:
    """Its proof; only ever sent encrypted. Precondition: printable."""
    return Request(Verb.PROOF, (word,))


def logout() -> Request:
    """Say good-bye."""
    return Request(Verb.LOGOUT)


def quoted(text: str) -> str:
    """The text in quotes, as a value is written."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def line(*words: str, value: str | None = None) -> bytes:
    """A line of words, each quoted where it must be, and a `value` that always is. Precondition: no line break."""
    texts = [word if is_name(word) else quoted(word) for word in words]
    if value is not None:
        texts.append(quoted(value))
    text = " ".join(texts)
    assert "\n" not in text
    return text.encode() + b"\n"


def words_of(raw: bytes) -> tuple[str, ...] | None:
    """The words of a line without its end, quotes and escapes taken off; None when it is malformed."""
    found: list[str] = []
    at, end = 0, len(raw)
    while at < end:
        if raw[at] == 0x20:
            at += 1
            continue
        if raw[at] == 0x22:
            taken = _quoted_word(raw, at + 1)
            if taken is None:
                return None
            text, at = taken
            found.append(text)
            if at < end and raw[at] != 0x20:
                return None
        else:
            stop = raw.find(b" ", at)
            stop = end if stop < 0 else stop
            word = raw[at:stop].decode("ascii", "replace")
            if not is_name(word):
                return None
            found.append(word)
            at = stop
    return tuple(found)


def _quoted_word(raw: bytes, at: int) -> tuple[str, int] | None:
    """The text from behind an opening quote and the place behind the closing one; None when it never closes."""
    text = bytearray()
    while at < len(raw):
        byte = raw[at]
        if byte == 0x22:
            return _BAD_TEXT.sub("\ufffd", text.decode("utf-8", "replace")), at + 1
        if byte == 0x5C:
            at += 1
            if at == len(raw):
                return None
            byte = raw[at]
        text.append(byte)
        at += 1
    return None


def number(value: str) -> float | None:
    """The number that a value is, in decimal digits and nothing else; None when it is none."""
    text = value.strip(" ")
    return float(text) if _NUMBER.fullmatch(text) else None


class Lines:
    """Cuts a stream of bytes into lines, however it is chunked; never holds more than a line."""

    __slots__ = ("_held", "broken")

    def __init__(self) -> None:
        self._held = b""
        self.broken: LineFault | None = None

    @property
    def empty(self) -> bool:
        """True when no bytes await their rest."""
        return not self._held

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are whole now, without their ends. Sets `broken` when one is too long: then reopen."""
        if self.broken:
            return []
        *whole, rest = (self._held + data).split(b"\n")
        self._held = rest
        for n, each in enumerate(whole):
            if len(each) > LINE_BYTES_MAX:
                self.broken, self._held = LineFault.TOO_LONG, b""
                return whole[:n]
        if len(rest) > LINE_BYTES_MAX:
            self.broken, self._held = LineFault.TOO_LONG, b""
        return whole


class Answer:
    """What came for one request. Use it only when `take` said that it is whole and `fault` is None.

    `error` is the code of an error, "" when there is none. `rows` are the values of a list by name; `text` is the
    line that a question without a list was answered with.
    """

    __slots__ = ("_begun", "_names", "error", "fault", "request", "rows", "text")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.error = ""
        self.text = ""
        self.fault: LineFault | None = None
        self.rows: dict[str, str] = {}
        self._begun = False
        self._names = request.words  # what begin and end of the list must name

    def take(self, raw: bytes) -> bool:
        """Take the next line. True when the answer is whole, or refused."""
        if self.request.verb is Verb.VER:
            return self._version(raw)
        words = words_of(raw)
        if not words:
            return self._refuse(LineFault.MALFORMED)
        if words[0] == "ERR" and not self._begun:
            if len(words) < 2 or not is_name(words[1]):
                return self._refuse(LineFault.MALFORMED)
            self.error = words[1]
            return True
        if self.request.verb is Verb.LIST:
            return self._list(words)
        self.text = " ".join(words)
        right = words == ("OK", "STARTTLS") if self.request.verb is Verb.STARTTLS else words[0] == "OK"
        return True if right else self._refuse(LineFault.OTHER)

    def _list(self, words: tuple[str, ...]) -> bool:
        if not self._begun:
            self._begun = words == ("BEGIN", "LIST", *self._names)
            return False if self._begun else self._refuse(LineFault.OTHER)
        if words == ("END", "LIST", *self._names):
            return True
        if len(words) != len(self._names) + 2 or words[: len(self._names)] != self._names:
            return self._refuse(LineFault.OTHER)
        name, value = words[-2:]
        if name in self.rows:
            return self._refuse(LineFault.TWICE)
        if not is_name(name):
            return self._refuse(LineFault.MALFORMED)
        if len(self.rows) == LIST_LINES_MAX:
            return self._refuse(LineFault.TOO_MANY)
        self.rows[name] = value
        return False

    def _version(self, raw: bytes) -> bool:
        text = raw.decode("ascii", "replace")
        if not text or _BAD_TEXT.search(text):
            return self._refuse(LineFault.MALFORMED)
        if text.startswith("ERR "):
            self.error = text.split()[1] if text.split()[1:] else "?"
        elif text.startswith(("BEGIN ", "END ", "VAR ", "UPS ", "OK")):
            return self._refuse(LineFault.OTHER)
        else:
            self.text = text
        return True

    def _refuse(self, fault: LineFault) -> bool:
        self.fault = fault
        self.rows.clear()
        return True
