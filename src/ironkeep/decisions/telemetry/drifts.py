"""Two readings of one quantity: does one of them drift, stretch, or live a life of its own? (telemetry.md 7.3, 3-5)

The difference of the two is learned over the first samples (offset, spread, memory of itself), the offset never beyond
what the class of the instruments allows: what was wrong from the beginning is not learned as right.
Drift: what of the difference lies beyond the class is whitened and summed up (two-sided CUSUM).
Gain: the slope of the difference over the other side, once the other side has moved enough (likelihood ratio).
Noise: what the other side moves within five samples must be seen in this one; a recording does not follow.
The threshold comes from a budget of false alarms for all pairs of the site together, never from a sigma of one.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ironkeep.decisions.telemetry.compiled import Compiled, slots_of
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.decisions.telemetry.verdicts import Found, carried, or_zero, replies
from ironkeep.model.check import Check, Drift, Relation
from ironkeep.model.frame import Frame
from ironkeep.model.gather import Floats, Gather, Mask, Rows, joined
from ironkeep.model.ids import AssetId
from ironkeep.model.point import unit_said

SIEGMUND: Final = 1.166  # overshoot of a CUSUM: b = h + 1.166 (telemetry.md 7.1)
MONTH_SAMPLES: Final = 30 * 86_400  # at one sample a second
REFERENCE: Final = 0.5  # k of the CUSUM, in standard deviations
CLIP: Final = 4.0  # standard deviations that one sample counts at most: one odd sample is no drift
OVERFULL: Final = 5.0  # how far beyond its threshold a sum may grow, so that the end of a drift is seen soon
CALM: Final = 1.0  # standard deviations of noise that two samples may lie apart without any movement
STEP: Final = 10.0  # standard deviations beyond which a movement is a step, of which nothing is learned
READ_APART_S: Final = 1.0  # at most, between the reads of the two sides; a movement in that time is no drift
LEARN_SAMPLES: Final = 120
SPREAD_MAX: Final = 5.0  # times the declared noise that a learned spread may be
MEMORY_MAX: Final = 0.95  # of the learned correlation of a difference with the one before it
WINDOW_SAMPLES: Final = 600  # over which gain is judged
LAG: Final = 5  # samples over which a common movement is looked for
NOISE_SAMPLES: Final = 120
NOISE_TIMES: Final = 10.0  # how far above the noise the other side's movement must stand
NOISE_HELD: Final = 30  # samples on end that they must live apart: a step seen a second late is soon over
NOISE_LOW, NOISE_HIGH = 0.3, 0.6  # correlation below which the two live apart, and above which they are one again
KINDS: Final = ("drift", "gain", "noise")


@dataclass(frozen=True, slots=True)
class DriftPast:
    """What is remembered of N pairs: replies and values of the last sample, samples taken, moments of the difference
    while learning, what was learned, the two sums, running moments for gain and for noise, the last LAG samples of
    both sides (N, LAG), and the three findings (N, 3) in the order of KINDS.
    """

    polls: Rows
    taken: Rows
    value: Floats
    other: Floats
    before: Floats  # the difference one sample ago, beyond its class
    first: Floats  # moments of the difference while learning: sum, sum of squares, sum of products with the one before
    second: Floats
    product: Floats
    up: Floats
    down: Floats
    mean: Floats  # running moments: mean and variance of the other side, mean of the difference, both together
    spread: Floats
    mean_d: Floats
    spread_d: Floats
    both: Floats
    values: Floats
    others: Floats
    moves: Floats  # running moments of what both sides moved within LAG samples: squares and product
    moves_other: Floats
    moves_both: Floats
    moving: Rows  # samples on end that the other side's movement has stood out
    apart: Rows  # samples on end that the two sides have lived apart
    flagged: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pairs:
    """All coupled pairs of the site in one row of columns, so that a turn is one pass: which check, asset and witness
    each is, where a check's pairs stand, in which slots of the checks they do, and the numbers of each pair. `height`
    is the threshold of all.
    """

    keys: tuple[tuple[str, AssetId, AssetId], ...]
    stretches: Mapping[str, slice]
    slots: Rows
    points: Gather
    texts: tuple[tuple[str, str], ...]  # both points of each pair, for people
    noise: Floats
    offset: Floats
    share: Floats
    excitation: Floats
    witnessed: Mask
    seldom: Mask  # the other side is read less often than the point
    height: float


def pairs(compiled: Sequence[Compiled], policy: Policy) -> Pairs:
    """The pairs of all checks that watch for drift.

    The threshold is that of Siegmund's approximation (telemetry.md 7.1): three statistics, two of them two-sided, for
    all pairs share one budget of false alarms.
    """
    watched = [(each, each.check.drift) for each in compiled if each.check.drift is not None]
    stretches, begin = {}, 0
    for each, _ in watched:
        stretches[each.check.id] = slice(begin, begin + len(each.assets))
        begin += len(each.assets)

    def spread(of: Callable[[Check, Drift], float]) -> Floats:
        return np.array([of(each.check, drift) for each, drift in watched for _ in each.assets])

    chances = 5 * max(begin, 1) * MONTH_SAMPLES / policy.false_alarms_a_month
    return Pairs(
        keys=tuple((c.check.id, a, w) for c, _ in watched for a, w in zip(c.assets, c.against, strict=True)),
        stretches=stretches,
        slots=np.array([i for each, _ in watched for i in range(each.stretch.start, each.stretch.stop)], np.int64),
        points=joined([each.point for each, _ in watched]),
        texts=tuple(_both(c.check) for c, _ in watched for _ in c.assets),
        noise=spread(lambda _, drift: drift.noise),
        offset=spread(lambda _, drift: drift.offset),
        share=spread(lambda _, drift: drift.share),
        excitation=spread(lambda _, drift: drift.excitation),
        witnessed=spread(lambda check, _: check.relation is Relation.WITNESS) > 0.0,
        seldom=slots_of([each for each, _ in watched], lambda one: one.seldom) > 0.0,
        height=math.log(chances) - SIEGMUND,
    )


def fresh_past(made: Pairs, old: Pairs | None = None, past: DriftPast | None = None) -> DriftPast:
    """Pairs that have seen nothing yet; those that were there before keep what they know."""
    n = len(made.keys)
    none, zero, count = np.full(n, np.nan), np.zeros(n), np.zeros(n, np.int64)
    lagged, flags = np.full((n, LAG), np.nan), np.zeros((n, len(KINDS)), np.bool_)
    new = DriftPast(
        count - 1, count, none, none, zero, zero, zero, zero, zero, zero, none, zero, zero, zero, zero,
        lagged, lagged, zero, zero, zero, count, count, flags,
    )  # fmt: skip
    return new if old is None or past is None else carried(new, made.keys, past, old.keys)


def watch(made: Pairs, past: DriftPast, found: Found, frames: Sequence[Frame]) -> tuple[DriftPast, NDArray[np.bool_]]:
    """The pairs after this turn, and which of them are positively fine in each respect (N, 3). `found` is
    what their checks found of them.
    """
    if not made.keys:
        return past, past.flagged
    known, polls = found.known, replies(made.points, frames)
    new = known & (polls != past.polls) & ~(made.seldom & (found.expected == past.other))
    if not new.any():
        return past, np.zeros_like(past.flagged)
    value = np.where(new, found.value, past.value)
    other = np.where(new, found.expected, past.other)
    moved = or_zero(np.maximum(np.abs(value - past.value), np.abs(other - past.other)))
    brisk = np.maximum(moved - CALM * made.noise, 0.0)  # what they move between two reads, beyond their noise
    kept = replace(past, polls=np.where(known, polls, past.polls), value=value, other=other)
    calm = new & (brisk <= STEP * made.noise)
    kept = _learn(kept, calm, made)
    learned = _learned(kept, made)
    kept = _sum_up(kept, new, made, learned, brisk)
    kept = _stretch(kept, calm, learned)
    kept = _noise(kept, new)
    return _judged(kept, new, made, learned)


def _learn(past: DriftPast, new: Mask, made: Pairs) -> DriftPast:
    """The moments of the difference over its first samples, in calm."""
    young = new & (past.taken < LEARN_SAMPLES)
    if not young.any():
        return replace(past, taken=past.taken + new)
    d = np.where(young, np.clip(past.value - past.other, -CLIP * made.offset, CLIP * made.offset), 0.0)
    return replace(
        past,
        taken=past.taken + new,
        first=past.first + d,
        second=past.second + d * d,
        product=past.product + d * np.where(young & (past.taken > 0), past.before, 0.0),
        before=np.where(young, d, past.before),
    )


class Learned(NamedTuple):
    """Offset, spread and memory of each difference as learned, all (N,)."""

    offset: Floats
    spread: Floats
    memory: Floats


def _learned(past: DriftPast, made: Pairs) -> Learned:
    n = np.maximum(np.minimum(past.taken, LEARN_SAMPLES), 1)
    mean = past.first / n
    variance = np.maximum(past.second / n - mean * mean, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        memory = (past.product / n - mean * mean) / variance
    memory = np.clip(np.nan_to_num(memory), 0.0, MEMORY_MAX)
    spread = np.clip(np.sqrt(variance), made.noise, SPREAD_MAX * made.noise)
    return Learned(np.clip(mean, -made.offset, made.offset), spread, memory)


def _sum_up(past: DriftPast, new: Mask, made: Pairs, learned: Learned, brisk: Floats) -> DriftPast:
    """Both sums after the sample: what lies beyond the class, in whitened standard deviations."""
    ripe = new & (past.taken >= LEARN_SAMPLES)
    if not ripe.any():
        return past
    offset, spread, memory = learned
    off = past.value - past.other
    slack = made.offset + made.share * np.abs(past.other) + READ_APART_S * brisk
    above = np.maximum(off - np.maximum(offset, 0.0) - slack, 0.0)  # neither from 0 nor from what was learned: a load
    below = np.maximum(np.minimum(offset, 0.0) - slack - off, 0.0)  # that rises while one learns looks like an offset
    beyond = (above - below) / spread
    begun = past.taken > LEARN_SAMPLES
    white = (beyond - memory * np.where(begun, past.before, 0.0)) / np.sqrt(1.0 - memory * memory)
    step = np.clip(white, -CLIP, CLIP)
    top = made.height + OVERFULL
    return replace(
        past,
        before=np.where(ripe, beyond, past.before),
        up=np.where(ripe, np.clip(past.up + step - REFERENCE, 0.0, top), past.up),
        down=np.where(ripe, np.clip(past.down - step - REFERENCE, 0.0, top), past.down),
    )


def _stretch(past: DriftPast, new: Mask, learned: Learned) -> DriftPast:
    """Running moments of the other side and of the difference."""
    weight = np.where(new, 1.0 / np.clip(past.taken, 1, WINDOW_SAMPLES), 0.0)
    mean = np.where(np.isnan(past.mean), past.other, past.mean)
    d = or_zero(past.other - mean)
    e = or_zero(past.value - past.other - learned.offset - past.mean_d)
    keep = 1.0 - weight
    return replace(
        past,
        mean=mean + weight * d,
        mean_d=past.mean_d + weight * e,
        spread=keep * (past.spread + weight * d * d),
        spread_d=keep * (past.spread_d + weight * e * e),
        both=keep * (past.both + weight * d * e),
    )


def _noise(past: DriftPast, new: Mask) -> DriftPast:
    """Running moments of what both sides moved within LAG samples."""
    x, w = or_zero(past.value - past.values[:, 0]), or_zero(past.other - past.others[:, 0])
    weight = np.where(new & ~np.isnan(past.values[:, 0]), 1.0 / NOISE_SAMPLES, 0.0)
    slide = new[:, None]
    return replace(
        past,
        values=np.where(slide, np.column_stack((past.values[:, 1:], past.value)), past.values),
        others=np.where(slide, np.column_stack((past.others[:, 1:], past.other)), past.others),
        moves=past.moves + weight * (x * x - past.moves),
        moves_other=past.moves_other + weight * (w * w - past.moves_other),
        moves_both=past.moves_both + weight * (x * w - past.moves_both),
    )


def _judged(past: DriftPast, new: Mask, made: Pairs, learned: Learned) -> tuple[DriftPast, NDArray[np.bool_]]:
    """The findings (N, 3) with hysteresis, and which respects are positively fine (N, 3)."""
    _, spread, memory = learned
    ripe = new & (past.taken > LEARN_SAMPLES)
    highest = np.maximum(past.up, past.down)
    slope = gain(past)
    allowed, tiny = 2.0 * made.share, 1e-30
    rest = np.maximum(past.spread_d - slope * slope * past.spread, spread * spread)
    samples = np.minimum(past.taken, WINDOW_SAMPLES) * (1.0 - memory) / (1.0 + memory)
    surprise = np.maximum(np.abs(slope) - allowed, 0.0) ** 2 * past.spread * samples / (2.0 * rest)
    excited = ripe & (past.spread > made.excitation**2)
    stands_out = past.moves_other > (NOISE_TIMES * made.noise) ** 2
    moving = np.where(new, np.where(stands_out, past.moving + 1, 0), past.moving)
    common = past.moves_both / np.sqrt(np.maximum(past.moves * past.moves_other, tiny))
    heard = ripe & (moving >= NOISE_SAMPLES) & made.witnessed
    apart = np.where(new, np.where(heard & (common < NOISE_LOW), past.apart + 1, 0), past.apart)
    bad = np.column_stack((ripe & (highest > made.height), excited & (surprise > made.height), apart >= NOISE_HELD))
    fine = np.column_stack(
        (ripe & (highest == 0.0), excited & (np.abs(slope) < allowed), heard & (common > NOISE_HIGH))
    )
    flagged = (past.flagged | bad) & ~fine
    return replace(past, moving=moving, apart=apart, flagged=flagged), fine


def gain(past: DriftPast) -> Floats:
    """By what share of the other side the difference grows with it (N,); 0 where it never moved."""
    return np.where(past.spread > 0.0, past.both / np.maximum(past.spread, 1e-30), 0.0)


def _both(check: Check) -> tuple[str, str]:
    """What stands against what, for people."""
    other = f"the sum of {check.other} over its parts" if check.relation is Relation.CHILDREN else str(check.other)
    return str(check.point), other


def words(made: Pairs, past: DriftPast, pair: int, kind: int) -> str:
    """What was found, for people."""
    _, asset, against = made.keys[pair]
    point, other = made.texts[pair]
    beside = f" at {against}" if against != asset else ""
    if KINDS[kind] == "gain":
        share = 100.0 * float(gain(past)[pair])
        return f"{point} moves {abs(share):.1f} % {'more' if share > 0 else 'less'} than {other}{beside}"
    if KINDS[kind] == "noise":
        return f"{point} does not follow the small movements of {other}{beside}"
    off = float(past.value[pair] - past.other[pair])
    amount = f"{off:+.3g} {unit_said(point)}".strip()
    return f"{point} drifted away from {other}{beside}: by {amount} now, more than their class allows"
