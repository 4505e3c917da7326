"""Where each point of a block stands, once its length and its counts are known.

Rules. A block is walked in the order of its registers. The length on the wire rules: a point or a repeat that does not
fit into it is not offered, whatever a count says; registers beyond what we know are left alone. Every register that the
walk depends on (ID, length, counts, scale factors) is a pin: when it reads otherwise, the layout no longer holds.
"""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from ironkeep.codecs.definition import Group, Model, Point, VendorMap

HEADER_REGISTERS: Final = 2  # ID and L, which L does not count
REPEATS_MAX: Final = 4096  # of one group in one block; more does not fit any block
FIELDS_MAX: Final = 65_536  # of one block: one a register

Keys = tuple[str, ...]
Word = Callable[[int], int]
"""The register at an offset from the block's first one."""


class Field(msgspec.Struct, frozen=True):
    """One point in its place: `offset` in registers from the block's start, `indices` its repeat numbers by depth."""

    point: Point
    offset: int
    scale: int | None  # offset of the register with its scale factor; -1 when the length cut that off
    near: bool  # that register stands in the point's own group: it moves with the repeat
    path: tuple[str, ...]  # keys of the groups around it, the block's own left out
    once: tuple[str, ...]  # those of them that do not repeat
    indices: tuple[int, ...]  # from 1


class Layout(msgspec.Struct, frozen=True):
    """A block laid out. `fields` are the points outside the mapped repeats; with `stride` > 0 the repeats of the first
    repeating group are rows of their own: `rows` of them, `stride` registers apart, `repeated` being the first.

    `pins` are offsets whose registers the layout depends on, `counts` offset and value of those that count repeats,
    `scales` offsets of the scale factors; `shape` counts the repeats by depth; `whole` is False when the length cut
    something off.
    """

    fields: tuple[Field, ...]
    repeated: tuple[Field, ...]
    rows: int
    stride: int
    pins: tuple[int, ...]
    counts: tuple[tuple[int, int], ...]
    scales: tuple[int, ...]
    borders: tuple[int, ...]  # offsets at which a point starts: reads are cut here
    shape: tuple[int, ...]
    whole: bool
    registers: int


class _Walk:
    """The state of one walk over a model."""

    def __init__(self, model: Model, word: Word, length: int) -> None:
        self.word = word
        self.end = length + HEADER_REGISTERS
        self.fields: list[Field] = []
        self.pins: dict[int, None] = {0: None, 1: None}
        self.scales: dict[int, None] = {}
        self.shape: dict[int, int] = {}
        self.whole = True
        self.top: dict[str, int] = {}
        self.first: tuple[int, int, int] | None = None  # rows, first offset and stride of the first repeating group
        self.borders: list[int] = []
        self.model = model

    def points(self, group: Group, at: int, scope: dict[str, int]) -> int:
        """Note where the group's points stand; returns the register after them."""
        for point in group.points:
            if at + point.registers <= self.end:
                scope[point.key] = at
            else:
                self.whole = False
            at += point.registers
        return at

    def group(self, group: Group, at: int, path: Keys, once: Keys, index: tuple[int, ...]) -> int:
        """Walk one instance of a group that starts at `at`; returns the register after it."""
        scope: dict[str, int] = {}
        after = self.points(group, at, scope)
        if not path:
            self.top = scope
        for point in group.points:
            if (offset := scope.get(point.key)) is None:
                continue
            self.borders.append(offset)
            scale = self._scale(point, scope)
            near = point.scale_key in scope
            self.fields.append(Field(point, offset, scale, near, path, once, index))
            assert len(self.fields) <= FIELDS_MAX
        for inner in group.groups:
            after = self._inner(inner, after, path, once, index)
        return after

    def _scale(self, point: Point, scope: dict[str, int]) -> int | None:
        if not point.scale_key:
            return None
        offset = scope.get(point.scale_key, self.top.get(point.scale_key, -1))  # -1: cut off, so nothing can scale it
        if offset >= 0:
            self.scales[offset] = None
        return offset

    def _inner(self, inner: Group, at: int, path: Keys, once: Keys, index: tuple[int, ...]) -> int:
        path = (*path, inner.key)
        if inner.count is None:
            return self.group(inner, at, path, (*once, inner.key), index)
        count = self._count(inner, at)
        depth = len(index)
        self.shape[depth] = max(count, self.shape.get(depth, 0))
        start, stride = at, 0
        for n in range(count):
            before = at
            at = self.group(inner, at, path, once, (*index, n + 1))
            stride = at - before
        if self.first is None and not index:
            self.first = (count, start, stride)
        return at

    def _count(self, inner: Group, at: int) -> int:
        """How often a group repeats here: what its count says, as far as the length has room for whole repeats."""
        size = max(self._size(inner), 1)
        room = max(self.end - at, 0) // size
        if inner.count == 0:
            return min(room, REPEATS_MAX)
        if isinstance(inner.count, int):
            asked = inner.count
        else:
            offset = self.top.get(str(inner.count), -1)
            if offset < 0:
                return 0
            self.pins[offset] = None
            asked = self.word(offset)
            asked = 0 if asked == 0xFFFF else asked
        if asked > room:
            self.whole = False
        return min(asked, room, REPEATS_MAX)

    def _size(self, group: Group) -> int:
        """Registers of one instance of a group, inner groups counted."""
        size = sum(point.registers for point in group.points)
        for inner in group.groups:
            times = 1
            if isinstance(inner.count, str):
                offset = self.top.get(inner.count, -1)
                times = self.word(offset) if offset >= 0 else 0
                times = 0 if times == 0xFFFF else times
            elif inner.count is not None:
                times = inner.count
            size += times * self._size(inner)
        return size


