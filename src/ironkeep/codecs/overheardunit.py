"""A unit as it shows itself to somebody who only listens: which models it has, and what may be said of each value.

Rules. 1. The chain of models is declared, or it is learned when a master walks it; a chain of which a part was heard is
as long as that part. 2. A model counts once its ID, its length and its counts were heard; for a declared chain the
declaration stands for ID and length. What is heard to be otherwise ends the plan. 3. A value counts when all its
registers came in one reply, when its scale factor was heard, and while it is read regularly. What nobody reads is
absent. 4. Nothing is guessed: an unheard count leaves its model out, an unheard scale factor its values.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ironkeep.codecs.chain import BASES, Chain, Entry, search
from ironkeep.codecs.definition import Knowledge
from ironkeep.codecs.layout import Word, spread
from ironkeep.codecs.modbus import Function
from ironkeep.codecs.sheet import Look, Sheet
from ironkeep.codecs.unit import SUNSPEC, Chart, Found, UnitPlan, compose, placed, wants_rows
from ironkeep.codecs.words import text
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.model.site import Device

MODELS_TOLD_MAX: Final = 4
_REGISTERS_MAX: Final = 125


class _Unheard(Exception):  # noqa: N818 - the state of a sheet, not a bug
    """A register that nobody read."""


@dataclass(frozen=True, slots=True)
class _Where:
    """For each value of a part, (rows, columns): first and last word, word of its scale factor (-1 none), model."""

    own: NDArray[np.intp]
    last: NDArray[np.intp]
    scale: NDArray[np.intp]
    block: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one part, as they stand. `at_us` is when the oldest value that is shown in each row came (wall),
    `newest_us` when the newest register of it came (monotonic), 0 for never.
    """

    analog: NDArray[np.float32]
    integer: NDArray[np.int64]
    quality: NDArray[np.uint16]
    at_us: NDArray[np.int64]
    newest_us: NDArray[np.int64]


class Layout:
    """The plan of a unit whose chain is known, and where each of its values stands."""

    def __init__(self, device: Device, chain: Chain, found: Sequence[Found], charts: Sequence[Chart]) -> None:
        self.chain, self.declared = chain, bool(device.chain)
        self.plan: UnitPlan = compose(
            device.asset,
            found,
            charts,
            children=device.children,
            registers_max=_REGISTERS_MAX,
            sign=device.power_sign,
        )
        self._edges = np.cumsum([min(each.layout.registers, each.entry.length + 2) for each in found], dtype=np.intp)
        self._pin_block = np.searchsorted(self._edges, self.plan.pins, side="right")
        starts = np.concatenate(([0], self._edges))[self._pin_block] if len(found) else self.plan.pins
        self._told = (self.plan.pins - starts < 2) & self.declared  # ID and length, which the site file says
        self._where = tuple(self._places())
        self.look = Look(self.plan.words + 1)
        self._models = len(found) + len(charts)
        self.unread = self.seldom = self.unscaled = 0  # values that nobody reads, or too seldom, or that nothing scales
        self.otherwise = ""  # what was heard to be otherwise than the plan has it

    def _places(self) -> list[_Where]:
        found = []
        for part in self.plan.plan.parts:
            fields = (*part.analog, *part.integer)
            starts, blocks = np.array(part.starts, np.intp)[:, None], np.array(part.blocks, np.intp)[:, None]
            own = starts + np.array([field.offset for field in fields], np.intp)
            last = own + np.array([field.point.registers - 1 for field in fields], np.intp)
            offset = np.array([-1 if field.scale is None else field.scale for field in fields], np.intp)
            near = np.array([field.near for field in fields], np.bool_)
            scale = np.where(offset < 0, -1, np.where(near, starts, blocks) + offset)
            found.append(_Where(own, last, scale, np.searchsorted(self._edges, own, side="right")))
        return found

    def tells_more(self, other: "Layout") -> bool:
        """Does it know models that the other does not, or the end of the chain?"""
        return self._models > other._models or bool(other.chain.trouble and not self.chain.trouble)

    def holds(self, sheet: Sheet) -> bool:
        """Look at the sheet; False, and `otherwise` says it, when a register that the plan hangs on reads otherwise."""
        self.look.stamp[:], self.look.excepted[:] = 0, False  # of before an interruption nothing stays
        for slot in self.plan.slots:
            sheet.look(slot.read.function, slot.read.address, slot.read.count, self.look, slot.word)
        pins, self.otherwise = self.plan.pins, ""
        wrong = np.flatnonzero((self.look.words[pins] != self.plan.expected) & (self.look.stamp[pins] > 0))
        if wrong.size:
            word = int(pins[wrong[0]])
            slot = next(each for each in self.plan.slots if each.word <= word < each.word + each.read.count)
            register = slot.read.address + word - slot.word
            expected = int(self.plan.expected[wrong[0]])
            self.otherwise = f"register {register} reads {int(self.look.words[word])} and should read {expected}"
        return not wrong.size

    def rows(self, now_us: int, limit_us: int, *, up: bool) -> list[Rows]:
        """What may be said of every value at monotonic `now_us`; `up`: is the unit heard at all?"""
        look = self.look
        self.plan.plan.decode(look.words)
        proven = np.ones(len(self._edges) + 1, np.bool_)
        right = look.words[self.plan.pins] == self.plan.expected
        heard = look.stamp[self.plan.pins] > 0
        np.logical_and.at(proven, self._pin_block, (heard & right) | (self._told & ~heard))
        self.unread = self.seldom = self.unscaled = 0
        found = []
        for where, section in zip(self._where, self.plan.plan.sections, strict=True):
            stamp, scale = look.stamp[where.own], np.maximum(where.scale, 0)
            scaled = (where.scale < 0) | (look.stamp[scale] > 0)
            whole = (stamp > 0) & self._of_one_moment(where, stamp)
            quality = section.absent.copy()
            seldom = whole & ~look.regular[where.own]
            quality[~(whole & scaled & proven[where.block]) | seldom] = Quality.ABSENT
            self.unread += int((~whole).sum())
            self.seldom += int(seldom.sum())
            self.unscaled += int((whole & ~scaled).sum())
            quality[whole & look.regular[where.own] & (now_us - stamp > limit_us)] = Quality.LOST
            quality[look.excepted[where.own] | ((where.scale >= 0) & look.excepted[scale])] = Quality.EXCEPTION
            if not up:
                quality[:] = Quality.LOST
            found.append(self._shown(where, section.analog, section.integer, quality))
        return found

    def _of_one_moment(self, where: _Where, stamp: NDArray[np.int64]) -> NDArray[np.bool_]:
        same = np.ones(stamp.shape, np.bool_)
        for ahead in range(1, 1 + int((where.last - where.own).max(initial=0))):
            same &= (where.own + ahead > where.last) | (
                self.look.stamp[np.minimum(where.own + ahead, where.last)] == stamp
            )
        return same

    def _shown(
        self, where: _Where, analog: NDArray[np.float32], integer: NDArray[np.int64], quality: NDArray[np.uint16]
    ) -> Rows:
        gone = quality != 0
        split = analog.shape[1]
        at_us, stamp = self.look.at_us[where.own], self.look.stamp[where.own]
        never = np.iinfo(np.int64).max
        oldest = np.where(gone, never, at_us).min(axis=1, initial=never)
        return Rows(
            np.where(gone[:, :split], np.float32(np.nan), analog),
            np.where(gone[:, split:], ABSENT_INTEGER, integer),
            quality,
            np.where(oldest == never, at_us.max(axis=1, initial=0), oldest),
            stamp.max(axis=1, initial=0),
        )

    def texts(self) -> dict[str, str] | None:
        """What the unit says of itself; None while a part of it was not heard."""
        found = {}
        for name, word, size in self.plan.texts:
            if not self.look.stamp[word : word + size].all():
                return None
            found[name] = text(self.look.words[word : word + size].astype(">u2").tobytes())
        return found


