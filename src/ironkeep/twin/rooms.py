"""Rooms, cooling units, gas and leaks.

Rules. Gas has its own source and never follows temperature. A cooling unit without supply stops; with supply back it
waits its restart delay. The room's own sensors are independent of every battery and keep running on their own supply,
until a scenario takes the auxiliary supply of the room: then cooling and gas detection are gone together.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ironkeep.physics.heat import Cooling, Room
from ironkeep.twin.codes import HvacState

SETPOINT_C = 22.0
OUTSIDE_C = 14.0
RESTART_S = 90.0
AIR_CHANGE_S = 900.0  # judgement: time constant of gas in a room with its door shut
BASE_HYDROGEN_PPM = 1.0
HYDROGEN_ALARM_PPM = 4000.0  # a tenth of the lower flammable limit of 4 %
OFFGAS_ALARM_PPM = 50.0  # judgement
SMOKE_ALARM_PCT_M = 2.0  # judgement
HALL_SETPOINT_C = 24.0


@dataclass
class Climate:
    """One room with its cooling unit."""

    room: Room
    cooling: Cooling
    air_w_k: float  # heat that the air flow carries per kelvin
    base_heat_w: float
    temperature_c: float = 21.8
    humidity_pct: float = 45.0
    hydrogen_ppm: float = BASE_HYDROGEN_PPM
    offgas_ppm: float = 0.0
    smoke_pct_m: float = 0.02
    state: HvacState = HvacState.RUNNING
    forced: HvacState | None = None
    aux_on: bool = True
    leak: bool = False
    hydrogen_ppm_s: float = 0.0
    offgas_ppm_s: float = 0.0
    wait_s: float = 0.0
    removed_w: float = 0.0
    power_w: float = 0.0
    pressure_bar: float = 1.8

    def step(self, dt_s: float, heat_w: float, supplied: bool) -> None:
        """Advance with the heat of the equipment; `supplied` = the busbar is live."""
        self._switch(dt_s, supplied and self.aux_on)
        running = self.state == HvacState.RUNNING
        self.removed_w = self.cooling.removed_w(self.temperature_c, SETPOINT_C) if running else 0.0
        if self.leak:
            self.removed_w *= max(0.0, min(1.0, self.pressure_bar / 1.8))
        self.power_w = self.cooling.power_w(self.removed_w) if running else 0.0
        net = heat_w + self.base_heat_w - self.removed_w
        self.temperature_c = self.room.step(self.temperature_c, OUTSIDE_C, net, dt_s)
        keep = math.exp(-dt_s / AIR_CHANGE_S)
        self.hydrogen_ppm = self._gas(self.hydrogen_ppm - BASE_HYDROGEN_PPM, self.hydrogen_ppm_s, keep)
        self.hydrogen_ppm += BASE_HYDROGEN_PPM
        self.offgas_ppm = self._gas(self.offgas_ppm, self.offgas_ppm_s, keep)
        target = 0.4 if self.leak else 1.8
        self.pressure_bar += (target - self.pressure_bar) * (1.0 - math.exp(-dt_s / 120.0))
        humid = 45.0 - 1.5 * (self.temperature_c - SETPOINT_C) + (12.0 if self.leak else 0.0)
        self.humidity_pct += (max(5.0, min(95.0, humid)) - self.humidity_pct) * (1.0 - math.exp(-dt_s / 600.0))

    @staticmethod
    def _gas(level: float, source: float, keep: float) -> float:
        return level * keep + source * AIR_CHANGE_S * (1.0 - keep)

    def _switch(self, dt_s: float, supplied: bool) -> None:
        if not supplied:
            self.state, self.wait_s = HvacState.NO_SUPPLY, RESTART_S
        elif self.forced is not None:
            self.state = self.forced
        elif self.state in (HvacState.NO_SUPPLY, HvacState.RESTARTING) and self.wait_s > 0.0:
            self.state = HvacState.RESTARTING
            self.wait_s -= dt_s
        else:
            self.state = HvacState.RUNNING

    def reset_faults(self) -> None:
        """Cooling and supply repaired, leak stopped and dried, gas source gone."""
        self.forced, self.aux_on, self.leak = None, True, False
        self.hydrogen_ppm_s = self.offgas_ppm_s = 0.0
        self.wait_s = 0.0


def climates() -> dict[str, Climate]:
    """The three battery rooms by id; sizes are judgement."""
    small = Cooling(rating_w=12_000.0, band_k=2.0, performance=3.2, fan_w=400.0)
    large = Cooling(rating_w=40_000.0, band_k=2.0, performance=3.4, fan_w=1_200.0)
    return {
        "room-a": Climate(Room(700_000.0, 0.02), small, 2_000.0, 600.0),
        "room-b": Climate(Room(700_000.0, 0.02), small, 2_000.0, 600.0),
        "room-1": Climate(Room(1_600_000.0, 0.012), large, 5_000.0, 3_000.0),
    }


@dataclass
class Hall:
    """The room of the critical load; its cooling hangs on the busbar and restarts after a delay."""

    room: Room
    cooling: Cooling
    temperature_c: float = 24.2
    wait_s: float = 0.0
    power_w: float = 0.0

    def step(self, dt_s: float, heat_w: float, supplied: bool) -> None:
        """Advance with the heat of the load."""
        self.wait_s = max(0.0, self.wait_s - dt_s) if supplied else RESTART_S
        running = supplied and self.wait_s == 0.0
        removed = self.cooling.removed_w(self.temperature_c, HALL_SETPOINT_C) if running else 0.0
        self.power_w = self.cooling.power_w(removed) if running else 0.0
        self.temperature_c = self.room.step(self.temperature_c, OUTSIDE_C, heat_w - removed, dt_s)


def hall() -> Hall:
    """The data hall; sizes are judgement: about 1 K a minute without cooling."""
    return Hall(Room(9_500_000.0, 0.002), Cooling(260_000.0, 2.0, 4.0, 6_000.0))
