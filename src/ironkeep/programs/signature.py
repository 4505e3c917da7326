"""Is this a signature by that key? Ed25519 alone, as C2SP signed notes carry it."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ironkeep.facts import note


def is_signature(algorithm: int, public_key: bytes, message: bytes, signature: bytes) -> bool:
    """A note.Check; False for an algorithm that is not Ed25519."""
    if algorithm != note.ED25519:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True
