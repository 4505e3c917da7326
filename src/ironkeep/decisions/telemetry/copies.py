"""Cells whose temperature always equals another's are copies of one thermistor: one witness, not two (safety S60).

The search costs cells squared, so it looks at one slice of the rows a turn. A cell is a copy once its value changed
often enough and was at each look equal to a cell before it. One look at which they differ ends it.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ironkeep.decisions.telemetry.closures import NOT_USABLE
from ironkeep.decisions.telemetry.plan import Shape
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.gather import Bits
from ironkeep.model.quality import Quality

HEAD, TAIL = "cell_temperature_", "_c"
NOT_CELLS = ("max", "min", "avg", "mean")
CHANGES_MAX = 250  # where counting stops


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows first to last (excluded) of a frame: the last values (r, C), changes seen (r, C), and for each pair
    (r, C, C) whether the two were equal at every look.
    """

    first: int
    last: int
    values: NDArray[np.float32]
    changes: NDArray[np.uint8]
    same: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Copies:
    """The search over one frame: its columns, its slices, and the bits found so far (R, A + I) or None."""

    layout: FrameLayout
    columns: NDArray[np.int64]
    slices: tuple[Slice, ...]
    bits: Bits | None


def begin(shape: Shape, policy: Policy) -> Copies | None:
    """A new search over a layout; None where it has no cell temperatures."""
    columns = np.array(
        [
            i
            for i, spec in enumerate(shape.layout.analog)
            if spec.name.startswith(HEAD) and spec.name.endswith(TAIL) and not any(w in spec.name for w in NOT_CELLS)
        ],
        np.int64,
    )
    if columns.size < 2:
        return None
    rows, width = len(shape.layout.assets), columns.size
    edges = np.unique(np.linspace(0, rows, min(policy.copy_slices, rows) + 1).astype(int))
    slices = tuple(
        Slice(
            int(a),
            int(b),
            np.full((b - a, width), np.nan, np.float32),
            np.zeros((b - a, width), np.uint8),
            np.ones((b - a, width, width), np.bool_),
        )
        for a, b in pairwise(edges)
    )
    return Copies(shape.layout, columns, slices, None)


def look(copies: Copies, frame: Frame, quality: Bits, turn: int, policy: Policy) -> Copies:
    """The search after one look at the slice whose turn it is."""
    at = turn % len(copies.slices)
    part = copies.slices[at]
    rows = slice(part.first, part.last)
    values = frame.analog[rows][:, copies.columns]
    good = (quality[rows][:, copies.columns] & NOT_USABLE) == 0
    whole = good.all(axis=1)
    if not whole.any():
        return copies
    equal = values[:, :, None] == values[:, None, :]
    same = np.where(whole[:, None, None], part.same & equal, part.same)
    changed = whole[:, None] & (values != part.values) & ~np.isnan(part.values)
    changes = np.minimum(part.changes + changed, CHANGES_MAX).astype(np.uint8)
    kept = Slice(part.first, part.last, np.where(whole[:, None], values, part.values), changes, same)
    earlier = np.tril(np.ones((copies.columns.size, copies.columns.size), np.bool_), -1)
    inferred = (same & earlier).any(axis=2) & (changes >= policy.copy_changes)
    bits = copies.bits
    before = bits[rows][:, copies.columns] != 0 if bits is not None else np.zeros_like(inferred)
    if (inferred != before).any():
        bits = np.zeros(quality.shape, np.uint16) if bits is None else bits.copy()
        block = bits[rows]
        block[:, copies.columns] = inferred * np.uint16(Quality.INFERRED)
    slices = (*copies.slices[:at], kept, *copies.slices[at + 1 :])
    return Copies(copies.layout, copies.columns, slices, bits)
