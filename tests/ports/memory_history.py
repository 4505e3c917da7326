"""Port: History and HistoryReader, in memory and as plain as can be: the fake, and the oracle of the real one."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ironkeep.facts.envelope import Body
from ironkeep.model.errors import Refused
from ironkeep.model.frame import Frame
from ironkeep.model.ids import AssetId, PointName
from ironkeep.model.quality import ABSENT_INTEGER, Quality
from ironkeep.ports.history import Trend

MINUTE_US = 60_000_000


@dataclass
class MemoryHistory:
    """Every sample as a tuple, in a list a signal."""

    samples: dict[tuple[str, str], list[tuple[int, float | None, int]]] = field(default_factory=dict)
    units: dict[tuple[str, str], str] = field(default_factory=dict)
    polls: dict[tuple[str, str], int] = field(default_factory=dict)

    trouble = ""

    def append(self, frames: Sequence[Frame], memory_digest: str) -> None:
        for frame in frames:
            layout = frame.layout
            for row, asset in enumerate(layout.assets):
                polls = int(frame.polls[row])
                if not frame.collected_us[row] or self.polls.get((layout.group, asset)) == polls:
                    continue
                self.polls[layout.group, asset] = polls
                for column, spec in enumerate((*layout.analog, *layout.integer)):
                    analog = column < len(layout.analog)
                    raw = frame.analog[row, column] if analog else frame.integer[row, column - len(layout.analog)]
                    absent = np.isnan(raw) if analog else raw == ABSENT_INTEGER
                    bits = int(frame.quality[row, column])
                    value = None if absent or not Quality(bits).usable else float(raw)
                    self.units[asset, spec.name] = spec.unit
                    self.samples.setdefault((asset, spec.name), []).append((int(frame.collected_us[row]), value, bits))

    def outcomes(self) -> tuple[Body, ...]:
        return ()

    def close(self) -> None:
        pass

    def points(self, asset: AssetId) -> tuple[PointName, ...]:
        return tuple(PointName(point) for name, point in self.samples if name == asset)

    def trend(self, asset: AssetId, point: PointName, first_us: int, last_us: int, buckets: int) -> Trend:
        if (asset, point) not in self.samples or buckets < 1 or first_us >= last_us:
            raise Refused("no such trend")
        origin, width = first_us, -(-(last_us - first_us) // buckets)
        if width >= MINUTE_US:
            origin = first_us // MINUTE_US * MINUTE_US
            width = -(-(last_us - origin) // buckets)
            width = -(-width // MINUTE_US) * MINUTE_US
        many = -(-(last_us - origin) // width)
        held: list[list[float]] = [[] for _ in range(many)]
        quality = np.zeros(many, np.uint16)
        for at_us, value, bits in self.samples[asset, point]:
            if first_us <= at_us < last_us:
                place = (at_us - origin) // width
                quality[place] |= bits
                if value is not None:
                    held[place].append(value)
        figure = [(min(each), sum(each) / len(each), max(each)) if each else (np.nan,) * 3 for each in held]
        low, mean, high = np.array(figure).T
        at_us = origin + np.arange(many) * width
        count = np.array([len(each) for each in held])
        return Trend(asset, point, self.units[asset, point], at_us, low, mean, high, count, quality)
