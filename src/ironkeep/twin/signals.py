"""The contract between the plant and whoever serves it: every signal's name, group, dtype, unit and class.

Rules.
A signal is one numpy array; its rows are the assets of its group in the order of `SITE.rows[group]`, its columns (if
any) are named here. Arrays are updated in place: take the reference once, read it any time after a step.
Values are in canonical units, already noisy, quantised to `resolution` and lied about where a scenario lies; scaling
into registers is the server's business. Battery and converter power and current are positive on discharge. Meter power
is positive towards the site busbar (import from the utility; discharge of the container). UPS input power is positive
when taken. NaN means that the device has no value (a dead sensor): serve it as "unimplemented", never as zero.
`kind` is setting, command, volatile or measurement (S56); only settings enter a passport.
State and bit codes are in `codes.py` and equal SunSpec's where SunSpec has them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ironkeep.twin.layout import SITE, Site

Array = NDArray[Any]


@dataclass(frozen=True)
class Signal:
    """One signal: `group` gives its rows, `columns` its second axis (empty for one value a row)."""

    name: str
    dtype: str  # f8 analog, i8 counter, code, flag or bitfield
    unit: str
    kind: str
    resolution: float  # smallest step of a served value; 0 for codes and settings
    note: str
    columns: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """The row group: the part of the name before the first dot."""
        return self.name.partition(".")[0]

    def shape(self, site: Site = SITE) -> tuple[int, ...]:
        """Shape of the signal's array on a site."""
        rows = len(site.rows[self.group])
        return (rows, len(self.columns)) if self.columns else (rows,)


_L3 = ("l1", "l2", "l3")


def _analog(name: str, unit: str, resolution: float, note: str, columns: tuple[str, ...] = ()) -> Signal:
    return Signal(name, "f8", unit, "measurement", resolution, note, columns)


def _code(name: str, note: str, kind: str = "measurement") -> Signal:
    return Signal(name, "i8", "", kind, 0.0, note)


def _count(name: str, unit: str, note: str) -> Signal:
    return Signal(name, "i8", unit, "measurement", 1.0, note)


def _limit(name: str, unit: str, resolution: float, note: str) -> Signal:
    return Signal(name, "f8", unit, "volatile", resolution, note)


def _setting(name: str, unit: str, note: str, columns: tuple[str, ...] = ()) -> Signal:
    return Signal(name, "f8", unit, "setting", 0.0, note, columns)


