"""Numbers and units as people and exports write them, made comparable: an exact number in a canonical unit.

Rules. 1. A number is exact (a fraction), never rounded on the way: 1200 mV is 1.2 V, 0.05 pu is 5 %. 2. A comma that
could be either a decimal mark or a thousands separator is read as the rest of the file writes it; where the file does
not tell, the text is no number and stays as written. 3. A unit that is not known stays as written, and numbers in two
such units do not compare. 4. Upper and lower case matter (mW, MW) unless only one reading exists.
Source of unit symbols: SI Brochure, 9th edition, tables 2 to 7; pu: IEC 60050-131-13-28.
"""

import re
import struct
from fractions import Fraction
from typing import Final

import msgspec

CHARACTERS_MAX: Final = 40  # of a number; a longer text is no number
EXPONENT_MAX: Final = 30  # powers of ten either way
_FLOAT_DIGITS: Final = 7  # significant digits that a 32-bit float holds for certain

_NUMBER: Final = re.compile(r"([-+]?)(\d[\d.,'\u2019 \u00a0\u202f]*|[.,]\d+)(?:[eE]([-+]?\d{1,3}))?")
_HEX: Final = re.compile(r"0[xX]([0-9A-Fa-f]{1,16})")
_GROUPED: Final = {mark: re.compile(rf"\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+") for mark in ",.'\u2019 \u00a0\u202f"}
_WITH_UNIT: Final = re.compile(
    r"([-+]?(?:\d[\d.,'\u2019\u00a0\u202f]*|[.,]\d+)(?:[eE][-+]?\d{1,3})?)\s*([^\d\s].{0,15})"
)

_PREFIXES: Final = {
    "G": Fraction(10**9),
    "M": Fraction(10**6),
    "k": Fraction(10**3),
    "m": Fraction(1, 10**3),
    "u": Fraction(1, 10**6),
    "µ": Fraction(1, 10**6),
    "μ": Fraction(1, 10**6),
}
_PREFIXED: Final = {
    "V": "V",
    "A": "A",
    "W": "W",
    "Wh": "Wh",
    "Ah": "Ah",
    "VA": "VA",
    "VAh": "VAh",
    "var": "var",
    "VAr": "var",
    "VAR": "var",
    "Var": "var",
    "varh": "varh",
    "Hz": "Hz",
    "ohm": "ohm",
    "Ohm": "ohm",
    "Ohms": "ohm",
    "ohms": "ohm",
    "Ω": "ohm",
    "s": "s",
    "Pa": "Pa",
    "bar": "bar",
}
_PLAIN: Final = {
    "%": ("%", Fraction(1)),
    "pct": ("%", Fraction(1)),
    "percent": ("%", Fraction(1)),
    "prozent": ("%", Fraction(1)),
    "pu": ("%", Fraction(100)),
    "p.u.": ("%", Fraction(100)),
    "per unit": ("%", Fraction(100)),
    "‰": ("%", Fraction(1, 10)),
    "ms": ("s", Fraction(1, 1000)),
    "msec": ("s", Fraction(1, 1000)),
    "msecs": ("s", Fraction(1, 1000)),
    "us": ("s", Fraction(1, 10**6)),
    "sec": ("s", Fraction(1)),
    "secs": ("s", Fraction(1)),
    "second": ("s", Fraction(1)),
    "seconds": ("s", Fraction(1)),
    "min": ("s", Fraction(60)),
    "mins": ("s", Fraction(60)),
    "minute": ("s", Fraction(60)),
    "minutes": ("s", Fraction(60)),
    "h": ("s", Fraction(3600)),
    "hr": ("s", Fraction(3600)),
    "hrs": ("s", Fraction(3600)),
    "hour": ("s", Fraction(3600)),
    "hours": ("s", Fraction(3600)),
    "d": ("s", Fraction(86400)),
    "day": ("s", Fraction(86400)),
    "days": ("s", Fraction(86400)),
    "°C": ("°C", Fraction(1)),
    "℃": ("°C", Fraction(1)),
    "degC": ("°C", Fraction(1)),
    "deg C": ("°C", Fraction(1)),
    "C": ("°C", Fraction(1)),
    "celsius": ("°C", Fraction(1)),
    "rpm": ("rpm", Fraction(1)),
    "ppm": ("ppm", Fraction(1)),
    "deg": ("deg", Fraction(1)),
    "°": ("deg", Fraction(1)),
}
_SHIFTED: Final = {  # canonical unit, factor, then added: °C from what is written
    "°F": ("°C", Fraction(5, 9), Fraction(-160, 9)),
    "degF": ("°C", Fraction(5, 9), Fraction(-160, 9)),
    "fahrenheit": ("°C", Fraction(5, 9), Fraction(-160, 9)),
    "K": ("°C", Fraction(1), Fraction(-5463, 20)),
    "kelvin": ("°C", Fraction(1), Fraction(-5463, 20)),
}
_NONE: Final = frozenset(("", "-", "--", "n/a", "na", "none", "1", "count", "counts", "#", "enum", "bool", "boolean"))
_OF_WHAT: Final = re.compile(r"(%|pu)\s*(?:of\s+)?[A-Za-z_]{1,12}")  # %WMax, % VRef, pu of Pn


