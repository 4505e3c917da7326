"""One overheard Modbus conversation: each request paired with the reply that answers it, as strictly as our own are.

Rules. 1. A reply counts when transaction id, protocol id, unit, function, byte count and length are those of a request
that was heard before it, no longer ago than a reply may take. Any other is refused with the name of its fault. 2. Where
bytes were missed, a reply without a request proves nothing: for `DOUBT_US` it is left out and is no fault. 3. After a
gap a direction is read again from a segment that is whole messages and nothing else. 4. Two different requests with
one id open at once make its next reply anybody's: it is refused.
Source: MODBUS Messaging on TCP/IP Implementation Guide 1.0b, section 3.1.3.
"""

from collections import OrderedDict
from typing import Final

import msgspec

from ironkeep.codecs import modbus
from ironkeep.codecs.conversations import SYN
from ironkeep.codecs.modbus import EXCEPTION_BIT, HEADER_BYTES, LENGTH_MAX, Reply, Stream, judge
from ironkeep.codecs.requests import Asked, asked
from ironkeep.codecs.segments import Direction, Piece
from ironkeep.model.link import ReplyFault
from ironkeep.model.time import SECOND_US

LENGTH_MIN: Final = (2, modbus.LENGTH_MIN)  # the shortest request (unit and function), the shortest reply
OPEN_MAX: Final = 64  # requests of one conversation that await their reply
REMEMBERED_MAX: Final = 64  # transaction ids of the past, to know late and duplicate replies by
DOUBT_US: Final = 5 * SECOND_US
CLIENT, SERVER = 0, 1

Outcome = bytes | int | ReplyFault | None
"""Registers (empty for what is no read), the code of an exception, a fault, or None: no answer was heard."""


class Exchange(msgspec.Struct, frozen=True):
    """What came of a request, or a reply that answers none (`asked` None)."""

    unit: int
    asked: Asked | None
    outcome: Outcome
    at_us: int


class Conversation:
    """Both directions of one TCP connection between a master and a device. `timeout_us`: how long a reply may take."""

    def __init__(self, timeout_us: int) -> None:
        self._timeout_us = timeout_us
        self._ways = (Direction(), Direction())
        self._streams: list[Stream | None] = [None, None]
        self._open: OrderedDict[int, Asked] = OrderedDict()
        self._past: OrderedDict[int, ReplyFault] = OrderedDict()  # what a reply to an id of the past would be
        self._doubt_us = 0
        self._unit = 0  # last asked

    @property
    def gaps(self) -> int:
        """How often bytes were missed."""
        return sum(way.gaps for way in self._ways)

    def hear(self, side: int, flags: int, seq: int, data: bytes, at_us: int) -> list[Exchange]:
        """Take a segment that CLIENT or SERVER sent; what came of it, in order."""
        found: list[Exchange] = []
        if flags & SYN:
            if side == CLIENT:
                found = [self._unanswered(each, at_us) for each in self._open.values()]
                self._open.clear()
                self._past.clear()
                self._doubt_us = 0
            self._ways[side].begin(seq)
            self._streams[side] = Stream(LENGTH_MIN[side])
            seq += 1
        if data:
            for piece in self._ways[side].feed(seq & 0xFFFFFFFF, data, at_us):
                found += self._read(side, piece)
        return found

    def settle(self, at_us: int) -> list[Exchange]:
        """What is known by the passing of time: bytes that will not come, requests that nobody answered."""
        found: list[Exchange] = []
        for side in (CLIENT, SERVER):
            for piece in self._ways[side].settle(at_us):
                found += self._read(side, piece)
        while self._open:
            transaction, oldest = next(iter(self._open.items()))
            if 0 <= at_us - oldest.at_us <= self._timeout_us:
                break
            del self._open[transaction]
            self._remember(transaction, ReplyFault.LATE)
            found.append(self._unanswered(oldest, at_us))
        return found

    def _read(self, side: int, piece: Piece) -> list[Exchange]:
        if piece.torn:
            self._doubt_us = piece.at_us + DOUBT_US
            self._streams[side] = None
        stream = self._streams[side]
        if stream is None:
            if not whole(piece.data):
                return []
            stream = self._streams[side] = Stream(LENGTH_MIN[side])
        found: list[Exchange] = []
        for message in stream.feed(piece.data):
            found += self._asks(message, piece.at_us) if side == CLIENT else self._replies(message, piece.at_us)
        if stream.broken is not None:
            self._streams[side] = None
            if side == SERVER and piece.at_us >= self._doubt_us:
                found.append(Exchange(self._unit, None, stream.broken, piece.at_us))
        return found

    def _asks(self, message: Reply, at_us: int) -> list[Exchange]:
        found: list[Exchange] = []
        if message.protocol:
            return found
        new = asked(message, at_us)
        self._unit = new.unit
        old = self._open.pop(message.transaction, None)
        if old is not None:
            found.append(self._unanswered(old, at_us))
            if old.unsure or not old.same(new):
                new = msgspec.structs.replace(new, unsure=True)
        self._open[message.transaction] = new
        if len(self._open) > OPEN_MAX:
            transaction, oldest = self._open.popitem(last=False)
            self._remember(transaction, ReplyFault.LATE)
            found.append(self._unanswered(oldest, at_us))
        return found

    def _replies(self, message: Reply, at_us: int) -> list[Exchange]:
        transaction = message.transaction
        question = self._open.get(transaction)
        if question is None:
            if at_us < self._doubt_us:
                return []
            fault = self._past.get(transaction, ReplyFault.UNASKED)
            return [Exchange(message.unit, None, fault, at_us)]
        outcome = self._outcome(question, transaction, message, at_us)
        if not isinstance(outcome, ReplyFault) or question.unsure or outcome is ReplyFault.LATE:
            del self._open[transaction]
            self._remember(transaction, ReplyFault.DUPLICATE)
        return [Exchange(question.unit, question, outcome, at_us)]

    def _outcome(self, question: Asked, transaction: int, message: Reply, at_us: int) -> Outcome:
        if question.unsure:
            return ReplyFault.TRANSACTION_ID
        if not 0 <= at_us - question.at_us <= self._timeout_us:
            return ReplyFault.LATE
        if question.expected is not None:
            return judge(question.expected, transaction, message)
        if message.protocol:
            return ReplyFault.PROTOCOL_ID
        if message.unit != question.unit:
            return ReplyFault.UNIT
        function = message.pdu[0]
        if function == question.function | EXCEPTION_BIT:
            return message.pdu[1] if len(message.pdu) == 2 and message.pdu[1] else ReplyFault.LENGTH
        return b"" if function == question.function else ReplyFault.FUNCTION

    def _unanswered(self, question: Asked, at_us: int) -> Exchange:
        return Exchange(question.unit, question, None, at_us)

    def _remember(self, transaction: int, fault: ReplyFault) -> None:
        self._past.pop(transaction, None)
        self._past[transaction] = fault
        if len(self._past) > REMEMBERED_MAX:
            self._past.popitem(last=False)


def whole(data: bytes) -> bool:
    """Are the bytes Modbus messages from their first byte to their last?"""
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at + 4 : at + 6], "big")
        if (
            len(data) - at <= HEADER_BYTES
            or data[at + 2]
            or data[at + 3]
            or not LENGTH_MIN[CLIENT] <= length <= LENGTH_MAX
        ):
            return False
        at += 6 + length
    return at == len(data) > 0
