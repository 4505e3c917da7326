"""What the numbers of a recording mean, in plain words, worst first.

Rules. A remark says what was seen, when, and under which condition it holds. What was not judged is said with what is
missing; silence is never good news. A limit here decides only how loudly something is said, never whether.
"""

from collections.abc import Iterable, Iterator

from ironkeep.model.analysis import (
    Analysis,
    Asked,
    Balance,
    Battery,
    Efficiency,
    Gap,
    Impossible,
    Rank,
    Remark,
    Rest,
    Sign,
)
from ironkeep.model.time import SECOND_US, rfc3339

COVERED_MIN_SHARE = 0.99
WHOLE_FROM = 9_999.5  # where four digits end
GAP_LOOK_S = 3_600.0
PRESENT_MIN_SHARE = 0.95
EFFICIENCY_LOOK_SHARE = 0.80  # AC to AC in the field: 83.5 to 87.6 % (domain/telemetry.md section 4)
CHARGE_CLOSES = (0.97, 1.01)  # charge out over charge in between equal charges
CAPACITY_LOOK_SHARE = 0.05  # away from what is declared
DRIFT_LOOK_PCT = 2.0  # of the capacity a day that an offset counts wrongly
STRAY_LOOK_PCT = 5.0
REST_WRONG_PCT = 10.0  # beyond what the voltage allows
PRODUCT_MIN_SHARE = 0.9
SPANS_TOLD = 12
_RANKS = (Rank.WRONG, Rank.LOOK, Rank.FINE, Rank.OPEN)

POINTS = {
    "voltage_v": "voltage",
    "current_a": "current",
    "power_w": "power",
    "soc_pct": "reported charge",
    "soh_pct": "state of health",
    "temperature_c": "temperature",
    "cell_temperature_max_c": "hottest cell",
    "cell_temperature_min_c": "coldest cell",
    "cell_temperature_avg_c": "mean cell temperature",
    "cell_voltage_max_v": "highest cell voltage",
    "cell_voltage_min_v": "lowest cell voltage",
    "cell_voltage_avg_v": "mean cell voltage",
    "insulation_ohm": "insulation",
    "charge": "counted charge",
}
UNITS = {
    "v": "V",
    "a": "A",
    "w": "W",
    "wh": "Wh",
    "c": "°C",
    "pct": "%",
    "hz": "Hz",
    "ohm": "ohm",
    "ah": "Ah",
    "charge": "Ah",
}


def remarks(analysis: Analysis) -> tuple[Remark, ...]:
    """Everything there is to say, worst first, of equal rank in the order of the batteries."""
    known = analysis.intake.zone_known
    found = [remark for battery in analysis.batteries for remark in _of_battery(battery, analysis.guessed, known)]
    return tuple(sorted(found, key=lambda remark: _RANKS.index(remark.rank)))


def headline(found: tuple[Remark, ...]) -> str:
    """The whole in one sentence; `found` is in its order, worst first."""
    loud = [remark for remark in found if remark.rank in (Rank.WRONG, Rank.LOOK)]
    if not loud:
        return "Nothing in this recording contradicts itself, as far as it could be judged."
    worst = f"{loud[0].title[:1].lower()}{loud[0].title[1:]}"
    wrong = sum(remark.rank is Rank.WRONG for remark in loud)
    if wrong:
        what = "One thing cannot be true as recorded" if wrong == 1 else f"{wrong} things cannot be true as recorded"
        return f"{what}{': ' if wrong == 1 else '; first of all, '}{worst}."
    what = "One thing wants a look" if len(loud) == 1 else f"Nothing is impossible; {len(loud)} things want a look"
    return f"{what}{': ' if len(loud) == 1 else ', first of all: '}{worst}."


def when(at_us: int, zone_known: bool) -> str:
    """A time to the minute, in UTC or as written."""
    text = rfc3339(at_us, digits=0).replace("T", " ")[:16]
    return f"{text} UTC" if zone_known else text


