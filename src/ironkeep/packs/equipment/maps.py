"""Vendor maps: one TOML file a map, checked key by key, made into points with registers.

Rules. A map is data; nothing in it can write. An unknown key, a wrong type, two points of one name, two types over one
register or an address beyond the last one is refused with the file, the point and what would be right. So is a limit
that would limit nothing, and a unit that is not the canonical one of its quantity: units are not converted here.
docs/reference/maps.md is the format.
"""

import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, DecimalException
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from ironkeep.codecs.definition import ADDRESSES, Placed, Point, VendorMap
from ironkeep.codecs.units import Unit, unit_of
from ironkeep.codecs.words import SCALE_MAX, TYPES
from ironkeep.model.errors import Refused
from ironkeep.model.point import PointClass, PointKind, Symbol
from ironkeep.model.site import AssetKind

POINTS_MAX: Final = 4096  # of one map
FILE_BYTES_MAX: Final = 1 << 20
AFTER: Final = "after sunspec"
LEXICON_FILE: Final = "sunspec.toml"
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")
_SUFFIX: Final = re.compile(r"[a-z0-9_]+")
_BOM: Final = "\ufeff"  # some editors begin a file with this mark that nobody sees
_MAP_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*")
_UNIT_WORDS: Final = frozenset("v a w wh ah va vah var varh c ohm s pct hz ppm bar rpm k".split())
_PARTICULARS: Final = ("manufacturer", "model", "options", "version", "serial")
_FUNCTIONS: Final = {"holding": 3, "input": 4}
_KINDS: Final = {
    "acc": PointKind.COUNTER,
    "bits": PointKind.BITFIELD,
    "enum": PointKind.ENUM,
    "u64": PointKind.COUNTER,
    "s64": PointKind.COUNTER,
}

_Absent = int | Literal["none", "sunspec"]


class PointEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `[[point]]` of the file, as written."""

    name: str
    register: int
    type: str
    point_class: PointClass = msgspec.field(name="class")
    scale: str = "1"
    scale_register: int | None = None
    unit: str = ""
    kind: PointKind | None = None
    label: str = ""
    low: float | None = None
    high: float | None = None
    rate: float | None = None
    symbols: dict[str, int] = {}
    signed: bool = False
    words: Literal["big", "little"] | None = None
    absent: _Absent | None = None
    count: int = 1
    stride: int | None = None
    suffixes: tuple[str, ...] = ()


class TextEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A `[[text]]` of the file, as written."""

    particular: str
    register: int
    length: int


class MapFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file, as written."""

    name: str
    title: str
    source: str
    kind: AssetKind
    base: int | Literal["after sunspec"]
    function: Literal["holding", "input"] = "holding"
    words: Literal["big", "little"] = "big"
    absent: Literal["none", "sunspec"] = "none"
    point: tuple[PointEntry, ...] = ()
    text: tuple[TextEntry, ...] = ()


def parse(text: str, where: str) -> VendorMap:
    """The map that a TOML text describes; `where` is its file name. Raises Refused naming file, point and remedy."""
    if len(text) > FILE_BYTES_MAX:
        raise Refused(f"longer than {FILE_BYTES_MAX} bytes", where=where, remedy="split the map")
    try:
        chart = msgspec.convert(tomllib.loads(text.removeprefix(_BOM)), MapFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as exc:
        raise Refused(str(exc), where=where, remedy="see docs/reference/maps.md") from exc
    except (RecursionError, OverflowError, ValueError) as exc:
        why = "brackets are nested too deeply" if isinstance(exc, RecursionError) else "a number in it is out of range"
        raise Refused(why, where=where, remedy="see docs/reference/maps.md") from exc
    if not _MAP_NAME.fullmatch(chart.name) or where not in (chart.name, f"{chart.name}.toml"):
        raise Refused(f"name is {chart.name!r}", where=where, remedy="name the map as its file")
    _printable((chart.title, chart.source), where)
    placed = [each for entry in chart.point for each in _placed(chart, entry, where)]
    placed += [_text(entry, where) for entry in chart.text]
    scales = sorted({each.scale_register for each in placed if each.scale_register is not None})
    placed += [_scale(chart, register) for register in scales]
    _check(chart, placed, where)
    base = None if isinstance(chart.base, str) else chart.base
    return VendorMap(
        chart.title, chart.source, chart.kind, base, _FUNCTIONS[chart.function], tuple(placed), id=chart.name
    )


def _placed(chart: MapFile, entry: PointEntry, where: str) -> Iterator[Placed]:
    """The points of one entry: one, or one an element of its array."""
    at = f"{where}: point {entry.name}"
    if not _NAME.fullmatch(entry.name):
        raise Refused("not a name", where=at, remedy="lower case letters, digits and _, unit last: cell_voltage_max_v")
    if entry.type not in TYPES or entry.type == "string":
        raise Refused(
            f"type {entry.type!r} is unknown", where=at, remedy=f"one of {', '.join(sorted(TYPES.keys() - {'string'}))}"
        )
    if not 1 <= entry.count <= POINTS_MAX:
        raise Refused(f"count {entry.count}", where=at, remedy=f"1 to {POINTS_MAX}")
    if entry.suffixes and len(entry.suffixes) != entry.count:
        raise Refused(f"{len(entry.suffixes)} suffixes for {entry.count}", where=at, remedy="give one an element")
    for suffix in entry.suffixes:
        if not _SUFFIX.fullmatch(suffix):
            raise Refused(f"suffix {suffix!r}", where=at, remedy="lower case letters, digits and _")
    size = TYPES[entry.type].registers
    stride = size if entry.stride is None else entry.stride
    if stride < size:
        raise Refused(f"stride {stride} is less than the {size} registers of a {entry.type}", where=at)
    factor, exponent = _scale_of(entry, at)
    kind = _kind(entry, at)
    _sound(entry, kind, at)
    absent = _absent(chart, entry, at)
    little = (entry.words or chart.words) == "little"
    for n in range(entry.count):
        name = entry.name if entry.count == 1 and not entry.suffixes else _element(entry, n)
        register = entry.register + n * stride
        point = Point(
            key=name,
            type=entry.type,
            registers=size,
            name=name,
            unit="°C" if entry.unit == "C" else entry.unit,
            kind=kind,
            point_class=entry.point_class,
            label=entry.label,
            source=f"map {chart.name} {register}",
            low=entry.low,
            high=entry.high,
            rate_per_s=entry.rate,
            symbols=tuple(Symbol(value, symbol) for symbol, value in entry.symbols.items()),
            scale_key="" if entry.scale_register is None else str(entry.scale_register),
            exponent=exponent,
            factor=factor,
            signed=entry.signed,
            absent=absent,
            little=little,
        )
        yield Placed(point, register, entry.scale_register)


def _element(entry: PointEntry, n: int) -> str:
    """The name of element n: its suffix before the unit, or at the end where there is no unit."""
    suffix = entry.suffixes[n] if entry.suffixes else f"{n + 1:02d}"
    stem, _, last = entry.name.rpartition("_")
    return f"{stem}_{suffix}_{last}" if stem and last in _UNIT_WORDS else f"{entry.name}_{suffix}"


def _scale_of(entry: PointEntry, at: str) -> tuple[float, int]:
    """The scale as a whole factor and a power of ten, so that decimals come out exactly."""
    try:
        scale = Decimal(entry.scale)
        scale = scale.normalize()
    except DecimalException:
        scale = Decimal(0)
    if not scale.is_finite() or scale == 0:
        raise Refused(f"scale {entry.scale[:40]!r}", where=at, remedy='a decimal other than zero, as text: "0.1"')
    sign, digits, exponent = scale.as_tuple()
    whole = int("".join(map(str, digits)))
    if not isinstance(exponent, int) or abs(exponent) > SCALE_MAX or whole >= 1 << 53:
        raise Refused(f"scale {entry.scale[:40]!r} is out of range", where=at, remedy="1e-10 to 1e10")
    if entry.scale_register is not None and scale != 1:
        raise Refused("scale and scale_register", where=at, remedy="give one of them")
    return float(-whole if sign else whole), exponent


def _kind(entry: PointEntry, at: str) -> PointKind:
    natural = next((kind for start, kind in _KINDS.items() if entry.type.startswith(start)), PointKind.ANALOG)
    kind = entry.kind or natural
    if entry.type[0] == "f" and kind is not PointKind.ANALOG:
        raise Refused(f"a {entry.type} cannot be a {kind.value}", where=at, remedy="leave kind out")
    codes = kind in (PointKind.ENUM, PointKind.BITFIELD)
    if codes and (entry.scale_register is not None or Decimal(entry.scale) != 1):
        raise Refused(f"a {kind.value} with a scale", where=at, remedy="leave the scale out")
    return kind


def _sound(entry: PointEntry, kind: PointKind, at: str) -> None:
    """Refuse a unit, limits and symbols that would say something else than they seem to."""
    _printable((entry.label, entry.unit, *entry.symbols), at)
    unit = unit_of("°C" if entry.unit == "C" else entry.unit)
    if unit.known and unit != Unit(entry.unit if entry.unit != "C" else "°C"):
        raise Refused(f"unit {entry.unit!r}", where=at, remedy=f"{unit.name!r}, and what it is worth in scale")
    limits = [each for each in (entry.low, entry.high, entry.rate) if each is not None]
    if not all(map(math.isfinite, limits)) or (entry.rate is not None and entry.rate <= 0):
        raise Refused("a limit that limits nothing", where=at, remedy="finite numbers, rate above 0; else leave it out")
    if entry.low is not None and entry.high is not None and entry.low > entry.high:
        raise Refused(f"low {entry.low:g} is above high {entry.high:g}", where=at, remedy="the lower one is low")
    if not entry.symbols:
        return
    if kind not in (PointKind.ENUM, PointKind.BITFIELD):
        raise Refused(f"symbols of a {kind.value}", where=at, remedy='kind = "enum", or leave symbols out')
    bits = 16 * TYPES[entry.type].registers
    most = bits if kind is PointKind.BITFIELD else 1 << bits
    least = -most // 2 if TYPES[entry.type].signed and kind is PointKind.ENUM else 0
    values = list(entry.symbols.values())
    if len(set(values)) != len(values) or not all(least <= each < most + least for each in values):
        raise Refused(
            "symbols that no register can say", where=at, remedy=f"each its own, {least} to {most + least - 1}"
        )


def _printable(words: Iterable[str], at: str) -> None:
    for word in words:
        if not word.isprintable():
            raise Refused(f"{word[:40]!r} holds control characters", where=at, remedy="letters that can be printed")


def _absent(chart: MapFile, entry: PointEntry, at: str) -> int | None:
    wanted = chart.absent if entry.absent is None else entry.absent
    if wanted == "none":
        return None
    kind = TYPES[entry.type]
    if wanted == "sunspec":
        return kind.absent
    assert isinstance(wanted, int)
    if not 0 <= wanted < 1 << (16 * kind.registers) or entry.type[0] == "f":
        raise Refused(f"absent {wanted} does not fit a {entry.type}", where=at, remedy="the raw number, unsigned")
    return wanted


def _text(entry: TextEntry, where: str) -> Placed:
    at = f"{where}: text {entry.particular}"
    if entry.particular not in _PARTICULARS:
        raise Refused("not a particular", where=at, remedy=f"one of {', '.join(_PARTICULARS)}")
    if not 1 <= entry.length <= 125:
        raise Refused(f"length {entry.length}", where=at, remedy="1 to 125 registers")
    return Placed(
        Point(f"text {entry.particular}", "string", entry.length, particular=entry.particular, hidden=True),
        entry.register,
    )


def _scale(chart: MapFile, register: int) -> Placed:
    """A register with a power of ten, as the setting that it is."""
    name = f"{chart.name.replace('-', '_')}_sf_{register}"
    point = Point(
        key=name,
        type="s16",
        registers=1,
        name=name,
        kind=PointKind.ENUM,
        point_class=PointClass.SETTING,
        label="Power of ten",
        source=f"map {chart.name} {register}",
        absent=0x8000,
    )
    return Placed(point, register)


def _check(chart: MapFile, placed: list[Placed], where: str) -> None:
    """Refuse what contradicts itself."""
    if not placed:
        raise Refused("the map has no point", where=where, remedy="add a [[point]]")
    if len(placed) > POINTS_MAX:
        raise Refused(f"{len(placed)} points", where=where, remedy=f"at most {POINTS_MAX}; split the map")
    names: set[str] = set()
    over: dict[int, tuple[int, str, str]] = {}
    base = 0 if isinstance(chart.base, str) else chart.base
    if not 0 <= base < ADDRESSES:
        raise Refused(f"base {base}", where=where, remedy=f"0 to {ADDRESSES - 1}, or {AFTER!r}")
    for each in placed:
        point, register = each.point, each.register
        at = f"{where}: point {point.key}"
        if point.key in names:
            raise Refused("there are two points of this name", where=at, remedy="give each its own")
        names.add(point.key)
        if register < 0 or base + register + point.registers > ADDRESSES:
            raise Refused(f"register {register} is beyond the last address", where=at, remedy="0 to 65535 with base")
        for n in range(register, register + point.registers):
            first, kind, other = over.setdefault(n, (register, point.type, point.key))
            if (first, kind) != (register, point.type):
                raise Refused(f"register {n} also belongs to {other}, a {kind}", where=at, remedy="correct one of them")


@cache
def shipped() -> Mapping[str, VendorMap]:
    """The maps that ship with the product, by name. Raises Refused on the first that is wrong."""
    folder = files("ironkeep.packs.equipment")
    found = sorted(each.name for each in folder.iterdir() if each.name.endswith(".toml") and each.name != LEXICON_FILE)
    charts = (parse((folder / name).read_text(encoding="utf-8"), name) for name in found)
    return {chart.id: chart for chart in charts}
