"""Everything that a recording of one battery tells, as numbers with their conditions, and what it cannot tell.

Rules. Each question names the signals that it needs; where one is missing, or its sign or unit is not known, the
question is answered with what is missing. Current and power whose sign nobody knows are used only to find the sign.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ironkeep.model.analysis import (
    Asked,
    Balance,
    Battery,
    Coverage,
    Curve,
    Efficiency,
    Energy,
    Frozen,
    Gap,
    Impossible,
    Presence,
    Product,
    Rest,
    RestCurve,
    Sign,
    Through,
)
from ironkeep.model.check import Bound
from ironkeep.model.recording import Bank, Track
from ironkeep.physics import balance, doubt, rest, series, switches
from ironkeep.physics.series import Floats, Rows

CURVE_BUCKETS = 320
STEPS_A_BUCKET = 1.5
GAPS_TOLD = 20
FROZEN_TOLD = 20
RESTS_TOLD = 400
AGREE_SHARE = 0.02  # of power within which volts times amperes agree
HOUR_S = 3600.0
DIRECTED = ("current_a", "power_w")
TEMPERATURES = ("cell_temperature_avg_c", "temperature_c", "cell_temperature_max_c")
PICTURED = ("soc_pct", "power_w", "current_a", "voltage_v", "cell_temperature_max_c", "temperature_c")


@dataclass
class _Signals:
    """One track with what several questions share."""

    track: Track
    t_s: Floats
    cadence_s: float
    gap_s: float
    bounds: tuple[Bound, ...]

    def __post_init__(self) -> None:
        self._kept: dict[str, Floats | None] = {}
        self._run: dict[str, tuple[Floats, Floats, float]] = {}

    def get(self, point: str) -> Floats | None:
        """A point without what cannot be, bridged between near neighbours; None where there is none of it."""
        if point not in self._kept:
            x = self.track.values.get(point)
            if x is not None:
                x = series.filled(self.t_s, doubt.credible(point, self.t_s, x, self.bounds, self.gap_s), self.gap_s)
            self._kept[point] = None if x is None or not np.isfinite(x).any() else x
        return self._kept[point]

    def signed(self, point: str) -> Floats | None:
        """A current or power whose sign is known."""
        return None if point in self.track.unsigned else self.get(point)

    def running(self, point: str) -> tuple[Floats, Floats, float]:
        """The running integrals of a point, out and in, in its unit times hours; and the seconds that they cover."""
        if point not in self._run:
            x = self.get(point)
            assert x is not None
            self._run[point] = series.running(self.t_s, x / HOUR_S, self.gap_s)
        return self._run[point]

    def at(self, row: int) -> int:
        """The time of a row."""
        return int(self.track.at_us[row])


@dataclass
class _Counted:
    """Running energy and charge, out and in."""

    energy: tuple[Floats, Floats] | None = None
    variance: Floats | None = None
    source: str = ""
    judged_s: float = 0.0
    charge: tuple[Floats, Floats] | None = None
    charge_variance: Floats | None = None

    @property
    def net_ah(self) -> Floats | None:
        """Running discharge less charge."""
        return None if self.charge is None else self.charge[0] - self.charge[1]


def battery(track: Track, bank: Bank, bounds: tuple[Bound, ...]) -> Battery:
    """Everything about one track. `bounds` says what physics allows."""
    seen = _signals(track, bounds)
    asked: list[Asked] = []
    counted = _count(seen)
    soc = seen.get("soc_pct")
    step = series.resolution(soc) if soc is not None else 0.0
    signs = tuple(_sign(seen, point) for point in DIRECTED if seen.get(point) is not None)
    capacity, leaps, found = _capacity(seen, counted, soc, step, asked)
    frozen = _frozen(seen, counted, capacity)
    energy = _energy(counted, asked, seen)
    efficiency = _efficiency(seen, counted, soc, step, leaps, asked)
    asked_signs, product = _asked_signs(signs, seen, asked), _product(seen, asked)
    rests, curve = _rests(seen, bank, soc, step, asked)
    through = _switched(seen, asked)
    return Battery(
        asset=track.asset,
        coverage=_coverage(seen),
        energy=energy,
        efficiency=efficiency,
        balance=found,
        signs=asked_signs,
        product=product,
        frozen=tuple(sorted(frozen, key=lambda each: each.first_us - each.last_us)[:FROZEN_TOLD]),
        frozen_s=sum(each.last_us - each.first_us for each in frozen) / 1e6,
        impossible=tuple(_impossible(seen, bounds)),
        rests=rests,
        rest_curve=curve,
        states=switches.states(track),
        through=through,
        asked=tuple(asked),
        curves=tuple(_curve(seen, point) for point in PICTURED if seen.get(point) is not None),
        declared_ah=bank.capacity_ah,
    )


def directions(track: Track, bounds: tuple[Bound, ...]) -> tuple[tuple[Sign, ...], Product | None]:
    """What charge and voltage say of the direction of current and power, and power against volts times amperes."""
    seen = _signals(track, bounds)
    return tuple(_sign(seen, point) for point in DIRECTED if seen.get(point) is not None), _product(seen, [])


def _signals(track: Track, bounds: tuple[Bound, ...]) -> _Signals:
    t_s = (track.at_us - track.at_us[0]) / 1e6
    return _Signals(track, t_s, *series.gap_limit_s(t_s), bounds)


def _coverage(seen: _Signals) -> Coverage:
    t_s, at_us = seen.t_s, seen.track.at_us
    steps = np.diff(t_s)
    wide = np.flatnonzero(steps > seen.gap_s)
    missing_s = float((steps[wide] - seen.cadence_s).sum())
    span_s = float(t_s[-1]) + seen.cadence_s
    longest = wide[np.argsort(-steps[wide], kind="stable")][:GAPS_TOLD]
    points = []
    for name, x in seen.track.values.items():
        known = np.isfinite(x)
        low, high = (float(x[known].min()), float(x[known].max())) if known.any() else (float("nan"), float("nan"))
        points.append(Presence(name, float(known.mean()), low, high))
    return Coverage(
        first_us=int(at_us[0]),
        last_us=int(at_us[-1]),
        rows=int(at_us.size),
        cadence_s=seen.cadence_s,
        gap_s=seen.gap_s,
        share=1.0 - missing_s / span_s if span_s > 0 else 1.0,
        gaps=int(wide.size),
        gaps_s=missing_s,
        longest=tuple(Gap(seen.at(row), seen.at(row + 1)) for row in longest),
        points=tuple(points),
    )


def _count(seen: _Signals) -> _Counted:
    """Energy from power where its sign is known, else from volts times amperes; charge from amperes."""
    found = _Counted()
    power, current, voltage = seen.signed("power_w"), seen.signed("current_a"), seen.get("voltage_v")
    if power is not None:
        found.source = "power"
    elif current is not None and voltage is not None:
        power, found.source = voltage * current, "voltage times current"
    if power is not None:
        if found.source == "power":
            out, into, found.judged_s = seen.running("power_w")
        else:
            out, into, found.judged_s = series.running(seen.t_s, power / HOUR_S, seen.gap_s)
        found.energy = (out, into)
        found.variance = series.unseen(seen.t_s, power / HOUR_S, seen.gap_s)
    if current is not None:
        found.charge = seen.running("current_a")[:2]
        found.charge_variance = series.unseen(seen.t_s, current / HOUR_S, seen.gap_s)
    return found


def _energy(counted: _Counted, asked: list[Asked], seen: _Signals) -> Energy | None:
    if counted.energy is None:
        asked.append(Asked("Energy in and out", _missing_power(seen)))
        return None
    out, into = counted.energy
    charge = counted.charge
    return Energy(
        source=counted.source,
        out_wh=float(out[-1]),
        in_wh=float(into[-1]),
        out_ah=float(charge[0][-1]) if charge else None,
        in_ah=float(charge[1][-1]) if charge else None,
        judged_s=counted.judged_s,
    )


def _missing_power(seen: _Signals) -> str:
    if seen.get("power_w") is not None or (seen.get("current_a") is not None and seen.get("voltage_v") is not None):
        return "the sign: nobody says whether positive is discharge or charge (key positive of the mapping)"
    return "power, or voltage and current, with their units"


def _efficiency(
    seen: _Signals, counted: _Counted, soc: Floats | None, step: float, leaps: Rows, asked: list[Asked]
) -> Efficiency | None:
    question = "Round-trip efficiency"
    if counted.energy is None or counted.variance is None or soc is None:
        missing = _missing_power(seen) if counted.energy is None else "the state of charge, to compare equal charges"
        asked.append(Asked(question, missing))
        return None
    found = balance.cycle(seen.t_s, soc, counted.energy, counted.variance, counted.charge, seen.gap_s, step, leaps)
    if found is None:
        least = f"{balance.SWING_MIN_PCT:.0f} %"
        asked.append(Asked(question, f"a stretch without gaps in which the charge comes back after moving {least}"))
        return None
    return Efficiency(
        share=found.share,
        error=found.error,
        charge_share=found.charge_share,
        windows=found.windows,
        first_us=seen.at(found.first),
        last_us=seen.at(found.last),
        swing_pct=found.swing_pct,
        rest_pct=found.rest_pct,
        source=counted.source,
    )


def _capacity(
    seen: _Signals, counted: _Counted, soc: Floats | None, step: float, asked: list[Asked]
) -> tuple[float, Rows, Balance | None]:
    """The capacity (0 where unknown), the rows of jumps, and the balance of counted against reported charge; a jump is
    left out and told.
    """
    question = "Charge counted against charge reported"
    net = counted.net_ah
    if net is None or soc is None:
        missing = "the state of charge" if soc is None else "the current, with unit and sign"
        asked.append(Asked(question, missing))
        return 0.0, np.zeros(0, np.int64), None
    none = np.zeros(0, np.int64)
    found = balance.capacity(balance.legs(seen.t_s, soc, net, seen.gap_s, none, counted.charge_variance), step)
    leaps = none
    if found is not None and found.ah > 0:
        leaps = balance.jumps(seen.t_s, soc, net, found.ah, seen.gap_s, step)
        if leaps.size:
            found = (
                balance.capacity(balance.legs(seen.t_s, soc, net, seen.gap_s, leaps, counted.charge_variance), step)
                or found
            )
    if found is None or found.ah <= 0:
        why = f"moves of the charge of {balance.SWING_MIN_PCT:.0f} % altogether"
        asked.append(Asked(question, why if found is None else "a current whose direction agrees with the charge"))
        return 0.0, none, None
    worst, first = _worst_jump(seen, soc, net, found.ah, leaps)
    stray = balance.unexplained_pct(seen.t_s, soc, net, found, seen.gap_s, leaps)
    return (
        found.ah,
        leaps,
        Balance(
            capacity_ah=found.ah,
            error_ah=found.error_ah,
            offset_a=found.offset_a,
            offset_error_a=found.offset_error_a,
            legs=found.legs,
            swing_pct=found.swing_pct,
            residual_pct=stray,
            jumps=int(leaps.size),
            first_jump_us=first,
            worst_jump_pct=worst,
        ),
    )


def _worst_jump(seen: _Signals, soc: Floats, net: Floats, ah: float, leaps: Rows) -> tuple[float, int]:
    if not leaps.size:
        return 0.0, 0
    rows = leaps
    moved = soc[rows] - soc[rows - 1] + 100.0 * (net[rows] - net[rows - 1]) / ah
    return float(moved[np.argmax(np.abs(moved))]), seen.at(int(rows[0]))


def _sign(seen: _Signals, point: str) -> Sign:
    """What the charge and the voltage say of the direction of a current or power, whether it is known or not."""
    x = seen.get(point)
    assert x is not None
    soc, voltage = seen.get("soc_pct"), seen.get("voltage_v")
    by_charge, legs, against = 0, 0, 0
    if soc is not None:
        out, into, _ = seen.running(point)
        found = balance.legs(seen.t_s, soc, out - into, seen.gap_s, np.zeros(0, np.int64))
        by_charge, legs, against = balance.sign_by_charge(found)
    ohm, steps, share = (0.0, 0, 0.0)
    if voltage is not None and point == "current_a":
        ohm, steps, share = balance.resistance(seen.t_s, voltage, x, seen.gap_s)
    by_voltage = int(np.sign(ohm)) if share >= 0.8 and steps >= balance.STEPS_MIN else 0
    return Sign(point, by_charge, legs, against, by_voltage, ohm, steps)


def _asked_signs(signs: tuple[Sign, ...], seen: _Signals, asked: list[Asked]) -> tuple[Sign, ...]:
    if not signs:
        asked.append(Asked("Direction of the current", "current or power, with unit"))
    elif not any(sign.by_charge or sign.by_voltage for sign in signs):
        lack = "the state of charge" if seen.get("soc_pct") is None else "moves of the charge, or steps of the current"
        asked.append(Asked("Direction of the current", lack))
    return signs


def _product(seen: _Signals, asked: list[Asked]) -> Product | None:
    power, current, voltage = seen.get("power_w"), seen.get("current_a"), seen.get("voltage_v")
    if power is None or current is None or voltage is None:
        asked.append(Asked("Power against volts times amperes", "power, voltage and current together"))
        return None
    made = voltage * current
    good = np.isfinite(made) & np.isfinite(power)
    size = np.abs(made[good])
    if not size.size or not (size > 0).any():
        return None
    large = size >= 0.2 * float(np.quantile(size, 0.99))
    ratios = power[good][large] / made[good][large]
    factor = float(np.median(ratios))
    tolerance = AGREE_SHARE * max(abs(factor), 1e-12)
    return Product(factor, float((np.abs(ratios - factor) <= tolerance).mean()), int(large.sum()))


def _frozen(seen: _Signals, counted: _Counted, capacity_ah: float) -> list[Frozen]:
    found: list[Frozen] = []
    mates = (
        ("voltage_v", "current_a"),
        ("current_a", "power_w"),
        ("power_w", "current_a"),
        ("cell_voltage_max_v", "current_a"),
        ("cell_voltage_min_v", "current_a"),
    )
    for point, other in mates:
        x, y = seen.track.values.get(point), seen.get(other)
        if x is None or y is None:
            continue
        factor = doubt.coupling(x, y)
        hit = doubt.stuck(seen.t_s, x, y, factor, seen.gap_s)
        found += doubt.frozen(point, other, x, seen.track.at_us, hit)
    soc, net = seen.track.values.get("soc_pct"), counted.net_ah
    if soc is not None and net is not None and capacity_ah > 0:
        first, last = series.still(soc, seen.t_s, seen.gap_s)
        moved = series.ranges(net, first, last)
        due = 100.0 * moved / capacity_ah
        enough = due > balance.JUMP_MIN_PCT + 2.0 * series.resolution(soc)
        stood = doubt.Still(first[enough], last[enough], moved[enough], due[enough])
        found += doubt.frozen("soc_pct", "charge", soc, seen.track.at_us, stood)
    return found


def _in_the_way(seen: _Signals) -> list[str]:
    """The switches that the current of the battery passes."""
    return [point for point in seen.track.states if point in switches.IN_THE_WAY]


def _switched(seen: _Signals, asked: list[Asked]) -> tuple[Through, ...]:
    """What flows although a switch in its way reads open; and which states are held against nothing."""
    flow = next((point for point in DIRECTED if seen.get(point) is not None), "")
    in_the_way = _in_the_way(seen)
    if not flow or not in_the_way:
        missing = [*([] if in_the_way else ["the state of a contactor or breaker"]), *([] if flow else ["the current"])]
        asked.append(Asked("Contactor against current", "; ".join(missing)))
    if others := [
        point.removesuffix("_state").replace("_", " ") for point in seen.track.states if point not in in_the_way
    ]:
        asked.append(Asked(f"The state of {', '.join(others)}", "a rule that says what moves with it"))
    found = []
    for switch in in_the_way if flow else ():
        state, x = seen.track.values[switch], seen.get(flow)
        assert x is not None
        found += switches.through(switch, flow, state, x, seen.t_s, seen.track.at_us, seen.gap_s)
    return tuple(found)


def _impossible(seen: _Signals, bounds: tuple[Bound, ...]) -> list[Impossible]:
    found = []
    for point, x in seen.track.values.items():
        if point in seen.track.states:
            continue
        found += doubt.impossible(point, seen.t_s, x, seen.track.at_us, bounds, seen.gap_s)
    return found


def _rests(
    seen: _Signals, bank: Bank, soc: Floats | None, step: float, asked: list[Asked]
) -> tuple[tuple[Rest, ...], RestCurve | None]:
    question = "Rest voltage against state of charge"
    current = seen.get("current_a") if seen.get("current_a") is not None else seen.get("power_w")
    cell = seen.get("cell_voltage_avg_v")
    voltage = seen.get("voltage_v")
    if cell is None and voltage is not None and bank.cells_in_series:
        cell = voltage / bank.cells_in_series
    curve = rest.CURVES.get(bank.chemistry.casefold())
    missing = [
        *([] if soc is not None else ["the state of charge"]),
        *([] if current is not None else ["the current"]),
        *([] if curve is not None else [_no_curve(bank.chemistry)]),
        *([] if cell is not None else ["the number of cells in series, or the mean cell voltage"]),
    ]
    if missing or soc is None or current is None or cell is None or curve is None:
        asked.append(Asked(question, "; ".join(missing)))
        return (), None
    warm = next((seen.get(point) for point in TEMPERATURES if seen.get(point) is not None), None)
    first, last = rest.rests(seen.t_s, current, seen.gap_s, curve.settles_s)
    found, held = [], 0
    for a, b in zip(first.tolist(), last.tolist(), strict=True):
        volts = float(cell[b])
        if not np.isfinite(volts) or not np.isfinite(soc[b]):
            continue
        if volts > curve.resting_max_v:
            held += 1
            continue
        here_c = float(warm[b]) if warm is not None and np.isfinite(warm[b]) else None
        low, high = rest.charge_band(volts, curve, here_c)
        lasted = float(seen.t_s[b] - seen.t_s[a])
        low, high, speaks = max(low - step, 0.0), min(high + step, 100.0), high - low <= curve.speaks_pct
        found.append(Rest(seen.at(b), lasted, volts, float(soc[b]), low, high, speaks))
    if not found:
        long = (
            f"{curve.settles_s / 60:.0f} minutes"
            if curve.settles_s < 2 * HOUR_S
            else f"{curve.settles_s / HOUR_S:.0f} h"
        )
        charger = f"; in {held} stretches without current a charger held the voltage up" if held else ""
        asked.append(Asked(question, f"a rest of {long} without current{charger}"))
    told = RestCurve(curve.name, curve.source, curve.settles_s, curve.flat, warm is not None)
    return tuple(found[:RESTS_TOLD]), told


def _no_curve(chemistry: str) -> str:
    there = ", ".join(rest.CURVES)
    return f"an open-circuit curve of {chemistry} (there are {there})" if chemistry else "the chemistry of the cells"


def _curve(seen: _Signals, point: str) -> Curve:
    steps = np.diff(seen.t_s)
    wide = float(seen.t_s[-1] - seen.t_s[0]) / float(np.median(steps)) / STEPS_A_BUCKET if steps.size else 1.0
    count = max(1, min(CURVE_BUCKETS, int(wide)))  # no more than there are rows: an empty bucket is drawn as a gap
    low, high = series.buckets(seen.t_s, seen.track.values[point], count)
    shown = [tuple(None if np.isnan(each) else float(each) for each in side) for side in (low, high)]
    return Curve(point, seen.at(0), seen.at(seen.track.at_us.size - 1), shown[0], shown[1])
