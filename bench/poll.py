"""Polling equipment: CPU a poll against pysunspec2's client, lies refused against both peers, points a second.

The same scripted server, in a process of its own, answers all clients of a run, so only the clients' own CPU differs.
It sends prepared replies: what is measured is the client. CPU is the process time of the client alone. For the price of
a poll clients and server share one processor: on two idle virtual ones each request also pays for waking the other, 10
to 50 us by the moment, which equipment on a network does not ask for.
"""

import asyncio
import logging
import multiprocessing
import os
import selectors
import socket
import statistics
import struct
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import pymodbus.client
import sunspec2.modbus.client as peer
import uvloop

from ironkeep.adapters.equipment.modbus.adapter import ModbusReader
from ironkeep.adapters.equipment.modbus.config import Config
from ironkeep.model.site import Device
from ironkeep.packs.equipment.library import knowledge
from ironkeep.programs.clock import now

logging.getLogger("pymodbus").setLevel(logging.CRITICAL + 1)  # it says every lie that it refuses

STRINGS = 16
POLLS = 400
ROUNDS = 15
WAYS = (
    ("one request in flight", ">= 10x"),
    ("six in flight (declared profile)", ">= 10x"),
    ("one request in flight, on the standard event loop", None),
)
DEVICES = 200
SECONDS = 5.0
REGISTERS_MAX = 125


def image() -> bytes:
    """Registers from 40000: model 1, an 802 and an 803 of 16 strings, the end marker; plausible numbers."""
    rng = np.random.default_rng(1)
    common = [1, 66, *rng.integers(0x4141, 0x5A5A, 64), 1, 0x8000]
    battery = [802, 62, *rng.integers(1, 4000, 62)]
    bank = [803, 26 + 32 * STRINGS, STRINGS, *rng.integers(1, 4000, 25 + 32 * STRINGS)]
    definition = knowledge().model
    for words, number in ((battery, 802), (bank, 803)):
        at = 0
        for point in definition(number).group.points:
            if point.key.endswith("_SF"):
                words[at] = 0xFFFF
            at += point.registers
    words = [0x5375, 0x6E53, *common, *battery, *bank, 0xFFFF, 0]
    return struct.pack(f">{len(words)}H", *(int(word) for word in words))


def serve(ports: "multiprocessing.Queue", count: int, lie: str) -> None:
    """Answer reads on `count` listeners, from one selector loop, until killed."""
    registers, base = image(), 40_000
    chooser = selectors.DefaultSelector()
    listeners = []
    for _ in range(count):
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        listener.setblocking(False)
        chooser.register(listener, selectors.EVENT_READ, None)
        listeners.append(listener)
    ports.put([listener.getsockname()[1] for listener in listeners])
    first: list[bytes] = []
    while True:
        for key, _ in chooser.select():
            if key.data is None:
                connection, _ = key.fileobj.accept()
                connection.setblocking(False)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                chooser.register(connection, selectors.EVENT_READ, b"")
                continue
            try:
                data = key.fileobj.recv(65_536)
            except OSError:
                data = b""
            if not data:
                chooser.unregister(key.fileobj)
                key.fileobj.close()
                continue
            out = []
            for at in range(0, len(data) - 11, 12):
                transaction, _, _, unit, function, address, number = struct.unpack_from(">HHHBBHH", data, at)
                start = 2 * (address - base)
                body = registers[start : start + 2 * number] if start >= 0 else b""
                if len(body) != 2 * number:
                    out.append(struct.pack(">HHHBBB", transaction, 0, 3, unit, function | 0x80, 2))
                    continue
                right = struct.pack(">HHHBBB", transaction, 0, 3 + len(body), unit, function, len(body)) + body
                out.append(told(lie, right, first))
            with suppress(OSError):
                key.fileobj.send(b"".join(out))


