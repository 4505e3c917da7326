"""The stage: one suite, run on the twin's own and on the one at the other end of its socket."""

import asyncio
import os
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from ironkeep.adapters.stages.unix import wire
from ironkeep.adapters.stages.unix.adapter import StageClient, StageServer
from ironkeep.adapters.unix_socket import pack, read
from ironkeep.model.errors import Conflict, Refused, Unavailable
from ironkeep.ports.stage import Stage
from ironkeep.programs.twin import Stagehand
from ironkeep.twin.plant import Plant


@asynccontextmanager
async def near(_path: Path) -> AsyncIterator[Stage]:
    yield Stagehand(Plant(3), 1.0)


@asynccontextmanager
async def far(path: Path) -> AsyncIterator[Stage]:
    server = StageServer(Stagehand(Plant(3), 1.0), path)
    await server.start()
    try:
        yield StageClient(path)
    finally:
        await server.close()


def on(kind: Callable[[Path], object], path: Path, what: Callable[[Stage], Awaitable[None]]) -> None:
    async def run() -> None:
        async with kind(path) as stage:
            await what(stage)

    asyncio.run(run())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stage.sock"


stages = pytest.mark.parametrize("kind", [near, far])


@stages
def test_every_scenario_is_listed_with_words_and_the_quiet_ones_are_marked(kind, path: Path) -> None:
    async def check(stage: Stage) -> None:
        found = await stage.scenarios()
        assert {"cell-heating", "gateway-frozen", "quiet-ntp-step"} <= {s.name for s in found}
        assert all(s.title and s.shows for s in found)
        assert [s.name for s in found if s.quiet] == [s.name for s in found if s.name.startswith("quiet-")]

    on(kind, path, check)


@stages
def test_an_injected_scenario_plays_until_cleared(kind, path: Path) -> None:
    async def check(stage: Stage) -> None:
        assert (await stage.state()).playing == ()
        assert [name for name, _ in (await stage.inject("hvac-loss")).playing] == ["hvac-loss"]
        state = await stage.state()
        assert state.playing == (("hvac-loss", 0.0),)
        assert state.plant_s > 0
        assert state.pace == 1.0
        assert (await stage.clear()).playing == ()
        assert (await stage.state()).playing == ()

    on(kind, path, check)


@stages
def test_an_unknown_scenario_is_refused_with_the_names_that_there_are(kind, path: Path) -> None:
    async def check(stage: Stage) -> None:
        with pytest.raises(Refused) as told:
            await stage.inject("earthquake")
        assert "earthquake" in told.value.what
        assert "cell-heating" in told.value.remedy
        assert (await stage.state()).playing == ()

    on(kind, path, check)


def test_without_a_twin_every_call_says_so_and_what_to_do(path: Path) -> None:
    with pytest.raises(Unavailable) as told:
        asyncio.run(StageClient(path).state())
    assert "no twin answers" in told.value.what
    assert "ironkeep run" in told.value.remedy


def test_the_socket_belongs_to_its_user_alone_and_goes_with_the_server(path: Path) -> None:
    async def check(stage: Stage) -> None:
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600  # noqa: PTH116
        await stage.state()

    on(far, path, check)
    assert not path.exists()


def test_a_dead_socket_file_is_replaced_and_a_live_one_is_a_conflict(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert path.exists()

    async def check(stage: Stage) -> None:
        with pytest.raises(Conflict):
            await StageServer(Stagehand(Plant(3), 1.0), path).start()
        assert (await stage.state()).playing == ()

    on(far, path, check)


@pytest.mark.parametrize(
    "junk",
    [
        b"",
        b"\x00",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x05hello",
        b"\x00\x00\x00\x01\xc0",
        len(msgspec.msgpack.encode({"type": "inject"})).to_bytes(4, "big") + msgspec.msgpack.encode({"type": "inject"}),
        bytes(range(64, 128)),
    ],
)
def test_a_client_that_sends_nonsense_loses_its_connection_and_the_next_is_served(path: Path, junk: bytes) -> None:
    async def check(stage: Stage) -> None:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(junk)
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
        assert (await stage.state()).playing == ()

    on(far, path, check)


def test_one_connection_may_ask_many_things_in_turn(path: Path) -> None:
    async def check(_stage: Stage) -> None:
        reader, writer = await asyncio.open_unix_connection(str(path))
        for question, answer in (
            (wire.State(), wire.Playing),
            (wire.Scenarios(), wire.Listed),
            (wire.Clear(), wire.Playing),
        ):
            writer.write(pack(question))
            assert isinstance(await read(reader, wire.REPLIES, 1 << 20), answer)
        writer.close()

    on(far, path, check)


def test_an_answer_that_is_none_of_a_twin_is_told_as_such(path: Path) -> None:
    async def run() -> None:
        async def liar(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(pack(wire.Listed(())))
            await writer.drain()
            writer.close()

        server = await asyncio.start_unix_server(liar, str(path))
        with pytest.raises(Unavailable, match="not the twin"):
            await StageClient(path).state()
        server.close()

    asyncio.run(run())
