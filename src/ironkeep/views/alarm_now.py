"""What an alarm's own point reads now, beside what it read when it was raised: "18 ppm when raised, 1 365 ppm now".

Only rules that hold one value against a limit say it. Of a rule over many columns (cells of a module) it is the value
that is furthest to the side of the limit. What cannot be believed is not known (safety S12).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from ironkeep.model.alarm import Alarm, AlarmRule, Comparison
from ironkeep.model.ids import PointName
from ironkeep.model.time import SECOND_US
from ironkeep.views.numbers import NOT_KNOWN, quantity
from ironkeep.views.scene import Scene, matching, useless

SIDES: Final = frozenset({Comparison.ABOVE, Comparison.BELOW})


@dataclass(frozen=True, slots=True)
class Look:
    """Where a rule looks, and whether what is low is what it fears."""

    point: PointName
    low: bool


def looks(rules: Iterable[AlarmRule]) -> Mapping[str, Look]:
    """Where each rule looks that holds one value against a limit, by the rule's id."""
    return {rule.id: Look(rule.point, rule.compare is Comparison.BELOW) for rule in rules if rule.compare in SIDES}


def now_text(looks: Mapping[str, Look], scene: Scene, alarm: Alarm, now_us: int) -> str | None:
    """What the alarm's point reads at `now_us`, with its unit, or "not known"; None where its rule looks at no single
    value.
    """
    look = looks.get(alarm.rule)
    if look is None or not scene.turn:
        return None
    if "*" not in look.point:
        value = scene.value(alarm.asset, look.point, now_us)
        return quantity(value.number, value.unit, signed=False)
    found: list[float] = []
    unit = ""
    for frame, row in scene.rows_of(alarm.asset):
        names, cols = matching(frame.layout, look.point)
        if not names or now_us - int(frame.collected_us[row]) > frame.layout.age_limit_s * SECOND_US:
            continue
        unit = frame.layout.analog[cols[0]].unit
        values = frame.analog[row, cols][~useless(frame.quality[row, cols])]
        found += values[np.isfinite(values)].tolist()
    if not found:
        return NOT_KNOWN
    return quantity(min(found) if look.low else max(found), unit, signed=False)
