"""What a check found, for people and for programs. The first bad fact comes first."""

import bisect
from collections.abc import Iterable
from typing import Final

import msgspec

GOOD: Final = 0
BAD: Final = 1
UNREADABLE: Final = 2
PROBLEMS_MAX: Final = 50  # problems that are told; what follows is counted


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong. It touches the fact `seq`, or, where `last` is greater, some of the facts up to that
    one.
    """

    seq: int
    what: str
    last: int = -1


def ordered(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by the first fact that they touch; what is told of a span stands behind what is told of a fact, or of a
    narrower span, inside it.
    """
    every = sorted(dict.fromkeys(problems), key=_width)
    known: list[int] = []
    places: dict[Problem, int] = {}
    for each in every:
        at = bisect.bisect_left(known, each.seq)
        inside = at < len(known) and known[at] <= max(each.last, each.seq)
        places[each] = known[at] if inside else each.seq
        known.insert(at, places[each])
    return sorted(every, key=places.__getitem__)


def _width(problem: Problem) -> int:
    return max(problem.last - problem.seq, 0)


class Report(msgspec.Struct, frozen=True):
    """The outcome. `root` is base64 as on a checkpoint's third line; `first_bad` the seq of the first bad fact, if
    known.

    `problems` say what is wrong, first bad fact first; `notes` say what was and what was not checked, and why.
    """

    readable: bool
    facts: int
    root: str
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    first_bad: int | None = None

    @property
    def good(self) -> bool:
        """Everything that was checked is as it was signed."""
        return self.readable and not self.problems

    @property
    def code(self) -> int:
        """The exit code: 0 good, 1 bad, 2 unreadable."""
        return GOOD if self.good else BAD if self.readable else UNREADABLE


class Unreadable(Exception):  # noqa: N818 - a finding, not a bug
    """What was given cannot be read as evidence at all; says why and what would help."""
