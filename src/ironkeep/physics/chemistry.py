"""What a lithium iron phosphate cell is made of, in numbers, each with its source.

Rules. Fractions of charge run from 0 to 1. Resistances are in ohm ampere-hour: divide by a cell's capacity in Ah to get
ohm, so that one table serves every size of the same make. Numbers marked "judgement" are ours and open to a better
source; no product statement may lean on them. Tables are sampled on a fine uniform grid once, because the step looks
them up for every cell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GRID = 2000  # intervals of the charge axis: 0.05 %, finer than any BMS reports
TEMPERATURE_MIN_C = -40.0
TEMPERATURE_MAX_C = 120.0
KELVIN = 273.15
REFERENCE_C = 25.0
GAS_CONSTANT_J_MOL_K = 8.314462618

# Open-circuit voltage at 25 C, mean of charge and discharge. Source: slopes of domain/telemetry.md 7.2 (one small
# commercial LFP cell, C/22: 2.2, 0.27, 0.36, 0.65, 4.3, 0.45, >= 2 mV per % at 30, 40, 50, 60, 70, 80, 90 %); level
# 3.2 V nominal and 2.5-3.65 V window from the Lishen LP54173207 sheet; both knees: judgement.
_OCV_SOC_PCT = (
    0,
    1,
    2,
    4,
    6,
    8,
    10,
    15,
    20,
    25,
    30,
    34,
    37,
    40,
    45,
    50,
    55,
    60,
    65,
    68,
    72,
    75,
    78,
    80,
    85,
    88,
    90,
    95,
)
_OCV_V = (
    *(2.500, 2.740, 2.880, 3.030, 3.108, 3.155, 3.180, 3.214, 3.236, 3.2540, 3.2650, 3.2738, 3.2768, 3.2780, 3.2793),
    *(3.2808, 3.2830, 3.2860, 3.2905, 3.2990, 3.3160, 3.3225, 3.3243, 3.3252, 3.3276, 3.3300, 3.3340, 3.3460),
)
_OCV_TOP_PCT = (97, 98, 99, 100)
_OCV_TOP_V = (3.353, 3.362, 3.385, 3.450)

# Hysteresis half width. Source: Sony/Murata LFP `HystV` as described in domain/planning.md section 3: 17-30 mV, 30 mV
# at both ends; the places between are judgement.
_HYSTERESIS_SOC_PCT = (0, 10, 30, 70, 90, 100)
_HYSTERESIS_V = (0.030, 0.022, 0.017, 0.017, 0.022, 0.030)

# Entropic coefficient. Source: sign and size after Forgez et al., J. Power Sources 195 (2010) 2961 (LFP/graphite 26650:
# about -0.4 mV/K when empty to about +0.2 mV/K above half); values between are judgement.
_ENTROPY_SOC_PCT = (0, 10, 20, 40, 50, 60, 70, 80, 90, 100)
_ENTROPY_V_K = (-4.0e-4, -3.0e-4, -2.0e-4, -1.0e-4, 0.0, 1.5e-4, 2.0e-4, 0.5e-4, 1.0e-4, 1.5e-4)

# Shape of the ohmic resistance over charge, 1 at half. Judgement: rises at the end of discharge and of charge.
_SHAPE_SOC_PCT = (0, 5, 10, 20, 40, 90, 97, 100)
_SHAPE_DISCHARGE = (2.2, 1.5, 1.25, 1.08, 1.0, 1.0, 1.03, 1.10)
_SHAPE_CHARGE = (1.2, 1.1, 1.05, 1.02, 1.05, 1.10, 1.25, 1.60)

# Capacity over temperature. Source: ssc LFP default table (domain/planning.md section 3), made 1 at 25 C.
CAPACITY_C = (-20.0, -10.0, 0.0, 10.0, 23.0, 45.0)
CAPACITY_FRACTION = (0.72, 0.82, 0.89, 0.93, 0.97, 1.01)


@dataclass(frozen=True)
class Chemistry:
    """Tables on the charge grid (GRID + 1 samples) and the scalars of one make of cell."""

    ocv_v: Floats
    hysteresis_v: Floats
    entropy_v_k: Floats
    shape_discharge: Floats
    shape_charge: Floats
    ohmic_ohm_ah: float
    rc_ratio: float  # resistance of the RC pair, in ohmic resistances
    rc_tau_s: float
    tank_c: float  # share of the charge that is near at hand
    tank_tau_s: float  # c / kd
    hysteresis_rate: float  # e-folds of the hysteresis state a full charge throughput
    activation_j_mol: float
    heat_capacity_j_k_ah: float
    cell_max_v: float
    cell_min_v: float

    def with_values(self, **changes: object) -> Chemistry:
        """The same make with other scalars or tables."""
        return replace(self, **changes)  # type: ignore[arg-type]


def grid_table(soc_pct: tuple[float, ...], values: tuple[float, ...]) -> Floats:
    """Values at `soc_pct` (rising, 0 to 100) sampled on the uniform charge grid; shape (GRID + 1,)."""
    return np.interp(np.linspace(0.0, 100.0, GRID + 1), soc_pct, values)


def resistance_factor(temperature_c: Floats, activation_j_mol: float) -> Floats:
    """Arrhenius factor of resistance, 1 at 25 C.

    Data behind it span 10-40 C (domain/planning.md section 3); outside, it is an extrapolation.
    """
    kelvin = temperature_c + KELVIN
    exponent = activation_j_mol / GAS_CONSTANT_J_MOL_K * (1.0 / kelvin - 1.0 / (REFERENCE_C + KELVIN))
    return np.exp(exponent)


def capacity_factor(temperature_c: Floats) -> Floats:
    """Usable share of the 25 C capacity at a temperature, held flat outside -20..45 C."""
    at_reference = np.interp(REFERENCE_C, CAPACITY_C, CAPACITY_FRACTION)
    return np.interp(temperature_c, CAPACITY_C, CAPACITY_FRACTION) / at_reference


def _lfp(ohmic_ohm_ah: float, tank_c: float, tank_tau_s: float) -> Chemistry:
    return Chemistry(
        ocv_v=grid_table(_OCV_SOC_PCT + _OCV_TOP_PCT, _OCV_V + _OCV_TOP_V),
        hysteresis_v=grid_table(_HYSTERESIS_SOC_PCT, _HYSTERESIS_V),
        entropy_v_k=grid_table(_ENTROPY_SOC_PCT, _ENTROPY_V_K),
        shape_discharge=grid_table(_SHAPE_SOC_PCT, _SHAPE_DISCHARGE),
        shape_charge=grid_table(_SHAPE_SOC_PCT, _SHAPE_CHARGE),
        ohmic_ohm_ah=ohmic_ohm_ah,
        rc_ratio=0.6,  # judgement
        rc_tau_s=25.0,  # judgement
        tank_c=tank_c,
        tank_tau_s=tank_tau_s,
        hysteresis_rate=30.0,  # judgement: a reversal is complete after a few percent of charge
        activation_j_mol=20_000.0,  # judgement: about twice the resistance at 0 C
        heat_capacity_j_k_ah=20.0,  # 3.95 kg for 202 Ah (Lishen LP54173207) at about 1000 J/kg/K (judgement)
        cell_max_v=3.65,  # Lishen LP54173207 sheet
        cell_min_v=2.5,  # Lishen LP54173207 sheet
    )


# Judgement: 0.35 mohm at 80 Ah and 0.25 mohm at 280 Ah, the ohmic part alone; tanks in the range that fits give.
LFP_POWER = _lfp(ohmic_ohm_ah=0.028, tank_c=0.90, tank_tau_s=600.0)
LFP_ENERGY = _lfp(ohmic_ohm_ah=0.070, tank_c=0.90, tank_tau_s=1200.0)
