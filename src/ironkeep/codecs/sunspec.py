"""SunSpec model files (the published JSON, as data) made into models whose points carry canonical names and classes.

Rules. 1. A scale factor is configuration: it is a point of class setting. 2. That a point can be written does not make
it a setting (safety S55): what a model's writable points are is said by the lexicon, and without a word from it they
are commands. 3. What is fixed by nameplate (static) is a setting. 4. Counters, bitfields, codes and whole numbers
without a unit are held as integers; all else is analog. 5. A point that the lexicon does not know keeps its SunSpec
name behind `m<model>_`. 6. Model 1 shows particulars alone.
Source: SunSpec Device Information Model specification 1.2, section 6 (model definition), section 6.4 (types).
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from ironkeep.codecs.definition import Group, Model, Point
from ironkeep.codecs.words import TYPES
from ironkeep.model.errors import Refused
from ironkeep.model.point import PointClass, PointKind, Symbol

PARTICULARS: Final = {"Mn": "manufacturer", "Md": "model", "Opt": "options", "Vr": "version", "SN": "serial"}
COMMON: Final = 1  # the model with the particulars
_DEPTH_MAX: Final = 8  # groups within groups

_TYPES: Final[dict[str, tuple[str, PointKind]]] = {
    "int16": ("s16", PointKind.ANALOG),
    "int32": ("s32", PointKind.ANALOG),
    "int64": ("s64", PointKind.COUNTER),
    "uint16": ("u16", PointKind.ANALOG),
    "uint32": ("u32", PointKind.ANALOG),
    "uint64": ("u64", PointKind.COUNTER),
    "count": ("u16", PointKind.ENUM),
    "acc16": ("acc16", PointKind.COUNTER),
    "acc32": ("acc32", PointKind.COUNTER),
    "acc64": ("acc64", PointKind.COUNTER),
    "enum16": ("enum", PointKind.ENUM),
    "enum32": ("enum32", PointKind.ENUM),
    "bitfield16": ("bits16", PointKind.BITFIELD),
    "bitfield32": ("bits32", PointKind.BITFIELD),
    "bitfield64": ("bits64", PointKind.BITFIELD),
    "sunssf": ("s16", PointKind.ENUM),
    "float32": ("f32", PointKind.ANALOG),
    "float64": ("f64", PointKind.ANALOG),
    "string": ("string", PointKind.ANALOG),
}
_UNSHOWN: Final = {"pad": 1, "ipaddr": 2, "eui48": 4, "ipv6addr": 8}  # addresses of its own network are not telemetry


class Unit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a unit as SunSpec writes it is shown: in `unit`, the value times 10 to `exponent`."""

    unit: str
    exponent: int = 0