def span(gap: Gap, zone_known: bool) -> str:
    """From when to when, the day once where it is the same."""
    first, last = when(gap.first_us, zone_known), when(gap.last_us, zone_known)
    return f"{first[:16]} to {last[11:] if first[:10] == last[:10] else last}"


def lasting(seconds: float) -> str:
    """A duration for people."""
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.1f} days"


def name(point: str) -> str:
    """What people call a point."""
    return POINTS.get(point, point.rpartition("_")[0].replace("_", " "))


def unit(point: str) -> str:
    """The unit of a point."""
    return UNITS.get(point.rpartition("_")[2], "")


def amount(value: float, point: str) -> str:
    """A value with its unit, to four digits; whole from 10,000 on."""
    return f"{value:,.0f} {unit(point)}".strip() if abs(value) >= WHOLE_FROM else f"{value:.4g} {unit(point)}".strip()


def energy(wh: float) -> str:
    """An energy in Wh, kWh or MWh."""
    for size, word in ((1e6, "MWh"), (1e3, "kWh")):
        if abs(wh) >= size:
            return f"{wh / size:.4g} {word}"
    return f"{wh:.3g} Wh"


def _of_battery(battery: Battery, guessed: bool, known: bool) -> Iterator[Remark]:
    yield from _signs(battery, guessed)
    yield from _product(battery)
    yield from (_impossible(battery.asset, each, known) for each in battery.impossible)
    yield from _frozen(battery, known)
    yield from _through(battery, known)
    yield from _rests(battery, known)
    if battery.balance is not None:
        yield from _balance(battery, battery.balance, known)
    if battery.efficiency is not None:
        yield _efficiency(battery.asset, battery.efficiency, known)
    yield from _states(battery)
    yield from _coverage(battery, known)
    yield from (_asked(battery.asset, each) for each in battery.asked)


def _asked(asset: str, asked: Asked) -> Remark:
    return Remark(Rank.OPEN, asset, asked.question, f"Not judged for want of {asked.missing}.")


def _signs(battery: Battery, guessed: bool) -> Iterator[Remark]:
    for sign in battery.signs:
        what = name(sign.point)
        seen = _sign_words(sign)
        if not sign.by_charge and not sign.by_voltage:
            continue
        votes = {vote for vote in (sign.by_charge, sign.by_voltage) if vote}
        if votes == {1}:
            guess = "The sign was guessed from this recording: it is consistent, not proven." if guessed else ""
            title = f"The sign of the {what} agrees with the battery"
            yield Remark(Rank.FINE, battery.asset, title, seen, guess, (sign.point, "soc_pct"))
        elif votes == {-1}:
            words = f"{seen} As read, discharge and charge are the wrong way round; energy and efficiency with them."
            mend = 'Set positive = "charge" in the mapping, then confirm it with a meter.'
            title = f"The sign of the {what} contradicts the battery"
            yield Remark(Rank.WRONG, battery.asset, title, words, mend, (sign.point, "soc_pct"))
        else:
            title = f"Charge and voltage disagree about the sign of the {what}"
            yield Remark(Rank.LOOK, battery.asset, title, seen, "One of the three is not what it says.", (sign.point,))


def _sign_words(sign: Sign) -> str:
    parts = []
    if sign.by_charge:
        way = "falls" if sign.by_charge > 0 else "rises"
        parts.append(
            f"the reported charge {way} while it is positive, in {sign.legs} of {sign.legs + sign.against} moves"
        )
    if sign.by_voltage:
        way = "falls" if sign.by_voltage > 0 else "rises"
        parts.append(f"the voltage {way} when it steps up ({sign.steps} steps, {abs(sign.ohm) * 1e3:.3g} milliohm)")
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "."


