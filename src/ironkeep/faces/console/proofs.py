"""Proof of one fact, as a file that needs nothing of ours to check, and the spine as a zip of C2SP tiles.

The proof holds the fact's canonical bytes, its RFC 9162 inclusion path and the signed checkpoint it leads to.
"""

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import msgspec

from ironkeep.facts.envelope import Fact
from ironkeep.facts.proof import Inclusion
from ironkeep.facts.seal import seq_of
from ironkeep.model.errors import Refused
from ironkeep.ports.facts import FactReader

EFFECTS_LOOKED = 500  # facts read after one to find what it led to; rooms conclude in the same turn or the next
HOW = (
    "The leaf hash is SHA-256 of a zero byte and the fact's bytes. Fold it with the path as RFC 9162 section 2.1.3.2"
    " says; the result is the root on the checkpoint's third line. The checkpoint is a C2SP signed note: check its"
    " signature"
    " with the site's verifier key."
)


def one_fact(facts: FactReader, seq: int) -> Fact:
    """The fact at a place. Raises Refused when there is none yet."""
    if not 0 <= seq < facts.size():
        raise Refused(f"there is no fact {seq}", where="seq", remedy=f"the newest is {facts.size() - 1}")
    return next(iter(facts.read(seq, seq + 1)))


def cause_of(facts: FactReader, fact: Fact) -> Fact | None:
    """The fact that led to this one; None where a request did, or nothing that this record holds."""
    seq = seq_of(fact.cause or "")
    if seq is None or seq >= fact.seq:
        return None
    found = one_fact(facts, seq)
    return found if found.id == fact.cause else None


def effects_of(facts: FactReader, fact: Fact) -> list[Fact]:
    """The facts that name this one as their cause, among the EFFECTS_LOOKED after it."""
    after = facts.read(fact.seq + 1, min(fact.seq + 1 + EFFECTS_LOOKED, facts.size()))
    return [each for each in after if each.cause == fact.id]


def proof(facts: FactReader, seq: int) -> dict[str, Any]:
    """The proof of a fact as plain data. Raises Refused when there is no such fact."""
    fact = one_fact(facts, seq)
    checkpoint = facts.checkpoint().decode()
    size = int(checkpoint.split("\n")[1])
    data = msgspec.json.encode(fact, order="sorted")
    return {
        "seq": seq,
        "size": size,
        "kind": fact.kind,
        "fact": data.decode(),
        "leaf_hash": base64.b64encode(hashlib.sha256(b"\0" + data).digest()).decode(),
        "path": [base64.b64encode(node).decode() for node in facts.inclusion(seq, size)],
        "root": checkpoint.split("\n")[2],
        "checkpoint": checkpoint,
        "how": HOW,
    }


def as_c2sp(facts: FactReader, seq: int) -> bytes:
    """The proof as a C2SP `.tlog-proof` file. Raises Refused when there is no such fact."""
    one_fact(facts, seq)
    checkpoint = facts.checkpoint()
    size = int(checkpoint.split(b"\n")[1])
    return Inclusion(seq, facts.inclusion(seq, size), checkpoint).text()


def as_text(found: dict[str, Any]) -> str:
    """The proof as text for people and for paper."""
    lines = [f"fact {found['seq']} of {found['size']}, {found['kind']}", "", found["fact"], ""]
    lines += ["leaf hash (SHA-256, base64)", found["leaf_hash"], "", "inclusion path, lowest first"]
    lines += found["path"] or ["(none: the fact is the whole log)"]
    return "\n".join([*lines, "", "signed checkpoint", found["checkpoint"].rstrip(), "", found["how"], ""])


def check(found: dict[str, Any]) -> bool:
    """Does the path lead from the leaf to the root? Source: RFC 9162 section 2.1.3.2."""
    node = base64.b64decode(found["leaf_hash"])
    first, last = found["seq"], found["size"] - 1
    for step in (base64.b64decode(text) for text in found["path"]):
        if last == 0:
            return False
        if first & 1 or first == last:
            node = hashlib.sha256(b"\1" + step + node).digest()
            while not first & 1 and first:
                first, last = first >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + step).digest()
        first, last = first >> 1, last >> 1
    return bool(last == 0 and base64.b64encode(node).decode() == found["root"])


class _Sink(io.RawIOBase):
    """Takes what the zip writes and gives it up in pieces; it cannot seek, so the zip streams."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.pieces.append(bytes(data))
        return len(data)


def zipped(files: Iterator[tuple[str, bytes]]) -> Iterator[bytes]:
    """The files as one zip, piece by piece, stored without compression because hashes do not compress."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as made:
        for path, data in files:
            made.writestr(zipfile.ZipInfo(path), data)
            yield b"".join(sink.pieces)
            sink.pieces.clear()
    yield b"".join(sink.pieces)
