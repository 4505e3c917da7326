"""A module is named after what it holds, never after the fact that it holds something."""

from collections.abc import Iterable

from tools.house.tree import Module

BANNED = frozenset(
    "util utils helper helpers common misc manager managers service services base core stuff lib".split()
)


def breaches(modules: Iterable[Module]) -> list[str]:
    """Return each module whose name says nothing, in whole or as its last word."""
    return [
        f"{each.path}: a module is named after what it holds, not {word!r}"
        for each in modules
        for word in [each.name.rsplit(".", 1)[-1]]
        if word in BANNED or word.rsplit("_", 1)[-1] in BANNED
    ]
