"""One UPS as the reader sees it: when to ask about it, its row, and what its answers did to it.

Rules. 1. It is asked at most once a period, and never more than once a second (safety S48). 2. What a server says to be
stale, or cannot get from its driver, is lost at once: an old value is never shown as a new one. 3. The link goes down
after two bad answers in a row, and up with the first good one: a server that hesitates once makes no noise. 4. Columns
only grow: a variable that a UPS offers for a while keeps its place, and is absent while it is not offered. 5. What
silence means hangs on what was last heard, so a silent UPS says whether it was on battery. 6. What a UPS says of itself
counts once it has said the same for some seconds: while a driver starts, a server lists what it has so far.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
import numpy as np

from ironkeep.adapters.equipment.nut.config import DOWN_FAILURES, Config
from ironkeep.codecs.lexicon import STATUS, Columns, Lexicon
from ironkeep.codecs.nut import ErrorCode
from ironkeep.model.link import LineFault, Link, LinkState, Particulars
from ironkeep.model.site import Device
from ironkeep.model.time import SECOND_US, Now
from ironkeep.ports.contact import Contact, back_off

WORDS: Final = {
    ErrorCode.DATA_STALE: "the driver's values are stale",
    ErrorCode.DRIVER_NOT_CONNECTED: "the server has no connection to the driver",
    ErrorCode.UNKNOWN_UPS: "the server has no UPS of that name",
    ErrorCode.ACCESS_DENIED: "the server does not let us read",
}
LATE_SHARE: Final = 20  # a question late by up to 1/20 period does not shift the next
_ON_BATTERY: Final = frozenset({"OB", "LB"})


class Station(Contact):
    """One device. `period_us` is how often it is asked."""

    def __init__(self, device: Device, lexicon: Lexicon, config: Config, rng: np.random.Generator) -> None:
        super().__init__(device, f"{device.host}:{device.port} ups {device.ups}")
        self._lexicon, self._config, self._rng = lexicon, config, rng
        self.period_us = int(max(device.period_s, config.period_min_s) * SECOND_US)
        self.due_us = 0
        self.encrypted = False
        self._said: Particulars | None = None  # by the last list
        self._said_us = 0  # since when, monotonic
        self.columns: Columns | None = None
        self._offered: set[str] = set()
        self.values = lexicon.columns(()).lost()
        self.read_us = 0  # monotonic, of the last good answer
        self.polls = 0
        self._failures = 0
        self._on_battery = False

    def asked(self, now: Now) -> None:
        """A question goes out: the next is due a period later, whatever becomes of this one."""
        self.requests += 1
        self.due_us = max(self.due_us, now.mono_us - self.period_us // LATE_SHARE) + self.period_us

    def take(self, values: Mapping[str, str], now: Now) -> None:
        """A whole list came."""
        offered = self._lexicon.names & values.keys()
        if self.columns is None or not self.columns.names >= offered:
            self._offered |= offered
            self.columns = self._lexicon.columns(self._offered)
        self.values = self.columns.row(values, self.device.power_sign)
        self._on_battery = not _ON_BATTERY.isdisjoint(values.get(STATUS, "").split())
        self.reply_us, self.read_us = now.at_us, now.mono_us
        self.replies += 1
        self.polls += 1
        self._failures, self.trouble = 0, ""
        self.enter(LinkState.UP, now)
        said = self._lexicon.particulars
        particulars = Particulars(
            device=self.device.id,
            asset=self.device.asset,
            manufacturer=_first(values, said.manufacturer),
            model=_first(values, said.model),
            options=_first(values, said.options),
            version=_first(values, said.version),
            serial=_first(values, said.serial),
        )
        self._hear(particulars, now)

    def _hear(self, said: Particulars, now: Now) -> None:
        """Believe what was said for long enough: while a driver starts, a server lists what it has so far. What is left
        out was not taken back.
        """
        if said != self._said:
            self._said, self._said_us = said, now.mono_us
        if now.mono_us - self._said_us < self._config.steady_s * SECOND_US:
            return
        fresh = {name: text for name, text in msgspec.structs.asdict(said).items() if text}
        self.particulars = msgspec.structs.replace(self.particulars or said, **fresh)

    def error(self, code: str, now: Now) -> None:
        """The server answered that it has no values for us."""
        self.exceptions += 1
        words = WORDS.get(ErrorCode(code)) if code in set(ErrorCode) else None
        self._lose(f"{words or 'the server refuses'} ({code})", now)
        if code in (ErrorCode.UNKNOWN_UPS, ErrorCode.ACCESS_DENIED):
            self.due_us = now.mono_us + int(self._config.unknown_again_s * SECOND_US)

    def refused(self, fault: LineFault, now: Now) -> None:
        """The answer cannot be believed; the connection is gone with it."""
        self.count(fault)
        self._failures += 1
        self.trouble = f"refused an answer: {fault.value}"
        wait_s = back_off(self._failures, self.period_us / SECOND_US, self._config.retry_max_s, self._rng)
        self.due_us = now.mono_us + int(wait_s * SECOND_US)
        if self._failures >= DOWN_FAILURES:
            self.enter(self.away, now)

    def silent(self, now: Now, why: str) -> None:
        """No answer came in time; the connection is gone with it."""
        self.timeouts += 1
        self._failures += 1
        self.trouble = why
        if self._failures >= DOWN_FAILURES:
            self.enter(self.away, now)

    def _lose(self, why: str, now: Now) -> None:
        self._failures += 1
        self.trouble = why
        if self.columns is not None:
            self.values = self.columns.lost()
        if self._failures >= DOWN_FAILURES:
            self.enter(self.away, now)

    def link(self) -> Link:
        """The link as it stands."""
        last = "it was on battery when last heard" if self.trouble and self._on_battery else ""
        return self.told(last, authenticated=self.encrypted)


def _first(values: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((values[name].strip() for name in names if values.get(name, "").strip()), "")
