"""Sensors: noise, offsets, rounding and thermistors copied into cells.

Rules. Every analog measurement gets its own noise and is rounded to the step of the contract; settings, states and
counters pass unchanged. A cell shows the thermistor of its witness cell, so copies are equal to the last digit. Power
is the product of unrounded voltage and current of the same device, as makers compute it.
"""

from __future__ import annotations

import numpy as np

from ironkeep.physics.chemistry import Floats
from ironkeep.twin.layout import Site
from ironkeep.twin.signals import SIGNALS, Block

THERMISTOR_OFFSET_C = 0.12  # standard deviation between sensors of one class, judgement

# Standard deviation of the noise of one sample, in the signal's unit; judgement for class 0.5 instruments.
NOISE: dict[str, float] = {
    "cell.voltage_v": 0.0003,
    "cell.temperature_c": 0.02,
    "module.voltage_v": 0.003,
    "string.current_a": 0.03,
    "string.voltage_v": 0.03,
    "string.pole_voltage_v": 0.02,
    "bank.voltage_v": 0.03,
    "bank.current_a": 0.03,
    "bank.insulation_ohm": 4000.0,
    "ups.input_voltage_v": 0.15,
    "ups.input_frequency_hz": 0.003,
    "ups.input_power_w": 40.0,
    "ups.output_voltage_v": 0.1,
    "ups.output_frequency_hz": 0.001,
    "ups.output_power_w": 40.0,
    "ups.output_current_a": 0.1,
    "ups.bypass_voltage_v": 0.15,
    "ups.bypass_frequency_hz": 0.003,
    "ups.dc_voltage_v": 0.05,
    "ups.battery_current_a": 0.05,
    "ups.temperature_c": 0.05,
    "pcs.power_w": 60.0,
    "pcs.reactive_var": 150.0,
    "pcs.frequency_hz": 0.001,
    "pcs.phase_voltage_v": 0.1,
    "pcs.line_voltage_v": 0.15,
    "pcs.phase_current_a": 0.1,
    "pcs.dc_voltage_v": 0.05,
    "pcs.dc_current_a": 0.1,
    "pcs.ambient_c": 0.05,
    "pcs.cabinet_c": 0.05,
    "pcs.sink_c": 0.1,
    "gen.start_battery_v": 0.02,
    "gen.fuel_pct": 0.03,
    "gen.coolant_c": 0.05,
    "ats.utility_voltage_v": 0.15,
    "meter.power_w": 60.0,
    "meter.reactive_var": 60.0,
    "meter.frequency_hz": 0.002,
    "meter.phase_voltage_v": 0.08,
    "meter.phase_current_a": 0.1,
    "meter.phase_power_w": 50.0,
    "dcmeter.voltage_v": 0.03,
    "dcmeter.current_a": 0.04,
    "relay.voltage_v": 0.1,
    "relay.frequency_hz": 0.001,
    "relay.current_a": 0.1,
    "room.temperature_c": 0.04,
    "room.humidity_pct": 0.1,
    "room.hydrogen_ppm": 0.5,
    "room.offgas_ppm": 0.2,
    "room.smoke_pct_m": 0.004,
    "hvac.supply_c": 0.05,
    "hvac.return_c": 0.05,
    "hvac.power_w": 10.0,
    "hvac.cooling_w": 20.0,
    "hvac.coolant_bar": 0.008,
    "it.feed_power_w": 40.0,
    "it.feed_voltage_v": 0.1,
    "it.inlet_c": 0.04,
}
# Noise stands only where there is something to measure: a dead line reads zero.
GATED = ("gen.", "ats.utility_voltage_v", "ups.input_", "ups.bypass_", "ups.output_", "meter.phase_", "pcs.phase_")
NOTHING = 1e-9
NEVER_NEGATIVE = ("room.hydrogen_ppm", "room.offgas_ppm", "room.smoke_pct_m")
PRODUCTS = (
    ("bank.power_w", "bank.voltage_v", "bank.current_a"),
    ("ups.battery_power_w", "ups.dc_voltage_v", "ups.battery_current_a"),
    ("pcs.dc_power_w", "pcs.dc_voltage_v", "pcs.dc_current_a"),
    ("dcmeter.power_w", "dcmeter.voltage_v", "dcmeter.current_a"),
)


class Sensors:
    """All sensors of the site."""

    def __init__(self, site: Site, draws: np.random.Generator, noise: np.random.Generator) -> None:
        """Sensors with offsets drawn once, and noise for each sample."""
        self.site = site
        self.noise = noise
        self._thermistor_c = draws.normal(0.0, THERMISTOR_OFFSET_C, len(site.rows["cell"]))
        block = Block(site)
        self._sigma = np.zeros(block.rounded)
        self._gated = np.zeros(block.rounded, np.bool_)
        self._up, self._down = np.ones(block.rounded), np.ones(block.rounded)
        for name, start in block.starts.items():
            signal = SIGNALS[name]
            if signal.dtype != "f8" or not signal.resolution:
                continue
            rows = slice(start, start + block.arrays[name].size)
            self._sigma[rows] = NOISE.get(name, 0.0)
            self._gated[rows] = name.startswith(GATED)
            self._up[rows] = round(1.0 / signal.resolution) if signal.resolution < 1.0 else 1.0
            self._down[rows] = signal.resolution if signal.resolution >= 1.0 else 1.0
        self._gated_rows = np.flatnonzero(self._gated)

    def measure(self, truth: Block, beliefs: dict[str, Floats], measured: Block) -> None:
        """Fill `measured` from `truth`; `beliefs` replaces what a device only counts."""
        measured.copy_from(truth)
        m = measured.arrays
        for name, values in beliefs.items():
            m[name][:] = values
        analog = measured.floats[: measured.rounded]
        noise = self.noise.standard_normal(analog.size)
        noise *= self._sigma
        dead = self._gated_rows[np.abs(analog[self._gated_rows]) < NOTHING]
        noise[dead] = 0.0
        analog += noise
        warm = m["cell.temperature_c"]
        warm += self._thermistor_c
        warm[:] = warm[self.site.witness_cell]
        for product, voltage, current in PRODUCTS:
            np.multiply(m[voltage], m[current], out=m[product])
        m["it.power_w"][:] = m["it.feed_power_w"].sum(axis=1)
        np.hypot(m["pcs.power_w"], m["pcs.reactive_var"], out=m["pcs.apparent_va"])
        np.divide(np.abs(m["pcs.power_w"]), np.maximum(m["pcs.apparent_va"], 1.0), out=m["pcs.power_factor"])
        for name in NEVER_NEGATIVE:
            np.maximum(m[name], 0.0, out=m[name])
        self._round(analog)

    def _round(self, analog: Floats) -> None:
        """Round to multiples of each signal's step, to the double nearest to the decimal number."""
        analog *= self._up
        analog /= self._down
        np.rint(analog, out=analog)
        analog *= self._down
        analog /= self._up
        analog += 0.0  # a negative zero becomes a zero
