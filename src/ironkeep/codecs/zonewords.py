"""Words for a time zone that stand behind a written time, and the offset that each means.

Rules. A word counts only where it means one offset wherever it is written. CST is Chicago and Shanghai, IST is Delhi,
Dublin and Jerusalem, EST was New York and Sydney: none of these is taken; whoever exports says the offset in digits.
CET is one hour east of Greenwich in July, too: the word names an offset, not the place. Source: IANA time zone database
(files europe, asia, australasia).
"""

from typing import Final

_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600

OFFSETS_S: Final = {
    **dict.fromkeys(("z", "utc", "gmt"), 0),
    **dict.fromkeys(("cet", "mez"), _HOUR_S),
    **dict.fromkeys(("cest", "mesz"), 2 * _HOUR_S),
    "eet": 2 * _HOUR_S,
    "eest": 3 * _HOUR_S,
    "acst": 9 * _HOUR_S + 30 * _MINUTE_S,
    "acdt": 10 * _HOUR_S + 30 * _MINUTE_S,
    "aest": 10 * _HOUR_S,
    "aedt": 11 * _HOUR_S,
    "jst": 9 * _HOUR_S,
    "kst": 9 * _HOUR_S,
    "nzst": 12 * _HOUR_S,
    "nzdt": 13 * _HOUR_S,
}
"""Seconds east of Greenwich, by the word in lower case."""

WORDS: Final = "|".join(sorted(OFFSETS_S, key=len, reverse=True))
"""The words as alternatives of a pattern, longest first."""
