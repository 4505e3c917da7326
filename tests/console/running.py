"""A console over stand-ins, served by the real server in a thread of its own, on a free port."""

import asyncio
import socket
import threading
import urllib.request
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server

from ironkeep.faces.console.app import create_app
from tests.faces.stand_in import House

UP_S = 20.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """Serve a house until `stop`."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._up.wait(UP_S)
        for _ in range(200):
            try:
                urllib.request.urlopen(f"{self.url}/static/console.css", timeout=1)
                return
            except OSError:
                self.sleep(0.05)
        raise AssertionError("the console did not come up")

    @staticmethod
    def sleep(seconds: float) -> None:
        threading.Event().wait(seconds)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._app = create_app(self.house.sources())
        self._server = Server(
            self._app,
            address="127.0.0.1",
            port=self.port,
            interface=Interfaces.ASGI,
            websockets=False,
            log_enabled=False,
        )
        self._up.set()
        await self._server.serve()

    def stop(self) -> None:
        """End it, waiting for its thread."""
        self._loop.call_soon_threadsafe(self._app.state.streams.close)
        self._loop.call_soon_threadsafe(self._server.stop)
        self._thread.join(10)


def running(folder: Path, **told: object) -> Running:
    """A running console with one account."""
    house = House(folder, **told)  # type: ignore[arg-type]
    house.account()
    return Running(house)
