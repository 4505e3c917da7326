"""The text of a file that somebody brings: its encoding found, its size and its lines bounded, nothing guessed
silently.

Rules. 1. A byte-order mark decides; without one the bytes are UTF-8, and where they are not, Windows-1252, which is
said. 2. Bytes that no text has (NUL after decoding, control characters in number) refuse the file. 3. What was put
right on the way is told in `mended`; nothing of the content is changed but the mark and the ends of lines.
"""

import re
from typing import Final

import msgspec

from ironkeep.model.errors import Refused

LINE_CHARACTERS_MAX: Final = 1 << 20  # one line of a text file
LINES_MAX: Final = 4_000_000
_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8", "a UTF-8 byte-order mark"),
    (b"\xff\xfe", "utf-16-le", "a UTF-16 byte-order mark"),
    (b"\xfe\xff", "utf-16-be", "a UTF-16 byte-order mark"),
)
_CONTROL: Final = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class Text(msgspec.Struct, frozen=True):
    """A file's text, its lines (without their ends), and what was mended to get it."""

    lines: tuple[str, ...]
    mended: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """All lines, ended alike."""
        return "\n".join(self.lines)


def text_of(data: bytes, where: str, bytes_max: int) -> Text:
    """The text of a file's bytes. Raises Refused naming the file, the line where there is one, and the remedy."""
    if len(data) > bytes_max:
        raise Refused(f"{len(data)} bytes; the limit is {bytes_max}", where=where, remedy="split the file")
    mended: list[str] = []
    encoding, size = "", 0
    for mark, name, said in _MARKS:
        if data.startswith(mark):
            encoding, size = name, len(mark)
            mended.append(f"{said} was taken off")
            break
    try:
        text = data[size:].decode(encoding or "utf-8")
    except UnicodeDecodeError as exc:
        if encoding:
            raise Refused(f"not {encoding} after all: {exc.reason}", where=where, remedy="save it as UTF-8") from exc
        text = data.decode("cp1252", errors="replace")
        mended.append("not UTF-8; read as Windows-1252")
    lines = tuple(re.split("\r\n|\n|\r", text))
    if len(lines) > LINES_MAX:
        raise Refused(f"{len(lines)} lines; the limit is {LINES_MAX}", where=where, remedy="split the file")
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_CHARACTERS_MAX:
            raise Refused(
                f"a line of {len(line)} characters; the limit is {LINE_CHARACTERS_MAX}",
                where=f"{where}: line {number}",
                remedy="one record a line",
            )
        if _CONTROL.search(line):
            raise Refused("bytes that are not text", where=f"{where}: line {number}", remedy="give a text export")
    return Text(lines, tuple(mended))
