"""Units as people write them, and how to come from one to the canonical unit of its quantity.

Rules. A unit that is not in this table is not understood, never taken for another. Upper and lower case are told apart
where it matters (mW, MW) and forgiven where it does not (KWH, volts).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """canonical = written x factor + offset."""

    name: str
    quantity: str
    factor: float = 1.0
    offset: float = 0.0


CANONICAL = {
    "voltage": "V",
    "current": "A",
    "power": "W",
    "energy": "Wh",
    "charge": "Ah",
    "temperature": "°C",
    "share": "%",
    "frequency": "Hz",
    "resistance": "ohm",
    "count": "",
}

UNITS: dict[str, Unit] = {
    unit.name: unit
    for unit in (
        Unit("V", "voltage"),
        Unit("mV", "voltage", 1e-3),
        Unit("kV", "voltage", 1e3),
        Unit("A", "current"),
        Unit("mA", "current", 1e-3),
        Unit("kA", "current", 1e3),
        Unit("W", "power"),
        Unit("kW", "power", 1e3),
        Unit("MW", "power", 1e6),
        Unit("Wh", "energy"),
        Unit("kWh", "energy", 1e3),
        Unit("MWh", "energy", 1e6),
        Unit("Ah", "charge"),
        Unit("mAh", "charge", 1e-3),
        Unit("°C", "temperature"),
        Unit("°F", "temperature", 5.0 / 9.0, -160.0 / 9.0),
        Unit("K", "temperature", 1.0, -273.15),
        Unit("%", "share"),
        Unit("fraction", "share", 100.0),
        Unit("Hz", "frequency"),
        Unit("mHz", "frequency", 1e-3),
        Unit("ohm", "resistance"),
        Unit("kohm", "resistance", 1e3),
        Unit("Mohm", "resistance", 1e6),
        Unit("1", "count"),
    )
}

_SAME = {
    "volt": "V", "volts": "V", "vdc": "V", "v dc": "V", "millivolt": "mV", "millivolts": "mV",
    "amp": "A", "amps": "A", "ampere": "A", "amperes": "A", "adc": "A", "a dc": "A", "milliamp": "mA",
    "milliamps": "mA", "watt": "W", "watts": "W", "kilowatt": "kW", "kilowatts": "kW", "megawatt": "MW",
    "kw": "kW", "kwh": "kWh", "mwh": "MWh", "wh": "Wh", "ah": "Ah", "mah": "mAh",
    "c": "°C", "°c": "°C", "℃": "°C", "degc": "°C", "deg c": "°C", "deg_c": "°C", "celsius": "°C",
    "f": "°F", "°f": "°F", "℉": "°F", "degf": "°F", "deg f": "°F", "fahrenheit": "°F",
    "k": "K", "kelvin": "K", "pct": "%", "percent": "%", "prozent": "%", "perc": "%", "fraction": "fraction",
    "p.u.": "fraction", "pu": "fraction", "hz": "Hz", "mhz": "mHz", "ohm": "ohm", "ohms": "ohm", "Ω": "ohm",
    "ω": "ohm", "kω": "kohm", "kohm": "kohm", "mω": "Mohm", "v": "V", "a": "A", "w": "W", "%": "%",
}  # fmt: skip

_CASE_MATTERS = {"mw": None, "ma": "mA", "mv": "mV"}  # mW or MW: never guessed from letters in one case


def unit(text: str) -> Unit | None:
    """The unit that a text names, or None where it is not understood."""
    word = text.strip()
    if word in UNITS:
        return UNITS[word]
    low = word.lower()
    if low in _CASE_MATTERS:
        name = _CASE_MATTERS[low]
        return UNITS[name] if name else None
    found = _SAME.get(low)
    return UNITS[found] if found else None


def spellings(quantity: str) -> dict[str, Unit]:
    """Every way of writing a unit of a quantity, in the case in which it is understood."""
    exact = {each.name: each for each in UNITS.values() if each.quantity == quantity}
    return {text: UNITS[name] for text, name in _SAME.items() if UNITS[name].quantity == quantity} | exact
