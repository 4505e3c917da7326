"""No history: what stands in its place when the one in the folder cannot be used.

A site is watched all the same, and says all the while what is not kept and why: visibility fails open.
"""

from collections.abc import Sequence

from ironkeep.facts.envelope import Body
from ironkeep.model.errors import Trouble
from ironkeep.model.frame import Frame


class Unkept:
    """Port: History. Keeps nothing and touches nothing; `found` and `trouble` say so."""

    def __init__(self, why: Trouble) -> None:
        self.trouble = f"telemetry is not kept: {why}"
        self.found = (self.trouble,)

    def append(self, frames: Sequence[Frame], memory_digest: str) -> None:
        """Port: History.append."""

    def outcomes(self) -> tuple[Body, ...]:
        """Port: History.outcomes."""
        return ()

    def close(self) -> None:
        """Port: History.close."""
