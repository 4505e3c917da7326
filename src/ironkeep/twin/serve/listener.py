"""One device's network side: a Modbus/TCP listener of the pymodbus library that reads straight from the image.

Rules. The library does connections, framing and replies; what a request means is settled here by request classes of
our own, its documented way in. Only function codes 3 and 4 are served. Every other one gets exception 1 and is counted.
Addresses outside the unit get exception 2, units that are not there exception 11. A device that drops takes connections
and says nothing; when it comes back it hangs up first, as a card does that has booted, so that no late answer reaches
anyone. One request at a time on a connection: the library throws away what was sent before its answer.
Source: MODBUS Application Protocol 1.1b3, sections 6.3, 6.4 and 7.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any, cast

from pymodbus.constants import ExcCodes
from pymodbus.pdu import ExceptionResponse, ModbusPDU
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import SimData, SimDevice

from ironkeep.model.errors import Unavailable
from ironkeep.twin.codes import Serving
from ironkeep.twin.serve.image import REGISTER_BYTES, Span

HOST = "127.0.0.1"
_READS = (3, 4)
_FUNCTION_CODES = range(1, 128)

logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # a scenario's silence is not worth a line


@dataclass
class Counts:
    """What a listener has seen since it started."""

    reads: int = 0
    refused: int = 0  # any other function code, writes above all
    astray: int = 0  # an address or a unit that is not there
    connections: int = 0


class Listener:
    """A device that answers on a port of its own."""

    def __init__(self, name: str, units: dict[int, list[Span]], registers: memoryview) -> None:
        """Serve the spans of each unit out of the image's bytes."""
        self.name = name
        self.counts = Counts()
        self.serving = Serving.ANSWER
        self._units = units
        self._registers = registers
        self._server: ModbusTcpServer | None = None

    async def start(self, port: int = 0) -> int:
        """Listen on a loopback port (0: any free one); returns it. Raises Unavailable when it cannot."""
        nowhere = SimDevice(0, simdata=[SimData(0, values=0)])  # the library wants one; our requests never ask it
        server = ModbusTcpServer(
            nowhere,
            address=(HOST, port),
            custom_pdu=_requests(self),
            trace_packet=self._pass,
            trace_connect=self._count,
        )
        try:
            await server.serve_forever(background=True)
        except RuntimeError as exc:
            raise Unavailable(
                f"{self.name} cannot listen on port {port}",
                where=HOST,
                remedy="let it choose a free one (port 0), or end what uses this one",
            ) from exc
        self._server = server
        listening = cast("asyncio.Server", server.transport)
        return int(listening.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Hang up on everyone and stop listening."""
        if self._server is not None:
            self._hang_up()
            self._server.close()
            self._server = None

    def show(self, serving: Serving) -> None:
        """Take the state that a scenario gives this device."""
        if self.serving == Serving.DROP and serving != Serving.DROP:
            self._hang_up()
        self.serving = serving

    def read(self, unit: int, address: int, count: int) -> memoryview | ExcCodes:
        """The bytes of so many registers, or why not."""
        for first, start, size in self._units.get(unit, ()):
            if first <= address and address + count <= first + size:
                self.counts.reads += 1
                begin = (start + address - first) * REGISTER_BYTES
                return self._registers[begin : begin + count * REGISTER_BYTES]
        self.counts.astray += 1
        return ExcCodes.ILLEGAL_ADDRESS if unit in self._units else ExcCodes.GATEWAY_NO_RESPONSE

    def _hang_up(self) -> None:
        if self._server is not None:
            for connection in tuple(self._server.active_connections.values()):
                connection.close()

    def _pass(self, _sending: bool, data: bytes) -> bytes:
        return b"" if self.serving == Serving.DROP else data

    def _count(self, connected: bool) -> None:
        self.counts.connections += connected


class _Registers(ModbusPDU):
    """The reply to a read: its bytes as they stand in the image."""

    def __init__(self, function_code: int, data: bytes) -> None:
        super().__init__()
        self.function_code = function_code
        self._data = data

    def encode(self) -> bytes:
        """Byte count, then registers."""
        return bytes((len(self._data),)) + self._data


def _requests(listener: Listener) -> list[type[ModbusPDU]]:
    """Classes of every function code, bound to a listener: two that read, and refusals."""

    class Read(ReadHoldingRegistersRequest):
        """Reads of holding registers."""

        async def datastore_update(self, _context: Any, device_id: int) -> ModbusPDU:
            found = listener.read(device_id, self.address, self.count)
            if isinstance(found, ExcCodes):
                return ExceptionResponse(self.function_code, found)
            return _Registers(self.function_code, bytes(found))

    class Refuse(ModbusPDU):
        """Anything else."""

        async def datastore_update(self, _context: Any, _device_id: int) -> ModbusPDU:
            listener.counts.refused += 1
            return ExceptionResponse(self.function_code, ExcCodes.ILLEGAL_FUNCTION)

    return [
        type(f"Function{code}", (Read if code in _READS else Refuse,), {"function_code": code})
        for code in _FUNCTION_CODES
    ]
