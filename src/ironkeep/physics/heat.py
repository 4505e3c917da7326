"""Rooms and cooling.

Rules. A room is one heat capacity (J/K) behind one wall resistance (K/W); its step is exact for constant heat. Cooling
is proportional to the excess over the set-point, up to a rating. Rise after loss of cooling is exponential (Khankari,
ASHRAE Transactions 117-1, 2011).
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Room:
    """Heat capacity of air, racks and inner surfaces (J/K), and resistance of the envelope (K/W)."""

    capacity_j_k: float
    wall_k_w: float

    def step(self, temperature_c: float, outside_c: float, heat_w: float, dt_s: float) -> float:
        """Temperature after `dt_s` with constant net heat (W, cooling negative), C."""
        end_c = outside_c + heat_w * self.wall_k_w
        return end_c + (temperature_c - end_c) * math.exp(-dt_s / (self.capacity_j_k * self.wall_k_w))


@dataclass(frozen=True)
class Cooling:
    """A cooling unit: rating (W), width of its proportional band (K), coefficient of performance, fan power (W)."""

    rating_w: float
    band_k: float
    performance: float
    fan_w: float

    def removed_w(self, temperature_c: float, setpoint_c: float) -> float:
        """Heat removed at a room temperature, 0..rating, W. The set-point sits in the middle of the band."""
        share = (temperature_c - setpoint_c) / self.band_k + 0.5
        return self.rating_w * min(max(share, 0.0), 1.0)

    def power_w(self, removed_w: float) -> float:
        """Electrical power while removing that heat, W."""
        return self.fan_w + removed_w / self.performance
