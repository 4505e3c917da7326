"""The Desk port: the engine's own desk and the one behind the socket keep the same promises."""

import asyncio
import contextlib
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ironkeep.adapters import unix_socket
from ironkeep.adapters.desks.unix import config, wire
from ironkeep.adapters.desks.unix.adapter import DeskClient, DeskServer
from ironkeep.model.errors import Conflict, Refused, Unavailable
from ironkeep.model.ids import RequestId
from ironkeep.model.request import Request, RequestKind
from ironkeep.ports.desk import Desk
from tests.engine.engine_room import EngineRoom, engine_room

ASK = Request(
    id=RequestId("request_01M7YSW2DJNG01MZEMV6YAA8GG"),
    kind=RequestKind.RECORD_ACCESS,
    actor="console",
    subject="kim",
    body={"kind": "SessionOpened", "account": "kim", "origin": "127.0.0.1"},
)


@asynccontextmanager
async def desk_of(kind: str, folder: Path) -> AsyncIterator[tuple[Desk, EngineRoom]]:
    async with engine_room(folder) as room:
        if kind == "engine":
            yield room.desk, room
            return
        server = DeskServer(room.desk, folder / "desk.sock")
        await server.start()
        try:
            yield DeskClient(folder / "desk.sock"), room
        finally:
            await server.close()


both = pytest.mark.parametrize("kind", ["engine", "socket"])


@both
def test_a_request_is_answered_when_it_is_durable_and_again_with_the_same_answer(tmp_path: Path, kind: str) -> None:
    async def story() -> None:
        async with desk_of(kind, tmp_path) as (desk, room):
            outcome = await desk.ask(ASK)
            assert outcome.accepted
            assert [fact.seq for fact in room.facts("SessionOpened")] == list(outcome.seqs)
            assert await desk.ask(ASK) == outcome
            assert len(room.facts("SessionOpened")) == 1

    asyncio.run(story())


@both
def test_a_follower_gets_the_newest_turn_and_then_the_next(tmp_path: Path, kind: str) -> None:
    async def story() -> None:
        async with desk_of(kind, tmp_path) as (desk, room):
            await room.seconds(2)
            follower = desk.follow()
            first = await anext(follower)
            assert first.layouts
            assert first.health.points > 5_000
            await room.seconds(1)
            second = await anext(follower)
            assert second.turn > first.turn
            await follower.aclose()  # type: ignore[attr-defined]

    asyncio.run(story())


@both
def test_the_health_says_that_there_was_no_turn_yet(tmp_path: Path, kind: str) -> None:
    async def story() -> None:
        async with desk_of(kind, tmp_path) as (desk, _):
            health = await desk.health()
            assert not health.live
            assert health.reasons == ("no turn yet",)

    asyncio.run(story())


def test_the_socket_is_private_and_a_second_engine_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        async with desk_of("socket", tmp_path) as (_, room):
            path = tmp_path / "desk.sock"
            assert stat.S_IMODE(path.stat().st_mode) == unix_socket.SOCKET_MODE
            with pytest.raises(Conflict, match="another engine"):
                await DeskServer(room.desk, path).start()

    asyncio.run(story())


def test_without_an_engine_the_face_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no engine answers"):
        asyncio.run(DeskClient(tmp_path / "desk.sock").health())


def test_a_dead_socket_file_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "desk.sock"))

    async def story() -> None:
        async with desk_of("socket", tmp_path) as (desk, _):
            assert (await desk.health()).turn == 0

    asyncio.run(story())


@pytest.mark.parametrize("junk", [b"", b"\x00", b"\xff\xff\xff\xff", b"\x00\x00\x00\x03abc", bytes(range(256)) * 16])
def test_a_face_that_sends_nonsense_loses_its_connection_and_nobody_else_notices(tmp_path: Path, junk: bytes) -> None:
    async def story() -> None:
        async with desk_of("socket", tmp_path) as (desk, _):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "desk.sock"))
            writer.write(junk)
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
            assert (await desk.health()).turn == 0

    asyncio.run(story())


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_question_or_refused(data: bytes) -> None:
    async def read() -> None:
        stream = asyncio.StreamReader()
        stream.feed_data(len(data).to_bytes(4, "big") + data)
        stream.feed_eof()
        with contextlib.suppress(Refused):
            assert isinstance(await unix_socket.read(stream, wire.QUESTIONS, config.REQUEST_BYTES_MAX), wire.Question)

    asyncio.run(read())
