"""Has this very sequence of values been delivered before? (telemetry.md 7.3, row 5)

A stream is what one device says in one group: the measurements of its first row there. Each new sample of a stream is
one hash of all its values as read, so that nothing is rounded again; sixteen samples on end make a gram. Noise in the
last digits makes a gram of a living device unique. A quarter of the grams, chosen by their own bits, is remembered and
looked up: two of them known from the same time ago are a replay. A stream that seldom shows a new row cannot be told
from its own past, and nothing is said of it.

The memory is bounded: GRAMS_MAX grams of 8 bytes, 32 MiB. At one sample a second that is five days for 34 streams. It
is lost at a restart.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ironkeep.decisions.telemetry.plan import Plan
from ironkeep.decisions.telemetry.verdicts import carried
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.gather import Bits, Mask, Rows
from ironkeep.model.point import PointClass
from ironkeep.model.quality import Quality
from ironkeep.model.time import SECOND_US, Now

Words = NDArray[np.uint64]

GRAM_ROWS: Final = 16  # samples that make a gram
CHOSEN_OF: Final = np.uint64(4)  # one gram of these is remembered and looked up
COLUMNS_MIN: Final = 3  # a stream of fewer measurements repeats by chance
RECURRING_MAX: Final = (
    0.5  # share of samples that were among the last sixteen; above it the stream is too quiet to tell
)
LEARNED: Final = 120  # samples over which that share is a mean; afterwards the newest weighs 1 / 120
HITS: Final = 2  # known grams from the same time ago before it is a replay
MISSES: Final = 3  # unknown grams on end before it is over
GRAMS_MAX: Final = 1 << 22
OPEN_MAX: Final = 4096  # grams that wait before they are sorted
RUN_MAX: Final = 1 << 19  # grams of a sorted run beyond which it is merged no more
MINUTE_BITS: Final = np.uint64(16)  # of a remembered gram, below 48 bits of hash: 45 days in minutes
MINUTE_US: Final = 60 * SECOND_US
MINUTES: Final = np.uint64(0xFFFF)
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_TURN: Final = np.uint64(29)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The streams of one frame: which streams, their rows, their columns, and a factor for each column."""

    frame: int
    streams: slice
    rows: Rows
    columns: Rows
    factors: Words


@dataclass(frozen=True, slots=True)
class Streams:
    """All streams: device and group of each, the endpoint behind it, the salt of its grams, and where it stands."""

    keys: tuple[tuple[str, str], ...]
    endpoint: Rows
    salt: Words
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class Grams:
    """What was seen: grams not yet sorted, and sorted runs, the oldest first."""

    open: Words
    runs: tuple[Words, ...] = ()

    @property
    def count(self) -> int:
        """How many are remembered."""
        return self.open.size + sum(run.size for run in self.runs)


@dataclass(frozen=True, slots=True)
class ReplayPast:
    """What the streams remember, (S,) each: replies, the last rows (S, GRAM_ROWS; 0 where none), samples so far (at
    most LEARNED), the share of samples that recur, known grams on end, how many minutes ago the first was seen, unknown
    grams on end, and whether it is a replay.
    """

    polls: Rows
    last: Words
    filled: Rows
    recurring: NDArray[np.float64]
    hits: Rows
    minutes_ago: Rows
    misses: Rows
    replayed: Mask
    grams: Grams


def streams(plan: Plan) -> Streams:
    """The streams that the layouts of a plan offer."""
    keys: list[tuple[str, str]] = []
    endpoints: list[int] = []
    stretches = []
    for number, shape in enumerate(plan.shapes):
        layout = shape.layout
        columns = _measured(layout)
        if columns.size < COLUMNS_MIN:
            continue
        firsts: dict[str, int] = {}
        for row, device in enumerate(layout.devices):
            firsts.setdefault(device, row)
        begin = len(keys)
        keys += [(device, layout.group) for device in firsts]
        rows = np.array(list(firsts.values()), np.int64)
        endpoints += shape.endpoint[rows].tolist()
        factors = (np.arange(1, columns.size + 1, dtype=np.uint64) * _MIX) | np.uint64(1)
        stretches.append(Stretch(number, slice(begin, len(keys)), rows, columns, factors))
    salt = [int.from_bytes(hashlib.sha256("\x1f".join(key).encode()).digest()[:8], "big") for key in keys]
    return Streams(tuple(keys), np.array(endpoints, np.int64), np.array(salt, np.uint64), tuple(stretches))


def _measured(layout: FrameLayout) -> Rows:
    chosen = [i for i, spec in enumerate(layout.analog) if spec.point_class is PointClass.MEASUREMENT]
    return np.array(chosen, np.int64)


def fresh_past(found: Streams, old: Streams | None = None, past: ReplayPast | None = None) -> ReplayPast:
    """Streams that have seen nothing yet; those that were there before keep what they know."""
    n = len(found.keys)
    zero = np.zeros(n, np.int64)
    rows = np.zeros((n, GRAM_ROWS), np.uint64)
    grams = past.grams if past is not None else Grams(np.zeros(0, np.uint64))
    new = ReplayPast(zero - 1, rows, zero, np.ones(n), zero, zero, zero, np.zeros(n, np.bool_), grams)
    return new if old is None or past is None else carried(new, found.keys, past, old.keys)