def _product(battery: Battery) -> Iterator[Remark]:
    found = battery.product
    if found is None:
        return
    points = ("power_w", "current_a", "voltage_v")
    rows = f"In {found.share:.0%} of {found.rows:,} rows with current"
    say = f"{rows}, power is {found.factor:.4g} times volts times amperes."
    if abs(found.factor - 1.0) <= 0.05 and found.share >= PRODUCT_MIN_SHARE:
        yield Remark(Rank.FINE, battery.asset, "Power is volts times amperes", say, "", points)
    elif abs(found.factor + 1.0) <= 0.05:
        title = "Power and current count opposite directions"
        yield Remark(Rank.WRONG, battery.asset, title, say, "One of the two signs in the mapping is wrong.", points)
    elif found.share >= PRODUCT_MIN_SHARE:
        title = "Power is not volts times amperes"
        yield Remark(Rank.WRONG, battery.asset, title, say, "A constant factor: a unit or a side (AC, DC).", points)
    else:
        title = "Power agrees only now and then with volts times amperes"
        yield Remark(Rank.LOOK, battery.asset, title, say, "Read at different moments, or not of one battery.", points)


def _impossible(asset: str, found: Impossible, known: bool) -> Remark:
    what, first = name(found.point), when(found.first_us, known)
    worst, limit = amount(found.worst, found.point), amount(found.limit, found.point)
    times = "once" if found.count == 1 else f"in {found.count:,} rows"
    spans = (Gap(found.first_us, found.first_us),)
    if found.kind == "range":
        words = f"{times[:1].upper()}{times[1:]}, first at {first}: {worst}, where the limit is {limit}."
        return Remark(Rank.WRONG, asset, f"Impossible {what}", words, "", (found.point,), spans)
    if found.kind == "rate":
        begun = f"{times[:1].upper()}{times[1:]}, first at {first}"
        words = f"{begun}: up to {worst} a second; physics allows {limit} a second."
        return Remark(Rank.WRONG, asset, f"The {what} moves faster than it can", words, "", (found.point,), spans)
    words = f"A single row far from both neighbours, {times}, first at {first}; the farthest is {worst}."
    condition = "An error that was logged as a value looks like this."
    return Remark(Rank.LOOK, asset, f"Lone values of the {what}", words, condition, (found.point,), spans)


def _frozen(battery: Battery, known: bool) -> Iterator[Remark]:
    by_point: dict[str, list[Gap]] = {}
    for each in battery.frozen:
        by_point.setdefault(each.point, []).append(Gap(each.first_us, each.last_us))
    for point, gaps in by_point.items():
        worst = next(each for each in battery.frozen if each.point == point)
        lasted = lasting((worst.last_us - worst.first_us) / SECOND_US)
        moved = f"{name(worst.other)} moved by {amount(worst.moved, worst.other)}"
        times = "Once" if len(gaps) == 1 else f"{len(gaps)} times; the longest"
        where = span(Gap(worst.first_us, worst.last_us), known)
        due = f"It was due to move by about {worst.expected:.2g} {unit(point)}."
        words = f"{times} {where} ({lasted}): {amount(worst.value, point)} all along, while the {moved}. {due}"
        title = f"The {name(point)} stood still while the battery worked"
        yield Remark(Rank.WRONG, battery.asset, title, words, "", (point, worst.other), tuple(gaps[:SPANS_TOLD]))


def _through(battery: Battery, known: bool) -> Iterator[Remark]:
    """What flows through a switch that reads open, one remark a switch."""
    for state in battery.states:
        mine = [each for each in battery.through if each.switch == state.point]
        switch = name(state.point)
        if mine:
            longest = mine[0]
            times = "Once" if len(mine) == 1 else f"{len(mine)} times; the longest"
            where = span(Gap(longest.first_us, longest.last_us), known)
            flow = f"{name(longest.point)} of up to {amount(longest.worst, longest.point)}"
            words = f"{times} {where}: {flow} while the {switch} reads {state.off!r}."
            if any(each.still for each in mine):
                words += f" It keeps one value while the {switch} moves, as a frozen {name(longest.point)} does."
            condition = "One of the two is wrong, or off and on stand the wrong way round in the mapping."
            spans = tuple(Gap(each.first_us, each.last_us) for each in mine[:SPANS_TOLD])
            title = f"Current flows through an open {switch}"
            yield Remark(Rank.WRONG, battery.asset, title, words, condition, (longest.point,), spans)


