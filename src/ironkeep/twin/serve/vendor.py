"""A vendor map of packs/equipment as a block of registers: the same data by which the site reads the device.

Rules. Every point of the map must be a signal of the device's group or of its card; a map that asks for anything else
is a bug of ours and stops the twin. Registers between points read zero.
"""

from __future__ import annotations

from ironkeep.codecs.definition import Placed, VendorMap
from ironkeep.codecs.words import TYPES
from ironkeep.twin.layout import Site
from ironkeep.twin.serve.block import Block
from ironkeep.twin.serve.models import Layout, Place
from ironkeep.twin.serve.naming import signals_by_point

_SUNSPEC_TYPES = {"s": "int", "u": "uint", "f": "float"}


def vendor_block(known: VendorMap, site: Site, group: str, asset: str) -> tuple[int, Block]:
    """The address of the first register, and the block, of a map for one asset (a row of `group`)."""
    assert known.base is not None, f"{known.id}: the twin serves maps at fixed addresses only"
    device = asset.partition(".")[0]
    rows = {group: site.row[group, asset], "device": site.row["device", device]}
    signals = signals_by_point(group, "device")
    places = {placed.point.name: _place(placed) for placed in known.points}
    end = max(place.offset + place.size for place in places.values())
    block = Block(known.name, Layout(places, end))
    for placed in known.points:
        point = placed.point
        assert placed.scale_register is None, f"{known.id}.{point.name}: the twin serves fixed scales only"
        factor = 1.0 / (point.factor * 10.0**point.exponent)
        block.show(rows, {point.name: f"{signals[point.name]}*{factor!r}"})
    return known.base, block


def _place(placed: Placed) -> Place:
    """Where a point stands; the type's first letters say its sign."""
    type_ = placed.point.type
    assert not placed.point.little, f"{placed.point.name}: the twin serves the big word first"
    return Place(
        _SUNSPEC_TYPES.get(type_[0], "uint") + str(16 * TYPES[type_].registers),
        placed.register,
        TYPES[type_].registers,
        None,
        placed.point.absent,
    )
