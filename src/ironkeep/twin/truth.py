"""The plant's true values, written into the arrays of the contract: no noise, no rounding, no lies.

Rules. Settings already live in these arrays and are not touched here. What a management system merely believes (its
counted charge) is not truth; `counted` returns it apart, for the sensors to show.
"""

import math

import numpy as np

from ironkeep.physics.chemistry import Floats
from ironkeep.twin.battery import Battery, mean
from ironkeep.twin.codes import AtsPosition, InverterState, UpsMode
from ironkeep.twin.equipment import Equipment
from ironkeep.twin.rooms import HYDROGEN_ALARM_PPM, OFFGAS_ALARM_PPM, SETPOINT_C, SMOKE_ALARM_PCT_M
from ironkeep.twin.signals import Array
from ironkeep.twin.supply import NOMINAL_HZ, NOMINAL_V, RATED_RPM, Source

PHASE_SHARE = (1.006, 0.997, 0.997)  # load and voltage differ a little between phases
LIVE_V = 20.0
LOAD_POWER_FACTOR = 0.98

Arrays = dict[str, Array]


def write_truth(plant: Equipment, t: Arrays) -> None:
    """Fill every measurement, volatile and command array from the state of the plant."""
    for row, battery in enumerate(plant.batteries):
        _cells(plant, battery, t)
        _strings(plant, battery, t)
        _bank(battery, t, row)
    for row in range(len(plant.upses)):
        _ups(plant, t, row)
    _pcs(plant, t)
    _sources(plant, t)
    _meters(plant, t)
    _rooms(plant, t)
    _load(plant, t)
    _cards(plant, t)


def counted(plant: Equipment) -> dict[str, Floats]:
    """Charges as the management systems count them, %, by signal name."""
    strings = np.concatenate([b.counted_soc for b in plant.batteries])
    modules = []
    for battery in plant.batteries:
        means = battery.cells.charge.reshape(battery.bank.strings, battery.bank.modules, -1).mean(axis=2)
        modules.append((battery.counted_soc[:, None] + means - means.mean(axis=1, keepdims=True)).ravel())
    banks = np.array([mean(b.counted_soc) for b in plant.batteries])
    shown = {
        "string.soc_pct": strings,
        "module.soc_pct": np.concatenate(modules),
        "bank.soc_pct": banks,
        "ups.battery_charge_pct": banks[: len(plant.upses)],
    }
    return {name: np.clip(values * 100.0, 0.0, 100.0) for name, values in shown.items()}


def _cells(plant: Equipment, battery: Battery, t: Arrays) -> None:
    rows = plant.site.cell_slice(battery.bank.id)
    cells = battery.cells
    t["cell.voltage_v"][rows] = cells.voltage_v
    t["cell.temperature_c"][rows] = cells.temperature_c
    t["cell.balancing"][rows] = battery.balancing
    modules = plant.site.module_slice(battery.bank.id)
    size = battery.bank.cells
    t["module.voltage_v"][modules] = np.add.reduce(cells.voltage_v.reshape(-1, size), axis=1)
    t["module.soc_pct"][modules] = cells.charge.reshape(-1, size).mean(axis=1) * 100.0
    t["module.soh_pct"][modules] = battery.soh_pct
    t["module.balancing_count"][modules] = np.add.reduce(battery.balancing.reshape(-1, size), axis=1)


def _strings(plant: Equipment, battery: Battery, t: Arrays) -> None:
    rows = plant.site.string_slice(battery.bank.id)
    t["string.current_a"][rows] = battery.currents_a
    t["string.voltage_v"][rows] = battery.string_v
    closed_drop = battery.currents_a * 1e-4
    t["string.pole_voltage_v"][rows] = np.where(battery.pole, closed_drop, battery.string_v - battery.bus_v)
    t["string.soc_pct"][rows] = battery.string_charge * 100.0
    t["string.soh_pct"][rows] = battery.soh_pct
    t["string.contactor_command"][rows] = battery.command
    t["string.contactor_closed"][rows] = battery.command & battery.enabled
    t["string.contactor_aux"][rows] = battery.pole
    t["string.enabled"][rows] = battery.enabled
    t["string.connect_failure"][rows] = battery.connect_failures()
    t["string.event_bits"][rows] = battery.string_bits()
    t["string.cycles_count"][rows] = battery.cycles_ah / (2.0 * battery.bank.cell_capacity_ah)


