"""One device as the poller sees it: what to ask it next, and what its answers did to it.

Rules. 1. A station is described first, then polled; a poll is every read once, at most once a period (safety S48).
2. After a failure it waits a period, then longer each time, up to a limit: a silent or lying unit never takes more of a
shared connection than that. 3. A unit that is not as described is described anew before any of its values is used;
one that changes again and again waits longer each time, since a description costs everybody's time.
4. The first good reply is what makes a link UP; two failed polls in a row make it DOWN. 5. Some units cannot be read
across two models: one that refuses such a read, has no model where one should stand, or fails in its first poll is read
model by model from then on. 6. A unit may have refused to be searched only because it was starting: where something
was found wrong it is searched again, less and less often, and polled as before if it shows nothing else.
"""

from typing import Final

import numpy as np

from ironkeep.adapters.equipment.modbus.board import SECOND_US, Board
from ironkeep.adapters.equipment.modbus.config import (
    CHANGED_WAIT_MAX_S,
    DESCRIBE_AGAIN_MAX_S,
    HELD_WAITS,
    PERIOD_MIN_S,
    SLOW_SHARE,
    SWEEP_POLLS,
    Config,
)
from ironkeep.adapters.equipment.modbus.describe import Answer, Described, Description, describe, parted, registers
from ironkeep.adapters.equipment.modbus.poll import Payload, Poll, place
from ironkeep.codecs.chain import END
from ironkeep.codecs.definition import Knowledge
from ironkeep.codecs.modbus import GATEWAY_SILENT, PASSING, Read, Request, request
from ironkeep.model.link import Link, LinkState, Particulars
from ironkeep.model.site import Device
from ironkeep.model.time import Now
from ironkeep.ports.contact import Contact, back_off

SEARCHING: Final = -1  # slot of a read that a search asked for
_DOWN_FAILURES = 2  # in a row: one lost reply is no lost device


