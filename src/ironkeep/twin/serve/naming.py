"""Canonical point names of the plant's signals, and back.

Rules. The name is the part of the signal's name behind the dot; a column stands before the unit, cells as numbers of
two digits. The asset is the row.
"""

from __future__ import annotations

from ironkeep.twin.signals import SIGNALS

UNITS = frozenset("v a w wh ah va var c ohm s pct hz ppm bar rpm".split())


def point_name(signal: str, column: str = "") -> str:
    """`ups.input_voltage_v`, `l1` gives `input_voltage_l1_v`."""
    name = signal.partition(".")[2]
    if not column:
        return name
    head, _, unit = name.rpartition("_")
    return f"{head}_{column}_{unit}" if unit in UNITS else f"{name}_{column}"


def signals_by_point(*groups: str) -> dict[str, str]:
    """`signal/column` (no column: `signal`) by point name, for the signals of some groups; the first group wins."""
    found: dict[str, str] = {}
    for group in groups:
        for name, signal in SIGNALS.items():
            if signal.group == group:
                texts = [f"{name}/{column}" for column in signal.columns] or [name]
                for text, column in zip(texts, signal.columns or ("",), strict=True):
                    found.setdefault(point_name(name, column), text)
    return found
