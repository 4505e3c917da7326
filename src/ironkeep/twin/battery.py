"""One battery bank: cells, strings, contactors and its management system.

Rules. Positive is discharge. A contactor has a command, a coil state that the BMS believes, and a pole whose mirror
contact tells the truth. The BMS opens a string by itself when a cell passes a protective trip limit for `TRIP_DELAY_S`.
Its state of charge is counted from its own current sensor and anchored at full; the true charge is another number.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ironkeep.physics.cells import SECONDS_PER_HOUR, Cells
from ironkeep.physics.chemistry import LFP_ENERGY, LFP_POWER, Floats
from ironkeep.physics.limits import charge_share, discharge_share
from ironkeep.physics.strings import BusFlow, share_power, share_voltage
from ironkeep.twin.codes import BankState, ChargeStatus, ConnectFailure, Event
from ironkeep.twin.layout import Bank

Bits = NDArray[np.int64]
Mask = NDArray[np.bool_]

FLOAT_V = 3.40  # per cell, judgement for standby use
FULL_CHARGE = 0.9848  # mean charge that a cabinet holds on float
CHARGE_RATE_1_H = 0.2  # charger of a UPS cabinet, of its capacity in an hour
LEAK_A = 0.1  # monitoring boards fed from the cells, judgement
BLEED_A = 0.2  # balancing resistor, judgement
BALANCE_ABOVE_V = 3.425
BALANCE_SPREAD_V = 0.010
STRING_PATH_OHM = 0.004  # contactor, fuse and busbars of one string, judgement
SPREAD_CAPACITY = 0.004  # standard deviation, judgement for a sorted batch
SPREAD_RESISTANCE = 0.02
SPREAD_CHARGE = 0.0006
THERMAL_OHM_K_W = {"ups": 2.5, "grid": 0.6}  # one cell to its room or coolant, judgement
NEIGHBOUR_W_K = 3.0  # conduction between cells of a module, judgement
COUNTER_DRIFT = {"cab-b": -0.018}  # left from its last discharge, until it is anchored again
SOH_PCT = {"ups": 98.6, "grid": 96.9}
CYCLES = {"ups": 14, "grid": 412}
INSULATION_OHM = {"ups": 2_400_000.0, "grid": 1_100_000.0}
TRIP_DELAY_S = 3.0
LEVEL_SPREAD = 0.05
IDLE_SHARE = 0.003  # below this share of capacity per hour a current counts as none
CURRENT_RATED_1_H = {"ups": 3.0, "grid": 0.6}  # of capacity


def mean(values: Floats) -> float:
    """The mean of at least one number, as `values.mean()` gives it, at a fifth of its cost for a few numbers."""
    return float(np.add.reduce(values) / values.size)


class Battery:
    """A bank's state. `step_power` and `step_float` advance it; the rest is read."""

    def __init__(self, bank: Bank, draws: np.random.Generator) -> None:
        """A bank in its quiet state: cabinets full, the container at half; cells spread by `draws`."""
        self.bank = bank
        n = bank.strings * bank.cells_per_string
        chemistry = LFP_POWER if bank.purpose == "ups" else LFP_ENERGY
        start = FULL_CHARGE if bank.purpose == "ups" else 0.55
        capacity = bank.cell_capacity_ah * (1.0 + SPREAD_CAPACITY * draws.standard_normal(n)) * self.soh_pct / 100.0
        charge = start + SPREAD_CHARGE * draws.standard_normal(n)
        self.cells = Cells(chemistry, capacity, charge, np.full(n, 22.5) + 0.2 * draws.standard_normal(n))
        self.cells.resistance_factor[:] = 1.1 * (1.0 + SPREAD_RESISTANCE * draws.standard_normal(n))
        self.cells.prepare()
        if bank.purpose == "ups":
            self.cells.hysteresis[:] = 1.0
        self.heat_w = np.zeros(n)
        self.balancing = np.zeros(n, np.bool_)
        self.limits: dict[str, float] = {}
        self.counted_soc = np.full(bank.strings, 1.0 if bank.purpose == "ups" else start - 0.012)
        self.counted_soc += COUNTER_DRIFT.get(bank.id, 0.0)
        self.counter_anchored = True
        self.cycles_ah = np.full(bank.strings, CYCLES[bank.purpose] * 2.0 * bank.cell_capacity_ah)
        self.testing = False
        s = bank.strings
        self.command, self.pole = np.ones(s, np.bool_), np.ones(s, np.bool_)
        self.enabled = np.ones(s, np.bool_)
        self.trip_s = np.zeros(s)
        self.tripped_bits = np.zeros(s, np.int64)
        self._look()
        self.reset_faults()
        self.currents_a = np.zeros(s)
        self.bus_v = mean(self.string_v)
        self.collapsed = False
        self.step_power(0.0, 22.0, 1e-3)

    @property
    def soh_pct(self) -> float:
        """State of health, %."""
        return SOH_PCT[self.bank.purpose]

    def reset_faults(self) -> None:
        """Repair: contactors sound and closed, no extra heat, no trip, a string far from the others levelled."""
        s = self.bank.strings
        self.welded, self.dropped = np.zeros(s, np.bool_), np.zeros(s, np.bool_)
        self.refusals = np.zeros(s, np.int64)
        self.command[:] = True
        self.tripped_bits[:] = 0
        self.trip_s[:] = 0.0
        self.heat_w[:] = 0.0
        self.testing = False
        self._level()
        self.insulation_ohm = INSULATION_OHM[self.bank.purpose]

    def set_string_charge(self, string: int, charge: float) -> None:
        """Put a string's cells at rest at a charge (0..1); its BMS counts it right."""
        size = self.bank.cells_per_string
        self.cells.set_charge(slice(string * size, (string + 1) * size), charge)
        self.counted_soc[string] = charge
        self.cells.voltage_v[:] = self.cells.emf_v
        self._look()

    def _level(self) -> None:
        usual = float(np.median(self.string_charge))
        for string in np.flatnonzero(np.abs(self.string_charge - usual) > LEVEL_SPREAD):
            self.set_string_charge(int(string), usual)

    def connect_failures(self) -> Bits:
        """SunSpec connect failure of each string."""
        failed = self.command & self.enabled & ~self.pole
        return np.where(failed, int(ConnectFailure.CONTACTOR_FAILURE), self.refusals)

    def _fold(self, per_cell: Floats) -> Floats:
        sums: Floats = np.add.reduce(per_cell.reshape(self.bank.strings, -1), axis=1)
        return sums

    @property
    def connected(self) -> bool:
        """True while any pole is closed."""
        return bool(self.pole.any())

    def step_power(self, power_w: float, room_c: float, dt_s: float) -> None:
        """Advance with the bus delivering `power_w` (positive) or taking it (negative)."""
        emf, ohm = self._sources()
        flow = share_power(power_w, emf, ohm, self.pole) if self.connected else None
        self._advance(flow, room_c, dt_s)

    def step_float(self, room_c: float, dt_s: float, power_max_w: float) -> None:
        """Advance with a charger holding the bus at float voltage within its current and power limits."""
        emf, ohm = self._sources()
        limit = min(CHARGE_RATE_1_H * self.bank.cell_capacity_ah * self.bank.strings, power_max_w / self.bus_v)
        limit = min(limit, self.charge_max_a())
        target = FLOAT_V * self.bank.cells_per_string
        flow = share_voltage(target, emf, ohm, self.pole, max(limit, 1e-6)) if self.connected else None
        self._advance(flow, room_c, dt_s)

    def _sources(self) -> tuple[Floats, Floats]:
        return self._fold(self.cells.emf_v), self._fold(self.cells.ohmic_ohm) + STRING_PATH_OHM

    def _advance(self, flow: BusFlow | None, room_c: float, dt_s: float) -> None:
        cells = self.cells
        self.collapsed = flow.collapsed if flow else False
        self.currents_a = flow.currents_a if flow else np.zeros(self.bank.strings)
        current = np.repeat(self.currents_a, self.bank.cells_per_string)
        current += LEAK_A
        current += BLEED_A * self.balancing
        cells.extra_heat_w = self.heat_w if self.heat_w.any() else None
        cells.step(current, room_c, THERMAL_OHM_K_W[self.bank.purpose], dt_s)
        self._conduct(dt_s)
        self._look()
        if flow:
            terminals = self.string_v - self.currents_a * STRING_PATH_OHM
            self.bus_v = mean(terminals[self.pole])
        self._count(dt_s)
        self._balance()
        self._protect(dt_s)

    def _look(self) -> None:
        """Extremes and sums of each string, once a step."""
        self._charge_max_a: float | None = None
        self._discharge_max_a: float | None = None
        s, cells = self.bank.strings, self.cells
        volts, warm = cells.voltage_v.reshape(s, -1), cells.temperature_c.reshape(s, -1)
        self.string_v = self._fold(cells.voltage_v)
        self.string_charge = self._fold(cells.charge) / self.bank.cells_per_string
        self.highest_v, self.lowest_v = np.maximum.reduce(volts, axis=1), np.minimum.reduce(volts, axis=1)
        self.hottest_c, self.coldest_c = np.maximum.reduce(warm, axis=1), np.minimum.reduce(warm, axis=1)

    def _conduct(self, dt_s: float) -> None:
        """Heat between neighbours in a module."""
        rows = self.cells.temperature_c.reshape(-1, self.bank.cells)
        capacity = self.cells.chemistry.heat_capacity_j_k_ah * self.bank.cell_capacity_ah
        flow = np.diff(rows, axis=1)
        flow *= NEIGHBOUR_W_K * dt_s / capacity
        rows[:, :-1] += flow
        rows[:, 1:] -= flow

    def _count(self, dt_s: float) -> None:
        capacity_as = self.bank.cell_capacity_ah * self.soh_pct / 100.0 * SECONDS_PER_HOUR
        moving = np.abs(self.currents_a) > IDLE_SHARE * self.bank.cell_capacity_ah
        self.counted_soc -= np.where(moving, self.currents_a, 0.0) * dt_s / capacity_as
        np.clip(self.counted_soc, 0.0, 1.0, out=self.counted_soc)
        self.cycles_ah += np.abs(self.currents_a) * dt_s / SECONDS_PER_HOUR
        if self.bank.purpose == "ups":
            self._anchor(moving)

    def _anchor(self, moving: Mask) -> None:
        """A cabinet that was discharged and is full again with the current gone counts as 100 %."""
        low = self.counted_soc < 0.97
        if low.any():
            self.counter_anchored = False
        elif not self.counter_anchored and not moving.any() and self.bus_v > (FLOAT_V - 0.005) * len(self.cells.charge):
            self.anchor()

    def anchor(self) -> None:
        """Set the counted charge to full."""
        self.counted_soc[:] = 1.0
        self.counter_anchored = True

    def _balance(self) -> None:
        if self.highest_v.max() <= BALANCE_ABOVE_V:
            self.balancing[:] = False
            return
        volts = self.cells.voltage_v.reshape(-1, self.bank.cells)
        floor = np.maximum(volts.min(axis=1, keepdims=True) + BALANCE_SPREAD_V, BALANCE_ABOVE_V)
        self.balancing = (volts > floor).ravel()

    def _protect(self, dt_s: float) -> None:
        """Open a string whose cells or current stay beyond a trip limit."""
        bits = self.violations()
        self.trip_s = np.where(bits != 0, self.trip_s + dt_s, 0.0)
        trips = (self.trip_s >= TRIP_DELAY_S) & self.pole
        self.tripped_bits[trips] |= bits[trips]
        self.command[trips] = False
        wants = self.command & self.enabled & ~self.dropped
        self.pole = wants | self.welded
        self._charge_max_a = self._discharge_max_a = None

    def violations(self) -> Bits:
        """Alarm bits of each string against the protective trip limits."""
        s = self.bank.strings
        if not self.limits:
            return np.zeros(s, np.int64)
        checks = (
            (self.highest_v > self.limits["cell_over_v"], Event.OVER_VOLT_ALARM),
            (self.lowest_v < self.limits["cell_under_v"], Event.UNDER_VOLT_ALARM),
            (self.hottest_c > self.limits["over_c"], Event.OVER_TEMP_ALARM),
            (-self.currents_a > self.limits["charge_a"], Event.OVER_CHARGE_CURRENT_ALARM),
            (self.currents_a > self.limits["discharge_a"], Event.OVER_DISCHARGE_CURRENT_ALARM),
        )
        bits = np.zeros(s, np.int64)
        for hit, bit in checks:
            bits |= np.where(hit, int(bit), 0)
        return bits

    def close(self, string: int, checked: bool = True) -> ConnectFailure:
        """Command a string closed. Refused outside the reclose limit unless `checked` is off (a broken check)."""
        difference = abs(float(self.string_v[string]) - self.bus_v)
        if checked and self.connected and difference > self.limits["reclose_v"]:
            return ConnectFailure.OUTSIDE_VOLTAGE_RANGE
        self.command[string] = True
        return ConnectFailure.NO_FAILURE

    def charge_max_a(self) -> float:
        """Instantaneous charge current limit of the bank, A."""
        if self._charge_max_a is None:
            self._charge_max_a = self._limit(charge_share)
        return self._charge_max_a

    def discharge_max_a(self) -> float:
        """Instantaneous discharge current limit of the bank, A."""
        if self._discharge_max_a is None:
            self._discharge_max_a = self._limit(discharge_share)
        return self._discharge_max_a

    def _limit(self, share: object) -> float:
        assert callable(share)
        rated = CURRENT_RATED_1_H[self.bank.purpose] * self.bank.cell_capacity_ah
        return float(np.sum(rated * share(self.coldest_c, self.hottest_c, self.string_charge) * self.pole))

    def heat_to_room_w(self, room_c: float) -> float:
        """Heat that the cells give to the room, W."""
        return float(np.sum(self.cells.temperature_c - room_c)) / THERMAL_OHM_K_W[self.bank.purpose]

    def state(self) -> BankState:
        """SunSpec state of the bank."""
        if self.tripped_bits.any():
            return BankState.FAULT
        return BankState.CONNECTED if self.connected else BankState.DISCONNECTED

    def charge_status(self) -> ChargeStatus:
        """SunSpec charge status of the bank."""
        total = float(self.currents_a.sum())
        if self.testing:
            return ChargeStatus.TESTING
        if not self.connected:
            return ChargeStatus.OFF
        if abs(total) < 2.0 * IDLE_SHARE * self.bank.cell_capacity_ah * self.bank.strings:
            return ChargeStatus.FULL if mean(self.counted_soc) > 0.99 else ChargeStatus.HOLDING
        return ChargeStatus.DISCHARGING if total > 0 else ChargeStatus.CHARGING

    def string_bits(self) -> Bits:
        """Event bits of each string: trips kept, temperature warnings and contactor errors live."""
        bits = self.tripped_bits.copy()
        bits |= np.where(self.hottest_c > WARN_OVER_C, int(Event.OVER_TEMP_WARNING), 0)
        bits |= np.where(self.command & ~self.pole & self.enabled, int(Event.CONTACTOR_ERROR), 0)
        return bits


WARN_OVER_C = 45.0
