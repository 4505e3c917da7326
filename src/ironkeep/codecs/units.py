"""Units as people and exports write them: what each is worth in the canonical unit of its quantity, exactly.

Rules. 1. A unit that is not known keeps its text and is never taken for another. 2. Upper and lower case matter (mW,
MW) unless only one reading exists. Source of unit symbols: SI Brochure, 9th edition, tables 2 to 7; pu: IEC
60050-131-13-28.
"""

import re
from fractions import Fraction
from typing import Final

import msgspec


class Unit(msgspec.Struct, frozen=True):
    """How a written unit becomes a canonical one: value times `factor` plus `added`. `known` False: as written."""

    name: str
    factor: Fraction = Fraction(1)
    added: Fraction = Fraction(0)
    known: bool = True

    def canonical(self, number: Fraction) -> Fraction:
        """The number in the canonical unit."""
        return number * self.factor + self.added


_PREFIXES: Final = {
    "G": Fraction(10**9),
    "M": Fraction(10**6),
    "k": Fraction(10**3),
    "m": Fraction(1, 10**3),
    **dict.fromkeys("uµμ", Fraction(1, 10**6)),
}
_PREFIXED: Final = {
    **{each: (each,) for each in ("V", "A", "W", "Wh", "Ah", "VA", "VAh", "varh", "Hz", "s", "Pa", "bar")},
    "var": ("var", "VAr", "VAR", "Var"),
    "ohm": ("ohm", "Ohm", "Ohms", "ohms", "Ω"),
}
_PLAIN: Final = {
    Unit("%"): ("%", "pct", "percent", "prozent"),
    Unit("%", Fraction(100)): ("pu", "p.u.", "per unit"),
    Unit("%", Fraction(1, 10)): ("‰",),
    Unit("s", Fraction(1, 10**6)): ("us",),
    Unit("s", Fraction(1, 1000)): ("ms", "msec", "msecs"),
    Unit("s"): ("sec", "secs", "second", "seconds"),
    Unit("s", Fraction(60)): ("min", "mins", "minute", "minutes"),
    Unit("s", Fraction(3600)): ("h", "hr", "hrs", "hour", "hours"),
    Unit("s", Fraction(86400)): ("d", "day", "days"),
    Unit("°C"): ("°C", "℃", "degC", "deg C", "C", "celsius"),
    Unit("°C", Fraction(5, 9), Fraction(-160, 9)): ("°F", "degF", "fahrenheit"),
    Unit("°C", Fraction(1), Fraction(-5463, 20)): ("K", "kelvin"),
    Unit("rpm"): ("rpm",),
    Unit("ppm"): ("ppm",),
    Unit("deg"): ("deg", "°"),
}
_NONE: Final = frozenset(("", "-", "--", "n/a", "na", "none", "1", "count", "counts", "#", "enum", "bool", "boolean"))
_OF_WHAT: Final = re.compile(r"(%|pu)\s*(?:of\s+)?[A-Za-z_]{1,12}")  # %WMax, % VRef, pu of Pn


def _table() -> dict[str, Unit]:
    table = {word: unit for unit, words in _PLAIN.items() for word in words}
    for name, symbols in _PREFIXED.items():
        for symbol in symbols:
            table.setdefault(symbol, Unit(name))
            for prefix, factor in _PREFIXES.items():
                table.setdefault(prefix + symbol, Unit(name, factor))
    return table


UNITS: Final = _table()
"""Every spelling that is told apart by upper and lower case."""


def _folded() -> dict[str, Unit]:
    """Units by their spelling without case, where only one reading exists."""
    readings: dict[str, set[Unit]] = {}
    for name, unit in UNITS.items():
        readings.setdefault(name.casefold(), set()).add(unit)
    return {name: next(iter(units)) for name, units in readings.items() if len(units) == 1}


FOLDED: Final = _folded()


def unit_of(text: str) -> Unit:
    """The unit that a text names; one that we do not know keeps its text; no unit has an empty name."""
    plain = text.strip().strip("[]()").strip()
    if plain.casefold() in _NONE:
        return Unit("")
    if found := UNITS.get(plain) or FOLDED.get(plain.casefold()):
        return found
    if ratio := _OF_WHAT.fullmatch(plain):
        return UNITS[ratio[1]]
    upper, slash, lower = plain.partition("/")
    if slash and upper and lower:
        over, under = unit_of(upper), unit_of(lower)
        if over.known and under.known and over.name and under.name and not over.added and not under.added:
            return Unit(f"{over.name}/{under.name}", over.factor / under.factor)
    return Unit(plain, known=False)


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
        return last if last in UNITS and last != last.casefold() else _NAME_UNITS.get(last.casefold(), last.casefold())
    return ""
