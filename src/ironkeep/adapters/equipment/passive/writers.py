"""Who was heard writing to a device, and what: bounded, whatever a flood does.

Rules. 1. The first `WRITERS_MAX` stations are told by address, all further ones together. 2. Of each the newest writes
are told in words, with what became of them. 3. Every write is counted.
"""

from collections import deque

from ironkeep.adapters.equipment.passive.config import WRITERS_MAX, WRITES_TOLD_MAX
from ironkeep.codecs.exchanges import Exchange
from ironkeep.model.link import ReplyFault, Writer

OTHERS = "other stations"


class Writers:
    """The stations that write to one device."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._newest: dict[str, deque[str]] = {}

    def note(self, master: str, exchange: Exchange) -> None:
        """Note a write request and what came of it."""
        asked = exchange.asked
        assert asked is not None
        who = master if master in self._counts or len(self._counts) < WRITERS_MAX else OTHERS
        self._counts[who] = self._counts.get(who, 0) + 1
        newest = self._newest.setdefault(who, deque(maxlen=WRITES_TOLD_MAX))
        words = f"unit {asked.unit}, {asked.words}: {_outcome(exchange)}"
        if words in newest:
            newest.remove(words)
        newest.append(words)

    def told(self) -> tuple[Writer, ...]:
        """One a station, in the order in which they were first heard."""
        return tuple(Writer(who, count, tuple(self._newest[who])) for who, count in self._counts.items())


def _outcome(exchange: Exchange) -> str:
    match exchange.outcome:
        case None:
            return "no answer was heard"
        case ReplyFault() as fault:
            return f"answered wrongly ({fault.value})"
        case int() as code:
            return f"refused by the device (exception {code})"
    return "done"
