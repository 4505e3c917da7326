"""Converters: the two double-conversion UPSs and the container's inverter.

Rules. A UPS runs on its battery whenever its rectifier refuses the input: outside the window of voltage or frequency,
or a frequency that moves too fast. It goes back after the input was good for `QUALIFY_S`, taking the load over in a
ramp. Too many transfers within a window lock the rectifier out until a person resets it (seen in the field: NERC
incident review on voltage-sensitive load, January 2025). A battery that gives out leads to the static bypass, or to a
dark load. The inverter leaves a dead grid at once and enters service again after its delay.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ironkeep.physics.converter import Converter
from ironkeep.twin.battery import Battery
from ironkeep.twin.codes import InverterState, UpsMode
from ironkeep.twin.supply import NOMINAL_HZ, NOMINAL_V, Source

UPS_INVERTER = Converter(200_000.0, p0=0.006, k=0.018)  # about 97 % at half load, judgement
UPS_RECTIFIER = Converter(220_000.0, p0=0.006, k=0.016)
PCS_CONVERTER = Converter(1_250_000.0, p0=0.0035, k=0.014)  # about 98.3 % at half load, judgement
QUALIFY_S = 5.0
BYPASS_BAND = 0.10
PCS_RAMP_W_S = 50_000.0
SINK_K_W = 0.004  # heat sink above room, judgement


@dataclass
class Ups:
    """One UPS. `rules` are its settings, read from the plant's setting signals before the first step."""

    battery: Battery
    rules: dict[str, float] = field(default_factory=dict)
    mode: UpsMode = UpsMode.ONLINE
    input_ok: bool = True
    bypass_ok: bool = True
    locked: bool = False
    share: float = 1.0  # of the load carried by the rectifier
    good_s: float = 1e6
    on_battery_s: float = 0.0
    transfers: list[float] = field(default_factory=list)
    transfers_count: int = 3
    input_w: float = 0.0
    output_w: float = 0.0
    loss_w: float = 0.0

    def judge(self, now_s: float, dt_s: float, source: Source) -> None:
        """Decide the mode for this step from the input."""
        r = self.rules
        level = r["input_voltage_min_v"] <= source.voltage_v <= r["input_voltage_max_v"]
        pace = r["input_frequency_min_hz"] <= source.frequency_hz <= r["input_frequency_max_hz"]
        self.input_ok = level and pace and source.slew_hz_s <= r["input_slew_max_hz_s"]
        self.bypass_ok = abs(source.voltage_v / NOMINAL_V - 1.0) <= BYPASS_BAND and pace
        self.good_s = self.good_s + dt_s if self.input_ok else 0.0
        if self.mode == UpsMode.ONLINE and not self.input_ok:
            self._to_battery(now_s)
        elif self.mode == UpsMode.BATTERY:
            self.on_battery_s += dt_s
            if self.good_s >= QUALIFY_S and not self.locked:
                self.mode, self.share = UpsMode.ONLINE, 0.0
        elif self.mode == UpsMode.ONLINE:
            self.share = min(1.0, self.share + dt_s / r["walk_in_s"])
        elif self.mode in (UpsMode.OFF, UpsMode.STATIC_BYPASS) and self.good_s >= QUALIFY_S and not self.locked:
            self.mode, self.share = UpsMode.ONLINE, 1.0
        if self.mode == UpsMode.STATIC_BYPASS and not self.bypass_ok:
            self.mode = UpsMode.OFF

    def _to_battery(self, now_s: float) -> None:
        window = self.rules["lockout_window_s"]
        self.transfers = [t for t in self.transfers if now_s - t <= window] + [now_s]
        self.locked = len(self.transfers) >= self.rules["lockout_transfers_count"]
        self.transfers_count += 1
        self.mode, self.share, self.on_battery_s = UpsMode.BATTERY, 0.0, 0.0

    @property
    def live(self) -> bool:
        """True while the output has power."""
        return self.mode != UpsMode.OFF

    def carry(self, load_w: float, room_c: float, dt_s: float) -> None:
        """Feed the load for this step, moving the battery accordingly."""
        self.output_w = load_w if self.live else 0.0
        if self.mode in (UpsMode.STATIC_BYPASS, UpsMode.MAINTENANCE_BYPASS, UpsMode.OFF):
            self.input_w, self.loss_w = self.output_w, 0.005 * self.output_w
            self.battery.step_power(0.0, room_c, dt_s)
            return
        link_w = UPS_INVERTER.input_for(load_w)
        if self.mode == UpsMode.ONLINE and self.share >= 1.0:
            self.battery.step_float(room_c, dt_s, max(0.0, UPS_RECTIFIER.rated_w - link_w))
        else:
            self.battery.step_power(link_w * (1.0 - self.share), room_c, dt_s)
        battery_w = self.battery.bus_v * float(self.battery.currents_a.sum())
        dc_w = max(0.0, link_w - battery_w) if self.mode == UpsMode.ONLINE else 0.0
        self.input_w = UPS_RECTIFIER.input_for(dc_w) if self.mode == UpsMode.ONLINE else 0.0
        self.loss_w = max(0.0, self.input_w + battery_w - self.output_w)
        exhausted = self.battery.collapsed or not self.battery.connected
        if exhausted and self.share < 1.0:
            self.mode = UpsMode.STATIC_BYPASS if self.bypass_ok else UpsMode.OFF

    def reset_faults(self) -> None:
        """A person resets the lock-out."""
        self.locked = False
        self.transfers.clear()


