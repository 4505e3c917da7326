"""Shapes of setting files that are none of the usual forms as they stand, brought to one of them line by line.

Rules. 1. Every line keeps its number: what is no setting becomes a blank line. 2. What was done is told. 3. A shape is
taken only where nearly every line has it: nothing of a file is passed over that might be a setting.
"""

import re
from collections.abc import Sequence
from typing import Final

from ironkeep.codecs.settings.lines import SECTION

TITLE_LINES_MAX: Final = 30  # above the head of a table
SHARE: Final = 0.8  # of the lines that must have a shape
_RULE: Final = re.compile(r"\|?[\s:|+-]*-[\s:|+-]*\|?")  # of a drawn table: under its head
_ASKED: Final = re.compile(r"(Type|Maximum length|Value|Range|Option):\s*(.*)")
_OPTION: Final = re.compile(r'"(.*)"(\s+SELECTED)?')


def drawn(lines: Sequence[str]) -> list[str] | None:
    """The rows of a table that is drawn with bars at both sides, without these and without its rules; None for no such
    table.
    """
    content = [line.strip() for line in lines if line.strip()]
    rows = [line for line in content if line.startswith("|") and line.endswith("|") and len(line) > 1]
    if len(rows) < 2 or len(rows) < len(content) - 1:
        return None
    made = []
    for line in lines:
        text = line.strip()
        is_row = text.startswith("|") and text.endswith("|") and not _RULE.fullmatch(text)
        made.append(text[1:-1] if is_row else "")
    return made


def answers(lines: Sequence[str]) -> list[str] | None:
    """What NUT's upsrw prints (`[variable]`, a sentence, `Type:`, `Value:` or its options) as `variable = value` in the
    line where the value stands; None for anything else.
    """
    told = [line for line in lines if line.strip()]
    sections = sum(SECTION.match(line) is not None for line in told)
    asked = sum(_ASKED.match(line) is not None for line in told)
    typed = sum(line.startswith("Type:") for line in told)
    if not sections or typed < sections or asked + 2 * sections < SHARE * len(told):
        return None
    made, name = [], ""
    for line in lines:
        found = _ASKED.match(line)
        value = ""
        if head := SECTION.match(line):
            name = head[1].strip()
        elif found and name and found[1] == "Value":
            value = found[2].strip()
        elif found and name and found[1] == "Option" and (option := _OPTION.match(found[2])) and option[2]:
            value = option[1]
        made.append(f"{name} = {value}" if value else "")
    return made


def below(lines: Sequence[str], head: str) -> tuple[list[str], int]:
    """The lines with those above the head of a table made blank, and how many of these held something."""
    at = lines.index(head)
    return [*([""] * at), *lines[at:]], sum(bool(each.strip()) for each in lines[:at])
