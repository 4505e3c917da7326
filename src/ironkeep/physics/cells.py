"""The cell step: charge, diffusion, polarisation, hysteresis and heat of many cells at once.

Rules. Current is positive on discharge. Equilibrium voltage is read at the near tank: U(xs) + (T - 25) dU/dT + h M.
The two tanks in charge form have the exact solution of a decay: their difference d = x - xs obeys
d' = -d / tau + (I / Q) (1 - c) / c. The RC pair and the hysteresis state are exact too for a constant current, so a
step may be split without changing the answer. Heat is Bernardi's: I (U(x) - V) - I T dU/dT, with U at the mean charge,
so that the sum of work and irreversible heat is the chemical energy. Nothing here raises for equipment trouble.
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
    TEMPERATURE_STEPS_PER_C,
    Chemistry,
    Floats,
    resistance_factor,
)

SECONDS_PER_HOUR = 3600.0
_SCRATCH = 8


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
        self._equilibrium_v, self._entropy = np.zeros(n), np.zeros(n)
        self._tables(chemistry)
        self.prepare()
        self.voltage_v[:] = self.emf_v

    def _tables(self, chemistry: Chemistry) -> None:
        self._ocv = chemistry.ocv_v
        self._rise = np.append(np.diff(chemistry.ocv_v), 0.0)
        self._shapes = np.concatenate([chemistry.shape_discharge, chemistry.shape_charge])
        count = int((TEMPERATURE_MAX_C - TEMPERATURE_MIN_C) * TEMPERATURE_STEPS_PER_C) + 1
        grid_c = np.linspace(TEMPERATURE_MIN_C, TEMPERATURE_MAX_C, count)
        self._arrhenius = resistance_factor(grid_c, chemistry.activation_j_mol)

    def prepare(self) -> None:
        """Build what depends on the parameters; call after changing `capacity_ah` or `resistance_factor`."""
        n = self.capacity_ah.size
        self._per_as = 1.0 / (self.capacity_ah * SECONDS_PER_HOUR)
        self._ohm = self.chemistry.ohmic_ohm_ah * self.resistance_factor / self.capacity_ah
        self._kelvin_per_j = 1.0 / (self.chemistry.heat_capacity_j_k_ah * self.capacity_ah)
        self._scratch = np.zeros((_SCRATCH, n))
        self._index, self._index_t = np.zeros(n, np.intp), np.zeros(n, np.intp)
        self._evaluate(np.zeros(n))

    def set_charge(self, cells: slice | NDArray[np.bool_], charge: float) -> None:
        """Put cells at rest at a charge within 0..1."""
        self.charge[cells] = charge
        self.tank_gap[cells] = 0.0
        self.rc_v[cells] = 0.0
        self._evaluate(np.zeros(self.charge.size))

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
        np.clip(self.charge, 0.0, 1.0, out=self.charge)
        self._step_hysteresis(current_a, rate)
        decay = math.exp(-dt_s / chem.rc_tau_s)
        self.rc_v *= decay
        drive = np.multiply(current_a, self.ohmic_ohm, out=s[1])
        drive *= chem.rc_ratio * (1.0 - decay)
        self.rc_v += drive
        self._evaluate(current_a)
        drop = np.multiply(current_a, self.ohmic_ohm, out=s[1])
        np.subtract(self.emf_v, drop, out=self.voltage_v)
        self._step_heat(current_a, ambient_c, thermal_ohm_k_w, dt_s)

    def _step_hysteresis(self, current_a: Floats, moved: Floats) -> None:
        """h' = (gamma |I| / Q) (-sign(I) - h), exact: h -> -sign + (h + sign) exp(-gamma |moved|)."""
        sign = np.sign(current_a, out=self._scratch[1])
        fade = np.abs(moved, out=self._scratch[2])
        fade *= -self.chemistry.hysteresis_rate
        np.exp(fade, out=fade)
        self.hysteresis += sign
        self.hysteresis *= fade
        self.hysteresis -= sign

    def _evaluate(self, current_a: Floats) -> None:
        """Equilibrium voltage, emf and ohmic resistance at the present state."""
        s, index = self._scratch, self._index
        near = np.subtract(self.charge, self.tank_gap, out=s[1])
        ocv = self._lookup(near, s[2])
        entropy = np.take(self.chemistry.entropy_v_k, index, out=self._entropy, mode="clip")
        width = np.take(self.chemistry.hysteresis_v, index, out=s[3], mode="clip")
        shift = np.subtract(self.temperature_c, REFERENCE_C, out=s[4])
        shift *= entropy
        width *= self.hysteresis
        np.add(ocv, shift, out=self.emf_v)
        self.emf_v += width
        self.emf_v -= self.rc_v
        index += np.multiply(np.less(current_a, 0.0), GRID + 1, out=self._index_t)
        np.take(self._shapes, index, out=self.ohmic_ohm, mode="clip")
        self.ohmic_ohm *= self._ohm
        warmth = np.subtract(self.temperature_c, TEMPERATURE_MIN_C, out=s[3])
        warmth *= TEMPERATURE_STEPS_PER_C
        np.copyto(self._index_t, warmth, casting="unsafe")
        self.ohmic_ohm *= np.take(self._arrhenius, self._index_t, out=s[3], mode="clip")
        s[5][:] = self.charge
        mean = self._lookup(s[5], s[2])
        np.add(mean, shift, out=self._equilibrium_v)

    def _lookup(self, charge: Floats, out: Floats) -> Floats:
        """Open-circuit voltage at a charge, linear between samples. Overwrites `charge` and the index."""
        np.clip(charge, 0.0, 1.0, out=charge)
        charge *= GRID
        np.copyto(self._index, charge, casting="unsafe")
        charge -= self._index
        np.take(self._rise, self._index, out=out, mode="clip")
        out *= charge
        out += np.take(self._ocv, self._index, out=self._scratch[6], mode="clip")
        return out

    def _step_heat(
        self, current_a: Floats, ambient_c: Floats | float, thermal_ohm_k_w: Floats | float, dt_s: float
    ) -> None:
        s = self._scratch
        loss = np.subtract(self._equilibrium_v, self.voltage_v, out=s[1])
        reversible = np.add(self.temperature_c, KELVIN, out=s[2])
        reversible *= self._entropy
        loss -= reversible
        np.multiply(loss, current_a, out=self.heat_w)
        if self.extra_heat_w is not None:
            self.heat_w += self.extra_heat_w
        # Explicit in the leak to ambient: its time constant is hours, so a step of 10 s is exact to 1e-4 of the rise.
        flow = np.subtract(ambient_c, self.temperature_c, out=s[1])
        flow /= thermal_ohm_k_w
        flow += self.heat_w
        flow *= self._kelvin_per_j
        flow *= dt_s
        self.temperature_c += flow
        np.clip(self.temperature_c, TEMPERATURE_MIN_C, TEMPERATURE_MAX_C, out=self.temperature_c)
