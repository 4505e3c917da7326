"""What was asked on a connection and is not answered yet.

Rules. 1. There are as many requests in flight as the most careful device allows (safety S48). 2. Transaction ids rise,
from one connection to the next too, and are never used again while a reply to one could still come; none is 0, which
some devices always answer. 3. What is not answered in its time is given up: its reply may still come, and is late then.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from ironkeep.adapters.equipment.modbus.board import SECOND_US
from ironkeep.adapters.equipment.modbus.config import IN_FLIGHT_MAX, REMEMBERED_MAX, SILENT_MAX, SLOW_SHARE
from ironkeep.adapters.equipment.modbus.pending import Pending
from ironkeep.adapters.equipment.modbus.station import Station
from ironkeep.adapters.equipment.modbus.turns import Turns
from ironkeep.codecs.modbus import TRANSACTIONS, Stream, transaction_bytes
from ironkeep.model.time import Now

NEVER_US: Final = 1 << 62
SILENT: Final = "nobody answers on the connection"


class Flight:
    """The requests in flight, and how it goes on the present connection.

    `open` are requests without an answer, oldest first; `sole` the only one, with nothing received of its reply yet;
    `late` who was asked what was given up; `stream` the bytes of a reply cut in two. `good`, `silent` and `out_of_step`
    count believed replies, and timeouts and stray replies in a row.
    """

    def __init__(self, stations: Sequence[Station], turns: Turns) -> None:
        self._turns = turns
        self._limit = max(1, min(IN_FLIGHT_MAX, *(station.device.in_flight for station in stations)))
        self.shared = len(stations) > 1
        shortest_us = min(station.period_us for station in stations) if self.shared else NEVER_US
        self._timeout_us = {
            station: min(int(station.device.timeout_s * SECOND_US), shortest_us) for station in stations
        }
        self._transaction = 0
        self.transport: asyncio.Transport | None = None
        self.begin(None)

    def begin(self, transport: asyncio.Transport | None) -> None:
        """Start anew on a connection; without one, nothing is asked."""
        self.transport = transport
        self.stream = Stream()
        self.open: dict[int, Pending] = {}
        self.sole: Pending | None = None
        self.late: dict[int, Station] = {}
        self._recent: list[tuple[int, Station | None]] = [(0, None)] * REMEMBERED_MAX  # by id, modulo its length
        self.good = self.silent = self.out_of_step = 0

    def ask(self, now: Now) -> None:
        """Send what may be sent. Precondition: the connection is open."""
        wires: list[bytes] = []
        pending, now_us = self.open, now.mono_us
        while len(pending) < self._limit and (station := self._turns.next(now_us)):
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
            assert self.transport is not None
            self.transport.write(b"".join(wires))
        self.sole = next(iter(pending.values())) if len(pending) == 1 and self.stream.empty else None

    def follow(self, pending: Pending, view: memoryview, now: Now) -> bool:
        """The usual case, in few steps: the one request is answered, and its poll's next read is sent at once.

        Does nothing and returns False where anything else is to be weighed: another station's turn, a poll's last
        read, a request given up whose reply may still come.
        """
        station, transport = pending.station, self.transport
        if self.late or station is not self._turns.current or transport is None or transport.is_closing():
            return False
        spent_us = station.spent_us + now.mono_us - pending.sent_us if self.shared else 0
        if spent_us > SLOW_SHARE * station.period_us:
            return False  # it must give way to the others
        asked = station.onward(pending.slot, pending.turn, view[9 : pending.size], now)
        if asked is None:
            return False
        self.good += 1
        self.silent = self.out_of_step = 0
        now_us = now.mono_us
        station.spent_us = spent_us
        del self.open[pending.transaction]
        transaction = self._transaction = self._transaction % (TRANSACTIONS - 1) + 1
        start = transaction.to_bytes(2, "big")
        self.open[transaction] = pending
        self._recent[transaction % REMEMBERED_MAX] = (transaction, station)
        pending.again(transaction, asked, start + asked.head, now_us, now_us + self._timeout_us[station])
        transport.write(start + asked.wire)
        return True

    def believed(self, pending: Pending, now: Now) -> None:
        """A request was answered by what may be believed."""
        del self.open[pending.transaction]
        self.good += 1
        self.silent = self.out_of_step = 0
        if self.shared:
            self._turns.spend(pending.station, now.mono_us - pending.sent_us, now.mono_us)

    def failed(self, pending: Pending, now: Now, why: str, *, late: bool = False) -> None:
        """A request was not answered, or not by what may be believed; `late`: its own reply may still come."""
        del self.open[pending.transaction]
        if late:
            self.late[pending.transaction] = pending.station
            if len(self.late) > REMEMBERED_MAX:
                del self.late[next(iter(self.late))]
        self._turns.spend(pending.station, now.mono_us - pending.sent_us, now.mono_us)
        pending.station.fail(pending.turn, now, why)

    def expire(self, now: Now) -> str:
        """Give up on requests whose time is over. Returns why the connection is of no use any more; empty: it is."""
        for pending in list(self.open.values()):
            if now.mono_us < pending.deadline_us:
                continue
            pending.station.timeouts += 1
            self.silent += 1
            waited_s = self._timeout_us[pending.station] / SECOND_US
            self.failed(pending, now, f"no answer within {waited_s:g} s", late=True)
        return SILENT if self.silent >= SILENT_MAX else ""

    def asked_before(self, transaction: int) -> Station | None:
        """Who was asked with that id not long ago, None where nobody was."""
        asked, station = self._recent[transaction % REMEMBERED_MAX]
        return station if asked == transaction else None

    def next_us(self, now_us: int) -> int:
        """When something is to be done next, if nothing comes."""
        found = next(iter(self.open.values())).deadline_us if self.open else NEVER_US
        return self._turns.wake_us(now_us, found) if len(self.open) < self._limit else found

    def _fresh(self) -> int:
        """A transaction id that no reply can still come for."""
        while True:
            self._transaction = self._transaction % (TRANSACTIONS - 1) + 1
            if self._transaction not in self.open and self._transaction not in self.late:
                return self._transaction
