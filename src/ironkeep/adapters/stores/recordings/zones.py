"""Times of a place become times in UTC, clock changes included.

Rules. An hour that comes twice is told apart by the order of the lines: the second time begins where the clock steps
back. Where it never steps back, nobody can tell, and it is said. An hour that does not exist refuses the zone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

from ironkeep.model.errors import Refused
from ironkeep.model.recording import Stamps

SECOND_US = 1_000_000
STEP_BACK_PART = 4  # of the hour that comes twice: a smaller step back is disorder, not the clock
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the clocks at `at_us` (UTC), from one offset to the next."""

    at_us: int
    before_us: int
    after_us: int


@dataclass(frozen=True, slots=True)
class Told:
    """Times in UTC; how many stood in an hour that comes twice, how many of them nobody can place, and the row of the
    first time that never was (-1: none).
    """

    at_us: Stamps
    twice: int = 0
    unplaced: int = 0
    never: int = -1


def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises Refused for another."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise Refused(f"no time zone {name!r}", where="[time] zone", remedy="an IANA name: Europe/Berlin, UTC") from exc


def to_utc(local_us: Stamps, place: ZoneInfo, known: list[Change]) -> Told:
    """Local times in the order of the file, as UTC (N,); `known` are the `changes` over all of them."""
    if not local_us.size:
        return Told(local_us)
    out = local_us - (known[0].before_us if known else _offset_us(place, int(local_us.min())))
    twice = unplaced = 0
    never = -1
    for change in known:
        earlier, later = change.at_us + change.before_us, change.at_us + change.after_us
        after = local_us >= max(earlier, later)
        out[after] = local_us[after] - change.after_us
        if later > earlier:  # the clock was put forward: nothing was ever written between
            gap = np.flatnonzero((local_us >= earlier) & (local_us < later))
            if gap.size and (never < 0 or gap[0] < never):
                never = int(gap[0])
        elif later < earlier:
            fold = np.flatnonzero((local_us >= later) & (local_us < earlier))
            out[fold] = local_us[fold] - change.before_us
            twice += fold.size
            steps = np.diff(local_us[fold])
            if steps.size and steps.min() <= -(earlier - later) // STEP_BACK_PART:
                second = fold[int(np.argmin(steps)) + 1 :]
                out[second] = local_us[second] - change.after_us
            else:
                unplaced += fold.size
    return Told(out, int(twice), int(unplaced), never)


def _offset_us(place: ZoneInfo, at_us: int) -> int:
    moment = EPOCH + timedelta(microseconds=at_us)
    offset = moment.astimezone(place).utcoffset() or timedelta()
    return round(offset.total_seconds()) * SECOND_US


def changes(place: ZoneInfo, first_us: int, last_us: int) -> list[Change]:
    """Every change of the clocks between two times, two days more on both sides."""
    at, end = first_us - 2 * 86_400 * SECOND_US, last_us + 2 * 86_400 * SECOND_US
    found = []
    before = _offset_us(place, at)
    while at < end:
        following = at + 86_400 * SECOND_US
        after = _offset_us(place, following)
        if after != before:
            low, high = at, following
            while high - low > SECOND_US:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset_us(place, middle) == before else (low, middle)
            found.append(Change(high // SECOND_US * SECOND_US, before, after))
        at, before = following, after
    return found
