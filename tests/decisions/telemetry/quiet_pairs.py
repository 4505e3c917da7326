"""False alarms on honest instruments: `python -m tests.decisions.telemetry.quiet_pairs PAIRS HOURS`.

Each pair sees one load that swings, steps and trembles, through two instruments of the declared class: offset and gain
within it, noise of their own that remembers a little, reads up to a second apart. Whatever is found is a false alarm.
"""

import sys

import numpy as np

from ironkeep.decisions.telemetry import drifts
from ironkeep.decisions.telemetry.compiled import NOWHERE, Compiled, beside
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.decisions.telemetry.verdicts import Found
from ironkeep.model.check import Check, Drift, Relation
from ironkeep.model.frame import Frame
from ironkeep.model.gather import Gather, Part
from ironkeep.model.ids import AssetId, PointName
from tests.decisions.rooms import layout, point, site

DRIFT = Drift(noise=0.1, offset=0.5, share=0.005, excitation=10.0)
HOUR_S = 3600
REMEMBERS = 0.5  # correlation of an instrument's noise with that of the second before


def compiled(pairs: int) -> Compiled:
    """A check of that many banks against their meters."""
    names = tuple(AssetId(f"b{i}") for i in range(pairs))
    check = Check("pair", Relation.WITNESS, PointName("current_a"), PointName("current_a"), 5.0, "t", drift=DRIFT)
    every = np.arange(pairs)
    gather = Gather(pairs, (Part(0, False, 0 * every, 0 * every, every, every),))
    return beside(
        [Compiled(check, names, {n: (i,) for i, n in enumerate(names)}, names, gather, (gather,), NOWHERE, NOWHERE)]
    ).each[0]


def main(pairs: int, hours: float, seed: int = 3) -> None:
    """Feed all pairs second by second and print what was found."""
    draws = np.random.default_rng(seed)
    one = compiled(pairs)
    made = drifts.pairs((one,), Policy(site()))
    past = drifts.fresh_past(made)
    offset = draws.uniform(-0.5, 0.5, (2, pairs)) * DRIFT.offset
    gain = 1.0 + draws.uniform(-0.5, 0.5, (2, pairs)) * DRIFT.share
    late_s, period_s = draws.uniform(0.0, 1.0, pairs), draws.uniform(600.0, 4000.0, pairs)
    step_a = draws.uniform(-80.0, 80.0, pairs)
    noise, tremble = np.zeros((2, pairs)), np.zeros(pairs)
    shape = layout([str(a) for a in one.assets], [point("current_a")])
    nothing = np.zeros((pairs, 0), np.int64)
    bits = np.zeros((pairs, 1), np.uint16)
    ever = np.zeros((pairs, 3), np.bool_)
    nearest = 0.0
    keep = np.sqrt(1.0 - REMEMBERS**2)
    for second in range(1, int(hours * HOUR_S) + 1):
        noise = REMEMBERS * noise + keep * draws.normal(0.0, DRIFT.noise / np.sqrt(2.0), (2, pairs))
        before, tremble = tremble, 0.9 * tremble + draws.normal(0.0, 0.3, pairs)
        seen = []
        for side, at in enumerate((second - late_s, np.full(pairs, float(second)))):
            shared = tremble if side else late_s * before + (1.0 - late_s) * tremble
            load = 100.0 * np.sin(2.0 * np.pi * at / period_s) + step_a * (at // 900 % 2) + shared
            seen.append(np.round(gain[side] * load + offset[side] + noise[side], 1))
        count = np.full(pairs, second)
        frame = Frame(shape, second, seen[0][:, None].astype(np.float32), nothing, bits, count, count)
        found = Found(ever[:, 0] & False, ever[:, 0] & False, seen[0], seen[1], np.ones(pairs, np.bool_))
        past, _ = drifts.watch(made, past, found, [frame])
        ever |= past.flagged
        nearest = max(nearest, float(np.max(past.up)), float(np.max(past.down)))
    days = pairs * hours / 24.0
    told = ", ".join(f"{kind} {int(ever[:, i].sum())}" for i, kind in enumerate(drifts.KINDS))
    print(f"{pairs} honest pairs for {hours:g} h, seed {seed}: {days:,.0f} pair-days")
    print(f"pairs with a false alarm: {told}; highest sum {nearest:.1f}, threshold {made.height:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
