"""The arithmetic of a cell step for one block of cells, small enough that its arrays stay in a processor's cache.

Rules. The equilibrium voltage is looked up in every step. What bends slowly over charge and temperature (resistance,
hysteresis width, entropy, the loss of diffusion) is renewed when a cell may have moved by `SLOW_CHARGE`, when a current
changes its sign, and at the latest after `SLOW_S`. Arrays are written in place: a step takes no memory. Each pass over
an array costs about as much as the arithmetic, so that formulas are arranged for few passes.
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
SLOW_S = 10.0  # a cell moves by less than 0.1 K in it, resistance by less than 0.2 %
SLOW_CHARGE = 0.001  # two samples of the charge grid; resistance moves by at most 0.7 % in it, near empty
ROWS = 17  # arrays of a state
SCRATCH = 5


class State:
    """Arrays of shape (N,): the rows of one array, so that a block is a slice of all of them."""

    def __init__(self, rows: Floats) -> None:
        """Views on `rows` of shape (ROWS, N)."""
        self.charge: Floats
        (
            self.charge,
            self.tank_gap,
            self.rc_v,
            self.hysteresis,
            self.temperature_c,
            self.emf_v,
            self.ohmic_ohm,
            self.voltage_v,
            self.heat_w,
            self.entropy_v_k,
            self.capacity_ah,
            self.resistance_factor,
            self._share_per_a,
            self._width_v,
            self._entropic_v,
            self._slow_loss_v,
            self._warm_ohm,
        ) = rows


class Curves:
    """Tables of a make, widened: beyond empty and full the near tank meets the last sample, with no slope."""

    def __init__(self, chemistry: Chemistry) -> None:
        """Arrays of shape (3 GRID + 1,); entry GRID is empty, entry 2 GRID is full."""

        def wide(samples: Floats) -> Floats:
            padded: Floats = np.pad(samples, GRID, mode="edge")
            return padded

        self.ocv_v = wide(chemistry.ocv_v)
        self.rise_v = np.append(np.diff(self.ocv_v), 0.0)
        self.width_v, self.entropy_v_k = wide(chemistry.hysteresis_v), wide(chemistry.entropy_v_k)
        self.shape_discharge, self.shape_charge = wide(chemistry.shape_discharge), wide(chemistry.shape_charge)


class Block(State):
    """Cells that step together. `scratch` and `index` may be shared with blocks that step one after the other."""

    def __init__(
        self, chemistry: Chemistry, curves: Curves, rows: Floats, scratch: Floats, index: NDArray[np.intp]
    ) -> None:
        """Over `rows` (ROWS, N), with `scratch` (SCRATCH, N) and `index` (N,); call `prepare` before a step."""
        super().__init__(rows)
        self._chemistry, self._curves = chemistry, curves
        self._scratch, self._index = scratch, index

    def prepare(self) -> None:
        """Take the parameters as they stand and settle."""
        self._dt_s, self._since_slow_s = 0.0, math.inf
        self.settle()

    def settle(self) -> None:
        """Voltages and slow values of the present state, as if a discharge began."""
        self._room, self._direction = 0.0, 0.0
        equilibrium = self._equilibrium(1.0, 0.0)
        np.add(equilibrium, self._polarisation(), out=self.emf_v)

    def currents(self, power_w: Floats | float) -> Floats:
        """Currents that deliver a power a cell, A (scratch, good for one step); most power's where it is too much."""
        s = self._scratch
        radicand = np.multiply(self.emf_v, self.emf_v, out=s[0])
        radicand -= np.multiply(self.ohmic_ohm, np.multiply(4.0, power_w), out=s[1])
        beyond = np.minimum.reduce(radicand) < 0.0
        root = np.sqrt(np.maximum(radicand, 0.0, out=s[1]) if beyond else radicand, out=s[1])
        root += self.emf_v
        current: Floats = np.divide(np.multiply(2.0, power_w), root, out=s[4])
        if beyond:
            np.copyto(current, self.emf_v / (2.0 * self.ohmic_ohm), where=radicand < 0.0)
        return current

    def step(
        self, current_a: Floats, ambient_c: Floats | float, thermal_ohm_k_w: Floats | float, extra_w: Floats | None
    ) -> None:
        """Advance by the pace's length; `extra_w` is heat beside the cell's own, W."""
        s = self._scratch
        lowest, highest = float(np.minimum.reduce(current_a)), float(np.maximum.reduce(current_a))
        # One number when all cells go one way, which is nearly always; adding zero turns a negative zero.
        same = lowest >= 0.0 or highest < 0.0
        direction = math.copysign(1.0, lowest + 0.0) if same else np.copysign(1.0, current_a + 0.0)
        moved = np.multiply(current_a, self._share_per_a, out=s[0])
        self.charge -= moved
        self._step_hysteresis(direction, moved)
        self.tank_gap *= self._tank_keep
        moved *= self._tank_gain
        self.tank_gap += moved
        self._since_slow_s += self._dt_s
        equilibrium = self._equilibrium(direction, max(-lowest, highest) * self._share_per_a_max)
        drop = np.multiply(current_a, self.ohmic_ohm, out=s[0])
        self.rc_v *= self._rc_keep
        self.rc_v += np.multiply(drop, self._rc_gain, out=s[1])
        polarisation = self._polarisation()
        np.add(equilibrium, polarisation, out=self.emf_v)
        np.subtract(self.emf_v, drop, out=self.voltage_v)
        loss = np.subtract(drop, polarisation, out=drop)  # equilibrium less terminal voltage
        loss += self._slow_loss_v
        np.multiply(loss, current_a, out=self.heat_w)
        if extra_w is not None:
            self.heat_w += extra_w
        self._step_temperature(ambient_c, thermal_ohm_k_w)

    def pace(self, dt_s: float) -> None:
        """Set the length of the next steps, s (> 0)."""
        if dt_s == self._dt_s:
            return
        chem = self._chemistry
        self._dt_s = dt_s
        np.divide(dt_s / SECONDS_PER_HOUR, self.capacity_ah, out=self._share_per_a)
        self._share_per_a_max = float(np.maximum.reduce(self._share_per_a))
        self._tank_keep, self._rc_keep = math.exp(-dt_s / chem.tank_tau_s), math.exp(-dt_s / chem.rc_tau_s)
        self._tank_gain = (1.0 - chem.tank_c) / chem.tank_c * chem.tank_tau_s * (1.0 - self._tank_keep) / dt_s
        self._rc_gain = chem.rc_ratio * (1.0 - self._rc_keep)

    def _step_hysteresis(self, direction: float | Floats, moved: Floats) -> None:
        """h' = (gamma |I| / Q) (-sign(I) - h), exact: h -> -sign + (h + sign) exp(-gamma |moved|)."""
        fade = np.multiply(moved, -self._chemistry.hysteresis_rate * direction, out=self._scratch[1])
        np.exp(fade, out=fade)
        self.hysteresis += direction  # where nothing moves the fade is 1, the direction idle
        self.hysteresis *= fade
        self.hysteresis -= direction

    def _equilibrium(self, direction: float | Floats, moved_max: float) -> Floats:
        """Equilibrium voltage at the near tank (scratch); renews the slow values when they are due."""
        self._room -= moved_max
        due = isinstance(direction, np.ndarray) or direction != self._direction
        due = due or not self._room > 0.0 or self._since_slow_s >= SLOW_S
        self._keep_charge(direction)
        s, curves = self._scratch, self._curves
        near = np.subtract(self.charge, self.tank_gap, out=s[1])
        near *= GRID
        near += GRID
        whole = np.floor(near, out=s[2])
        near -= whole
        np.copyto(self._index, whole, casting="unsafe")
        rise = curves.rise_v.take(self._index, out=s[2], mode="clip")
        volts: Floats = curves.ocv_v.take(self._index, out=s[3], mode="clip")
        if due:
            self._renew(direction, rise)
        near *= rise
        volts += near
        volts += self._entropic_v
        return volts

    def _keep_charge(self, direction: float | Floats) -> None:
        """Hold the charge within 0..1; a block that goes one way can only leave at that end."""
        mixed = isinstance(direction, np.ndarray)
        if (mixed or direction > 0.0) and np.minimum.reduce(self.charge) < 0.0:
            np.maximum(self.charge, 0.0, out=self.charge)
        if (mixed or direction < 0.0) and np.maximum.reduce(self.charge) > 1.0:
            np.minimum(self.charge, 1.0, out=self.charge)

    def _renew(self, direction: float | Floats, rise_v: Floats) -> None:
        """Values that bend slowly over charge and temperature, at the present index. Writes no scratch but row 0."""
        self._room = SLOW_CHARGE
        if self._since_slow_s >= SLOW_S:
            self._warm()
        curves, index, scratch = self._curves, self._index, self._scratch[0]
        np.take(curves.width_v, index, out=self._width_v, mode="clip")
        np.take(curves.entropy_v_k, index, out=self.entropy_v_k, mode="clip")
        np.subtract(self.temperature_c, REFERENCE_C, out=self._entropic_v)
        self._entropic_v *= self.entropy_v_k
        # U at the mean charge, to first order from U at the near tank: the loss of diffusion is I (U(x) - U(xs)).
        np.multiply(rise_v, GRID, out=self._slow_loss_v)
        self._slow_loss_v *= self.tank_gap
        self._slow_loss_v -= self._entropic_v
        self._slow_loss_v -= np.multiply(self.entropy_v_k, REFERENCE_C + KELVIN, out=scratch)
        if isinstance(direction, float):
            self._direction = direction
            shape = curves.shape_discharge if direction > 0.0 else curves.shape_charge
            np.take(shape, index, out=self.ohmic_ohm, mode="clip")
        else:
            self._direction = 0.0
            np.take(curves.shape_charge, index, out=self.ohmic_ohm, mode="clip")
            discharge = np.take(curves.shape_discharge, index, out=scratch, mode="clip")
            np.copyto(self.ohmic_ohm, discharge, where=direction > 0.0)
        self.ohmic_ohm *= self._warm_ohm

    def _warm(self) -> None:
        """What follows the temperature alone."""
        self._since_slow_s = 0.0
        np.clip(self.temperature_c, TEMPERATURE_MIN_C, TEMPERATURE_MAX_C, out=self.temperature_c)
        factor = resistance_factor(self.temperature_c, self._chemistry.activation_j_mol)
        np.multiply(self._chemistry.ohmic_ohm_ah * factor, self.resistance_factor, out=self._warm_ohm)
        self._warm_ohm /= self.capacity_ah

    def _polarisation(self) -> Floats:
        """Hysteresis less the drop of the RC pair (scratch)."""
        volts: Floats = np.multiply(self._width_v, self.hysteresis, out=self._scratch[2])
        volts -= self.rc_v
        return volts

    def _step_temperature(self, ambient_c: Floats | float, thermal_ohm_k_w: Floats | float) -> None:
        flow = np.subtract(ambient_c, self.temperature_c, out=self._scratch[1])
        flow *= 1.0 / thermal_ohm_k_w
        flow += self.heat_w
        flow *= self._share_per_a  # capacity in Ah carries the heat capacity: one array serves both
        flow *= SECONDS_PER_HOUR / self._chemistry.heat_capacity_j_k_ah
        self.temperature_c += flow
