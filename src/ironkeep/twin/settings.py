"""The settings that the simulated equipment carries when nobody has touched them.

Rules. A value is a scalar (every row) or one number a row or a column. Sources stand beside the numbers; the others are
judgement for a European 400 V site.
"""

from __future__ import annotations

import numpy as np

from ironkeep.twin.battery import CURRENT_RATED_1_H
from ironkeep.twin.layout import Site
from ironkeep.twin.signals import SIGNALS, Array
from ironkeep.twin.supply import GENERATOR_RATED_W

Setting = float | tuple[float, ...]

_EQUIPMENT: dict[str, Setting] = {
    "bank.soc_max_pct": 100.0,
    "bank.soc_min_pct": (5.0, 5.0, 5.0),
    "bank.soc_reserve_max_pct": (100.0, 100.0, 95.0),
    "bank.soc_reserve_min_pct": (20.0, 20.0, 10.0),
    "bank.trip_cell_over_v": 3.65,  # Lishen LP54173207 sheet
    "bank.trip_cell_under_v": 2.5,  # Lishen LP54173207 sheet
    "bank.trip_over_c": 60.0,  # Lishen LP54173207 sheet
    "bank.trip_under_c": -20.0,
    "bank.trip_charge_a": (120.0, 120.0, 220.0),
    "bank.trip_discharge_a": (300.0, 300.0, 220.0),
    "bank.trip_insulation_ohm": (100_000.0, 100_000.0, 150_000.0),
    "bank.reclose_difference_v": (4.0, 4.0, 6.0),
    "bank.string_breaking_a": (600.0, 600.0, 500.0),
    "ups.rated_power_w": 200_000.0,
    "ups.input_voltage_min_v": 195.5,  # 230 V - 15 %
    "ups.input_voltage_max_v": 264.5,  # 230 V + 15 %
    "ups.input_frequency_min_hz": 45.0,
    "ups.input_frequency_max_hz": 55.0,
    "ups.input_slew_max_hz_s": 1.0,
    "ups.walk_in_s": 10.0,
    "ups.lockout_transfers_count": 4.0,
    "ups.lockout_window_s": 60.0,
    "ups.dc_voltage_min_v": 400.0,
    "ups.dc_voltage_max_v": 584.0,
    "pcs.power_rated_w": 1_250_000.0,
    "pcs.apparent_rated_va": 1_375_000.0,
    "pcs.reactive_rated_var": 570_000.0,
    "pcs.voltage_nominal_v": 400.0,
    "pcs.power_max_w": 1_250_000.0,
    "pcs.charge_power_max_w": 1_250_000.0,
    "pcs.discharge_power_max_w": 1_250_000.0,
    "pcs.enter_service": (105.0, 91.7, 50.1, 49.5, 300.0, 300.0),  # IEEE 1547-2018 defaults, moved to 50 Hz
    "pcs.voltvar_v_pct": (92.0, 98.0, 102.0, 108.0),  # IEEE 1547-2018 category B
    "pcs.voltvar_var_pct": (44.0, 0.0, 0.0, -44.0),  # IEEE 1547-2018 category B
    "pcs.voltwatt_v_pct": (106.0, 110.0),
    "pcs.voltwatt_w_pct": (100.0, 0.0),
    "pcs.trip_low_voltage_pct": (70.0, 45.0),
    "pcs.trip_low_voltage_s": (2.0, 0.16),
    "pcs.trip_high_voltage_pct": (110.0, 120.0),
    "pcs.trip_high_voltage_s": (2.0, 0.16),
    "pcs.trip_low_frequency_hz": (48.75, 47.0),
    "pcs.trip_low_frequency_s": (300.0, 0.16),
    "pcs.trip_high_frequency_hz": (51.0, 51.5),
    "pcs.trip_high_frequency_s": (300.0, 0.16),
    "pcs.droop_deadband_over_hz": 0.036,  # IEEE 1547-2018 default
    "pcs.droop_deadband_under_hz": 0.036,  # IEEE 1547-2018 default
    "pcs.droop_over": 0.05,  # IEEE 1547-2018 default
    "pcs.droop_under": 0.05,  # IEEE 1547-2018 default
    "pcs.droop_response_s": 5.0,  # IEEE 1547-2018 default
    "pcs.droop_enabled": 1.0,
    "gen.rated_power_w": GENERATOR_RATED_W,
    "ats.start_delay_s": 3.0,
    "ats.retransfer_delay_s": 300.0,
    "ats.utility_voltage_min_v": 195.5,
    "ats.generator_voltage_min_v": 207.0,
    "ats.generator_frequency_min_hz": 47.5,
    "relay.over_current_a": 2200.0,
    "relay.over_current_s": 0.5,
    "relay.under_voltage_v": 161.0,
    "relay.under_voltage_s": 2.0,
    "relay.over_voltage_v": 264.5,
    "relay.over_voltage_s": 1.0,
    "relay.under_frequency_hz": 47.5,
    "relay.under_frequency_s": 0.5,
    "relay.over_frequency_hz": 51.5,
    "relay.over_frequency_s": 0.5,
}


def write_settings(arrays: dict[str, Array], site: Site) -> None:
    """Put every setting of the contract into its array; a setting without a value here is a bug."""
    banks = site.banks
    values: dict[str, Setting] = {
        "bank.capacity_rated_ah": tuple(b.strings * b.cell_capacity_ah for b in banks),
        "bank.energy_rated_wh": tuple(b.energy_rated_wh for b in banks),
        "bank.charge_power_rated_w": tuple(
            min(b.power_rated_w, CURRENT_RATED_1_H[b.purpose] * b.energy_rated_wh) for b in banks
        ),
        "bank.discharge_power_rated_w": tuple(b.power_rated_w for b in banks),
        **_EQUIPMENT,
    }
    for name, signal in SIGNALS.items():
        if signal.kind == "setting":
            arrays[name][:] = np.asarray(values.pop(name))
    assert not values, f"settings without a signal: {sorted(values)}"
