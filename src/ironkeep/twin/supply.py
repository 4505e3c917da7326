"""Utility, generator and transfer switch: what stands on the site busbar.

Rules. The transfer switch calls the generator after the start delay, transfers when it accepts the source, and goes
back after the utility was good for the retransfer delay. It judges level only: a source that hunts inside its window
is good to it and may still be refused by a rectifier. Too many losses of the utility within a window inhibit
transfers until somebody resets it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from ironkeep.physics.generator import (
    FREQUENCY_RECOVERY_S,
    VOLTAGE_RECOVERY_S,
    Start,
    StartRules,
    block_load_dips,
    draw_start,
)
from ironkeep.twin.codes import AtsPosition, GeneratorState

NOMINAL_V = 230.0  # line to neutral
NOMINAL_HZ = 50.0
RATED_RPM = 1500.0
GENERATOR_RATED_W = 800_000.0
LIVE_BUSBAR_V = 100.0  # below this nothing on the busbar runs
COOL_DOWN_S = 120.0
ACCEPT_HOLD_S = 2.0
INHIBIT_LOSSES = 6
INHIBIT_WINDOW_S = 90.0
FUEL_W_PCT = 3600.0 * 60_000.0  # judgement: W s at the terminals for one percent of the day tank
FREQUENCY_SPREAD_HZ = 0.012
FREQUENCY_MEMORY_S = 60.0


@dataclass
class Source:
    """What a source offers: line to neutral V, Hz and how fast the frequency moves (Hz/s)."""

    voltage_v: float = 0.0
    frequency_hz: float = 0.0
    slew_hz_s: float = 0.0


@dataclass
class Utility:
    """The grid at the revenue meter; a scenario sets `level` (per unit)."""

    level: float = 1.0
    drift_hz: float = 0.0
    sag: float = 0.0

    def offer(self, draws: np.random.Generator, dt_s: float) -> Source:
        """The source now; frequency and voltage wander slowly."""
        keep = math.exp(-dt_s / FREQUENCY_MEMORY_S)
        spread = math.sqrt(1.0 - keep * keep)
        kick_hz, kick_v = draws.standard_normal(2)
        self.drift_hz = keep * self.drift_hz + spread * FREQUENCY_SPREAD_HZ * kick_hz
        self.sag = keep * self.sag + spread * 0.003 * kick_v
        if self.level <= 0.05:
            return Source()
        return Source(NOMINAL_V * self.level * (1.0 + self.sag), NOMINAL_HZ + self.drift_hz)


@dataclass
class Generator:
    """A standby set. `call` is the start contact; `late_s` and `hunting_hz` are scripted faults."""

    draws: np.random.Generator
    rules: StartRules = field(default_factory=StartRules)
    state: GeneratorState = GeneratorState.STOPPED
    since_s: float = 0.0
    called: bool = False
    testing: bool = False
    scripted: Start | None = None
    hunting_hz: float = 0.0
    hunting_period_s: float = 3.0
    start: Start = field(default_factory=lambda: Start(0.0, 0.0, 0))
    load_w: float = 0.0
    dip_hz: float = 0.0
    dip_v: float = 0.0
    fuel_pct: float = 92.0
    start_battery_v: float = 27.2
    coolant_c: float = 41.0
    starts: int = 31
    run_s: float = 418_000.0

    def step(self, dt_s: float, load_w: float) -> Source:
        """Advance; `load_w` is what it carries now."""
        self.since_s += dt_s
        wanted = self.called or self.testing
        if self.state == GeneratorState.STOPPED and wanted:
            self.start = self.scripted or draw_start(self.rules, self.draws)
            self._enter(GeneratorState.CRANKING)
        elif self.state in (GeneratorState.CRANKING, GeneratorState.RESTING, GeneratorState.WARMING):
            self._starting(wanted)
        elif self.state == GeneratorState.RUNNING and not wanted:
            self._enter(GeneratorState.COOLING)
        elif self.state == GeneratorState.COOLING:
            if wanted:
                self._enter(GeneratorState.RUNNING)
            elif self.since_s >= COOL_DOWN_S:
                self._enter(GeneratorState.STOPPED)
        return self._offer(dt_s, load_w)

    def _enter(self, state: GeneratorState) -> None:
        self.state, self.since_s = state, 0.0

    def _starting(self, wanted: bool) -> None:
        """`since_s` keeps counting from the call through cranking, rests and run-up."""
        t, cycle = self.since_s, self.rules.crank_s + self.rules.rest_s
        if not wanted:
            self._enter(GeneratorState.STOPPED)
        elif t >= self.start.ready_s:
            self.starts += 1
            self._enter(GeneratorState.RUNNING)
        elif t >= self.start.fires_s:
            self.state = GeneratorState.WARMING
        elif t >= self.rules.attempts * cycle and math.isinf(self.start.fires_s):
            self._enter(GeneratorState.FAILED)
        else:
            cranking = t % cycle < self.rules.crank_s
            self.state = GeneratorState.CRANKING if cranking else GeneratorState.RESTING

    @property
    def attempts(self) -> int:
        """Attempts made in the present start."""
        if self.state == GeneratorState.STOPPED:
            return 0
        if self.state in (GeneratorState.CRANKING, GeneratorState.RESTING):
            return 1 + int(self.since_s // (self.rules.crank_s + self.rules.rest_s))
        return self.start.attempts

    def _offer(self, dt_s: float, load_w: float) -> Source:
        turning = self.state in (GeneratorState.RUNNING, GeneratorState.COOLING)
        self._wear(dt_s, load_w if turning else 0.0, turning)
        if self.state == GeneratorState.WARMING:
            share = min(1.0, (self.since_s - self.start.fires_s) / self.rules.run_up_s)
            return Source(NOMINAL_V * share * share * 0.9, NOMINAL_HZ * share * 0.93)
        if not turning:
            self.dip_hz = self.dip_v = 0.0
            return Source()
        step_hz, step_v = block_load_dips(load_w - self.load_w, GENERATOR_RATED_W)
        self.load_w = load_w
        self.dip_hz = self.dip_hz * math.exp(-3.0 * dt_s / FREQUENCY_RECOVERY_S) + step_hz
        self.dip_v = self.dip_v * math.exp(-3.0 * dt_s / VOLTAGE_RECOVERY_S) + step_v
        phase = 2.0 * math.pi * self.since_s / self.hunting_period_s
        swing = self.hunting_hz * math.sin(phase)
        slew = self.hunting_hz * 2.0 * math.pi / self.hunting_period_s
        frequency = NOMINAL_HZ * (1.0 - self.dip_hz) + swing
        return Source(NOMINAL_V * (1.0 - self.dip_v), frequency, slew)

    def _wear(self, dt_s: float, load_w: float, turning: bool) -> None:
        cranking = self.state == GeneratorState.CRANKING
        target_v = 22.4 if cranking else (28.1 if turning else 27.2)
        self.start_battery_v += (target_v - self.start_battery_v) * (1.0 - math.exp(-dt_s / 4.0))
        self.coolant_c += ((82.0 if turning else 41.0) - self.coolant_c) * (1.0 - math.exp(-dt_s / 400.0))
        if turning:
            self.run_s += dt_s
            self.fuel_pct = max(0.0, self.fuel_pct - (load_w + 60_000.0) * dt_s / FUEL_W_PCT)


@dataclass
class TransferSwitch:
    """The ATS; its settings are read from the plant's setting signals every step."""

    position: AtsPosition = AtsPosition.UTILITY
    utility_ok: bool = True
    generator_ok: bool = False
    inhibited: bool = False
    bad_s: float = 0.0
    good_s: float = 0.0
    accept_s: float = 0.0
    transfers: int = 6
    losses: list[float] = field(default_factory=list)

    def step(self, now_s: float, dt_s: float, utility: Source, generator: Source, rules: dict[str, float]) -> bool:
        """Advance; returns whether the generator is called: as long as the switch stands on it, locked out or not."""
        was_ok = self.utility_ok
        self.utility_ok = utility.voltage_v >= rules["utility_voltage_min_v"]
        level = generator.voltage_v >= rules["generator_voltage_min_v"]
        level = level and generator.frequency_hz >= rules["generator_frequency_min_hz"]
        self.accept_s = self.accept_s + dt_s if level else 0.0
        self.generator_ok = self.accept_s >= ACCEPT_HOLD_S
        if self.utility_ok:
            self.bad_s, self.good_s = 0.0, self.good_s + dt_s
        else:
            self.bad_s, self.good_s = self.bad_s + dt_s, 0.0
            if was_ok:
                self._lost(now_s)
        self._move(rules)
        away = self.position == AtsPosition.GENERATOR
        return away or (not self.inhibited and self.bad_s >= rules["start_delay_s"])

    def _lost(self, now_s: float) -> None:
        self.losses = [t for t in self.losses if now_s - t <= INHIBIT_WINDOW_S] + [now_s]
        if len(self.losses) >= INHIBIT_LOSSES:
            self.inhibited = True

    def _move(self, rules: dict[str, float]) -> None:
        if self.inhibited:
            return
        if self.position == AtsPosition.UTILITY and not self.utility_ok and self.generator_ok:
            self.position = AtsPosition.GENERATOR
            self.transfers += 1
        elif self.position == AtsPosition.GENERATOR:
            back = self.good_s >= rules["retransfer_delay_s"] or not self.generator_ok
            if self.utility_ok and back:
                self.position = AtsPosition.UTILITY
                self.transfers += 1

    def remaining_s(self, rules: dict[str, float]) -> float:
        """Seconds until retransfer, 0 when none is running."""
        if self.position != AtsPosition.GENERATOR or not self.utility_ok:
            return 0.0
        return max(0.0, rules["retransfer_delay_s"] - self.good_s)


