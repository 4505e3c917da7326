"""Looking up names beside everything else: a name server that hangs holds up nobody but those who need it."""

import asyncio
import socket
import threading

import pytest

from ironkeep.adapters.names import Lookup

HANG_S = 60.0


class Names:
    """A resolver that knows one name and hangs on every other until it is let go. For tests alone."""

    def __init__(self) -> None:
        self.asked = 0
        self.go = threading.Event()

    def __call__(self, host, port, *rest, **more):
        self.asked += 1
        if host == "here":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 0)) for each in ("127.0.0.2", "127.0.0.1")]
        self.go.wait(HANG_S)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")


@pytest.fixture
def names():
    made = Names()
    yield made
    made.go.set()


def test_names_that_hang_leave_the_threads_of_the_loop_alone(names):
    async def story():
        lookups = [asyncio.ensure_future(Lookup(f"dead-{n}", names).addresses()) for n in range(60)]
        async with asyncio.timeout(HANG_S / 2):
            assert await asyncio.to_thread(lambda: 7) == 7
            assert not any(lookup.done() for lookup in lookups)
            assert await Lookup("here", names).addresses() == ("127.0.0.2", "127.0.0.1")
        names.go.set()
        ended = await asyncio.gather(*lookups, return_exceptions=True)
        assert {type(each) for each in ended} == {socket.gaierror}

    asyncio.run(story())


def test_an_answer_that_comes_too_late_is_there_for_the_next_try(names):
    async def story():
        lookup = Lookup("dead", names)
        for _ in range(3):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await lookup.addresses()
        names.go.set()
        with pytest.raises(socket.gaierror):
            await lookup.addresses()
        assert names.asked == 1, "one lookup at a time"
        with pytest.raises(socket.gaierror):
            await lookup.addresses()
        assert names.asked == 2

    asyncio.run(story())


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "fe80::1%lo"])
def test_an_address_is_not_looked_up(names, address):
    assert asyncio.run(Lookup(address, names).addresses()) == (address,)
    assert names.asked == 0


def test_each_address_of_a_name_is_tried_in_its_order(names):
    async def story():
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        assert await Lookup("here", names).connect(asyncio.Protocol, port)
        server.close()
        await server.wait_closed()
        with pytest.raises(ConnectionRefusedError):
            await Lookup("here", names).connect(asyncio.Protocol, port)

    asyncio.run(story())


def test_a_machine_without_threads_left_refuses_and_the_next_try_asks_anew(names, monkeypatch):
    async def story():
        lookup = Lookup("here", names)
        with monkeypatch.context() as short:
            short.setattr(threading.Thread, "start", lambda _: (_ for _ in ()).throw(RuntimeError("no more threads")))
            with pytest.raises(OSError, match="here cannot be looked up"):
                await lookup.addresses()
        assert await lookup.addresses() == ("127.0.0.2", "127.0.0.1")

    asyncio.run(story())
