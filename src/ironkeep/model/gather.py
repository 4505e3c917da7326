"""Where values stand in frames: one value for each of N assets, wherever its column is.

Places are worked out once for a set of layouts; taking the values is then arithmetic alone. A slot that no column fills
is absent, never zero.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.ids import AssetId, PointName, parent
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.model.site import AssetKind, Site

Bits = NDArray[np.uint16]
Rows = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

CHILD_KIND = {AssetKind.BANK: AssetKind.STRING, AssetKind.STRING: AssetKind.MODULE}

NUMBER = r"(?:[a-z]?\d{1,3}|[a-z])"  # of a column that is one of several: 01, l1, a


@dataclass(frozen=True, slots=True)
class Part:
    """What a gather takes from one block of one frame: rows and columns, and the slots that they fill, all (K,)."""

    frame: int
    integer: bool  # of which block
    columns: Rows  # in that block
    marks: Rows  # the same in quality numbering: analog columns first
    rows: Rows
    slots: Rows


@dataclass(frozen=True, slots=True)
class Gather:
    """One value for each of `size` assets; a slot that no part fills is absent."""

    size: int
    parts: tuple[Part, ...]

    def values(self, frames: Sequence[Frame], quality: Sequence[Bits]) -> tuple[Floats, Bits]:
        """Values f8 (N,), NaN where absent, and their quality bits u2 (N,)."""
        out = np.full(self.size, np.nan)
        bits = np.full(self.size, int(Quality.ABSENT), np.uint16)
        for part in self.parts:
            frame = frames[part.frame]
            if part.integer:
                raw = frame.integer[part.rows, part.columns]
                out[part.slots] = np.where(raw == ABSENT_INTEGER, np.nan, raw)
            else:
                out[part.slots] = frame.analog[part.rows, part.columns]
            bits[part.slots] = quality[part.frame][part.rows, part.marks]
        return out, bits

    def mark(self, quality: Sequence[Bits], chosen: NDArray[np.bool_], bit: int) -> None:
        """Set a bit on the points of the chosen slots (N,) in the quality blocks."""
        for part in self.parts:
            hit = chosen[part.slots]
            if hit.any():
                quality[part.frame][part.rows[hit], part.marks[hit]] |= np.uint16(bit)

    @property
    def filled(self) -> NDArray[np.bool_]:
        """Which slots have a column at all, (N,)."""
        out = np.zeros(self.size, np.bool_)
        for part in self.parts:
            out[part.slots] = True
        return out


def joined(gathers: Sequence[Gather]) -> Gather:
    """All gathers as one: their slots follow each other, and each block of a frame is looked into once."""
    found: dict[tuple[int, bool], list[tuple[Rows, Rows, Rows, Rows]]] = {}
    size = 0
    for gather in gathers:
        for part in gather.parts:
            held = found.setdefault((part.frame, part.integer), [])
            held.append((part.columns, part.marks, part.rows, part.slots + size))
        size += gather.size
    parts = (Part(*block, *map(np.concatenate, zip(*held, strict=True))) for block, held in sorted(found.items()))
    return Gather(size, tuple(parts))


@dataclass(frozen=True, slots=True)
class Places:
    """The layouts in sight by number, the kind of each asset, and where each point stands: (frame, column) pairs."""

    layouts: tuple[FrameLayout, ...]
    kinds: Mapping[AssetId, AssetKind]
    where: Mapping[PointName, tuple[tuple[int, int], ...]]

    def gather(self, point: PointName, assets: Sequence[AssetId]) -> Gather:
        """The gather of a point over assets, in their order."""
        slot: dict[AssetId, list[int]] = {}
        for i, asset in enumerate(assets):
            slot.setdefault(asset, []).append(i)
        parts = []
        for frame, column in self.where.get(point, ()):
            rows, slots = [], []
            for row, asset in enumerate(self.layouts[frame].assets):
                for i in slot.get(asset, ()):
                    rows.append(row)
                    slots.append(i)
            if rows:
                analog = len(self.layouts[frame].analog)
                marks = np.full(len(rows), column)
                columns = marks if column < analog else marks - analog
                parts.append(Part(frame, column >= analog, columns, marks, np.array(rows), np.array(slots)))
        return Gather(len(assets), tuple(parts))

    def offering(self, point: PointName, kinds: Iterable[AssetKind] = ()) -> tuple[AssetId, ...]:
        """The assets that offer a point, of the kinds given (none given: of any), in the order of frames and rows."""
        wanted = frozenset(kinds)
        found: dict[AssetId, None] = {}
        for frame, _ in self.where.get(point, ()):
            for asset in self.layouts[frame].assets:
                if not wanted or self.kinds[asset] in wanted:
                    found[asset] = None
        return tuple(found)

    def columns(self, pattern: str) -> tuple[PointName, ...]:
        """The numbered points that a name with one * fits (01, 02; l1; a), sorted, or the point itself without one.

        `cell_voltage_*_v` means the cells, never cell_voltage_max_v, which is told of them.
        """
        head, star, tail = pattern.partition("*")
        if not star:
            return (PointName(pattern),) if pattern in self.where else ()
        numbered = re.compile(re.escape(head) + NUMBER + re.escape(tail))
        return tuple(sorted(name for name in self.where if numbered.fullmatch(name)))


@cache
def fits(name: str, pattern: str) -> bool:
    """Does the name fit a pattern in which * stands for any letters?"""
    return re.fullmatch(".*".join(re.escape(part) for part in pattern.split("*")), name) is not None


def places(layouts: Sequence[FrameLayout], site: Site) -> Places:
    """The places of a set of layouts. The kind of an asset is declared, else what stands below its parent's kind."""
    declared = {asset.id: asset.kind for asset in site.assets}
    kinds: dict[AssetId, AssetKind] = {}
    where: dict[PointName, list[tuple[int, int]]] = {}
    for number, layout in enumerate(layouts):
        for asset in layout.assets:
            kinds[asset] = _kind(asset, declared, kinds)
        for column, spec in enumerate((*layout.analog, *layout.integer)):
            where.setdefault(spec.name, []).append((number, column))
    return Places(tuple(layouts), kinds, {name: tuple(found) for name, found in where.items()})


def _kind(asset: AssetId, declared: Mapping[AssetId, AssetKind], known: dict[AssetId, AssetKind]) -> AssetKind:
    if asset in declared:
        return declared[asset]
    if asset not in known:
        above = parent(asset)
        known[asset] = CHILD_KIND.get(_kind(above, declared, known), AssetKind.OTHER) if above else AssetKind.OTHER
    return known[asset]
