"""The whole site on the wire: a listener for each device, one for the UPSes over NUT, all following the plant.

Rules. Ports are chosen by the system unless told; they are known after `start`. Registers and serving states change
only in `refresh`, between two requests: within one reply all registers are of the same moment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ironkeep.twin.codes import Serving
from ironkeep.twin.layout import SITE, Site
from ironkeep.twin.serve.chain import units
from ironkeep.twin.serve.image import Image
from ironkeep.twin.serve.listener import Counts, Listener
from ironkeep.twin.serve.nut import LISTENER, NutListener
from ironkeep.twin.signals import Array


class Shows(Protocol):
    """What is served: a plant, or anything that has its signals and serving states."""

    @property
    def signals(self) -> Mapping[str, Array]:
        """What the wire says, by signal name."""
        ...

    @property
    def carded(self) -> Mapping[str, Array]:
        """What the network cards of the UPSes say, by signal name."""
        ...

    @property
    def words(self) -> Mapping[str, str]:
        """Status words that the card of a UPS adds."""
        ...

    @property
    def served(self) -> Mapping[str, Serving]:
        """What each device's network side does."""
        ...


class SiteServer:
    """All devices of a plant over Modbus/TCP on loopback, and its UPSes over NUT beside that."""

    def __init__(self, plant: Shows, site: Site = SITE) -> None:
        self._plant = plant
        self.image = Image(units(site), site)
        self._listeners = {name: Listener(name, spans, self.image.bytes) for name, spans in self.image.spans.items()}
        self.nut = NutListener(site)
        self.ports: dict[str, int] = {}
        self.refresh()

    async def start(self, ports: Mapping[str, int] | None = None) -> Mapping[str, int]:
        """Listen; returns the port of each device, and of the NUT server.

        Raises Unavailable when a port is taken; then nothing listens.
        """
        try:
            for name, listener in self._listeners.items():
                self.ports[name] = await listener.start((ports or {}).get(name, 0))
            self.ports[LISTENER] = await self.nut.start((ports or {}).get(LISTENER, 0))
        except BaseException:
            await self.stop()
            raise
        return self.ports

    async def stop(self) -> None:
        """Hang up and stop listening everywhere."""
        for listener in self._listeners.values():
            await listener.stop()
        await self.nut.stop()
        self.ports.clear()

    def refresh(self) -> None:
        """Show what the plant shows now."""
        self.image.update(self._plant.signals)
        for name, listener in self._listeners.items():
            listener.show(self._plant.served[name])
        self.nut.show(self._plant.carded, self._plant.served, self._plant.words)

    @property
    def counts(self) -> Mapping[str, Counts]:
        """What each listener has seen."""
        return {name: listener.counts for name, listener in self._listeners.items()}
