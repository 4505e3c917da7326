"""A tap that is not there, is something else, ends or is garbage: a state in words, and it is tried again."""

import asyncio
import os
import socket
import struct
from collections.abc import Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ironkeep.adapters.equipment.passive.adapter import PassiveReader
from ironkeep.adapters.equipment.passive.config import Config
from ironkeep.model.errors import Refused
from ironkeep.model.time import SECOND_US
from ironkeep.packs.equipment.library import knowledge
from ironkeep.programs.clock import now
from tests.adapters.equipment.passive.traffic import BMS, CHAIN, EMS, HEADING, device, record, site
from tests.codecs.wire import Stream, block, pcapng

PCAPNG = pcapng([])
LOOKS, LOOK_S = 2000, 0.01


@asynccontextmanager
async def listening(path: Path):
    reader = PassiveReader([device(tap=str(path), chain=CHAIN)], knowledge(), now, Config(reopen_s=0.01))
    task = asyncio.create_task(reader.run())
    try:
        yield reader
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], object]) -> None:
    for _ in range(LOOKS):
        if true():
            return
        await asyncio.sleep(LOOK_S)
    pytest.fail("waited in vain")


def says(reader: PassiveReader, words: str) -> Callable[[], bool]:
    return lambda: words in reader.links()[0].detail


def poll_of(story: Stream, transaction: int) -> bytes:
    """A poll that the capturer saw just now."""
    registers = site()
    story.send(0, transaction.to_bytes(2, "big") + bytes.fromhex("0000 0006 01 03 9c86 0040"))
    words = b"".join(registers[40_070 + n].to_bytes(2, "big") for n in range(64))
    story.send(1, transaction.to_bytes(2, "big") + bytes.fromhex("0000 0083 01 03 80") + words)
    made, story.frames = story.frames, []
    return b"".join(block("<", 6, struct.pack("<5I", 0, *stamp(), len(each), len(each)) + each) for each in made)


def stamp() -> tuple[int, int]:
    return divmod(now().at_us, 1 << 32)


def soc(reader: PassiveReader) -> float | None:
    frames = reader.frames(now().at_us)
    column = frames[0].column("soc_pct") if frames else None
    return None if column is None else float(column[0])


def test_what_is_wrong_with_a_tap_is_told_and_mended_without_a_restart(tmp_path: Path) -> None:
    async def story() -> None:
        tap = tmp_path / "tap"
        async with listening(tap) as reader:
            await until(says(reader, "there is none; make it with mkfifo"))
            tap.write_bytes(HEADING)
            await until(says(reader, "neither a FIFO nor a Unix socket"))
            tap.unlink()
            os.mkfifo(tap)
            tap.chmod(0o622)
            await until(says(reader, "everybody may write to it"))
            tap.chmod(0o600)
            await until(says(reader, "no capturer has written to it yet"))
            with await asyncio.to_thread(tap.open, "wb", 0) as capturer:
                capturer.write(b"tcpdump: listening on eth1\n")
                await until(says(reader, "it writes is no capture"))
            with await asyncio.to_thread(tap.open, "wb", 0) as capturer:
                capturer.write(PCAPNG)  # as dumpcap begins
                talk = Stream(EMS, BMS)
                talk.open()
                for transaction in range(1, LOOKS):
                    capturer.write(poll_of(talk, transaction))
                    if soc(reader) == 50.0:
                        break
                    await asyncio.sleep(LOOK_S)
                assert soc(reader) == 50.0
            await until(says(reader, "the capturer stopped writing"))

    asyncio.run(story())


def test_a_unix_socket_does_as_well(tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "tap"
        with socket.socket(socket.AF_UNIX) as door:
            door.bind(str(path))
            door.listen()
            async with listening(path) as reader:
                capturer, _ = await asyncio.to_thread(door.accept)
                with capturer:
                    old = record(b"a packet of long ago", now().at_us - 3600 * SECOND_US)
                    capturer.sendall(HEADING + old)
                    await until(says(reader, "so nothing of them is shown"))

    asyncio.run(story())


def test_a_map_that_nobody_knows_is_refused_at_once() -> None:
    with pytest.raises(Refused, match="no map 'nonsense'"):
        PassiveReader([device(maps=("nonsense",))], knowledge(), now)
