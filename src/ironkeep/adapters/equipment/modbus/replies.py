"""What each reply is.

Rules. 1. A reply counts only for the request that it answers in everything; each other one is counted by what is wrong
with it, for the device that must have caused it, and its values are never used. 2. One that answers a request given up
is late; one that answers a request already answered a duplicate. 3. Replies that fall out of step, or bytes that are
none, make the connection worthless.
"""

from collections.abc import Sequence
from typing import Final

from ironkeep.adapters.equipment.modbus.config import OUT_OF_STEP_MAX
from ironkeep.adapters.equipment.modbus.flight import Flight
from ironkeep.adapters.equipment.modbus.pending import Pending
from ironkeep.adapters.equipment.modbus.station import Station
from ironkeep.codecs.modbus import Reply, judge
from ironkeep.model.link import ReplyFault
from ironkeep.model.time import Now

STEP: Final = "replies fell out of step"


class Replies:
    """What comes on a connection, held against what is in flight."""

    def __init__(self, stations: Sequence[Station], flight: Flight) -> None:
        self._stations, self._flight = stations, flight

    def take(self, buffer: bytearray, view: memoryview, size: int, now: Now) -> str:
        """Take bytes as they come, in any pieces: the first `size` of the buffer. Returns why the connection is of no
        use any more; empty: it is.
        """
        flight, at, why = self._flight, 0, ""
        while flight.open and flight.stream.empty:  # the usual case: the oldest request's reply and nothing else
            pending = next(iter(flight.open.values()))
            end = at + pending.size
            if end > size or not buffer.startswith(pending.head, at):
                break
            flight.believed(pending, now)
            pending.station.answer(pending.slot, pending.turn, view[at + 9 : end], now)
            at = end
        if at < size and flight.transport and not flight.transport.is_closing():
            for reply in flight.stream.feed(bytes(view[at:size])):
                why = self._settle(reply, now) or why
            if flight.stream.broken:
                self._blame(None, now, flight.stream.broken)
                why = "bytes that are no Modbus reply"
        return why

    def _settle(self, reply: Reply, now: Now) -> str:
        """Decide what one reply is."""
        pending = self._flight.open.get(reply.transaction)
        if pending is None:
            return self._stray(reply, now)
        verdict = judge(pending.request, reply.transaction, reply)
        if isinstance(verdict, ReplyFault):
            self._fault(pending, verdict, now)
            return ""
        self._flight.believed(pending, now)
        if isinstance(verdict, int):
            pending.station.refuse(pending.slot, pending.turn, verdict, now)
        else:
            pending.station.answer(pending.slot, pending.turn, verdict, now)
        return ""

    def _stray(self, reply: Reply, now: Now) -> str:
        """A reply to no request that is open."""
        flight = self._flight
        station: Station | None
        if station := flight.late.pop(reply.transaction, None):
            station.count(ReplyFault.LATE)
        elif station := flight.asked_before(reply.transaction):
            station.count(ReplyFault.DUPLICATE)
        else:
            self._blame(reply.unit, now, ReplyFault.TRANSACTION_ID if flight.open else ReplyFault.UNASKED)
        flight.out_of_step += 1
        if flight.out_of_step != OUT_OF_STEP_MAX:
            return STEP if flight.out_of_step > OUT_OF_STEP_MAX else ""
        if station:
            station.rest(now, STEP)  # the connection is lost to all that share it: not again as soon
        return STEP

    def _blame(self, unit: int | None, now: Now, fault: ReplyFault) -> None:
        """Count a fault for the device that must have caused it: the one being asked, else the one of that unit."""
        if self._flight.open:
            self._fault(next(iter(self._flight.open.values())), fault, now, late=True)
        else:
            named = (station for station in self._stations if station.device.unit == unit)
            next(named, self._stations[0]).count(fault)

    def _fault(self, pending: Pending, fault: ReplyFault, now: Now, *, late: bool = False) -> None:
        pending.station.count(fault)
        self._flight.failed(pending, now, f"refused a reply with the wrong {fault.value}", late=late)