def told(lie: str, right: bytes, first: list[bytes]) -> bytes:
    """The reply that a lie makes of the right one."""
    transaction, protocol, length, unit, function, size = struct.unpack_from(">HHHBBB", right)
    body = right[9:]
    if lie == "transaction id":
        transaction ^= 0x55
    elif lie == "unit id":
        unit ^= 3
    elif lie == "protocol id":
        protocol = 5
    elif lie == "transaction id 0":
        transaction = 0
    elif lie == "function 4 for 3":
        function = 4
    elif lie == "one register too few":
        length, size, body = length - 2, size - 2, body[:-2]
    elif lie == "first reply replayed":
        first.append(right)
        return first[0]
    return struct.pack(">HHHBBB", transaction, protocol, length, unit, function, size) + body


LIES = (
    "transaction id",
    "unit id",
    "protocol id",
    "transaction id 0",
    "function 4 for 3",
    "one register too few",
    "first reply replayed",
)


@contextmanager
def one_processor() -> Iterator[None]:
    """This process, and those that it starts meanwhile, on one processor."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def server(count: int = 1, lie: str = "") -> Iterator[list[int]]:
    """The ports of a running server."""
    context = multiprocessing.get_context("spawn")
    ports = context.Queue()
    process = context.Process(target=serve, args=(ports, count, lie), daemon=True)
    process.start()
    try:
        yield ports.get(timeout=30)
    finally:
        process.kill()
        process.join()


def device(port: int, name: str, **given: object) -> Device:
    usual = {"asset": name, "protocol": "modbus", "host": "127.0.0.1", "port": port, "timeout_s": 2.0}
    return Device(id=name, **usual, **given)


def ours_cpu_us(port: int, in_flight: int, run: Callable[[Coroutine[Any, Any, float]], float] = uvloop.run) -> float:
    """CPU microseconds of one poll (802 and 803 with 16 strings), end to end: wire to frame, on the engine's loop."""

    async def measure() -> float:
        # a period this short is reached by no device: polls follow each other without a pause
        one = device(port, "bms", period_s=0.0001, in_flight=in_flight, children={"803": "bms.s{n}"})
        reader = ModbusReader([one], knowledge(), now, np.random.default_rng(1), Config(start_spread_s=0.0))
        reader._stations[0].period_us = 1
        task = asyncio.create_task(reader.run())
        while not reader.frames(0) or polls(reader) < 20:  # noqa: ASYNC110 - a benchmark may look now and then
            await asyncio.sleep(0.01)
        before, start = polls(reader), time.process_time()
        while polls(reader) - before < POLLS:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.05)
        spent = (time.process_time() - start) / (polls(reader) - before)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return 1e6 * spent

    return run(measure())


def polls(reader: ModbusReader) -> int:
    return next((int(f.polls[0]) for f in reader.frames(0) if f.layout.group.startswith("sunspec-802")), 0)


