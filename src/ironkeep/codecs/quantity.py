"""Units of a battery's own quantities, as the heads and cells of recordings write them.

Rules. What a unit is worth stands in `codecs/units.py`; here stands which of them a recording may mean. A unit that is
not among them is not understood, never taken for another. Upper and lower case are told apart where it matters (mW, MW;
mΩ, MΩ) and forgiven where it does not (KWH, volts); where letters of one case leave two units, it is the one that
batteries have (mwh is MWh, mhz is mHz), and none where they have both (mw).
"""

from __future__ import annotations

from dataclasses import dataclass

from ironkeep.codecs import units


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
_QUANTITIES = {unit: quantity for quantity, unit in CANONICAL.items()}
_NAMES = "V mV kV A mA kA W kW MW Wh kWh MWh Ah mAh °C °F K % ‰ fraction Hz mHz ohm kohm Mohm 1".split()
_MEANT = {
    "volt": "V", "volts": "V", "vdc": "V", "v dc": "V", "millivolt": "mV", "millivolts": "mV", "mv": "mV",
    "amp": "A", "amps": "A", "ampere": "A", "amperes": "A", "adc": "A", "a dc": "A", "milliamp": "mA",
    "milliamps": "mA", "ma": "mA", "watt": "W", "watts": "W", "kilowatt": "kW", "kilowatts": "kW", "megawatt": "MW",
    "mwh": "MWh", "mah": "mAh", "deg_c": "°C", "f": "°F", "℉": "°F", "deg f": "°F", "perc": "%", "mhz": "mHz",
    "permille": "‰", "per mille": "‰", "promille": "‰",
    "fraction": "fraction",
}  # fmt: skip


def _battery_unit(name: str) -> Unit:
    worth = units.unit_of("pu" if name == "fraction" else name)
    return Unit(name, _QUANTITIES[worth.name], float(worth.factor), float(worth.added))


UNITS: dict[str, Unit] = {name: _battery_unit(name) for name in _NAMES}
_BY_WORTH = {(CANONICAL[each.quantity], each.factor, each.offset): each for each in UNITS.values()}


def unit(text: str) -> Unit | None:
    """The unit that a text names, or None where it is not understood."""
    word = text.strip()
    if word in UNITS:
        return UNITS[word]
    if word in units.UNITS and not word.isupper():
        return _of_worth(units.UNITS[word])
    if found := _MEANT.get(word.lower()):
        return UNITS[found]
    known = units.UNITS.get(word) or units.FOLDED.get(word.casefold())
    return _of_worth(known) if known else None


def _of_worth(worth: units.Unit) -> Unit | None:
    return _BY_WORTH.get((worth.name, float(worth.factor), float(worth.added)))


def spellings(quantity: str) -> dict[str, Unit]:
    """Every way of writing a unit of a quantity, in the case in which it is understood."""
    found = {text: unit(text) for text in (*units.FOLDED, *units.UNITS, *_MEANT, *UNITS)}
    return {text: each for text, each in found.items() if each is not None and each.quantity == quantity}
