"""A served plant: the real listeners on loopback, in a thread of their own, for foreign clients as they are."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ironkeep.twin.plant import Plant
from ironkeep.twin.serve.site import SiteServer


class Served:
    """A plant and its listeners; `call` runs something on the server's own thread."""

    def __init__(self) -> None:
        self.plant = Plant(7)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.server: SiteServer = self.call(lambda: SiteServer(self.plant))
        self.ports = dict(asyncio.run_coroutine_threadsafe(self.server.start(), self._loop).result(10))

    def call(self, what: Callable[[], Any]) -> Any:
        async def run() -> Any:
            return what()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    def step(self, seconds: float) -> None:
        def run() -> None:
            self.plant.step(seconds)
            self.server.refresh()

        self.call(run)

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self.server.stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def served() -> Iterator[Served]:
    """One to be changed."""
    each = Served()
    yield each
    each.close()


@pytest.fixture(scope="module")
def shown() -> Iterator[Served]:
    """One for a whole file, to be asked and left as it is."""
    each = Served()
    yield each
    each.close()
