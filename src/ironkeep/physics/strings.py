"""Strings in parallel on one bus, and the current that a power needs.

Rules. Power and current are positive on discharge. A power that the source cannot give is a voltage collapse: a named
outcome, never an exception; the current then is the one of maximum power.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ironkeep.physics.chemistry import Floats


@dataclass(frozen=True)
class BusFlow:
    """Currents of the strings (A), voltage of the bus (V), and whether the asked power was beyond reach."""

    currents_a: Floats
    voltage_v: float
    collapsed: bool


def power_current(power_w: Floats, emf_v: Floats, ohmic_ohm: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Current that delivers a power from emf behind a resistance, and where the power is beyond reach.

    I = 2 P / (E + sqrt(E^2 - 4 R P)): the small root, free of cancellation and of a division by R.
    """
    radicand = emf_v * emf_v - 4.0 * ohmic_ohm * power_w
    collapsed = radicand < 0.0
    current = 2.0 * power_w / (emf_v + np.sqrt(np.maximum(radicand, 0.0)))
    return np.where(collapsed, emf_v / (2.0 * ohmic_ohm), current), collapsed


def _thevenin(emf_v: Floats, ohm: Floats, closed: NDArray[np.bool_]) -> tuple[float, float]:
    conductance = float(np.sum(closed / ohm))
    return float(np.sum(closed * emf_v / ohm)) / conductance, 1.0 / conductance


def share_power(power_w: float, emf_v: Floats, ohm: Floats, closed: NDArray[np.bool_]) -> BusFlow:
    """Flow when the bus must deliver `power_w`; at least one string is closed. Strings may charge one another."""
    assert closed.any()
    emf, resistance = _thevenin(emf_v, ohm, closed)
    total, collapsed = power_current(np.array(power_w), np.array(emf), np.array(resistance))
    voltage = emf - float(total) * resistance
    return BusFlow(np.where(closed, (emf_v - voltage) / ohm, 0.0), voltage, bool(collapsed))


def share_voltage(
    voltage_v: float, emf_v: Floats, ohm: Floats, closed: NDArray[np.bool_], charge_max_a: float
) -> BusFlow:
    """Flow when a charger holds the bus at a voltage but gives at most `charge_max_a` (> 0) in all.

    A charger never takes: when the strings stand above the voltage, the total is zero and only they exchange.
    """
    assert closed.any()
    emf, resistance = _thevenin(emf_v, ohm, closed)
    total = float(np.clip((emf - voltage_v) / resistance, -charge_max_a, 0.0))
    voltage = emf - total * resistance
    return BusFlow(np.where(closed, (emf_v - voltage) / ohm, 0.0), voltage, False)
