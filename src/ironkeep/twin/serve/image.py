"""The registers of the whole site in one array, filled from the plant's signals by a few numpy writes.

Rules. What a register shows is settled once, at the start: which number, times what, into which registers, with what
bounds. A number that is missing (NaN) or too large becomes "not implemented", never a zero and never a clipped value.
Below zero, a register without a sign reads zero: it is the noise of a voltage that is not there. Registers are
big-endian in memory, so that a reply is a slice of bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ironkeep.twin.layout import SITE, Site
from ironkeep.twin.serve.block import Block
from ironkeep.twin.serve.models import ABSENT, Layout, Place
from ironkeep.twin.serve.summary import Summary
from ironkeep.twin.signals import SIGNALS, Array

REGISTER_BYTES = 2
_MARK = (0x5375, 0x6E53)  # "SunS"
_END = (0xFFFF, 0)

Span = tuple[int, int, int]  # first address, first register in the image, count


@dataclass(frozen=True)
class Unit:
    """What one Modbus unit offers: a SunSpec chain at `base` (none if empty), and blocks at addresses of their own."""

    chain: Sequence[Block]
    base: int = 40_000
    apart: tuple[tuple[int, Block], ...] = ()


@dataclass(frozen=True)
class _Width:
    """All points of one register count: where they come from, how they are scaled, bounded and marked absent."""

    size: int
    source: NDArray[np.int64]
    factor: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    floor: NDArray[np.float64]  # 0 where there is no sign, else minus infinity
    absent: NDArray[np.uint64]
    target: NDArray[np.int64]


class Image:
    """Registers of every unit of every device. `spans[device][unit]` say where a unit's addresses lie."""

    def __init__(self, devices: Mapping[str, Mapping[int, Unit]], site: Site = SITE) -> None:
        self.summary = Summary(site)
        self._columns = _Columns(site, self.summary)
        self._entries: list[tuple[Place, int, int, float]] = []  # place, register, source, factor
        self._fixed: list[int] = []
        self._blanks: dict[int, list[int]] = {}  # by the layout, which a unit of `devices` keeps
        self.spans: dict[str, dict[int, list[Span]]] = {
            device: {number: self._lay(unit) for number, unit in units.items()} for device, units in devices.items()
        }
        held = bytearray(np.array(self._fixed, dtype=">u2").tobytes())
        self.bytes = memoryview(held)
        self.registers: NDArray[np.uint16] = np.frombuffer(held, dtype=">u2")
        self._floats, self._widths = self._compile()

    def update(self, signals: Mapping[str, Array]) -> None:
        """Write all registers afresh from the plant's signals."""
        self.summary.update(signals)
        flat = self._columns.gather(signals)
        registers = self.registers
        for width in self._widths:
            scaled = np.rint(flat[width.source] * width.factor)
            np.maximum(scaled, width.floor, out=scaled)
            fits = (scaled >= width.low) & (scaled <= width.high)  # NaN fits nowhere
            whole = np.where(fits, scaled, 0.0).astype(np.int64).astype(np.uint64)
            whole = np.where(fits, whole, width.absent)
            for word in range(width.size):
                shift = np.uint64(16 * (width.size - 1 - word))
                registers[width.target + word] = ((whole >> shift) & np.uint64(0xFFFF)).astype(np.uint16)
        if self._floats is not None:
            source, factor, target = self._floats
            values = flat[source] * factor
            bits = values.astype(np.float32).view(np.uint32)
            bits = np.where(np.isnan(values), np.uint32(ABSENT["float32"]), bits)
            registers[target] = (bits >> np.uint32(16)).astype(np.uint16)
            registers[target + 1] = (bits & np.uint32(0xFFFF)).astype(np.uint16)

    def _lay(self, unit: Unit) -> list[Span]:
        """Append a unit's registers to the image."""
        spans = []
        if unit.chain:
            start = len(self._fixed)
            self._fixed += _MARK
            for block in unit.chain:
                self._place(block)
            self._fixed += _END
            spans.append((unit.base, start, len(self._fixed) - start))
        for address, block in unit.apart:
            start = len(self._fixed)
            self._place(block)
            spans.append((address, start, len(self._fixed) - start))
        return spans

    def _place(self, block: Block) -> None:
        start = len(self._fixed)
        self._fixed += self._blank(block.layout)
        for path, content in block.fixed.items():
            place = block.layout.places[path]
            self._fixed[start + place.offset : start + place.offset + place.size] = words_of(content, place)
        for shown in block.shown:
            place = block.layout.places[shown.path]
            source = self._columns.index(shown.signal, shown.row, shown.column)
            exponent = block.exponent(place)
            factor = shown.factor * (10.0**-exponent)
            self._entries.append((place, start + place.offset, source, factor))

    def _blank(self, layout: Layout) -> list[int]:
        """The registers of a block in which nothing is there yet, worked out once a layout."""
        found = self._blanks.get(id(layout))
        if found is None:
            found = [0] * layout.registers
            for place in layout.places.values():
                found[place.offset : place.offset + place.size] = words_of(None, place)
            self._blanks[id(layout)] = found
        return found

    def _compile(
        self,
    ) -> tuple[tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]] | None, list[_Width]]:
        floats = [e for e in self._entries if e[0].type == "float32"]
        whole = [e for e in self._entries if e[0].type != "float32"]
        places = {id(place): place for place, *_ in whole}
        limits = {each: bounds(place) for each, place in places.items()}
        widths = []
        for size in sorted({e[0].size for e in whole}):
            entries = [e for e in whole if e[0].size == size]
            low, high = zip(*(limits[id(e[0])] for e in entries), strict=True)
            widths.append(
                _Width(
                    size,
                    np.array([e[2] for e in entries]),
                    np.array([e[3] for e in entries]),
                    np.array(low),
                    np.array(high),
                    np.array([-np.inf if e[0].signed else 0.0 for e in entries]),
                    np.array([e[0].absent or 0 for e in entries], np.uint64),
                    np.array([e[1] for e in entries]),
                )
            )
        if not floats:
            return None, widths
        return (
            np.array([e[2] for e in floats]),
            np.array([e[3] for e in floats]),
            np.array([e[1] for e in floats]),
        ), widths


