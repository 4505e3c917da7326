"""A plan turns the registers of a unit into columns: one gather for all its values of one width, no Python per value.

Rules. 1. All registers of one poll stand in one array of words; behind them stand two words that say "nothing". 2. What
a plan needs is worked out once; a poll costs a few numpy calls however many points there are. 3. Scale factors are
configuration: when a register with one reads otherwise than at the last poll, the scales are worked out anew before any
value is shown. 4. A value whose scale factor is not implemented, or is no power of ten that SunSpec allows, is absent.
5. Counters hold whole units; a fraction is dropped. 6. Not a number and infinite are absent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ironkeep.codecs.layout import Field
from ironkeep.codecs.words import SCALE_MAX, TYPES, Shape
from ironkeep.model.point import PointKind
from ironkeep.model.quality import ABSENT_INTEGER, Quality

SPARE_WORDS: Final = 1  # behind the registers: a scale factor that reads zero, for values that nothing scales
_NO_SCALE: Final = -1
_CUT_OFF: Final = -2  # the register with the scale factor is not offered: nothing can be said of the value
_COUNTER_MAX: Final = 2**63 - 1

Words = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of equal columns: `starts` gives for each row the word at which offset 0 stands.

    `blocks` gives for each row the word at which its block starts, which scale factors are counted from.
    """

    analog: tuple[Field, ...]
    integer: tuple[Field, ...]
    starts: tuple[int, ...]
    blocks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Where a part's values stand in what a plan decodes: read-only views of it, one row a row of the part."""

    analog: NDArray[np.float32]
    integer: NDArray[np.int64]
    absent: NDArray[np.uint16]


class _Lane:
    """All values of one width; analog ones first, in `analog` elements, then integer ones."""

    def __init__(self, shape: Shape, elements: Sequence["_Element"], analog: int) -> None:
        count = shape.value if shape in (Shape.WORD, Shape.PAIR, Shape.QUAD) else {5: 2, 6: 4}[shape.value]
        self.shape, self.analog, self.size = shape, analog, len(elements)
        places = np.array([each.word for each in elements], np.intp)
        lanes = np.arange(count)[None, :].repeat(len(elements), 0)
        little = np.array([each.field.point.little for each in elements])
        lanes[little] = lanes[little, ::-1]
        order = places[:, None] + lanes
        self.index = [np.ascontiguousarray(order[:, n]) for n in range(count)]
        signed = np.array([TYPES[each.field.point.type].signed for each in elements])
        absents = [each.field.point.absent for each in elements]
        self.can_lack = np.array([absent is not None for absent in absents])
        self.all_can_lack = bool(self.can_lack.all())
        bits = 16 * count
        wide = {16: np.uint16, 32: np.uint32, 64: np.uint64}[bits]
        self.lack = np.array([absent or 0 for absent in absents], wide)
        self.signed = signed
        self.flip: NDArray[Any] = np.where(signed, 1 << (bits - 1), 0).astype(
            np.int32 if bits == 16 else np.int64, casting="unsafe"
        )

    def raw(self, words: Words) -> NDArray[np.unsignedinteger]:
        """The raw numbers, unsigned."""
        raw: NDArray[np.unsignedinteger] = words.take(self.index[0])
        if len(self.index) == 1:
            return raw
        wide = np.uint32 if len(self.index) == 2 else np.uint64
        raw = raw.astype(wide)
        for index in self.index[1:]:
            raw <<= wide(16)
            raw |= words.take(index)
        return raw

    def values(self, words: Words) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """The numbers with their sign, and where there is none."""
        raw = self.raw(words)
        gone = raw == self.lack
        if not self.all_can_lack:
            gone &= self.can_lack
        if self.shape is Shape.WORD:
            value: NDArray[Any] = raw.astype(np.int32)
            value ^= self.flip
            value -= self.flip
            return value, gone
        if self.shape is Shape.PAIR:
            wider: NDArray[Any] = raw.astype(np.int64)
            wider ^= self.flip
            wider -= self.flip
            return wider, gone
        if self.shape is Shape.QUAD:
            whole = raw.view(np.int64)
            gone |= ~self.signed & (whole < 0)  # beyond what the i8 block holds
            gone |= whole == ABSENT_INTEGER
            return whole, gone
        real = raw.view(np.float32 if self.shape is Shape.FLOAT else np.float64)
        gone |= ~np.isfinite(real)
        return np.where(gone, 0.0, real), gone


