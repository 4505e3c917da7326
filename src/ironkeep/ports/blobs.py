"""BlobStore: bytes by their SHA-256, for what facts name only by digest (site files, policies, exports)."""

from typing import Protocol


class BlobStore(Protocol):
    """Content-addressed and append-only."""

    def put(self, data: bytes) -> str:
        """Keep the bytes durably and return their hex SHA-256; keeping the same bytes twice is one blob."""
        ...

    def get(self, digest: str) -> bytes:
        """The bytes of a digest. Raises Refused when there are none, Untrusted when what is stored does not match."""
        ...
