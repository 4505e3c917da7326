"""A Modbus server that answers as a script says: register images by unit, lies on demand. For tests alone."""

import asyncio
import ssl
import struct
from collections import Counter
from collections.abc import Callable

MARKER = (0x5375, 0x6E53)
END = (0xFFFF, 0)

Mangle = Callable[["Asked"], list[bytes]]


class Asked:
    """One request as the server got it; `right` is the right reply."""

    def __init__(self, transaction: int, unit: int, function: int, address: int, count: int, pdu: bytes) -> None:
        self.transaction, self.unit, self.function = transaction, unit, function
        self.address, self.count, self.pdu = address, count, pdu

    def frame(self, *, transaction=None, protocol=0, unit=None, pdu=None, length=None) -> bytes:
        body = self.pdu if pdu is None else pdu
        size = 1 + len(body) if length is None else length
        head = struct.pack(
            ">HHHB",
            self.transaction if transaction is None else transaction,
            protocol,
            size,
            self.unit if unit is None else unit,
        )
        return head + body

    @property
    def right(self) -> bytes:
        return self.frame()


def image(*models: tuple[int, ...], base: int = 40_000, end: tuple[int, ...] = END) -> dict[int, int]:
    """Registers of a unit: the marker, the models (each ID, L, then its registers), the end marker."""
    words = [*MARKER, *(word for model in models for word in model), *end]
    return {base + n: word for n, word in enumerate(words)}


def common(manufacturer: str = "Maker", serial: str = "S1", version: str = "1.0") -> tuple[int, ...]:
    """Model 1."""

    def text(value: str, registers: int) -> tuple[int, ...]:
        return struct.unpack(f">{registers}H", value.encode().ljust(2 * registers, b"\0"))

    strings = (*text(manufacturer, 16), *text("Model", 16), *text("", 8), *text(version, 8), *text(serial, 16))
    return (1, 66, *strings, 1, 0x8000)


class Plant:
    """The server. `units` holds registers by unit; `mangle` may change what is sent; `delay_s` slows a unit."""

    def __init__(self, units: dict[int, dict[int, int]]) -> None:
        self.units = units
        self.mangle: dict[int, Mangle] = {}
        self.delay_s: dict[int, float] = {}
        self.exceptions: dict[tuple[int, int], int] = {}
        self.reads: Counter[int] = Counter()
        self.asked: list[tuple[int, int, int, int]] = []  # unit, function, address, count
        self.connections = 0
        self.most_at_once = self.at_once = 0
        self.drop_at_once = False
        self.slots: int | None = None  # with more clients than that the oldest is closed, as some controllers do
        self.ssl: ssl.SSLContext | None = None
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: dict[asyncio.StreamWriter, None] = {}  # oldest first
        self._tasks: set[asyncio.Task] = set()

    async def __aenter__(self) -> "Plant":
        await self.start()
        return self

    async def start(self, port: int = 0) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port, ssl=self.ssl)
        self.port = self._server.sockets[0].getsockname()[1]

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        assert self._server
        self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        if self.drop_at_once:
            writer.close()
            return
        self._writers[writer] = None
        if self.slots is not None and len(self._writers) > self.slots:
            next(iter(self._writers)).close()
        try:
            while True:
                head = await reader.readexactly(12)
                transaction, protocol, length, unit, function, address, count = struct.unpack(">HHHBBHH", head)
                assert (protocol, length) == (0, 6)
                await self._answer(writer, Asked(transaction, unit, function, address, count, b""))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.pop(writer, None)

    async def _answer(self, writer: asyncio.StreamWriter, asked: Asked) -> None:
        self.reads[asked.unit] += 1
        self.asked.append((asked.unit, asked.function, asked.address, asked.count))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            asked.pdu = self._pdu(asked)
            if delay := self.delay_s.get(asked.unit):
                await asyncio.sleep(delay)
            mangle = self.mangle.get(asked.unit)
            for frame in mangle(asked) if mangle else [asked.right]:
                writer.write(frame)
            await writer.drain()
        finally:
            self.at_once -= 1

    def _pdu(self, asked: Asked) -> bytes:
        registers = self.units.get(asked.unit)
        code = self.exceptions.get((asked.unit, asked.address), 0)
        wanted = range(asked.address, asked.address + asked.count)
        if registers is None:
            code = code or 11
        elif not all(address in registers for address in wanted):
            code = code or 2
        if code:
            return bytes([asked.function | 0x80, code])
        assert registers is not None
        words = struct.pack(f">{asked.count}H", *(registers[address] for address in wanted))
        return bytes([asked.function, 2 * asked.count]) + words
