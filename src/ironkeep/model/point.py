"""A point: one datum that a device offers, with its unit, kind and class (safety S55, S56)."""

from enum import StrEnum

import msgspec

from ironkeep.model.ids import PointName


class PointClass(StrEnum):
    """What a point is for. Only settings enter a passport or its digest."""

    SETTING = "setting"  # limits, scale factors, configuration
    COMMAND = "command"  # writing it makes the device act
    VOLATILE = "volatile"  # heartbeats, clocks, counters of communication
    MEASUREMENT = "measurement"


class PointKind(StrEnum):
    """How the value is held: analog in the f4 block, the rest in the i8 block."""

    ANALOG = "analog"
    COUNTER = "counter"
    BITFIELD = "bitfield"
    ENUM = "enum"


class Symbol(msgspec.Struct, frozen=True):
    """A name for one enum value, or for one bit (`value` is then the bit's number)."""

    value: int
    name: str


class PointSpec(msgspec.Struct, frozen=True):
    """Everything known about a point before any value is read.

    `name` is canonical (unit last) where our packs know the point, else `m<model>_<point>`. `unit` is canonical (V,
    A, W, Wh, °C, ohm, s, %, Hz ...). `low` and `high` bound what physics or the nameplate allows; `rate_per_s` is the
    fastest believable change in units a second. `source` names where it comes from: "sunspec 802.SoC", "map twin-bms
    40".
    """

    name: PointName
    unit: str
    kind: PointKind
    point_class: PointClass
    label: str = ""
    source: str = ""
    low: float | None = None
    high: float | None = None
    rate_per_s: float | None = None
    symbols: tuple[Symbol, ...] = ()


_SAID = {"c": "°C", "v": "V", "a": "A", "pct": "%", "ohm": "Ω", "ppm": "ppm", "hz": "Hz", "w": "W", "wh": "Wh"}
_SAID |= {"s": "s", "seconds": "s"}
_EXACT_FROM = 10_000.0  # from here a number is written whole, below it with four digits


def unit_said(point: str) -> str:
    """The unit that a point's name ends with, as people write it; empty where it ends with none."""
    return _SAID.get(point.rpartition("_")[2], "")


def number_said(value: float) -> str:
    """A number for people: four digits, or whole where it is large; no exponent for what fits."""
    return f"{value:.0f}" if abs(value) >= _EXACT_FROM else f"{value:.4g}"