@dataclass(frozen=True, slots=True)
class _Element:
    field: Field
    word: int
    scale: int  # word of its scale factor, or _NO_SCALE, _CUT_OFF
    place: int  # in the finished block


class Plan:
    """The plan of one unit. `count` is the number of its registers in the words; `sign` is the device's power_sign."""

    def __init__(self, parts: Sequence[Part], count: int, sign: int) -> None:
        assert sign in (1, -1)
        self.count = count
        self.parts = tuple(parts)
        analog = _elements(parts, count, integer=False)
        integer = _elements(parts, count, integer=True)
        self._lanes: list[_Lane] = []
        analog_order: list[_Element] = []
        integer_order: list[_Element] = []
        for shape in (Shape.WORD, Shape.PAIR, Shape.QUAD, Shape.FLOAT, Shape.DOUBLE):
            some = [each for each in analog if TYPES[each.field.point.type].shape is shape]
            more = [each for each in integer if TYPES[each.field.point.type].shape is shape]
            if some or more:
                self._lanes.append(_Lane(shape, [*some, *more], len(some)))
            analog_order += some
            integer_order += more
        self._doubles = any(lane.shape is Shape.DOUBLE for lane in self._lanes)
        self._analog = _Scaling(analog_order, sign)
        self._integer = _Scaling(integer_order, sign)
        scales = {each.scale for each in (*analog_order, *integer_order) if each.scale >= 0}
        self._scale_words = np.array(sorted(scales), np.intp)
        self._scales_seen: bytes | None = None
        self._values: NDArray[Any] = np.zeros(len(analog_order), np.float64)
        self._counts = np.zeros(len(integer_order), np.int64)
        self._gone = np.zeros(len(analog_order) + len(integer_order), np.bool_)
        self._wide = np.zeros(len(analog_order), np.float32)
        self._analog_at = _positions(analog_order)
        self._integer_at = _positions(integer_order)
        self._gone_at = _interleaved(self.parts, self._analog_at, self._integer_at)
        self.analog = np.full(len(analog_order), np.nan, np.float32)
        self.integer = np.full(len(integer_order), ABSENT_INTEGER, np.int64)
        self.absent = np.full(len(analog_order) + len(integer_order), int(Quality.ABSENT), np.uint16)
        self.sections = tuple(self._sections())

    def decode(self, words: Words) -> bool:
        """Decode the words (`count` registers and the spare one) into `analog`, `integer` and `absent`.

        Returns True when a scale factor read otherwise than the last time.
        """
        changed = self._rescale(words)
        at_analog, at_integer = 0, len(self._values)
        for lane in self._lanes:
            values, gone = lane.values(words)
            split = lane.analog
            to_analog, to_integer = at_analog + split, at_integer + lane.size - split
            if split:
                self._values[at_analog:to_analog] = values[:split]
                self._gone[at_analog:to_analog] = gone[:split]
            if split < lane.size:
                first = at_integer - len(self._values)
                self._counts[first : first + lane.size - split] = values[split:]
                self._gone[at_integer:to_integer] = gone[split:]
            at_analog, at_integer = to_analog, to_integer
        self._finish()
        return changed

    def _rescale(self, words: Words) -> bool:
        seen = words.take(self._scale_words).tobytes()
        if seen == self._scales_seen:
            return False
        first = self._scales_seen is None
        self._scales_seen = seen
        self._analog.adopt(words)
        self._integer.adopt(words)
        return not first

    def _finish(self) -> None:
        analog, whole = self._analog, self._integer
        some = len(self._values)
        gone_analog, gone_whole = self._gone[:some], self._gone[some:]
        if analog.any_lost:
            gone_analog |= analog.lost
        if whole.any_lost:
            gone_whole |= whole.lost
        np.divide(self._values, analog.divisor, out=self._values)
        if analog.multiplies or self._doubles:
            with np.errstate(over="ignore"):
                self._values *= analog.multiplier
                self._wide[:] = self._values
            gone_analog |= ~np.isfinite(self._wide)  # beyond what the f4 block holds
        else:
            self._wide[:] = self._values
        if whole.scaled:
            gone_whole |= np.abs(self._counts) > whole.limit
            self._counts *= whole.whole_multiplier
            self._counts //= whole.whole_divisor
        np.copyto(self._wide, np.nan, where=gone_analog)
        np.copyto(self._counts, ABSENT_INTEGER, where=gone_whole)
        self._wide.take(self._analog_at, out=self.analog)
        self._counts.take(self._integer_at, out=self.integer)
        self.absent[:] = self._gone.take(self._gone_at)  # True is 1, which is Quality.ABSENT

    def _sections(self) -> Sequence[Section]:
        found, a, i, q = [], 0, 0, 0
        for part in self.parts:
            rows, analog, integer = len(part.starts), len(part.analog), len(part.integer)
            found.append(
                Section(
                    self.analog[a : a + rows * analog].reshape(rows, analog),
                    self.integer[i : i + rows * integer].reshape(rows, integer),
                    self.absent[q : q + rows * (analog + integer)].reshape(rows, analog + integer),
                )
            )
            a, i, q = a + rows * analog, i + rows * integer, q + rows * (analog + integer)
        return found


