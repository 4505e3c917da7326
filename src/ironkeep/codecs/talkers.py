"""Who talks at a tap: with the declared endpoints, as requests to them tell it, and beside them, as in a capture.

Rules. 1. Beside the endpoints the rules of captures hold (codecs/conversations): a conversation that nobody answered is
none, contents are never kept. 2. Every table has a bound; what is beyond it is left out, `crowded` says so, and who was
there first stays. 3. What is told is at most `TELL_EVERY_US` old: it is summed up now and then, not at every packet.
"""

from typing import Final

import msgspec

from ironkeep.codecs.conversations import Gathering
from ironkeep.model.register import Talk
from ironkeep.model.time import SECOND_US

MASTERS_MAX: Final = 64  # of one endpoint
TALKS_MAX: Final = 256  # beside the endpoints
FLOWS_MAX: Final = 4_096  # conversations by address and port that are open in mind; then they are summed up and let go
TELL_EVERY_US: Final = 10 * SECOND_US

Endpoint = tuple[str, int]
_Key = tuple[str, str, str, int]


class Talkers:
    """The talkers of one tap."""

    def __init__(self) -> None:
        self._masters: dict[Endpoint, dict[str, Talk]] = {}
        self._past: dict[_Key, Talk] = {}  # of conversations that were let go
        self._now = Gathering("tap")
        self._beside: tuple[Talk, ...] = ()
        self._told_us = 0
        self.crowded = False  # more talked than are kept

    def ask(self, endpoint: Endpoint, master: str, at_us: int, *, writes: bool) -> None:
        """A master's request to a declared endpoint."""
        masters = self._masters.setdefault(endpoint, {})
        known = masters.get(master)
        if known is None:
            if len(masters) >= MASTERS_MAX:
                self.crowded = True
                return
            known = Talk(master, endpoint[0], "modbus", endpoint[1], 0, 0, 0, 0, at_us, at_us)
        more = Talk(*_key(known), 1, int(not writes), int(writes), 0, at_us, at_us)
        masters[master] = _sum(known, more)

    def talk(
        self, source: Endpoint, target: Endpoint, carrier: str, at_us: int, flags: int, seq: int, data: bytes
    ) -> None:
        """A packet beside the declared endpoints."""
        if len(self._now.flows) >= FLOWS_MAX:
            self._past = self._all()
            self._now = Gathering("tap")
        self._now.talk(source, target, carrier, at_us, flags, seq, data)

    def settle(self, at_us: int) -> None:
        """Sum up, when it is time."""
        if abs(at_us - self._told_us) >= TELL_EVERY_US:
            self._told_us = at_us
            self._beside = tuple(self._all().values())

    def with_(self, endpoint: Endpoint) -> tuple[Talk, ...]:
        """Who asks an endpoint."""
        return tuple(self._masters.get(endpoint, {}).values())

    @property
    def beside(self) -> tuple[Talk, ...]:
        """Who talks with others."""
        return self._beside

    def _all(self) -> dict[_Key, Talk]:
        found = dict(self._past)
        for talk in self._now.taken([]).talks:
            key = _key(talk)
            if key in found:
                found[key] = _sum(found[key], talk)
            elif len(found) < TALKS_MAX:
                found[key] = talk
            else:
                self.crowded = True
        return found


def _key(talk: Talk) -> _Key:
    return talk.asker, talk.answerer, talk.protocol, talk.port


def _sum(one: Talk, other: Talk) -> Talk:
    return msgspec.structs.replace(
        one,
        packets=one.packets + other.packets,
        reads=one.reads + other.reads,
        writes=one.writes + other.writes,
        others=one.others + other.others,
        first_us=min(one.first_us, other.first_us),
        last_us=max(one.last_us, other.last_us),
    )
