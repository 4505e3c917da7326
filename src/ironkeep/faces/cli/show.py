"""How the command line speaks: tables for people, JSON for programs, errors to standard error with their exit code.

Exit codes: 0 done and good, 1 done and not good (not live, evidence bad), 2 not understood or not readable (your
input), 3 the other side does not answer.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import typer

from ironkeep.model.errors import Conflict, Refused, Unavailable, Untrusted

GOOD, BAD, UNREADABLE, UNANSWERED = 0, 1, 2, 3


def line(text: str = "") -> None:
    """One line to standard output."""
    typer.echo(text)


def aside(text: str) -> None:
    """One line to standard error: progress and remarks, so that standard output stays parseable."""
    typer.echo(text, err=True)


def as_json(value: object) -> None:
    """The value as one line of JSON."""
    sys.stdout.write(msgspec.json.encode(value, order="deterministic").decode() + "\n")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their widest cell; the last one is not padded."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for row in (head, *rows):
        line("  ".join(cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)) + "  " + row[-1])


@contextmanager
def explained() -> Iterator[None]:
    """Turn the few errors of the world into one line on standard error and an exit code; bugs stay bugs."""
    try:
        yield
    except Unavailable as exc:
        aside(f"ironkeep: {exc}")
        raise typer.Exit(UNANSWERED) from exc
    except (Refused, Conflict) as exc:
        aside(f"ironkeep: {exc}")
        raise typer.Exit(UNREADABLE) from exc
    except Untrusted as exc:
        aside(f"ironkeep: {exc}")
        raise typer.Exit(BAD) from exc
