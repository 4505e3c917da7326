"""May this reading be believed? The only maker of judged frames; its rules are numbered in README.md."""

from ironkeep.decisions.telemetry.decide import admit, decide
from ironkeep.decisions.telemetry.memory import (
    FOLD,
    Memory,
    absorb,
    digest,
    empty,
    findings,
    freeze,
    thaw,
)
from ironkeep.decisions.telemetry.policy import Policy

__all__ = [
    "FOLD",
    "Memory",
    "Policy",
    "absorb",
    "admit",
    "decide",
    "digest",
    "empty",
    "findings",
    "freeze",
    "thaw",
]