_CELL = (
    _analog("cell.voltage_v", "V", 0.001, "cell voltage"),
    _analog("cell.temperature_c", "C", 0.1, "reading of the cell's witness thermistor (SITE.witness_cell)"),
    _code("cell.balancing", "1 while the bleed resistor is on"),
)
_MODULE = (
    _analog("module.voltage_v", "V", 0.01, "measured at the module terminals, not summed"),
    _analog("module.soc_pct", "%", 0.1, "mean of the module's cells as the BMS counts it"),
    _analog("module.soh_pct", "%", 0.1, "state of health"),
    _code("module.balancing_count", "cells balancing"),
)
_STRING = (
    _analog("string.current_a", "A", 0.1, "positive on discharge"),
    _analog("string.voltage_v", "V", 0.1, "battery side of the contactor"),
    _analog("string.pole_voltage_v", "V", 0.1, "across the open pole: string side minus bus side; near 0 when closed"),
    _analog("string.soc_pct", "%", 0.1, "as the BMS counts it"),
    _analog("string.soh_pct", "%", 0.1, "state of health"),
    _code("string.contactor_command", "1 = BMS wants it closed"),
    _code("string.contactor_closed", "1 = closed as the BMS believes (coil state)"),
    _code("string.contactor_aux", "1 = mirror contact says closed: moves with the pole, welded included"),
    _code("string.enabled", "1 = enabled"),
    _code("string.connect_failure", "codes.ConnectFailure"),
    _code("string.event_bits", "codes.Event"),
    _count("string.cycles_count", "", "full cycles counted"),
)
_BANK = (
    _analog("bank.voltage_v", "V", 0.1, "DC bus"),
    _analog("bank.current_a", "A", 0.1, "positive on discharge; own sensor, not the sum of strings"),
    _analog("bank.power_w", "W", 10.0, "voltage x current as the BMS computes it from unrounded samples"),
    _analog("bank.soc_pct", "%", 0.1, "as the BMS counts it"),
    _analog("bank.soh_pct", "%", 0.1, "state of health"),
    _analog("bank.insulation_ohm", "ohm", 1000.0, "insulation resistance to earth"),
    _code("bank.state", "codes.BankState"),
    _code("bank.charge_status", "codes.ChargeStatus"),
    _code("bank.event_bits", "codes.Event"),
    _code("bank.strings_connected", "strings with the contactor closed"),
    _count("bank.cycles_count", "", "full cycles counted"),
    _limit("bank.charge_current_max_a", "A", 0.1, "instantaneous (802 AChaMax): moves by itself, not a setting (S57)"),
    _limit("bank.discharge_current_max_a", "A", 0.1, "instantaneous (802 ADisChaMax)"),
    _limit("bank.voltage_max_v", "V", 0.1, "instantaneous (802 VMax)"),
    _limit("bank.voltage_min_v", "V", 0.1, "instantaneous (802 VMin)"),
    _setting("bank.capacity_rated_ah", "Ah", "802 AHRtg"),
    _setting("bank.energy_rated_wh", "Wh", "802 WHRtg"),
    _setting("bank.charge_power_rated_w", "W", "802 WChaRteMax"),
    _setting("bank.discharge_power_rated_w", "W", "802 WDisChaRteMax"),
    _setting("bank.soc_max_pct", "%", "802 SoCMax"),
    _setting("bank.soc_min_pct", "%", "802 SoCMin"),
    _setting("bank.soc_reserve_max_pct", "%", "802 SocRsvMax"),
    _setting("bank.soc_reserve_min_pct", "%", "802 SoCRsvMin"),
    _setting("bank.trip_cell_over_v", "V", "protective trip, vendor map"),
    _setting("bank.trip_cell_under_v", "V", "protective trip, vendor map"),
    _setting("bank.trip_over_c", "C", "protective trip, vendor map"),
    _setting("bank.trip_under_c", "C", "protective trip, vendor map"),
    _setting("bank.trip_charge_a", "A", "per string, vendor map"),
    _setting("bank.trip_discharge_a", "A", "per string, vendor map"),
    _setting("bank.trip_insulation_ohm", "ohm", "protective trip, vendor map"),
    _setting("bank.reclose_difference_v", "V", "maker's limit for closing a string onto the bus (S38)"),
    _setting("bank.string_breaking_a", "A", "nameplate breaking current of a string contactor (S36)"),
)
_UPS = (
    _analog("ups.input_voltage_v", "V", 0.1, "line to neutral", _L3),
    _analog("ups.input_frequency_hz", "Hz", 0.01, "input frequency; NaN with no input"),
    _analog("ups.input_power_w", "W", 10.0, "taken from the busbar"),
    _analog("ups.output_voltage_v", "V", 0.1, "line to neutral", _L3),
    _analog("ups.output_frequency_hz", "Hz", 0.01, "output frequency"),
    _analog("ups.output_power_w", "W", 10.0, "to the critical load"),
    _analog("ups.output_current_a", "A", 0.1, "per phase", _L3),
    _analog("ups.load_pct", "%", 0.1, "of rated power"),
    _analog("ups.bypass_voltage_v", "V", 0.1, "line to neutral", _L3),
    _analog("ups.bypass_frequency_hz", "Hz", 0.01, "bypass source; NaN with none"),
    _analog("ups.dc_voltage_v", "V", 0.1, "DC link at the battery terminals"),
    _analog("ups.battery_current_a", "A", 0.1, "positive on discharge; the converter's own sensor"),
    _analog("ups.battery_power_w", "W", 10.0, "positive on discharge"),
    _analog("ups.battery_charge_pct", "%", 0.1, "as reported by the cabinet's BMS"),
    _analog("ups.battery_runtime_s", "s", 1.0, "the UPS's own naive estimate"),
    _analog("ups.temperature_c", "C", 0.1, "heat sink"),
    _code("ups.mode", "codes.UpsMode"),
    _code("ups.input_ok", "1 = input within the rectifier's window"),
    _code("ups.rectifier_on", "1 = rectifier carries the load"),
    _code("ups.bypass_ok", "1 = bypass source in tolerance and synchronised"),
    _code("ups.maintenance_bypass_closed", "1 = maintenance bypass switch closed"),
    _code("ups.on_battery_seconds", "seconds on battery since the last transfer"),
    _count("ups.transfers_count", "", "transfers to battery since start"),
    _setting("ups.rated_power_w", "W", "rated output"),
    _setting("ups.input_voltage_min_v", "V", "rectifier window"),
    _setting("ups.input_voltage_max_v", "V", "rectifier window"),
    _setting("ups.input_frequency_min_hz", "Hz", "rectifier window"),
    _setting("ups.input_frequency_max_hz", "Hz", "rectifier window"),
    _setting("ups.input_slew_max_hz_s", "Hz/s", "rectifier refuses a source that drifts faster"),
    _setting("ups.walk_in_s", "s", "rectifier soft start"),
    _setting("ups.lockout_transfers_count", "", "transfers within the window that lock the rectifier out"),
    _setting("ups.lockout_window_s", "s", "window of the lock-out"),
    _setting("ups.dc_voltage_min_v", "V", "DC window, low end"),
    _setting("ups.dc_voltage_max_v", "V", "DC window, high end"),
)
_PCS = (
    _analog("pcs.power_w", "W", 100.0, "AC, positive on discharge (701 W)"),
    _analog("pcs.apparent_va", "VA", 100.0, "701 VA"),
    _analog("pcs.reactive_var", "var", 100.0, "701 Var, positive = injected"),
    _analog("pcs.power_factor", "", 0.001, "701 PF"),
    _analog("pcs.current_a", "A", 0.1, "701 A, sum of the phases"),
    _analog("pcs.frequency_hz", "Hz", 0.001, "701 Hz; NaN without grid"),
    _analog("pcs.phase_voltage_v", "V", 0.1, "line to neutral", _L3),
    _analog("pcs.line_voltage_v", "V", 0.1, "l1-l2, l2-l3, l3-l1", _L3),
    _analog("pcs.phase_current_a", "A", 0.1, "per phase", _L3),
    _analog("pcs.phase_power_w", "W", 100.0, "per phase", _L3),
    _analog("pcs.dc_voltage_v", "V", 0.1, "714 DCV"),
    _analog("pcs.dc_current_a", "A", 0.1, "714 DCA, positive on discharge"),
    _analog("pcs.dc_power_w", "W", 100.0, "714 DCW, positive on discharge"),
    _analog("pcs.ambient_c", "C", 0.1, "701 TmpAmb"),
    _analog("pcs.cabinet_c", "C", 0.1, "701 TmpCab"),
    _analog("pcs.sink_c", "C", 0.1, "701 TmpSnk"),
    _code("pcs.state", "codes.InverterState"),
    _code("pcs.connected", "701 ConnSt"),
    _code("pcs.on", "701 St"),
    _code("pcs.alarm_bits", "701 Alrm"),
    _code("pcs.mode_bits", "701 DERMode: 1 grid following"),
    _count("pcs.energy_injected_wh", "Wh", "701 TotWhInj"),
    _count("pcs.energy_absorbed_wh", "Wh", "701 TotWhAbs"),
    _count("pcs.dc_energy_injected_wh", "Wh", "714 DCWhInj"),
    _count("pcs.dc_energy_absorbed_wh", "Wh", "714 DCWhAbs"),
    _analog("pcs.energy_available_wh", "Wh", 1000.0, "713 WHAvail"),
    Signal("pcs.power_set_w", "f8", "W", "command", 100.0, "704 WSet: what the site controller asks now"),
    _setting("pcs.power_rated_w", "W", "702 WMaxRtg"),
    _setting("pcs.apparent_rated_va", "VA", "702 VAMaxRtg"),
    _setting("pcs.reactive_rated_var", "var", "702 VarMaxInjRtg and AbsRtg"),
    _setting("pcs.voltage_nominal_v", "V", "702 VNomRtg, line to line"),
    _setting("pcs.power_max_w", "W", "702 WMax"),
    _setting("pcs.charge_power_max_w", "W", "702 WChaRteMax"),
    _setting("pcs.discharge_power_max_w", "W", "702 WDisChaRteMax"),
    _setting("pcs.enter_service", "", "703", ("v_high_pct", "v_low_pct", "hz_high", "hz_low", "delay_s", "ramp_s")),
    _setting("pcs.voltvar_v_pct", "%", "705 curve, V", ("p1", "p2", "p3", "p4")),
    _setting("pcs.voltvar_var_pct", "%", "705 curve, var", ("p1", "p2", "p3", "p4")),
    _setting("pcs.voltwatt_v_pct", "%", "706 curve, V", ("p1", "p2")),
    _setting("pcs.voltwatt_w_pct", "%", "706 curve, W", ("p1", "p2")),
    _setting("pcs.trip_low_voltage_pct", "%", "707 must-trip curve, V", ("p1", "p2")),
    _setting("pcs.trip_low_voltage_s", "s", "707 must-trip curve, time", ("p1", "p2")),
    _setting("pcs.trip_high_voltage_pct", "%", "708 must-trip curve, V", ("p1", "p2")),
    _setting("pcs.trip_high_voltage_s", "s", "708 must-trip curve, time", ("p1", "p2")),
    _setting("pcs.trip_low_frequency_hz", "Hz", "709 must-trip curve, Hz", ("p1", "p2")),
    _setting("pcs.trip_low_frequency_s", "s", "709 must-trip curve, time", ("p1", "p2")),
    _setting("pcs.trip_high_frequency_hz", "Hz", "710 must-trip curve, Hz", ("p1", "p2")),
    _setting("pcs.trip_high_frequency_s", "s", "710 must-trip curve, time", ("p1", "p2")),
    _setting("pcs.droop_deadband_over_hz", "Hz", "711 DbOf"),
    _setting("pcs.droop_deadband_under_hz", "Hz", "711 DbUf"),
    _setting("pcs.droop_over", "", "711 KOf, per unit frequency for full power"),
    _setting("pcs.droop_under", "", "711 KUf"),
    _setting("pcs.droop_response_s", "s", "711 RspTms"),
    _setting("pcs.droop_enabled", "", "711 Ena"),
)
_SOURCES = (
    _code("gen.state", "codes.GeneratorState"),
    _analog("gen.speed_rpm", "rpm", 1.0, "engine speed"),
    _analog("gen.voltage_v", "V", 0.1, "line to neutral, mean"),
    _analog("gen.frequency_hz", "Hz", 0.01, "0 at standstill"),
    _analog("gen.power_w", "W", 100.0, "delivered"),
    _analog("gen.fuel_pct", "%", 0.1, "day tank"),
    _analog("gen.start_battery_v", "V", 0.1, "24 V start battery"),
    _analog("gen.coolant_c", "C", 0.1, "jacket water"),
    _code("gen.start_attempts_count", "attempts in the present start"),
    _count("gen.starts_count", "", "successful starts"),
    _count("gen.run_seconds", "s", "hours meter, in seconds"),
    _code("gen.in_auto", "1 = control switch in AUTO"),
    _setting("gen.rated_power_w", "W", "standby rating"),
    _code("ats.position", "codes.AtsPosition"),
    _code("ats.utility_ok", "1 = utility accepted"),
    _code("ats.generator_ok", "1 = generator accepted"),
    _code("ats.transfer_inhibited", "1 = lock-out after too many transfers"),
    _analog("ats.utility_voltage_v", "V", 0.1, "line to neutral, mean"),
    _analog("ats.generator_voltage_v", "V", 0.1, "line to neutral, mean"),
    _analog("ats.retransfer_remaining_s", "s", 1.0, "until retransfer to utility"),
    _count("ats.transfers_count", "", "transfers since start"),
    _setting("ats.start_delay_s", "s", "utility absent this long before the generator is called"),
    _setting("ats.retransfer_delay_s", "s", "utility good this long before going back"),
    _setting("ats.utility_voltage_min_v", "V", "pick-up"),
    _setting("ats.generator_voltage_min_v", "V", "acceptance"),
    _setting("ats.generator_frequency_min_hz", "Hz", "acceptance"),
)
_WITNESSES = (
    _analog("meter.power_w", "W", 100.0, "positive towards the site busbar"),
    _analog("meter.reactive_var", "var", 100.0, "reactive power"),
    _analog("meter.apparent_va", "VA", 100.0, "apparent power"),
    _analog("meter.power_factor", "", 0.001, "power factor"),
    _analog("meter.frequency_hz", "Hz", 0.01, "NaN without voltage"),
    _analog("meter.phase_voltage_v", "V", 0.1, "line to neutral", _L3),
    _analog("meter.phase_current_a", "A", 0.1, "per phase", _L3),
    _analog("meter.phase_power_w", "W", 100.0, "per phase", _L3),
    _count("meter.energy_import_wh", "Wh", "towards the busbar"),
    _count("meter.energy_export_wh", "Wh", "away from the busbar"),
    _analog("dcmeter.voltage_v", "V", 0.1, "cabinet bus"),
    _analog("dcmeter.current_a", "A", 0.1, "positive on discharge; independent shunt"),
    _analog("dcmeter.power_w", "W", 10.0, "positive on discharge"),
    _count("dcmeter.energy_discharged_wh", "Wh", "out of the cabinet"),
    _count("dcmeter.energy_charged_wh", "Wh", "into the cabinet"),
    _code("relay.tripped", "1 = container feeder breaker tripped by the relay"),
    _code("relay.pickup", "1 = an element is timing"),
    _code("relay.breaker_closed", "container feeder breaker"),
    _analog("relay.voltage_v", "V", 0.1, "line to neutral, mean; independent transformer"),
    _analog("relay.frequency_hz", "Hz", 0.001, "independent measurement"),
    _analog("relay.current_a", "A", 0.1, "per phase, mean"),
    _setting("relay.over_current_a", "A", "51 pick-up"),
    _setting("relay.over_current_s", "s", "51 time"),
    _setting("relay.under_voltage_v", "V", "27 pick-up"),
    _setting("relay.under_voltage_s", "s", "27 time"),
    _setting("relay.over_voltage_v", "V", "59 pick-up"),
    _setting("relay.over_voltage_s", "s", "59 time"),
    _setting("relay.under_frequency_hz", "Hz", "81U pick-up"),
    _setting("relay.under_frequency_s", "s", "81U time"),
    _setting("relay.over_frequency_hz", "Hz", "81O pick-up"),
    _setting("relay.over_frequency_s", "s", "81O time"),
    _analog("room.temperature_c", "C", 0.1, "independent sensor on its own supply"),
    _analog("room.humidity_pct", "%", 0.1, "relative humidity"),
    _analog("room.hydrogen_ppm", "ppm", 1.0, "H2"),
    _analog("room.offgas_ppm", "ppm", 1.0, "electrolyte vapour"),
    _analog("room.smoke_pct_m", "%/m", 0.01, "obscuration"),
    _code("room.smoke_alarm", "contact of the fire panel"),
    _code("room.gas_alarm", "contact of the gas panel"),
    _code("room.leak", "1 = coolant leak tape wet"),
    _code("room.detector_ok", "0 = gas detection without supply or faulted"),
    _code("room.door_open", "1 = door open"),
)
_REST = (
    _code("hvac.state", "codes.HvacState"),
    _analog("hvac.supply_c", "C", 0.1, "supply air or coolant"),
    _analog("hvac.return_c", "C", 0.1, "return air or coolant"),
    _analog("hvac.setpoint_c", "C", 0.1, "set-point shown"),
    _analog("hvac.cooling_w", "W", 10.0, "heat removed"),
    _analog("hvac.power_w", "W", 10.0, "electrical power"),
    _analog("hvac.coolant_bar", "bar", 0.01, "coolant pressure"),
    _code("hvac.fan_on", "1 = fan turning"),
    _analog("it.power_w", "W", 10.0, "critical load at the PDUs"),
    _analog("it.feed_power_w", "W", 10.0, "per feed", ("a", "b")),
    _analog("it.feed_voltage_v", "V", 0.1, "line to neutral per feed", ("a", "b")),
    _analog("it.inlet_c", "C", 0.1, "server inlet air"),
    _code("it.served", "1 = load has power"),
    _count("device.heartbeat_count", "", "+1 a second, wraps at 65535 (802 Hb for the banks)"),
    _count("device.uptime_s", "s", "since the card's last boot"),
    _count("device.boot_count", "", "boots of the card"),
    _analog("device.clock_offset_s", "s", 0.001, "device clock minus true time"),
)

