"""Reader: something that keeps reading equipment and always holds the newest picture of it.

A reader polls at its own pace inside the engine's event loop. `picture` copies what it holds; nothing moves under a
decision. A reader never writes to equipment and never raises for a device's trouble: that is a link state or a quality.
"""

from typing import Protocol

from ironkeep.model.frame import Frame
from ironkeep.model.link import Link, Particulars


class Reader(Protocol):
    """One family of equipment (Modbus, NUT, a recording)."""

    async def run(self) -> None:
        """Read until cancelled. On cancellation every connection is closed before this returns."""
        ...

    def frames(self, at_us: int) -> tuple[Frame, ...]:
        """Copies of the newest frame of each group, stamped `at_us`; empty until a device has been described."""
        ...

    def links(self) -> tuple[Link, ...]:
        """One a device, declared order."""
        ...

    def particulars(self) -> tuple[Particulars, ...]:
        """One a device described so far."""
        ...
