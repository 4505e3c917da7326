"""What a block of registers holds: a SunSpec model or a vendor map, before any of it is read.

Rules. A point knows its canonical name and class before any value is read. A group repeats as often as a register says
(`count` names it), as the block's length allows (`count` 0), or stands once (`count` None). A point that shows nothing
(padding, header) still takes its registers.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from ironkeep.model.point import PointClass, PointKind, Symbol

ADDRESSES: Final = 65_536  # registers that a unit can have


class Point(msgspec.Struct, frozen=True):
    """One point of a group.

    `key` is its name at the source, `name` the canonical one; `{1}`, `{2:02}` in it stand for the number of the repeat
    by depth. The value is the register times 10 to `exponent` and to what the register of point `scale_key` says,
    times `factor`. `signed` follows the device's power_sign. `absent` is the raw number that means "not implemented".
    `hidden` points show nothing.
    """

    key: str
    type: str
    registers: int
    name: str = ""
    unit: str = ""
    kind: PointKind = PointKind.ANALOG
    point_class: PointClass = PointClass.MEASUREMENT
    label: str = ""
    source: str = ""
    low: float | None = None
    high: float | None = None
    rate_per_s: float | None = None
    symbols: tuple[Symbol, ...] = ()
    scale_key: str = ""
    exponent: int = 0
    factor: float = 1.0
    signed: bool = False
    absent: int | None = None
    little: bool = False
    hidden: bool = False
    particular: str = ""


class Group(msgspec.Struct, frozen=True):
    """Points, then inner groups, in the order of their registers."""

    key: str
    points: tuple[Point, ...]
    groups: tuple["Group", ...] = ()
    count: int | str | None = None


class Model(msgspec.Struct, frozen=True):
    """A SunSpec model: `number` is its ID. `repeat_is_child`: a plain children pattern means its repeats."""

    number: int
    group: Group
    repeat_is_child: bool = False

    @property
    def name(self) -> str:
        """What groups of frames are called after."""
        return f"sunspec-{self.number}"


class Placed(msgspec.Struct, frozen=True):
    """A point of a vendor map with its register; `scale_register` where a register scales it."""

    point: Point
    register: int
    scale_register: int | None = None


class VendorMap(msgspec.Struct, frozen=True):
    """Registers beyond SunSpec. `base` None: they start after the end marker of the SunSpec chain."""

    title: str
    source: str
    kind: str
    base: int | None
    function: int  # 3 holding registers, 4 input registers
    points: tuple[Placed, ...]
    id: str = ""

    @property
    def name(self) -> str:
        """What groups of frames are called after."""
        return f"map-{self.id}"


class Knowledge(msgspec.Struct, frozen=True):
    """All that is known of equipment: `model` gives a SunSpec model by its ID, or None when we do not know it."""

    model: Callable[[int], Model | None]
    maps: Mapping[str, VendorMap]
