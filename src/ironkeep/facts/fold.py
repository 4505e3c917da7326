"""A fold: what facts of some kinds add up to, and its snapshot.

Rules. 1. A standing state changes by facts alone, in the order of the spine; in which batches they come changes
nothing. 2. It never changes under whoever holds it: facts make a new one. 3. Its snapshot is JSON with sorted keys,
so equal states give equal bytes. 4. A snapshot is kept under the name and version of its fold. Whoever changes what
stands in the state, or what a fact does to it, counts the version up: older snapshots are then passed by and the fold
starts at fact 0. 5. One that cannot be read is refused, and costs no more than that.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import msgspec

from ironkeep.facts.envelope import NOT_JSON, Body, Fact
from ironkeep.model.errors import Refused

S = TypeVar("S", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Folded(Generic[S]):
    """Who remembers a standing state. `version` counts the absorptions that may have changed it since the start."""

    standing: S
    version: int = 0


M = TypeVar("M", bound=Folded[Any])


class Fold(Generic[S, M]):
    """The fold of the facts of `kinds`, names with spaces between: `change` does to a state what a fact says, `forget`
    takes out what is too old at the last of some facts.

    `standing` is the type of the state; each field of it is a dict or a list and empty at first. `memory` makes what
    remembers it.
    """

    def __init__(
        self,
        name: str,
        version: int,
        standing: type[S],
        memory: Callable[[S], M],
        kinds: str,
        change: Callable[[S, Fact, Body], None],
        forget: Callable[[S, Fact], None] = lambda standing, last: None,
    ) -> None:
        self.name, self.version, self.kinds = name, version, frozenset(kinds.split())
        self._standing, self._memory, self._change, self._forget = standing, memory, change, forget
        self._encode = msgspec.json.Encoder(order="sorted").encode
        self._decoder = msgspec.json.Decoder(standing)

    def absorb(self, memory: M, facts: Sequence[Fact]) -> M:
        """The memory after the facts; facts of other kinds pass by, and where there is no other it is the same object.

        Raises Refused for a fact that this program does not know.
        """
        kinds = self.kinds
        mine = [fact for fact in facts if fact.kind in kinds]
        if not mine:
            return memory
        standing, change = self._copy(memory.standing), self._change
        for fact in mine:
            change(standing, fact, fact.typed())
        self._forget(standing, mine[-1])
        return replace(memory, standing=standing, version=memory.version + 1)

    def _copy(self, standing: S) -> S:
        return self._standing(*(held.copy() for held in msgspec.structs.astuple(standing)))

    def freeze(self, memory: M) -> bytes:
        """The standing state alone, as bytes; equal states give equal bytes."""
        return self._encode(memory.standing)

    def thaw(self, data: bytes) -> M:
        """A memory with that standing state and nothing besides. Raises Refused for bytes that are not one."""
        try:
            return self._memory(self._decoder.decode(data))
        except NOT_JSON as exc:
            where = f"snapshot of the fold {self.name}, version {self.version}"
            raise Refused(f"it cannot be read: {exc}", where=where, remedy="fold the facts from the first on") from exc
