"""Cells whose temperature always equals another's are copies of one thermistor: one witness, not two (safety S60).

Three ways to know. Declared: the make says how many cells show one thermistor; marked as soon as the device has said
what it is. By pattern: in every module of a device, several of them, the same neighbours are equal poll after poll;
marked after the first polls. By movement: a cell whose value changed often enough and was at each look equal to a cell
before it. One look at which two differ ends it, whatever was declared.

The search by movement costs cells squared, so it looks at one slice of the rows a turn.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ironkeep.decisions.telemetry.plan import Shape
from ironkeep.decisions.telemetry.policy import Policy
from ironkeep.decisions.telemetry.verdicts import NO_VALUE, NOT_USABLE
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.gather import Bits, Mask
from ironkeep.model.ids import AssetId, parent
from ironkeep.model.link import Particulars
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
    """The search over one frame: its columns, its slices, the bits found so far (R, A + I) or None, the cells known to
    be copies without waiting (R, C), how many looks the pattern took, and of how many devices we have heard.
    """

    layout: FrameLayout
    columns: NDArray[np.int64]
    slices: tuple[Slice, ...]
    bits: Bits | None
    declared: Mask
    pattern: Mask
    looks: int = 0
    heard: int = 0


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
    none = np.zeros((rows, width), np.bool_)
    return Copies(shape.layout, columns, slices, None, none, none)


def hear(copies: Copies, described: Mapping[str, Particulars], policy: Policy) -> Copies:
    """The search with what its devices have said of themselves: declared copies are marked before any value is read."""
    if copies.heard == len(described):
        return copies
    copies = replace(copies, heard=len(described), declared=_declared(copies, described, policy))
    width = len(copies.layout.analog) + len(copies.layout.integer)
    for part in copies.slices:
        copies = _marked(copies, part, (len(copies.layout.assets), width), policy)
    return copies


def look(copies: Copies, frame: Frame, quality: Bits, turn: int, policy: Policy) -> Copies:
    """The search after one look at the slice whose turn it is."""
    seen = copies.looks < policy.copy_looks
    if seen:
        copies = _patterned(copies, frame, quality, policy)
    at = turn % len(copies.slices)
    part = copies.slices[at]
    rows = slice(part.first, part.last)
    values = frame.analog[rows][:, copies.columns]
    whole = ((quality[rows][:, copies.columns] & NOT_USABLE) == 0).all(axis=1)
    if whole.any():
        equal = values[:, :, None] == values[:, None, :]
        same = np.where(whole[:, None, None], part.same & equal, part.same)
        changed = whole[:, None] & (values != part.values) & ~np.isnan(part.values)
        changes = np.minimum(part.changes + changed, CHANGES_MAX).astype(np.uint8)
        part = Slice(part.first, part.last, np.where(whole[:, None], values, part.values), changes, same)
        copies = replace(copies, slices=(*copies.slices[:at], part, *copies.slices[at + 1 :]))
    for each in copies.slices if seen else (part,) if whole.any() else ():
        copies = _marked(copies, each, quality.shape, policy)
    return copies


def _declared(copies: Copies, described: Mapping[str, Particulars], policy: Policy) -> Mask:
    """The cells (R, C) that the make of their device says are copies."""
    each_of = {(t.manufacturer, t.model): t.cells_each for t in policy.thermistors}
    by_asset = {said.asset: each_of.get((said.manufacturer, said.model)) for said in described.values()}
    cells = np.arange(copies.columns.size)
    found = np.zeros_like(copies.declared)
    for row, asset in enumerate(copies.layout.assets):
        at: AssetId | None = asset
        while at is not None and by_asset.get(at) is None:
            at = parent(at)
        span = by_asset[at] if at is not None else None
        if span:
            found[row] = cells % span != 0
    return found


def _patterned(copies: Copies, frame: Frame, quality: Bits, policy: Policy) -> Copies:
    """Neighbours that were equal in every module of a device at every look so far; nothing until there were enough."""
    good = (quality[:, copies.columns] & NO_VALUE) == 0
    if not good.all(axis=1).any():
        return copies
    values = frame.analog[:, copies.columns]
    equal = np.zeros_like(copies.pattern)
    equal[:, 1:] = (values[:, 1:] == values[:, :-1]) | ~good[:, 1:]
    for device in dict.fromkeys(copies.layout.devices):
        rows = np.array([d == device for d in copies.layout.devices])
        heard = rows & good.all(axis=1)
        equal[rows] = equal[rows].all(axis=0) & (heard.sum() >= policy.copy_rows)
    before = copies.pattern if copies.looks else np.ones_like(equal)
    return replace(copies, pattern=before & equal, looks=copies.looks + 1)


def _marked(copies: Copies, part: Slice, shape: tuple[int, ...], policy: Policy) -> Copies:
    """The search with the bits of a slice brought up to date."""
    rows = slice(part.first, part.last)
    known = copies.declared[rows]
    if copies.looks >= policy.copy_looks:
        known = known | copies.pattern[rows]
    earlier = np.tril(np.ones((copies.columns.size, copies.columns.size), np.bool_), -1)
    inferred = (part.same & earlier).any(axis=2) & (known | (part.changes >= policy.copy_changes))
    bits = copies.bits
    before = bits[rows][:, copies.columns] != 0 if bits is not None else np.zeros_like(inferred)
    if (inferred == before).all():
        return copies
    bits = np.zeros(shape, np.uint16) if bits is None else bits.copy()
    block = bits[rows]
    block[:, copies.columns] = inferred * np.uint16(Quality.INFERRED)
    return replace(copies, bits=bits)
