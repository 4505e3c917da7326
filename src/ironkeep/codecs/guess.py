"""A guess at the mapping of a recording, from its head and sample rows: shown with how sure it is and why.

Rules. What the file says outranks what its values fit. Where two readings fit, none is taken: the unit stays empty, the
sign unknown, the date open, and what hangs on it is not judged. Columns that are not understood are left out, by name.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from statistics import median

import msgspec

from ironkeep.codecs import cellwords, headers, qualities
from ironkeep.codecs.guessing import Guessing, decimal
from ironkeep.codecs.quantity import CANONICAL, unit
from ironkeep.codecs.timecolumn import time_of
from ironkeep.model.errors import Refused
from ironkeep.model.recording import (
    Bank,
    Column,
    FileWords,
    Guess,
    Head,
    LongWords,
    Mapping,
    Positive,
    Sure,
)

PACK_MIN_V = 20.0  # from here a voltage is that of several cells in series
CURRENT_MAX_A = 5_000.0
AGREE = 0.1  # share by which power may differ from volts times amperes and still tell the unit
SAMPLES_MIN = 5

_NUMBER = re.compile(r"[+-]?\d[\d.,'\u00a0\u202f\u2019 ]*(?:[eE][+-]?\d+)?")
_POINT_HEADS = re.compile(
    r"\b(signal|point|tag|tagname|name|variable|parameter|measurement|metric|sensor|channel|register|series|field|entity)\b"
)
_VALUE_HEADS = re.compile(r"\b(value|wert|reading|valeur|valor)\b")
_UNIT_HEADS = re.compile(r"unit|units|einheit|unité|unidad|uom|eu|engineering unit")
_ASSET_HEADS = re.compile(
    r"\b(asset|device|rack|string|bank|bms|unit|battery|container|site|inverter|cabinet)( id| name)?$"
)
_WITH_UNIT = re.compile(r"([+-]?\d[\d.,'\u00a0\u202f\u2019 ]*?(?:[eE][+-]?\d+)?)[\s\u00a0]*([^\d\s.,'][^\d\s]{0,7})")
UNITS_SHARE = 0.5  # of filled cells that end with a unit, from which on a column's cells hold units


def guess(head: Head) -> tuple[Mapping, tuple[Guess, ...]]:
    """A mapping, and everything in it that was guessed.

    Raises Refused when no time or no value column can be made out, or no decimal sign.
    """
    head, in_cells = _without_units(head)
    seen = Guessing(head)
    time = time_of(seen)
    rest = [name for name in head.names if name not in (time.column, time.clock_column)]
    long, asset_column = _long(seen, rest)
    asset_column = asset_column or _asset_column(seen, rest)
    used = {asset_column, *((long.point, long.value) if long else ())}
    quality = qualities.columns(seen, [name for name in rest if name not in used])
    values = [name for name in rest if name not in used and name not in quality]
    file = _numbers(seen, [long.value] if long else values, head.file)
    names = sorted(set(seen.cells(long.point))) if long else values
    columns, ignored = _columns(seen, names, file, long)
    if not columns:
        there = ", ".join(repr(name) for name in names[:8])
        line = head.file.header_line
        remedy = "say under [[column]] of a mapping which point each is: docs/reference/recordings.md, and --map"
        raise Refused(
            f"no column is understood: {there}", where=f"{head.name}:{line}" if line else head.name, remedy=remedy
        )
    told, left = qualities.told(seen, quality, values, [column.name for column in columns], is_long=long is not None)
    assets = tuple(Bank(name) for name in sorted({column.asset for column in columns if column.asset}))
    mapping = Mapping(
        file=msgspec.structs.replace(file, ignored=(*ignored, *left), units_in_cells=in_cells),
        time=time,
        column=tuple(columns),
        long=long,
        asset_column=asset_column,
        asset=assets,
        quality=told,
    )
    return mapping, tuple(seen.guesses)


# -------------------------------------------------------------------------------------------------------------- layout


def _long(seen: Guessing, names: list[str]) -> tuple[LongWords | None, str]:
    """The long layout that heads and cells show, and the column that names the asset."""
    values = [name for name in names if _VALUE_HEADS.search(headers.words(name))]
    points = [name for name in names if _POINT_HEADS.search(headers.words(name)) and name not in values]
    if not values and any("entity" in headers.words(name) for name in points):  # a history of Home Assistant
        values = [name for name in names if headers.words(name) == "state"]
    if len(values) != 1 or not points:
        return None, ""
    for name in points:
        cells = set(seen.cells(name))
        understood = [cell for cell in cells if headers.read(cell).point]
        if understood:
            seen.say("layout", "long", Sure.TOLD, f"{name!r} holds names of points, {values[0]!r} one value a line")
            return LongWords(name, values[0]), _asset_column(seen, [each for each in names if each != name])
    return None, ""


def _asset_column(seen: Guessing, names: list[str]) -> str:
    for name in names:
        if _ASSET_HEADS.search(headers.words(name)):
            cells = seen.cells(name)
            whole = cells and all(re.fullmatch(r"[\w .#/-]{1,60}", cell) for cell in cells)
            if whole and len(set(cells)) <= max(1, len(cells) // 2) and not all("." in cell for cell in cells):
                seen.say("asset", name, Sure.LIKELY, f"it repeats few words: {', '.join(sorted(set(cells))[:4])}")
                return name
    return ""


# ------------------------------------------------------------------------------------------------------------- numbers


def _numbers(seen: Guessing, names: list[str], file: FileWords) -> FileWords:
    """The decimal sign and the thousands separator. Raises Refused where both readings fit."""
    if seen.head.types:
        return file
    marks: Counter[str] = Counter()
    open_cell, open_name, line = "", "", 0
    for name in names:
        number = seen.head.names.index(name)
        for row, at in zip(seen.head.sample, seen.head.lines, strict=True):
            cell = row[number].strip()
            if not _NUMBER.fullmatch(cell):
                continue
            mark = _mark(cell)
            marks[mark] += 1
            if mark == "open" and not open_cell:
                open_cell, open_name, line = cell, name, at
    comma = marks["decimal ,"] + marks["1.000,0"]
    point = marks["decimal ."] + marks["1,000.0"]
    if comma and point:
        raise Refused(
            "decimal commas and decimal points stand in one file",
            where=seen.head.name,
            remedy="export it with one form",
        )
    grouped = marks["1.000,0"] + marks["1,000.0"] + marks["1.000.000"] + marks["1,000,000"]
    if comma or marks["1.000.000"]:
        seen.say("decimal", ",", Sure.TOLD, "numbers are written with a decimal comma")
        return msgspec.structs.replace(file, decimal=",", thousands="." if grouped else _gap(marks))
    if open_cell and "," in open_cell and not point and not marks["1,000,000"]:
        what = f"column {open_name!r}: {open_cell!r} may be a decimal comma or thousands"
        where = f"{seen.head.name}:{line}" if line else seen.head.name
        raise Refused(what, where=where, remedy="say decimal and thousands under [file] in --map")
    thousands = "," if grouped or (open_cell and "," in open_cell) else _gap(marks)
    if thousands:
        seen.say("thousands", thousands, Sure.TOLD, "groups of three digits are set apart with it")
    return msgspec.structs.replace(file, thousands=thousands)


def _mark(cell: str) -> str:
    """What a written number tells of its signs."""
    body = cell.lstrip("+-")
    for gap in "'\u00a0\u202f\u2019 ":
        if re.fullmatch(rf"\d{{1,3}}({gap}\d{{3}})+([.,]\d+)?", body):
            return f"gap {gap}"
    if "," in body and "." in body:
        return "1.000,0" if body.rindex(",") > body.rindex(".") else "1,000.0"
    for sign, other in ((",", "1,000,000"), (".", "1.000.000")):
        if body.count(sign) > 1:
            return other
        if sign in body:
            grouped = re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", body) and sign == ","
            return "open" if grouped else f"decimal {sign}"
    return "whole"


def _gap(marks: Counter[str]) -> str:
    return next((mark[4:] for mark in marks if mark.startswith("gap ")), "")


# ------------------------------------------------------------------------------------------------------------- columns


def _columns(
    seen: Guessing, names: list[str], file: FileWords, long: LongWords | None
) -> tuple[list[Column], list[str]]:
    """The columns that are understood, and the names of those that are not."""
    texts = {name: _texts(seen, name, long) for name in names}
    samples = {name: _numbers_of(texts[name], file) for name in names}
    if long:  # lines of two points are of two times: their amounts are held against each other in order
        samples = {name: sorted(values, key=abs) for name, values in samples.items()}
    units = _units_told(seen, names, long)
    told = {name: headers.read(name, units.get(name, "")) for name in names}
    found: list[Column] = []
    ignored: list[str] = []
    taken: dict[tuple[str, str], headers.Told] = {}
    for name in sorted(names, key=headers.is_of_battery, reverse=True):
        pair = cellwords.pair_of(texts[name])
        here = told[name] if pair is None else headers.Told("")
        if pair is not None and (column := _state(seen, name, pair.as_in(texts[name]), taken)) is not None:
            found.append(column)
            continue
        if not here.point or not (samples[name] or long):
            ignored.append(name)
            continue
        before = taken.get((here.asset, here.point))
        if before is not None and {before.positive, here.positive} != {Positive.CHARGE, Positive.DISCHARGE}:
            seen.say(name, "left out", Sure.UNCLEAR, f"another column is {here.point} already")
            ignored.append(name)
            continue
        taken[(here.asset, here.point)] = here
        found.append(Column(name, here.point, here.asset, here.unit.name if here.unit else "", here.positive))
    for column in sorted(found, key=lambda column: column.point == "power_w"):  # told by volts and amperes: the last
        if not column.is_state:
            found[found.index(column)] = _with_unit(seen, column, found, samples)
    return found, ignored


def _state(
    seen: Guessing, name: str, pair: cellwords.Pair, taken: dict[tuple[str, str], headers.Told]
) -> Column | None:
    """The column of a switch, closed being on: where the head says "open" and the cells whether that is true, yes is
    off. None where another column is that switch already.
    """
    asset, point, says_open = headers.state(name)
    if (asset, point) in taken:
        seen.say(name, "left out", Sure.UNCLEAR, f"another column is {point} already")
        return None
    taken[asset, point] = headers.Told(point, asset=asset)
    turned = says_open and pair.is_truth
    off, on = (pair.on, pair.off) if turned else (pair.off, pair.on)
    why = f"its cells say {off[0]} and {on[0]}{', and its head when it is open' if turned else ''}"
    seen.say(name, f"{point}: {on[0]} is on, {off[0]} is off", Sure.LIKELY, why)
    return Column(name, point, asset, off=off, on=on)


def _units_told(seen: Guessing, names: list[str], long: LongWords | None) -> dict[str, str]:
    """The unit that stands beside each name: in the line of units, in the cells, or in a column of units."""
    if long is None:
        return dict(zip(seen.head.names, seen.head.units, strict=False))
    found: dict[str, str] = {}
    point = seen.head.names.index(long.point)
    column = next((name for name in seen.head.names if _UNIT_HEADS.fullmatch(headers.words(name))), "")
    for name in names:
        if column:
            at = seen.head.names.index(column)
            said = {row[at].strip() for row in seen.head.sample if row[point].strip() == name}
        else:
            at = seen.head.names.index(long.value)
            said = {seen.head.units[at]} if seen.head.units else set()
        found[name] = next(iter(said)) if len(said) == 1 else ""
    return found


def _without_units(head: Head) -> tuple[Head, bool]:
    """The sample without units at the ends of cells, those units told beside the columns; whether cells hold units."""
    units = list(head.units or ("",) * len(head.names))
    columns = [list(column) for column in zip(*head.sample, strict=True)]
    held = False
    for number, column in enumerate(columns):
        found = [got if (got := _WITH_UNIT.fullmatch(cell.strip())) and unit(got[2]) else None for cell in column]
        filled = sum(bool(cell.strip()) for cell in column)
        if filled and sum(got is not None for got in found) > UNITS_SHARE * filled:
            held = True
            units[number] = Counter(got[2] for got in found if got).most_common(1)[0][0]
            columns[number] = [
                got[1].strip() if got and got[2] == units[number] else "" if got else cell
                for got, cell in zip(found, column, strict=True)
            ]
    if not held:
        return head, False
    rows = tuple(tuple(row) for row in zip(*columns, strict=True))
    return replace(head, sample=rows, units=tuple(units)), True


def _texts(seen: Guessing, name: str, long: LongWords | None) -> list[str]:
    """The sample cells of a column, or the values of the lines of a name of a point."""
    if long is None:
        number = seen.head.names.index(name)
        return [row[number] for row in seen.head.sample]
    point, value = seen.head.names.index(long.point), seen.head.names.index(long.value)
    return [row[value] for row in seen.head.sample if row[point].strip() == name]


def _numbers_of(texts: list[str], file: FileWords) -> list[float]:
    """Cells as numbers, NaN where there is none; empty where there is none at all."""
    values = [decimal(text, file) for text in texts]
    found = [float("nan") if value is None else value for value in values]
    return found if any(value is not None for value in values) else []


def _with_unit(seen: Guessing, column: Column, columns: list[Column], samples: dict[str, list[float]]) -> Column:
    """The column with a unit: the one that its head tells, else the only one that its values fit, else none."""
    if column.unit:
        seen.say(column.name, f"{column.point} in {column.unit}", Sure.TOLD, "the file says so")
        return column
    values = [value for value in samples[column.name] if value == value]
    name, why = _fitting(column, values, columns, samples)
    if not name:
        seen.say(column.name, f"{column.point}, unit not known", Sure.UNCLEAR, why)
        return column
    seen.say(column.name, f"{column.point} in {name}", Sure.LIKELY, why)
    return msgspec.structs.replace(column, unit=name)


def _fitting(
    column: Column, values: list[float], columns: list[Column], samples: dict[str, list[float]]
) -> tuple[str, str]:
    """The only unit that values fit, and why; empty where none or several do."""
    if not values:
        return "", "no unit is written, and no sample value tells one"
    low, high, middle = min(values), max(values), median(values)
    point = column.point
    if point.startswith("cell_voltage"):
        if low > 1.0 and high < 5.0:
            return "V", f"values of {low:g} to {high:g} fit volts of a cell"
        return (
            ("mV", f"values of {low:g} to {high:g} fit millivolts of a cell")
            if low > 1000 and high < 5000
            else ("", "")
        )
    if point.endswith("_pct"):
        if low >= 0 and 1.5 < high <= 105:
            return "%", f"values up to {high:g} fit percent"
        fits = low >= 0 and high <= 1.0 and len(values) >= SAMPLES_MIN and high - low > 0
        return ("fraction", f"values of {low:g} to {high:g} fit a fraction") if fits else ("", "percent or fraction?")
    if point == "voltage_v" and low >= PACK_MIN_V and high < 1600:
        return "V", f"values of {low:g} to {high:g} fit volts of a bank"
    if point.endswith("_c"):
        if low >= -20 and 0 < middle < 50 and high < 70:
            return "°C", f"values around {middle:g} fit °C"
        return ("°F", f"values around {middle:g} fit °F") if 55 <= middle <= 110 and low > 30 else ("", "°C, °F or K?")
    if point in ("power_w", "current_a"):
        return _by_product(column, columns, samples)
    return "", f"no unit is written: {' or '.join(_units_of(point))}?"


def _by_product(column: Column, columns: list[Column], samples: dict[str, list[float]]) -> tuple[str, str]:
    """The unit in which power is volts times amperes."""
    mates = {each.point: each for each in columns if each.asset == column.asset}
    volts, other = mates.get("voltage_v"), mates.get("current_a" if column.point == "power_w" else "power_w")
    known_v = volts is not None and (volts.unit == "V" or (not volts.unit and _fits_volts(samples[volts.name])))
    if volts is not None and known_v and other is not None and other.unit:
        scale = unit(other.unit)
        assert scale is not None
        ratios = []
        for v, o, x in zip(samples[volts.name], samples[other.name], samples[column.name], strict=False):
            expected = (
                v * o * scale.factor if column.point == "power_w" else (o * scale.factor / v if v else float("nan"))
            )
            if x == x and expected == expected and abs(x) > 0:
                ratios.append(abs(expected) / abs(x))
        if len(ratios) >= SAMPLES_MIN:
            for name in ("W", "kW", "MW") if column.point == "power_w" else ("A", "mA", "kA"):
                found = unit(name)
                if found is not None and abs(median(ratios) / found.factor - 1.0) < AGREE:
                    return name, f"in {name}, power is volts times amperes"
    if column.point == "current_a" and volts is not None and known_v:
        values = [abs(value) for value in samples[column.name] if value == value]
        pack = [value for value in samples[volts.name] if value == value]
        if pack and min(pack) >= PACK_MIN_V and max(values) <= CURRENT_MAX_A and any(value % 1 for value in values):
            return "A", f"a bank of {median(pack):g} V, and values up to {max(values):g} with a fraction, fit amperes"
    return "", f"no unit is written: {' or '.join(_units_of(column.point))}?"


def _fits_volts(values: list[float]) -> bool:
    known = [value for value in values if value == value]
    return bool(known) and min(known) >= PACK_MIN_V and max(known) < 1600


def _units_of(point: str) -> list[str]:
    near = {"power_w": ["W", "kW", "MW"], "current_a": ["A", "mA"], "voltage_v": ["V", "mV", "kV"]}
    tail = point[point.rfind("_") :]
    return near.get(point, ["Wh", "kWh", "MWh"] if tail == "_wh" else list(CANONICAL.values())[:2])
