"""Signed checkpoints as the checker reads them, written anew from C2SP signed-note and tlog-checkpoint."""

import base64
import binascii
import hashlib
import re
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519: Final = 1
HASH_BYTES: Final = 32
NOTE_BYTES_MAX: Final = 131_072
_SIGNATURE: Final = re.compile(r"— (?P<name>[^\s+]+) (?P<material>[A-Za-z0-9+/]+={0,2})")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,15}")


class Head(msgspec.Struct, frozen=True):
    """A checkpoint that was read: which log, how long, which root, and the signatures over `text`."""

    origin: str
    size: int
    root: bytes
    text: str
    signatures: tuple[tuple[str, bytes], ...]


class Key(msgspec.Struct, frozen=True):
    """A verifier key of `name+hexid+base64`."""

    name: str
    id: bytes
    public: bytes


def read_key(line: str) -> Key:
    """The key in a line. Raises ValueError saying what is wrong with it."""
    parts = line.strip().split("+", 2)
    if len(parts) != 3 or not parts[0]:
        raise ValueError("a verifier key looks like ironkeep/site+1a2b3c4d+AbCd...")
    name, hex_id, encoded = parts
    try:
        material = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the last part of the verifier key is not base64") from None
    if len(material) != 1 + HASH_BYTES or material[0] != ED25519:
        raise ValueError("the verifier key is not an Ed25519 key")
    identity = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
    if identity.hex() != hex_id.lower():
        raise ValueError(f"the id in the verifier key is {hex_id}, but the key's is {identity.hex()}")
    return Key(name, identity, material[1:])


def read_head(data: bytes) -> Head:
    """The checkpoint in a signed note. Raises ValueError saying what is wrong with it."""
    if len(data) > NOTE_BYTES_MAX:
        raise ValueError("it is too long")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("it is not text") from None
    if any(ord(c) < 0x20 and c != "\n" for c in whole):
        raise ValueError("it holds control characters")
    body, empty, block = whole.rpartition("\n\n")
    if not empty or not block.endswith("\n"):
        raise ValueError("it has no signature lines")
    lines = body.split("\n")
    if len(lines) < 3 or not all(lines) or not _SIZE.fullmatch(lines[1]):
        raise ValueError("its first three lines are not origin, size and root")
    root = _exact(lines[2])
    if len(root) != HASH_BYTES:
        raise ValueError("its root is not 32 bytes")
    return Head(lines[0], int(lines[1]), root, body + "\n", tuple(map(_signature, block[:-1].split("\n"))))


def signed_by(head: Head, key: Key) -> str:
    """Empty when the key signed the checkpoint, else why not."""
    for name, material in head.signatures:
        if name == key.name and material[:4] == key.id:
            try:
                Ed25519PublicKey.from_public_bytes(key.public).verify(material[4:], head.text.encode())
            except (InvalidSignature, ValueError):
                return f"its signature by {key.name} is wrong"
            return ""
    names = ", ".join(sorted({f"{name}+{material[:4].hex()}" for name, material in head.signatures}))
    return f"the given key {key.name}+{key.id.hex()} did not sign it; {names} did"


def _signature(line: str) -> tuple[str, bytes]:
    found = _SIGNATURE.fullmatch(line)
    if found is None:
        raise ValueError("a signature line is not right")
    return found["name"], _exact(found["material"])


def _exact(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"not base64: {text[:60]}") from None
    if base64.b64encode(data).decode() != text:
        raise ValueError(f"not base64 in its one right form: {text[:60]}")
    return data
