"""A first look at one unit for a person who asks what stands there: searched once, read once, hung up.

Rules. 1. One connection, one request in flight, reads only, and never more requests than was said beforehand. 2. What
was found when the requests run out is told as found; the rest is told as not read. 3. A reply that does not answer its
request ends the look.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Final

import msgspec

from ironkeep.adapters.equipment.modbus.board import Board
from ironkeep.adapters.equipment.modbus.describe import Answer, Described, describe, registers
from ironkeep.adapters.equipment.modbus.poll import place
from ironkeep.adapters.equipment.modbus.secure import secure, trouble
from ironkeep.codecs.definition import Knowledge
from ironkeep.codecs.modbus import (
    GATEWAY_SILENT,
    PASSING,
    Read,
    Request,
    Stream,
    judge,
    request,
    transaction_bytes,
)
from ironkeep.model.errors import Refused, Unavailable, Untrusted
from ironkeep.model.frame import Frame
from ironkeep.model.link import ReplyFault
from ironkeep.model.site import Device
from ironkeep.model.time import Clock

_RECEIVE_BYTES: Final = 4096

Sent = Callable[[int], None]
"""Called before each request with how many were sent."""


class Met(msgspec.Struct, frozen=True):
    """What one look found. `frames` hold one poll; `unread` counts its reads that the requests did not suffice for."""

    described: Described
    frames: tuple[Frame, ...]
    texts: dict[str, str]
    requests: int
    exceptions: int
    unread: int


async def meet(device: Device, knowledge: Knowledge, clock: Clock, requests_max: int, sent: Sent | None = None) -> Met:
    """Look at a unit once.

    Raises Unavailable when nobody answers in time, Untrusted when a reply does not answer its request, Refused when the
    search alone needs more than `requests_max`.
    """
    where = f"{device.host}:{device.port} unit {device.unit}"
    tls = device.tls
    try:
        context, name = (secure(tls), tls.server_name or device.host) if tls else (None, None)
        async with asyncio.timeout(device.timeout_s):
            reader, writer = await asyncio.open_connection(device.host, device.port, ssl=context, server_hostname=name)
    except ssl.SSLError as exc:
        raise Untrusted(trouble(exc), where=where, remedy="look at both certificates and their names") from exc
    except ValueError as exc:
        raise Refused(str(exc), where=where, remedy="look at the files of its tls") from exc
    except (OSError, TimeoutError) as exc:
        why = f"no connection: {exc.strerror if isinstance(exc, OSError) and exc.strerror else 'no answer in time'}"
        raise Unavailable(why, where=where, remedy="check the address, the port and the network") from exc
    call = _Call(reader, writer, device, where, requests_max, sent)
    try:
        described = await _describe(call, device, knowledge)
        if described.plan is None:
            return Met(described, (), {}, call.requests, call.exceptions, 0)
        board = Board()
        poll = place(0, device, described, device.period_s, board)
        poll.begin(sweep=True)
        for slot, asked in enumerate(poll.requests[: len(poll.at)]):
            if not call.left:
                break
            payload = await call.ask(asked)
            if isinstance(payload, int):
                poll.refuse(slot, clock())
            else:
                poll.put(slot, payload, clock())
        unread = poll.missing
        poll.finish(clock())
        now = clock()
        return Met(described, board.frames(now.at_us, now.mono_us), poll.texts, call.requests, call.exceptions, unread)
    finally:
        writer.close()


async def _describe(call: "_Call", device: Device, knowledge: Knowledge) -> Described:
    search = describe(device, knowledge)
    answer: Answer = None
    try:
        wanted: Read = next(search)
        while True:
            payload = await call.ask(request(device.unit, wanted))
            if isinstance(payload, int):
                call.require_unit(payload)
            answer = None if isinstance(payload, int) else registers(payload)
            wanted = search.send(answer)
    except StopIteration as end:
        found: Described = end.value
        return found


class _Call:
    """A connection that counts its requests."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        device: Device,
        where: str,
        requests_max: int,
        sent: Sent | None,
    ) -> None:
        self._reader, self._writer, self._where, self._max = reader, writer, where, requests_max
        self._timeout_s, self._sent = device.timeout_s, sent
        self.requests = self.exceptions = 0

    @property
    def left(self) -> int:
        """Requests that may still be sent."""
        return self._max - self.requests

    def require_unit(self, code: int) -> None:
        """Raises Unavailable for an exception that says nothing of what the unit has, since it was not asked."""
        if code in GATEWAY_SILENT:
            what, remedy = "the gateway says that this unit does not answer", "check the unit number"
            raise Unavailable(what, where=self._where, remedy=remedy)
        if code in PASSING:
            raise Unavailable("the device says that it is busy", where=self._where, remedy="try again later")

    async def ask(self, asked: Request) -> bytes | int:
        """The bytes of the registers, or the code of an exception."""
        if not self.left:
            what = f"the search alone needs more than {self._max} requests"
            raise Refused(what, where=self._where, remedy="allow more with --requests, or declare the device by hand")
        if self._sent is not None:
            self._sent(self.requests)
        self.requests += 1
        transaction = self.requests % 0xFFFF + 1
        stream = Stream()
        try:
            async with asyncio.timeout(self._timeout_s):
                self._writer.write(transaction_bytes(transaction) + asked.wire)
                await self._writer.drain()
                while True:
                    data = await self._reader.read(_RECEIVE_BYTES)
                    if not data:
                        raise Unavailable(
                            "the device closed the connection", where=self._where, remedy="it may allow only one"
                        )
                    replies = stream.feed(data)
                    if stream.broken:
                        raise Untrusted(
                            "bytes that are no Modbus reply", where=self._where, remedy="check what answers there"
                        )
                    if replies:
                        break
        except TimeoutError as exc:
            what = f"no answer within {self._timeout_s:g} s"
            raise Unavailable(what, where=self._where, remedy="check the unit number") from exc
        except OSError as exc:
            raise Unavailable(str(exc), where=self._where, remedy="try again") from exc
        verdict = judge(asked, transaction, replies[0])
        if isinstance(verdict, ReplyFault) or len(replies) > 1:
            what = verdict.value if isinstance(verdict, ReplyFault) else ReplyFault.UNASKED.value
            raise Untrusted(f"a reply that is wrong: {what}", where=self._where, remedy="check what answers there")
        if isinstance(verdict, int):
            self.exceptions += 1
        return verdict