class _Scaling:
    """What the values of a block are divided by and multiplied with, by the scale factors as they read now."""

    def __init__(self, elements: Sequence[_Element], sign: int) -> None:
        points = [each.field.point for each in elements]
        self._exponent = np.array([point.exponent for point in points], np.int64)
        factor = [point.factor * (sign if point.signed else 1) for point in points]
        self._factor = np.array(factor, np.float64)
        self._scale = np.array([max(each.scale, _NO_SCALE) for each in elements], np.intp)
        self._cut_off = np.array([each.scale == _CUT_OFF for each in elements], np.bool_)
        self.adopt(np.zeros(int(self._scale.max(initial=-1)) + 2, np.uint16))

    def adopt(self, words: Words) -> None:
        """Take the scale factors from the words."""
        scale = words.astype(np.int16).take(self._scale)
        bad = (np.abs(scale.astype(np.int64)) > SCALE_MAX) & (self._scale >= 0)
        self.lost = bad | self._cut_off
        self.any_lost = bool(self.lost.any())
        power = np.where(self.lost, 0, self._exponent + np.where(self._scale >= 0, scale, 0))
        self.divisor = 10.0 ** np.maximum(-power, 0)
        self.multiplier = self._factor * 10.0 ** np.maximum(power, 0)
        self.multiplies = bool((self.multiplier != 1.0).any())
        self.whole_divisor = np.int64(10) ** np.clip(-power, 0, 18)
        self.whole_multiplier: NDArray[Any] = self._factor.astype(np.int64) * np.int64(10) ** np.clip(power, 0, 18)
        self.limit = _COUNTER_MAX // np.maximum(np.abs(self.whole_multiplier), 1)
        self.scaled = bool((self.whole_multiplier != 1).any() or (self.whole_divisor != 1).any())


def is_analog(field: Field) -> bool:
    """Is the field held in the f4 block?"""
    return field.point.kind is PointKind.ANALOG


def shown(field: Field) -> bool:
    """Is the field a column at all?"""
    return not field.point.hidden


def _elements(parts: Sequence[Part], count: int, *, integer: bool) -> list[_Element]:
    found: list[_Element] = []
    for part in parts:
        fields = part.integer if integer else part.analog
        for start, block in zip(part.starts, part.blocks, strict=True):
            for field in fields:
                if field.scale is None:
                    scale = _NO_SCALE
                else:
                    scale = (start if field.near else block) + field.scale if field.scale >= 0 else _CUT_OFF
                assert start + field.offset + field.point.registers <= count
                found.append(_Element(field, start + field.offset, scale, len(found)))
    return found


def _positions(order: Sequence[_Element]) -> NDArray[np.intp]:
    """For each place in the finished block, where its value stands among the lanes."""
    at = np.empty(len(order), np.intp)
    at[[each.place for each in order]] = np.arange(len(order))
    return at


def _interleaved(parts: Sequence[Part], analog_at: NDArray[np.intp], integer_at: NDArray[np.intp]) -> NDArray[np.intp]:
    """Where the quality of each row's columns stands: a row's analog columns, then its integer ones."""
    pieces: list[NDArray[np.intp]] = []
    a = i = 0
    for part in parts:
        rows, analog, integer = len(part.starts), len(part.analog), len(part.integer)
        left = analog_at[a : a + rows * analog].reshape(rows, analog)
        right = len(analog_at) + integer_at[i : i + rows * integer].reshape(rows, integer)
        pieces.append(np.hstack([left, right]).ravel())
        a, i = a + rows * analog, i + rows * integer
    return np.concatenate(pieces) if pieces else np.zeros(0, np.intp)
