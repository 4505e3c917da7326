"""The whole simulated site: one object that steps, is broken on request, and shows signals.

Rules. The plant has no clock: time is what `step` was given. Everything random comes from the seed. A step is cut into
pieces of at most a second while anything happens, of at most ten seconds while all is quiet. `truth` is what is,
`signals` what the wire says. The order within a piece: scripts, sources, converters with their batteries, relay, rooms,
meters, cards.
"""

import math
from dataclasses import dataclass

from ironkeep.model.errors import Refused
from ironkeep.twin.battery import mean
from ironkeep.twin.codes import AtsPosition, Serving, UpsMode
from ironkeep.twin.equipment import Equipment
from ironkeep.twin.events import EVENTS
from ironkeep.twin.layout import SITE, Site
from ironkeep.twin.scenarios import Scenario, load
from ironkeep.twin.settings import write_settings
from ironkeep.twin.supply import LIVE_BUSBAR_V
from ironkeep.twin.truth import counted, write_truth

STEP_BUSY_S = 1.0
STEP_QUIET_S = 10.0
IT_LOAD_W = 150_000.0
IT_SWING_W = 8_000.0
IT_PERIOD_S = 5_400.0
IT_NOISE = 0.004
IT_MEMORY_S = 40.0
HOUSE_LOAD_W = 6_000.0  # lighting, pumps, controls
SCHEDULE_W = 260_000.0
SCHEDULE_PERIOD_S = 2_400.0
SCHEDULE_TARGET = 0.55
SCHEDULE_GAIN_W = 2_000_000.0  # W for a whole charge away from the target
SCHEDULE_GRAIN_W = 1_000.0


@dataclass
class Running:
    """A scenario that was injected and how many of its steps are done."""

    scenario: Scenario
    began_s: float
    done: int = 0


