"""Proofs as files: small texts that people can read and that need nothing of ours to check.

An inclusion proof is a C2SP tlog-proof (`.tlog-proof`). A consistency proof has the shape of a C2SP tlog-witness
request: the old size, the path, an empty line, and the newer checkpoint. Both end in a signed checkpoint, verbatim.
"""

import base64
import binascii
from typing import Final

import msgspec

from ironkeep.facts import note, tree
from ironkeep.facts.checkpoint import Checkpoint, opened
from ironkeep.model.errors import Refused, Untrusted

HEADER: Final = "c2sp.org/tlog-proof@v1"  # the format's own name, as its first line
PROOF_BYTES_MAX: Final = 262_144


class Inclusion(msgspec.Struct, frozen=True):
    """That the entry at `seq` is in the log whose signed checkpoint this is. `extra` proves nothing."""

    seq: int
    path: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""

    def text(self) -> bytes:
        """The file. Source: C2SP tlog-proof."""
        lines = [HEADER]
        if self.extra:
            lines.append(f"extra {_b64(self.extra)}")
        lines += [f"index {self.seq}", *map(_b64, self.path), "", ""]
        return "\n".join(lines).encode() + self.checkpoint

    def verify(self, entry: bytes, keys: tuple[note.VerifierKey, ...], check: note.Check) -> Checkpoint:
        """The checkpoint under which the entry stands. Raises Untrusted when a signature or the path is wrong,
        Refused.
        """
        head = opened(self.checkpoint, keys, check)
        tree.verify_inclusion(tree.leaf_hash(entry), self.seq, head.size, self.path, head.root)
        return head


class Consistency(msgspec.Struct, frozen=True):
    """That the log of the newer checkpoint begins with the log as it was at size `old`."""

    old: int
    path: tuple[bytes, ...]
    checkpoint: bytes

    def text(self) -> bytes:
        """The file. Source: C2SP tlog-witness, the body of add-checkpoint."""
        return "\n".join([f"old {self.old}", *map(_b64, self.path), "", ""]).encode() + self.checkpoint

    def verify(self, older: bytes, keys: tuple[note.VerifierKey, ...], check: note.Check) -> Checkpoint:
        """The newer checkpoint, when the older signed one is its past. Raises Untrusted when it is not, Refused."""
        past = opened(older, keys, check)
        head = opened(self.checkpoint, keys, check)
        if past.origin != head.origin:
            raise Untrusted(f"two logs: {past.origin} and {head.origin}", where="origin")
        if past.size != self.old:
            raise Refused(f"the path starts at size {self.old}, the checkpoint is of {past.size}", where="old")
        tree.verify_consistency(self.old, head.size, self.path, past.root, head.root)
        return head


def parse_inclusion(data: bytes) -> Inclusion:
    """The proof in a file, nothing verified. Raises Refused naming what is not right."""
    lines, head = _split(data)
    if not lines or lines.pop(0) != HEADER:
        raise Refused(f"the first line is not {HEADER}", where="proof")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = _bytes(lines.pop(0).removeprefix("extra "))
    if not lines:
        raise Refused("no index", where="proof")
    return Inclusion(_number(lines[0], "index"), _path(lines[1:]), head, extra)


def parse_consistency(data: bytes) -> Consistency:
    """The proof in a file, nothing verified. Raises Refused naming what is not right."""
    lines, head = _split(data)
    if not lines:
        raise Refused("no old size", where="proof")
    return Consistency(_number(lines[0], "old"), _path(lines[1:]), head)


def _split(data: bytes) -> tuple[list[str], bytes]:
    if len(data) > PROOF_BYTES_MAX:
        raise Refused(f"a proof of {len(data)} bytes; the limit is {PROOF_BYTES_MAX}", where="proof")
    before, empty, head = data.partition(b"\n\n")
    if not empty:
        raise Refused("no empty line stands before the checkpoint", where="proof")
    try:
        return before.decode("ascii").split("\n"), head
    except UnicodeDecodeError as exc:
        raise Refused("the proof is not plain ASCII", where="proof") from exc


def _number(line: str, word: str) -> int:
    text = line.removeprefix(f"{word} ")
    if not line.startswith(f"{word} ") or not text.isdigit() or str(int(text[:20])) != text:
        raise Refused(f"not {word!r} and a number: {line[:80]!r}", where="proof")
    return int(text)


def _path(lines: list[str]) -> tuple[bytes, ...]:
    if len(lines) > tree.PATH_MAX:
        raise Refused(f"a path of {len(lines)} hashes; no tree is that high", where="proof")
    path = tuple(map(_bytes, lines))
    if any(len(each) != tree.HASH_BYTES for each in path):
        raise Refused(f"a hash of the path is not {tree.HASH_BYTES} bytes", where="proof")
    return path


def _bytes(text: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as exc:
        raise Refused(f"not base64: {text[:80]!r}", where="proof") from exc
    if _b64(found) != text:
        raise Refused(f"not base64 in its one right form: {text[:80]!r}", where="proof")
    return found


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
