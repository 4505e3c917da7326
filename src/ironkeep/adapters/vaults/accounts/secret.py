"""What is secret: drawn tokens, their digests, and passwords as argon2id hashes. One hash runs at a time."""

import base64
import hashlib
import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import ARGON2_VERSION

from ironkeep.adapters.vaults.accounts.config import Config

TOKEN_BYTES = 32
PREFIX_BYTES = 4


def draw() -> str:
    """A fresh token of 256 drawn bits."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def draw_prefix() -> str:
    """A fresh name for a token: 8 characters that are no secret."""
    return secrets.token_hex(PREFIX_BYTES)


def digest(token: str) -> bytes:
    """SHA-256 of a token: all that is kept of it. Tokens are drawn, so no slow hash is needed."""
    return hashlib.sha256(token.encode(errors="replace")).digest()


def nobodys(hasher: PasswordHasher) -> str:
    """A hash that no password has, drawn and not worked out: to check a password against it takes as long as against
    any other. The form is that of the argon2 reference implementation (encoding.c): base64 without padding.
    """
    cost = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    salt, hashed = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (hasher.salt_len, hasher.hash_len)
    )
    return f"$argon2id$v={ARGON2_VERSION}${cost}${salt}${hashed}"


class Passwords:
    """Hashes and checks. A wrong name costs as much time as a wrong password."""

    def __init__(self, config: Config) -> None:
        self._length_max = config.password_length_max
        self._one = threading.Lock()  # one hash at a time: 64 MiB each must not add up under a flood
        self._hasher = PasswordHasher(
            time_cost=config.hash_passes, memory_cost=config.hash_memory_kib, parallelism=config.hash_lanes
        )
        self._nobody = nobodys(self._hasher)

    def hash(self, password: str) -> str:
        """The argon2id hash with its salt and cost."""
        with self._one:
            return self._hasher.hash(password)

    def matches(self, hashed: str, password: str) -> bool:
        """Is it the password of the hash? An empty hash is nobody's and takes as long."""
        if len(password) > self._length_max:
            return False
        with self._one:
            try:
                return self._hasher.verify(hashed or self._nobody, password) and bool(hashed)
            except (VerificationError, InvalidHashError):
                return False
