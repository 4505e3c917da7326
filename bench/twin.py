"""Figures of the twin: its cell step against a scalar step, and its runtimes against PyBaMM.

The peer of the step is a scalar one: the per-step arithmetic that simses 2.x publishes (tables, power quadratic,
clamps, thermal), written here in our own words, because simses itself needs Python 3.12. Both sides run in turns, and
the medians of processor time are compared. Our step does more: diffusion, RC pair, hysteresis in time.
"""

from __future__ import annotations

import functools
import math
import statistics
import time
from typing import Any

import numpy as np

from bench.fit import fit_runtimes
from bench.runtime import Bounds, Unit, discharge
from ironkeep.physics.cells import Cells
from ironkeep.physics.chemistry import GRID, LFP_ENERGY, LFP_POWER, Chemistry
from ironkeep.twin.plant import Plant

CELLS = 100_000
ROUNDS = 15
BLOCK = 16_384
SCALAR_STEPS = 5_000
STEP_GOAL = 100.0
PLANT_STEPS = 60
PLANT_GOAL_MS = 10.0
RUNTIME_GOAL_PCT = 2.0
FIT_POWERS_W = (3.0, 7.0, 12.0)
ASKED_POWERS_W = (5.0, 9.0)
END_V = 2.5
HORIZON_S = 40_000.0
STEP_PROFILE = ((900.0, 5.0), (300.0, 12.0), (600.0, 3.0), (4000.0, 9.0))


class ScalarCell:
    """One battery stepped in plain Python floats: the peer's arithmetic, written as lean as we can."""

    def __init__(self) -> None:
        self.soc, self.temperature_c, self.voltage = 0.7, 25.0, 3.3
        self.ocv, self.hysteresis = LFP_POWER.ocv_v[::20].tolist(), LFP_POWER.hysteresis_v[::20].tolist()
        self.discharge = [[4e-4 * k for k in LFP_POWER.shape_discharge[::20]] for _ in range(4)]
        self.charge = [[4e-4 * k for k in LFP_POWER.shape_charge[::20]] for _ in range(4)]
        self.capacity_as, self.current_max_a = 80.0 * 3600.0, 240.0

    def step(self, power_w: float, dt_s: float) -> None:
        """One step: tables, quadratic, clamps on current, voltage and charge, losses, heat."""
        soc, warm = self.soc, self.temperature_c
        place = soc * 100.0
        i = int(place) if place < 100.0 else 99
        share = place - i
        rest = 1.0 - share
        charging = power_w < 0.0
        width = rest * self.hysteresis[i] + share * self.hysteresis[i + 1]
        ocv = rest * self.ocv[i] + share * self.ocv[i + 1] + (width if charging else -width)
        j = 0 if warm < 25.0 else (1 if warm < 40.0 else 2)
        table = self.charge if charging else self.discharge
        cold, hot = table[j], table[j + 1]
        blend = (warm - 10.0) / 15.0 if j == 0 else (warm - 25.0) / 15.0
        low = rest * cold[i] + share * cold[i + 1]
        ohm = low + blend * (rest * hot[i] + share * hot[i + 1] - low)
        radicand = ocv * ocv - 4.0 * ohm * power_w
        current = 2.0 * power_w / (ocv + math.sqrt(radicand if radicand > 0.0 else 0.0))
        top = min(self.current_max_a, (ocv - 2.0) / ohm, soc * self.capacity_as / dt_s)
        bottom = max(-self.current_max_a, (ocv - 3.65) / ohm, (soc - 1.0) * self.capacity_as / dt_s)
        current = top if current > top else (bottom if current < bottom else current)
        self.soc = soc - current * dt_s / self.capacity_as
        self.voltage = ocv - ohm * current
        heat_w = ohm * current * current
        self.temperature_c = warm + (heat_w + (25.0 - warm) / 2.5) * dt_s / 1600.0


class VectorCells:
    """Our side: power to current and the whole cell step, in blocks that stay in the cache."""

    def __init__(self, count: int) -> None:
        draws = np.random.default_rng(1)
        self.blocks = [
            Cells(LFP_POWER, np.full(n, 80.0), draws.uniform(0.3, 0.9, n), np.full(n, 25.0))
            for n in (min(BLOCK, count - start) for start in range(0, count, BLOCK))
        ]

    def step(self, power_w: float, dt_s: float) -> None:
        """One step of all cells at one power a cell."""
        for cells in self.blocks:
            cells.step(cells.currents(power_w), 25.0, 2.5, dt_s)


def step_seconds() -> tuple[float, float]:
    """Processor seconds of one cell-step: ours among 1e5 cells, and the scalar peer's; medians of rounds in turn."""
    cells, peer = VectorCells(CELLS), ScalarCell()
    ours, theirs = [], []
    for i in range(ROUNDS):
        began = time.process_time()
        cells.step(200.0 * math.sin(i), 1.0)
        ours.append((time.process_time() - began) / CELLS)
        began = time.process_time()
        for k in range(SCALAR_STEPS):
            peer.step(200.0 * math.sin(k / 50.0), 1.0)
        theirs.append((time.process_time() - began) / SCALAR_STEPS)
    return statistics.median(ours[1:]), statistics.median(theirs[1:])