class Supply:
    """Utility, generator and switch together; `busbar` is what the site gets."""

    def __init__(self, draws: np.random.Generator) -> None:
        """Everything normal: utility on, generator stopped in auto."""
        self.draws = draws
        self.utility = Utility()
        self.generator = Generator(draws)
        self.ats = TransferSwitch()
        self.grid = Source(NOMINAL_V, NOMINAL_HZ)
        self.set = Source()
        self.busbar = self.grid

    def step(self, now_s: float, dt_s: float, load_w: float, rules: dict[str, float]) -> Source:
        """Advance; `load_w` is the busbar load of the last step."""
        self.grid = self.utility.offer(self.draws, dt_s)
        on_set = self.ats.position == AtsPosition.GENERATOR
        self.set = self.generator.step(dt_s, load_w if on_set else 0.0)
        self.generator.called = self.ats.step(now_s, dt_s, self.grid, self.set, rules)
        feeds = {AtsPosition.UTILITY: self.grid, AtsPosition.GENERATOR: self.set, AtsPosition.OPEN: Source()}
        self.busbar = feeds[self.ats.position]
        return self.busbar

    @property
    def quiet(self) -> bool:
        """True while nothing here needs steps of a second."""
        return self.utility.level == 1.0 and self.generator.state == GeneratorState.STOPPED

    def reset_faults(self) -> None:
        """Utility back, generator repaired, transfer inhibit cleared."""
        self.utility.level = 1.0
        self.generator.hunting_hz = 0.0
        self.generator.scripted = None
        self.generator.testing = False
        if self.generator.state == GeneratorState.FAILED:
            self.generator.state = GeneratorState.STOPPED
        self.ats.inhibited = False
        self.ats.losses.clear()