def _bank(battery: Battery, t: Arrays, row: int) -> None:
    total = float(battery.currents_a.sum())
    cells = battery.bank.cells_per_string
    values = {
        "voltage_v": battery.bus_v,
        "current_a": total,
        "power_w": battery.bus_v * total,
        "soc_pct": mean(battery.string_charge) * 100.0,
        "soh_pct": battery.soh_pct,
        "insulation_ohm": battery.insulation_ohm,
        "state": battery.state(),
        "charge_status": battery.charge_status(),
        "event_bits": int(np.bitwise_or.reduce(battery.string_bits())),
        "strings_connected": int(battery.pole.sum()),
        "cycles_count": int(mean(battery.cycles_ah) / (2.0 * battery.bank.cell_capacity_ah)),
        "charge_current_max_a": battery.charge_max_a(),
        "discharge_current_max_a": battery.discharge_max_a(),
        "voltage_max_v": battery.cells.chemistry.cell_max_v * cells,
        "voltage_min_v": battery.cells.chemistry.cell_min_v * cells,
    }
    for name, value in values.items():
        t[f"bank.{name}"][row] = value


def _phases(voltage_v: float) -> Floats:
    return voltage_v * np.array((1.001, 0.9985, 1.0005))


def _hz(source: Source) -> float:
    return source.frequency_hz if source.voltage_v > LIVE_V else math.nan


def _ups(plant: Equipment, t: Arrays, row: int) -> None:
    ups, source = plant.upses[row], plant.supply.busbar
    battery = ups.battery
    dc_w = battery.bus_v * float(battery.currents_a.sum())
    stiff = ups.mode in (UpsMode.ONLINE, UpsMode.BATTERY)
    out_v = (NOMINAL_V if stiff else source.voltage_v) if ups.live else 0.0
    rated = float(t["ups.rated_power_w"][row])
    energy_wh = battery.bank.energy_rated_wh * mean(battery.counted_soc) * battery.soh_pct / 100.0
    t["ups.input_voltage_v"][row] = _phases(source.voltage_v)
    t["ups.output_voltage_v"][row] = _phases(out_v)
    t["ups.output_current_a"][row] = np.array(PHASE_SHARE) * ups.output_w / 3.0 / LOAD_POWER_FACTOR / NOMINAL_V
    t["ups.bypass_voltage_v"][row] = _phases(source.voltage_v)
    values = {
        "input_frequency_hz": _hz(source),
        "input_power_w": ups.input_w,
        "output_frequency_hz": (NOMINAL_HZ if stiff else source.frequency_hz) if ups.live else math.nan,
        "output_power_w": ups.output_w,
        "load_pct": 100.0 * ups.output_w / rated,
        "bypass_frequency_hz": _hz(source),
        "dc_voltage_v": battery.bus_v,
        "battery_current_a": float(battery.currents_a.sum()),
        "battery_power_w": dc_w,
        "battery_charge_pct": mean(battery.string_charge) * 100.0,
        "battery_runtime_s": 3600.0 * energy_wh * 0.95 / max(ups.output_w, 1000.0),
        "temperature_c": plant.room_of(battery).temperature_c + 0.003 * ups.loss_w,
        "mode": ups.mode,
        "input_ok": ups.input_ok,
        "rectifier_on": ups.mode == UpsMode.ONLINE,
        "bypass_ok": ups.bypass_ok,
        "maintenance_bypass_closed": ups.mode == UpsMode.MAINTENANCE_BYPASS,
        "on_battery_seconds": ups.on_battery_s if ups.mode == UpsMode.BATTERY else 0,
        "transfers_count": ups.transfers_count,
    }
    for name, value in values.items():
        t[f"ups.{name}"][row] = value


