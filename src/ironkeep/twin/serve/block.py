"""One block of registers that a device offers: a SunSpec model or a vendor map, and what each point shows.

Rules. A point shows one number of the plant, shows something fixed, or is not implemented. A scale factor never moves:
it is part of the device's configuration. Where the finest step of a signal and its largest value do not both fit a
register, the largest value wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ironkeep.twin.serve.models import Layout, Place, layout
from ironkeep.twin.signals import SIGNALS


@dataclass(frozen=True)
class Shown:
    """A point at `path` shows `signal[row]` (or `[row, column]`) times `factor`."""

    path: str
    signal: str
    row: int
    column: int = 0
    factor: float = 1.0


@dataclass
class Block:
    """Places, what they show, what is fixed, and the scale factors by the name of their register."""

    name: str
    layout: Layout
    shown: list[Shown] = field(default_factory=list)
    fixed: dict[str, int | str] = field(default_factory=dict)
    scales: dict[str, int] = field(default_factory=dict)

    def show(self, rows: Mapping[str, int], points: Mapping[str, str], prefix: str = "") -> None:
        """Let each point show a signal of the row that `rows` gives for the signal's group.

        A signal is written `group.name`, with `/column` behind it where it has columns and `*factor` where a register
        holds another unit.
        """
        for path, text in points.items():
            name, _, factor = text.partition("*")
            signal, _, column = name.partition("/")
            index = SIGNALS[signal].columns.index(column) if column else 0
            row = rows[signal.partition(".")[0]]
            self.shown.append(Shown(prefix + path, signal, row, index, float(factor or 1.0)))

    def exponent(self, place: Place) -> int:
        """Power of ten of a place's register: the value is the register times 10 to it."""
        return self.scales[place.scale] if place.scale else 0


def sunspec(model: int, scales: Mapping[str, int] | None = None, repeats: Mapping[str, int] | None = None) -> Block:
    """An empty block of a SunSpec model: ID, L and scale factors are there, all else is not implemented yet."""
    places = layout(model, repeats)
    block = Block(f"sunspec {model}", places, scales=dict(scales or {}))
    block.fixed |= {"ID": model, "L": places.registers - 2, **block.scales}
    unknown = [path for path in block.fixed if path not in places.places]
    assert not unknown, f"model {model} has no point {unknown}"
    return block


def fix(block: Block, values: Mapping[str, int | str], prefixes: Iterable[str] = ("",)) -> None:
    """Give fixed contents to points, under each prefix."""
    for prefix in prefixes:
        block.fixed |= {prefix + path: value for path, value in values.items()}