class _Columns:
    """Every number of the plant and of its summary in one flat array, in a fixed order."""

    def __init__(self, site: Site, summary: Summary) -> None:
        self.summary = summary
        shapes = {name: signal.shape(site) for name, signal in SIGNALS.items()}
        shapes |= {name: values.shape for name, values in summary.values.items()}
        self._widths = {name: shape[1] if len(shape) > 1 else 1 for name, shape in shapes.items()}
        sizes = [int(np.prod(shape)) for shape in shapes.values()]
        starts = [0, *np.cumsum(sizes)[:-1].tolist()]
        self._start = dict(zip(shapes, starts, strict=True))
        self._flat = np.zeros(sum(sizes))

    def index(self, name: str, row: int, column: int) -> int:
        """Position of one number."""
        return int(self._start[name] + row * self._widths[name] + column)

    def gather(self, signals: Mapping[str, Array]) -> NDArray[np.float64]:
        """Copy all numbers; the same array every time."""
        parts: Iterable[Array] = (*(signals[name].ravel() for name in SIGNALS), *self.summary.values.values())
        np.concatenate(tuple(parts), out=self._flat, casting="unsafe")
        return self._flat


def bounds(place: Place) -> tuple[float, float]:
    """Smallest and largest register content that is a value of the place, not its mark of absence."""
    bits = 16 * place.size
    low, high = (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1.0) if place.signed else (0.0, 2.0**bits - 1.0)
    if not place.absent:
        return low, high
    return (low + 1.0, high) if place.signed else (low, high - 1.0)


def words_of(content: int | str | None, place: Place) -> list[int]:
    """Register contents of a fixed value, or of "not implemented" where there is none."""
    if place.type == "string":
        data = str(content or "").encode("ascii")
        assert len(data) <= place.size * REGISTER_BYTES, f"{content!r} is too long for {place.size} registers"
        return list(struct.unpack(f">{place.size}H", data.ljust(place.size * REGISTER_BYTES, b"\0")))
    if content is None:
        number = place.absent or 0
    else:
        assert isinstance(content, int), f"{content!r} for a number"
        number = content & ((1 << (16 * place.size)) - 1)
    return [(number >> (16 * (place.size - 1 - i))) & 0xFFFF for i in range(place.size)]
