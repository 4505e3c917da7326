"""Rows that say the same are one row: a table of two hundred banks is read when what differs stands alone."""

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

T = TypeVar("T")


def alike(items: Iterable[T], key: Callable[[T], Hashable]) -> tuple[tuple[T, ...], ...]:
    """The items in groups of one key, groups and items in the order in which they come."""
    found: dict[Hashable, list[T]] = {}
    for each in items:
        found.setdefault(key(each), []).append(each)
    return tuple(tuple(group) for group in found.values())
