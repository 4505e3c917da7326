"""How long cells carry a power, and what ends it.

Rules. The answer ends at the first of: charge floor, cell voltage, temperature, current limit, voltage collapse. The
end inside a step is found by a straight line between its two ends. More load, colder cells or more age never lengthen
it: the usable charge shrinks with cold (capacity table) and the resistance grows. A power or state that is not a
number ends at once. It lives beside the benchmarks until a decision room asks for minutes; then it moves to
`physics`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from ironkeep.physics.cells import SECONDS_PER_HOUR, Cells
from ironkeep.physics.chemistry import Chemistry, Floats, capacity_factor
from ironkeep.physics.strings import power_current


class EndCause(IntEnum):
    """Why a runtime ended; NONE = the horizon came first."""

    NONE = 0
    CHARGE_FLOOR = 1
    CELL_VOLTAGE = 2
    TEMPERATURE = 3
    CURRENT_LIMIT = 4
    VOLTAGE_COLLAPSE = 5
    NOT_A_NUMBER = 6


@dataclass(frozen=True)
class Bounds:
    """Where a runtime ends: charge (0..1), cell voltage (V), temperature (C), current (A) of one cell."""

    charge_min: float = 0.0
    voltage_min_v: float = 2.5
    temperature_max_c: float = 60.0
    current_max_a: float = np.inf


@dataclass(frozen=True)
class Unit:
    """N independent cells before a discharge, one entry a cell: Ah, charge 0..1, C, resistance factor, K/W."""

    capacity_ah: Floats
    charge: Floats
    temperature_c: Floats
    resistance_factor: Floats
    thermal_ohm_k_w: float = 5.0


@dataclass(frozen=True)
class Runtime:
    """Seconds until the end (the horizon where the cause is NONE) and `EndCause`, one entry a cell."""

    seconds: Floats
    cause: NDArray[np.int64]


def discharge(
    chemistry: Chemistry, unit: Unit, profile: list[tuple[float, Floats]], bounds: Bounds, dt_s: float
) -> Runtime:
    """Run a power profile of (seconds, W a cell) pieces until each cell ends; the last piece lasts as given.

    Powers are positive on discharge, shape (N,). `dt_s` is the largest step; pieces are cut into equal steps.
    """
    bad = ~np.isfinite(unit.charge + unit.temperature_c + unit.capacity_ah + unit.resistance_factor)
    if bad.any():
        unit = _without(unit, bad)
    cells = Cells(chemistry, unit.capacity_ah, unit.charge, unit.temperature_c)
    cells.resistance_factor[:] = unit.resistance_factor
    cells.prepare()
    floor = np.maximum(bounds.charge_min, 1.0 - capacity_factor(unit.temperature_c))
    n = unit.charge.size
    seconds, cause = np.full(n, np.inf), np.zeros(n, np.int64)
    seconds[bad], cause[bad] = 0.0, EndCause.NOT_A_NUMBER
    margins = np.ones((3, n))
    elapsed = 0.0
    for length_s, power_w in profile:
        steps = max(1, int(np.ceil(length_s / dt_s - 1e-9)))
        step_s = length_s / steps
        for _ in range(steps):
            if (cause != EndCause.NONE).all():
                return Runtime(seconds, cause)
            before = margins
            margins = _advance(cells, unit, power_w, bounds, floor, step_s, elapsed, seconds, cause)
            _close(before, margins, elapsed, step_s, seconds, cause)
            elapsed += step_s
    return Runtime(np.where(cause == EndCause.NONE, elapsed, seconds), cause)


def _without(unit: Unit, bad: NDArray[np.bool_]) -> Unit:
    """The same cells with harmless numbers where a state is not a number; those cells have already ended."""
    return Unit(
        np.where(bad, 1.0, unit.capacity_ah),
        np.where(bad, 0.5, unit.charge),
        np.where(bad, 25.0, unit.temperature_c),
        np.where(bad, 1.0, unit.resistance_factor),
        unit.thermal_ohm_k_w,
    )


def _advance(
    cells: Cells,
    unit: Unit,
    power_w: Floats,
    bounds: Bounds,
    floor: Floats,
    step_s: float,
    elapsed_s: float,
    seconds: Floats,
    cause: NDArray[np.int64],
) -> Floats:
    """One step of all cells; ends those that collapse or exceed the current; returns margins to the other bounds."""
    power = np.where(cause == EndCause.NONE, power_w, 0.0)
    unknown = ~np.isfinite(power)
    seconds[unknown], cause[unknown] = elapsed_s, EndCause.NOT_A_NUMBER
    power[unknown] = 0.0
    current, collapsed = power_current(power, cells.emf_v, cells.ohmic_ohm)
    for hit, why in ((collapsed, EndCause.VOLTAGE_COLLAPSE), (current > bounds.current_max_a, EndCause.CURRENT_LIMIT)):
        fresh = hit & (cause == EndCause.NONE)
        seconds[fresh], cause[fresh] = elapsed_s, why
    current[cause != EndCause.NONE] = 0.0
    current = np.nan_to_num(current)
    left = cells.charge - current * step_s / (SECONDS_PER_HOUR * unit.capacity_ah)  # may pass below empty
    cells.step(current, unit.temperature_c, unit.thermal_ohm_k_w, step_s)
    return np.stack(
        [
            left - floor,
            cells.voltage_v - bounds.voltage_min_v,
            bounds.temperature_max_c - cells.temperature_c,
        ]
    )


_MARGIN_CAUSES = (EndCause.CHARGE_FLOOR, EndCause.CELL_VOLTAGE, EndCause.TEMPERATURE)


def _close(
    before: Floats, after: Floats, elapsed_s: float, step_s: float, seconds: Floats, cause: NDArray[np.int64]
) -> None:
    """End the cells whose margin went below zero in this step; the earliest crossing names the cause."""
    crossed = after < 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(crossed, np.clip(before / (before - after), 0.0, 1.0), np.inf)
    share = np.where(np.isnan(share), 0.0, share)
    first = share.argmin(axis=0)
    fresh = crossed.any(axis=0) & (cause == EndCause.NONE)
    seconds[fresh] = elapsed_s + step_s * share.min(axis=0)[fresh]
    cause[fresh] = np.array(_MARGIN_CAUSES)[first[fresh]]
