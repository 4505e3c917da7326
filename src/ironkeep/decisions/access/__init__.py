"""May this person do this, here, now? Its rules are numbered in README.md."""

from ironkeep.decisions.access.admit import admit
from ironkeep.decisions.access.decide import Ruling, Verdict, decide, waiting
from ironkeep.decisions.access.memory import (
    FOLD,
    Memory,
    absorb,
    empty,
    freeze,
    thaw,
)
from ironkeep.decisions.access.policy import Policy

__all__ = [
    "FOLD",
    "Memory",
    "Policy",
    "Ruling",
    "Verdict",
    "absorb",
    "admit",
    "decide",
    "empty",
    "freeze",
    "thaw",
    "waiting",
]
