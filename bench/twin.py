"""Figures of the twin: its cell step against a scalar step, and its runtimes against PyBaMM.

The peer of the step is a scalar one: the per-step arithmetic that simses 2.x publishes (`step_peer.py`), because
simses itself needs Python 3.12. Where `IRONKEEP_SIMSES_PYTHON` names an interpreter that has simses, it is measured as
well. Both sides run in short turns, and the median of the ratios of neighbouring turns is the figure, so that a machine
that changes its speed changes both. Our step does more: diffusion, RC pair, hysteresis in time.
"""

from __future__ import annotations

import functools
import math
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.fit import fit_runtimes
from bench.runtime import Bounds, Unit, discharge
from bench.step_peer import ScalarCell
from ironkeep.physics.cells import Cells
from ironkeep.physics.chemistry import GRID, LFP_ENERGY, LFP_POWER, Chemistry
from ironkeep.twin.plant import Plant

CELLS = 100_000
ROUNDS = 120
WARM_UP = 4
SCALAR_STEPS = 300
STEP_GOAL = 100.0
SIMSES_PYTHON = "IRONKEEP_SIMSES_PYTHON"
PLANT_STEPS = 60
PLANT_GOAL_MS = 10.0
RUNTIME_GOAL_PCT = 2.0
FIT_POWERS_W = (3.0, 7.0, 12.0)
ASKED_POWERS_W = (5.0, 9.0)
END_V = 2.5
HORIZON_S = 40_000.0
STEP_PROFILE = ((900.0, 5.0), (300.0, 12.0), (600.0, 3.0), (4000.0, 9.0))


def vector_cells() -> Cells:
    """Our side: cells of one make, spread over charge."""
    charge = np.random.default_rng(1).uniform(0.3, 0.9, CELLS)
    return Cells(LFP_POWER, np.full(CELLS, 80.0), charge, np.full(CELLS, 25.0))


def scalar_cell() -> ScalarCell:
    """The peer's side, with our tables at a half percent of charge, as fine as its own."""
    tables = (LFP_POWER.ocv_v, LFP_POWER.hysteresis_v, LFP_POWER.entropy_v_k)
    return ScalarCell(*(table[:: GRID // 200].tolist() for table in tables))


def step_seconds(peer_seconds: Callable[[int], float]) -> list[tuple[float, float]]:
    """Processor seconds of one cell-step, ours and the peer's, in turns: the peer before and after each of ours.

    Turns are short (milliseconds) so that both sides of a pair meet the same machine.
    """
    cells, pairs = vector_cells(), []
    for i in range(ROUNDS + WARM_UP):
        before = peer_seconds(SCALAR_STEPS)
        began = time.process_time()
        cells.step_power(200.0 * math.sin(i / 2.0), 25.0, 2.5, 1.0)
        ours = (time.process_time() - began) / CELLS
        pairs.append((ours, 0.5 * (before + peer_seconds(SCALAR_STEPS))))
    return pairs[WARM_UP:]


def step_row(name: str, pairs: list[tuple[float, float]]) -> dict[str, Any]:
    """A row whose ratio is the median over the pairs; its quartiles are kept beside it."""
    ratios = [theirs / ours for ours, theirs in pairs]
    ratio, quarters = statistics.median(ratios), statistics.quantiles(ratios, n=4)
    return {
        "name": name,
        "ours": 1.0 / statistics.median(ours for ours, _ in pairs),
        "peer": 1.0 / statistics.median(theirs for _, theirs in pairs),
        "ratio": ratio,
        "unit": "cell-steps/s",
        "target": f">= {STEP_GOAL:g}x",
        "met": ratio >= STEP_GOAL,
        "ratio_quartiles": [quarters[0], quarters[2]],
    }


def step_rows() -> list[dict[str, Any]]:
    """Against the published arithmetic; against simses itself too where `SIMSES_PYTHON` names its interpreter."""
    scale = f"twin: cell-steps/s at {CELLS:g} cells, against"
    rows = [step_row(f"{scale} a scalar step (simses' published arithmetic)", step_seconds(scalar_cell().seconds))]
    if python := os.environ.get(SIMSES_PYTHON):
        command = [python, str(Path(__file__).with_name("step_peer.py"))]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
            asking, answering = child.stdin, child.stdout
            assert asking
            assert answering

            def ask(count: int) -> float:
                print(count, file=asking, flush=True)
                return float(answering.readline())

            rows.append(step_row(f"{scale} simses itself", step_seconds(ask)))
    return rows


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
    errors = runtime_errors_pct()
    worst = max(abs(error) for error in errors.values())
    plant = plant_milliseconds()
    return [
        *step_rows(),
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
