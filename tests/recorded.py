"""A battery whose truth is known, recorded as instruments would, and then spoilt as exports are.

The cell is the twin's own physics; what a recording shows of it is rounded to the resolution of instruments. Everything
is drawn from one seed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from ironkeep.physics.cells import Cells
from ironkeep.physics.chemistry import LFP_ENERGY

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
STEP_S = 10.0
SERIES = 224
CAPACITY_AH = 280.0
POWER_W = 80_000.0


@dataclass
class Truth:
    """What is true of a recorded battery: one row a step, and what follows exactly from it."""

    t_s: np.ndarray
    current_a: np.ndarray
    voltage_v: np.ndarray
    charge: np.ndarray
    temperature_c: np.ndarray
    capacity_ah: float = CAPACITY_AH
    energy_out_wh: float = 0.0
    energy_in_wh: float = 0.0

    @property
    def power_w(self) -> np.ndarray:
        return self.voltage_v * self.current_a

    @property
    def efficiency(self) -> float:
        """Between the first and the last row at which the charge is what it was at the end of the first rest."""
        level = self.charge[self._first]
        at = np.flatnonzero(np.abs(self.charge - level) < 2e-3)
        last = int(at[at > self.t_s.size // 2][-1])
        part = slice(self._first, last)
        power = self.power_w[part]
        return float(power[power > 0].sum() / -power[power < 0].sum())

    @property
    def _first(self) -> int:
        return int(3600 / STEP_S)


@cache
def cycled(cycles: int = 3, seed: int = 1, low: float = 0.15, high: float = 0.92) -> Truth:
    """A bank that rests, charges at constant power to `high`, rests, discharges to `low`, and so on."""
    rng = np.random.default_rng(seed)
    cell = Cells(LFP_ENERGY, np.array([CAPACITY_AH]), np.array([0.5]), np.array([25.0]))
    per_cell = POWER_W / SERIES
    plan = ["rest"] + ["charge", "rest", "discharge", "rest"] * cycles + ["charge to 0.5"]
    rows = []
    t_s = 0.0
    for phase in plan:
        begun, share = t_s, 0.8 + 0.2 * rng.random()
        while t_s - begun < 40 * 3600:
            charge = float(cell.charge[0])
            if (
                (phase == "rest" and t_s - begun >= 3600)
                or (phase == "charge" and charge >= high)
                or (phase == "charge to 0.5" and charge >= 0.5)
                or (phase == "discharge" and charge <= low)
            ):
                break
            power = {"rest": 0.0, "discharge": per_cell * share}.get(phase, -per_cell * share)
            current = cell.currents(np.array([power]))
            cell.step(current, 25.0, 0.5, STEP_S)
            t_s += STEP_S
            rows.append((t_s, current[0], SERIES * cell.voltage_v[0], cell.charge[0], cell.temperature_c[0]))
    columns = np.array(rows).T
    made = Truth(*columns)
    energy = made.power_w * STEP_S / 3600.0
    made.energy_out_wh, made.energy_in_wh = float(energy[energy > 0].sum()), float(-energy[energy < 0].sum())
    return made


Cell = Callable[[float], str]


def plain(digits: int) -> Cell:
    return lambda value: "" if np.isnan(value) else f"{value:.{digits}f}"


@dataclass
class Sheet:
    """A recording as rows of text cells, to be spoilt and written."""

    names: list[str]
    rows: list[list[str]]
    stamps: list[datetime] = field(default_factory=list)

    def text(self, separator: str = ",", newline: str = "\n") -> str:
        def cell(text: str) -> str:
            return '"' + text.replace('"', '""') + '"' if separator in text or '"' in text or "\n" in text else text

        lines = [separator.join(cell(each) for each in row) for row in [self.names, *self.rows]]
        return newline.join(lines) + newline


def sheet(truth: Truth, *, every: int = 6, positive: int = 1, zone: str = "UTC", stamp: str = "iso") -> Sheet:
    """Every `every`-th row of a battery, with the resolution of instruments; `positive` -1 counts charging positive."""
    shown = []
    stamps = []
    place = ZoneInfo(zone)
    for row in range(0, truth.t_s.size, every):
        at = (START + timedelta(seconds=float(truth.t_s[row]))).astimezone(place)
        stamps.append(at)
        text = {
            "iso": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "local": at.strftime("%Y-%m-%d %H:%M:%S"),
            "d.m.y": at.strftime("%d.%m.%Y %H:%M:%S"),
            "m/d/y": at.strftime("%m/%d/%Y %I:%M:%S %p"),
            "epoch ms": str(int(at.timestamp() * 1000)),
            "epoch s": str(int(at.timestamp())),
        }[stamp]
        shown.append(
            [
                text,
                f"{truth.voltage_v[row]:.1f}",
                f"{positive * truth.current_a[row]:.1f}",
                f"{100 * truth.charge[row]:.1f}",
                f"{truth.temperature_c[row]:.1f}",
            ]
        )
    names = ["Timestamp", "Pack Voltage [V]", "Pack Current [A]", "SoC [%]", "Cell Temp Max [°C]"]
    return Sheet(names, shown, stamps)
