"""On which line of a TOML text a key stands: the parser of the standard library does not say.

Rules. Only for texts that the parser has accepted. Where a key is written in a way that is not followed here (inline
tables, arrays of tables in brackets), the line of its table is given, or line 1: a line is a help, never a condition.
"""

import re

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*(?:([A-Za-z0-9_-]+)|"([^"\\]*)"|'([^']*)')\s*(?:=|\.)""")
_LONG = ('"' * 3, "'" * 3)

Address = tuple[str, int, str]  # table, its index (0 for a single table), key ("" for the header)


class Lines:
    """The line of each table and key of a text."""

    def __init__(self, text: str) -> None:
        self._lines: dict[Address, int] = {}
        self._counts: dict[str, int] = {}
        table, index, inside = "", 0, ""
        for number, line in enumerate(text.split("\n"), 1):  # TOML knows no other end of a line
            if inside:
                inside = "" if inside in line else inside
                continue
            if found := _HEADER.match(line):
                table, index = self._open(found[2], double=found[1] == "[[", number=number)
            elif found := _KEY.match(line):
                key = next(part for part in found.groups() if part is not None)
                self._lines.setdefault((table, index, key), number)
            inside = next((mark for mark in _LONG if line.count(mark) % 2), "")

    def of(self, table: str, index: int, key: str = "") -> int:
        """The line of a key, else of its table, else 1."""
        return self._lines.get((table, index, key)) or self._lines.get((table, index, "")) or 1

    def _open(self, name: str, *, double: bool, number: int) -> tuple[str, int]:
        """Enter a table; a table within one of an array (`device.children`) counts as a key of the latest of those."""
        parts = [part.strip().strip("\"'") for part in name.split(".")]
        top = parts[0]
        if len(parts) > 1:
            index = max(self._counts.get(top, 1) - 1, 0)
            self._lines.setdefault((top, index, parts[1]), number)
            return f"{top}.{parts[1]}", index
        index = self._counts.get(top, 0) if double else 0
        self._counts[top] = index + 1
        self._lines.setdefault((top, index, ""), number)
        return top, index
