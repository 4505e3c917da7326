"""Many like assets in one line: `con-1.s{01..10}.m{01..20}` stands for two hundred ids.

Rules. A range counts up, both ends included, and keeps the width of its first number. Several ranges multiply, the last
one running fastest.
"""

import re
from itertools import product

RANGE_MAX = 10_000  # ids from one line
_RANGE = re.compile(r"\{(\d{1,5})\.\.(\d{1,5})\}")


class BadRange(ValueError):  # noqa: N818 - a word for people
    """A range that cannot be counted; the text says why."""


def expand(text: str) -> tuple[str, ...]:
    """Every id that the text stands for; the text itself where it has no range. Raises BadRange."""
    pieces = _RANGE.split(text)  # text, first, last, text, first, last, ..., text
    if len(pieces) == 1:
        return (text,)
    choices: list[tuple[str, ...]] = []
    total = 1
    for first, last in zip(pieces[1::3], pieces[2::3], strict=True):
        count = int(last) - int(first) + 1
        if count < 1:
            raise BadRange(f"the range {first}..{last} counts down")
        total *= count
        if total > RANGE_MAX:
            raise BadRange(f"more than {RANGE_MAX} ids from one line")
        choices.append(tuple(f"{number:0{len(first)}d}" for number in range(int(first), int(last) + 1)))
    between = pieces[0::3]
    return tuple(
        between[0] + "".join(a + b for a, b in zip(each, between[1:], strict=True)) for each in product(*choices)
    )