def _pcs(plant: Equipment, t: Arrays) -> None:
    pcs, grid = plant.inverter, plant.supply.grid
    room_c = plant.climates["room-1"].temperature_c
    power = pcs.power_w
    dc_a = float(pcs.battery.currents_a.sum())
    energy_wh = pcs.battery.bank.energy_rated_wh * pcs.battery.soh_pct / 100.0
    running = pcs.state == InverterState.RUNNING
    phase_a = abs(power) / 3.0 / max(grid.voltage_v, LIVE_V) if running else 0.0
    t["pcs.phase_voltage_v"][0] = _phases(grid.voltage_v)
    t["pcs.line_voltage_v"][0] = _phases(grid.voltage_v) * math.sqrt(3.0)
    t["pcs.phase_current_a"][0] = phase_a
    t["pcs.phase_power_w"][0] = power / 3.0
    values = {
        "power_w": power,
        "apparent_va": abs(power),
        "reactive_var": 0.0,
        "power_factor": 1.0,
        "current_a": 3.0 * phase_a,
        "frequency_hz": _hz(grid),
        "dc_voltage_v": pcs.battery.bus_v,
        "dc_current_a": dc_a,
        "dc_power_w": pcs.battery.bus_v * dc_a,
        "ambient_c": room_c + 0.8,
        "cabinet_c": room_c + 4.0 + 1.0e-4 * pcs.loss_w,
        "sink_c": room_c + 8.0 + 1.2e-3 * pcs.loss_w,
        "state": pcs.state,
        "connected": running,
        "on": pcs.state != InverterState.OFF,
        "alarm_bits": 0 if grid.voltage_v > LIVE_V else 1 << 2,  # 701 AC_DISCONNECT
        "mode_bits": 1,
        "energy_injected_wh": pcs.injected_wh,
        "energy_absorbed_wh": pcs.absorbed_wh,
        "dc_energy_injected_wh": pcs.dc_injected_wh,
        "dc_energy_absorbed_wh": pcs.dc_absorbed_wh,
        "energy_available_wh": energy_wh * mean(pcs.battery.cells.charge),
        "power_set_w": pcs.ask_w,
    }
    for name, value in values.items():
        t[f"pcs.{name}"][0] = value


def _sources(plant: Equipment, t: Arrays) -> None:
    supply = plant.supply
    gen, ats, made = supply.generator, supply.ats, supply.set
    on_set = ats.position == AtsPosition.GENERATOR
    values = {
        "gen.state": gen.state,
        "gen.speed_rpm": RATED_RPM * made.frequency_hz / NOMINAL_HZ,
        "gen.voltage_v": made.voltage_v,
        "gen.frequency_hz": made.frequency_hz,
        "gen.power_w": plant.busbar_w if on_set else 0.0,
        "gen.fuel_pct": gen.fuel_pct,
        "gen.start_battery_v": gen.start_battery_v,
        "gen.coolant_c": gen.coolant_c,
        "gen.start_attempts_count": gen.attempts,
        "gen.starts_count": gen.starts,
        "gen.run_seconds": gen.run_s,
        "gen.in_auto": 1,
        "ats.position": ats.position,
        "ats.utility_ok": ats.utility_ok,
        "ats.generator_ok": ats.generator_ok,
        "ats.transfer_inhibited": ats.inhibited,
        "ats.utility_voltage_v": supply.grid.voltage_v,
        "ats.generator_voltage_v": made.voltage_v,
        "ats.retransfer_remaining_s": ats.remaining_s(plant.rules("ats")),
        "ats.transfers_count": ats.transfers,
        "relay.tripped": not plant.relay.breaker,
        "relay.pickup": plant.relay.pickup,
        "relay.breaker_closed": plant.relay.breaker,
        "relay.voltage_v": supply.grid.voltage_v,
        "relay.frequency_hz": _hz(supply.grid),
        "relay.current_a": float(t["pcs.phase_current_a"][0, 0]),
    }
    for name, value in values.items():
        t[name][0] = value