def theirs_cpu_us(port: int) -> float:
    """The same for pysunspec2: read both models and take every scaled value."""
    there = peer.SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr="127.0.0.1", ipport=port, timeout=2.0)
    there.scan()
    battery, bank = there.models[802][0], there.models[803][0]
    start = time.process_time()
    for _ in range(POLLS // 4):
        battery.read()
        bank.read()
        battery.get_dict(computed=True)
        bank.get_dict(computed=True)
    spent = (time.process_time() - start) / (POLLS // 4)
    there.close()
    return 1e6 * spent


def refused_by_us(port: int) -> bool:
    async def measure() -> bool:
        reader = ModbusReader([device(port, "bms", period_s=0.05)], knowledge(), now, np.random.default_rng(1))
        task = asyncio.create_task(reader.run())
        for _ in range(200):
            await asyncio.sleep(0.02)
            if any(reader.links()[0].faults.values()):
                break
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        counted = sum(reader.links()[0].faults.values()) > 0
        return counted and not reader.frames(0)

    return asyncio.run(measure())


def refused_by_pysunspec2(port: int) -> bool:
    there = peer.SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr="127.0.0.1", ipport=port, timeout=0.5)
    try:
        there.connect()
        there.read(40_070, 4)
        second = there.read(40_074, 4)
        return len(second) != 8
    except Exception:
        return True
    finally:
        there.close()


def refused_by_pymodbus(port: int) -> bool:
    async def measure() -> bool:
        client = pymodbus.client.AsyncModbusTcpClient("127.0.0.1", port=port, timeout=0.5, retries=0)
        await client.connect()
        try:
            await client.read_holding_registers(40_070, count=4, device_id=1)
            reply = await client.read_holding_registers(40_074, count=4, device_id=1)
            return reply.isError()
        except Exception:
            return True
        finally:
            client.close()

    return asyncio.run(measure())


def points_a_second() -> tuple[float, float]:
    """Points a second from wire to frames with 200 devices on real sockets, and the share of a core that it takes."""

    async def measure(ports: list[int]) -> tuple[float, float]:
        devices = [device(port, f"b{n:03d}", period_s=0.1, in_flight=6) for n, port in enumerate(ports)]
        reader = ModbusReader(devices, knowledge(), now, np.random.default_rng(1))
        task = asyncio.create_task(reader.run())
        while sum(len(frame.layout.assets) for frame in reader.frames(0)) < 2 * DEVICES:  # noqa: ASYNC110 - the same
            await asyncio.sleep(0.1)

        def taken() -> int:
            return sum(int(f.polls.sum()) * (len(f.layout.analog) + len(f.layout.integer)) for f in reader.frames(0))

        before, start, wall = taken(), time.process_time(), time.perf_counter()
        await asyncio.sleep(SECONDS)
        points, cpu, lasted = taken() - before, time.process_time() - start, time.perf_counter() - wall
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return points / lasted, cpu / lasted

    with server(DEVICES) as ports:
        return asyncio.run(measure(ports))


def rows() -> list[dict]:
    """The figures of this benchmark."""
    with one_processor(), server() as (port,):
        rounds = [
            (theirs_cpu_us(port), ours_cpu_us(port, 1), ours_cpu_us(port, 6), ours_cpu_us(port, 1, asyncio.run))
            for _ in range(ROUNDS)
        ]
    theirs, *all_ours = zip(*rounds, strict=True)
    figures = []
    for (what, target), ours in zip(WAYS, all_ours, strict=True):
        ratio = statistics.median(there / here for there, here in zip(theirs, ours, strict=True))
        figures.append(
            {
                "name": f"CPU of one poll of 802 + 803x{STRINGS}, {what}; peer pysunspec2, median of {ROUNDS} turns",
                "ours": statistics.median(ours),
                "peer": statistics.median(theirs),
                "ratio": ratio,
                "unit": "us",
                "target": target,
                "met": ratio >= 10 if target else None,
            }
        )
    refused = {"ours": 0, "pymodbus": 0, "pysunspec2": 0}
    for lie in LIES:
        for who, judge in (
            ("ours", refused_by_us),
            ("pymodbus", refused_by_pymodbus),
            ("pysunspec2", refused_by_pysunspec2),
        ):
            with server(lie=lie) as (port,):
                refused[who] += judge(port)
    figures += [
        {
            "name": f"false replies refused of {len(LIES)}; peer {who}",
            "ours": refused["ours"],
            "peer": refused[who],
            "ratio": refused["ours"] / max(refused[who], 1),
            "unit": "lies",
            "target": f"{len(LIES)} of {len(LIES)}",
            "met": refused["ours"] == len(LIES),
        }
        for who in ("pymodbus", "pysunspec2")
    ]
    points, share = points_a_second()
    figures.append({"name": f"wire to frames, {DEVICES} devices on real sockets", "ours": points, "unit": "points/s"})
    figures.append({"name": "the same, for each second of one core", "ours": points / share, "unit": "points/s"})
    return figures
