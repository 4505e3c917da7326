"""The devices of one address: when each is asked, on the one connection that they share.

Rules. 1. Whoever has something to ask is asked when it is its turn (`turns.py`), as soon as there is room in flight
(`flight.py`). 2. What comes is judged (`replies.py`), and what is worthless after that is closed and made anew
(`connection.py`). 3. One timer wakes the line, for whatever is to be done first if nothing comes.
"""

import asyncio
from collections.abc import Sequence

import numpy as np

from ironkeep.adapters.equipment.modbus.board import SECOND_US
from ironkeep.adapters.equipment.modbus.config import Config
from ironkeep.adapters.equipment.modbus.connection import Connection
from ironkeep.adapters.equipment.modbus.flight import NEVER_US, Flight
from ironkeep.adapters.equipment.modbus.replies import Replies
from ironkeep.adapters.equipment.modbus.station import Station
from ironkeep.adapters.equipment.modbus.turns import Turns
from ironkeep.model.link import LinkState
from ironkeep.model.time import Clock, Now


class Line:
    """One connection and its stations."""

    def __init__(self, stations: Sequence[Station], config: Config, clock: Clock, rng: np.random.Generator) -> None:
        self._stations, self._clock = tuple(stations), clock
        self._connection = Connection([station.device for station in stations], config, clock, rng, self)
        self._flight = Flight(self._stations, Turns(self._stations))
        self._replies = Replies(self._stations, self._flight)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._wake_us = NEVER_US

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; the first connection comes within the time over which starts are spread."""
        self._loop = loop
        self._connection.start(loop)

    async def stop(self) -> None:
        """Close the connection and wait until it is closed."""
        if self._timer:
            self._timer.cancel()
        await self._connection.stop()

    # ------------------------------------------------------------------------------------- what the connection tells
    @property
    def answered(self) -> bool:
        """Was a reply believed on this connection?"""
        return self._flight.good > 0

    def opened(self, transport: asyncio.Transport, now: Now) -> None:
        """There is a connection; the first polls are spread over half a period."""
        self._flight.begin(transport)
        share_us = min(station.period_us for station in self._stations) // (2 * len(self._stations))
        for n, station in enumerate(self._stations):
            station.opened(now, n * share_us)
        self._pump(now)

    def received(self, buffer: bytearray, view: memoryview, size: int) -> None:
        """Take bytes as they come, in any pieces: the first `size` of the buffer."""
        now, flight = self._clock(), self._flight
        sole = flight.sole
        if sole is not None and size == sole.size and buffer.startswith(sole.head) and flight.follow(sole, view, now):
            return
        if why := self._replies.take(buffer, view, size, now):
            self._connection.reopen(why)
        self._pump(now)

    def closed(self, now: Now, state: LinkState, why: str) -> None:
        """There is no connection."""
        self._flight.begin(None)
        for station in self._stations:
            station.closed(now, state, why)

    def wake(self, at_us: int) -> None:
        """Wake at that time, unless a waking before it is set already: that one will look again."""
        if self._connection.over or at_us >= self._wake_us:
            return
        if self._timer:
            self._timer.cancel()
        assert self._loop is not None
        self._wake_us = at_us
        self._timer = self._loop.call_later(max(0, at_us - self._clock().mono_us) / SECOND_US, self._awake)

    # ------------------------------------------------------------------------------------------------ what is done
    def _awake(self) -> None:
        self._timer, self._wake_us = None, NEVER_US
        now = self._clock()
        if self._connection.transport is None:
            self._connection.try_again(now)
            return
        try:
            if why := self._flight.expire(now):
                self._connection.reopen(why)
        finally:
            self._pump(now)

    def _pump(self, now: Now) -> None:
        """Send what may be sent."""
        transport = self._connection.transport
        if transport is None or transport.is_closing():
            return
        self._flight.ask(now)
        self.wake(self._flight.next_us(now.mono_us))
