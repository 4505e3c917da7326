"""Which alarms are one story, and what people do about it. Its rules are numbered in README.md."""

from ironkeep.decisions.incidents.admit import admit
from ironkeep.decisions.incidents.decide import decide
from ironkeep.decisions.incidents.memory import (
    FOLD,
    Memory,
    absorb,
    changed,
    empty,
    freeze,
    opened,
    standing,
    thaw,
)
from ironkeep.decisions.incidents.policy import Policy

__all__ = [
    "FOLD",
    "Memory",
    "Policy",
    "absorb",
    "admit",
    "changed",
    "decide",
    "empty",
    "freeze",
    "opened",
    "standing",
    "thaw",
]
