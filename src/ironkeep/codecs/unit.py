"""One unit (a device behind an address) as a whole: what to read each poll, and which rows and columns come of it.

Rules. 1. Equal models of a unit become rows of one part. 2. A children pattern gives a model's instances, or the
repeats of its first repeating group, to assets of their own; `{n}` counts from 1 what it names. "805" names instances;
"803", "804" and "803.*" repeats; "804#" the instances where the plain name means repeats. Without a pattern repeats are
columns and further instances are called `<asset>.<model>-<nn>`. 3. A group's name tells model and shape, so that the
same columns have the same name at every device. 4. Models that follow each other are read as one run, so that a poll
takes the fewest reads; a unit that refuses a read across two of them is read model by model. 5. Registers of a vendor
map are read as they stand in the map: holes are not read, since a device may refuse them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from ironkeep.codecs.chain import Entry
from ironkeep.codecs.definition import ADDRESSES, Knowledge, Model, VendorMap
from ironkeep.codecs.layout import Field, Layout, name_of, vendor
from ironkeep.codecs.modbus import Function, Read
from ironkeep.codecs.plan import Part, Plan, is_analog, shown
from ironkeep.codecs.reads import cut, spans
from ironkeep.model.ids import AssetId, PointName
from ironkeep.model.point import PointSpec

_GAP_MAX: Final = 0  # registers of a vendor map that nobody named and that are read all the same


SUNSPEC: Final = "sunspec"  # among the maps of a device: its own chain of models
Chart = tuple[VendorMap, int]
"""A vendor map and the register at which it begins."""


class Found(msgspec.Struct, frozen=True):
    """One known model of a unit, laid out."""

    entry: Entry
    model: Model
    layout: Layout


class Seat(msgspec.Struct, frozen=True):
    """What one part shows: its group's name, its columns, and the asset of each row."""

    group: str
    analog: tuple[PointSpec, ...]
    integer: tuple[PointSpec, ...]
    assets: tuple[AssetId, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """One read and the word at which its registers are put."""

    read: Read
    word: int


@dataclass(frozen=True)
class UnitPlan:
    """Everything that a poll of a unit needs. Slots from `swept` on show nothing but texts: they are read now and then.
    `joined` are the slots that cross from one model into the next, which a unit may refuse.

    `pins` are words that must read as `expected`, else the unit is no longer what was described. `touched` gives for
    each part the slot that each value comes from, (rows, analog + integer), `scaling` the slot of its scale factor (its
    own where nothing scales it). `texts`: particular, word, registers.
    """

    slots: tuple[Slot, ...]
    swept: int
    joined: frozenset[int]
    plan: Plan
    seats: tuple[Seat, ...]
    pins: NDArray[np.intp]
    expected: NDArray[np.uint16]
    pin_slots: NDArray[np.intp]
    touched: tuple[NDArray[np.intp], ...]
    scaling: tuple[NDArray[np.intp], ...]
    texts: tuple[tuple[str, int, int], ...]

    @cached_property
    def expected_bytes(self) -> bytes:
        """`expected` as bytes, to compare with at once."""
        return self.expected.tobytes()

    @property
    def words(self) -> int:
        """Registers of one poll."""
        return self.plan.count


@dataclass(slots=True)
class _Run:
    """Registers of models that follow each other: from `address`, put from `word` on. `borders` are the offsets at
    which a point starts, `seams` those at which a model does.
    """

    address: int
    word: int
    count: int
    borders: list[int]
    seams: list[int]

    def slots(self, registers_max: int) -> Iterator[tuple[Slot, bool]]:
        """The reads, and whether each crosses a seam."""
        for first, count in cut(self.borders, self.count, registers_max):
            crosses = any(first < seam < first + count for seam in self.seams)
            yield Slot(Read(Function.HOLDING, self.address + first, count), self.word + first), crosses


class _Build:
    """Gathers runs, slots and parts."""

    def __init__(self, asset: AssetId, children: Mapping[str, str], registers_max: int, *, apart: bool) -> None:
        self.asset, self.children, self.registers_max, self.apart = asset, children, registers_max, apart
        self.runs: list[_Run] = []
        self.swept: list[_Run] = []
        self.charted: list[Slot] = []
        self.count = 0
        self.parts: dict[tuple[str, tuple[str, ...], tuple[str, ...]], _Rows] = {}
        self.pins: list[tuple[int, int]] = []
        self.texts: list[tuple[str, int, int]] = []

    def sunspec(self, found: Found, instance: int) -> None:
        """Add one model."""
        start, layout, number = self.count, found.layout, found.entry.model
        known = min(layout.registers, found.entry.length + 2)
        runs = self.runs if any(map(shown, (*layout.fields, *layout.repeated))) else self.swept
        self._follow(runs, found.entry.address, known, layout.borders)
        self.count += known
        word = dict(found_pins(found))
        self.pins += [(start + offset, word[offset]) for offset in layout.pins if offset < known]
        self._texts(layout, start)
        name = found.model.name
        tail = "" if layout.whole else f"-l{found.entry.length}"
        shape = "".join(f"x{n}" for n in layout.shape)
        asset = self._instance_asset(found, instance)
        if layout.repeated:
            self._add(f"{name}{tail}", number, layout.fields, [(asset, start, start)], 0)
            pattern = self.children.get(f"{number}.*", self.children.get(str(number), ""))
            rows = [
                (AssetId(pattern.format(n=n + 1, m=instance)), start + n * layout.stride, start)
                for n in range(layout.rows)
            ]
            inner = "".join(f"x{n}" for n in layout.shape[1:])
            self._add(f"{name}.*{inner}{tail}", number, layout.repeated, rows, 1)
        else:
            self._add(f"{name}{shape}{tail}", number, layout.fields, [(asset, start, start)], 0)

    def _follow(self, runs: list[_Run], address: int, count: int, borders: Sequence[int]) -> None:
        """Add a model's registers to the run that they follow, else as a run of their own."""
        last = runs[-1] if runs and not self.apart else None
        if last is None or (last.address + last.count, last.word + last.count) != (address, self.count):
            runs.append(_Run(address, self.count, count, list(borders), []))
            return
        last.borders += [last.count + border for border in borders]
        last.seams.append(last.count)
        last.count += count

    def _instance_asset(self, found: Found, instance: int) -> AssetId:
        number = found.entry.model
        plain = "" if found.model.repeat_is_child else self.children.get(str(number), "")
        if pattern := self.children.get(f"{number}#", plain):
            return AssetId(pattern.format(n=instance, m=instance))
        return self.asset if instance == 1 else AssetId(f"{self.asset}.{number}-{instance:02d}")

    def chart(self, chart: VendorMap, base: int) -> None:
        """Add one vendor map whose registers count from `base`. What lies beyond the last register is left out."""
        layout = vendor(chart)
        fields = [field for field in layout.fields if base + field.offset + field.point.registers <= ADDRESSES]
        sizes = [(field.offset, field.point.registers) for field in fields]
        where: dict[int, int] = {}
        for first, count in spans(sizes, self.registers_max, _GAP_MAX):
            where.update({first + n: self.count + n for n in range(count)})
            self.charted.append(Slot(Read(chart.function, base + first, count), self.count))
            self.count += count
        moved = [
            msgspec.structs.replace(
                field,
                offset=where[field.offset],
                scale=None if field.scale is None else where.get(field.scale, -1),
            )
            for field in fields
        ]
        self.texts += [
            (each.point.particular, each.offset, each.point.registers) for each in moved if each.point.particular
        ]
        self._add(chart.name, 0, moved, [(self.asset, 0, 0)], 0)

    def _texts(self, layout: Layout, start: int) -> None:
        for field in layout.fields:
            if field.point.particular:
                self.texts.append((field.point.particular, start + field.offset, field.point.registers))

    def _add(
        self, group: str, number: int, fields: Sequence[Field], rows: Sequence[tuple[AssetId, int, int]], skip: int
    ) -> None:
        """Add rows (asset, word of offset 0, word of the block) to the part of that group and those columns."""
        analog = tuple(field for field in fields if shown(field) and is_analog(field))
        integer = tuple(field for field in fields if shown(field) and not is_analog(field))
        if not analog and not integer:
            return
        key = (group, _names(analog, number, skip), _names(integer, number, skip))
        part = self.parts.setdefault(key, _Rows(analog, integer, [], [], []))
        for asset, start, block in rows:
            part.assets.append(asset)
            part.starts.append(start)
            part.blocks.append(block)

    def finish(self, sign: int) -> UnitPlan:
        """The whole plan."""
        parts = [
            Part(each.analog, each.integer, tuple(each.starts), tuple(each.blocks)) for each in self.parts.values()
        ]
        seats = tuple(
            Seat(group, _specs(each.analog, analog), _specs(each.integer, integer), tuple(each.assets))
            for (group, analog, integer), each in self.parts.items()
        )
        polled = [each for run in self.runs for each in run.slots(self.registers_max)]
        polled += [(slot, False) for slot in self.charted]
        swept = len(polled)
        polled += [each for run in self.swept for each in run.slots(self.registers_max)]
        slots = tuple(slot for slot, _ in polled)
        slot_of = np.zeros(self.count + 1, np.intp)
        for n, slot in enumerate(slots):
            slot_of[slot.word : slot.word + slot.read.count] = n
        touched, scaling = [], []
        for part in parts:
            fields = (*part.analog, *part.integer)
            starts, blocks = np.array(part.starts, np.intp)[:, None], np.array(part.blocks, np.intp)[:, None]
            own = starts + np.array([field.offset for field in fields], np.intp)
            scale = np.array([-1 if field.scale is None else field.scale for field in fields], np.intp)
            near = np.array([field.near for field in fields], np.bool_)
            touched.append(slot_of[own])
            scaling.append(slot_of[np.where(scale < 0, own, np.where(near, starts, blocks) + scale)])
        pins = np.array([word for word, _ in self.pins], np.intp)
        return UnitPlan(
            slots=slots,
            swept=swept,
            joined=frozenset(n for n, (_, crosses) in enumerate(polled) if crosses),
            plan=Plan(parts, self.count, sign),
            seats=seats,
            pins=pins,
            expected=np.array([value for _, value in self.pins], np.uint16),
            pin_slots=slot_of[pins],
            touched=tuple(touched),
            scaling=tuple(scaling),
            texts=tuple(self.texts),
        )


@dataclass(slots=True)
class _Rows:
    analog: tuple[Field, ...]
    integer: tuple[Field, ...]
    assets: list[AssetId]
    starts: list[int]
    blocks: list[int]


def found_pins(found: Found) -> Sequence[tuple[int, int]]:
    """Offset and value of each register that the layout depends on."""
    return ((0, found.entry.model), (1, found.entry.length), *found.layout.counts)


def _names(fields: Sequence[Field], number: int, skip: int) -> tuple[str, ...]:
    return tuple(name_of(field, number, skip=skip) if number else field.point.name for field in fields)


def _specs(fields: Sequence[Field], names: Sequence[str]) -> tuple[PointSpec, ...]:
    return tuple(
        PointSpec(
            name=PointName(name),
            unit=field.point.unit,
            kind=field.point.kind,
            point_class=field.point.point_class,
            label=field.point.label,
            source=field.point.source,
            low=field.point.low,
            high=field.point.high,
            rate_per_s=field.point.rate_per_s,
            symbols=field.point.symbols,
        )
        for field, name in zip(fields, names, strict=True)
    )


def wants_rows(model: Model, children: Mapping[str, str]) -> bool:
    """Does a children pattern ask for the model's repeats as rows of their own?"""
    number = model.number
    return f"{number}.*" in children or (model.repeat_is_child and str(number) in children)


def placed(names: Sequence[str], knowledge: Knowledge, after: int | None, no_end: str) -> tuple[list[Chart], list[str]]:
    """The vendor maps of a device with the register at which each begins, and in words which cannot be placed. `after`
    is the first register behind the SunSpec chain; `no_end` says why that is not known.
    """
    charts: list[Chart] = []
    trouble: list[str] = []
    for name in names:
        if name == SUNSPEC:
            continue
        chart = knowledge.maps[name]
        base = after if chart.base is None else chart.base
        if base is None:
            trouble.append(f"map {name} starts after the SunSpec chain, {no_end}")
        else:
            charts.append((chart, base))
    return charts, trouble


def compose(
    asset: AssetId,
    found: Sequence[Found],
    charts: Sequence[tuple[VendorMap, int]],
    *,
    children: Mapping[str, str],
    registers_max: int,
    sign: int,
    apart: bool = False,
) -> UnitPlan:
    """The plan of a unit: its known models in the order of the chain, then its vendor maps with their bases.

    `children` are the device's patterns, `sign` its power_sign; `apart`: no read crosses from one model into the next.
    """
    build = _Build(asset, children, registers_max, apart=apart)
    instances: dict[int, int] = {}
    for each in found:
        instance = instances[each.entry.model] = instances.get(each.entry.model, 0) + 1
        build.sunspec(each, instance)
    for chart, base in charts:
        build.chart(chart, base)
    return build.finish(sign)