def _meters(plant: Equipment, t: Arrays) -> None:
    grid = plant.supply.grid
    for row, (power, factor) in enumerate(((plant.import_w, LOAD_POWER_FACTOR), (plant.inverter.power_w, 0.999))):
        shares = np.array(PHASE_SHARE) if row == 0 else np.ones(3)
        apparent = abs(power) / factor
        t["meter.power_w"][row] = power
        t["meter.apparent_va"][row] = apparent
        t["meter.reactive_var"][row] = math.sqrt(max(0.0, apparent * apparent - power * power))
        t["meter.power_factor"][row] = factor
        t["meter.frequency_hz"][row] = _hz(grid)
        t["meter.phase_voltage_v"][row] = _phases(grid.voltage_v)
        t["meter.phase_current_a"][row] = shares * apparent / 3.0 / max(grid.voltage_v, LIVE_V)
        t["meter.phase_power_w"][row] = shares * power / 3.0
        t["meter.energy_import_wh"][row] = plant.meter_wh[row, 0]
        t["meter.energy_export_wh"][row] = plant.meter_wh[row, 1]
    for row, ups in enumerate(plant.upses):
        current = float(ups.battery.currents_a.sum())
        t["dcmeter.voltage_v"][row] = ups.battery.bus_v
        t["dcmeter.current_a"][row] = current
        t["dcmeter.power_w"][row] = ups.battery.bus_v * current
        t["dcmeter.energy_discharged_wh"][row] = plant.dc_wh[row, 0]
        t["dcmeter.energy_charged_wh"][row] = plant.dc_wh[row, 1]


def _rooms(plant: Equipment, t: Arrays) -> None:
    for row, climate in enumerate(plant.climates.values()):
        watching = climate.aux_on
        room = {
            "temperature_c": climate.temperature_c,
            "humidity_pct": climate.humidity_pct,
            "hydrogen_ppm": climate.hydrogen_ppm if watching else math.nan,
            "offgas_ppm": climate.offgas_ppm if watching else math.nan,
            "smoke_pct_m": climate.smoke_pct_m,
            "smoke_alarm": climate.smoke_pct_m > SMOKE_ALARM_PCT_M,
            "gas_alarm": watching
            and (climate.hydrogen_ppm > HYDROGEN_ALARM_PPM or climate.offgas_ppm > OFFGAS_ALARM_PPM),
            "leak": climate.leak,
            "detector_ok": watching,
            "door_open": 0,
        }
        for name, value in room.items():
            t[f"room.{name}"][row] = value
        hvac = {
            "state": climate.state,
            "supply_c": climate.temperature_c - climate.removed_w / climate.air_w_k,
            "return_c": climate.temperature_c,
            "setpoint_c": SETPOINT_C,
            "cooling_w": climate.removed_w,
            "power_w": climate.power_w,
            "coolant_bar": climate.pressure_bar,
            "fan_on": climate.power_w > 0.0,
        }
        for name, value in hvac.items():
            t[f"hvac.{name}"][row] = value


def _load(plant: Equipment, t: Arrays) -> None:
    feeds = np.array([ups.output_w for ups in plant.upses])
    t["it.power_w"][0] = feeds.sum()
    t["it.feed_power_w"][0] = feeds
    t["it.feed_voltage_v"][0] = [t["ups.output_voltage_v"][row, 0] for row in range(feeds.size)]
    t["it.inlet_c"][0] = plant.hall.temperature_c
    t["it.served"][0] = feeds.sum() > 0.0


def _cards(plant: Equipment, t: Arrays) -> None:
    t["device.heartbeat_count"][:] = plant.cards.heartbeat
    t["device.uptime_s"][:] = plant.cards.uptime_s
    t["device.boot_count"][:] = plant.cards.boots
    t["device.clock_offset_s"][:] = plant.cards.clock_s