def _states(battery: Battery) -> Iterator[Remark]:
    """What the columns of two positions hold."""
    told = []
    for each in battery.states:
        changes = "never changes" if not each.changes else f"{each.changes:,} change{'s' if each.changes > 1 else ''}"
        told.append(f"{name(each.point)} {each.on!r} in {each.share_on:.1%} of rows, {changes}")
    if told:
        condition = "As recorded: what a device says of a contactor is no isolation."
        yield Remark(Rank.FINE, battery.asset, "States", f"{'; '.join(told)}.", condition)


def _rests(battery: Battery, known: bool) -> Iterator[Remark]:
    if not battery.rests:
        return
    off = sorted((each for each in battery.rests if _beyond(each) > 0), key=lambda each: -_beyond(each))
    telling = sum(each.speaks for each in battery.rests)
    curve = battery.rest_curve
    assert curve is not None
    warm = "widened by the temperature at each rest" if curve.temperature_known else "at 25 °C, none is recorded"
    condition = (
        f"Open-circuit curve of {curve.name}, after {lasting(curve.settles_s)} of rest or more, {warm}: {curve.source}."
    )
    count = f"{len(battery.rests)} rests; in {telling} of them the voltage can tell the charge"
    if off:
        worst = off[0]
        words = (
            f"{len(off)} of {count}. Worst at {when(worst.at_us, known)}: {worst.cell_v:.3f} V a cell allows "
            f"{worst.low_pct:.0f} to {worst.high_pct:.0f} %, reported are {worst.reported_pct:.1f} %."
        )
        spans = tuple(Gap(each.at_us - int(each.lasted_s * SECOND_US), each.at_us) for each in off[:SPANS_TOLD])
        rank = Rank.WRONG if _beyond(worst) > REST_WRONG_PCT else Rank.LOOK
        title = "Voltage at rest contradicts the reported charge"
        yield Remark(rank, battery.asset, title, words, condition, ("soc_pct", "voltage_v"), spans)
    elif telling:
        yield Remark(
            Rank.FINE, battery.asset, "Voltage at rest agrees with the reported charge", f"{count}.", condition
        )
    else:
        title = "Voltage at rest cannot tell the charge"
        words = f"{count}: {curve.flat}. This silence is no confirmation."
        yield Remark(Rank.OPEN, battery.asset, title, words, condition)


def _beyond(rest: Rest) -> float:
    return max(rest.low_pct - rest.reported_pct, rest.reported_pct - rest.high_pct, 0.0)


def _balance(battery: Battery, found: Balance, known: bool) -> Iterator[Remark]:
    asset = battery.asset
    capacity = f"{found.capacity_ah:.4g} ± {found.error_ah:.2g} Ah"
    moves = f"{found.legs} moves, {found.swing_pct:.0f} % of charge altogether"
    condition = f"{moves}; the error of the current sensor is not in it."
    declared = battery.declared_ah
    if declared and abs(found.capacity_ah - declared) > found.error_ah + CAPACITY_LOOK_SHARE * declared:
        share = found.capacity_ah / declared
        words = f"The counted charge gives {capacity}; declared are {declared:.4g} Ah ({share:.0%})."
        title = "The capacity differs from what is declared"
        yield Remark(Rank.LOOK, asset, title, words, condition, ("current_a", "soc_pct"))
    else:
        stray = f"the reported charge strays {found.residual_pct:.1f} % at most"
        words = f"The counted charge gives a capacity of {capacity}; {stray}."
        rank = Rank.LOOK if found.residual_pct > STRAY_LOOK_PCT and not found.jumps else Rank.FINE
        title = "Counted and reported charge agree" if rank is Rank.FINE else "Counted and reported charge drift apart"
        yield Remark(rank, asset, title, words, condition, ("current_a", "soc_pct"))
    daily_pct = 100.0 * abs(found.offset_a) * 24.0 / found.capacity_ah
    if abs(found.offset_a) > found.offset_error_a and daily_pct > DRIFT_LOOK_PCT:
        words = (
            f"It reads {found.offset_a:+.2g} ± {found.offset_error_a:.1g} A where the charge says none: "
            f"{daily_pct:.1f} % of the capacity a day, counted wrongly."
        )
        title = "The current sensor has an offset, or something draws unseen"
        yield Remark(Rank.LOOK, asset, title, words, condition, ("current_a",))
    if found.jumps:
        times = "once" if found.jumps == 1 else f"{found.jumps} times"
        words = (
            f"It jumps {times}, first at {when(found.first_jump_us, known)}, by {found.worst_jump_pct:+.1f} % "
            "at worst, with no current to explain it."
        )
        spans = (Gap(found.first_jump_us, found.first_jump_us),)
        recalibrated = "A BMS that sets its charge right at full does this, too."
        yield Remark(Rank.LOOK, asset, "The reported charge jumps", words, recalibrated, ("soc_pct",), spans)


