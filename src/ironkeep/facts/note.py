"""Signed notes as C2SP signed-note has them: a text, an empty line, and one signature a line.

A key is known by its name and the first four bytes of a hash over name, algorithm and public key. Signatures of unknown
keys are ignored; a wrong signature of a known key spoils the note. The algorithm itself comes from outside, as `Check`.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from ironkeep.model.errors import Refused, Untrusted

ED25519: Final = 0x01  # signature type bytes of C2SP signed-note
NOTE_BYTES_MAX: Final = 131_072  # larger than 16 post-quantum signatures
SIGNATURES_MAX: Final = 64
KEY_ID_BYTES: Final = 4
_NAME: Final = re.compile(r"[^\s+\x00-\x1f]+")
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DASH: Final = "— "  # em dash and space begin a signature line

Check = Callable[[int, bytes, bytes, bytes], bool]
"""Is it a signature? Called with (algorithm, public key, message, signature)."""


class VerifierKey(msgspec.Struct, frozen=True):
    """A public key with its name. Its text form is `name+hexid+base64`, what people keep away from the machine."""

    name: str
    algorithm: int
    public_key: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that tell keys of one name apart. Source: C2SP signed-note, Signatures."""
        return key_id(self.name, self.algorithm, self.public_key)

    def text(self) -> str:
        """The key in one line, as Go's note package and C2SP tools write it."""
        return f"{self.name}+{self.id.hex()}+{_b64(bytes([self.algorithm]) + self.public_key)}"


class Signature(msgspec.Struct, frozen=True):
    """One signature line of a note."""

    name: str
    key_id: bytes
    signature: bytes


class Note(msgspec.Struct, frozen=True):
    """A parsed note. `text` ends in a newline; nothing in it may be believed before `verified`."""

    text: str
    signatures: tuple[Signature, ...]


def key_id(name: str, algorithm: int, public_key: bytes) -> bytes:
    """The first four bytes of SHA-256(name, newline, algorithm byte, public key)."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([algorithm]) + public_key).digest()[:KEY_ID_BYTES]


def require_name(name: str) -> None:
    """Raises Refused for a key name that is empty or holds a space, a plus or a control character."""
    if not _NAME.fullmatch(name):
        raise Refused(f"{name!r} is not a key name", remedy="use letters, digits, dots and slashes: ironkeep/site")


def parse_verifier_key(text: str) -> VerifierKey:
    """The key of `name+hexid+base64`. Raises Refused when it is none or its id does not belong to it."""
    remedy = "it looks like ironkeep/site+1a2b3c4d+AbCd...; `ironkeep key` prints it"
    try:
        name, hex_id, encoded = text.strip().split("+", 2)
        material = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as exc:
        raise Refused(f"not a verifier key: {text.strip()[:80]!r}", where="key", remedy=remedy) from exc
    require_name(name)
    if len(material) < 2:
        raise Refused("the verifier key holds no public key", where="key", remedy=remedy)
    key = VerifierKey(name, material[0], material[1:])
    if key.id.hex() != hex_id.lower():
        raise Refused(
            f"the id of the key is {key.id.hex()}, not {hex_id}", where="key", remedy="copy the line again, all of it"
        )
    return key


def signed(text: str, signatures: Sequence[tuple[VerifierKey, bytes]]) -> bytes:
    """The note of a text (ending in a newline) with one line a signature. Raises Refused for a text that is none."""
    _require_text(text)
    lines = []
    for key, signature in signatures:
        require_name(key.name)
        lines.append(f"{_DASH}{key.name} {_b64(key.id + signature)}\n")
    assert lines
    return f"{text}\n{''.join(lines)}".encode()


def parse(data: bytes) -> Note:
    """The note in these bytes, nothing verified. Raises Refused when they are no signed note."""
    if len(data) > NOTE_BYTES_MAX:
        raise Refused(f"a note of {len(data)} bytes; the limit is {NOTE_BYTES_MAX}", where="note")
    try:
        whole = data.decode()
    except UnicodeDecodeError as exc:
        raise Refused("the note is not UTF-8", where="note") from exc
    text, empty, block = whole.rpartition("\n\n")
    if not empty or not block.endswith("\n"):
        raise Refused("no empty line stands between text and signatures", where="note")
    text += "\n"
    _require_text(text)
    lines = block[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise Refused(f"{len(lines)} signatures; the limit is {SIGNATURES_MAX}", where="note")
    return Note(text, tuple(_parse_signature(line) for line in lines))


def verified(note: Note, keys: Sequence[VerifierKey], check: Check) -> tuple[VerifierKey, ...]:
    """The keys, of those given, that signed the note. Raises Untrusted when none did or one of their signatures is
    wrong.
    """
    message = note.text.encode()
    good: list[VerifierKey] = []
    for signature in note.signatures:
        for key in keys:
            if (key.name, key.id) != (signature.name, signature.key_id) or key in good:
                continue
            if not check(key.algorithm, key.public_key, message, signature.signature):
                raise Untrusted(f"the signature of {key.name} is wrong", where="note")
            good.append(key)
    if not good:
        names = ", ".join(sorted({each.name for each in note.signatures}))
        raise Untrusted(f"no given key signed it; {names} did", where="note", remedy="give the right key")
    return tuple(good)


def _parse_signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space:
        raise Refused(f"not a signature line: {line[:80]!r}", where="note")
    require_name(name)
    try:
        material = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error) as exc:
        raise Refused(f"the signature of {name} is not base64", where="note") from exc
    if len(material) <= KEY_ID_BYTES or _b64(material) != encoded:
        raise Refused(f"the signature of {name} is not in its one right form", where="note")
    return Signature(name, material[:KEY_ID_BYTES], material[KEY_ID_BYTES:])


def _require_text(text: str) -> None:
    if not text.endswith("\n") or _CONTROL.search(text):
        raise Refused("a note's text ends in a newline and holds no other control character", where="note")


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
