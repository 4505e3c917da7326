"""What a battery management system works out from its own cells: extremes with their places, means, packed bits.

Rules. Everything here comes from what the wire says of the cells (lies included), never from the truth. Places count
from 1, as the ids do. A dead sensor (NaN) takes part in nothing; where all are dead the result is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ironkeep.twin.layout import Bank, Site
from ironkeep.twin.signals import Array

Floats = NDArray[np.float64]

_SPREADS = ("cell_voltage", "cell_temperature")
_UNITS = {"cell_voltage": "v", "cell_temperature": "c"}
_LEVELS = ("module", "string", "bank")
_DEEPER = {"module": ("cell",), "string": ("module",), "bank": ("string", "module")}


def names() -> tuple[str, ...]:
    """Names of everything that `Summary.values` holds: `group.name` as in the plant's contract."""
    found = []
    for level in _LEVELS:
        for quantity in _SPREADS:
            unit = _UNITS[quantity]
            found += [f"{level}.{quantity}_{what}_{unit}" for what in ("max", "min", "mean")]
            found += [f"{level}.{quantity}_{what}_{place}" for what in ("max", "min") for place in _DEEPER[level]]
    found += ["string.balancing_count", "bank.balancing_count", "string.state_bits", "string.contactor_bits"]
    for quantity, unit in (("string_voltage", "v"), ("string_current", "a")):
        found += [f"bank.{quantity}_{what}_{unit}" for what in ("max", "min", "mean")]
        found += [f"bank.{quantity}_{what}_string" for what in ("max", "min")]
    return (*found, "pcs.line_voltage_mean_v", "pcs.phase_voltage_mean_v", *_METER)


_METER = ("meter.ac_current_a", "meter.phase_voltage_mean_v")


class Summary:
    """The worked-out values of a site; `values` are live arrays, refreshed by `update`."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.values: dict[str, Floats] = {
            name: np.zeros(len(site.rows[name.partition(".")[0]]), "f8") for name in names()
        }

    def update(self, signals: Mapping[str, Array]) -> None:
        """Work everything out afresh from the plant's signals."""
        values = self.values
        for row, bank in enumerate(self._site.banks):
            for quantity in _SPREADS:
                cells = signals[f"cell.{quantity.removeprefix('cell_')}_{_UNITS[quantity]}"]
                self._spread(bank, row, quantity, cells[self._site.cell_slice(bank.id)])
            strings = self._site.string_slice(bank.id)
            bits = signals["module.balancing_count"][self._site.module_slice(bank.id)]
            values["string.balancing_count"][strings] = bits.reshape(bank.strings, -1).sum(axis=1)
            values["bank.balancing_count"][row] = bits.sum()
            for quantity, unit in (("voltage", "v"), ("current", "a")):
                _write(values, f"bank.string_{quantity}", unit, row, signals[f"string.{quantity}_{unit}"][strings])
        closed = signals["string.contactor_closed"]
        np.copyto(values["string.state_bits"], signals["string.enabled"] + 2 * closed)
        np.copyto(values["string.contactor_bits"], signals["string.contactor_aux"], casting="unsafe")
        for name in ("line_voltage", "phase_voltage"):
            np.mean(signals[f"pcs.{name}_v"], axis=1, out=values[f"pcs.{name}_mean_v"])
        np.sum(signals["meter.phase_current_a"], axis=1, out=values["meter.ac_current_a"])
        np.mean(signals["meter.phase_voltage_v"], axis=1, out=values["meter.phase_voltage_mean_v"])

    def _spread(self, bank: Bank, row: int, quantity: str, cells: Array) -> None:
        """Extremes, their places and means of one quantity for the modules, strings and the whole of one bank."""
        unit, values = _UNITS[quantity], self.values
        modules, strings = self._site.module_slice(bank.id), self._site.string_slice(bank.id)
        whole = cells.reshape(bank.strings, bank.modules, bank.cells)
        dead = np.isnan(whole)
        alive = np.maximum(bank.cells - dead.sum(axis=2), 0)
        with np.errstate(invalid="ignore"):
            sums = np.where(dead, 0.0, whole).sum(axis=2)
            for level, rows, axes in (
                ("module", modules, ()),
                ("string", strings, (1,)),
                ("bank", slice(row, row + 1), (0, 1)),
            ):
                mean = sums.sum(axis=axes) / alive.sum(axis=axes)
                values[f"{level}.{quantity}_mean_{unit}"][rows] = np.ravel(mean)
        for what, fill, pick in (("max", -np.inf, np.argmax), ("min", np.inf, np.argmin)):
            filled = np.where(dead, fill, whole)
            cell = pick(filled, axis=2)
            best = np.take_along_axis(filled, cell[..., None], axis=2)[..., 0]
            module = pick(best, axis=1)
            string_best = np.take_along_axis(best, module[:, None], axis=1)[:, 0]
            string = int(pick(string_best))
            name = f"{quantity}_{what}"
            values[f"module.{name}_{unit}"][modules] = _finite(best).ravel()
            values[f"module.{name}_cell"][modules] = cell.ravel() + 1
            values[f"string.{name}_{unit}"][strings] = _finite(string_best)
            values[f"string.{name}_module"][strings] = module + 1
            values[f"bank.{name}_{unit}"][row] = _finite(string_best[string])
            values[f"bank.{name}_string"][row] = string + 1
            values[f"bank.{name}_module"][row] = module[string] + 1


def _finite(values: Floats) -> Floats:
    return np.where(np.isinf(values), np.nan, values)


def _write(values: dict[str, Floats], name: str, unit: str, row: int, strings: Array) -> None:
    high, low = int(np.argmax(strings)), int(np.argmin(strings))
    values[f"{name}_max_{unit}"][row], values[f"{name}_max_string"][row] = strings[high], high + 1
    values[f"{name}_min_{unit}"][row], values[f"{name}_min_string"][row] = strings[low], low + 1
    values[f"{name}_mean_{unit}"][row] = strings.mean()