class Unit(msgspec.Struct, frozen=True):
    """How a written unit becomes a canonical one: value times `factor` plus `added`. `known` False: as written."""

    name: str
    factor: Fraction = Fraction(1)
    added: Fraction = Fraction(0)
    known: bool = True

    def canonical(self, number: Fraction) -> Fraction:
        """The number in the canonical unit."""
        return number * self.factor + self.added


def _table() -> dict[str, Unit]:
    table = {name: Unit(unit, factor) for name, (unit, factor) in _PLAIN.items()}
    table |= {name: Unit(unit, factor, added) for name, (unit, factor, added) in _SHIFTED.items()}
    for symbol, unit in _PREFIXED.items():
        table.setdefault(symbol, Unit(unit))
        for prefix, factor in _PREFIXES.items():
            table.setdefault(prefix + symbol, Unit(unit, factor))
    return table


_UNITS: Final = _table()


def _folded() -> dict[str, Unit]:
    """Units by their spelling without case, where only one reading exists."""
    readings: dict[str, set[Unit]] = {}
    for name, unit in _UNITS.items():
        readings.setdefault(name.casefold(), set()).add(unit)
    return {name: next(iter(units)) for name, units in readings.items() if len(units) == 1}


_FOLDED: Final = _folded()


def unit_of(text: str) -> Unit:
    """The unit that a text names; one that we do not know keeps its text; no unit has an empty name."""
    plain = text.strip().strip("[]()").strip()
    if plain.casefold() in _NONE:
        return Unit("")
    if found := _UNITS.get(plain) or _FOLDED.get(plain.casefold()):
        return found
    if ratio := _OF_WHAT.fullmatch(plain):
        return _UNITS[ratio[1]]
    upper, slash, lower = plain.partition("/")
    if slash and upper and lower:
        over, under = unit_of(upper), unit_of(lower)
        if over.known and under.known and over.name and under.name and not over.added and not under.added:
            return Unit(f"{over.name}/{under.name}", over.factor / under.factor)
    return Unit(plain, known=False)


class Quantity(msgspec.Struct, frozen=True):
    """A value as written, taken apart: the number (None: not one) and the unit that stands with it ("" none)."""

    number: Fraction | None
    unit: str = ""


def quantity_of(text: str, decimal_comma: bool | None = None) -> Quantity:
    """The number and unit of a written value. `decimal_comma` is how the file writes numbers, None where unknown."""
    plain = text.strip()
    if (number := number_of(plain, decimal_comma)) is not None:
        return Quantity(number)
    if found := _WITH_UNIT.fullmatch(plain):
        number = number_of(found[1], decimal_comma)
        unit = unit_of(found[2])
        if number is not None and unit.known and unit.name:
            return Quantity(number, found[2].strip())
    return Quantity(None)


def number_of(text: str, decimal_comma: bool | None = None) -> Fraction | None:
    """The exact number that a text writes, or None."""
    if len(text) > CHARACTERS_MAX:
        return None
    if found := _HEX.fullmatch(text):
        return Fraction(int(found[1], 16))
    if not (found := _NUMBER.fullmatch(text)):
        return None
    digits = _digits(found[2], decimal_comma)
    exponent = int(found[3] or 0)
    if digits is None or abs(exponent) > EXPONENT_MAX:
        return None
    number = Fraction(digits) * Fraction(10) ** exponent
    return -number if found[1] == "-" else number


def _digits(text: str, decimal_comma: bool | None) -> str | None:
    """The digits with a decimal point and no separators, or None where they can be read in two ways or in none."""
    for mark in "'\u2019 \u00a0\u202f":
        if mark in text:
            whole, point, rest = _cut(text)
            if not _GROUPED[mark].fullmatch(whole):
                return None
            text = whole.replace(mark, "") + point + rest
    commas, points = text.count(","), text.count(".")
    if commas and points:
        decimal, group = (",", ".") if text.rindex(",") > text.rindex(".") else (".", ",")
        whole, _, rest = text.rpartition(decimal)
        if text.count(decimal) > 1 or not _GROUPED[group].fullmatch(whole):
            return None
        return _point(whole.replace(group, ""), rest)
    if not commas and points <= 1:
        return _point(*text.split(".")) if points and not _likely_group(text, ".", decimal_comma) else _plain(text)
    if commas == 1 and not points:
        if decimal_comma is None and _GROUPED[","].fullmatch(text):
            return None
        if decimal_comma is False and _GROUPED[","].fullmatch(text):
            return text.replace(",", "")
        return _point(*text.split(","))
    mark = "," if commas else "."
    return text.replace(mark, "") if _GROUPED[mark].fullmatch(text) else None


def _likely_group(text: str, mark: str, decimal_comma: bool | None) -> bool:
    return decimal_comma is True and _GROUPED[mark].fullmatch(text) is not None


def _plain(text: str) -> str:
    return text.replace(".", "")


def _point(whole: str, rest: str) -> str:
    return f"{whole or '0'}.{rest or '0'}"


