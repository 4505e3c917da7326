"""The shelf: imports that lie in the blob store, read off the event loop and held while they stand.

Rooms are pure, so they are handed what they need: the desk fetches what a request names, the heartbeat holds what
stands. A blob that cannot be read is no import: `trouble` says so every turn, and it is tried again after a pause.
"""

import asyncio
from collections.abc import Iterable, Mapping

import msgspec

from ironkeep.model.errors import Trouble
from ironkeep.model.register import Import
from ironkeep.ports.blobs import BlobStore

Imports = Mapping[str, Import]  # by digest
RETRY_TURNS = 30  # turns before a blob that could not be read is tried again


class Shelf:
    """Reads imports by digest."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs
        self._held: Imports = {}
        self._broken: dict[str, tuple[int, str]] = {}  # digest -> turns to wait, why
        self._reading: asyncio.Task[None] | None = None

    @property
    def trouble(self) -> tuple[str, ...]:
        """Each import that stands and cannot be read, in words."""
        return tuple(f"import {digest[:12]}: {why}" for digest, (_, why) in sorted(self._broken.items()))

    def hold(self, digests: Iterable[str]) -> Imports:
        """The imports that stand, as far as they are at hand; one that is not is read meanwhile, and no turn waits."""
        wanted = frozenset(digests)
        if not wanted >= self._held.keys():
            self._held = {digest: held for digest, held in self._held.items() if digest in wanted}
        self._broken = {d: (turns - 1, why) for d, (turns, why) in self._broken.items() if d in wanted and turns > 0}
        missing = wanted - self._held.keys() - self._broken.keys()
        if missing and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._take(min(missing)), name="shelf")
        return self._held

    async def _take(self, digest: str) -> None:
        try:
            held = await asyncio.to_thread(self._read, digest)
        except Trouble as exc:
            self._broken[digest] = (RETRY_TURNS, exc.what)
        except msgspec.DecodeError as exc:
            self._broken[digest] = (RETRY_TURNS, f"not an import: {exc}")
        else:
            self._held = {**self._held, digest: held}

    async def fetch(self, digests: Iterable[str]) -> Imports:
        """Imports that requests name; what cannot be read is not among them."""
        found: dict[str, Import] = {}
        for digest in set(digests):
            try:
                known = self._held.get(digest)
                found[digest] = known if known is not None else await asyncio.to_thread(self._read, digest)
            except (Trouble, msgspec.DecodeError):
                continue
        return found

    def _read(self, digest: str) -> Import:
        return msgspec.json.decode(self._blobs.get(digest), type=Import)