def spread(model: Model, length: int, word: Word, *, rows: bool) -> Layout:
    """The layout of a model instance of `length` registers (as L says) whose registers `word` gives by offset.

    `rows` asks for the repeats of the first repeating group as rows of their own.
    """
    walk = _Walk(model, word, length)
    after = walk.group(model.group, 0, (), (), ())
    borders = tuple(sorted(set(walk.borders)))
    repeated: tuple[Field, ...] = ()
    fields = tuple(walk.fields)
    count, _, stride = walk.first or (0, 0, 0)
    if rows and walk.first and count:
        repeated = tuple(field for field in fields if field.indices and field.indices[0] == 1)
        fields = tuple(field for field in fields if not field.indices)
    shape = tuple(walk.shape[depth] for depth in sorted(walk.shape))
    return Layout(
        fields=fields,
        repeated=repeated,
        rows=count if repeated else 0,
        stride=stride if repeated else 0,
        pins=tuple(walk.pins),
        counts=tuple((offset, word(offset)) for offset in walk.pins if offset >= HEADER_REGISTERS),
        scales=tuple(walk.scales),
        borders=borders,
        shape=shape,
        whole=walk.whole,
        registers=min(after, length + HEADER_REGISTERS),
    )


def vendor(chart: VendorMap) -> Layout:
    """The layout of a vendor map: registers are offsets from its base, as the map itself says."""
    fields = tuple(Field(each.point, each.register, each.scale_register, False, (), (), ()) for each in chart.points)
    scales = dict.fromkeys(each.scale_register for each in chart.points if each.scale_register is not None)
    end = max(each.register + each.point.registers for each in chart.points)
    return Layout(
        fields=fields,
        repeated=(),
        rows=0,
        stride=0,
        pins=(),
        counts=(),
        scales=tuple(scales),
        borders=tuple(sorted({each.register for each in chart.points})),
        shape=(),
        whole=True,
        registers=max(end, 1 + max(scales, default=0)),
    )


def name_of(field: Field, number: int, *, skip: int = 0) -> str:
    """The name of a field's column; `skip` leaves out repeat numbers that are rows, outermost first.

    The canonical name, its places filled with the repeat numbers; a repeat beyond the first that the name has no place
    for, and a point without a canonical name, are called `m<model>_<groups>_<point>_<repeats>`.
    """
    template, indices = field.point.name, field.indices
    missing = [n for depth, n in enumerate(indices[skip:], skip + 1) if n > 1 and f"{{{depth}" not in template]
    if template and not missing:
        return template.format("", *indices)
    numbers = "".join(f"_{n:02d}" for n in indices[skip:])
    return f"m{number}_{'_'.join((*field.once, field.point.key))}{numbers}"


def texts(layout: Layout) -> Iterator[Field]:
    """The fields that are strings."""
    return (field for field in (*layout.fields, *layout.repeated) if field.point.type == "string")
