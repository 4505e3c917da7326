"""What a check found, for people and for programs. The first bad fact comes first."""

from typing import Final

import msgspec

GOOD: Final = 0
BAD: Final = 1
UNREADABLE: Final = 2
PROBLEMS_MAX: Final = 50  # problems that are told; what follows is counted


class Problem(msgspec.Struct, frozen=True, order=True):
    """One thing that is wrong. `seq` is the first fact that it touches; what touches no single fact stands last."""

    seq: int
    what: str

    def __str__(self) -> str:
        return self.what


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
