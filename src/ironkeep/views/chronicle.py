"""What happened to one asset, as lines: what was said of many of its parts at one moment is one line.

A line keeps its first fact for the proof, and the assets that it is about in the order in which they were told.
"""

from collections.abc import Iterable
from itertools import groupby

import msgspec

from ironkeep.facts.envelope import Fact


class Line(msgspec.Struct, frozen=True):
    """Facts of one kind, by one actor, at one moment, newest first."""

    facts: tuple[Fact, ...]

    @property
    def first(self) -> Fact:
        """The fact that stands for all."""
        return self.facts[0]

    @property
    def assets(self) -> tuple[str, ...]:
        """Which assets it is about, each once."""
        return tuple(dict.fromkeys(each.asset for each in self.facts if each.asset))


def lines(facts: Iterable[Fact], most: int) -> tuple[Line, ...]:
    """At most so many lines of facts that come newest first."""
    made = (Line(tuple(alike)) for _, alike in groupby(facts, lambda fact: (fact.kind, fact.actor, fact.at)))
    return tuple(line for line, _ in zip(made, range(most), strict=False))
