"""What the voltage of a battery at rest says of its charge.

Rules. A rest is next to no current for as long as its chemistry needs to settle. The voltage of the mean cell is
compared with the open-circuit curve, widened by the hysteresis, by what makes of one chemistry differ, by the
instrument and by the temperature where it is known: nobody knows from which side the rest was reached. Where the curve
is flat the band is wide, and nothing follows from it. A voltage above what a resting cell can have is a charger's: no
rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ironkeep.physics.chemistry import GRID, LFP_POWER, grid_table
from ironkeep.physics.series import Floats, Rows, stretches

REST_SHARE = 0.01  # of the largest current that still counts as none
INSTRUMENT_V = 0.003  # of a cell: class of instrument and what is left of the relaxation
ENTROPY_V_K = 0.0004  # by which an open-circuit voltage moves with temperature, at most (Forgez et al. 2010, for LFP)
REFERENCE_C = 25.0


@dataclass(frozen=True)
class Curve:
    """The open-circuit voltage of a chemistry: middle and half width on the charge grid, (GRID + 1,).

    `settles_s` is how long a rest must last, `speaks_pct` the band from which on the voltage tells something,
    `resting_max_v` the highest voltage of a cell that no charger holds up.
    """

    name: str
    middle_v: Floats
    half_v: Floats
    settles_s: float
    speaks_pct: float
    resting_max_v: float
    flat: str
    source: str


_HALF_HOUR_S, _EIGHT_HOURS_S = 1_800.0, 28_800.0
_SOC_PCT = (0, 2, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 98, 100)

# Nickel-rich oxides against graphite at 25 C, from half-cell curves and stoichiometries as published, each between its
# own limits of voltage: LG M50 NMC811 (Chen et al., J. Electrochem. Soc. 167 (2020) 080534), NMC532 pouch (Mohtat et
# al., J. Electrochem. Soc. 167 (2020) 110561), Kokam nickel-cobalt (Ecker et al., J. Electrochem. Soc. 162 (2015)
# A1836). The middle between them and half of what they differ; 10 mV more for hysteresis and age is judgement.
_NMC_CELLS_V = (
    *((2.500, 2.862, 3.109, 3.296, 3.434, 3.485, 3.529, 3.581, 3.629, 3.667, 3.705, 3.751),),
    *((2.800, 3.285, 3.462, 3.511, 3.540, 3.585, 3.620, 3.639, 3.654, 3.671, 3.691, 3.716),),
    *((2.500, 3.034, 3.294, 3.459, 3.528, 3.587, 3.657, 3.709, 3.743, 3.770, 3.781, 3.787),),
)
_NMC_UPPER_V = (
    *((3.798, 3.841, 3.890, 3.948, 3.994, 4.042, 4.081, 4.097, 4.124, 4.164, 4.200),),
    *((3.745, 3.797, 3.840, 3.880, 3.923, 3.971, 4.022, 4.077, 4.136, 4.174, 4.200),),
    *((3.798, 3.815, 3.842, 3.882, 3.940, 3.987, 4.030, 4.079, 4.135, 4.173, 4.200),),
)
_AGE_V = 0.010

# NCA/graphite at 25 C: Kim et al., J. Electrochem. Soc. 158 (2011) A955. One make alone: how far others lie is
# judgement, taken from what makes of NMC differ.
_NCA_V = (
    *(2.700, 3.118, 3.194, 3.247, 3.310, 3.372, 3.433, 3.492, 3.547, 3.598, 3.643, 3.685, 3.725, 3.768, 3.816, 3.874),
    *(3.930, 3.980, 4.030, 4.080, 4.135, 4.173, 4.200),
)
_NCA_HALF_V = 0.050

# Valve-regulated lead-acid, a cell of 2 V. A maker's manual for AGM gives 12.8-13.2 V full, 12.6-12.8 V at 75 %, 12.3 V
# at 50 %, 12.0 V at 25 % (Polaris owner's manual, AGM table); rules of thumb for flooded cells give 12.6, 12.4, 12.2,
# 12.0 and 11.6 V from full to empty. A sixth of both, the middle and half of what they differ. They ask for 8 h of
# rest, better 24 h, before the voltage is read.
_VRLA_SOC_PCT, _VRLA_V = (0, 25, 50, 75, 100), (1.955, 2.000, 2.045, 2.100, 2.150)
_VRLA_HALF_V = (0.033, 0.025, 0.025, 0.033, 0.050)


def _nmc() -> tuple[Floats, Floats]:
    cells = np.array([low + high for low, high in zip(_NMC_CELLS_V, _NMC_UPPER_V, strict=True)])
    low, high = cells.min(axis=0), cells.max(axis=0)
    middle, half = (low + high) / 2.0, (high - low) / 2.0 + _AGE_V
    return grid_table(_SOC_PCT, tuple(middle.tolist())), grid_table(_SOC_PCT, tuple(half.tolist()))


CURVES: dict[str, Curve] = {
    "lfp": Curve(
        name="LFP",
        middle_v=LFP_POWER.ocv_v,
        half_v=LFP_POWER.hysteresis_v,
        settles_s=_HALF_HOUR_S,
        speaks_pct=25.0,
        resting_max_v=3.65,
        flat="all lie on the plateau, where LFP is flat",
        source="one small LFP cell at C/22, with its hysteresis",
    ),
    "nmc": Curve(
        "NMC",
        *_nmc(),
        settles_s=_HALF_HOUR_S,
        speaks_pct=25.0,
        resting_max_v=4.35,
        flat="at all of them makes of NMC differ too much",
        source="three makes of nickel-rich cells, widened by what they differ (Chen 2020, Mohtat 2020, Ecker 2015)",
    ),
    "nca": Curve(
        name="NCA",
        middle_v=grid_table(_SOC_PCT, _NCA_V),
        half_v=np.full(GRID + 1, _NCA_HALF_V),
        settles_s=_HALF_HOUR_S,
        speaks_pct=25.0,
        resting_max_v=4.35,
        flat="at all of them makes of NCA may differ too much",
        source="one make of NCA, widened by 50 mV by judgement (Kim 2011)",
    ),
    "vrla": Curve(
        name="lead-acid",
        middle_v=grid_table(_VRLA_SOC_PCT, _VRLA_V),
        half_v=grid_table(_VRLA_SOC_PCT, _VRLA_HALF_V),
        settles_s=_EIGHT_HOURS_S,
        speaks_pct=40.0,
        resting_max_v=2.20,
        flat="at all of them the tables of makers differ too much",
        source="makers' tables for AGM and flooded cells, widened by what they differ; it tells the charge roughly",
    ),
}


def rests(t_s: Floats, current_a: Floats, gap_s: float, least_s: float) -> tuple[Rows, Rows]:
    """First and last row of every rest of `least_s` or more."""
    size = np.abs(current_a[np.isfinite(current_a)])
    if not size.size:
        none = np.zeros(0, np.int64)
        return none, none
    least = REST_SHARE * float(np.quantile(size, 0.999))
    first, last = stretches(np.abs(current_a) <= least, t_s, gap_s)
    long = (t_s[last] - t_s[first]) >= least_s
    return first[long], last[long]


def charge_band(cell_v: float, curve: Curve, temperature_c: float | None = None) -> tuple[float, float]:
    """Lowest and highest charge, in %, that the voltage of a cell at rest allows; at 25 °C where none is known."""
    away_k = 0.0 if temperature_c is None else abs(temperature_c - REFERENCE_C)
    half_v = curve.half_v + INSTRUMENT_V + ENTROPY_V_K * away_k
    high_v, low_v = curve.middle_v + half_v, curve.middle_v - half_v
    reached, passed = np.flatnonzero(high_v >= cell_v), np.flatnonzero(low_v <= cell_v)
    low = float(reached[0]) if reached.size else float(GRID)
    high = float(passed[-1]) if passed.size else 0.0
    return 100.0 * min(low, high) / GRID, 100.0 * max(low, high) / GRID