@dataclass
class Inverter:
    """The container's PCS. `ask_w` is the set-point of its controller, positive on discharge."""

    battery: Battery
    ask_w: float = 0.0
    power_w: float = 0.0
    state: InverterState = InverterState.RUNNING
    wait_s: float = 0.0
    loss_w: float = 0.0
    injected_wh: float = 184_211_000.0
    absorbed_wh: float = 214_702_000.0
    dc_injected_wh: float = 188_020_000.0
    dc_absorbed_wh: float = 210_990_000.0

    def step(self, dt_s: float, grid: Source, breaker: bool, rules: dict[str, float], room_c: float) -> None:
        """Advance with the grid as it is; droop adds to the set-point."""
        good = breaker and 0.88 * NOMINAL_V <= grid.voltage_v <= 1.1 * NOMINAL_V
        if not good:
            self.state, self.wait_s = InverterState.STANDBY, rules["enter_delay_s"]
        elif self.state != InverterState.RUNNING:
            self.wait_s -= dt_s
            self.state = InverterState.STARTING if self.wait_s > 0 else InverterState.RUNNING
        target = self._target(grid, rules) if self.state == InverterState.RUNNING else 0.0
        change = max(-PCS_RAMP_W_S * dt_s, min(PCS_RAMP_W_S * dt_s, target - self.power_w))
        self.power_w = self.power_w + change if good else 0.0
        self._move(room_c, dt_s)

    def _target(self, grid: Source, rules: dict[str, float]) -> float:
        battery, ask = self.battery, self.ask_w
        if rules["droop_enabled"] and grid.frequency_hz:
            low = NOMINAL_HZ - rules["droop_deadband_under_hz"] - grid.frequency_hz
            high = grid.frequency_hz - NOMINAL_HZ - rules["droop_deadband_over_hz"]
            ask += rules["power_rated_w"] * max(0.0, low) / (NOMINAL_HZ * rules["droop_under"])
            ask -= rules["power_rated_w"] * max(0.0, high) / (NOMINAL_HZ * rules["droop_over"])
        top = min(rules["discharge_power_max_w"], 0.97 * battery.discharge_max_a() * battery.bus_v)
        bottom = min(rules["charge_power_max_w"], 0.97 * battery.charge_max_a() * battery.bus_v)
        return max(-bottom, min(top, ask)) if battery.connected else 0.0

    def dc_for(self, ac_w: float) -> float:
        """DC power for an AC power, both positive on discharge."""
        if ac_w >= 0.0:
            return PCS_CONVERTER.input_for(ac_w) if ac_w > 0.0 else 0.0
        return -PCS_CONVERTER.output_for(-ac_w)

    def _move(self, room_c: float, dt_s: float) -> None:
        if not self.battery.connected:
            self.power_w = 0.0
        self.battery.step_power(self.dc_for(self.power_w), room_c, dt_s)
        dc_w = self.battery.bus_v * float(self.battery.currents_a.sum())
        self.loss_w = max(0.0, dc_w - self.power_w)
        hours = dt_s / 3600.0
        self.injected_wh += max(0.0, self.power_w) * hours
        self.absorbed_wh += max(0.0, -self.power_w) * hours
        self.dc_injected_wh += max(0.0, dc_w) * hours
        self.dc_absorbed_wh += max(0.0, -dc_w) * hours
