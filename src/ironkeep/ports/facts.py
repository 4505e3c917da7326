"""FactStore: the spine's only writer. FactReader: anybody else, read-only, also while the writer writes.

An append is one commit: facts, tree and signed checkpoint together, durable when it returns. All or nothing.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from ironkeep.facts.envelope import Draft, Fact
from ironkeep.model.time import Now


class FactQuery(msgspec.Struct, frozen=True):
    """A filter; empty fields do not filter. Times in microseconds, `since_us` included, `until_us` excluded.
    `kinds` any of.
    """

    kinds: tuple[str, ...] = ()
    asset: str = ""  # this asset and everything below it
    actor: str = ""
    since_us: int | None = None
    until_us: int | None = None
    first_seq: int = 0
    last_seq: int | None = None  # excluded
    limit: int = 1000
    newest_first: bool = False


class FactReader(Protocol):
    """Read-only access to a spine."""

    def size(self) -> int:
        """How many facts there are: the next seq."""
        ...

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint (a C2SP signed note), empty before the first fact."""
        ...

    def read(self, first: int = 0, last: int | None = None) -> Iterator[Fact]:
        """Facts with first <= seq < last in order. Raises Untrusted when stored bytes are not a fact."""
        ...

    def entries(self, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """The canonical bytes of those facts in order: what the tree hashes and an export holds."""
        ...

    def find(self, query: FactQuery) -> Sequence[Fact]:
        """Facts that pass the filter, at most `limit`, by the store's indexes."""
        ...

    def inclusion(self, seq: int, size: int | None = None) -> tuple[bytes, ...]:
        """The RFC 9162 inclusion path of a fact in the tree of `size` (default: of the newest checkpoint)."""
        ...

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """The RFC 9162 consistency path between two sizes. Raises Refused for size 0 or sizes beyond the log."""
        ...


class FactStore(FactReader, Protocol):
    """The one writer."""

    def append(self, drafts: Sequence[Draft], now: Now) -> tuple[Fact, ...]:
        """Commit the drafts in order with one checkpoint. Raises Unavailable (disk full, read-only) or Refused (a
        body that cannot be canonical): then nothing was written.
        """
        ...

    def close(self) -> None:
        """Release the file; the last commit stays as it is."""
        ...


class SnapshotStore(Protocol):
    """Where folds keep their state between starts; always derivable, so losing it costs time alone."""

    def load(self, fold: str, version: int) -> tuple[int, bytes] | None:
        """The newest state of a fold of that version and the seq up to which (excluded) it holds; None when there
        is none.
        """
        ...

    def save(self, fold: str, version: int, seq: int, state: bytes) -> None:
        """Keep a state; older ones of the same fold may go. Raises Unavailable when the disk refuses."""
        ...

    def forget(self, beyond: int) -> None:
        """Let go of states that hold for more than so many facts: of a past that the spine no longer has."""
        ...