def _cut(text: str) -> tuple[str, str, str]:
    at = max(text.rfind("."), text.rfind(","))
    return (text, "", "") if at < 0 else (text[:at], text[at], text[at + 1 :])


def writes_decimal_comma(texts: list[str]) -> bool | None:
    """Does a file write 1,5 (True) or 1.5 (False)? None where no value of it tells."""
    comma = any(re.fullmatch(r"[-+]?\d+,(?:\d{1,2}|\d{4,})(?:\s*[^\d\s].{0,15})?", text) for text in texts)
    point = any(re.fullmatch(r"[-+]?\d+\.(?:\d{1,2}|\d{4,})(?:\s*[^\d\s].{0,15})?", text) for text in texts)
    return comma if comma != point else None


def alike(one: Fraction, other: Fraction) -> bool:
    """Are two numbers equal, or the same 32-bit float written with more digits than it holds (3.65, 3.6500000953)?"""
    if one == other:
        return True
    if max(_figures(one), _figures(other)) <= _FLOAT_DIGITS or (one.denominator == 1 and other.denominator == 1):
        return False
    try:
        return struct.pack("f", float(one)) == struct.pack("f", float(other))
    except OverflowError:
        return False


def _figures(number: Fraction) -> int:
    """Significant digits of a decimal fraction; many for one that no decimal writes."""
    text = decimal_text(number, 40)
    return len(text.lstrip("-").replace(".", "").strip("0"))


def decimal_text(number: Fraction, digits: int = 10) -> str:
    """The number with at most that many significant digits, without an exponent where that is short."""
    if not number:
        return "0"
    scale = 0
    size = abs(number)
    while size >= 10:
        size, scale = size / 10, scale + 1
    while size < 1:
        size, scale = size * 10, scale - 1
    whole = round(abs(number) * Fraction(10) ** (digits - 1 - scale))
    sign = "-" if number < 0 else ""
    text = str(whole)
    if len(text) > digits:
        text, scale = text[:-1], scale + 1
    if -6 <= scale < 0:
        return sign + _tidy("0." + "0" * (-scale - 1) + text)
    if 0 <= scale < 16:
        padded = text.ljust(scale + 1, "0")
        return sign + _tidy(padded[: scale + 1] + "." + padded[scale + 1 :])
    return f"{sign}{_tidy(text[0] + '.' + text[1:])}e{scale}"


_READ_AS: Final = (  # canonical unit, from how much on, shown as, divided by
    ("s", Fraction(172_800), "d", Fraction(86_400)),
    ("s", Fraction(7_200), "h", Fraction(3_600)),
    *((unit, Fraction(10_000_000), f"M{unit}", Fraction(10**6)) for unit in ("W", "Wh", "VA", "var", "ohm")),
    *((unit, Fraction(10_000), f"k{unit}", Fraction(1000)) for unit in ("W", "Wh", "VA", "var", "ohm")),
)
_SMALL: Final = {unit: f"m{unit}" for unit in ("V", "A", "Hz", "s")}
_SMALL_BELOW: Final = Fraction(1, 10)


def reading(number: Fraction, unit: str, digits: int = 10) -> str:
    """The number and its unit as people read them: 1250 kW, 15 mHz, 365 d; only prefixes that keep the digits short."""
    size = abs(number)
    if unit in _SMALL and 0 < size < _SMALL_BELOW:
        return f"{decimal_text(number * 1000, digits)} {_SMALL[unit]}"
    for known, least, name, over in _READ_AS:
        if unit == known and size >= least and len(_tidy(decimal_text(number / over, 20))) <= 8:
            return f"{decimal_text(number / over, digits)} {name}"
    return f"{decimal_text(number, digits)} {unit}".rstrip()


def _tidy(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


_IN_NAME: Final = frozenset(
    "v mv kv a ma ka w kw mw wh kwh mwh ah mah va kva var kvar hz mhz s ms sec c degc ohm kohm mohm pct percent "
    "rpm ppm pu".split()
)
_NAME_UNITS: Final = {"c": "°C", "mw": "MW", "mwh": "MWh", "mhz": "mHz", "mv": "mV", "mohm": "MOhm", "kohm": "kOhm"}
_RATED: Final = frozenset("hz pct percent w kw v a c".split())  # before _s in a name: a rate
_BRACKETS: Final = re.compile(r"[\[(]\s*([^\[\]()]{1,16})\s*[\])]\s*$")


def unit_in_name(name: str) -> str:
    """The unit that a setting's name ends with (`_mv`, `[%]`, `(Hz)`), as written, or an empty text."""
    if found := _BRACKETS.search(name):
        return found[1] if unit_of(found[1]).known else ""
    *before, last = re.split(r"[_\s-]+", name)
    if not before:
        return ""
    if before[-1].casefold() == "per" and len(before) > 1:
        before.pop()
    if last.casefold() in ("s", "min") and before[-1].casefold() in _RATED:
        return f"{_NAME_UNITS.get(before[-1].casefold(), before[-1].casefold())}/{last.casefold()}"
    if last.casefold() in _IN_NAME:
        return last if last in _UNITS and last != last.casefold() else _NAME_UNITS.get(last.casefold(), last.casefold())
    return ""
