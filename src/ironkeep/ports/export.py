"""Export: somebody else's collector of what happened, such as a SIEM. It may be slow, down or away for days.

An export is handed lines in order. It keeps nothing: what is not known to have arrived is handed over again, so a line
may come twice and never not at all. The caller knows from the record where to go on.
"""

from collections.abc import Sequence
from typing import Protocol


class Export(Protocol):
    """One way out."""

    @property
    def receiver(self) -> str:
        """Whom it hands to, for people."""
        ...

    async def open(self) -> None:
        """Reach the receiver. Raises Unavailable when it is away, Untrusted when it does not prove who it is."""
        ...

    async def hand(self, lines: Sequence[bytes]) -> None:
        """Hand lines over, in order. Raises Unavailable when the receiver takes no more in time: then none of them is
        known to have arrived.
        """
        ...

    async def gone(self, wait_s: float) -> bool:
        """Wait as long as this; True as soon as the receiver has hung up."""
        ...

    async def close(self) -> None:
        """Hang up, in order where that is possible."""
        ...
