"""How the command line speaks: tables for people, JSON for programs, errors to standard error with their exit code.

Exit codes: 0 done and good, 1 done and not good (not live, evidence bad), 2 not understood or not readable (your
input), 3 the other side does not answer. With --json standard output holds JSON alone, an error too; standard error
says the same error in words. What a terminal would obey stands as U+FFFD: facts hold what devices and people wrote.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import typer

from ironkeep.faces.cli.wiring import Up
from ironkeep.model.errors import Refused, Trouble, Unavailable, Untrusted

GOOD, BAD, UNREADABLE, UNANSWERED = 0, 1, 2, 3
_OBEYED: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]|\r(?!\n)")
_BREAKS: Final = re.compile("[\t\r\n]")


def line(text: str = "") -> None:
    """One line to standard output."""
    typer.echo(_plain(text))


def aside(text: str) -> None:
    """One line to standard error: progress and remarks, so that standard output stays parseable."""
    typer.echo(_plain(text), err=True)


def as_json(value: object) -> None:
    """The value as one line of JSON."""
    sys.stdout.write(msgspec.json.encode(value, enc_hook=_plain, order="deterministic").decode() + "\n")
    sys.stdout.flush()


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their widest cell; the last one is not padded. No cell breaks its line."""
    whole = [[_BREAKS.sub("\ufffd", cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in whole) for i in range(len(head))]
    for row in whole:
        line("  ".join(cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)) + "  " + row[-1])


def written(path: Path, text: str) -> None:
    """Write a file that was asked for. Raises Refused when the disk refuses."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise Refused(f"cannot be written: {exc.strerror}", where=str(path), remedy="name another place") from exc


class Events:
    """What a program that stays says, as lines of JSON: {"up": ...} once, {"said": ...} for all else."""

    def up(self, up: Up) -> None:
        """It is up."""
        as_json({"up": up})

    def say(self, text: str) -> None:
        """Something else happened."""
        as_json({"said": text})


@contextmanager
def explained(json: bool = False) -> Iterator[None]:
    """Turn the few errors of the world into one line on standard error and an exit code; bugs stay bugs. Where JSON
    was asked for, the error is a line of JSON on standard output, too.
    """
    try:
        yield
    except Trouble as exc:
        code = troubled(exc)
        if json:
            as_json(error(exc))
        raise typer.Exit(code) from exc


def troubled(exc: Trouble) -> int:
    """Say an error of the world in words; its exit code."""
    aside(f"ironkeep: {exc}")
    return _code(exc)


def error(exc: Trouble) -> dict[str, object]:
    """An error of the world for programs."""
    return _error(type(exc).__name__.lower(), exc.what, exc.where, exc.remedy, _code(exc))


def mistyped(exc: typer.TyperException) -> dict[str, object]:
    """A command that does not exist, or not so, for programs."""
    return _error("refused", exc.format_message(), "command line", "see --help", exc.exit_code)


def _error(kind: str, what: str, where: str, remedy: str, code: int) -> dict[str, object]:
    said = {"kind": kind, "what": what, "where": where, "remedy": remedy}
    return {"error": {**{name: _plain(text) for name, text in said.items()}, "exit": code}}


def _plain(value: object) -> str:
    """Text without what a terminal would obey, or no encoding has (as in the name of a file that is no UTF-8)."""
    return _OBEYED.sub("\ufffd", str(value))


def _code(exc: Trouble) -> int:
    if isinstance(exc, Unavailable):
        return UNANSWERED
    return BAD if isinstance(exc, Untrusted) else UNREADABLE
