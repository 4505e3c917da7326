"""A checkpoint: which log, how many facts, and the root over them, as the text of a signed note (C2SP tlog-checkpoint).

There is one right text for each checkpoint: decimal size without leading zeroes, standard base64 with padding.
"""

import base64
import binascii
from typing import Final

import msgspec

from ironkeep.facts import note
from ironkeep.facts.tree import HASH_BYTES
from ironkeep.model.errors import Refused

SIZE_MAX: Final = 2**53 - 1  # facts
_LINES_MIN: Final = 3


class Checkpoint(msgspec.Struct, frozen=True):
    """The head of a log. `origin` names the log and is the name of its key; `extensions` are lines we do not read."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The text that is signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse(text: str) -> Checkpoint:
    """The checkpoint of a note's text. Raises Refused naming the line that is not right."""
    lines = text.split("\n")
    if len(lines) < _LINES_MIN + 1 or lines.pop() != "" or not all(lines):
        raise Refused("a checkpoint has at least three lines, none empty, each ended", where="checkpoint")
    origin, size, root = lines[:_LINES_MIN]
    if not (size.isascii() and size.isdigit()) or str(int(size[:20])) != size or int(size) > SIZE_MAX:
        raise Refused(f"not a tree size: {size[:40]!r}", where="checkpoint, line 2", remedy="a plain decimal number")
    try:
        digest = base64.b64decode(root, validate=True)
    except (ValueError, binascii.Error) as exc:
        raise Refused(f"not base64: {root[:80]!r}", where="checkpoint, line 3") from exc
    found = Checkpoint(origin, int(size), digest, tuple(lines[_LINES_MIN:]))
    if len(digest) != HASH_BYTES or found.text() != text:
        raise Refused("the root is not 32 bytes in their one right form", where="checkpoint, line 3")
    return found


def parse_signed(data: bytes) -> tuple[Checkpoint, note.Note]:
    """The checkpoint in a signed note, with the note, nothing verified. Raises Refused."""
    found = note.parse(data)
    return parse(found.text), found


def opened(data: bytes, keys: tuple[note.VerifierKey, ...], check: note.Check) -> Checkpoint:
    """The checkpoint that one of the keys signed. Raises Refused when it is none, Untrusted when no key signed it."""
    found, signed = parse_signed(data)
    note.verified(signed, keys, check)
    return found
