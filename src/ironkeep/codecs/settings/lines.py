"""Settings a line at a time: INI with its sections, and plain `name = value`, `name: value`, `name := value`.

Rules. A line is blank, a remark (`#`, `;`, `//`, `!`), a section (`[name]`) or a name with a value; any other line
refuses the file. Quotes around a value come off. A remark behind a value begins with ` #` or ` ;` and comes off too.
Between name and value stands `=`, `:=` or `:`; before a value in quotes a comma, too (as relays write it); and in a
file without any of these, two blanks or a tab. Arrows in a name part its groups; numbers in brackets before a group's
name are a maker's own and come off.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from ironkeep.codecs.settings.entries import DEPTH_MAX, Entry
from ironkeep.model.errors import Refused

SECTION: Final = re.compile(r"\s*\[([^\[\]{}\",]{1,256})\]\s*(?:[#;].*)?$")
EQUATION: Final = re.compile(r"([^=:\s][^=:]{0,255}?)(?::=|=)(.*)")
COLON: Final = re.compile(r"([^=:\s][^=:]{0,255}?):(?:\s(.*)|())$")
QUOTED_PAIR: Final = re.compile(r'\s*([^\s=:,"][^=:,"]{0,255}),\s*("[^"]*")\s*$')
SPACED: Final = re.compile(r"(\S+(?: \S+)*)(?:\t| {2})\s*(\S+(?: \S+)*)$")
LINE_CHARACTERS_MAX: Final = 16_384
_REMARK: Final = re.compile(r"\s*(?:#|;|//|!)")
_TAIL: Final = re.compile(r"(?<!\s)\s+[#;]\s.*$")
_ARROW: Final = "->"
_OWN_NUMBERS: Final = re.compile(r"^(?:\([0-9A-Fa-f_]{1,24}\)\s*)+(?=\S)")
_QUOTED: Final = re.compile(r"""(["'])(.*)\1""")


def blank(line: str) -> bool:
    """Is it a line without content: empty or a remark?"""
    return not line.strip() or _REMARK.match(line) is not None


def equation(line: str) -> tuple[str, str] | None:
    """Name and value of a line, or None when it has no such form."""
    text = line.strip()
    if _ARROW in text:
        path, mark, rest = text.rpartition(_ARROW)
        last = COLON.match(rest) or EQUATION.match(rest)
        return (f"{path}{mark}{last[1]}".strip(), last[2].strip()) if last and last[2] is not None else None
    found = QUOTED_PAIR.fullmatch(line) or EQUATION.match(text) or COLON.match(text)
    if not found:
        return None
    name, value = (part for part in found.groups() if part is not None)
    return name.strip(), value.strip()


def spaced(line: str) -> tuple[str, str] | None:
    """Name and value of a line that parts them by blanks or a tab, or None when it has no such form."""
    found = SPACED.fullmatch(line.strip())
    return (found[1], found[2]) if found else None


def entries(lines: Sequence[str], where: str) -> Iterator[Entry]:
    """The entries of the lines, in order. Raises Refused naming the line that is none of the kinds."""
    section: tuple[str, ...] = ()
    pair = equation if any(equation(line) for line in lines if not blank(line)) else spaced
    for number, line in enumerate(lines, 1):
        if head := SECTION.match(line):
            section = tuple(part.strip() for part in re.split(r"[./\\]", head[1]) if part.strip())[:DEPTH_MAX]
            continue
        if blank(line):
            continue
        found = None if len(line) > LINE_CHARACTERS_MAX else pair(line)
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
        yield Entry((*section, *_path(name)), value, f"line {number}")


def _path(name: str) -> tuple[str, ...]:
    """The parts of a name from the outside in."""
    if _ARROW in name:
        parts = [_OWN_NUMBERS.sub("", part.strip()) for part in name.split(_ARROW)]
    else:
        parts = re.split(r"[./\\]", name)
    return tuple(part for part in parts if part) or (name,)
