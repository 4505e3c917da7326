"""Numbers as people read them: unit always, sign where direction matters, no more digits than mean something.

Power and current carry their sign, discharge positive. Thousands are set apart by a narrow space. A scale is chosen per
unit, not per value, so that figures in a column compare by eye: power in kW, energy in kWh, insulation in MΩ.
"""

import math

_SCALE = {"W": (1e-3, "kW"), "Wh": (1e-3, "kWh"), "ohm": (1e-6, "MΩ"), "C": (1.0, "°C"), "var": (1e-3, "kvar")}
_SCALE |= {"VA": (1e-3, "kVA"), "degC": (1.0, "°C"), "Ohm": (1e-6, "MΩ"), "°C": (1.0, "°C"), "ohms": (1e-6, "MΩ")}
_DIGITS = {"%": 0, "kW": 0, "kWh": 0, "°C": 1, "MΩ": 1, "V": 1, "A": 1, "Hz": 2, "mV": 0, "s": 0, "ppm": 0, "bar": 2}
_SIGNED = frozenset({"W", "A", "var"})
MINUS = "\N{MINUS SIGN}"
NARROW = "\N{NARROW NO-BREAK SPACE}"
NOT_KNOWN = "not known"


def scaled(number: float, unit: str) -> tuple[float, str]:
    """The number in the unit that people read, and that unit."""
    factor, shown = _SCALE.get(unit, (1.0, unit))
    return number * factor, shown


def figure(number: float | None, unit: str, *, signed: bool | None = None, digits: int | None = None) -> str:
    """The digits alone: "\N{MINUS SIGN}210", "1 310", "26.1"; "not known" for None or NaN.

    Power and current get a sign unless `signed` says otherwise; below 10 kW a power keeps one decimal.
    """
    if number is None or not math.isfinite(number):
        return NOT_KNOWN
    value, shown = scaled(number, unit)
    places = _DIGITS.get(shown, 2) if digits is None else digits
    if digits is None and shown in ("kW", "kWh") and abs(value) < 10:
        places = 1
    text = f"{abs(value):,.{places}f}".replace(",", NARROW)
    nothing = not any(char in "123456789" for char in text)
    if nothing and places and digits is None and shown == "kW":
        text = "0"
    if value < 0 and not nothing:
        return MINUS + text
    plus = unit in _SIGNED if signed is None else signed
    return f"+{text}" if plus and not nothing else text


def unit_text(unit: str) -> str:
    """The unit as it stands beside the figure."""
    return _SCALE.get(unit, (1.0, unit))[1]


def quantity(number: float | None, unit: str, *, signed: bool | None = None, digits: int | None = None) -> str:
    """Figure and unit, "26.1 °C"; "not known" for None or NaN."""
    text = figure(number, unit, signed=signed, digits=digits)
    return text if text == NOT_KNOWN or not unit else f"{text}{NARROW}{unit_text(unit)}"


def scaled_text(text: str) -> str:
    """A figure and its unit as a record has them ("200000 W") in the unit that people read ("200 kW"), to six digits;
    any other text as it is.
    """
    digits, _, unit = text.partition(" ")
    factor, shown = _SCALE.get(unit, (1.0, unit))
    try:
        return f"{float(digits) * factor:.6g}{NARROW}{shown}" if shown != unit else text
    except ValueError:
        return text


def count(number: int) -> str:
    """An integer with thousands set apart: "48 211"."""
    return f"{number:,}".replace(",", NARROW)
