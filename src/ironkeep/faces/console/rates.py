"""How fast a program may ask, and how fast anybody may ask for changes: a bucket each, filled steadily. What is asked
too fast is told when to come back.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass

from ironkeep.model.time import SECOND_US

BUCKETS_MAX = 10_000  # askers remembered; the one longest unheard is forgotten first


@dataclass(frozen=True)
class Rate:
    """So many requests a second in the long run, so many at once."""

    per_s: float
    burst: int


PROGRAM = Rate(10.0, 100)  # a program that reads everything once a minute
CHANGES = Rate(5.0, 60)  # requests that change something, of either


class Rates:
    """Counts requests by asker."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wait_s(self, who: str, rate: Rate, now_us: int) -> int:
        """0 when the request may be made now, which counts it; else the seconds after which one may."""
        level, then_us = self._buckets.pop(who, (float(rate.burst), now_us))
        level = min(rate.burst, level + max(now_us - then_us, 0) / SECOND_US * rate.per_s)
        fine = level >= 1.0
        self._buckets[who] = (level - 1.0 if fine else level, now_us)
        if len(self._buckets) > BUCKETS_MAX:
            self._buckets.popitem(last=False)
        return 0 if fine else max(1, math.ceil((1.0 - level) / rate.per_s))
