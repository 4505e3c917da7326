"""Where each point of a SunSpec model stands, walked from the model files that the pysunspec2 package ships.

Rules. Only data is taken from that package, by resource name: no code of it runs here. This walk is written apart from
the one by which the site reads equipment, so that an error in either shows in the tests that join them. Offsets count
registers from the model's ID; a point of a repeating group is `group[3].point`, counted from 0.
Source: SunSpec Device Information Model specification 1.2, sections 4 and 6 (types and "not implemented" values).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

HEADER_REGISTERS = 2  # ID and L, which L does not count

ABSENT: dict[str, int] = {
    "int16": 0x8000,
    "uint16": 0xFFFF,
    "count": 0xFFFF,
    "acc16": 0,
    "enum16": 0xFFFF,
    "bitfield16": 0xFFFF,
    "sunssf": 0x8000,
    "pad": 0x8000,
    "int32": 0x8000_0000,
    "uint32": 0xFFFF_FFFF,
    "acc32": 0,
    "enum32": 0xFFFF_FFFF,
    "bitfield32": 0xFFFF_FFFF,
    "int64": 0x8000_0000_0000_0000,
    "uint64": 0xFFFF_FFFF_FFFF_FFFF,
    "acc64": 0,
    "bitfield64": 0xFFFF_FFFF_FFFF_FFFF,
    "float32": 0x7FC0_0000,  # not a number
    "string": 0,
}


@dataclass(frozen=True)
class Place:
    """One point of a block: its type, first register, register count, the scale factor that governs it (by the name of
    its register), and the raw number that says "not implemented" (None: there is none).
    """

    type: str
    offset: int
    size: int
    scale: str | None = None
    absent: int | None = None

    @property
    def signed(self) -> bool:
        """Whether the first bit is a sign."""
        return self.type.startswith("int")


@dataclass(frozen=True)
class Layout:
    """A block laid out: places by path, and the whole length in registers, header included."""

    places: Mapping[str, Place]
    registers: int


@cache
def _model(model: int) -> dict[str, Any]:
    text = (files("sunspec2") / "models" / "json" / f"model_{model}.json").read_text(encoding="utf-8")
    group: dict[str, Any] = json.loads(text)["group"]
    return group


def layout(model: int, repeats: Mapping[str, int] | None = None) -> Layout:
    """The places of a model with so many instances of each repeating group (by the group's name)."""
    return _layout(model, tuple(sorted((repeats or {}).items())))


@cache
def _layout(model: int, repeats: tuple[tuple[str, int], ...]) -> Layout:
    places: dict[str, Place] = {}
    end = 0
    for path, point in _walk(_model(model), "", dict(repeats)):
        scale = point.get("sf")
        assert scale is None or isinstance(scale, str), f"{model}.{path}: a fixed scale factor is not served"
        places[path] = Place(point["type"], end, int(point["size"]), scale, ABSENT[point["type"]])
        end += int(point["size"])
    return Layout(places, end)


def _walk(group: Mapping[str, Any], prefix: str, repeats: Mapping[str, int]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for point in group.get("points", ()):
        yield f"{prefix}{point['name']}", point
    for inner in group.get("groups", ()):
        name = str(inner["name"])
        if inner.get("count") is None:
            yield from _walk(inner, f"{prefix}{name}.", repeats)
        else:
            for index in range(repeats[name]):
                yield from _walk(inner, f"{prefix}{name}[{index}].", repeats)
