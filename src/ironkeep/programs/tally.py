"""How far a walk over many things is, told on the way."""

from collections.abc import Iterable, Iterator
from typing import Final, TypeVar

from ironkeep.faces.cli.wiring import Tell

EVERY: Final = 1_000

T = TypeVar("T")


def counted(things: Iterable[T], what: str, of: int, tell: Tell, every: int = EVERY) -> Iterator[T]:
    """The same things; `tell` hears `what` is done to them and how many of how many passed, after `every` so many."""
    tell(what, 0, of)
    for number, each in enumerate(things, 1):
        yield each
        if number % every == 0:
            tell(what, number, of)
