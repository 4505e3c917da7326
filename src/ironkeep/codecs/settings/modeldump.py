"""SunSpec models as JSON, as pysunspec2 and tools like it write a device: models with their points by name.

Rules. 1. A dump is an object with `models`, a list (or lists by number) of objects with `ID`. 2. Values are raw numbers
that the scale factors in the same dump scale, unless a scaled point holds a fraction: then all are taken as scaled
already, and that is told. 3. A point that is null is not implemented: absent, never zero. 4. Names and classes are the
canonical ones of our lexicon; a model or point that we do not know keeps its own name.
Source: SunSpec Device Information Model specification 1.2, section 6; pysunspec2 1.3, device.get_json.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, Final

from ironkeep.codecs.definition import Group, Model, Point
from ironkeep.codecs.settings.entries import DEPTH_MAX, Entry, EntryClass
from ironkeep.codecs.settings.quantity import decimal_text, number_of
from ironkeep.codecs.settings.trees import Pairs, json_entries
from ironkeep.codecs.words import SCALE_MAX
from ironkeep.model.errors import Refused
from ironkeep.model.point import PointKind

_HEADER: Final = ("ID", "L")


def is_dump(value: Any) -> bool:
    """Is the JSON value a device's SunSpec models?"""
    return bool(_models(value))


def _models(value: Any) -> list[Pairs]:
    inner = dict(value).get("models") if isinstance(value, Pairs) else None
    if isinstance(inner, Pairs):  # by number, each a list of instances
        inner = [each for _, some in inner for each in (some if isinstance(some, list) else [])]
    if not isinstance(inner, list) or not inner:
        return []
    found = [each for each in inner if isinstance(each, Pairs) and str(dict(each).get("ID", "")).isdecimal()]
    return found if len(found) == len(inner) else []


def entries(value: Any, models: Callable[[int], Model | None], where: str) -> tuple[list[Entry], tuple[str, ...]]:
    """The points of the dump, and remarks. Raises Refused when a model is nested too deep."""
    dumped = _models(value)
    scaled = any(_has_fractions(dict(each), known.group) for each in dumped if (known := models(_number(each))))
    remarks = [
        "values with fractions: taken as scaled already" if scaled else "values taken as raw, with scale factors"
    ]
    found: list[Entry] = []
    times: dict[int, int] = {}
    for each in dumped:
        number = _number(each)
        times[number] = times.get(number, 0) + 1
        outer = str(number) if times[number] == 1 else f"{number}#{times[number]}"
        known = models(number)
        if known is None:
            remarks.append(f"model {number} is not one that we know")
            rest = Pairs(pair for pair in each if pair[0] not in _HEADER)
            found += [Entry((outer, *entry.path), entry.text, entry.place) for entry in json_entries(rest, where)]
            continue
        found += _group(each, known.group, (outer,), (), {}, scaled, where)
    return found, tuple(remarks)


def _number(model: Pairs) -> int:
    text = str(dict(model)["ID"])
    return int(text) if len(text) <= 6 else 0


def _has_fractions(values: dict[str, Any], group: Group) -> bool:
    """Does a point that a register scales hold a fraction?"""
    for point in group.points:
        number = number_of(str(values.get(point.key, "")))
        if point.scale_key and number is not None and number.denominator != 1:
            return True
    return any(_has_fractions(dict(each), inner) for inner in group.groups for each in _instances(values, inner))


def _instances(values: dict[str, Any], inner: Group) -> list[Pairs]:
    held = values.get(inner.key)
    if isinstance(held, Pairs):
        return [held]
    return [each for each in held if isinstance(each, Pairs)] if isinstance(held, list) else []


def _group(
    pairs: Pairs,
    group: Group,
    path: tuple[str, ...],
    index: tuple[int, ...],
    top: dict[str, Any],
    scaled: bool,
    where: str,
) -> Iterator[Entry]:
    if len(path) > DEPTH_MAX:
        raise Refused(f"nested deeper than {DEPTH_MAX}", where=where, remedy="dump the device again")
    values = dict(pairs)
    points = {point.key: point for point in group.points}
    inner = {each.key: each for each in group.groups}
    place = "/" + "/".join(path)
    for key, value in pairs:
        if key in inner:
            held = _instances(values, inner[key])
            alone = len(held) == 1 and inner[key].count is None
            for n, each in enumerate(held, 1):
                deeper = (*path, key if alone else f"{key}[{n}]")
                numbers = index if alone else (*index, n)
                yield from _group(each, inner[key], deeper, numbers, {**top, **values}, scaled, where)
        elif key in points:
            if (
                entry := _entry(points[key], value, path, index, {**top, **values}, scaled, f"{place}/{key}")
            ) is not None:
                yield entry
        elif key not in _HEADER:
            rest = Pairs([(key, value)])
            yield from (Entry((*path, *each.path), each.text, each.place) for each in json_entries(rest, where))


def _entry(
    point: Point,
    value: Any,
    path: tuple[str, ...],
    index: tuple[int, ...],
    around: dict[str, Any],
    scaled: bool,
    place: str,
) -> Entry | None:
    """The entry of a known point, or None when it shows nothing or is not implemented."""
    if value is None or isinstance(value, list) or (point.hidden and not point.particular):
        return None
    text, number = str(value), number_of(str(value))
    if number is not None and point.kind is PointKind.ENUM:
        text = next((symbol.name for symbol in point.symbols if symbol.value == number), text)
    elif number is not None and not point.particular and point.kind is not PointKind.BITFIELD:
        power = number_of(str(around.get(point.scale_key))) if point.scale_key and not scaled else Fraction(0)
        if power is None or power.denominator != 1 or abs(power) > SCALE_MAX:
            return None
        text = decimal_text(number * Fraction(10) ** (int(power) + point.exponent) * Fraction(point.factor), 20)
    name = point.particular or (_filled(point.name, index) if point.name else point.key)
    kind = EntryClass.SETTING if point.particular else EntryClass(point.point_class.value)
    return Entry((*path, name), text, place, unit=point.unit, title=point.label, entry_class=kind)


def _filled(template: str, index: tuple[int, ...]) -> str:
    """The canonical name with its repeat numbers; without them where the dump nests otherwise than the model file."""
    try:
        return template.format("", *index)
    except IndexError:
        return template.split("{")[0].rstrip("_") or template
