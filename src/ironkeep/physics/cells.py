"""The cell step: charge, diffusion, polarisation, hysteresis and heat of many cells at once.

Rules. Current is positive on discharge. Equilibrium voltage is read at the near tank: U(xs) + (T - 25) dU/dT + h M.
The two tanks in charge form have the exact solution of a decay: their difference d = x - xs obeys d' = -d / tau + (I
/ Q) (1 - c) / c. The RC pair and the hysteresis state are exact too for a constant current, so a step may be split
without changing the answer. Heat is Bernardi's: I (U(x) - V) - I T dU/dT, with U at the mean charge (to first order
in d), so that the sum of work and irreversible heat is the chemical energy. Nothing here raises for equipment
trouble. The arithmetic stands in `block.py`; here cells are kept and cut into blocks of `BLOCK`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ironkeep.physics.block import ROWS, SCRATCH, SECONDS_PER_HOUR, Block, Curves, State
from ironkeep.physics.chemistry import Chemistry, Floats

__all__ = ["BLOCK", "SECONDS_PER_HOUR", "Cells"]

BLOCK = 16_384  # cells; fewer cost more calls, more no longer fit the cache


class Cells(State):
    """State of N cells of one make. Arrays have shape (N,); all may be read, only `set_charge` and the steps write.

    `charge` is the mean fraction of charge, `emf_v` the voltage behind the ohmic resistance `ohmic_ohm`, `heat_w` the
    heat of the last step, `voltage_v` the terminal voltage at its end, `entropy_v_k` the entropic coefficient,
    `resistance_factor` age and spread. `extra_heat_w` is heat beside the cell's own, or None.
    """

    def __init__(self, chemistry: Chemistry, capacity_ah: Floats, charge: Floats, temperature_c: Floats) -> None:
        """Cells at rest, at least one. `capacity_ah` > 0 and `charge` within 0..1, one entry a cell."""
        assert 0 < capacity_ah.size == charge.size == temperature_c.size
        n = capacity_ah.size
        rows = np.zeros((ROWS, n))
        super().__init__(rows)
        self.chemistry = chemistry
        self.capacity_ah[:], self.charge[:], self.temperature_c[:] = capacity_ah, charge, temperature_c
        self.resistance_factor[:] = 1.0
        self.extra_heat_w: Floats | None = None
        curves, parts = Curves(chemistry), -(-n // BLOCK)
        width = -(-n // parts)
        scratch, index = np.zeros((SCRATCH, width)), np.zeros(width, np.intp)
        self._places = [slice(start, min(start + width, n)) for start in range(0, n, width)]
        self._blocks = []
        for place in self._places:
            size = place.stop - place.start
            self._blocks.append(Block(chemistry, curves, rows[:, place], scratch[:, :size], index[:size]))
        self.prepare()
        self.voltage_v[:] = self.emf_v

    def prepare(self) -> None:
        """Build what depends on the parameters; call after changing `capacity_ah` or `resistance_factor`."""
        for block in self._blocks:
            block.prepare()

    def currents(self, power_w: Floats | float) -> Floats:
        """Currents that deliver a power a cell, A; where the power is beyond reach, the one of maximum power."""
        current = np.zeros(self.charge.size)
        for place, block in zip(self._places, self._blocks, strict=True):
            current[place] = block.currents(_part(power_w, place))
        return current

    def set_charge(self, cells: slice | NDArray[np.bool_], charge: float) -> None:
        """Put cells at rest at a charge within 0..1."""
        self.charge[cells] = charge
        self.tank_gap[cells] = 0.0
        self.rc_v[cells] = 0.0
        for block in self._blocks:
            block.settle()

    def step(self, current_a: Floats, ambient_c: Floats | float, thermal_ohm_k_w: Floats | float, dt_s: float) -> None:
        """Advance by `dt_s` with a constant current a cell and an ambient behind a thermal resistance (K/W)."""
        for place, block in zip(self._places, self._blocks, strict=True):
            extra = None if self.extra_heat_w is None else self.extra_heat_w[place]
            block.pace(dt_s)
            block.step(current_a[place], _part(ambient_c, place), _part(thermal_ohm_k_w, place), extra)

    def step_power(
        self, power_w: Floats | float, ambient_c: Floats | float, thermal_ohm_k_w: Floats | float, dt_s: float
    ) -> None:
        """Advance by `dt_s` as `step` does with the `currents` of a power a cell, W, met at the beginning."""
        for place, block in zip(self._places, self._blocks, strict=True):
            extra = None if self.extra_heat_w is None else self.extra_heat_w[place]
            block.pace(dt_s)
            current = block.currents(_part(power_w, place))
            block.step(current, _part(ambient_c, place), _part(thermal_ohm_k_w, place), extra)


def _part(values: Floats | float, place: slice) -> Floats | float:
    return values[place] if isinstance(values, np.ndarray) and values.ndim else values
