"""Columns that tell how good the values of others are: which, of which columns they tell, and which words are good.

Rules. Only a word that means good lets a value count; every other, also one never seen before, makes it absent. Where
no word of the sample is known to be good (0 and 1 may be either way round) the column is left out, by name. A column
called status counts only where it speaks of quality alone: that a device is in alarm says nothing of its readings.
"""

from __future__ import annotations

import re
from typing import Final

from ironkeep.codecs import headers
from ironkeep.codecs.guessing import Guessing
from ironkeep.model.recording import QualityWords, Sure

GOOD: Final = frozenset(
    (
        *("good", "good, raw", "good,raw", "good (192)", "good [192]", "good non-specific", "good, non-specific"),
        *("valid", "gut", "gültig", "bon", "bonne", "valide", "bueno", "buena", "válido"),
    )
)
BAD: Final = frozenset(
    (
        *("bad", "uncertain", "invalid", "questionable", "suspect", "stale", "unreliable", "not good", "not valid"),
        *("comm fail", "comm failure", "no data", "timeout", "offline", "schlecht", "ungültig", "unsicher", "mauvais"),
        *("invalide", "malo", "inválido", "bad, no data", "uncertain, raw", "bad, raw"),
    )
)
FINE: Final = frozenset(("ok", "normal"))  # good where the head says quality, a state of the device elsewhere
DA_GOOD: Final = range(192, 220)  # OPC Data Access 3.0, section 6.8: the two high bits of eight set
UA_BAD: Final = 1 << 30  # OPC UA Part 4, section 7.39: from here on uncertain, from 1 << 31 bad; 0 is good
_QUALITY = re.compile(
    r"\b(quality|qual|opcquality|qualität|güte|qualité|calidad|validity|validität|valid|gültigkeit)\b"
)
_WEAK = re.compile(r"\b(status|flags?)\b|\bq$")
_REST = re.compile(rf"{_QUALITY.pattern}|{_WEAK.pattern}|\b(code|of|the|der|des|opc)\b")


def columns(seen: Guessing, names: list[str]) -> list[str]:
    """Those of the columns that tell how good values are, by their heads or by heads and cells."""
    return [name for name in names if _is_quality(seen, name)]


def told(
    seen: Guessing, quality: list[str], values: list[str], mapped: list[str], *, is_long: bool
) -> tuple[tuple[QualityWords, ...], tuple[str, ...]]:
    """What the columns of quality tell of the mapped ones, and those of them that are left out."""
    found, left = [], []
    alone = sum(not _rest(name) for name in quality) == 1
    for name in quality:
        good, why = _good(seen, name)
        of = () if is_long else _told_about(seen, name, values, alone)
        if of is not None and of and not set(of) & set(mapped):
            left.append(name)  # of a column that is left out itself
        elif not good or of is None:
            seen.say(name, "left out", Sure.UNCLEAR, why if not good else "of which column it tells is not known")
            left.append(name)
        else:
            words = " or ".join(repr(word) for word in good[:3]) + (" and so on" if len(good) > 3 else "")
            seen.say(name, f"values{' of ' + ', '.join(of) if of else ''} count where it says {words}", *why_sure(why))
            found.append(QualityWords(name, good, of))
    return tuple(found), tuple(left)


def why_sure(why: str) -> tuple[Sure, str]:
    """How sure the words are that count, and why."""
    return (Sure.LIKELY if "blank" in why or "192" in why else Sure.TOLD), why


def _is_quality(seen: Guessing, name: str) -> bool:
    words = headers.words(name)
    if _QUALITY.search(words):
        return True
    cells = {cell.lower() for cell in seen.cells(name)}
    return bool(_WEAK.search(words) and cells & GOOD and cells <= GOOD | BAD)


def _rest(name: str) -> str:
    return " ".join(_REST.sub(" ", headers.words(name)).split())


def _told_about(seen: Guessing, name: str, values: list[str], alone: bool) -> tuple[str, ...] | None:
    """The columns of which it tells: the one that its head names, the one to its left where several tell of one each,
    all (an empty list) where it is the only one; None where nobody knows.
    """
    if rest := _rest(name):
        same = [each for each in values if headers.words(each) == rest]
        return (same[0],) if len(same) == 1 else None
    if alone:
        return ()
    before = seen.head.names[seen.head.names.index(name) - 1]
    return (before,) if before in values else None


def _good(seen: Guessing, name: str) -> tuple[tuple[str, ...], str]:
    """The words of the sample that mean good, and why; none where it shows none."""
    number = seen.head.names.index(name)
    written = [row[number].strip() for row in seen.head.sample]
    cells = {cell.lower() for cell in written}
    known = sorted(cells & (GOOD | FINE))
    if known:
        return tuple(known), "every other word makes a value absent; name more words under [[quality]]"
    codes = {int(cell) for cell in cells if cell.isdecimal() and len(cell) < 12}
    if codes and len(codes) == len(cells - {""}):
        if any(code >= UA_BAD for code in codes) and 0 in codes:
            return ("0",), "codes as OPC UA writes them: 0 is good, every other makes a value absent"
        if codes & set(DA_GOOD) and max(codes) <= DA_GOOD[-1]:
            return tuple(map(str, DA_GOOD)), "codes as OPC writes them: from 192 on good, every other makes it absent"
    if "" in cells and cells - {""} and cells - {""} <= BAD and written.count("") * 2 > len(written):
        return ("",), "most cells are blank and all others bad: blank is taken as good"
    shown = ", ".join(repr(cell) for cell in sorted(cells)[:4])
    return (), f"which of {shown} means good is not known: what it calls bad counts; say good under [[quality]]"
