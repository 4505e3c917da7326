"""May this person do this, here, now? Its rules are numbered in README.md."""

from ironkeep.decisions.access.admit import admit
from ironkeep.decisions.access.decide import Ruling, Verdict, decide, waiting
from ironkeep.decisions.access.memory import (
    FOLD_NAME,
    FOLD_VERSION,
    KINDS,
    Memory,
    absorb,
    digest,
    empty,
    freeze,
    thaw,
)
from ironkeep.decisions.access.policy import Policy

__all__ = [
    "FOLD_NAME",
    "FOLD_VERSION",
    "KINDS",
    "Memory",
    "Policy",
    "Ruling",
    "Verdict",
    "absorb",
    "admit",
    "decide",
    "digest",
    "empty",
    "freeze",
    "thaw",
    "waiting",
]
