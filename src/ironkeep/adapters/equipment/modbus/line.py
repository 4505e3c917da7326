"""One connection to one host and port, shared by all devices behind it: who is asked next, and what each reply is.

Rules. 1. There is one connection to an address, with as many requests in flight as its most careful device allows
(safety S48). 2. Transaction ids rise and are never used again while a reply to one could still come. 3. A reply counts
only for the request that it answers in everything; each other one is counted by what is wrong with it and its values
are never used. One that answers a request given up is late; one that answers a request already answered a duplicate.
4. When replies fall out of step, or nobody answers any more, the connection is closed and opened anew. 5. A connection
refused, or dropped soon after it was made, is tried again later and later (safety S49). Where the declared holders fill
all slots there is no connection at all; and when a device that answers well closes our young connection again and again
we stop, since somebody may be losing theirs to us as we lose ours to them. 6. Devices that answer well are
asked first. One that is silent, slow, lying or unknown gets a turn when no other is due, rests afterwards as long as it
took, and so delays the others by one request at most.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, cast

import numpy as np

from ironkeep.adapters.equipment.modbus.backoff import BackOff
from ironkeep.adapters.equipment.modbus.board import SECOND_US
from ironkeep.adapters.equipment.modbus.config import (
    EVICTIONS_MAX,
    IN_FLIGHT_MAX,
    OUT_OF_STEP_MAX,
    RECEIVE_BYTES,
    REMEMBERED_MAX,
    SILENT_MAX,
    SLOW_SHARE,
    STABLE_S,
    SUSPECT_WAIT_MAX_S,
    Config,
)
from ironkeep.adapters.equipment.modbus.pending import Pending
from ironkeep.adapters.equipment.modbus.secure import secure, trouble
from ironkeep.adapters.equipment.modbus.slots import evicted, no_slot
from ironkeep.adapters.equipment.modbus.station import Station
from ironkeep.codecs.modbus import TRANSACTIONS, Reply, Stream, judge, transaction_bytes
from ironkeep.model.link import LinkState, ReplyFault
from ironkeep.model.time import Now

Clock = Callable[[], Now]
_NEVER_US: Final = 1 << 62


def _nothing_asked() -> list[tuple[int, Station | None]]:
    return [(0, None)] * REMEMBERED_MAX


class Wire(asyncio.BufferedProtocol):
    """The asyncio end of a connection: hands what happens to its line, as long as the line still means it."""

    def __init__(self, line: "Line") -> None:
        self._line = line
        self._buffer = bytearray(RECEIVE_BYTES)
        self._view = memoryview(self._buffer)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a connection."""
        self._line.opened(self, cast(asyncio.Transport, transport))  # which not every event loop's own class says it is

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where bytes go: one buffer, used again, since each piece is dealt with before the next comes."""
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes came."""
        self._line.received(self._buffer, self._view, nbytes)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; `exc` says why, None when the other side closed it."""
        self._line.lost(self, exc)


class Line:
    """One connection and its stations."""

    def __init__(self, stations: Sequence[Station], config: Config, clock: Clock, rng: np.random.Generator) -> None:
        device = stations[0].device
        self.host, self.port = device.host, device.port
        self._stations, self._config, self._clock, self._rng = tuple(stations), config, clock, rng
        self._limit = max(1, min(IN_FLIGHT_MAX, *(station.device.in_flight for station in stations)))
        shortest_us = min(station.period_us for station in stations)
        self._timeout_us = {
            station: int(station.device.timeout_s * SECOND_US)
            if len(stations) == 1
            else min(int(station.device.timeout_s * SECOND_US), shortest_us)
            for station in stations
        }
        self._backoff = BackOff(config.reconnect_min_s, config.reconnect_max_s, rng)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wire: Wire | None = None
        self._transport: asyncio.Transport | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._gone: asyncio.Event = asyncio.Event()
        self._stream = Stream()
        self._pending: dict[int, Pending] = {}
        self._sole: Pending | None = None  # the only one in flight, with nothing received of its reply yet
        self._shared = len(stations) > 1
        self._late: dict[int, Station] = {}  # requests given up, whose replies may still come
        self._recent = _nothing_asked()  # by transaction id, modulo its length
        self._transaction = 0
        self._current: Station | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._wake_us = _NEVER_US
        self._connect_us = 0  # when to connect next
        self._opened_us = 0
        self._good = 0  # believed replies on this connection
        self._out_of_step = self._silent = 0
        self._rest_until_us = self._suspect_us = 0
        self._why = ""
        self._stopped = False
        self._evictions = 0  # connections in a row that the device closed young although it had answered
        self._barred = no_slot([station.device for station in stations])  # why there is no connection, ever
        self._tls = device.tls
        for station in stations:
            station.authenticated = device.tls is not None

    # -------------------------------------------------------------------------------------------------- connection
    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin; the first connection comes within the time over which starts are spread."""
        self._loop, self._stopped = loop, False
        if self._barred:
            self._bar(LinkState.NEVER)
            return
        self._connect_us = self._clock().mono_us + int(self._rng.random() * self._config.start_spread_s * SECOND_US)
        self._arm(self._clock().mono_us)

    async def stop(self) -> None:
        """Close the connection and wait until it is closed."""
        self._stopped = True
        if self._timer:
            self._timer.cancel()
        if self._connecting:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._transport:
            self._transport.abort()
            try:
                async with asyncio.timeout(self._config.close_s):
                    await self._gone.wait()
            except TimeoutError:
                self._transport = None

    async def _connect(self) -> None:
        assert self._loop is not None
        try:
            async with asyncio.timeout(self._config.connect_timeout_s):
                context = None if self._tls is None else secure(self._tls)
                name = (self._tls.server_name or self.host) if self._tls else None
                await self._loop.create_connection(
                    lambda: Wire(self), self.host, self.port, ssl=context, server_hostname=name
                )
        except TimeoutError:
            self._failed(LinkState.DOWN, f"no connection within {self._config.connect_timeout_s:g} s")
        except (OSError, ValueError) as exc:
            refused = isinstance(exc, ConnectionRefusedError)
            self._failed(LinkState.BACKING_OFF if refused else LinkState.DOWN, trouble(exc))
        finally:
            self._connecting = None
            if not self._stopped:
                self._arm(self._clock().mono_us)

    def _failed(self, state: LinkState, why: str) -> None:
        now = self._clock()
        self._connect_us = now.mono_us + int(self._backoff.refused() * SECOND_US)
        for station in self._stations:
            station.closed(now, state, why)

    def _bar(self, state: LinkState) -> None:
        """Connect no more; every device says why."""
        now = self._clock()
        for station in self._stations:
            station.closed(now, state, self._barred)

    def opened(self, wire: Wire, transport: asyncio.Transport) -> None:
        """There is a connection."""
        now = self._clock()
        self._wire, self._transport, self._stream = wire, transport, Stream()
        self._gone.clear()
        self._opened_us, self._good, self._out_of_step, self._silent = now.mono_us, 0, 0, 0
        self._why = ""
        share_us = min(station.period_us for station in self._stations) // (2 * len(self._stations))
        for n, station in enumerate(self._stations):
            station.opened(now, n * share_us if len(self._stations) > 1 else 0)
        self._pump(now)

    def lost(self, wire: Wire, exc: Exception | None) -> None:
        """The connection is gone."""
        if wire is not self._wire:
            return
        now = self._clock()
        why = self._why or (f"connection lost: {trouble(exc)}" if exc else "the device closed the connection")
        young = now.mono_us - self._opened_us < STABLE_S * SECOND_US
        early = young or not self._good
        if not young:
            self._evictions = 0
        elif self._good and not self._why:
            self._evictions += 1
        if not early:
            self._backoff.accepted()
        self._connect_us = now.mono_us + int(self._backoff.refused() * SECOND_US)
        self._wire = self._transport = None
        self._pending.clear()
        self._sole = None
        self._late.clear()
        self._recent = _nothing_asked()
        self._gone.set()
        state = LinkState.BACKING_OFF if early and not self._why else LinkState.DOWN
        for station in self._stations:
            station.closed(now, state, why)
        if self._evictions >= EVICTIONS_MAX:
            self._barred = evicted(self._evictions)
            self._bar(LinkState.BACKING_OFF)
        elif not self._stopped:
            self._arm(now.mono_us)

    def _reopen(self, why: str) -> None:
        """Close the connection because it can no longer be trusted to answer in step."""
        self._why = why
        if self._transport:
            self._transport.abort()

    # ----------------------------------------------------------------------------------------------------- replies
    def received(self, buffer: bytearray, view: memoryview, size: int) -> None:
        """Take bytes as they come, in any pieces: the first `size` of the buffer."""
        now = self._clock()
        sole = self._sole
        if sole is not None and size == sole.size and buffer.startswith(sole.head) and self._follow(sole, view, now):
            return
        at = 0
        while self._pending and self._stream.empty:  # the usual case: the oldest request's reply and nothing else
            transaction, pending = next(iter(self._pending.items()))
            end = at + pending.request.size
            if end > size or not buffer.startswith(pending.head, at):
                break
            self._believe(transaction, pending, now)
            pending.station.answer(pending.slot, pending.turn, view[at + 9 : end], now)
            at = end
        if at < size and self._transport and not self._transport.is_closing():
            for reply in self._stream.feed(bytes(view[at:size])):
                self._settle(reply, now)
            if self._stream.broken:
                self._blame(None, now, self._stream.broken)
                self._reopen("bytes that are no Modbus reply")
        self._pump(now)

    def _follow(self, pending: Pending, view: memoryview, now: Now) -> bool:
        """The usual case, in few steps: the one request is answered, and its poll's next read is sent at once.

        Does nothing and returns False where anything else is to be weighed: another station's turn, a poll's last
        read, a request given up whose reply may still come.
        """
        station, transport = pending.station, self._transport
        if self._late or station is not self._current or transport is None or transport.is_closing():
            return False
        spent_us = station.spent_us + now.mono_us - pending.sent_us if self._shared else 0
        if spent_us > SLOW_SHARE * station.period_us:
            return False  # it must give way to the others
        asked = station.onward(pending.slot, pending.turn, view[9 : pending.size], now)
        if asked is None:
            return False
        self._good += 1
        self._out_of_step = self._silent = 0
        now_us = now.mono_us
        station.spent_us = spent_us
        del self._pending[pending.transaction]
        transaction = self._transaction = self._transaction % (TRANSACTIONS - 1) + 1
        start = transaction.to_bytes(2, "big")
        self._pending[transaction] = pending
        self._recent[transaction % REMEMBERED_MAX] = (transaction, station)
        pending.again(transaction, asked, start + asked.head, now_us, now_us + self._timeout_us[station])
        transport.write(start + asked.wire)
        return True

    def _believe(self, transaction: int, pending: Pending, now: Now) -> None:
        """A request was answered by what may be believed."""
        del self._pending[transaction]
        self._good += 1
        self._out_of_step = self._silent = 0
        if self._shared:
            self._spend(pending, now.mono_us)

    def _spend(self, pending: Pending, now_us: int) -> None:
        station, took_us = pending.station, now_us - pending.sent_us
        station.spent_us += took_us
        if station.suspect:
            self._rest_until_us = now_us + took_us
        elif station.spent_us > SLOW_SHARE * station.period_us:
            station.slow = True

    def _settle(self, reply: Reply, now: Now) -> None:
        """Decide what one reply is."""
        pending = self._pending.get(reply.transaction)
        if pending is None:
            self._stray(reply, now)
            return
        verdict = judge(pending.request, reply.transaction, reply)
        if isinstance(verdict, ReplyFault):
            del self._pending[reply.transaction]
            self._spend(pending, now.mono_us)
            self._fault(pending, verdict, now)
            return
        self._believe(reply.transaction, pending, now)
        if isinstance(verdict, int):
            pending.station.refuse(pending.slot, pending.turn, verdict, now)
        else:
            pending.station.answer(pending.slot, pending.turn, verdict, now)

    def _stray(self, reply: Reply, now: Now) -> None:
        """A reply to no request that is open."""
        asked, station = self._recent[reply.transaction % REMEMBERED_MAX]
        if reply.transaction in self._late:
            self._late.pop(reply.transaction).count(ReplyFault.LATE)
        elif asked == reply.transaction and station is not None:
            station.count(ReplyFault.DUPLICATE)
        elif self._pending:
            self._blame(reply.unit, now, ReplyFault.TRANSACTION_ID)
        else:
            self._blame(reply.unit, now, ReplyFault.UNASKED)
        self._out_of_step += 1
        if self._out_of_step >= OUT_OF_STEP_MAX:
            self._reopen("replies fell out of step")

    def _blame(self, unit: int | None, now: Now, fault: ReplyFault) -> None:
        """Count a fault for the device that must have caused it: the one being asked, else the one of that unit."""
        if self._pending:
            transaction, pending = next(iter(self._pending.items()))
            del self._pending[transaction]
            self._give_up(transaction, pending.station)  # its own reply may still come
            self._spend(pending, now.mono_us)
            self._fault(pending, fault, now)
        else:
            named = (station for station in self._stations if station.device.unit == unit)
            next(named, self._stations[0]).count(fault)

    def _fault(self, pending: Pending, fault: ReplyFault, now: Now) -> None:
        pending.station.count(fault)
        pending.station.fail(pending.turn, now, f"refused a reply with the wrong {fault.value}")

    # ---------------------------------------------------------------------------------------------------- requests
    def _pump(self, now: Now) -> None:
        """Send what may be sent."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        wires: list[bytes] = []
        pending, now_us = self._pending, now.mono_us
        while len(pending) < self._limit and (station := self._choose(now_us)):
            asked = station.ask(now)
            if asked is None:
                continue
            made, slot = asked
            transaction = self._fresh()
            start = transaction_bytes(transaction)
            deadline_us = now_us + self._timeout_us[station]
            pending[transaction] = Pending(station, slot, transaction, made, start + made.head, now_us, deadline_us)
            self._recent[transaction % REMEMBERED_MAX] = (transaction, station)
            station.requests += 1
            wires.append(start)
            wires.append(made.wire)
        if wires:
            transport.write(b"".join(wires))
        self._sole = next(iter(pending.values())) if len(pending) == 1 and self._stream.empty else None
        self._arm(self._next_us(now_us))

    def _fresh(self) -> int:
        """A transaction id that no reply can still come for; never 0, which some devices always answer."""
        while True:
            self._transaction = self._transaction % (TRANSACTIONS - 1) + 1
            if self._transaction not in self._pending and self._transaction not in self._late:
                return self._transaction

    def _give_up(self, transaction: int, station: Station) -> None:
        self._late[transaction] = station
        if len(self._late) > REMEMBERED_MAX:
            del self._late[next(iter(self._late))]

    def _choose(self, now_us: int) -> Station | None:
        """Who is asked next."""
        current = self._current
        if current is not None and current.midway and not current.suspect and current.ready(now_us):
            return current  # a poll once begun is finished first: its values belong together
        well: Station | None = None
        suspect: Station | None = None
        for station in self._stations:
            if not station.ready(now_us):
                continue
            if station.suspect:
                if suspect is None or station.asked_us < suspect.asked_us:
                    suspect = station
            elif well is None or station.due_us < well.due_us:
                well = station
        if suspect is not None:
            waited = now_us - self._suspect_us > SUSPECT_WAIT_MAX_S * SECOND_US
            if waited or (well is None and (now_us >= self._rest_until_us or self._all_suspect())):
                self._suspect_us = suspect.asked_us = now_us
                self._current = suspect
                return suspect
        self._current = well
        return well

    def _all_suspect(self) -> bool:
        return all(station.suspect for station in self._stations)

    def _next_us(self, now_us: int) -> int:
        """When something is to be done next, if nothing comes."""
        found = next(iter(self._pending.values())).deadline_us if self._pending else _NEVER_US
        if len(self._pending) < self._limit:
            for station in self._stations:
                at_us = station.wake_us(now_us)
                if station.suspect and not self._all_suspect():
                    at_us = max(at_us, min(self._rest_until_us, self._suspect_us + int(SUSPECT_WAIT_MAX_S * SECOND_US)))
                found = min(found, at_us)
        return found

    # ------------------------------------------------------------------------------------------------------- timer
    def _arm(self, at_us: int) -> None:
        """Wake at that time, unless a waking before it is set already: that one will look again."""
        if self._stopped or self._barred or at_us >= self._wake_us:
            return
        if self._timer:
            self._timer.cancel()
        assert self._loop is not None
        self._wake_us = at_us
        self._timer = self._loop.call_later(max(0, at_us - self._clock().mono_us) / SECOND_US, self._wake)

    def _wake(self) -> None:
        self._timer, self._wake_us = None, _NEVER_US
        now = self._clock()
        if self._transport is None:
            if self._connecting is None:
                if now.mono_us >= self._connect_us:
                    assert self._loop is not None
                    self._connecting = self._loop.create_task(self._connect())
                else:
                    self._arm(self._connect_us)
            return
        try:
            self._expire(now)
        finally:
            self._pump(now)

    def _expire(self, now: Now) -> None:
        """Give up on requests whose time is over."""
        for transaction, pending in list(self._pending.items()):
            if now.mono_us < pending.deadline_us:
                continue
            del self._pending[transaction]
            self._give_up(transaction, pending.station)
            pending.station.timeouts += 1
            self._silent += 1
            self._spend(pending, now.mono_us)
            waited_s = self._timeout_us[pending.station] / SECOND_US
            pending.station.fail(pending.turn, now, f"no answer within {waited_s:g} s")
        if self._silent >= SILENT_MAX:
            self._reopen("nobody answers on the connection")
