"""One connection to a syslog collector.

Rules. 1. Over TLS the collector proves who it is, to the named authority and by the named name; TLS is 1.2 at least.
2. Syslog has no answers: a line that was written is not a line that arrived. What can be known is whether the
connection lived on; a collector that acknowledges nothing for PEER_SILENT_S has lost it. 3. A collector that does not
read is given up after a time, never waited for.
Source: RFC 5425, RFC 6587, RFC 5426.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Sequence
from typing import Final

from ironkeep.adapters.exports.syslog.config import Config, Transport
from ironkeep.codecs.syslog import framed
from ironkeep.model.errors import Unavailable, Untrusted

PEER_SILENT_S: Final = 20  # bytes that the other side's kernel has not acknowledged for so long end the connection
SETTLED_S: Final = 30.0  # a line after which the connection lived on for so long has arrived; more than PEER_SILENT_S
UNSENT_BYTES_MAX: Final = 256 * 1024  # written and not yet taken by the kernel
CLOSE_S: Final = 2.0


class SyslogExport:
    """An Export (ports/export.py) to one collector."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._datagrams: socket.socket | None = None

    @property
    def receiver(self) -> str:
        """See ports/export.py."""
        return f"{self._config.host}:{self._config.port} ({self._config.transport})"

    async def open(self) -> None:
        """See ports/export.py."""
        config = self._config
        if config.transport is Transport.UDP:
            family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
            self._datagrams = socket.socket(family, socket.SOCK_DGRAM)
            self._datagrams.connect((config.host, config.port))
            return
        secure = _context(config) if config.transport is Transport.TLS else None
        name = (config.name or config.host) if secure else None
        try:
            async with asyncio.timeout(config.connect_timeout_s):
                self._reader, self._writer = await asyncio.open_connection(
                    config.host,
                    config.port,
                    ssl=secure,
                    server_hostname=name,
                )
        except ssl.SSLCertVerificationError as exc:
            why = f"the collector's certificate is not believed: {exc.verify_message}"
            raise Untrusted(why, where=self.receiver, remedy="see ca and name in syslog.toml") from exc
        except (OSError, TimeoutError) as exc:
            raise self._away(exc) from exc
        plain: socket.socket = self._writer.get_extra_info("socket")
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, PEER_SILENT_S * 1000)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, PEER_SILENT_S)
        self._writer.transport.set_write_buffer_limits(UNSENT_BYTES_MAX)

    async def hand(self, lines: Sequence[bytes]) -> None:
        """See ports/export.py."""
        try:
            if self._datagrams is not None:
                for each in lines:
                    self._datagrams.send(each)
                return
            assert self._writer is not None
            self._writer.write(b"".join(framed(each) for each in lines))
            async with asyncio.timeout(self._config.hand_timeout_s):
                await self._writer.drain()
        except (OSError, TimeoutError) as exc:
            raise self._away(exc) from exc

    async def gone(self, wait_s: float) -> bool:
        """See ports/export.py."""
        if self._reader is None:
            await asyncio.sleep(wait_s)
            return False
        try:
            async with asyncio.timeout(wait_s):
                while await self._reader.read(4096):  # a collector says nothing; what it says is not listened to
                    pass
        except TimeoutError:
            return False
        except OSError:
            return True
        return True

    async def close(self) -> None:
        """See ports/export.py."""
        writer, self._reader, self._writer = self._writer, None, None
        if self._datagrams is not None:
            self._datagrams.close()
            self._datagrams = None
        if writer is None:
            return
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(CLOSE_S):
                writer.close()
                await writer.wait_closed()
        writer.transport.abort()

    def _away(self, exc: Exception) -> Unavailable:
        if isinstance(exc, ssl.SSLError):
            return Unavailable(f"TLS failed: {exc.reason or exc}", where=self.receiver, remedy="see its log")
        why = (exc.strerror if isinstance(exc, OSError) else None) or str(exc) or "it takes nothing in time"
        return Unavailable(f"the collector is away: {why}", where=self.receiver, remedy="see the collector")


def _context(config: Config) -> ssl.SSLContext:
    """Raises Unavailable when a file cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and name, and trusts nobody yet
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(cafile=config.ca)
        if config.certificate:
            context.load_cert_chain(config.certificate, config.key, password=lambda: "")
    except (OSError, ValueError) as exc:
        where = f"{config.ca}, {config.certificate}, {config.key}"
        raise Unavailable(f"a file of TLS cannot be used: {exc}", where=where, remedy="PEM, no password") from exc
    return context
