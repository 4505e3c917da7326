"""A request that waits for its reply."""

from ironkeep.adapters.equipment.modbus.station import Station
from ironkeep.codecs.modbus import Request


class Pending:
    """A request without an answer; `head` is how the only right reply starts, `size` its bytes."""

    __slots__ = ("deadline_us", "head", "request", "sent_us", "size", "slot", "station", "transaction", "turn")

    def __init__(
        self, station: Station, slot: int, transaction: int, asked: Request, head: bytes, sent_us: int, deadline_us: int
    ) -> None:
        self.station, self.slot, self.turn, self.transaction = station, slot, station.turn, transaction
        self.request, self.head, self.size = asked, head, asked.size
        self.sent_us, self.deadline_us = sent_us, deadline_us

    def again(self, transaction: int, asked: Request, head: bytes, sent_us: int, deadline_us: int) -> None:
        """Stand for the next read of the same poll."""
        self.slot += 1
        self.transaction, self.request, self.head, self.size = transaction, asked, head, asked.size
        self.sent_us, self.deadline_us = sent_us, deadline_us