def listen(found: Streams, past: ReplayPast, frames: Sequence[Frame], now: Now) -> ReplayPast:
    """The streams after the samples of this turn."""
    if not found.keys:
        return past
    said, polls = _rows(found, frames)
    fresh = (polls != past.polls) & (past.polls >= 0)
    again = fresh & (said == past.last[:, -1]) & (past.filled > 0)
    known = fresh & (past.last == said[:, None]).any(axis=1)
    step = fresh & ~again
    last = np.where(step[:, None], np.column_stack((past.last[:, 1:], said)), past.last)
    filled = np.minimum(past.filled + fresh, LEARNED)
    calm = fresh & (past.hits == 0)  # what is played back teaches nothing about the device
    recurring = np.where(calm, past.recurring + (known - past.recurring) / (filled + 1), past.recurring)
    gram = _gram(last) ^ found.salt
    asked = step & (last[:, 0] != 0) & (recurring <= RECURRING_MAX) & (gram % CHOSEN_OF == 0)
    kept = replace(past, polls=polls, last=last, filled=filled, recurring=recurring)
    return _look(kept, gram, asked, now) if asked.any() else kept


def _rows(found: Streams, frames: Sequence[Frame]) -> tuple[Words, Rows]:
    """One hash of each stream's values as they stand (S,), and its replies so far."""
    said = np.empty(len(found.keys), np.uint64)
    polls = np.empty(len(found.keys), np.int64)
    for part in found.stretches:
        frame = frames[part.frame]
        values = frame.analog[part.rows[:, None], part.columns].view(np.uint32).astype(np.uint64)
        mixed = (values + np.uint64(1)) * part.factors
        mixed ^= mixed >> _TURN
        said[part.streams] = (mixed * _MIX).sum(axis=1, dtype=np.uint64)
        polls[part.streams] = frame.polls[part.rows]
    return said, polls


def _gram(last: Words) -> Words:
    """One hash of each row's sixteen samples in their order."""
    factors = (np.arange(1, GRAM_ROWS + 1, dtype=np.uint64) * _MIX) | np.uint64(1)
    mixed = last * factors
    mixed ^= mixed >> _TURN
    mixed = (mixed * _MIX).sum(axis=1, dtype=np.uint64)
    mixed ^= mixed >> _TURN
    return np.asarray(mixed * _MIX, np.uint64)


def _look(past: ReplayPast, gram: Words, asked: Mask, now: Now) -> ReplayPast:
    """Look the chosen grams up, count known and unknown ones, and remember those that are new."""
    at = np.flatnonzero(asked)
    minute = np.uint64(now.mono_us // MINUTE_US) & MINUTES
    packed = (gram[at] >> MINUTE_BITS << MINUTE_BITS) | minute
    since = _seen(past.grams, packed)
    ago = np.where(since >= 0, (int(minute) - since) % (int(MINUTES) + 1), -1)
    hits, minutes, misses = past.hits.copy(), past.minutes_ago.copy(), past.misses.copy()
    hit = ago >= 0
    same = hit & (hits[at] > 0) & (np.abs(ago - minutes[at]) <= 1)
    misses[at] = np.where(hit, 0, misses[at] + 1)
    hits[at] = np.where(same, hits[at] + 1, np.where(hit, 1, hits[at]))
    minutes[at] = np.where(hit & ~same, ago, minutes[at])
    over = misses >= MISSES
    hits = np.where(over, 0, hits)
    replayed = (past.replayed & ~over) | (hits >= HITS)
    grams = _remember(past.grams, packed[~hit])
    return replace(past, hits=hits, minutes_ago=minutes, misses=misses, replayed=replayed, grams=grams)


def _seen(grams: Grams, packed: Words) -> Rows:
    """The minute in which each gram was first seen, (n,); -1 where it is new."""
    found = np.full(packed.size, -1, np.int64)
    wanted = packed >> MINUTE_BITS
    for run in grams.runs:
        place = np.searchsorted(run, wanted << MINUTE_BITS)
        there = run[np.minimum(place, run.size - 1)]
        hit = (found < 0) & (place < run.size) & (there >> MINUTE_BITS == wanted)
        found[hit] = (there[hit] & MINUTES).astype(np.int64)
    if grams.open.size:
        for i in np.flatnonzero(found < 0):
            match = np.flatnonzero(grams.open >> MINUTE_BITS == wanted[i])
            if match.size:
                found[i] = int(grams.open[match[0]] & MINUTES)
    return found


def _remember(grams: Grams, new: Words) -> Grams:
    """The grams with new ones; full ones are sorted, runs of like size merged, the oldest forgotten."""
    held = np.concatenate((grams.open, new))
    if held.size < OPEN_MAX:
        return Grams(held, grams.runs)
    runs = [*grams.runs, np.sort(held)]
    while len(runs) > 1 and runs[-2].size <= 2 * runs[-1].size and runs[-2].size + runs[-1].size <= RUN_MAX:
        late = runs.pop()
        runs[-1] = np.sort(np.concatenate((runs[-1], late)), kind="stable")  # two sorted halves: a merge
    while sum(run.size for run in runs) > GRAMS_MAX:
        runs.pop(0)
    return Grams(np.zeros(0, np.uint64), tuple(runs))


def endpoints(found: Streams, past: ReplayPast) -> dict[int, int]:
    """The endpoints that play back, and how many minutes ago the values were first delivered."""
    return {int(found.endpoint[i]): int(past.minutes_ago[i]) for i in np.flatnonzero(past.replayed)}


def living(found: Streams, past: ReplayPast) -> frozenset[int]:
    """The endpoints of which a stream delivers what was never seen, and none plays back."""
    new = set(found.endpoint[(past.misses >= MISSES) & ~past.replayed].tolist())
    return frozenset(new - set(found.endpoint[past.replayed].tolist()))


def bits_for(played: dict[int, int], plan: Plan, frame: int) -> Bits:
    """Row bits u2 (R,) of a frame: REPLAYED behind an endpoint that plays back."""
    endpoint = plan.shapes[frame].endpoint
    bits = np.zeros(endpoint.shape, np.uint16)
    if played:
        bits[np.isin(endpoint, list(played))] = np.uint16(Quality.REPLAYED)
    return bits
