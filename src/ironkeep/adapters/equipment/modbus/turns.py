"""Whose turn it is on a connection that devices share.

Rules. 1. A poll once begun is finished first: its values belong together. 2. Devices that answer well are asked first,
who is due longest before the rest. 3. One that is silent, slow, lying or unknown gets a turn when no other is due,
rests afterwards as long as it took, and so delays the others by one request at most. 4. It gets one all the same when
the others leave it none for too long. 5. One that answers and is slow, no more, need not wait until no other is due: on
a connection that is never idle it would fall silent.
"""

from collections.abc import Sequence

from ironkeep.adapters.equipment.modbus.board import SECOND_US
from ironkeep.adapters.equipment.modbus.config import SLOW_SHARE, SUSPECT_WAIT_MAX_S
from ironkeep.adapters.equipment.modbus.station import Station

_WAIT_MAX_US = int(SUSPECT_WAIT_MAX_S * SECOND_US)


class Turns:
    """The stations of one connection; `current` is the one asked last, None where none is to be asked."""

    def __init__(self, stations: Sequence[Station]) -> None:
        self._stations = stations
        self.current: Station | None = None
        self._rest_until_us = self._suspect_us = 0

    def next(self, now_us: int) -> Station | None:
        """Who is asked next."""
        current = self.current
        if current is not None and current.midway and not current.suspect and current.ready(now_us):
            return current
        well: Station | None = None
        suspect: Station | None = None
        slow: Station | None = None
        for station in self._stations:
            if not station.ready(now_us):
                continue
            if station.suspect:
                if suspect is None or station.asked_us < suspect.asked_us:
                    suspect = station
                if station.slow_alone and (slow is None or station.asked_us < slow.asked_us):
                    slow = station
            elif well is None or station.due_us < well.due_us:
                well = station
        rested = now_us >= self._rest_until_us
        given = suspect
        if now_us - self._suspect_us <= _WAIT_MAX_US and (well is not None or not (rested or self._all_suspect())):
            given = slow if rested else None
        if given is not None:
            self._suspect_us = given.asked_us = now_us
        self.current = given or well
        return self.current

    def spend(self, station: Station, took_us: int, now_us: int) -> None:
        """Note what a request of a station took of the connection's time."""
        station.spent_us += took_us
        if station.suspect:
            self._rest_until_us = now_us + took_us
        elif station.spent_us > SLOW_SHARE * station.period_us:
            station.slow = True

    def wake_us(self, now_us: int, most_us: int) -> int:
        """When somebody has something to ask next; `most_us` at the latest."""
        found = most_us
        for station in self._stations:
            at_us = station.wake_us(now_us)
            if station.suspect and not self._all_suspect():
                at_us = max(at_us, min(self._rest_until_us, self._suspect_us + _WAIT_MAX_US))
            found = min(found, at_us)
        return found

    def _all_suspect(self) -> bool:
        return all(station.suspect for station in self._stations)
