"""One error of a site file, and the refusal that tells them all."""

from collections.abc import Sequence
from typing import NamedTuple

from ironkeep.model.errors import Refused

SHOWN_MAX = 50  # errors told at once; the rest is a number


class Mistake(NamedTuple):
    """What is wrong at (table, index from 0, key or "") on a line, and what would be right."""

    line: int
    place: tuple[str, int, str]
    what: str
    remedy: str

    @property
    def key(self) -> str:
        """The place in words: `[[device]] number 3, port`."""
        table, index, key = self.place
        table, key = (each if each.isprintable() else repr(each) for each in (table, key))
        words = f"[[{table}]] number {index + 1}" if table in ("asset", "device") else f"[{table}]"
        return f"{words}, {key}" if key else words


def refusal(name: str, mistakes: Sequence[Mistake]) -> Refused:
    """All errors of a file as one refusal, in the order of their lines. There must be one at least."""
    assert mistakes
    ordered = sorted(mistakes, key=lambda m: (m.line, m.place))
    told = [f"{name}:{m.line}: {m.key}: {m.what}. Right: {m.remedy}" for m in ordered[:SHOWN_MAX]]
    if len(ordered) > SHOWN_MAX:
        told.append(f"and {len(ordered) - SHOWN_MAX} more")
    count = "1 error" if len(ordered) == 1 else f"{len(ordered)} errors"
    return Refused(
        f"{count} in the site file\n" + "\n".join(told),
        where=f"{name}:{ordered[0].line}",
        remedy="correct each line named; docs/reference/site-file.md describes every key",
    )