class Known(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What we know of one point beyond its model file; empty fields leave what the file says.

    `class` is called `point_class` here. `signed` points follow the device's power_sign.
    """

    name: str = ""
    unit: str | None = None
    exponent: int | None = None
    kind: PointKind | None = None
    point_class: PointClass | None = msgspec.field(default=None, name="class")
    low: float | None = None
    high: float | None = None
    rate: float | None = None
    signed: bool = False
    label: str = ""


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What we know of a model, or of several alike. `writable` is the class of its points that can be written."""

    ids: tuple[int, ...]
    points: dict[str, Known] = {}
    writable: PointClass = PointClass.COMMAND
    repeat_is_child: bool = False


class Lexicon(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that we know of SunSpec points: units by the name that model files give them, and words by model."""

    units: dict[str, Unit]
    models: tuple[Words, ...]

    def words(self, number: int) -> Words:
        """What we know of a model; nothing when it is not listed."""
        return next((words for words in self.models if number in words.ids), Words((number,)))


def model_of(data: Mapping[str, Any], lexicon: Lexicon) -> Model:
    """The model of one parsed model file. Raises Refused naming the model and the point that is not SunSpec."""
    number = int(data["id"])
    maker = _Maker(number, lexicon)
    group = maker.group(data["group"], (), 0)
    unused = sorted(maker.words.points.keys() - maker.seen)
    if unused and number == maker.words.ids[0]:  # models alike share their words; the first has every point
        raise Refused(f"model {number} has no point {unused[0]!r}", where="sunspec.toml", remedy="correct the name")
    return Model(number, group, maker.words.repeat_is_child)


class _Maker:
    """Makes one model; `seen` are the points met, by path."""

    def __init__(self, number: int, lexicon: Lexicon) -> None:
        self.number = number
        self.words = lexicon.words(number)
        self.units = lexicon.units
        self.seen: set[str] = set()

    def group(self, data: Mapping[str, Any], path: tuple[str, ...], depth: int) -> Group:
        """One group with everything in it."""
        if depth > _DEPTH_MAX:
            raise Refused(f"model {self.number}: groups nested deeper than {_DEPTH_MAX}")
        counts = {str(each["count"]) for each in data.get("groups", ()) if isinstance(each.get("count"), str)}
        points = tuple(self.point(each, path, counts) for each in data.get("points", ()))
        groups = tuple(self.group(each, (*path, str(each["name"])), depth + 1) for each in data.get("groups", ()))
        return Group(str(data["name"]), points, groups, data.get("count") if depth else None)

    def point(self, data: Mapping[str, Any], path: tuple[str, ...], counts: set[str]) -> Point:
        """One point; padding, the header and network addresses are hidden."""
        key, kind_name, size = str(data["name"]), str(data["type"]), int(data["size"])
        where = ".".join((*path, key))
        self.seen.add(where)
        if (
            kind_name in _UNSHOWN
            or (not path and key in ("ID", "L"))
            or (self.number == COMMON and kind_name != "string")
        ):
            return Point(key, "u16", size, hidden=True)
        if kind_name not in _TYPES:
            raise Refused(f"type {kind_name!r} is not a SunSpec type", where=f"model {self.number}.{where}")
        type_name, kind = _TYPES[kind_name]
        if type_name == "string":
            particular = PARTICULARS.get(key, "") if self.number == COMMON and not path else ""
            return Point(key, "string", size, particular=particular, hidden=True)
        known = self.words.points.get(where, Known())
        unit = self.units.get(str(data.get("units", "")), Unit(str(data.get("units", ""))))
        scale = data.get("sf")
        if kind is PointKind.ANALOG and scale is None and not unit.unit and type_name[0] != "f":
            kind = PointKind.ENUM  # a whole number without a unit: an index, a number of pieces
        kind = known.kind or kind
        if type_name[0] == "f" and kind is not PointKind.ANALOG:
            raise Refused(f"a {kind_name} cannot be a {kind.value}", where=f"{self.number}.{where}")
        codes = kind in (PointKind.ENUM, PointKind.BITFIELD)
        exponent = unit.exponent if known.exponent is None else known.exponent
        return Point(
            key=key,
            type=type_name,
            registers=size,
            name=known.name,
            unit=unit.unit if known.unit is None else known.unit,
            kind=kind,
            point_class=self._class(data, known, count=key in counts or kind_name in ("count", "sunssf")),
            label=known.label or str(data.get("label", "")),
            source=f"sunspec {self.number}.{where}",
            low=known.low,
            high=known.high,
            rate_per_s=known.rate,
            symbols=tuple(Symbol(int(each["value"]), str(each["name"])) for each in data.get("symbols", ())),
            scale_key=scale if isinstance(scale, str) and not codes else "",
            exponent=0 if codes else exponent + (scale if isinstance(scale, int) else 0),
            signed=known.signed,
            absent=TYPES[type_name].absent,
        )

    def _class(self, data: Mapping[str, Any], known: Known, *, count: bool) -> PointClass:
        if known.point_class is not None:
            return known.point_class
        if count:
            return PointClass.SETTING
        if data.get("access") == "RW":
            return self.words.writable
        return PointClass.SETTING if data.get("static") == "S" else PointClass.MEASUREMENT
