"""What starts, groups, latches, is shelved and stops. Its rules are numbered in README.md."""

from ironkeep.decisions.alarms.admit import admit
from ironkeep.decisions.alarms.alarm_list import tell
from ironkeep.decisions.alarms.decide import decide
from ironkeep.decisions.alarms.memory import (
    FOLD,
    Flood,
    Memory,
    absorb,
    digest,
    empty,
    flood,
    freeze,
    standing,
    thaw,
)
from ironkeep.decisions.alarms.policy import Policy

__all__ = [
    "FOLD",
    "Flood",
    "Memory",
    "Policy",
    "absorb",
    "admit",
    "decide",
    "digest",
    "empty",
    "flood",
    "freeze",
    "standing",
    "tell",
    "thaw",
]
