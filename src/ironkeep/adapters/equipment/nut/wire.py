"""One connection to one upsd: one question at a time, and what came for it.

Rules. 1. One question is in flight. 2. An answer that does not belong to its question, or a line that nobody asked for,
breaks the connection: the protocol numbers nothing, so no later line could be told from a late one. For the same reason
a question without an answer in time ends it. 3. No byte may stand between the server's consent to encryption and the
encryption itself: somebody else could have put it there.
"""

import asyncio
import ssl
from typing import Final, cast

from ironkeep.adapters.names import Lookup
from ironkeep.codecs.nut import Answer, Lines, Request
from ironkeep.model.errors import Unavailable, Untrusted
from ironkeep.model.link import LineFault

CLOSED: Final = "the server closed the connection"


class Broken(Untrusted):
    """An answer that cannot be believed; `fault` says what is wrong with it."""

    def __init__(self, fault: LineFault, where: str) -> None:
        super().__init__(f"refused: {fault.value}", where=where, remedy="see what answers at that address")
        self.fault = fault


class Silent(Unavailable):
    """A question without an answer in time."""


class Wire(asyncio.Protocol):
    """The asyncio end of a connection."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.answers = 0
        self.unasked = 0  # breaks that happened while nothing was asked, and are not yet counted for anyone
        self._lines = Lines()
        self._answer: Answer | None = None
        self._whole: asyncio.Future[Answer] | None = None
        self._transport: asyncio.Transport | None = None
        self._why: Broken | None = None
        self._gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """There is a connection, or the same one is encrypted now."""
        self._transport = cast(asyncio.Transport, transport)  # which not every event loop's own class says it is

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        if self._why is not None:
            return
        for raw in self._lines.feed(data):
            if self._answer is None:
                self._break(LineFault.UNASKED)
                return
            if self._answer.take(raw):
                self._settle()
        if self._lines.broken:
            self._break(self._lines.broken)
        elif self._answer is None and not self._lines.empty:
            self._break(LineFault.UNASKED)

    def _settle(self) -> None:
        answer, whole = self._answer, self._whole
        assert answer is not None
        assert whole is not None
        if answer.fault is not None:
            self._break(answer.fault)
            return
        self._answer = self._whole = None
        self.answers += 1
        if not whole.done():
            whole.set_result(answer)

    def _break(self, fault: LineFault) -> None:
        if self._why is not None:
            return
        self._why = Broken(fault, self.where)
        if self._whole is None:
            self.unasked += 1
        self.close()
        self._end(self._why)

    def _end(self, why: Exception) -> None:
        whole, self._whole, self._answer = self._whole, None, None
        if whole is not None and not whole.done():
            whole.set_exception(why)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._gone.set()
        self._end(self._why or Unavailable(f"connection lost: {exc}" if exc else CLOSED, where=self.where))

    @property
    def over(self) -> asyncio.Event:
        """Set once the connection is gone."""
        return self._gone

    async def ask(self, request: Request, timeout_s: float) -> Answer:
        """The answer to a question. Precondition: none is open.

        Raises Broken for one that does not belong to it, Silent when none came in time, Unavailable when the connection
        is gone; it is closed after each of these.
        """
        assert self._whole is None
        if self._why is not None:
            raise self._why
        if self._transport is None or self._gone.is_set() or self._transport.is_closing():
            raise Unavailable(CLOSED, where=self.where)
        self._answer, self._whole = Answer(request), asyncio.get_running_loop().create_future()
        self._transport.write(request.wire)
        try:
            async with asyncio.timeout(timeout_s):
                return await self._whole
        except TimeoutError as exc:
            raise Silent(f"no answer within {timeout_s:g} s", where=self.where) from exc
        finally:
            if self._whole is not None:  # nobody waits for it any more: what may still come belongs to nothing
                self._answer = self._whole = None
                self.close()

    async def encrypt(self, context: ssl.SSLContext, name: str, timeout_s: float) -> None:
        """Go on encrypted, once the server has agreed. Raises Untrusted when it does not prove who it is."""
        if self._why is not None:
            raise self._why
        assert self._transport is not None
        loop = asyncio.get_running_loop()
        try:
            transport = await loop.start_tls(
                self._transport, self, context, server_hostname=name, ssl_handshake_timeout=timeout_s
            )
        except ssl.SSLError as exc:
            raise Untrusted(f"encryption failed: {exc.reason}", where=self.where, remedy="see ca and name") from exc
        except (OSError, TimeoutError) as exc:
            raise Unavailable(f"encryption failed: {exc or 'no answer'}", where=self.where) from exc
        assert transport is not None
        self._transport = transport

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()


async def connect(host: Lookup, port: int, timeout_s: float) -> Wire:
    """A connection to a server. Raises OSError when it is refused, TimeoutError when there is none in time."""
    where = f"{host.host}:{port}"
    async with asyncio.timeout(timeout_s):
        return await host.connect(lambda: Wire(where), port)
