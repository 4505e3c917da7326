"""One device as somebody who listens knows it: what masters read of it, and what may be said of each value now.

Rules. 1. A good reply to a master's read is what makes the link UP; none for three periods makes it DOWN, and then
every value is lost. 2. After the tap was interrupted everything is heard anew: what changed meanwhile nobody heard.
3. Replies that do not answer their request are counted by fault, as those to our own requests are. 4. Nothing here
can send anything.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from ironkeep.adapters.equipment.passive.config import AGE_LIMIT_PERIODS, PERIOD_MIN_S
from ironkeep.adapters.equipment.passive.writers import Writers
from ironkeep.codecs.definition import Knowledge
from ironkeep.codecs.exchanges import Exchange
from ironkeep.codecs.overheardunit import Layout, Rows, learn
from ironkeep.codecs.sheet import Sheet
from ironkeep.model.link import Link, LinkState, Particulars, ReplyFault
from ironkeep.model.register import Talk
from ironkeep.model.site import Device
from ironkeep.model.time import SECOND_US, Now
from ironkeep.ports.contact import Contact


class Station(Contact):
    """One device."""

    def __init__(self, device: Device, knowledge: Knowledge) -> None:
        super().__init__(device, f"{device.host}:{device.port} unit {device.unit}, listened to")
        self._knowledge = knowledge
        self.period_s = max(device.period_s, PERIOD_MIN_S)
        self.limit_us = int(AGE_LIMIT_PERIODS * self.period_s * SECOND_US)
        self._sheet = Sheet(self.limit_us)
        self._learned = (-1, "")  # what was known when the layout was last looked for
        self.layout: Layout | None = None
        self.rows: list[Rows] = []
        self.polls: list[NDArray[np.int64]] = []  # by part and row: how often it was heard anew
        self._newest: list[NDArray[np.int64]] = []
        self._missing = ""  # of the layout, in words
        self._writers = Writers()
        self._heard_us = 0

    def hear(self, master: str, exchange: Exchange, at_us: int, mono_us: int) -> None:
        """Take what came of a master's request; its reply came at those times."""
        asked, outcome = exchange.asked, exchange.outcome
        if asked is not None:
            self.requests += 1
            if asked.writes:
                self._writers.note(master, exchange)
        match outcome:
            case ReplyFault() as fault:
                self.count(fault)
                return
            case None:
                self.timeouts += 1
                return
            case int():
                self.exceptions += 1
                if asked is not None and asked.expected is not None:
                    self._sheet.refuse(asked.function, asked.address, asked.count)
                return
        if asked is None or asked.expected is None:
            return
        self._sheet.put(asked.function, asked.address, outcome, at_us, mono_us)
        self.replies += 1
        self.reply_us, self._heard_us = at_us, mono_us

    def interrupted(self) -> None:
        """The tap ended: what was heard so far counts no more."""
        self._sheet.forget()
        self._learned = (-1, "")

    def look(self, now: Now) -> None:
        """Work out what may be said now."""
        up = self.replies > 0 and now.mono_us - self._heard_us <= self.limit_us
        self.enter(LinkState.UP if up else self.away, now)
        if up:
            self._learn()
        if self.layout is None:
            return
        self.rows = self.layout.rows(now.mono_us, self.limit_us, up=up)
        for n, rows in enumerate(self.rows):
            self.polls[n] = self.polls[n] + (rows.newest_us > self._newest[n])
            self._newest[n] = np.maximum(rows.newest_us, self._newest[n])
        if up:
            self._tell(self.layout)

    def _learn(self) -> None:
        """Find the layout, or more of it, whenever something was heard for the first time."""
        holds = self.layout is not None and self.layout.holds(self._sheet)
        otherwise = self.layout.otherwise if self.layout is not None else ""
        known = (self._sheet.fresh, otherwise)
        if (holds and not self._missing) or known == self._learned:
            return
        self._learned = known
        layout, self._missing = learn(self.device, self._knowledge, self._sheet)
        before = self.layout
        if layout is None or (holds and before is not None and not layout.tells_more(before)):
            return
        layout.holds(self._sheet)
        self.layout = layout
        if before is not None and before.plan.seats == layout.plan.seats:
            return
        shapes = [len(seat.assets) for seat in layout.plan.seats]
        self.polls = [np.zeros(rows, np.int64) for rows in shapes]
        self._newest = [np.zeros(rows, np.int64) for rows in shapes]

    def _tell(self, layout: Layout) -> None:
        """Say what the device says of itself, once all of that was heard."""
        texts = layout.texts()
        if texts is None or layout.chain.trouble:
            return
        self.particulars = Particulars(
            device=self.device.id, asset=self.device.asset, chain=layout.chain.texts(), **texts
        )

    def link(self, tap: str, gaps: int, talks: tuple[Talk, ...], *, crowded: bool) -> Link:
        """The link as it stands; `tap` says in words what is wrong with the tap, empty for nothing, `gaps` how often
        bytes were missed there, `talks` who was heard there, `crowded` whether there were more.
        """
        self.trouble = tap or self._silence()
        missed = f"bytes were missed at the tap {gaps} times" if gaps else ""
        crowd = "more stations talk at the tap than are kept: the rest is left out" if crowded else ""
        return msgspec.structs.replace(
            self.told(self._lacks(), missed, crowd), writers=self._writers.told(), talks=talks
        )

    def _silence(self) -> str:
        if self.state is LinkState.UP:
            return ""
        if not self.requests:
            return "the tap works, and nobody was heard asking this device"
        return "the tap works, and no believable answer of this device was heard lately"

    def _lacks(self) -> str:
        """What is missing although the device is heard, in words."""
        layout = self.layout
        if layout is None or self.state is not LinkState.UP:
            return self._missing
        counts = (
            (layout.unread, "values that nobody reads"),
            (layout.seldom, f"read less often than every {AGE_LIMIT_PERIODS * self.period_s:g} s"),
            (layout.unscaled, "whose scale factor was not heard"),
        )
        told = ", ".join(f"{count} {what}" for count, what in counts if count)
        parts = (layout.otherwise, self._missing, f"absent: {told}" if told else "")
        return "; ".join(part for part in parts if part)
