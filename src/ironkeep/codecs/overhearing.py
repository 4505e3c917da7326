"""Who hears all packets of a tap and keeps to the conversations with the declared endpoints.

Rules. 1. Everything to an endpoint's address and port is asked, everything from there is answered; no port is guessed.
2. There is room for so many conversations. One in which a reply answered its request is given up only for another such:
a flood of strangers drives out strangers. 3. Of all other packets nothing is kept but who talks with whom.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from ironkeep.codecs.exchanges import CLIENT, SERVER, Conversation, Exchange
from ironkeep.codecs.talkers import Talkers
from ironkeep.model.link import ReplyFault

CONVERSATIONS_MAX: Final = 512  # of each sort: in which something was answered, and others

Endpoint = tuple[str, int]
_Key = tuple[Endpoint, Endpoint]
_Table = OrderedDict[_Key, Conversation]


class Overheard(msgspec.Struct, frozen=True):
    """An exchange: with which endpoint, and from which address it was asked."""

    endpoint: Endpoint
    master: str
    exchange: Exchange


class Overhearing:
    """A Hearer (codecs/packets) for the endpoints given with the time in microseconds that a reply may take there."""

    def __init__(self, endpoints: Mapping[Endpoint, int]) -> None:
        self._endpoints = endpoints
        self._proven: _Table = OrderedDict()
        self._others: _Table = OrderedDict()
        self._found: list[Overheard] = []
        self.talkers = Talkers()
        self._gaps = 0  # of conversations that are gone

    @property
    def gaps(self) -> int:
        """How often bytes of conversations were missed."""
        return self._gaps + sum(each.gaps for table in (self._proven, self._others) for each in table.values())

    def count(self, what: str, times: int = 1) -> None:
        """What is left out of a packet: of no concern here."""

    def seen(self, address: str, mac: str, *, sure: bool = False) -> None:
        """A station spoke: of no concern here."""

    def talk(
        self, source: Endpoint, target: Endpoint, carrier: str, at_us: int, flags: int, seq: int, data: bytes
    ) -> None:
        """A packet from `source` to `target` (address, port) over `carrier` (tcp, udp) with its payload."""
        if carrier == "tcp" and target in self._endpoints:
            side, key = CLIENT, (source, target)
        elif carrier == "tcp" and source in self._endpoints:
            side, key = SERVER, (target, source)
        else:
            self.talkers.talk(source, target, carrier, at_us, flags, seq, data)
            return
        conversation = self._conversation(key)
        found = conversation.hear(side, flags, seq, data, at_us)
        if found:
            self._note(key, found)
            if key in self._others and any(_answered(each) for each in found):
                del self._others[key]
                self._keep(self._proven, key, conversation)

    def _conversation(self, key: _Key) -> Conversation:
        for table in (self._proven, self._others):
            if (known := table.get(key)) is not None:
                table.move_to_end(key)
                return known
        fresh = Conversation(self._endpoints[key[1]])
        self._keep(self._others, key, fresh)
        return fresh

    def _keep(self, table: _Table, key: _Key, conversation: Conversation) -> None:
        table[key] = conversation
        if len(table) > CONVERSATIONS_MAX:
            self._gaps += table.popitem(last=False)[1].gaps

    def _note(self, key: _Key, found: list[Exchange]) -> None:
        (master, _), endpoint = key
        for each in found:
            self._found.append(Overheard(endpoint, master, each))
            if each.asked is not None:
                self.talkers.ask(endpoint, master, each.at_us, writes=each.asked.writes)

    def settle(self, at_us: int) -> None:
        """Let that time of the capture pass in every conversation."""
        for table in (self._proven, self._others):
            for key, conversation in table.items():
                if found := conversation.settle(at_us):
                    self._note(key, found)
        self.talkers.settle(at_us)

    def take(self) -> Iterator[Overheard]:
        """What was found since the last time, in order."""
        found, self._found = self._found, []
        return iter(found)


def _answered(exchange: Exchange) -> bool:
    return exchange.asked is not None and not isinstance(exchange.outcome, ReplyFault | None)
