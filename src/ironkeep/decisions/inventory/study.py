"""A long thought in small steps: a turn takes some, the next one goes on, and no turn waits for the end.

Where a study stands follows from what it was begun with and from how many steps it took, and from nothing else. The
half-finished work that it keeps is a shortcut: asked for an earlier moment than it reached, it begins again.
"""

from collections.abc import Callable, Generator
from typing import Generic, TypeVar

T = TypeVar("T")
Steps = Generator[None, None, T]  # work that yields after each step of bounded cost


class Study(Generic[T]):
    """One thought. `make` gives its work from the start, the same each time."""

    def __init__(self, make: Callable[[], Steps[T]]) -> None:
        self._make = make
        self._begin()

    def _begin(self) -> None:
        self._work = self._make()
        self._taken = 0  # steps
        self._end: T | None = None

    def after(self, steps: int) -> T | None:
        """What is thought after so many steps from the beginning; None while they do not suffice."""
        if steps < self._taken:
            self._begin()
        while self._end is None and self._taken < steps:
            try:
                next(self._work)
            except StopIteration as ended:
                self._end = ended.value
            else:
                self._taken += 1
        return self._end


def whole(work: Steps[T]) -> T:
    """What comes out of all the steps, taken at one go: for those who may wait."""
    while True:
        try:
            next(work)
        except StopIteration as ended:
            end: T = ended.value
            return end
