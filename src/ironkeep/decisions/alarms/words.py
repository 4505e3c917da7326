"""The numbers of an alarm as people read them: value and limit with unit, the column where one stands out."""

import numpy as np

from ironkeep.decisions.alarms.conditions import Condition
from ironkeep.decisions.alarms.memory import Ring
from ironkeep.decisions.alarms.watch import NOT_USABLE, Watch
from ironkeep.model.alarm import Comparison
from ironkeep.model.frame import Frame, FrameLayout
from ironkeep.model.gather import Mask
from ironkeep.model.point import PointSpec, number_said

BARE = ("yes", "no")  # states that say nothing without what they are states of
UNITS = {"C": "°C", "ohm": "Ω"}


def value_text(watch: Watch, condition: Condition, frame: Frame, row: int, ring: Ring = ()) -> str:
    """The value that decided, with its unit and, of several columns, the one that it came from; `ring` as of a rule
    that looks for a rise.
    """
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
    if watch.columns.size > 1 and watch.columns[-1] < len(frame.layout.analog):
        column = _from(watch, value, frame, row, ring)
        most = "highest " if watch.rule.compare is Comparison.SPREAD else ""
        text = text if column is None else f"{text} ({most}{specs[column].name})"
    return text


def _from(watch: Watch, value: float, frame: Frame, row: int, ring: Ring) -> int | None:
    """The column that a value came from: that which shows it, which moved by most, or of a spread the highest."""
    shown = frame.analog[row, watch.columns].astype(np.float64)
    match watch.rule.compare:
        case Comparison.ABOVE | Comparison.BELOW:
            far = np.abs(shown - value)
        case Comparison.RISING if ring:
            far = ring[0][1][row] - shown
        case Comparison.SPREAD:
            far = np.where((frame.quality[row, watch.columns] & NOT_USABLE) == 0, -shown, np.nan)
        case _:
            return None
    return int(watch.columns[np.nanargmin(far)]) if np.isfinite(far).any() else None


def named_in(text: str, watch: Watch, layout: FrameLayout) -> Mask:
    """Which of the watch's columns a value text names, (k,)."""
    name = text.rpartition(" ")[2].strip("()")
    specs = (*layout.analog, *layout.integer)
    return np.array([specs[int(column)].name == name for column in watch.columns], np.bool_)


def limit_text(watch: Watch, condition: Condition, frame: Frame, row: int) -> str:
    """The limit with its unit; empty where a state or a bit is its own limit."""
    if watch.rule.compare in (Comparison.BIT, Comparison.EQUALS):
        return ""
    limit = float(condition.limit[row])
    unit = (*frame.layout.analog, *frame.layout.integer)[int(watch.columns[0])].unit
    per = "/min" if watch.rule.compare is Comparison.RISING else ""
    return f"{number_said(limit)} {UNITS.get(unit, unit)}{per}".strip()


def _symbol(spec: PointSpec, value: float) -> str:
    return next((s.name for s in spec.symbols if s.value == int(value)), f"{spec.name} {int(value)}")
