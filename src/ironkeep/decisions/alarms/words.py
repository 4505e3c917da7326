"""The numbers of an alarm as people read them: value and limit with unit, the column where one stands out."""

import numpy as np

from ironkeep.decisions.alarms.conditions import Condition
from ironkeep.decisions.alarms.watch import Watch
from ironkeep.model.alarm import Comparison
from ironkeep.model.frame import Frame
from ironkeep.model.point import PointSpec, number_said, unit_said

BARE = ("yes", "no")  # states that say nothing without what they are states of
UNITS = {"C": "°C", "ohm": "Ω"}


def value_text(watch: Watch, condition: Condition, frame: Frame, row: int) -> str:
    """The value that decided, with its unit and, of several columns, the one that it came from."""
    specs = (*frame.layout.analog, *frame.layout.integer)
    spec = specs[int(watch.columns[0])]
    value = float(condition.value[row])
    if watch.rule.compare is Comparison.BIT:
        return f"{_symbol(spec, watch.rule.limit)} {'set' if value else 'not set'}"
    if np.isnan(value):
        return "not known"
    if spec.symbols:
        symbol = _symbol(spec, value)
        return f"{spec.label}: {symbol}" if spec.label and symbol in BARE else symbol
    unit = UNITS.get(spec.unit, spec.unit)
    if watch.rule.compare is Comparison.RISING:
        unit = f"{unit}/min"
    text = f"{number_said(value)} {unit}".strip()
    if watch.columns.size > 1 and watch.rule.compare in (Comparison.ABOVE, Comparison.BELOW):
        analog = frame.analog[row, watch.columns[watch.columns < len(frame.layout.analog)]]
        if analog.size == watch.columns.size and np.isfinite(analog).any():
            best = int(np.nanargmax(analog) if watch.rule.compare is Comparison.ABOVE else np.nanargmin(analog))
            text = f"{text} ({specs[int(watch.columns[best])].name})"
    return text


def limit_text(watch: Watch, condition: Condition, row: int) -> str:
    """The limit with its unit; empty where a state or a bit is its own limit."""
    if watch.rule.compare in (Comparison.BIT, Comparison.EQUALS):
        return ""
    limit = float(condition.limit[row])
    per = "/min" if watch.rule.compare is Comparison.RISING else ""
    return f"{number_said(limit)} {unit_said(watch.rule.point)}{per}".strip()


def _symbol(spec: PointSpec, value: float) -> str:
    return next((s.name for s in spec.symbols if s.value == int(value)), f"{spec.name} {int(value)}")
