"""The cells of one string as a map: one row a module, one column a cell.

Shade is where a value stands between the lowest and the highest of the string, over a span that is never narrower than
SPAN_MIN, so that noise does not look like a fever. A cell far from the median is an outlier and is outlined. A cell
whose sensor is a copy of another's is hatched: it is no witness of its own (safety S60). Not known is empty, not grey.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ironkeep.model.ids import AssetId
from ironkeep.model.quality import Quality
from ironkeep.views.scene import Scene

SHADES = 9
SPAN_MIN = {"cell_temperature_*_c": 6.0, "cell_voltage_*_v": 0.030}  # °C, V
FAR_MIN = {"cell_temperature_*_c": 3.0, "cell_voltage_*_v": 0.020}  # °C, V from the median, at least
FAR_SPREADS = 6.0  # times the median absolute deviation
UNITS = {"cell_temperature_*_c": "C", "cell_voltage_*_v": "V"}


@dataclass(frozen=True)
class CellMap:
    """One map. Arrays (M modules, C cells): `values` NaN where not known; `shades` -1 where not known."""

    pattern: str
    unit: str
    modules: tuple[AssetId, ...]
    values: NDArray[np.float64]
    shades: NDArray[np.int64]
    far: NDArray[np.bool_]
    inferred: NDArray[np.bool_]
    balancing: NDArray[np.bool_]
    low: float
    high: float
    median: float | None

    @property
    def known(self) -> int:
        """How many cells have a value."""
        return int(np.isfinite(self.values).sum())


def cell_map(scene: Scene, string: AssetId, pattern: str, now_us: int) -> CellMap | None:
    """The map of a string's cells; None when nobody reads its modules."""
    modules: list[AssetId] = []
    values: list[NDArray[np.float64]] = []
    quality: list[NDArray[np.uint16]] = []
    balancing: list[NDArray[np.bool_]] = []
    for frame in scene.frames:
        mine = [(row, a) for row, a in enumerate(frame.layout.assets) if a == string or a.startswith(f"{string}.")]
        if not mine:
            continue
        names, block, bits = scene.block(frame, pattern, now_us)
        if not names:
            continue
        balance = [i for i, spec in enumerate(frame.layout.integer) if spec.name.startswith("cell_balancing_")]
        for row, asset in mine:
            modules.append(asset)
            values.append(block[row])
            quality.append(bits[row])
            on = frame.integer[row, balance] == 1 if len(balance) == len(names) else np.zeros(len(names), bool)
            balancing.append(on)
    if not modules:
        return None
    order = sorted(range(len(modules)), key=lambda i: modules[i])
    width = max(len(row) for row in values)
    table = np.full((len(modules), width), np.nan)
    bits_table = np.zeros((len(modules), width), np.uint16)
    bleeding = np.zeros((len(modules), width), bool)
    for to, i in enumerate(order):
        table[to, : len(values[i])] = values[i]
        bits_table[to, : len(values[i])] = quality[i]
        bleeding[to, : len(values[i])] = balancing[i]
    return _shaded(pattern, tuple(modules[i] for i in order), table, bits_table, bleeding)


def _shaded(
    pattern: str,
    modules: tuple[AssetId, ...],
    table: NDArray[np.float64],
    bits: NDArray[np.uint16],
    balancing: NDArray[np.bool_],
) -> CellMap:
    good = np.isfinite(table)
    shades = np.full(table.shape, -1, np.int64)
    far = np.zeros(table.shape, bool)
    low = high = 0.0
    median: float | None = None
    if good.any():
        held = table[good]
        median = float(np.median(held))
        deviation = float(np.median(np.abs(held - median)))
        low, high = float(held.min()), float(held.max())
        if (lack := SPAN_MIN[pattern] - (high - low)) > 0:
            low, high = low - lack / 2, high + lack / 2
        shades[good] = np.clip((held - low) / (high - low) * SHADES, 0, SHADES - 1).astype(np.int64)
        far[good] = np.abs(held - median) > max(FAR_SPREADS * deviation, FAR_MIN[pattern])
    inferred = (bits & int(Quality.INFERRED)) != 0
    return CellMap(pattern, UNITS[pattern], modules, table, shades, far, inferred, balancing, low, high, median)
