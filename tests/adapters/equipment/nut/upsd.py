"""A server that answers as a test tells it to, right or wrong. For tests alone; the real one: tests/worlds/nut."""

import asyncio
import ssl
from collections.abc import Callable

from ironkeep.codecs.nut import line, words_of

Values = dict[str, str]
ON_LINE: Values = {
    "ups.status": "OL CHRG",
    "battery.charge": "93",
    "battery.runtime": "1800",
    "battery.voltage": "27.1",
    "ups.load": "41.5",
    "device.mfr": "Example",
    "device.serial": "S1",
}


def listing(ups: str, values: Values) -> bytes:
    rows = b"".join(line("VAR", ups, name, value=value) for name, value in values.items())
    return b"BEGIN LIST VAR " + ups.encode() + b"\n" + rows + b"END LIST VAR " + ups.encode() + b"\n"


class Upsd:
    """Values by UPS. `mangle` by UPS takes the right answer and gives what is sent, None for silence."""

    def __init__(self, upses: dict[str, Values], context: ssl.SSLContext | None = None) -> None:
        self.upses = {name: dict(values) for name, values in upses.items()}
        self.errors: dict[str, str] = {}
        self.mangle: dict[str, Callable[[bytes], bytes | None]] = {}
        self.said: list[tuple[str, ...]] = []
        self.encrypted: list[bool] = []
        self.after_consent = b""  # smuggled between the consent to encryption and the handshake
        self.greeting = b""
        self.connections = self.open = self.open_most = 0
        self.port = 0
        self.empty = asyncio.Event()  # nobody is connected
        self._context = context
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> "Upsd":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.hang_up()
        await self._server.wait_closed()

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open += 1
        self.empty.clear()
        self.open_most = max(self.open_most, self.open)
        self._writers.add(writer)
        try:
            writer.write(self.greeting)
            while raw := await reader.readline():
                words = words_of(raw.rstrip(b"\n")) or ()
                self.said.append(words)
                self.encrypted.append(writer.get_extra_info("ssl_object") is not None)
                if words == ("STARTTLS",) and self._context:
                    writer.write(b"OK STARTTLS\n" + self.after_consent)
                    await writer.drain()
                    await writer.start_tls(self._context)
                    continue
                answer = self._answer(words)
                if answer is not None:
                    writer.write(answer)
        except (OSError, ssl.SSLError):
            pass
        finally:
            self.open -= 1
            if not self.open:
                self.empty.set()
            self._writers.discard(writer)
            writer.close()

    def _answer(self, words: tuple[str, ...]) -> bytes | None:
        if words[:2] == ("LIST", "VAR"):
            ups = words[2]
            if ups in self.errors:
                return f"ERR {self.errors[ups]}\n".encode()
            right = listing(ups, self.upses[ups]) if ups in self.upses else b"ERR UNKNOWN-UPS\n"
            return self.mangle[ups](right) if ups in self.mangle else right
        if words == ("LIST", "UPS"):
            rows = b"".join(line("UPS", name, value=f"the {name}") for name in self.upses)
            return b"BEGIN LIST UPS\n" + rows + b"END LIST UPS\n"
        if words == ("LOGOUT",):
            return b"OK Goodbye\n"
        if words[:1] in (("USERNAME",), ("PASSWORD",)):
            return b"OK\n"
        if words == ("VER",):
            return b"Test server 1\n"
        return b"ERR FEATURE-NOT-CONFIGURED\n" if words == ("STARTTLS",) else b"ERR UNKNOWN-COMMAND\n"