class Plant(Equipment):
    """The site as it goes on in time."""

    def __init__(self, seed: int, site: Site = SITE, run: int = 0) -> None:
        """A site in its quiet state, a few seconds old. `seed` and `run` as of Equipment."""
        super().__init__(seed, site, run)
        self.running: list[Running] = []
        self.catalogue = load(site)
        self.step(3.0)

    @property
    def active(self) -> list[str]:
        """Names of the scenarios injected since the last `clear`."""
        return [run.scenario.name for run in self.running]

    def inject(self, name: str) -> Scenario:
        """Start a scenario now; its first steps act within the next `step`.

        Raises: Refused when no scenario has that name.
        """
        if name not in self.catalogue:
            known = ", ".join(self.catalogue)
            raise Refused(f"no scenario {name!r}", where="twin", remedy=f"Use one of: {known}.")
        self.running.append(Running(self.catalogue[name], self.elapsed_s))
        return self.catalogue[name]

    def clear(self) -> None:
        """End all scenarios: lies lifted, equipment repaired, settings restored. Heat and charge recover in time."""
        self.running.clear()
        self.lies.clear()
        self.cards.dark_s[:] = 0.0
        self.ask_override_w = None
        self.supply.reset_faults()
        for climate in self.climates.values():
            climate.reset_faults()
        for battery in self.batteries:
            battery.reset_faults()
        for ups in self.upses:
            ups.reset_faults()
        write_settings(self._truth, self.site)

    def step(self, dt_s: float) -> None:
        """Advance by `dt_s` > 0 seconds, then refresh `truth` and `signals`.

        Raises: Refused for a step that is not a positive number of at most a day.
        """
        if not 0.0 < dt_s <= 86_400.0:
            raise Refused(f"step of {dt_s} s", where="twin", remedy="Give more than 0 and at most 86400 s.")
        left = dt_s
        while left > 1e-9:
            self._fire()
            piece = min(left, STEP_QUIET_S if self._quiet else STEP_BUSY_S)
            self._advance(piece)
            self.elapsed_s += piece
            left -= piece
        write_truth(self, self._truth)
        truth, measured, served = self._blocks
        self.sensors.measure(*self.lies.staged(truth, counted(self)), measured)
        self.lies.publish(measured, served, self.elapsed_s)

    @property
    def _quiet(self) -> bool:
        return not self.running and self.supply.quiet and all(u.mode == UpsMode.ONLINE for u in self.upses)

    def _fire(self) -> None:
        for run in self.running:
            steps = run.scenario.steps
            while run.done < len(steps) and run.began_s + steps[run.done].at_s <= self.elapsed_s + 1e-9:
                step = steps[run.done]
                EVENTS[step.verb](self, step.args)
                run.done += 1

    def _advance(self, dt_s: float) -> None:
        for row, battery in enumerate(self.batteries):
            battery.limits = self._trip_limits(row)
        busbar = self.supply.step(self.elapsed_s, dt_s, self.busbar_w, self.rules("ats"))
        self._feed_load(dt_s)
        pcs_rules = self.rules("pcs") | {"enter_delay_s": float(self._truth["pcs.enter_service"][0, 4])}
        room_c = self.room_of(self.inverter.battery).temperature_c
        self.inverter.ask_w = self._ask()
        self.inverter.step(dt_s, self.supply.grid, self.relay.breaker, pcs_rules, room_c)
        current_a = abs(self.inverter.power_w) / 3.0 / max(self.supply.grid.voltage_v, 1.0)
        self.relay.step(dt_s, self.supply.grid, current_a, self.rules("relay"))
        self._air(dt_s, busbar.voltage_v > LIVE_BUSBAR_V)
        self._meter(dt_s, busbar.voltage_v > LIVE_BUSBAR_V)
        for row in self.cards.step(dt_s):
            self.lies.serving[self.site.devices[row].id] = Serving.ANSWER

    def _trip_limits(self, row: int) -> dict[str, float]:
        t = self._truth
        names = ("cell_over_v", "cell_under_v", "over_c", "under_c", "charge_a", "discharge_a", "insulation_ohm")
        limits = {name: float(t[f"bank.trip_{name}"][row]) for name in names}
        return limits | {"reclose_v": float(t["bank.reclose_difference_v"][row])}

    def _feed_load(self, dt_s: float) -> None:
        """Share the critical load between the live UPS outputs; a dark one leaves it to the other."""
        keep = math.exp(-dt_s / IT_MEMORY_S)
        kick = self.draws.standard_normal()
        self.load_noise = keep * self.load_noise + math.sqrt(1.0 - keep * keep) * IT_NOISE * kick
        swing = IT_SWING_W * math.sin(2.0 * math.pi * self.elapsed_s / IT_PERIOD_S)
        wanted = (IT_LOAD_W + swing) * (1.0 + self.load_noise)
        for row, ups in enumerate(self.upses):
            ups.rules = self.rules("ups", row)
            ups.judge(self.elapsed_s, dt_s, self.supply.busbar)
        live = [ups for ups in self.upses if ups.live]
        for ups in self.upses:
            share = wanted / len(live) if ups in live else 0.0
            ups.carry(share, self.room_of(ups.battery).temperature_c, dt_s)

    def _ask(self) -> float:
        """Set-point of the container's controller: a slow swing about its target charge."""
        if self.ask_override_w is not None:
            return self.ask_override_w
        swing = SCHEDULE_W * math.sin(2.0 * math.pi * self.elapsed_s / SCHEDULE_PERIOD_S)
        away = mean(self.inverter.battery.cells.charge) - SCHEDULE_TARGET
        asked = swing + max(-SCHEDULE_W, min(SCHEDULE_W, SCHEDULE_GAIN_W * away))
        return round(asked / SCHEDULE_GRAIN_W) * SCHEDULE_GRAIN_W

    def _air(self, dt_s: float, supplied: bool) -> None:
        for battery in self.batteries:
            climate = self.room_of(battery)
            converter = next((u.loss_w for u in self.upses if u.battery is battery), 0.4 * self.inverter.loss_w)
            heat = battery.heat_to_room_w(climate.temperature_c) + converter
            climate.step(dt_s, heat, supplied)
        self.hall.step(dt_s, sum(u.output_w for u in self.upses), supplied)

    def _meter(self, dt_s: float, supplied: bool) -> None:
        cooling = sum(c.power_w for c in self.climates.values()) + self.hall.power_w
        house = HOUSE_LOAD_W if supplied else 0.0
        self.busbar_w = sum(u.input_w for u in self.upses) + cooling + house
        on_utility = self.supply.ats.position == AtsPosition.UTILITY and self.supply.grid.voltage_v > LIVE_BUSBAR_V
        self.import_w = (self.busbar_w if on_utility else 0.0) - self.inverter.power_w
        hours = dt_s / 3600.0
        for row, power in enumerate((self.import_w, self.inverter.power_w)):
            self.meter_wh[row, 0 if power > 0.0 else 1] += abs(power) * hours
        for row, ups in enumerate(self.upses):
            power = ups.battery.bus_v * float(ups.battery.currents_a.sum())
            self.dc_wh[row, 0 if power > 0.0 else 1] += abs(power) * hours
