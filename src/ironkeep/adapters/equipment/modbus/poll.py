"""One unit's registers as they come in, and how they become rows.

Rules. 1. A poll is every read of the unit once. A row is written when all its reads were answered in this poll; an
unanswered read leaves its rows as old as they are. 2. A read that the device answered with an exception makes absent,
with that reason, the values from it and those that a register of it scales. 3. Registers on which the layout depends
are looked at before any value is used; when one reads otherwise nothing is written and the unit must be described anew.
"""

import numpy as np
from numpy.typing import NDArray

from ironkeep.adapters.equipment.modbus.board import Board, Place
from ironkeep.codecs.unit import UnitPlan
from ironkeep.codecs.words import text
from ironkeep.model.ids import DeviceId
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.model.time import Now

_CHECK_WORDS = 2  # the end marker's, read now and then, behind the spare word


class Poll:
    """The registers of one unit and what has been answered of the present poll."""

    def __init__(self, plan: UnitPlan, places: list[Place], board: Board) -> None:
        self.plan, self._places, self._board = plan, places, board
        self.buffer = bytearray(2 * (plan.words + 1 + _CHECK_WORDS))
        self._wire: NDArray[np.uint16] = np.frombuffer(self.buffer, ">u2", plan.words + 1)
        self._words = np.zeros(plan.words + 1, np.uint16)
        self.check_word = plan.words + 1
        self._text_bytes: tuple[bytes, ...] = ()
        self.texts: dict[str, str] = {}
        self.answered = np.zeros(len(plan.slots), np.bool_)
        self.excepted = np.zeros(len(plan.slots), np.bool_)
        self.missing = len(plan.slots)

    def begin(self) -> None:
        """Start a poll: nothing has been answered."""
        self.answered[:] = False
        self.excepted[:] = False
        self.missing = len(self.plan.slots)

    def put(self, slot: int, payload: bytes) -> None:
        """Take the registers of one read."""
        at = 2 * self.plan.slots[slot].word
        self.buffer[at : at + len(payload)] = payload
        self._mark(slot)

    def refuse(self, slot: int) -> None:
        """Take an exception for one read."""
        self.excepted[slot] = True
        self._mark(slot)

    def _mark(self, slot: int) -> None:
        if not self.answered[slot]:
            self.answered[slot] = True
            self.missing -= 1

    def finish(self, now: Now) -> bool:
        """Write the rows whose reads were answered. Returns False when the unit is no longer as described."""
        plan, words = self.plan, self._words
        words[:] = self._wire
        usual = not self.missing and not self.excepted.any()
        wrong = words.take(plan.pins) != plan.expected
        if not usual:
            wrong &= (self.answered & ~self.excepted).take(plan.pin_slots)
        if wrong.any():
            return False
        plan.plan.decode(words)
        self._board.settle()
        if usual:
            for place, section in zip(self._places, plan.plan.sections, strict=True):
                rows, group = slice(place.start, place.stop), place.group
                group.analog[rows] = section.analog
                group.integer[rows] = section.integer
                group.quality[rows] = section.absent
                group.collected_us[rows] = now.at_us
                group.read_us[rows] = now.mono_us
                group.polls[rows] += 1
        else:
            self._partly(now)
        self._read_texts()
        return True

    def _partly(self, now: Now) -> None:
        """Write what there is: whole rows only, with exceptions marked."""
        plan = self.plan
        for place, section, touched, scaling in zip(
            self._places, plan.plan.sections, plan.touched, plan.scaling, strict=True
        ):
            done = (self.answered.take(touched) & self.answered.take(scaling)).all(axis=1)
            if not done.any():
                continue
            group, rows = place.group, place.start + np.flatnonzero(done)
            excepted = (self.excepted.take(touched) | self.excepted.take(scaling))[done]
            split = section.analog.shape[1]
            analog, integer = section.analog[done], section.integer[done]
            analog[excepted[:, :split]] = np.nan
            integer[excepted[:, split:]] = ABSENT_INTEGER
            group.analog[rows] = analog
            group.integer[rows] = integer
            group.quality[rows] = np.where(excepted, np.uint16(Quality.EXCEPTION), section.absent[done])
            group.collected_us[rows] = now.at_us
            group.read_us[rows] = now.mono_us
            group.polls[rows] += 1

    def _read_texts(self) -> None:
        raw = tuple(bytes(self.buffer[2 * word : 2 * (word + size)]) for _, word, size in self.plan.texts)
        if raw != self._text_bytes:
            self._text_bytes = raw
            self.texts = {name: text(each) for (name, _, _), each in zip(self.plan.texts, raw, strict=True)}


def place(order: int, device: DeviceId, plan: UnitPlan, period_s: float, board: Board) -> Poll:
    """Seat a described unit on the board and make it ready to poll."""
    return Poll(plan, board.seat(order, device, plan.seats, period_s), board)
