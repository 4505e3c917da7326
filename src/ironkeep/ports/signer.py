"""Signer: a key that signs checkpoints, wherever it lives (file, HSM). The algorithm travels as the C2SP key type
byte.
"""

from typing import Protocol


class Signer(Protocol):
    """One signing key with its name, as it appears in signed notes."""

    @property
    def name(self) -> str:
        """The key's name: the log's origin line, without spaces or plus signs."""
        ...

    @property
    def algorithm(self) -> int:
        """The signature type byte of C2SP signed-note: 0x01 Ed25519."""
        ...

    @property
    def public_key(self) -> bytes:
        """The raw public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The raw signature of a message."""
        ...
