"""The network cards of the devices: heartbeat, uptime, boots and clock.

Rules. A heartbeat counts seconds and wraps at 65535. A card that boots answers nothing for its dark time, then starts
uptime and heartbeat from zero; the equipment behind it does not notice.
"""

from __future__ import annotations

import numpy as np

from ironkeep.physics.chemistry import Floats

HEARTBEAT_WRAP = 65_535  # SunSpec 802 Hb is a uint16, of which 65535 means "not implemented"
UPTIME_SPREAD_S = 5_000_000.0
CLOCK_SPREAD_S = 0.02
CLOCK_DRIFT_S_S = 2e-7  # 0.2 ppm, disciplined


class Cards:
    """State of every card, one row a device."""

    def __init__(self, count: int, draws: np.random.Generator) -> None:
        """Cards that have been up for days to weeks."""
        self.uptime_s: Floats = np.floor(draws.uniform(0.05, 1.0, count) * UPTIME_SPREAD_S)
        self.boots = draws.integers(2, 9, count)
        self.clock_s: Floats = draws.normal(0.0, CLOCK_SPREAD_S, count)
        self.drift_s_s: Floats = draws.normal(0.0, CLOCK_DRIFT_S_S, count)
        self.dark_s: Floats = np.zeros(count)

    def step(self, dt_s: float) -> list[int]:
        """Advance; returns the rows that have just come back from a boot."""
        self.uptime_s += dt_s
        self.clock_s += self.drift_s_s * dt_s
        was_dark = self.dark_s > 0.0
        self.dark_s = np.maximum(0.0, self.dark_s - dt_s)
        back = np.flatnonzero(was_dark & (self.dark_s == 0.0))
        self.uptime_s[back] = 0.0
        return [int(row) for row in back]

    def reboot(self, row: int, dark_s: float) -> None:
        """Start a boot that keeps the card dark."""
        self.boots[row] += 1
        self.dark_s[row] = dark_s

    @property
    def heartbeat(self) -> Floats:
        """Heartbeat counters."""
        return np.mod(np.floor(self.uptime_s), HEARTBEAT_WRAP)
