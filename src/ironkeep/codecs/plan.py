"""A plan turns the registers of a unit into columns: one gather for all its values of one width, no Python per value.

Rules. 1. All registers of one poll stand in one array of words; behind them stand two words that say "nothing". 2. What
a plan needs is worked out once; a poll costs a few numpy calls however many points there are. 3. Scale factors are
configuration: when a register with one reads otherwise than at the last poll, the scales are worked out anew before any
value is shown. 4. A value whose scale factor is not implemented, or is no power of ten that SunSpec allows, is absent.
5. Counters hold whole units; a fraction is dropped. 6. Not a number and infinite are absent.
"""

from collections.abc import Iterator, Sequence
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
_WIDTHS: Final = (  # what is gathered together: shapes, words of each value, is it a floating-point number?
    ((Shape.WORD, Shape.PAIR), 2, False),
    ((Shape.QUAD,), 4, False),
    ((Shape.FLOAT,), 2, True),
    ((Shape.DOUBLE,), 4, True),
)
_NO_WORD: Final = 1 << 31
_LEAST_FIRST: Final = np.array([1, 0], np.uint16).view(np.uint32)[0] == 1  # how this machine orders words

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
    """Values that are gathered alike, each as `width` words: analog ones first, `analog` of them, then integer ones.

    Values of one register stand in two words, the upper one zero, so that those of one and of two registers are one
    gather. `at` is where they stand among all analog and all integer elements.
    """

    def __init__(self, width: int, elements: Sequence["_Element"], analog: int, *, real: bool, zero: int) -> None:
        self.analog, self.size, self.real = analog, len(elements), real
        self.at = np.array([each.place for each in elements], np.intp)
        self._index = np.array([_least_first(each, width, zero) for each in elements], np.intp)
        if not _LEAST_FIRST:
            self._index = self._index[:, ::-1]
        self._index = np.ascontiguousarray(self._index).ravel()
        types = [TYPES[each.field.point.type] for each in elements]
        absents = [each.field.point.absent for each in elements]
        self._wide = {2: np.uint32, 4: np.uint64}[width]
        self._can_lack = np.array([absent is not None for absent in absents])
        no_word = [_NO_WORD if each.shape is Shape.WORD else 0 for each in types]  # what its upper word never reads
        self._lack = np.array([n if a is None else a for a, n in zip(absents, no_word, strict=True)], self._wide)
        self._all_can_lack = bool((self._can_lack | (np.array(no_word) != 0)).all())
        self._unsigned = np.array([not each.signed for each in types])
        self._flip = np.array([1 << (16 * each.registers - 1) if each.signed and width == 2 else 0 for each in types])

    def values(self, words: Words) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """The numbers with their sign, and where there is none; both are the caller's to change."""
        raw: NDArray[Any] = words.take(self._index).view(self._wide)
        gone = raw == self._lack
        if not self._all_can_lack:
            gone &= self._can_lack
        if self.real:
            number = raw.view(np.float32 if self._wide is np.uint32 else np.float64)
            gone |= ~np.isfinite(number)
            return np.where(gone, 0.0, number), gone
        if self._wide is np.uint32:
            value: NDArray[Any] = raw.astype(np.int64)
            value ^= self._flip
            value -= self._flip
            return value, gone
        whole = raw.view(np.int64)
        gone |= self._unsigned & (whole < 0)  # beyond what the i8 block holds
        gone |= whole == ABSENT_INTEGER
        return whole, gone


