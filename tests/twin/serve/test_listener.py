"""The network side of a device, spoken to by pymodbus's own client."""

import socket
import struct

import pytest
from pymodbus.client import ModbusTcpClient

from ironkeep.model.errors import Unavailable
from ironkeep.twin.codes import Serving
from ironkeep.twin.serve.listener import Listener

BASE = 40_000
WAIT_S = 30  # for a reply, on a busy machine


def client(served, device: str) -> ModbusTcpClient:
    each = ModbusTcpClient("127.0.0.1", port=served.ports[device], timeout=WAIT_S, retries=0)
    assert each.connect()
    return each


def ask(port: int, pdu: bytes, unit: int = 1) -> bytes:
    """The PDU of the reply to one raw request."""
    with socket.create_connection(("127.0.0.1", port), WAIT_S) as wire:
        wire.sendall(struct.pack(">HHHB", 9, 0, len(pdu) + 1, unit) + pdu)
        head = wire.recv(7)
        return wire.recv(struct.unpack(">H", head[4:6])[0] - 1)


def test_holding_and_input_registers_are_those_of_the_image(shown) -> None:
    with client(shown, "con-1") as peer:
        for unit in (1, 11, 20):
            first, start, _ = shown.server.image.spans["con-1"][unit][0]
            expected = shown.call(lambda start=start: shown.server.image.registers[start : start + 100].tolist())
            assert peer.read_holding_registers(first, count=100, device_id=unit).registers == expected
            assert peer.read_input_registers(first, count=100, device_id=unit).registers == expected


@pytest.mark.parametrize("code", [5, 6, 15, 16, 22, 23, 1, 2, 8, 43, 100])
def test_every_other_function_is_refused_as_illegal_and_counted(shown, code: int) -> None:
    before = shown.server.counts["cab-a"].refused
    assert ask(shown.ports["cab-a"], bytes((code,)) + struct.pack(">HHBH", BASE, 1, 2, 7)) == bytes((0x80 | code, 1))
    assert shown.server.counts["cab-a"].refused == before + 1


def test_a_write_changes_no_register(shown) -> None:
    before = shown.call(lambda: bytes(shown.server.image.bytes))
    with client(shown, "pcs-1") as peer:
        assert peer.write_register(BASE + 10, 7, device_id=1).exception_code == 1
        assert peer.write_registers(BASE + 10, [1, 2, 3], device_id=1).exception_code == 1
    assert shown.call(lambda: bytes(shown.server.image.bytes)) == before


def test_an_address_outside_gets_exception_two_and_a_unit_that_is_not_there_eleven(shown) -> None:
    before = shown.server.counts["room-a"].astray
    with client(shown, "room-a") as peer:
        assert peer.read_holding_registers(0, count=2, device_id=1).exception_code == 2
        assert peer.read_holding_registers(BASE + 60, count=60, device_id=1).exception_code == 2
        assert peer.read_holding_registers(BASE, count=2, device_id=9).exception_code == 11
    assert shown.server.counts["room-a"].astray == before + 3


def test_a_device_that_drops_says_nothing_and_hangs_up_when_it_comes_back(served) -> None:
    port = served.ports["cab-b"]
    with socket.create_connection(("127.0.0.1", port), WAIT_S) as wire:
        served.plant.inject("comms-loss")
        served.step(5.0)
        dropped = [name for name, state in served.plant.served.items() if state == Serving.DROP]
        assert dropped
        other = socket.create_connection(("127.0.0.1", served.ports[dropped[0]]), WAIT_S)
        other.settimeout(0.5)
        other.sendall(struct.pack(">HHHBBHH", 1, 0, 6, 1, 3, BASE, 2))
        with pytest.raises(TimeoutError):
            other.recv(1)
        served.call(served.plant.clear)
        served.step(1.0)
        other.settimeout(WAIT_S)
        assert other.recv(64) == b""
        other.close()
        wire.sendall(struct.pack(">HHHBBHH", 1, 0, 6, 1, 3, BASE, 2))
        assert (len(wire.recv(64)) > 0) == (dropped[0] != "cab-b")
    assert ask(served.ports[dropped[0]], struct.pack(">BHH", 3, BASE, 2)) == b"\x03\x04SunS"


def test_a_frozen_device_answers_with_registers_that_no_longer_move(served) -> None:
    def read(device: str) -> list[int]:
        with client(served, device) as peer:
            return peer.read_holding_registers(BASE + 70, count=60, device_id=1).registers

    served.plant.inject("gateway-frozen")
    served.step(30.0)
    frozen = [name for name, state in served.plant.served.items() if state == Serving.FREEZE]
    assert frozen
    held = {name: read(name) for name in (*frozen, "cab-b")}
    served.step(60.0)
    assert {name: read(name) for name in frozen} == {name: held[name] for name in frozen}
    assert "cab-b" in frozen or read("cab-b") != held["cab-b"]


def test_a_port_that_is_taken_is_told_with_the_device_s_name(shown) -> None:
    async def start() -> None:
        await Listener("gen-1", {}, memoryview(b"")).start(shown.ports["gen-1"])

    import asyncio

    with pytest.raises(Unavailable, match="gen-1 cannot listen"):
        asyncio.run(start())


def test_garbage_on_one_connection_leaves_the_next_one_answered(shown) -> None:
    for junk in (b"\xff" * 300, b"GET / HTTP/1.1\r\n\r\n", struct.pack(">HHHBB", 1, 0, 2, 1, 0x83)):
        with socket.create_connection(("127.0.0.1", shown.ports["ats-1"]), WAIT_S) as wire:
            wire.sendall(junk)
    assert ask(shown.ports["ats-1"], struct.pack(">BHH", 3, BASE, 2)) == b"\x03\x04SunS"
