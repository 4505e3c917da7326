"""One unit's registers as they come in, and how they become rows.

Rules. 1. A poll is every read of the unit once. A row is written when all its reads were answered in this poll; an
unanswered read leaves its rows as old as they are. 2. A read that the device answered with an exception makes absent,
with that reason, the values from it and those that a register of it scales. 3. Registers on which the layout depends
are looked at before any value is used; when one reads otherwise nothing is written and the unit must be described anew.
4. A row is as old as the oldest of its reads: a unit that answers slowly does not make its values young (safety S12).
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ironkeep.adapters.equipment.modbus.board import Board, Place
from ironkeep.adapters.equipment.modbus.describe import Described
from ironkeep.codecs.modbus import Function, Read, Request, request
from ironkeep.codecs.unit import UnitPlan
from ironkeep.codecs.words import text
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.model.site import Device
from ironkeep.model.time import Now

Payload = bytes | memoryview
QUICK_US: Final = 100_000  # a poll that took no longer has one time for all its rows: that of its end


class Poll:
    """The registers of one unit and what has been answered of the present poll.

    `requests` are the reads by slot, the last one the look at the end of the chain if there is one. `proven`: every one
    was answered well in one poll.
    """

    def __init__(self, plan: UnitPlan, places: list[Place], board: Board, requests: list[Request]) -> None:
        self.plan, self._places, self._board = plan, places, board
        self.requests = requests
        self.buffer = bytearray(2 * (plan.words + 1))
        self.at = [2 * slot.word for slot in plan.slots]
        self._wire: NDArray[np.uint16] = np.frombuffer(self.buffer, ">u2")
        self._words = np.zeros(plan.words + 1, np.uint16)
        self._text_bytes: tuple[bytes, ...] = ()
        self.texts: dict[str, str] = {}
        self.answered = bytearray(len(plan.slots))
        self.excepted = bytearray(len(plan.slots))
        self._mono_us = [0] * len(plan.slots)  # when each read was answered in this poll
        self.reads = self.missing = 0
        self._any_excepted = self._swept = self.proven = False

    def begin(self, *, sweep: bool) -> None:
        """Start a poll: nothing has been answered. A sweep also reads what shows nothing but texts; so does every poll
        of a unit that shows nothing else.
        """
        slots, sweep = len(self.plan.slots), sweep or not self.plan.swept
        first = slots if sweep else self.plan.swept
        self.answered = bytearray(first) + b"\1" * (slots - first)
        self.excepted = bytearray(slots)
        self._any_excepted, self._swept = False, sweep
        self.missing = first
        self.reads = len(self.requests) if sweep else first

    def put(self, slot: int, payload: Payload, now: Now) -> None:
        """Take the registers of one read, which was not answered before."""
        at = self.at[slot]
        self.buffer[at : at + len(payload)] = payload
        self.answered[slot] = 1
        self._mono_us[slot] = now.mono_us
        self.missing -= 1

    def refuse(self, slot: int, now: Now) -> None:
        """Take an exception for one read, which was not answered before."""
        self.excepted[slot] = self.answered[slot] = 1
        self._mono_us[slot] = now.mono_us
        self._any_excepted = True
        self.missing -= 1

    def finish(self, now: Now) -> bool:
        """Write the rows whose reads were answered. Returns False when the unit is no longer as described."""
        plan, words = self.plan, self._words
        words[:] = self._wire
        usual = not self.missing and not self._any_excepted
        if not usual:
            answered = self._bits(self.answered) & ~self._bits(self.excepted)
            if ((words.take(plan.pins) != plan.expected) & answered.take(plan.pin_slots)).any():
                return False
        elif words.take(plan.pins).tobytes() != plan.expected_bytes:
            return False
        plan.plan.decode(words)
        self._board.settle()
        if usual and now.mono_us - min(self._mono_us[: self.reads], default=now.mono_us) <= QUICK_US:
            at_us, mono_us = now.at_us, now.mono_us
            for place, section in zip(self._places, plan.plan.sections, strict=True):
                place.analog[...] = section.analog
                place.integer[...] = section.integer
                place.quality[...] = section.absent
                place.fresh += 1
                place.at_us, place.mono_us = at_us, mono_us
        else:
            self._partly(now)
        if self._swept:
            self.proven |= usual
            self._read_texts()
        return True

    @staticmethod
    def _bits(marks: bytearray) -> NDArray[np.bool_]:
        return np.frombuffer(bytes(marks), np.bool_)

    def _partly(self, now: Now) -> None:
        """Write what there is: whole rows only, each as old as it is, with exceptions marked."""
        answered_us = np.array(self._mono_us, np.int64)
        plan, all_answered, all_excepted = self.plan, self._bits(self.answered), self._bits(self.excepted)
        for place, section, touched, scaling in zip(
            self._places, plan.plan.sections, plan.touched, plan.scaling, strict=True
        ):
            done = (all_answered.take(touched) & all_answered.take(scaling)).all(axis=1)
            if not done.any():
                continue
            place.note()
            group, rows = place.group, place.start + np.flatnonzero(done)
            excepted = (all_excepted.take(touched) | all_excepted.take(scaling))[done]
            split = section.analog.shape[1]
            analog, integer = section.analog[done], section.integer[done]
            analog[excepted[:, :split]] = np.nan
            integer[excepted[:, split:]] = ABSENT_INTEGER
            group.analog[rows] = analog
            group.integer[rows] = integer
            group.quality[rows] = np.where(excepted, np.uint16(Quality.EXCEPTION), section.absent[done])
            oldest_us = answered_us.take(touched[done]).min(axis=1)
            group.collected_us[rows] = now.at_us - (now.mono_us - oldest_us)
            group.read_us[rows] = oldest_us
            group.polls[rows] += 1

    def _read_texts(self) -> None:
        raw = tuple(bytes(self.buffer[2 * word : 2 * (word + size)]) for _, word, size in self.plan.texts)
        if raw != self._text_bytes:
            self._text_bytes = raw
            self.texts = {name: text(each) for (name, _, _), each in zip(self.plan.texts, raw, strict=True)}


def place(order: int, device: Device, described: Described, period_s: float, board: Board) -> Poll:
    """Seat a described unit on the board and make it ready to poll."""
    plan, after = described.plan, described.chain.after
    assert plan is not None
    reads = [slot.read for slot in plan.slots]
    if after is not None:
        reads.append(Read(Function.HOLDING, after - 2, 2))
    requests = [request(device.unit, read) for read in reads]
    return Poll(plan, board.seat(order, device.id, plan.seats, period_s), board, requests)