SIGNALS: dict[str, Signal] = {
    s.name: s for table in (_CELL, _MODULE, _STRING, _BANK, _UPS, _PCS, _SOURCES, _WITNESSES, _REST) for s in table
}


class Block:
    """One array a signal, by name in `arrays`; all are views of two flat arrays, so that a whole block moves at once.

    `floats` holds the f8 signals, rounded ones first (`rounded` of them), `codes` the i8 signals.
    """

    def __init__(self, site: Site = SITE) -> None:
        """Zeroed arrays with the shapes and dtypes of the contract."""
        analog = [s for s in SIGNALS.values() if s.dtype == "f8"]
        order = [s for s in analog if s.resolution] + [s for s in analog if not s.resolution]
        sizes = {name: math.prod(s.shape(site)) for name, s in SIGNALS.items()}
        self.rounded = sum(sizes[s.name] for s in analog if s.resolution)
        self.floats = np.zeros(sum(sizes[s.name] for s in order))
        self.codes = np.zeros(sum(sizes.values()) - self.floats.size, np.int64)
        self.arrays: dict[str, Array] = {}
        self.starts: dict[str, int] = {}
        at = {"f8": 0, "i8": 0}
        for signal in order + [s for s in SIGNALS.values() if s.dtype == "i8"]:
            flat = self.floats if signal.dtype == "f8" else self.codes
            start, end = at[signal.dtype], at[signal.dtype] + sizes[signal.name]
            self.arrays[signal.name] = flat[start:end].reshape(signal.shape(site))
            self.starts[signal.name] = start
            at[signal.dtype] = end

    def copy_from(self, other: Block) -> None:
        """Take all values of another block."""
        np.copyto(self.floats, other.floats)
        np.copyto(self.codes, other.codes)


def point_count(site: Site = SITE) -> int:
    """Number of single points that the plant offers."""
    return sum(math.prod(signal.shape(site)) for signal in SIGNALS.values())


def device_of(name: str, row: int, site: Site = SITE) -> str:
    """The device that serves a row of a signal: a cell, module or string is served by its bank.

    A `device.*` row is served by the device itself.
    """
    group = SIGNALS[name].group
    asset = site.rows[group][row]
    return asset.partition(".")[0]
