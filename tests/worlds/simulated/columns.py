"""The twin's signals as frame layouts: one group a kind of asset, canonical point names, cells as columns of their
module.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ironkeep.model.frame import FrameLayout
from ironkeep.model.ids import AssetId, DeviceId, PointName
from ironkeep.model.point import PointClass, PointKind, PointSpec
from ironkeep.twin.layout import Site
from ironkeep.twin.signals import SIGNALS, Signal
from tests.worlds.simulated import config

CELL_GROUP, CARD_GROUP = "cell", "device"
UNITS = frozenset("v a w wh c ohm s pct hz ppm va var ah bar rpm seconds count bits m".split())


@dataclass(frozen=True, slots=True)
class Column:
    """Where one column comes from: the signal, its rows in the signal, and its place in the second axis (-1: none)."""

    spec: PointSpec
    signal: str
    rows: NDArray[np.int64]
    place: int


@dataclass(frozen=True, slots=True)
class Group:
    """One group of like assets: its layout and where its columns come from, in the order of the layout."""

    layout: FrameLayout
    analog: tuple[Column, ...]
    integer: tuple[Column, ...]
    cards: NDArray[np.int64]  # row in the `device` group of each asset's device


def point_name(stem: str, column: str = "") -> PointName:
    """`cell_voltage_v` with column `03` is `cell_voltage_03_v`: the column stands before the unit."""
    if not column:
        return PointName(stem)
    head, _, unit = stem.rpartition("_")
    return PointName(f"{head}_{column}_{unit}") if unit in UNITS else PointName(f"{stem}_{column}")


def groups(site: Site) -> tuple[Group, ...]:
    """Every group of a simulated site."""
    kinds = [g for g in site.rows if g not in ("site", CELL_GROUP, CARD_GROUP)]
    return tuple(_group(site, kind) for kind in kinds)


def _group(site: Site, kind: str) -> Group:
    assets = site.rows[kind]
    devices = [asset.partition(".")[0] for asset in assets]
    cards = np.array([site.row[CARD_GROUP, device] for device in devices])
    rows = np.arange(len(assets))
    columns = [c for s in SIGNALS.values() if s.group == kind for c in _columns(s, rows)]
    if kind == "module":
        columns += _cells(site)
    if kind not in ("string", "module"):  # one card a device; its strings and modules have none of their own
        columns += [c for s in SIGNALS.values() if s.group == CARD_GROUP for c in _columns(s, cards)]
    analog = tuple(c for c in columns if c.spec.kind is PointKind.ANALOG)
    integer = tuple(c for c in columns if c.spec.kind is not PointKind.ANALOG)
    layout = FrameLayout(
        group=f"simulated-{kind}",
        assets=tuple(AssetId(a) for a in assets),
        devices=tuple(DeviceId(d) for d in devices),
        analog=tuple(c.spec for c in analog),
        integer=tuple(c.spec for c in integer),
        period_s=config.PERIOD_S,
        age_limit_s=config.AGE_LIMIT_S,
    )
    return Group(layout, analog, integer, cards)


def _columns(signal: Signal, rows: NDArray[np.int64]) -> list[Column]:
    stem = signal.name.partition(".")[2]
    if not signal.columns:
        return [Column(_spec(signal, point_name(stem)), signal.name, rows, -1)]
    return [
        Column(_spec(signal, point_name(stem, name)), signal.name, rows, place)
        for place, name in enumerate(signal.columns)
    ]


def _cells(site: Site) -> list[Column]:
    """Cells become columns of their module: the n-th cell of every module is one column."""
    starts = np.searchsorted(site.module_of_cell, np.arange(len(site.rows["module"])))
    count = int(np.bincount(site.module_of_cell)[0])
    found = []
    for signal in (s for s in SIGNALS.values() if s.group == CELL_GROUP):
        stem = f"cell_{signal.name.partition('.')[2]}"
        for cell in range(count):
            spec = _spec(signal, point_name(stem, f"{cell + 1:02d}"))
            found.append(Column(spec, signal.name, starts + cell, -1))
    return found


def _spec(signal: Signal, name: PointName) -> PointSpec:
    if signal.dtype == "f8":
        kind = PointKind.ANALOG
    elif name.endswith("_bits"):
        kind = PointKind.BITFIELD
    else:
        kind = PointKind.COUNTER if signal.unit or name.endswith("_count") else PointKind.ENUM
    unit = {"C": "°C"}.get(signal.unit, signal.unit)
    return PointSpec(name, unit, kind, PointClass(signal.kind), label=signal.note, source=f"twin {signal.name}")