def plant_milliseconds() -> float:
    """Processor milliseconds of one step of the whole site at dt 1 s, median."""
    plant, spent = Plant(1), []
    for _ in range(PLANT_STEPS):
        began = time.process_time()
        plant.step(1.0)
        spent.append(time.process_time() - began)
    return 1e3 * statistics.median(spent)


def runtime_errors_pct() -> dict[str, float]:
    """Relative runtime errors against PyBaMM's DFN (Prada2013) after a fit to three powers, %, by case."""
    truth = DoyleFullerNewman()
    base = truth.chemistry()
    bounds = Bounds(voltage_min_v=END_V, temperature_max_c=math.inf)
    known = np.array([truth.runtime_s(((1e6, p),)) for p in FIT_POWERS_W])
    fit = fit_runtimes(base, truth.capacity_ah, np.array(FIT_POWERS_W), known, bounds)
    powers = (*FIT_POWERS_W, *ASKED_POWERS_W)
    constant = [(HORIZON_S, np.array(powers))]
    ours = [*discharge(fit.chemistry, cells(truth, len(powers)), constant, bounds, 5.0).seconds]
    profile = [(s, np.full(1, p)) for s, p in STEP_PROFILE]
    ours.append(discharge(fit.chemistry, cells(truth, 1), profile, bounds, 5.0).seconds[0])
    asked = [*(((1e6, p),) for p in powers), STEP_PROFILE]
    names = [*(f"fitted {p:g} W" for p in FIT_POWERS_W), *(f"predicted {p:g} W" for p in ASKED_POWERS_W)]
    names.append("predicted step profile")
    pairs = zip(names, ours, asked, strict=True)
    errors = {name: 100.0 * (float(got) / truth.runtime_s(case) - 1.0) for name, got, case in pairs}
    return errors


def cells(truth: DoyleFullerNewman, count: int) -> Unit:
    """Full cells at 25 C with the reference's capacity."""
    return Unit(np.full(count, truth.capacity_ah), np.ones(count), np.full(count, 25.0), np.ones(count))


class DoyleFullerNewman:
    """PyBaMM's DFN with the Prada2013 set, discharged at constant powers."""

    def __init__(self) -> None:
        import pybamm  # a development reference: slow to import, never in the product

        pybamm.set_logging_level("ERROR")
        self.pybamm = pybamm
        self.model = pybamm.lithium_ion.DFN()
        self.values = pybamm.ParameterValues("Prada2013")
        slow = self._run(("Discharge at C/50 until 2.5 V",), "120 seconds")
        self._charge_ah, self._volts = slow["Discharge capacity [A.h]"].entries, slow["Voltage [V]"].entries
        self.capacity_ah = float(self._charge_ah[-1])

    def _run(self, steps: tuple[str, ...], period: str) -> Any:
        experiment = self.pybamm.Experiment([steps], period=period)
        return self.pybamm.Simulation(self.model, parameter_values=self.values, experiment=experiment).solve()

    @functools.lru_cache(maxsize=32)  # noqa: B019 - one object, a few discharges
    def runtime_s(self, profile: tuple[tuple[float, float], ...]) -> float:
        """Seconds until the end voltage for a profile of (s, W); the last piece runs to the end."""
        pieces = [f"Discharge at {w} W for {s} seconds or until {END_V} V" for s, w in profile[:-1]]
        last = f"Discharge at {profile[-1][1]} W until {END_V} V"
        return float(self._run((*pieces, last), "10 seconds")["Time [s]"].entries[-1])

    def chemistry(self) -> Chemistry:
        """Its open-circuit table (from C/50) on our grid; no hysteresis, no entropy, a flat resistance."""
        soc = 1.0 - self._charge_ah / self.capacity_ah
        grid = np.linspace(0.0, 1.0, GRID + 1)
        flat = np.zeros(GRID + 1)
        return LFP_ENERGY.with_values(
            ocv_v=np.interp(grid, soc[::-1], self._volts[::-1]),
            hysteresis_v=flat,
            entropy_v_k=flat,
            shape_discharge=flat + 1.0,
            tank_tau_s=600.0,
        )


def rows() -> list[dict[str, Any]]:
    """The figures of the twin, one row each."""
    ours, theirs = step_seconds()
    ratio = theirs / ours
    errors = runtime_errors_pct()
    worst = max(abs(error) for error in errors.values())
    plant = plant_milliseconds()
    return [
        {
            "name": "twin: cell-steps/s at 1e5 cells, against a scalar step (simses' published arithmetic)",
            "ours": 1.0 / ours,
            "peer": 1.0 / theirs,
            "ratio": ratio,
            "unit": "cell-steps/s",
            "target": f">= {STEP_GOAL:g}x",
            "met": ratio >= STEP_GOAL,
        },
        {
            "name": f"twin: worst runtime error against PyBaMM DFN, {len(errors)} cases with a step profile",
            "ours": worst,
            "peer": None,
            "ratio": None,
            "unit": "%",
            "target": f"<= {RUNTIME_GOAL_PCT:g} %",
            "met": worst <= RUNTIME_GOAL_PCT,
        },
        {
            "name": "twin: processor time of one step of the whole site, dt 1 s",
            "ours": plant,
            "peer": None,
            "ratio": None,
            "unit": "ms",
            "target": f"<= {PLANT_GOAL_MS:g} ms",
            "met": plant <= PLANT_GOAL_MS,
        },
    ]


if __name__ == "__main__":
    for row in rows():
        print(row)
