"""Names of equipment become addresses in threads of their own.

Rules. 1. A name server that hangs holds up nobody but those who need it: the event loop's own threads, in which the
history is written, look nothing up. 2. There is one lookup at a time for a connection. One that nobody waits for any
more goes on by itself: its answer is there for the next try, and it does not hold up the end of the process.
"""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Callable
from ssl import SSLContext
from threading import Thread
from typing import Any, TypeVar

P = TypeVar("P", bound=asyncio.BaseProtocol)
Found = tuple[str, ...] | Exception


class Lookup:
    """The addresses of one host, a name or an address. `resolve` asks the machine, as socket.getaddrinfo does."""

    def __init__(self, host: str, resolve: Callable[..., Any] = socket.getaddrinfo) -> None:
        self.host, self._resolve = host, resolve
        self._asked: asyncio.Future[Found] | None = None

    async def addresses(self) -> tuple[str, ...]:
        """Every address, best first. Raises OSError or ValueError when nobody knows the name."""
        with contextlib.suppress(ValueError):
            ipaddress.ip_address(self.host)
            return (self.host,)
        if self._asked is None:
            loop = asyncio.get_running_loop()
            self._asked = loop.create_future()
            try:
                Thread(target=self._look, args=(loop, self._asked), name=f"lookup {self.host}", daemon=True).start()
            except RuntimeError as exc:  # the machine has no more threads: the next try asks anew
                self._asked = None
                raise OSError(f"{self.host} cannot be looked up: {exc}") from exc
        found = await asyncio.shield(self._asked)
        self._asked = None
        if isinstance(found, Exception):
            raise found
        return found

    def _look(self, loop: asyncio.AbstractEventLoop, asked: asyncio.Future[Found]) -> None:
        found: Found
        try:
            entries = self._resolve(self.host, None, type=socket.SOCK_STREAM)
            found = tuple(dict.fromkeys(str(entry[4][0]) for entry in entries))
        except (OSError, ValueError) as exc:
            found = exc
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody wants to know any more
            loop.call_soon_threadsafe(asked.set_result, found)

    async def connect(
        self, protocol: Callable[[], P], port: int, ssl: SSLContext | None = None, name: str | None = None
    ) -> P:
        """A connection to the first address that takes one; `name` is what its certificate must say, with `ssl`.

        Raises OSError or ValueError.
        """
        loop = asyncio.get_running_loop()
        trouble: OSError | None = None
        for address in await self.addresses():
            try:
                _, made = await loop.create_connection(protocol, address, port, ssl=ssl, server_hostname=name)
            except OSError as exc:
                trouble = exc
            else:
                return made
        raise trouble or OSError(f"no address for {self.host}")
