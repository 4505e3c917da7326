"""The protection relay of the container feeder.

Rules. Each element picks up when its quantity passes its setting and trips the feeder breaker after its own time. The
breaker recloses by itself once the grid was good for `RECLOSE_S`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ironkeep.twin.supply import Source

RECLOSE_S = 30.0


@dataclass
class Relay:
    """State of the relay; timers by element name."""

    breaker: bool = True
    pickup: bool = False
    timers_s: dict[str, float] = field(default_factory=dict)
    good_s: float = 0.0

    def step(self, dt_s: float, grid: Source, current_a: float, rules: dict[str, float]) -> None:
        """Advance with the grid at the feeder and the phase current."""
        dark = grid.voltage_v < 20.0
        elements = {
            "over_current": current_a > rules["over_current_a"],
            "under_voltage": grid.voltage_v < rules["under_voltage_v"],
            "over_voltage": grid.voltage_v > rules["over_voltage_v"],
            "under_frequency": not dark and grid.frequency_hz < rules["under_frequency_hz"],
            "over_frequency": not dark and grid.frequency_hz > rules["over_frequency_hz"],
        }
        self.pickup = any(elements.values())
        for name, active in elements.items():
            self.timers_s[name] = self.timers_s.get(name, 0.0) + dt_s if active else 0.0
            if self.timers_s[name] >= rules[f"{name}_s"]:
                self.breaker = False
        self.good_s = 0.0 if self.pickup else self.good_s + dt_s
        if not self.breaker and self.good_s >= RECLOSE_S:
            self.breaker = True
