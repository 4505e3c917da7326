"""Names of months as loggers write them, whole and short, in English, German, French and Spanish."""

from typing import Final

_SETS: Final = (
    "january february march april may june july august september october november december",
    "jan feb mar apr may jun jul aug sep oct nov dec",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jän feb mär apr mai jun jul aug sept okt nov dez",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "janv févr mrz avr mai juin juil aoû sept oct nov déc",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "ene feb mar abr may jun jul ago sept oct nov dic",
)

NAMES: Final = tuple(name for each in _SETS for name in each.split())
"""Twelve of each set, in the order of the year: the number of a name is its place modulo 12, from 1."""


def number(name: str) -> int:
    """The number of a month by its name, 0 for another word."""
    word = name.strip(". ").casefold()
    return NAMES.index(word) % 12 + 1 if word in NAMES else 0
