"""What a check remembers and what it finds, and the hold time between the two.

A residual beyond its allowance for the check's hold time is a disagreement. Where one value may not be used the check
says nothing about that asset: neither that it disagrees nor that it agrees.
"""

from collections.abc import Hashable, Sequence
from dataclasses import Field, dataclass, fields, replace
from functools import cache
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np

from ironkeep.model.frame import Frame
from ironkeep.model.gather import Bits, Floats, Gather, Mask, Rows
from ironkeep.model.quality import DISQUALIFYING, Quality
from ironkeep.model.time import SECOND_US, Now


class Columns(Protocol):
    """A dataclass of columns, all of them (N,) or (K, N)."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


T = TypeVar("T", bound=Columns)

NOT_USABLE = np.uint16(DISQUALIFYING)
NO_VALUE = np.uint16(DISQUALIFYING & ~Quality.FROZEN & ~Quality.SETTLING)


@dataclass(frozen=True, slots=True)
class CheckPast:
    """What checks remember of N slots: since when each disagrees (monotonic, 0 = it does not), whether it has for long
    enough, the last values of both sides, and for counts the anchor, the integral and the sum of its steps; the replies
    of the point's device so far (-1: none).
    """

    since_us: Rows
    flagged: Mask
    point: Floats
    other: Floats
    anchor: Floats
    integral: Floats
    run: Rows
    seen_us: Rows
    moved: Floats
    polls: Rows


@dataclass(frozen=True, slots=True)
class Found:
    """The outcome of checks this turn, all (N,): flagged, positively fine, both sides for the words, and where both are
    known.
    """

    flagged: Mask
    fine: Mask
    value: Floats
    expected: Floats
    known: Mask


@dataclass(frozen=True, slots=True)
class Sides:
    """What checks read this turn of N slots: point, other, second and third, and their quality bits, all (4, N); how
    often the point was read, and by how much more than a second the sides are read apart, (N,).
    """

    values: Floats
    bits: Bits
    polls: Rows
    apart_s: Floats

    def usable(self, *sides: int) -> Mask:
        """Where all of those sides may be used, (N,)."""
        return np.asarray((np.bitwise_or.reduce(self.bits[list(sides)]) & NOT_USABLE) == 0)


def fresh_past(n: int) -> CheckPast:
    """Checks that have seen nothing yet of their N slots."""
    none, zero = np.full(n, np.nan), np.zeros(n, np.int64)
    return CheckPast(zero, np.zeros(n, np.bool_), none, none, none, np.zeros(n), zero, zero, np.zeros(n), zero - 1)


def timed(
    hold_s: Floats | float, past: CheckPast, bad: Mask, known: Mask, value: Floats, expected: Floats, now: Now
) -> tuple[CheckPast, Found]:
    """Disagreement counts after the hold time; a turn without knowledge neither starts, ends nor forgets it."""
    since = np.where(bad, np.where(past.since_us > 0, past.since_us, now.mono_us), np.where(known, 0, past.since_us))
    held = bad & (now.mono_us - since >= hold_s * SECOND_US)
    flagged = held | (past.flagged & (bad | ~known))
    kept = replace(past, since_us=since, flagged=flagged, point=value, other=expected)
    return kept, Found(flagged, known & ~bad, value, expected, known)


def replies(gather: Gather, frames: Sequence[Frame]) -> Rows:
    """How often the device of each slot answered so far, (N,)."""
    out = np.zeros(gather.size, np.int64)
    for part in gather.parts:
        out[part.slots] = frames[part.frame].polls[part.rows]
    return out


def or_zero(values: Floats) -> Floats:
    """The values, 0 where there is none."""
    return np.where(np.isnan(values), 0.0, values)


def carried(fresh: T, keys: Sequence[Hashable], past: T, old: Sequence[Hashable]) -> T:
    """Columns for `keys`, with what was remembered of those among the `old` ones; the rest as in `fresh`."""
    place = {key: i for i, key in enumerate(old)}
    pairs = [(to, place[key]) for to, key in enumerate(keys) if key in place]
    if not pairs:
        return fresh
    to, at = (np.array(side) for side in zip(*pairs, strict=True))
    moved: dict[str, Any] = {}
    for field in fields(fresh):
        column = getattr(fresh, field.name)
        if isinstance(column, np.ndarray):
            moved[field.name] = column.copy()
            moved[field.name][to] = getattr(past, field.name)[at]
    return replace(fresh, **moved)


def part(whole: T, where: slice | Rows) -> T:
    """Those slots of all columns."""
    return type(whole)(*(getattr(whole, name)[..., where] for name in _names(type(whole))))


def put(whole: T, where: slice, piece: T) -> None:
    """Write a piece over those slots of all columns, which nobody else has seen yet."""
    for name in _names(type(whole)):
        getattr(whole, name)[where] = getattr(piece, name)


def own(whole: T) -> T:
    """The same columns, shared with nobody."""
    return type(whole)(*(getattr(whole, name).copy() for name in _names(type(whole))))


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))