class Station(Contact):
    """One device. `order` is its place in the site file."""

    def __init__(
        self, order: int, device: Device, knowledge: Knowledge, board: Board, config: Config, rng: np.random.Generator
    ) -> None:
        super().__init__(device, f"{device.host}:{device.port} unit {device.unit}")
        self.order = order
        self._knowledge, self._board, self._config, self._rng = knowledge, board, config, rng
        self.period_us = int(max(device.period_s, PERIOD_MIN_S) * SECOND_US)
        self.polls = 0
        self.remark = ""  # of what the device is, in words
        self.due_us = 0
        self.spent_us = 0  # of the connection's time, in the present poll
        self.slow = False
        self.begun_us = self.took_us = 0  # when the present turn began; how long the last whole poll took
        self.asked_us = 0  # last turn that was given to it as a suspect
        self.turn = 0  # of description or poll: replies of an earlier one say nothing any more
        self._failures = 0
        self._search: Description | None = None
        self._wanted: Read | None = None
        self._described: Described | None = None
        self._poll: Poll | None = None
        self._kept: Poll | None = None  # what was polled by, while the unit is searched again
        self._alike = 0  # searches that found the same wrong, in a row
        self._again_us = 0
        self._changes = 0  # in a row, each soon after the unit was described
        self._changed_us = self._rest_us = 0  # when it changed last, and how long it waited then
        self._active = False
        self._next = 0
        self._open = 0  # requests of this turn without an answer
        self._sweep = True  # the first poll reads everything
        self._told: dict[str, str] | None = None

    # ------------------------------------------------------------------------------------------------- what to ask
    @property
    def suspect(self) -> bool:
        """Must it give way on a shared connection? It failed, is slow or is not described yet."""
        return self._failures > 0 or self.slow or self._poll is None

    @property
    def slow_alone(self) -> bool:
        """Is that it is slow all that is held against it?"""
        return self.slow and self._failures == 0 and self._poll is not None

    def ready(self, now_us: int) -> bool:
        """Is there something to ask now?"""
        if self._active:
            return self._wanted is not None if self._poll is None else self._next < self._poll.reads
        return now_us >= self.due_us

    @property
    def midway(self) -> bool:
        """Is a poll under way?"""
        return self._active and self._poll is not None

    @property
    def _untried(self) -> bool:
        """Has no poll shown yet that the unit may be read across its models?"""
        return self._poll is not None and not self._poll.proven and bool(self._poll.plan.joined)

    def wake_us(self, now_us: int) -> int:
        """When it will have something to ask, if nothing comes; far away while it waits for an answer."""
        if self._active:
            return now_us if self.ready(now_us) else 1 << 62
        return max(self.due_us, now_us)

    def ask(self, now: Now) -> tuple[Request, int] | None:
        """The next read and its slot; None when there is nothing to read after all. Precondition: `ready`."""
        if not self._active:
            self._begin(now)
            if not self._active:
                return None
        self._open += 1
        if self._poll is None:
            assert self._wanted is not None
            wanted, self._wanted = self._wanted, None
            return request(self.device.unit, wanted), SEARCHING
        slot, self._next = self._next, self._next + 1
        return self._poll.requests[slot], slot

    def _begin(self, now: Now) -> None:
        self._next, self._open, self.spent_us = 0, 0, 0
        self.begun_us = now.mono_us
        self.turn += 1
        # keeps its beat, so that a late turn does not shift all later ones; skips what it missed
        self.due_us = max(self.due_us + self.period_us, now.mono_us + self.period_us // 2)
        if self._poll is not None and self._described and self._described.trouble and now.mono_us >= self._again_us:
            self._kept, self._poll = self._poll, None
        if self._poll is None:
            self._active = True
            self._search = describe(self.device, self._knowledge)
            self._advance(None, now, first=True)
        if self._poll is not None:
            self._active = True
            self._poll.begin(sweep=self._sweep or not self.polls % SWEEP_POLLS)
            self._sweep = False

    # ---------------------------------------------------------------------------------------------- what came of it
    def answer(self, slot: int, turn: int, payload: Payload, now: Now) -> None:
        """Take the registers of a read."""
        self.replies += 1
        self.reply_us = now.at_us
        if turn != self.turn or not self._active:
            return
        self._open -= 1
        poll = self._poll
        if poll is None:
            self._advance(registers(bytes(payload)), now)
            return
        if slot < len(poll.at):
            poll.put(slot, payload, now)
        elif registers(bytes(payload))[0] != END:
            self._forget(now, "the model chain changed")
            return
        if not self._open and self._next == poll.reads:
            self._finish(now)

    def onward(self, slot: int, turn: int, payload: Payload, now: Now) -> Request | None:
        """`answer` and `ask` in one, in the midst of a poll that goes well; returns the next read, of slot + 1.

        None, with nothing taken, where it is the poll's last read or anything else is to be weighed first.
        """
        poll, following = self._poll, slot + 1
        if poll is None or turn != self.turn or following != self._next or following >= poll.reads:
            return None
        if not self._active or self._failures or self.slow or self._open != 1:
            return None
        self.replies += 1
        self.requests += 1
        self.reply_us = now.at_us
        poll.put(slot, payload, now)
        self._next = following + 1
        return poll.requests[following]

    def refuse(self, slot: int, turn: int, code: int, now: Now) -> None:
        """Take an exception reply."""
        self.exceptions += 1
        if code in GATEWAY_SILENT:
            self.fail(turn, now, f"the gateway says: unit {self.device.unit} does not answer")
            return
        self.replies += 1
        self.reply_us = now.at_us
        if turn != self.turn or not self._active:
            return
        self._open -= 1
        if slot == SEARCHING:
            if code in PASSING:
                self.fail(turn, now, "busy")
            else:
                self._advance(None, now)
            return
        poll = self._poll
        assert poll is not None
        if slot in poll.plan.joined and code not in PASSING:
            self._part()
            return
        if slot < len(poll.at):
            poll.refuse(slot, now)
        if not self._open and self._next == poll.reads:
            self._finish(now)

    def fail(self, turn: int, now: Now, why: str) -> None:
        """A read was not answered, or not by a reply that could be believed: this turn is over."""
        if turn != self.turn or not self._active:
            return
        if self._untried:
            self._part()
        elif self._poll is not None and any(self._poll.answered) and not self._poll.finish(now):
            self._poll = None  # what was answered is as good as ever, unless it says that the unit changed
        self._abandon(now)
        self.rest(now, why)

    def rest(self, now: Now, why: str) -> None:
        """Wait before the next turn, longer after each failure in a row."""
        self._failures += 1
        wait_s = period_s = self.period_us / SECOND_US
        if self._failures > 1:
            wait_s = back_off(self._failures - 1, period_s, self._config.retry_max_s, self._rng)
        self.due_us = now.mono_us + int(wait_s * SECOND_US)
        self.trouble = why
        if self._failures >= _DOWN_FAILURES or self._poll is None:
            self.enter(self.away, now)

    def closed(self, now: Now, state: LinkState, why: str) -> None:
        """The connection is gone."""
        if self._active and self._untried:
            self._part()
        self._abandon(now)
        self.turn += 1
        super().closed(now, state, why)

    def _abandon(self, now: Now) -> None:
        """This turn is over, whatever it was."""
        self._active, self._wanted, self._search = False, None, None
        if self._kept is not None:
            self._poll, self._kept = self._kept, None
            self._search_later(now)

    def _search_later(self, now: Now) -> None:
        """Search again, the later the more often it brought nothing else."""
        self._alike += 1
        wait_s = back_off(self._alike, self._config.describe_again_s, DESCRIBE_AGAIN_MAX_S, self._rng)
        self._again_us = now.mono_us + int(wait_s * SECOND_US)

    def opened(self, now: Now, wait_us: int) -> None:
        """There is a connection: the station may be asked after `wait_us`, and not before its period is over."""
        self.due_us = max(self.due_us if self._failures else 0, now.mono_us + wait_us)

    def _advance(self, answer: Answer, now: Now, *, first: bool = False) -> None:
        """Drive the search one step."""
        assert self._search is not None
        try:
            self._wanted = next(self._search) if first else self._search.send(answer)
        except StopIteration as end:
            self._adopt(end.value, now)
            if not first:
                self._well(now)

    def _adopt(self, found: Described, now: Now) -> None:
        self._search, self._wanted, self._active = None, None, False
        kept, self._kept, before = self._kept, None, self._described
        self.remark = found.trouble
        if kept and before and (found.chain, found.trouble) == (before.chain, before.trouble):
            self._poll, self.due_us = kept, now.mono_us
            self._search_later(now)
            return
        self._described, self._alike = found, 0
        self._search_later(now)
        if found.plan is None:
            self._board.remove(self.device.id)
            self.due_us = now.mono_us + int(self._config.describe_again_s * SECOND_US)
            self._tell({})
        else:
            self._place(found)
            self.due_us = now.mono_us

    def _place(self, described: Described) -> None:
        """Poll by this from now on."""
        self._described = described
        self._poll = place(self.order, self.device, described, self.period_us / SECOND_US, self._board)
        self._sweep = True

    def _part(self) -> None:
        """Read the models one by one, from the next poll on."""
        assert self._described is not None
        self._active = False
        self._place(parted(self.device, self._described))

    def _finish(self, now: Now) -> None:
        poll = self._poll
        assert poll is not None
        self._active = False
        self.polls += 1
        if not poll.finish(now):
            if poll.plan.joined and not poll.proven:
                self._part()
            else:
                self._forget(now, "a model's header or counts changed")
            return
        self.slow = self.spent_us > SLOW_SHARE * self.period_us
        self.took_us = now.mono_us - self.begun_us
        self._well(now)
        if poll.texts is not self._told:
            self._tell(poll.texts)

    def _tell(self, texts: dict[str, str]) -> None:
        """Say anew what the device says about itself."""
        assert self._described is not None
        self._told = texts
        chain = self._described.chain.texts()
        self.particulars = Particulars(device=self.device.id, asset=self.device.asset, chain=chain, **texts)

    def _well(self, now: Now) -> None:
        self._failures = 0
        self.trouble = ""
        if self.state is not LinkState.UP:
            self.enter(LinkState.UP, now)

    def _forget(self, now: Now, why: str) -> None:
        """What was described no longer holds: describe anew, once a period is over, or later if it never holds long."""
        held = now.mono_us - self._changed_us > (HELD_WAITS + 1) * self._rest_us
        self._changes = 1 if held else self._changes + 1
        wait_s = back_off(self._changes, 2 * self.period_us / SECOND_US, CHANGED_WAIT_MAX_S, self._rng)
        self._changed_us, self._rest_us = now.mono_us, int(wait_s * SECOND_US)
        self._poll, self._active = None, False
        self.remark = why if held else f"{why}, {self._changes} times in a row: next look in {wait_s:.0f} s"
        self.due_us = max(self.due_us, now.mono_us + self._rest_us)

    def link(self) -> Link:
        """The link as it stands; with TLS both sides have shown certificates before the first reply."""
        lag = ""
        if self.took_us > self.period_us:
            took_s, period_s = self.took_us / SECOND_US, self.period_us / SECOND_US
            lag = f"a poll takes {took_s:.1f} s, longer than its period of {period_s:g} s: raise period_s"
        return self.told(self.remark, lag, authenticated=self.device.tls is not None and self.replies > 0)
