"""Settings a line at a time: INI with its sections, and plain `name = value`, `name: value`, `name := value`.

Rules. A line is blank, a remark (`#`, `;`, `//`, `!`), a section (`[name]`) or a name with a value; any other line
refuses the file. Quotes around a value come off. A remark behind a value begins with ` #` or ` ;` and comes off too.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ironkeep.codecs.settings.entries import DEPTH_MAX, Entry
from ironkeep.model.errors import Refused

SECTION: Final = re.compile(r"\s*\[([^\[\]{}\",]{1,256})\]\s*(?:[#;].*)?$")
EQUATION: Final = re.compile(r"([^=:\s][^=:]{0,255}?)(?::=|=)(.*)")
COLON: Final = re.compile(r"([^=:\s][^=:]{0,255}?):(?:\s(.*)|())$")
LINE_CHARACTERS_MAX: Final = 16_384
_REMARK: Final = re.compile(r"\s*(?:#|;|//|!)")
_TAIL: Final = re.compile(r"(?<!\s)\s+[#;]\s.*$")
_QUOTED: Final = re.compile(r"""(["'])(.*)\1""")


def blank(line: str) -> bool:
    """Is it a line without content: empty or a remark?"""
    return not line.strip() or _REMARK.match(line) is not None


def equation(line: str) -> tuple[str, str] | None:
    """Name and value of a line, or None when it has no such form."""
    text = line.strip()
    found = EQUATION.match(text) or COLON.match(text)
    if not found:
        return None
    name, value = (part for part in found.groups() if part is not None)
    return name.strip(), value.strip()


def entries(lines: Sequence[str], where: str) -> Iterator[Entry]:
    """The entries of the lines, in order. Raises Refused naming the line that is none of the kinds."""
    section: tuple[str, ...] = ()
    for number, line in enumerate(lines, 1):
        if head := SECTION.match(line):
            section = tuple(part.strip() for part in re.split(r"[./\\]", head[1]) if part.strip())[:DEPTH_MAX]
            continue
        if blank(line):
            continue
        found = None if len(line) > LINE_CHARACTERS_MAX else equation(line)
        if not found:
            raise Refused(
                "neither a section nor a name with a value",
                where=f"{where}: line {number}",
                remedy="one `name = value` a line, or name the form with --form",
            )
        name, value = found
        value = _TAIL.sub("", value)
        if quoted := _QUOTED.fullmatch(value):
            value = quoted[2]
        path = tuple(part for part in re.split(r"[./\\]", name.strip()) if part) or (name.strip(),)
        yield Entry((*section, *path), value, f"line {number}")