def learn(device: Device, knowledge: Knowledge, sheet: Sheet) -> tuple[Layout | None, str]:
    """The layout as far as declaration and sheet tell it (None while they tell nothing), and what is missing in
    words.
    """
    chain, trouble = Chain(None), []
    found: list[Found] = []
    if SUNSPEC in device.maps:
        chain = declared(device.chain) if device.chain else _heard(device, sheet)
        if chain.trouble:
            trouble.append(chain.trouble)
        unheard: list[str] = []
        for entry in chain.entries:
            model = knowledge.model(entry.model)
            if model is None:
                continue
            try:
                layout = spread(model, entry.length, _words(entry, sheet), rows=wants_rows(model, device.children))
            except _Unheard:
                unheard.append(str(entry))
                continue
            found.append(Found(entry, model, layout))
        if unheard:
            more = f" and {len(unheard) - MODELS_TOLD_MAX} more" if len(unheard) > MODELS_TOLD_MAX else ""
            trouble.append(f"nobody reads how often parts repeat in {', '.join(unheard[:MODELS_TOLD_MAX])}{more}")
    charts, unplaced = placed(device.maps, knowledge, chain.after, "whose end was not heard")
    trouble += unplaced
    if not found and not charts:
        return None, "; ".join(trouble) or "no model that we know"
    layout_ = Layout(device, chain, found, charts)
    return (layout_ if layout_.plan.slots else None), "; ".join(trouble)


def _words(entry: Entry, sheet: Sheet) -> Word:
    """The registers of a model by offset. Raises _Unheard for one that nobody read."""

    def word(offset: int) -> int:
        if offset < 2:
            return (entry.model, entry.length)[offset]
        value = sheet.word(Function.HOLDING, entry.address + offset)
        if value is None:
            raise _Unheard
        return value

    return word


def _heard(device: Device, sheet: Sheet) -> Chain:
    """The chain as far as masters have read it."""
    best = Chain(None, trouble="no master was heard reading the SunSpec mark; declare `chain` to do without")
    for base in BASES if device.base is None else (device.base, *BASES):
        walk = search((base,))
        wanted = next(walk)
        unheard = False
        try:
            while True:
                words = [sheet.word(wanted.function, wanted.address + n) for n in range(wanted.count)]
                answer = None if None in words else tuple(word for word in words if word is not None)
                unheard |= answer is None
                wanted = walk.send(answer)
        except StopIteration as end:
            chain: Chain = end.value
        if chain.base is None:
            continue
        if unheard:
            last = chain.entries[-1] if chain.entries else None
            after = f"behind {last}" if last else "behind the mark"
            return Chain(chain.base, chain.entries, trouble=f"nobody was heard reading the chain {after}")
        return chain
    return best


def declared(entries: Sequence[str]) -> Chain:
    """The chain of a site file, each entry as `802@40070+62`. Raises ValueError for entries that are none or do not
    follow each other.
    """
    found: list[Entry] = []
    for each in entries:
        number, _, rest = each.partition("@")
        address, _, length = rest.partition("+")
        entry = Entry(int(number), int(address), int(length))
        if found and entry.address != found[-1].address + found[-1].length + 2:
            raise ValueError(f"{each} does not begin where {found[-1]} ends")
        found.append(entry)
    last = found[-1]
    return Chain(found[0].address - 2, tuple(found), after=last.address + last.length + 4)