def _least_first(element: "_Element", width: int, zero: int) -> list[int]:
    """The words of a value, least significant first, filled up with the word that reads zero."""
    found = [element.word + n for n in range(TYPES[element.field.point.type].registers)]
    if not element.field.point.little:
        found.reverse()
    return found + [zero] * (width - len(found))


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
        self._lanes = list(_lanes(analog, integer, count))
        self._alone = len(self._lanes) == 1 and not self._lanes[0].real
        self._doubles = any(each.field.point.type == "f64" for each in analog)
        self._analog = _Scaling(analog, sign)
        self._integer = _Scaling(integer, sign)
        scales = {each.scale for each in (*analog, *integer) if each.scale >= 0}
        self._scale_words = np.array(sorted(scales), np.intp)
        self._scales_seen: bytes | None = None
        self._split = len(analog)
        self._values = np.zeros(len(analog), np.float64)
        self._counts = np.zeros(len(integer), np.int64)
        self._gone = np.zeros(len(analog) + len(integer), np.bool_)
        self._scaled = np.zeros(len(analog), np.float64)
        self._gone_at = _interleaved(self.parts)
        self.analog = np.full(len(analog), np.nan, np.float32)
        self.integer = np.full(len(integer), ABSENT_INTEGER, np.int64)
        self.absent = np.full(len(analog) + len(integer), int(Quality.ABSENT), np.uint16)
        self.sections = tuple(self._sections())

    def decode(self, words: Words) -> bool:
        """Decode the words (`count` registers and the spare one) into `analog`, `integer` and `absent`.

        Returns True when a scale factor read otherwise than the last time.
        """
        changed = self._rescale(words)
        if self._alone:  # the usual unit: every value has one register or two
            numbers, gone = self._lanes[0].values(words)
            self._finish(numbers[: self._split], numbers[self._split :], gone)
            return changed
        for lane in self._lanes:
            numbers, gone = lane.values(words)
            self._values[lane.at[: lane.analog]] = numbers[: lane.analog]
            self._counts[lane.at[lane.analog :]] = numbers[lane.analog :]
            self._gone[: self._split][lane.at[: lane.analog]] = gone[: lane.analog]
            self._gone[self._split :][lane.at[lane.analog :]] = gone[lane.analog :]
        self._finish(self._values, self._counts, self._gone)
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

    def _finish(self, values: NDArray[Any], counts: NDArray[np.int64], gone: NDArray[np.bool_]) -> None:
        """Scale the numbers and put them where they are shown; all three arrays may be used up."""
        analog, whole = self._analog, self._integer
        gone_analog, gone_whole = gone[: self._split], gone[self._split :]
        if analog.any_lost:
            gone_analog |= analog.lost
        if whole.any_lost:
            gone_whole |= whole.lost
        np.divide(values, analog.divisor, out=self._scaled)
        if analog.multiplies or self._doubles:
            with np.errstate(over="ignore"):
                self._scaled *= analog.multiplier
                self.analog[:] = self._scaled
            gone_analog |= ~np.isfinite(self.analog)  # beyond what the f4 block holds
        else:
            self.analog[:] = self._scaled
        if whole.scaled:
            gone_whole |= np.abs(counts) > whole.limit
            counts *= whole.whole_multiplier
            counts //= whole.whole_divisor
        self.integer[:] = counts
        np.copyto(self.analog, np.nan, where=gone_analog)
        np.copyto(self.integer, ABSENT_INTEGER, where=gone_whole)
        self.absent[:] = gone.take(self._gone_at)  # True is 1, which is Quality.ABSENT

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


def _lanes(analog: Sequence[_Element], integer: Sequence[_Element], zero: int) -> Iterator[_Lane]:
    """The lanes of a unit; `zero` is the word that reads zero."""
    for shapes, width, real in _WIDTHS:
        some = [each for each in analog if TYPES[each.field.point.type].shape in shapes]
        more = [each for each in integer if TYPES[each.field.point.type].shape in shapes]
        if some or more:
            yield _Lane(width, [*some, *more], len(some), real=real, zero=zero)


def _interleaved(parts: Sequence[Part]) -> NDArray[np.intp]:
    """Where the quality of each row's columns stands: a row's analog columns, then its integer ones."""
    pieces: list[NDArray[np.intp]] = []
    a, i = 0, sum(len(part.starts) * len(part.analog) for part in parts)
    for part in parts:
        rows, analog, integer = len(part.starts), len(part.analog), len(part.integer)
        left = np.arange(a, a + rows * analog, dtype=np.intp).reshape(rows, analog)
        right = np.arange(i, i + rows * integer, dtype=np.intp).reshape(rows, integer)
        pieces.append(np.hstack([left, right]).ravel())
        a, i = a + rows * analog, i + rows * integer
    return np.concatenate(pieces) if pieces else np.zeros(0, np.intp)
