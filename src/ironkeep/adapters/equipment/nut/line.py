"""One connection to one server, shared by all UPSes behind it: who is asked next, and what becomes of the answer.

Rules. 1. There is one connection to an address, with one question in flight (safety S48). 2. Whoever waits longest is
asked first; a UPS whose answers cannot be believed rests longer each time, so that it costs the others one question at
most. 3. A connection that is refused, or brings no good answer, is tried again later and later (safety S49). 4. Where
encryption is declared, nothing is asked without it. 5. We never log in to a UPS: the server would count us among those
that must be shut down before the UPS is.
"""

import asyncio
import contextlib
from collections.abc import Sequence

import numpy as np

from ironkeep.adapters.equipment.nut.config import Config, Server
from ironkeep.adapters.equipment.nut.introduce import introduce, secure
from ironkeep.adapters.equipment.nut.station import Station
from ironkeep.adapters.equipment.nut.wire import Broken, Silent, Wire, connect
from ironkeep.adapters.names import Lookup
from ironkeep.codecs.nut import list_variables, logout
from ironkeep.model.errors import Trouble, Unavailable
from ironkeep.model.link import LineFault, LinkState
from ironkeep.model.time import SECOND_US, Clock
from ironkeep.ports.contact import back_off


class Line:
    """One connection and its stations."""

    def __init__(
        self, stations: Sequence[Station], server: Server | None, config: Config, clock: Clock, rng: np.random.Generator
    ) -> None:
        device = stations[0].device
        self.host, self.port = device.host, device.port
        self._stations, self._server, self._config, self._clock, self._rng = stations, server, config, clock, rng
        self._timeout_s = max(station.device.timeout_s for station in stations)
        self._context = secure(server)
        self._lookup = Lookup(self.host)
        self._failures = 0  # connections in a row that brought no good answer

    async def run(self) -> None:
        """Connect and ask until cancelled; then hang up."""
        await asyncio.sleep(float(self._rng.random()) * self._config.start_spread_s)
        while True:
            state, why = await self._once()
            now = self._clock()
            for station in self._stations:
                station.closed(now, state, why)
            first_s, most_s = self._config.reconnect_min_s, self._config.reconnect_max_s
            await asyncio.sleep(back_off(max(self._failures, 1), first_s, most_s, self._rng))

    async def _once(self) -> tuple[LinkState, str]:
        """One connection from its first to its last moment; how it ended, in words."""
        wire: Wire | None = None
        self._failures += 1  # until something good comes of it
        try:
            wire = await connect(self._lookup, self.port, self._config.connect_timeout_s)
            await self._introduce(wire)
            await self._ask(wire)
        except ConnectionRefusedError as exc:
            return LinkState.BACKING_OFF, exc.strerror or str(exc)
        except TimeoutError:
            return LinkState.DOWN, f"no connection within {self._config.connect_timeout_s:g} s"
        except OSError as exc:
            return LinkState.DOWN, exc.strerror or str(exc)
        except Trouble as exc:
            if wire is not None and wire.unasked:
                self._stations[0].count(LineFault.UNASKED)
            return LinkState.DOWN if wire is None or wire.answers else LinkState.BACKING_OFF, exc.what
        finally:
            if wire is not None:
                await self._part(wire)
        raise AssertionError("asking ends by an exception alone")

    async def _introduce(self, wire: Wire) -> None:
        """Encrypt and say who asks, where that is declared."""
        for station in self._stations:
            station.encrypted = False
        if self._context is None or self._server is None:
            return
        waits = self._timeout_s, self._config.connect_timeout_s
        await introduce(wire, self._server, self._context, self.host, *waits)
        for station in self._stations:
            station.encrypted = True

    async def _ask(self, wire: Wire) -> None:
        """Ask about one UPS after the other, each in its time."""
        while True:
            station = min(self._stations, key=lambda each: each.due_us)
            wait_us = station.due_us - self._clock().mono_us
            if wait_us > 0:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(wire.over.wait(), wait_us / SECOND_US)
            await self._ask_about(station, wire)

    async def _ask_about(self, station: Station, wire: Wire) -> None:
        if wire.over.is_set():
            raise Unavailable("the server closed the connection", where=wire.where)
        station.asked(self._clock())
        try:
            answer = await wire.ask(list_variables(station.device.ups), self._timeout_s)
        except Broken as exc:
            if not wire.unasked:
                station.refused(exc.fault, self._clock())
            raise
        except Silent as exc:
            station.silent(self._clock(), exc.what)
            raise
        self._failures = 0
        now = self._clock()
        if answer.error:
            station.error(answer.error, now)
        else:
            station.take(answer.rows, now)

    async def _part(self, wire: Wire) -> None:
        """Hang up, with a good-bye where the connection is still good."""
        if not wire.over.is_set():
            with contextlib.suppress(Trouble):
                await wire.ask(logout(), self._config.close_s)
            wire.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(wire.over.wait(), self._config.close_s)
