"""The cell step: charge, diffusion, polarisation, hysteresis and heat of many cells at once.

Rules. Current is positive on discharge. Equilibrium voltage is read at the near tank: U(xs) + (T - 25) dU/dT + h M.
The two tanks in charge form have the exact solution of a decay: their difference d = x - xs obeys d' = -d / tau + (I
/ Q) (1 - c) / c. The RC pair and the hysteresis state are exact too for a constant current, so a step may be split
without changing the answer. Heat is Bernardi's: I (U(x) - V) - I T dU/dT, with U at the mean charge (to first order
in d), so that the sum of work and irreversible heat is the chemical energy. Nothing here raises for equipment
trouble.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ironkeep.physics.chemistry import (
    GRID,
    KELVIN,
    REFERENCE_C,
    TEMPERATURE_MAX_C,
    TEMPERATURE_MIN_C,
    Chemistry,
    Floats,
    resistance_factor,
)

SECONDS_PER_HOUR = 3600.0
_SCRATCH = 4
WARM_EVERY_S = 10.0  # a cell moves by less than 0.1 K in it, resistance by less than 0.2 %


class Cells:
    """State of N cells of one make. Arrays have shape (N,); all may be read, only `set_charge` and `step` write.

    `charge` is the mean fraction of charge, `emf_v` the voltage behind the ohmic resistance `ohmic_ohm`, `heat_w` the
    heat of the last step, `voltage_v` the terminal voltage at its end.
    """

    def __init__(self, chemistry: Chemistry, capacity_ah: Floats, charge: Floats, temperature_c: Floats) -> None:
        """Cells at rest at the given charge. `capacity_ah` > 0, `charge` within 0..1, one entry a cell."""
        assert capacity_ah.shape == charge.shape == temperature_c.shape
        n = capacity_ah.size
        self.chemistry = chemistry
        self.capacity_ah = capacity_ah.astype(np.float64)
        self.resistance_factor = np.ones(n)  # age and spread
        self.charge = charge.astype(np.float64)
        self.temperature_c = temperature_c.astype(np.float64)
        self.tank_gap = np.zeros(n)
        self.rc_v = np.zeros(n)
        self.hysteresis = np.zeros(n)
        self.extra_heat_w: Floats | None = None
        self.emf_v, self.ohmic_ohm = np.zeros(n), np.zeros(n)
        self.voltage_v, self.heat_w = np.zeros(n), np.zeros(n)
        self._equilibrium_v = np.zeros(n)
        self._tables(chemistry)
        self.prepare()
        self.voltage_v[:] = self.emf_v

    def _tables(self, chemistry: Chemistry) -> None:
        """One column a sample of charge, those for discharge first, so that one index fetches all that a cell needs."""
        rise = np.append(np.diff(chemistry.ocv_v), 0.0)
        columns = [chemistry.ocv_v, rise, chemistry.hysteresis_v, chemistry.entropy_v_k]
        halves = [np.stack([*columns, shape]) for shape in (chemistry.shape_discharge, chemistry.shape_charge)]
        # Beyond empty and full the near tank meets the last sample, with no slope: no clamp is needed in the step.
        wide = [np.pad(half, ((0, 0), (GRID, GRID)), mode="edge") for half in halves]
        for half in wide:
            half[1, :GRID] = 0.0
        self._table = np.concatenate(wide, axis=1)
        self._half_rows = wide[0].shape[1] / 2.0

    def prepare(self) -> None:
        """Build what depends on the parameters; call after changing `capacity_ah` or `resistance_factor`."""
        n = self.capacity_ah.size
        self._per_as = 1.0 / (self.capacity_ah * SECONDS_PER_HOUR)
        self._ohm = self.chemistry.ohmic_ohm_ah * self.resistance_factor / self.capacity_ah
        self._kelvin_per_j = 1.0 / (self.chemistry.heat_capacity_j_k_ah * self.capacity_ah)
        self._scratch = np.zeros((_SCRATCH, n))
        self._index, self._current = np.zeros(n, np.intp), np.zeros(n)
        self._rows = np.zeros((self._table.shape[0], n))
        self._since_warm_s = math.inf
        self._evaluate(np.zeros(n), 0.0)

    def currents(self, power_w: Floats | float) -> Floats:
        """Currents that deliver a power a cell, A; where the power is beyond reach, the one of maximum power.

        The array is reused by the next call.
        """
        s, current = self._scratch, self._current
        radicand = np.multiply(self.emf_v, self.emf_v, out=s[0])
        radicand -= np.multiply(self.ohmic_ohm, np.multiply(4.0, power_w), out=s[1])
        beyond = np.minimum.reduce(radicand) < 0.0
        root = np.sqrt(np.maximum(radicand, 0.0, out=s[1]) if beyond else radicand, out=s[1])
        root += self.emf_v
        np.divide(np.multiply(2.0, power_w), root, out=current)
        if beyond:
            np.copyto(current, self.emf_v / (2.0 * self.ohmic_ohm), where=radicand < 0.0)
        return current

    def set_charge(self, cells: slice | NDArray[np.bool_], charge: float) -> None:
        """Put cells at rest at a charge within 0..1."""
        self.charge[cells] = charge
        self.tank_gap[cells] = 0.0
        self.rc_v[cells] = 0.0
        self._evaluate(np.zeros(self.charge.size), 0.0)

    def step(self, current_a: Floats, ambient_c: Floats | float, thermal_ohm_k_w: Floats | float, dt_s: float) -> None:
        """Advance by `dt_s` with a constant current a cell and an ambient behind a thermal resistance (K/W)."""
        chem, s = self.chemistry, self._scratch
        rate = np.multiply(current_a, self._per_as, out=s[0])
        decay = math.exp(-dt_s / chem.tank_tau_s)
        self.tank_gap *= decay
        gain = (1.0 - chem.tank_c) / chem.tank_c * chem.tank_tau_s * (1.0 - decay)
        self.tank_gap += np.multiply(rate, gain, out=s[1])
        rate *= dt_s
        self.charge -= rate
        if np.minimum.reduce(self.charge) < 0.0 or np.maximum.reduce(self.charge) > 1.0:
            np.clip(self.charge, 0.0, 1.0, out=self.charge)
        self._step_hysteresis(current_a, rate)
        decay = math.exp(-dt_s / chem.rc_tau_s)
        self.rc_v *= decay
        drop = np.multiply(current_a, self.ohmic_ohm, out=s[1])
        drop *= chem.rc_ratio * (1.0 - decay)
        self.rc_v += drop
        self._evaluate(current_a, dt_s)
        drop = np.multiply(current_a, self.ohmic_ohm, out=s[1])
        np.subtract(self.emf_v, drop, out=self.voltage_v)
        self._step_heat(current_a, ambient_c, thermal_ohm_k_w, dt_s)

    def _step_hysteresis(self, current_a: Floats, moved: Floats) -> None:
        """h' = (gamma |I| / Q) (-sign(I) - h), exact: h -> -sign + (h + sign) exp(-gamma |moved|)."""
        fade = np.abs(moved, out=self._scratch[2])
        fade *= -self.chemistry.hysteresis_rate
        np.exp(fade, out=fade)
        sign = np.copysign(1.0, current_a, out=self._scratch[3])  # where nothing moves the fade is 1, the sign idle
        self.hysteresis += sign
        self.hysteresis *= fade
        self.hysteresis -= sign

    def _evaluate(self, current_a: Floats, dt_s: float) -> None:
        """Equilibrium voltage, emf and ohmic resistance at the present state."""
        self._warm(dt_s)
        s = self._scratch
        near = np.subtract(self.charge, self.tank_gap, out=s[1])
        near *= GRID
        near += GRID + self._half_rows
        half = np.copysign(self._half_rows, current_a, out=s[2])
        near -= half
        whole = np.floor(near, out=s[2])
        near -= whole
        np.copyto(self._index, whole, casting="unsafe")
        rows = self._rows
        for column, row in zip(self._table, rows, strict=True):
            np.take(column, self._index, out=row, mode="clip")
        ocv = np.multiply(rows[1], near, out=self._equilibrium_v)
        ocv += rows[0]
        ocv += np.multiply(rows[3], self._above_c, out=s[3])
        np.multiply(rows[2], self.hysteresis, out=self.emf_v)
        self.emf_v += ocv
        self.emf_v -= self.rc_v
        np.multiply(rows[4], self._warm_ohm, out=self.ohmic_ohm)

    def _warm(self, dt_s: float) -> None:
        """Renew what follows the temperature alone, which moves slowly, once in `WARM_EVERY_S`."""
        self._since_warm_s += dt_s
        if self._since_warm_s < WARM_EVERY_S:
            return
        self._since_warm_s = 0.0
        np.clip(self.temperature_c, TEMPERATURE_MIN_C, TEMPERATURE_MAX_C, out=self.temperature_c)
        self._above_c = self.temperature_c - REFERENCE_C
        self._warm_ohm = self._ohm * resistance_factor(self.temperature_c, self.chemistry.activation_j_mol)

    def _step_heat(self, current_a: Floats, ambient_c: Floats | float, thermal: Floats | float, dt_s: float) -> None:
        """Heat of this step; the temperature follows at the end of the warm window."""
        s, rows = self._scratch, self._rows
        # U at the mean charge, to first order from U at the near tank: the loss of diffusion is I (U(x) - U(xs)).
        loss = np.multiply(rows[1], self.tank_gap, out=s[1])
        loss *= GRID
        loss += self._equilibrium_v
        loss -= self.voltage_v
        reversible = np.add(self._above_c, REFERENCE_C + KELVIN, out=s[2])
        reversible *= rows[3]
        loss -= reversible
        np.multiply(loss, current_a, out=self.heat_w)
        if self.extra_heat_w is not None:
            self.heat_w += self.extra_heat_w
        flow = np.subtract(ambient_c, self.temperature_c, out=s[1])
        flow *= 1.0 / thermal
        flow += self.heat_w
        flow *= self._kelvin_per_j
        flow *= dt_s
        self.temperature_c += flow
