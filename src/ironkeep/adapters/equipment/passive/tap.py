"""One tap: the stream of packets that a capturer writes into a FIFO or a Unix socket, and the devices heard in it.

Rules. 1. The stream is only read; nobody is connected to but the capturer's own socket on this machine. 2. A tap that
is not there, ends, or makes no sense is a state in words; it is opened again, and then everything is heard anew.
3. Packets whose own time is not that of now are left out: an old capture is never shown as live. 4. Reading takes a
bounded share of time: a flood makes the tap late, not the engine. 5. A FIFO that everybody may write to is refused.
"""

import asyncio
import contextlib
import os
import socket
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from ironkeep.adapters.equipment.passive.config import LAG_MAX_S, RECEIVE_BYTES, REST_FACTOR, Config
from ironkeep.adapters.equipment.passive.station import Station
from ironkeep.codecs.overhearing import Overheard, Overhearing
from ironkeep.codecs.pcapstream import PcapStream, tell
from ironkeep.model.register import Talk
from ironkeep.model.time import SECOND_US, Clock, Now

_LAG_MAX_US = int(LAG_MAX_S * SECOND_US)


class _Shut(Exception):  # noqa: N818 - a state of the tap, not a bug
    """The tap cannot be read, for the reason given."""


class _Ended(_Shut):
    """What a capturer wrote came to an end, for the reason given; that stands until one writes again."""


class Tap:
    """A tap at `path` and the stations heard at it."""

    def __init__(self, path: str, stations: Sequence[Station], config: Config, clock: Clock) -> None:
        self.path, self.stations = path, stations
        self._config, self._clock = config, clock
        self._endpoints: dict[tuple[str, int], int] = {}
        self._units: dict[tuple[str, int], dict[int, Station]] = {}
        for station in stations:
            at = (station.device.host, station.device.port)
            reply_us = int(station.device.timeout_s * SECOND_US)
            self._endpoints[at] = max(self._endpoints.get(at, 0), reply_us)
            self._units.setdefault(at, {})[station.device.unit] = station
        self._begin()
        self._why, self._ended = "not opened yet", False
        self._late_us = 0  # how far the newest packet that was left out was off; 0 while none is

    def _begin(self) -> None:
        self._stream, self._ear = PcapStream(), Overhearing(self._endpoints)
        self._newest_us = 0  # of the capture's own time

    @property
    def trouble(self) -> str:
        """What is wrong with the tap, in words; empty while it delivers packets of now."""
        if self._why:
            return f"the tap {self.path}: {self._why}"
        if self._late_us:
            way = "ago" if self._late_us > 0 else "ahead of our clock"
            off_s = abs(self._late_us) / SECOND_US
            return f"the tap {self.path}: its packets are from {off_s:.0f} s {way}, so nothing of them is shown"
        return ""

    @property
    def gaps(self) -> int:
        """How often bytes of the conversations were missed since the stream began."""
        return self._ear.gaps

    @property
    def crowded(self) -> bool:
        """Did more talk since the stream began than are kept?"""
        return self._ear.talkers.crowded

    def talks(self, station: Station) -> tuple[Talk, ...]:
        """Who was heard asking the station's address, told with the first device there; what else was heard talking is
        told with the first device of the tap.
        """
        talkers, at = self._ear.talkers, (station.device.host, station.device.port)
        first = next(iter(self._units[at].values()))
        return (
            *(talkers.with_(at) if station is first else ()),
            *(talkers.beside if station is self.stations[0] else ()),
        )

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            try:
                with self._opened() as handle:
                    await self._listen(handle)
            except (_Shut, OSError) as exc:
                self._why = str(exc.strerror if isinstance(exc, OSError) and exc.strerror else exc)
                self._ended = isinstance(exc, _Ended)
            if self._stream.packets:
                for station in self.stations:
                    station.interrupted()
            self._begin()
            await asyncio.sleep(self._config.reopen_s)

    @contextlib.contextmanager
    def _opened(self) -> Iterator[int]:
        """The tap's file handle. Raises _Shut or OSError."""
        if not Path(self.path).exists():
            raise _Shut("there is none; make it with mkfifo, and let the capturer write to it")
        seen = Path(self.path).stat()
        if stat.S_ISSOCK(seen.st_mode):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
                door.setblocking(False)
                door.connect(self.path)
                yield door.fileno()
            return
        if not stat.S_ISFIFO(seen.st_mode):
            raise _Shut("neither a FIFO nor a Unix socket; a capture as a file is for `ironkeep import`")
        if seen.st_mode & stat.S_IWOTH:
            raise _Shut("everybody may write to it, so anybody could forge what is read; chmod o-w")
        handle = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            yield handle
        finally:
            os.close(handle)

    async def _listen(self, handle: int) -> None:
        """Take pieces until the stream ends. Raises _Ended with the reason."""
        if not self._ended:
            self._why = "no capturer has written to it yet"
        while True:
            await _readable(handle)
            try:
                data = os.read(handle, RECEIVE_BYTES)
            except BlockingIOError:
                continue
            if not data:
                raise _Ended("the capturer stopped writing; start it again")
            began = self._clock()
            self.take(data, began)
            if self._stream.broken:
                raise _Ended(self._stream.broken)
            spent_s = (self._clock().mono_us - began.mono_us) / SECOND_US
            await asyncio.sleep(min(spent_s * REST_FACTOR, self._config.rest_max_s))

    def take(self, data: bytes, now: Now) -> None:
        """Take a piece of the stream that came now."""
        for packet in self._stream.feed(data):
            self._why = ""
            lag_us = now.at_us - packet[1]
            if abs(lag_us) > _LAG_MAX_US:
                self._late_us = lag_us
                continue
            self._late_us = 0
            self._newest_us = max(self._newest_us, packet[1])
            tell(packet, self._ear)
        self._hand_on(now)

    def settle(self, now: Now) -> None:
        """Let time pass: what was waited for and did not come is given up."""
        self._ear.settle(max(self._newest_us, now.at_us - _LAG_MAX_US))
        self._hand_on(now)

    def _hand_on(self, now: Now) -> None:
        for each in self._ear.take():
            station = self._whose(each)
            if station is not None:
                at_us = each.exchange.at_us
                mono_us = now.mono_us - max(now.at_us - at_us, 0)
                station.hear(each.master, each.exchange, at_us, mono_us)

    def _whose(self, heard: Overheard) -> Station | None:
        """The station it is about: a write to any unit of an address concerns what is declared there."""
        units = self._units[heard.endpoint]
        asked = heard.exchange.asked
        if asked is not None and asked.writes:
            return units.get(asked.unit) or next(iter(units.values()))
        return units.get(heard.exchange.unit)


async def _readable(handle: int) -> None:
    """Wait until there is something to read, or the end."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    loop.add_reader(handle, wake)
    try:
        await ready
    finally:
        loop.remove_reader(handle)