def _efficiency(asset: str, found: Efficiency, known: bool) -> Remark:
    error = f"{100 * found.share:.1f} ± {max(100 * found.error, 0.05):.1f} %"
    words = f"{error} of the energy put in came out again ({found.source})."
    where = span(Gap(found.first_us, found.last_us), known)
    rest = f"the rest of {found.rest_pct:+.1f} % corrected"
    condition = f"Between equal charges, {where}, {found.swing_pct:.0f} % charged; {rest}."
    points = ("power_w", "soc_pct") if found.source == "power" else ("current_a", "soc_pct")
    spans = (Gap(found.first_us, found.last_us),)
    if found.share > 1.0 + found.error:
        title = "More energy comes out than goes in"
        return Remark(
            Rank.WRONG, asset, title, f"{words} A sign, a unit or a meter is wrong.", condition, points, spans
        )
    closes = found.charge_share
    if closes is not None and not CHARGE_CLOSES[0] <= closes <= CHARGE_CLOSES[1]:
        more = f"{words} But {closes:.1%} of the charge came out: ampere-hours should close to within about a percent."
        return Remark(Rank.LOOK, asset, "The charge does not close over a round trip", more, condition, points, spans)
    if found.share < EFFICIENCY_LOOK_SHARE:
        return Remark(Rank.LOOK, asset, f"Low round-trip efficiency: {error}", words, condition, points, spans)
    more = f"{words} Of the charge, {closes:.1%}." if closes is not None else words
    return Remark(Rank.FINE, asset, f"Round-trip efficiency {error}", more, condition, points)


def _coverage(battery: Battery, known: bool) -> Iterator[Remark]:
    found = battery.coverage
    rate = f"one row every {found.cadence_s:g} s"
    if found.gaps:
        longest = found.longest[0]
        longest_s = (longest.last_us - longest.first_us) / SECOND_US
        words = (
            f"{found.gaps:,} gap{'s' if found.gaps > 1 else ''}, {lasting(found.gaps_s)} altogether; the longest "
            f"{span(longest, known)} ({lasting(longest_s)}). Otherwise {rate}."
        )
        loud = found.share < COVERED_MIN_SHARE or longest_s >= GAP_LOOK_S
        title = f"Rows for {found.share:.1%} of the time"
        condition = f"A gap is a step of more than {lasting(found.gap_s)}. Nothing is computed over one."
        rank = Rank.LOOK if loud else Rank.FINE
        yield Remark(rank, battery.asset, title, words, condition, ("soc_pct",), found.longest[:SPANS_TOLD])
    else:
        yield Remark(Rank.FINE, battery.asset, "No gaps", f"{found.rows:,} rows, {rate}.")
    poor = [each for each in found.points if each.share < PRESENT_MIN_SHARE]
    if poor:
        words = "; ".join(f"{name(each.point)} in {each.share:.0%} of rows" for each in poor[:8])
        yield Remark(Rank.LOOK, battery.asset, "Values are missing", f"{words[:1].upper()}{words[1:]}.")


def counts(found: Iterable[Remark]) -> dict[Rank, int]:
    """How many remarks of each rank, worst first."""
    all_of = list(found)
    return {rank: sum(remark.rank is rank for remark in all_of) for rank in _RANKS}
