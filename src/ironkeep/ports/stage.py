"""Stage: the demo's way to the twin, present only where the site is declared simulated. It never reaches equipment."""

from typing import Protocol

import msgspec


class Scenario(msgspec.Struct, frozen=True):
    """One scenario that the twin can play: its name, a title, what it shows, and whether it must raise nothing."""

    name: str
    title: str
    shows: str
    quiet: bool


class StageState(msgspec.Struct, frozen=True):
    """What the twin is playing: scenario names with seconds since each began, the plant's own time, and its pace (1
    = real time).
    """

    playing: tuple[tuple[str, float], ...]
    plant_s: float
    pace: float


class Stage(Protocol):
    """The twin's control socket. Every call raises Unavailable when no twin answers, Refused for an unknown
    scenario.
    """

    async def scenarios(self) -> tuple[Scenario, ...]:
        """All that can be played."""
        ...

    async def inject(self, scenario: str) -> StageState:
        """Start one."""
        ...

    async def clear(self) -> StageState:
        """End all and bring the plant back to its quiet state."""
        ...

    async def state(self) -> StageState:
        """What is playing."""
        ...
