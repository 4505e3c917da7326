"""Declared or observed; in which stage of life? The register, and what it cannot answer for; rules in README.md."""

from ironkeep.decisions.inventory.admit import admit
from ironkeep.decisions.inventory.decide import decide
from ironkeep.decisions.inventory.memory import (
    FOLD,
    Memory,
    absorb,
    empty,
    findings,
    freeze,
    imports,
    thaw,
)
from ironkeep.decisions.inventory.policy import Policy

__all__ = [
    "FOLD",
    "Memory",
    "Policy",
    "absorb",
    "admit",
    "decide",
    "empty",
    "findings",
    "freeze",
    "imports",
    "thaw",
]
