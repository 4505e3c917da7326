"""One connection to one address: made, lost, and tried again.

Rules. 1. There is one connection to an address (safety S48). 2. One refused, or dropped soon after it was made, is
tried again later and later (safety S49). 3. Where the declared holders fill all slots there is no connection at all;
and when a device that answers well closes our young connection again and again we stop, since somebody may be losing
theirs to us as we lose ours to them.
"""

import asyncio
from collections.abc import Sequence
from typing import Protocol, cast

import numpy as np

from ironkeep.adapters.equipment.modbus.board import SECOND_US
from ironkeep.adapters.equipment.modbus.config import EVICTIONS_MAX, RECEIVE_BYTES, STABLE_S, Config
from ironkeep.adapters.equipment.modbus.secure import secure, trouble
from ironkeep.adapters.equipment.modbus.slots import evicted, no_slot
from ironkeep.adapters.names import Lookup
from ironkeep.model.link import LinkState
from ironkeep.model.site import Device
from ironkeep.model.time import Clock, Now
from ironkeep.ports.contact import back_off


class User(Protocol):
    """Who uses a connection, and is told what happens to it."""

    @property
    def answered(self) -> bool:
        """Was a reply believed on this connection?"""
        ...

    def opened(self, transport: asyncio.Transport, now: Now) -> None:
        """There is a connection."""
        ...

    def received(self, buffer: bytearray, view: memoryview, size: int) -> None:
        """Bytes came: the first `size` of the buffer, which is used again afterwards."""
        ...

    def closed(self, now: Now, state: LinkState, why: str) -> None:
        """There is none, for this reason."""
        ...

    def wake(self, at_us: int) -> None:
        """Look again then, on the monotonic clock."""
        ...


class Wire(asyncio.BufferedProtocol):
    """The asyncio end of a connection: hands on what happens, as long as it is still the one that is meant."""

    def __init__(self, connection: "Connection", user: User) -> None:
        self._connection, self._received = connection, user.received
        self._buffer = bytearray(RECEIVE_BYTES)
        self._view = memoryview(self._buffer)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a connection."""
        made = cast(asyncio.Transport, transport)  # which not every event loop's own class says it is
        self._connection.made(self, made)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where bytes go: one buffer, used again, since each piece is dealt with before the next comes."""
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes came."""
        self._received(self._buffer, self._view, nbytes)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; `exc` says why, None when the other side closed it."""
        self._connection.lost(self, exc)


class Connection:
    """The connection to the devices of one address. `over`: there will be none any more."""

    def __init__(
        self, devices: Sequence[Device], config: Config, clock: Clock, rng: np.random.Generator, user: User
    ) -> None:
        self._host, self._port, self._tls = devices[0].host, devices[0].port, devices[0].tls
        self._config, self._clock, self._rng, self._user = config, clock, rng, user
        self._lookup, self._shared = Lookup(self._host), len(devices) > 1
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._wire: Wire | None = None
        self.transport: asyncio.Transport | None = None
        self._gone = asyncio.Event()
        self._due_us = self._opened_us = 0
        self._why = ""  # why we closed it ourselves
        self._barred = no_slot(devices)  # why there is no connection, ever
        self._refusals = 0  # in a row
        self._evictions = 0  # connections in a row that the device closed young although it had answered
        self.over = False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; the first connection comes within the time over which starts are spread."""
        self._loop, self.over = loop, False
        if self._barred:
            self._bar(LinkState.NEVER)
            return
        now_us = self._clock().mono_us
        self._due_us = now_us + int(self._rng.random() * self._config.start_spread_s * SECOND_US)
        self._user.wake(now_us)

    async def stop(self) -> None:
        """Close the connection and wait until it is closed."""
        self.over = True
        if self._connecting:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self.transport:
            self.transport.abort()
            try:
                async with asyncio.timeout(self._config.close_s):
                    await self._gone.wait()
            except TimeoutError:
                self.transport = None

    def reopen(self, why: str) -> None:
        """Close the connection because it can no longer be trusted to answer in step."""
        self._why = why
        if self.transport:
            self.transport.abort()

    def try_again(self, now: Now) -> None:
        """Connect, if it is time to. Precondition: there is no connection."""
        if self._connecting is not None:
            return
        if now.mono_us < self._due_us:
            self._user.wake(self._due_us)
            return
        assert self._loop is not None
        self._connecting = self._loop.create_task(self._connect())

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(self._config.connect_timeout_s):
                context = None if self._tls is None else secure(self._tls)
                name = (self._tls.server_name or self._host) if self._tls else None
                await self._lookup.connect(lambda: Wire(self, self._user), self._port, context, name)
        except TimeoutError:
            self._failed(LinkState.DOWN, f"no connection within {self._config.connect_timeout_s:g} s")
        except (OSError, ValueError) as exc:
            refused = isinstance(exc, ConnectionRefusedError)
            self._failed(LinkState.BACKING_OFF if refused else LinkState.DOWN, trouble(exc))
        finally:
            self._connecting = None
            self._user.wake(self._clock().mono_us)

    def _failed(self, state: LinkState, why: str) -> None:
        now = self._clock()
        self._wait(now)
        self._user.closed(now, state, why)

    def _wait(self, now: Now) -> None:
        """Put off the next try, longer after each refusal."""
        self._refusals += 1
        first_s, most_s = self._config.reconnect_min_s, self._config.reconnect_max_s
        self._due_us = now.mono_us + int(back_off(self._refusals, first_s, most_s, self._rng) * SECOND_US)

    def made(self, wire: Wire, transport: asyncio.Transport) -> None:
        """There is a connection."""
        now = self._clock()
        self._wire, self.transport, self._opened_us, self._why = wire, transport, now.mono_us, ""
        self._gone.clear()
        self._user.opened(transport, now)

    def lost(self, wire: Wire, exc: Exception | None) -> None:
        """The connection is gone."""
        if wire is not self._wire:
            return
        now, answered = self._clock(), self._user.answered
        why = self._why or (f"connection lost: {trouble(exc)}" if exc else "the device closed the connection")
        young = now.mono_us - self._opened_us < STABLE_S * SECOND_US
        early = young or not answered
        if not young:
            self._evictions = 0
        elif answered and not self._why and (exc is None or isinstance(exc, OSError)):
            self._evictions += 1  # a fault of our own in reading is no doing of the device's
        if not early or (self._shared and answered and self._why):  # the others must not wait for one that lies
            self._refusals = 0
        self._wait(now)
        self._wire = self.transport = None
        self._gone.set()
        self._user.closed(now, LinkState.BACKING_OFF if early and not self._why else LinkState.DOWN, why)
        if self._evictions >= EVICTIONS_MAX:
            self._barred = evicted(self._evictions)
            self._bar(LinkState.BACKING_OFF)
        else:
            self._user.wake(now.mono_us)

    def _bar(self, state: LinkState) -> None:
        """Connect no more; every device says why."""
        self.over = True
        self._user.closed(self._clock(), state, self._barred)
